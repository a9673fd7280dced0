//! How models did on questions: one row an evaluation, one an item.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{Error, Rows, WriteTxn};

/// An evaluation to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvaluation<'a> {
    pub refresh: Option<i64>,
    pub model: &'a str,
    pub role: &'a str,
    pub item_set: &'a str,
    /// JSON.
    pub settings: Value,
    /// In `[0, 1]`.
    pub score: f64,
}

/// How one item went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemResult {
    pub item: String,
    pub n_right: u32,
    pub n_samples: u32,
}

/// An evaluation that was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub made_at: DateTime<Utc>,
    pub refresh: Option<i64>,
    pub model: String,
    pub role: String,
    pub set: String,
    pub settings: Value,
    pub n_items: u64,
    pub score: f64,
}

impl Rows {
    /// The last `n` evaluations, newest first.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn evaluations(&self, n: usize) -> Result<Vec<Evaluation>, Error> {
        let sql = "SELECT made_at, refresh, model, role, item_set, settings, n_items, score FROM evaluations
                   ORDER BY id DESC LIMIT ?1";
        self.list(sql, [i64::try_from(n).unwrap_or(i64::MAX)], |row| {
            Ok(Evaluation {
                made_at: DateTime::from_timestamp_millis(row.get(0)?).unwrap_or_default(),
                refresh: row.get(1)?,
                model: row.get(2)?,
                role: row.get(3)?,
                set: row.get(4)?,
                settings: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or(Value::Null),
                n_items: row.get::<_, i64>(6)?.unsigned_abs(),
                score: row.get(7)?,
            })
        })
    }
}

impl WriteTxn<'_> {
    /// Keeps an evaluation with its items; one of the same refresh and role takes the place of the one before.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_evaluation(&mut self, new: &NewEvaluation<'_>, items: &[ItemResult]) -> Result<(), Error> {
        if let Some(refresh) = new.refresh {
            let again = "SELECT id FROM evaluations WHERE refresh = ?1 AND role = ?2 AND item_set = ?3";
            for id in self.list(again, (refresh, new.role, new.item_set), |row| row.get::<_, i64>(0))? {
                self.execute("DELETE FROM evaluation_items WHERE evaluation = ?1", [id])?;
                self.execute("DELETE FROM evaluations WHERE id = ?1", [id])?;
            }
        }
        let sql = "INSERT INTO evaluations (made_at, refresh, model, role, item_set, settings, n_items, score)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id";
        let (now, n) = (self.now_ms(), i64::try_from(items.len()).unwrap_or(i64::MAX));
        let params = (now, new.refresh, new.model, new.role, new.item_set, new.settings.to_string(), n, new.score);
        let id: Option<i64> = self.find(sql, params, |row| row.get(0))?;
        let id = id.ok_or_else(|| Error::Missing { what: "evaluation", id: "new".to_owned() })?;
        for item in items {
            let sql = "INSERT OR REPLACE INTO evaluation_items (evaluation, item, n_right, n_samples) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (id, &item.item, item.n_right, item.n_samples))?;
        }
        Ok(())
    }
}
