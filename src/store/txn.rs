use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::MutexGuard;

use chrono::{DateTime, Utc};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use crate::clock::Clock;
use crate::model::id::WorkId;

use super::{Error, Store};

/// What both kinds of transaction can do: read rows as values. The methods stand beside their nouns.
pub struct Rows {
    connection: Connection,
}

impl Rows {
    pub(super) fn new(connection: Connection) -> Self {
        Rows { connection }
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// The first row, if any, through `value`.
    pub(super) fn find<T>(
        &self,
        sql: &str,
        params: impl Params,
        value: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        Ok(self.prepare(sql)?.query_row(params, value).optional()?)
    }

    /// Every row through `value`, in the statement's order.
    pub(super) fn list<T>(
        &self,
        sql: &str,
        params: impl Params,
        value: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        Ok(self.prepare(sql)?.query_map(params, value)?.collect::<Result<Vec<T>, _>>()?)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// A picture of the store that does not change.
pub struct ReadTxn {
    store: Store,
    // Taken only by `drop`.
    rows: Option<Rows>,
}

impl ReadTxn {
    pub(super) fn begin(store: Store, connection: Connection) -> Result<Self, Error> {
        connection.execute_batch("BEGIN DEFERRED")?;
        Ok(ReadTxn { store, rows: Some(Rows::new(connection)) })
    }
}

impl Deref for ReadTxn {
    type Target = Rows;
    fn deref(&self) -> &Rows {
        match &self.rows {
            Some(rows) => rows,
            None => unreachable!("only `drop` takes the connection"),
        }
    }
}

impl Drop for ReadTxn {
    fn drop(&mut self) {
        if let Some(rows) = self.rows.take()
            && rows.connection.execute_batch("ROLLBACK").is_ok()
        {
            self.store.give_back(rows.connection);
        }
    }
}

/// The one transaction that writes. Dropped without [`WriteTxn::commit`], nothing of it is kept.
pub struct WriteTxn<'a> {
    rows: MutexGuard<'a, Rows>,
    clock: Clock,
    changed: BTreeSet<WorkId>,
    open: bool,
}

impl<'a> WriteTxn<'a> {
    pub(super) fn begin(rows: MutexGuard<'a, Rows>, clock: Clock) -> Result<Self, Error> {
        rows.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(WriteTxn { rows, clock, changed: BTreeSet::new(), open: true })
    }

    /// Makes everything since the beginning durable, with one row in the changes log for each work touched.
    ///
    /// # Errors
    /// When the disk is full or the file can not be written; then nothing is kept.
    pub fn commit(mut self) -> Result<(), Error> {
        for work in std::mem::take(&mut self.changed) {
            self.execute("INSERT INTO changes (kind, id) VALUES ('work', ?1)", [work.0])?;
        }
        self.rows.connection.execute_batch("COMMIT")?;
        self.open = false;
        Ok(())
    }

    /// The store's clock, now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// Notes that what the index shows of `work` may have changed.
    pub fn touch(&mut self, work: WorkId) {
        self.changed.insert(work);
    }

    pub(super) fn audit(&mut self, event: &str, subject: &str, reason: &str) -> Result<(), Error> {
        let sql = "INSERT INTO audit (at, event, subject, reason) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, (self.now_ms(), event, subject, reason))?;
        Ok(())
    }
}

impl Deref for WriteTxn<'_> {
    type Target = Rows;
    fn deref(&self) -> &Rows {
        &self.rows
    }
}

impl Drop for WriteTxn<'_> {
    fn drop(&mut self) {
        if self.open {
            // SQLite itself rolls back on some errors (a full disk); a second roll-back then fails, harmlessly.
            let _ = self.rows.connection.execute_batch("ROLLBACK");
        }
    }
}
