//! How far each source was read, and small named settings.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::model::delivery::SourceName;

use super::{Error, Rows, WriteTxn};

/// How far one day of a source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    pub day: String,
    /// JSON, the source's own.
    pub state: String,
    pub moved_at: DateTime<Utc>,
}

impl Rows {
    /// The checkpoint of one day.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn checkpoint(&self, source: SourceName, day: NaiveDate) -> Result<Option<Checkpoint>, Error> {
        let sql = "SELECT day, state, moved_at FROM checkpoints WHERE source = ?1 AND day = ?2";
        self.find(sql, (source.as_str(), day.to_string()), read)
    }

    /// The checkpoints of a source from `since`, by day.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn checkpoints(&self, source: SourceName, since: NaiveDate) -> Result<Vec<Checkpoint>, Error> {
        let sql = "SELECT day, state, moved_at FROM checkpoints WHERE source = ?1 AND day >= ?2 ORDER BY day";
        self.list(sql, (source.as_str(), since.to_string()), read)
    }

    /// A named setting.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn setting(&self, name: &str) -> Result<Option<String>, Error> {
        self.find("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0))
    }
}

impl WriteTxn<'_> {
    /// Moves a checkpoint; in the transaction that stored what was read.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn set_checkpoint(&mut self, source: SourceName, day: NaiveDate, state: &str) -> Result<(), Error> {
        let sql = "INSERT INTO checkpoints (source, day, state, moved_at) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET state = excluded.state, moved_at = excluded.moved_at";
        self.execute(sql, (source.as_str(), day.to_string(), state, self.now_ms()))?;
        Ok(())
    }

    /// Keeps a named setting.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
        self.execute(sql, (name, value))?;
        Ok(())
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Checkpoint> {
    let moved_at = DateTime::from_timestamp_millis(row.get(2)?).unwrap_or_default();
    Ok(Checkpoint { day: row.get(0)?, state: row.get(1)?, moved_at })
}
