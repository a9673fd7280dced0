//! What a person says of a question.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::answer::AnswerSpec;
use super::id::QuestionId;

/// What the person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Question and key are right as they stand.
    Accept,
    Reject,
    /// Not right as it stands; another wording or key is proposed, which is verified as a question of its own.
    Edit,
}

impl Decision {
    pub const ALL: [Decision; 3] = [Decision::Accept, Decision::Reject, Decision::Edit];

    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Accept => "accept",
            Decision::Reject => "reject",
            Decision::Edit => "edit",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Decision::ALL.into_iter().find(|decision| decision.as_str() == name)
    }
}

/// Why a question is put before a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampled {
    /// Another question asks the same and is answered otherwise.
    Conflict,
    /// Drawn at random from a release.
    Audit,
    /// The model stages were least sure of it.
    Uncertain,
    /// Its topic was looked at least.
    Topic,
    /// Somebody else looked at it: how far do the two agree?
    Second,
    /// Verification rejected it: was that right?
    Rejected,
    /// The person chose it.
    Asked,
}

impl Sampled {
    pub const ALL: [Sampled; 7] = [
        Sampled::Conflict,
        Sampled::Audit,
        Sampled::Uncertain,
        Sampled::Topic,
        Sampled::Second,
        Sampled::Rejected,
        Sampled::Asked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Sampled::Conflict => "conflict",
            Sampled::Audit => "audit",
            Sampled::Uncertain => "uncertain",
            Sampled::Topic => "topic",
            Sampled::Second => "second",
            Sampled::Rejected => "rejected",
            Sampled::Asked => "asked",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Sampled::ALL.into_iter().find(|sampled| sampled.as_str() == name)
    }
}

/// A question in other words, or with another key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    pub question: String,
    pub answer: AnswerSpec,
    /// Sentences of the paper that bear it out; the old ones when none is given.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// One person's word on one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    pub question: QuestionId,
    pub reviewer: String,
    pub decision: Decision,
    /// The person's words; may be empty when accepted.
    pub reason: String,
    pub sampled: Sampled,
    /// Whether verification had accepted it.
    pub was_accepted: bool,
    pub edit: Option<Edit>,
    /// The question that an edit became, once it was judged.
    pub edited_into: Option<QuestionId>,
    pub at: DateTime<Utc>,
}

/// A person's last word on a question. `question`: its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWord {
    pub question: i64,
    pub reviewer: String,
    pub decision: Decision,
    pub sampled: Sampled,
    pub was_accepted: bool,
}

/// What a set of questions is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    pub questions: u64,
    pub answer_types: BTreeMap<String, u64>,
    /// Keys of yes/no questions: `yes`, `no`.
    pub booleans: BTreeMap<String, u64>,
    /// Keys of direction questions.
    pub directions: BTreeMap<String, u64>,
    /// Letters of the right options.
    pub positions: BTreeMap<String, u64>,
    /// `""` for none.
    pub topics: BTreeMap<String, u64>,
    pub sources: BTreeMap<String, u64>,
}

/// Whether `name` can name a reviewer: 1 to 80 characters, none of them a control, no blank at either end.
pub fn is_reviewer(name: &str) -> bool {
    let n = name.chars().count();
    (1..=80).contains(&n) && name.trim() == name && !name.chars().any(char::is_control)
}

/// Longest reason that is kept, in characters.
pub const MOST_REASON: usize = 2000;
