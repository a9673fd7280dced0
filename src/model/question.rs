//! A question on its way: drafted, verified, accepted or rejected.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::answer::AnswerSpec;
use super::id::QuestionId;

/// A byte span `[start, end)` of a passage and its exact text: `passage.text[start..end] == quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Position of the passage in [`super::document::Document::passages`].
    pub passage: usize,
    pub quote: String,
    pub start: usize,
    pub end: usize,
}

impl Evidence {
    /// The span of `text`, the text of passage number `passage`; `None` when it is not on character boundaries.
    pub fn new(passage: usize, text: &str, start: usize, end: usize) -> Option<Self> {
        let quote = text.get(start..end)?;
        Some(Evidence { passage, quote: quote.to_owned(), start, end })
    }

    /// Whether the quote is what `text` holds at the span.
    pub fn holds_in(&self, text: &str) -> bool {
        text.get(self.start..self.end) == Some(self.quote.as_str())
    }
}

/// What wrote a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generator {
    /// `rules`, `openai`, `candle`, `given` (candidates from a file).
    pub kind: String,
    /// Rule name or model name.
    pub model: String,
    /// Hash of the prompt template; for `rules` the version of the rule set.
    pub prompt_hash: String,
}

/// What a question asks its reader to do, as its writer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Tell what was found.
    Finding,
    /// Tell by which step or part something comes about.
    Mechanism,
    /// Tell conditions, groups or variants apart.
    Comparison,
    /// Tell what happens when something is changed.
    Prediction,
    /// Reckon with the numbers that are given.
    Quantity,
    /// Tell which step or control of a procedure matters.
    Troubleshooting,
    /// Put together what two passages say.
    Synthesis,
}

impl QuestionKind {
    pub const ALL: [QuestionKind; 7] = [
        QuestionKind::Finding,
        QuestionKind::Mechanism,
        QuestionKind::Comparison,
        QuestionKind::Prediction,
        QuestionKind::Quantity,
        QuestionKind::Troubleshooting,
        QuestionKind::Synthesis,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            QuestionKind::Finding => "finding",
            QuestionKind::Mechanism => "mechanism",
            QuestionKind::Comparison => "comparison",
            QuestionKind::Prediction => "prediction",
            QuestionKind::Quantity => "quantity",
            QuestionKind::Troubleshooting => "troubleshooting",
            QuestionKind::Synthesis => "synthesis",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        QuestionKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A question before verification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub question: String,
    pub answer: AnswerSpec,
    pub evidence: Vec<Evidence>,
    pub generator: Generator,
    /// `None`: its writer did not say.
    #[serde(default)]
    pub kind: Option<QuestionKind>,
}

impl Draft {
    /// `work_key`: see [`super::id::Ids::key`].
    pub fn id(&self, work_key: &str) -> QuestionId {
        QuestionId::of(work_key, &self.question, &self.answer.to_json())
    }
}

/// The verification stages, cheap to dear (DESIGN 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Shape,
    Evidence,
    SelfContained,
    Leak,
    Novelty,
    Decontamination,
    Injection,
    OpenBook,
    ClosedBook,
    Judge,
}

impl Stage {
    pub const ALL: [Stage; 10] = [
        Stage::Shape,
        Stage::Evidence,
        Stage::SelfContained,
        Stage::Leak,
        Stage::Novelty,
        Stage::Decontamination,
        Stage::Injection,
        Stage::OpenBook,
        Stage::ClosedBook,
        Stage::Judge,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Shape => "shape",
            Stage::Evidence => "evidence",
            Stage::SelfContained => "self_contained",
            Stage::Leak => "leak",
            Stage::Novelty => "novelty",
            Stage::Decontamination => "decontamination",
            Stage::Injection => "injection",
            Stage::OpenBook => "open_book",
            Stage::ClosedBook => "closed_book",
            Stage::Judge => "judge",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Stage::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// Passed on, but a person should look (a conflict with another question's key).
    Review,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Review => "review",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Verdict::Pass, Verdict::Fail, Verdict::Review].into_iter().find(|v| v.as_str() == name)
    }
}

