//! What the topic mix is counted from: every work with its date and the words its archives have for it.

use chrono::NaiveDate;

use super::{Error, Rows};

/// A work as one source gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledWork {
    /// Strongest identifier.
    pub key: String,
    pub title: String,
    pub source: String,
    /// ISO date, perhaps only to the month or year; empty when unknown.
    pub first_public: String,
    /// The source's own subject labels, verbatim; none when it gives none.
    pub labels: Vec<String>,
}

impl Rows {
    /// Every work and source that gave it, works that are deleted left out. `as_of`: only what had been received by the end of that day
    /// (UTC); labels are the newest ones all the same.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn labelled_works(&self, as_of: Option<NaiveDate>) -> Result<Vec<LabelledWork>, Error> {
        let sql = "SELECT w.key, w.title, v.source, ifnull(w.first_public, ''), group_concat(s.label, char(31)) \
                   FROM (SELECT work, source FROM versions GROUP BY work, source HAVING min(received_at) < ?1) v \
                   JOIN works w ON w.id = v.work \
                   LEFT JOIN subjects s ON s.work = v.work AND s.source = v.source \
                   WHERE w.status <> 'deleted' GROUP BY v.work, v.source ORDER BY v.work, v.source";
        let end = as_of.and_then(|day| day.succ_opt()).and_then(|day| day.and_hms_opt(0, 0, 0));
        let end_ms = end.map_or(i64::MAX, |end| end.and_utc().timestamp_millis());
        self.list(sql, [end_ms], |row| {
            let labels: Option<String> = row.get(4)?;
            Ok(LabelledWork {
                key: row.get(0)?,
                title: row.get(1)?,
                source: row.get(2)?,
                first_public: row.get(3)?,
                labels: labels.map(|all| all.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default(),
            })
        })
    }
}
