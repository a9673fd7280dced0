//! What the verification stages did over all time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::model::question::{Stage, StageResult, Verdict};

use super::call::Spend;
use super::{Error, Rows, WriteTxn};

/// How often the stages said what, and how long that took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageTally(BTreeMap<(Stage, &'static str), (u64, Duration)>);

impl StageTally {
    /// Adds what the stages said of one question. `took`: how long each was at it; none for one that is missing.
    pub fn add(&mut self, said: &[StageResult], took: &[(Stage, Duration)]) {
        for result in said {
            let at = took.iter().find(|(stage, _)| *stage == result.stage).map_or(Duration::ZERO, |(_, took)| *took);
            let (n, all) = self.0.entry((result.stage, result.verdict.as_str())).or_default();
            *n += 1;
            *all += at;
        }
    }

    /// Stage, verdict, how often, and how long all in all.
    pub fn entries(&self) -> impl Iterator<Item = (Stage, &'static str, u64, Duration)> {
        self.0.iter().map(|((stage, verdict), (n, took))| (*stage, *verdict, *n, *took))
    }
}

/// One stage over all time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageWork {
    pub stage: Stage,
    pub passed: u64,
    pub failed: u64,
    /// Passed on to a person.
    pub review: u64,
    /// Of those it looked at, how many it did not reject, in [0, 1].
    pub pass_rate: f64,
    pub seconds: f64,
    /// What its model calls cost, all models together.
    #[serde(flatten)]
    pub spend: Spend,
}

impl Rows {
    /// Every stage that has done something, in the order in which they run.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn stage_work(&self) -> Result<Vec<StageWork>, Error> {
        let rows = self.list("SELECT stage, verdict, n, micros FROM stage_work", [], |row| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, number(2)?, number(3)?))
        })?;
        let spends = self.spend_by_stage()?;
        let of = |stage: Stage| -> Option<StageWork> {
            let count = |verdict: Verdict| -> u64 {
                let own = rows.iter().filter(|(name, said, ..)| name == stage.as_str() && said == verdict.as_str());
                own.map(|(.., n, _)| n).sum()
            };
            let (passed, failed, review) = (count(Verdict::Pass), count(Verdict::Fail), count(Verdict::Review));
            let all = passed + failed + review;
            let micros: u64 = rows.iter().filter(|(name, ..)| name == stage.as_str()).map(|(.., micros)| micros).sum();
            let spend = spends.iter().filter(|spend| spend.stage == stage.as_str());
            (all > 0).then(|| StageWork {
                stage,
                passed,
                failed,
                review,
                pass_rate: 1.0 - failed as f64 / all as f64,
                seconds: micros as f64 / 1e6,
                spend: spend.map(|spend| spend.spend).fold(Spend::default(), Spend::plus),
            })
        };
        Ok(Stage::ALL.into_iter().filter_map(of).collect())
    }
}

impl WriteTxn<'_> {
    /// Adds to what the stages did.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_stage_work(&mut self, tally: &StageTally) -> Result<(), Error> {
        for (stage, verdict, n, took) in tally.entries() {
            let sql = "INSERT INTO stage_work (stage, verdict, n, micros) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET n = n + excluded.n, micros = micros + excluded.micros";
            let micros = i64::try_from(took.as_micros()).unwrap_or(i64::MAX / 2);
            self.execute(sql, (stage.as_str(), verdict, i64::try_from(n).unwrap_or(0), micros))?;
        }
        Ok(())
    }
}
