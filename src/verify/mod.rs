//! Verification: a draft question and its document in, accepted or rejected out, with what every stage said.
//!
//! Stages 1 to 7 need no model: shape, evidence, self-contained, leak, novelty, decontamination, injection. They
//! run in that order and stop at the first failure. Stages 8 to 10 ask one, later and apart: see [`trial`]. They never see labels, and they store nothing: the history of questions is
//! handed in.

mod ask;
pub mod benchmark;
pub mod candidate;
mod config;
mod confusion;
mod context;
mod contrary;
pub mod decontaminate;
mod evidence;
mod grammar;
mod injection;
mod leak;
mod lexicon;
pub mod novelty;
mod prepared;
mod report;
mod shape;
pub mod trial;
mod words;

pub use candidate::Candidate;
pub use config::Config;
pub use confusion::Confusion;
pub use decontaminate::Benchmarks;
pub use prepared::Prepared;
pub use report::Report;
pub use trial::Trial;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::llm::Embed;
use crate::model::answer::AnswerSpec;
use crate::model::id::QuestionId;
use crate::model::question::{Accepted, Draft, Likeness, Outcome, Rejected, Stage, StageResult, Verdict};

use ask::Ask;
use novelty::{Asked, Fingerprint, History, Meaning, Meanings, Seen};

/// The stages with their settings and the registered benchmarks.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    config: Config,
    benchmarks: Benchmarks,
    embedding: Option<Arc<dyn Embed>>,
}

/// A draft that went through every stage but novelty, up to its first failure.
#[derive(Debug)]
pub struct Examined {
    draft: Draft,
    stages: Vec<StageResult>,
    /// When novelty is still to be judged.
    asked: Option<Asked>,
    took: Vec<(Stage, Duration)>,
}

impl Examined {
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// How long each stage was at it, on the machine's own clock.
    pub fn took(&self) -> &[(Stage, Duration)] {
        &self.took
    }
}

impl Verifier {
    pub fn new(config: Config, benchmarks: Benchmarks) -> Self {
        Verifier { config, benchmarks, embedding: None }
    }

    /// With a model by which questions in other words are found.
    pub fn with_embedding(self, embedding: Arc<dyn Embed>) -> Self {
        Verifier { embedding: Some(embedding), ..self }
    }

    /// An empty history of what this verifier compares.
    pub fn history(&self) -> History {
        let novelty::Config { paraphrase, memory_mib, .. } = self.config.novelty;
        match &self.embedding {
            Some(model) => History::with_meanings(Meanings::new(model.dimension(), paraphrase, memory_mib)),
            None => History::new(),
        }
    }

    /// A question as novelty looks at it.
    pub fn asked(&self, question: &str, answer: &AnswerSpec) -> Asked {
        let meaning = self.embedding.as_ref().and_then(|model| Meaning::of(question, answer, model.as_ref()));
        Asked { fingerprint: Fingerprint::of(question, answer), meaning }
    }

    /// Runs stages 1 to 7 on `draft`, a question of the document behind `prepared`, and adds it to `seen` when it passes.
    ///
    /// The accepted draft's evidence is the exact slices of the passages, whatever white space the given quotes had.
    /// `id`: the question's id, under which `seen` keeps it; the same question verified again is no duplicate of itself.
    pub fn check(&self, draft: Draft, id: &QuestionId, prepared: &Prepared<'_>, seen: &mut impl Seen) -> Outcome {
        self.decide(self.examine(draft, prepared), id, seen)
    }

    /// The stages that look at one document alone: all but novelty, up to the first failure.
    pub fn examine(&self, mut draft: Draft, prepared: &Prepared<'_>) -> Examined {
        let mut stages = Vec::with_capacity(7);
        let mut took = Vec::with_capacity(6);
        let mut since = Instant::now();
        let ask = Ask::of(&draft.question);
        let mut asked = None;
        let mut pass = |stage: Stage, result: Result<(), String>| -> bool {
            let verdict = if result.is_ok() { Verdict::Pass } else { Verdict::Fail };
            let reason = result.err().unwrap_or_default();
            took.push((stage, since.elapsed()));
            since = Instant::now();
            stages.push(StageResult { stage, verdict, reason, score: None, model: None });
            verdict == Verdict::Pass
        };
        let located = pass(Stage::Shape, shape::check(&draft, &ask, &self.config)).then(|| {
            let located = evidence::locate(&draft, prepared);
            let result = located.as_ref().map_err(String::clone);
            pass(Stage::Evidence, result.and_then(|slices| evidence::check(&draft, slices, &ask, prepared)))
                .then(|| located.unwrap_or_default())
        });
        if let Some(slices) = located.flatten() {
            draft.evidence = slices;
            let slices = &draft.evidence;
            if pass(Stage::SelfContained, context::check(&draft, slices, &ask, prepared))
                && pass(Stage::Leak, leak::check(&draft, &ask, prepared))
            {
                asked = Some(self.asked(&draft.question, &draft.answer));
                let quotes = slices.iter().map(|slice| slice.quote.as_str());
                let _ = pass(Stage::Decontamination, self.decontaminate(&draft.question, quotes))
                    && pass(Stage::Injection, injection::check(&draft, slices, prepared));
            }
        }
        Examined { draft, stages, asked, took }
    }

    /// Judges novelty, the one stage that looks at other questions, and with it the draft; adds it to `seen` when it passes.
    pub fn decide(&self, examined: Examined, id: &QuestionId, seen: &mut impl Seen) -> Outcome {
        let Examined { draft, mut stages, asked, took: _ } = examined;
        let mut alike = Vec::new();
        if let Some(asked) = asked {
            alike = seen.find(&asked, id, self.config.near_duplicate);
            let novelty = novelty_of(&alike);
            let at = stages.iter().position(|result| result.stage > Stage::Novelty).unwrap_or(stages.len());
            if novelty.verdict == Verdict::Fail {
                stages.truncate(at);
            }
            stages.insert(at, novelty);
            if let Some(accepted) = Accepted::new(draft.clone(), stages.clone()) {
                seen.add(id.clone(), asked);
                alike.retain(|likeness| !likeness.same_answer);
                return Outcome::Accepted(accepted.with_alike(alike));
            }
        }
        Outcome::Rejected(Rejected { draft, stages, alike })
    }

    /// Stage 6 alone: whether a question with these quotes repeats a registered benchmark.
    ///
    /// # Errors
    /// The reason, naming the benchmark.
    pub fn decontaminate<'q>(&self, question: &str, quotes: impl IntoIterator<Item = &'q str>) -> Result<(), String> {
        decontaminate::check(question, quotes, &self.benchmarks, &self.config)
    }
}

/// Stage 5's word on what was found: the closest decides.
fn novelty_of(alike: &[Likeness]) -> StageResult {
    let (verdict, reason) = match alike.first() {
        None => (Verdict::Pass, String::new()),
        Some(Likeness { id, same_answer: true, paraphrase: true, .. }) => {
            (Verdict::Fail, format!("near_duplicate: {} asks the same in other words", id.as_str()))
        }
        Some(Likeness { id, same_answer: true, similarity, .. }) => {
            let word = if *similarity >= 1.0 { "duplicate" } else { "near_duplicate" };
            (Verdict::Fail, format!("{word}: of {}", id.as_str()))
        }
        Some(Likeness { id, same_answer: false, .. }) => {
            (Verdict::Review, format!("conflict: {} asks the same with another answer", id.as_str()))
        }
    };
    let score = alike.first().map(|likeness| likeness.similarity);
    StageResult { stage: Stage::Novelty, verdict, reason, score, model: None }
}