/// What one stage said. `reason` starts with a stable snake_case word (`number_not_in_quote`), then `: detail` if any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    pub stage: Stage,
    pub verdict: Verdict,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// How far a question was tested; never a stronger word than what was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Stages 1 to 7 passed.
    Grounded,
    /// Stages 1 to 8 passed and 9 run: a model tried to break it.
    Verified,
    /// A person agreed.
    Reviewed,
}

impl Tier {
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Grounded => "grounded",
            Tier::Verified => "verified",
            Tier::Reviewed => "reviewed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Tier::Grounded, Tier::Verified, Tier::Reviewed].into_iter().find(|t| t.as_str() == name)
    }
}

/// The tier that `stages` earn; `None` when one failed or one of stages 1 to 7 is missing. The closed book can not fail.
pub fn earned_tier(stages: &[StageResult]) -> Option<Tier> {
    let ran = |stage: Stage| stages.iter().any(|r| r.stage == stage);
    let passed = |stage: Stage| stages.iter().any(|r| r.stage == stage && r.verdict == Verdict::Pass);
    let failed = |r: &StageResult| r.verdict == Verdict::Fail && r.stage != Stage::ClosedBook;
    if stages.iter().any(failed) || !Stage::ALL[..7].iter().all(|stage| ran(*stage)) {
        return None;
    }
    Some(if passed(Stage::OpenBook) && ran(Stage::ClosedBook) { Tier::Verified } else { Tier::Grounded })
}

/// How hard a question is without its paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difficulty {
    /// Share of `k` answers that were right, in [0, 1].
    pub pass_rate: f64,
    pub k: u32,
    /// The model that answered.
    pub solver: String,
    pub date: NaiveDate,
}

/// How like an earlier question, which asks the same, a question is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likeness {
    /// The earlier one.
    pub id: QuestionId,
    /// Whether it has the same answer; else the two are in conflict.
    pub same_answer: bool,
    /// Share of common words, or the cosine of the two in other words; in (0, 1].
    pub similarity: f64,
    /// Whether it asks the same in other words.
    pub paraphrase: bool,
}

/// A question that passed; only made by [`Accepted::new`], so `index` and `release` need not check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    draft: Draft,
    stages: Vec<StageResult>,
    tier: Tier,
    alike: Vec<Likeness>,
}

impl Accepted {
    /// The tier that `stages` earn, or `None` when a stage failed, one of stages 1 to 7 is missing, or there is no evidence.
    pub fn new(draft: Draft, stages: Vec<StageResult>) -> Option<Self> {
        let tier = earned_tier(&stages).filter(|_| !draft.evidence.is_empty())?;
        Some(Accepted { draft, stages, tier, alike: Vec::new() })
    }

    /// With the earlier questions that ask the same and are answered otherwise.
    pub fn with_alike(self, alike: Vec<Likeness>) -> Self {
        Accepted { alike, ..self }
    }

    /// Earlier questions that ask the same and are answered otherwise, the most similar first.
    pub fn alike(&self) -> &[Likeness] {
        &self.alike
    }

    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    pub fn stages(&self) -> &[StageResult] {
        &self.stages
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }
}

/// A question that failed a stage; kept with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    pub draft: Draft,
    /// The stages that ran; the last one failed.
    pub stages: Vec<StageResult>,
    /// Earlier questions that ask the same, the most similar first, where novelty was judged.
    pub alike: Vec<Likeness>,
}

/// The end of verification. A rejection is a result, not an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Accepted(Accepted),
    Rejected(Rejected),
}

impl Outcome {
    pub fn draft(&self) -> &Draft {
        match self {
            Outcome::Accepted(accepted) => accepted.draft(),
            Outcome::Rejected(rejected) => &rejected.draft,
        }
    }

    /// What the stages said, as far as they ran.
    pub fn stages(&self) -> &[StageResult] {
        match self {
            Outcome::Accepted(accepted) => accepted.stages(),
            Outcome::Rejected(rejected) => &rejected.stages,
        }
    }
}
