//! What the accepted questions are made of.

use std::collections::BTreeMap;

use crate::model::review::Balance;

use super::{Error, Rows};

impl Rows {
    /// Reads every accepted question's key: fine for a person, not for a tight loop.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn balance(&self) -> Result<Balance, Error> {
        let group = |name: &str, from: &str| -> Result<BTreeMap<String, u64>, Error> {
            let sql = format!("SELECT {name}, count(*) FROM questions q {from} AND q.status = 'accepted' GROUP BY 1");
            let counts = self.list(&sql, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
            Ok(counts.into_iter().collect())
        };
        let answer_types = group("q.answer_type", "WHERE true")?;
        let source = "JOIN texts t ON t.id = q.text JOIN versions v ON v.id = t.version WHERE true";
        Ok(Balance {
            questions: answer_types.values().sum(),
            answer_types,
            booleans: group(
                "CASE json_extract(q.answer, '$.value') WHEN 1 THEN 'yes' ELSE 'no' END",
                "WHERE q.answer_type = 'boolean'",
            )?,
            directions: group("json_extract(q.answer, '$.value')", "WHERE q.answer_type = 'direction'")?,
            positions: group("json_extract(q.answer, '$.correct')", "WHERE q.answer_type = 'choice'")?,
            topics: group("ifnull(json_extract(q.topic, '$.id'), '')", "WHERE true")?,
            sources: group("v.source", source)?,
        })
    }
}
