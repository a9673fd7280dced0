//! What verification said of one candidate, in the form that `aludel verify` prints.

use serde::Serialize;
use serde_json::Value;

use crate::model::question::{Outcome, Stage, StageResult, Tier, Verdict};

/// `{"id", "verdict": "accept"|"reject", "tier", "stages": [{"stage", "verdict", "reason"}]}`, every stage once, in order.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub id: Value,
    pub verdict: &'static str,
    /// `None` on reject.
    pub tier: Option<Tier>,
    pub stages: Vec<StageReport>,
}

#[derive(Debug, Clone, Serialize)]
pub struct StageReport {
    pub stage: Stage,
    /// `pass`, `fail`, `review`, or `not_run`.
    pub verdict: &'static str,
    pub reason: String,
}

impl Report {
    pub fn new(id: Value, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted(accepted) => Self::from_stages(id, Some(accepted.tier()), accepted.stages()),
            Outcome::Rejected(rejected) => Self::from_stages(id, None, &rejected.stages),
        }
    }

    /// A candidate that failed `stage` before any other was run.
    pub fn failed(id: Value, stage: Stage, reason: String) -> Self {
        Self::from_stages(id, None, &[StageResult { stage, verdict: Verdict::Fail, reason, score: None, model: None }])
    }

    fn from_stages(id: Value, tier: Option<Tier>, ran: &[StageResult]) -> Self {
        let stages = Stage::ALL.into_iter().map(|stage| {
            let Some(result) = ran.iter().find(|result| result.stage == stage) else {
                let reason = if tier.is_some() { "needs a model" } else { "an earlier stage failed" };
                return StageReport { stage, verdict: "not_run", reason: reason.to_owned() };
            };
            StageReport { stage, verdict: result.verdict.as_str(), reason: result.reason.clone() }
        });
        let verdict = if tier.is_some() { "accept" } else { "reject" };
        Report { id, verdict, tier, stages: stages.collect() }
    }

    pub fn is_accept(&self) -> bool {
        self.tier.is_some()
    }

    /// The stage that failed.
    pub fn failed_stage(&self) -> Option<&StageReport> {
        self.stages.iter().find(|stage| stage.verdict == Verdict::Fail.as_str())
    }
}
