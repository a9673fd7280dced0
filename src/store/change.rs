//! The changes log that the index follows: one row for each work and transaction in which what it shows may have changed.

use crate::model::id::WorkId;

use super::{Error, Rows, WriteTxn};

/// A work to be looked at again. The work may be gone (merged into another): then its entries are to go too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub seq: i64,
    pub work: WorkId,
}

impl Rows {
    /// The changes after `seq` in order, at most `limit`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn changes_after(&self, seq: i64, limit: usize) -> Result<Vec<Change>, Error> {
        let sql = "SELECT seq, id FROM changes WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.list(sql, (seq, limit as i64), |row| Ok(Change { seq: row.get(0)?, work: WorkId(row.get(1)?) }))
    }

    /// The last sequence number given out; 0 for an empty store.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn last_change(&self) -> Result<i64, Error> {
        Ok(self.find("SELECT ifnull(max(seq), 0) FROM changes", [], |row| row.get(0))?.unwrap_or(0))
    }

    /// The first sequence number still in the log; an index that is older has to be rebuilt.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn first_change(&self) -> Result<i64, Error> {
        Ok(self.find("SELECT ifnull(min(seq), 0) FROM changes", [], |row| row.get(0))?.unwrap_or(0))
    }
}

impl WriteTxn<'_> {
    /// Drops log rows that the index has followed; the last one always stays.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn prune_changes(&mut self, followed: i64) -> Result<usize, Error> {
        self.execute("DELETE FROM changes WHERE seq < min(?1, (SELECT max(seq) FROM changes))", [followed])
    }
}
