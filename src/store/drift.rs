//! The detector's log: what was decided about each window, and when.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Row;
use serde::Serialize;
use serde_json::Value;

use crate::model::status::DriftState;

use super::{Error, Rows, WriteTxn};

/// One decision to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// Last day of the window.
    pub window_to: NaiveDate,
    pub state: DriftState,
    pub reason: String,
    pub refresh: bool,
    /// JSON, every number that was used.
    pub decision: String,
}

/// One decision that was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeptDecision {
    pub window_to: String,
    pub decided_at: DateTime<Utc>,
    pub state: String,
    pub reason: String,
    pub refresh: bool,
    pub decision: Value,
}

/// What the last look at the topic mix found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeptReport {
    pub made_at: DateTime<Utc>,
    pub report: Value,
    /// HTML without a frame; it is this program's own, what it quotes is escaped.
    #[serde(skip)]
    pub page: String,
}

const COLUMNS: &str = "window_to, decided_at, state, reason, refresh, decision";

impl Rows {
    /// The newest decision about the newest window.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn latest_drift_decision(&self) -> Result<Option<KeptDecision>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM drift_decisions ORDER BY window_to DESC, id DESC LIMIT 1");
        self.find(&sql, [], read)
    }

    /// Of every window the decision that held at `as_of` (the newest one without it), by window.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn drift_decisions(&self, as_of: Option<DateTime<Utc>>) -> Result<Vec<KeptDecision>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM drift_decisions WHERE id IN \
             (SELECT max(id) FROM drift_decisions WHERE decided_at <= ?1 GROUP BY window_to) ORDER BY window_to"
        );
        self.list(&sql, [as_of.map_or(i64::MAX, |at| at.timestamp_millis())], read)
    }
}

impl Rows {
    /// The last report; `None` before the topic mix was looked at.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it is not JSON.
    pub fn drift_report(&self) -> Result<Option<KeptReport>, Error> {
        let found = self.find("SELECT made_at, report, page FROM drift_report", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?;
        let Some((made_at, report, page)) = found else { return Ok(None) };
        let report = serde_json::from_str(&report).map_err(|error| Error::damaged("the drift report", "", error))?;
        Ok(Some(KeptReport { made_at: DateTime::from_timestamp_millis(made_at).unwrap_or_default(), report, page }))
    }
}

impl WriteTxn<'_> {
    /// Keeps a report in the place of the last one.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn keep_drift_report(&mut self, report: &Value, page: &str) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO drift_report (id, made_at, report, page) VALUES (1, ?1, ?2, ?3)";
        self.execute(sql, (self.now_ms(), report.to_string(), page))?;
        Ok(())
    }

    /// Keeps the decisions that differ from what was last decided about the same window; returns their number.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_drift_decisions(&mut self, decisions: &[NewDecision]) -> Result<usize, Error> {
        let mut n_new = 0;
        for new in decisions {
            let window_to = new.window_to.to_string();
            let sql = "SELECT decision FROM drift_decisions WHERE window_to = ?1 ORDER BY id DESC LIMIT 1";
            let before: Option<String> = self.find(sql, [&window_to], |row| row.get(0))?;
            if before.as_ref() == Some(&new.decision) {
                continue;
            }
            let sql = "INSERT INTO drift_decisions (window_to, decided_at, state, reason, refresh, decision)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (now, state) = (self.now_ms(), new.state.as_str());
            self.execute(sql, (&window_to, now, state, &new.reason, new.refresh, &new.decision))?;
            n_new += 1;
        }
        Ok(n_new)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptDecision> {
    let text: String = row.get(5)?;
    Ok(KeptDecision {
        window_to: row.get(0)?,
        decided_at: DateTime::from_timestamp_millis(row.get(1)?).unwrap_or_default(),
        state: row.get(2)?,
        reason: row.get(3)?,
        refresh: row.get(4)?,
        decision: serde_json::from_str(&text).unwrap_or(Value::Null),
    })
}
