//! Counts for status pages and reports.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Error, Rows};

/// How much of everything there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// By standing.
    pub works: BTreeMap<String, u64>,
    /// By state.
    pub versions: BTreeMap<String, u64>,
    /// Versions by source.
    pub sources: BTreeMap<String, SourceCount>,
    /// By state.
    pub questions: BTreeMap<String, u64>,
    /// Accepted questions by tier, and by answer type.
    pub tiers: BTreeMap<String, u64>,
    pub answer_types: BTreeMap<String, u64>,
    /// Rejected questions by reason.
    pub rejected: BTreeMap<String, u64>,
    pub withdrawn: BTreeMap<String, u64>,
    /// Pairs of questions that ask the same, by what they are to each other.
    pub alike: BTreeMap<String, u64>,
    /// By state.
    pub jobs: BTreeMap<String, u64>,
    pub files: u64,
    pub last_change: i64,
}

/// What one source delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceCount {
    pub versions: u64,
    /// When its last version was taken in, UTC milliseconds.
    pub last_received_ms: Option<i64>,
    /// The latest day with a checkpoint, and when that moved.
    pub checkpoint_day: Option<String>,
    pub checkpoint_moved_ms: Option<i64>,
}

/// What one kind of generator wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftedBy {
    /// `rules`, `openai`, `candle`, `person`.
    pub kind: String,
    pub drafted: u64,
    pub accepted: u64,
}

impl Rows {
    /// Questions by the kind of generator that wrote them, judged whatever way.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn drafted_by_generator(&self) -> Result<Vec<DraftedBy>, Error> {
        let sql = "SELECT g.kind, count(*), sum(q.status = 'accepted') FROM questions q JOIN generators g ON g.id = q.generator
                   GROUP BY g.kind ORDER BY g.kind";
        self.list(sql, [], |row| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(DraftedBy { kind: row.get(0)?, drafted: number(1)?, accepted: number(2)? })
        })
    }

    /// Accepted questions by what they ask their reader to do, where their writer said.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn question_kinds(&self) -> Result<BTreeMap<String, u64>, Error> {
        let sql = "SELECT kind, count(*) FROM questions WHERE status = 'accepted' AND kind IS NOT NULL GROUP BY kind";
        let counts = self.list(sql, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(counts.into_iter().collect())
    }

    /// Accepted questions that a model wrote.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn accepted_by_models(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM questions q JOIN generators g ON g.id = q.generator
                   WHERE q.status = 'accepted' AND g.kind IN ('openai', 'candle')";
        Ok(self.find(sql, [], |row| row.get::<_, i64>(0))?.map_or(0, i64::unsigned_abs))
    }

    /// Counts by state. Reads every question's state: fine for a person, not for a tight loop.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn counts(&self) -> Result<Counts, Error> {
        let group = |sql: &str| -> Result<BTreeMap<String, u64>, Error> {
            Ok(self
                .list(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64)))?
                .into_iter()
                .collect())
        };
        let mut sources: BTreeMap<String, SourceCount> = self
            .list("SELECT source, count(*), max(received_at) FROM versions GROUP BY source", [], |row| {
                let versions = row.get::<_, i64>(1)? as u64;
                Ok((row.get(0)?, SourceCount { versions, last_received_ms: row.get(2)?, ..SourceCount::default() }))
            })?
            .into_iter()
            .collect();
        let latest =
            self.list("SELECT source, max(day), max(moved_at) FROM checkpoints GROUP BY source", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
            })?;
        for (source, day, moved) in latest {
            let count = sources.entry(source).or_default();
            (count.checkpoint_day, count.checkpoint_moved_ms) = (day, moved);
        }
        Ok(Counts {
            works: group("SELECT status, count(*) FROM works GROUP BY status")?,
            versions: group("SELECT status, count(*) FROM versions GROUP BY status")?,
            sources,
            questions: group("SELECT status, count(*) FROM questions GROUP BY status")?,
            tiers: group("SELECT tier, count(*) FROM questions WHERE status = 'accepted' GROUP BY tier")?,
            answer_types: group(
                "SELECT answer_type, count(*) FROM questions WHERE status = 'accepted' GROUP BY answer_type",
            )?,
            rejected: group("SELECT ifnull(reason, ''), count(*) FROM questions WHERE status = 'rejected' GROUP BY 1")?,
            withdrawn: group(
                "SELECT substr(reason, 1, instr(reason || ':', ':') - 1), count(*) FROM questions WHERE status = 'withdrawn' GROUP BY 1",
            )?,
            alike: group("SELECT relation, count(*) FROM alike GROUP BY relation")?,
            jobs: self.jobs_by_state()?,
            files: self.find("SELECT count(*) FROM files", [], |row| row.get::<_, i64>(0))?.unwrap_or(0) as u64,
            last_change: self.last_change()?,
        })
    }
}
