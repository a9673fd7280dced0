//! Verification: a draft question and its document in, accepted or rejected out, with what every stage said.
//!
//! Stages 1 to 7 need no model and live here: shape, evidence, self-contained, leak, novelty, decontamination, injection. They
//! run in that order and stop at the first failure. They never see labels, and they store nothing: the history of questions is
//! handed in.

mod ask;
mod config;
mod context;
pub mod decontaminate;
mod evidence;
pub mod injection;
mod leak;
mod lexicon;
pub mod novelty;
mod prepared;
mod shape;
mod words;

pub use config::Config;
pub use decontaminate::Benchmarks;
pub use prepared::Prepared;

use crate::model::id::QuestionId;
use crate::model::question::{Accepted, Draft, Outcome, Rejected, Stage, StageResult, Verdict};

use ask::Ask;
use novelty::{Fingerprint, Known, Seen};

/// The stages with their settings and the registered benchmarks.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    config: Config,
    benchmarks: Benchmarks,
}

impl Verifier {
    pub fn new(config: Config, benchmarks: Benchmarks) -> Self {
        Verifier { config, benchmarks }
    }

    /// Runs stages 1 to 7 on `draft`, a question of the document behind `prepared`, and adds it to `seen` when it passes.
    ///
    /// The accepted draft's evidence is the exact slices of the passages, whatever white space the given quotes had.
    /// `id`: the question's id, under which `seen` keeps it; the same question verified again is no duplicate of itself.
    pub fn check(&self, mut draft: Draft, id: &QuestionId, prepared: &Prepared<'_>, seen: &mut impl Seen) -> Outcome {
        let mut stages = Vec::with_capacity(7);
        let ask = Ask::of(&draft.question);
        let mut pass = |stage: Stage, result: Result<(), String>| -> bool {
            let (verdict, reason) = match result {
                Ok(()) => (Verdict::Pass, String::new()),
                Err(reason) => (Verdict::Fail, reason),
            };
            stages.push(StageResult { stage, verdict, reason, score: None, model: None });
            verdict == Verdict::Pass
        };
        if !pass(Stage::Shape, shape::check(&draft, &ask, &self.config)) {
            return Outcome::Rejected(Rejected { draft, stages });
        }
        let located = evidence::locate(&draft, prepared);
        let evidence_result = match &located {
            Ok(slices) => evidence::check(&draft, slices, &ask, prepared),
            Err(reason) => Err(reason.clone()),
        };
        if !pass(Stage::Evidence, evidence_result) {
            return Outcome::Rejected(Rejected { draft, stages });
        }
        draft.evidence = located.unwrap_or_default();
        let slices = &draft.evidence;
        let pipeline = pass(Stage::SelfContained, context::check(&draft, slices, &ask, prepared))
            && pass(Stage::Leak, leak::check(&draft, &ask, prepared));
        if !pipeline {
            return Outcome::Rejected(Rejected { draft, stages });
        }
        let fingerprint = Fingerprint::of(&draft.question, &draft.answer);
        stages.push(self.novelty(&fingerprint, id, seen));
        if stages.last().is_some_and(|r| r.verdict == Verdict::Fail) {
            return Outcome::Rejected(Rejected { draft, stages });
        }
        let mut pass = |stage: Stage, result: Result<(), String>| -> bool {
            let failed = result.is_err();
            let verdict = if failed { Verdict::Fail } else { Verdict::Pass };
            stages.push(StageResult {
                stage,
                verdict,
                reason: result.err().unwrap_or_default(),
                score: None,
                model: None,
            });
            !failed
        };
        let clean = pass(Stage::Decontamination, decontaminate::check(&draft, slices, &self.benchmarks, &self.config))
            && pass(Stage::Injection, injection::check(&draft, slices, prepared));
        if !clean {
            return Outcome::Rejected(Rejected { draft, stages });
        }
        match Accepted::new(draft.clone(), stages.clone()) {
            Some(accepted) => {
                seen.add(id.clone(), fingerprint);
                Outcome::Accepted(accepted)
            }
            None => Outcome::Rejected(Rejected { draft, stages }),
        }
    }

    pub fn novelty(&self, fingerprint: &Fingerprint, id: &QuestionId, seen: &impl Seen) -> StageResult {
        let (verdict, reason, score) = match seen.find(fingerprint, id, self.config.near_duplicate) {
            None => (Verdict::Pass, String::new(), None),
            Some(Known::Duplicate { id, similarity }) => {
                let word = if similarity >= 1.0 { "duplicate" } else { "near_duplicate" };
                (Verdict::Fail, format!("{word}: of {}", id.as_str()), Some(similarity))
            }
            Some(Known::Conflict { id, similarity }) => (
                Verdict::Review,
                format!("conflict: {} asks the same with another answer", id.as_str()),
                Some(similarity),
            ),
        };
        StageResult { stage: Stage::Novelty, verdict, reason, score, model: None }
    }
}
