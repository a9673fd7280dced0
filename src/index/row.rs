//! What the index is fed with: plain rows that the caller fills from the store.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::delivery::SourceName;
use crate::model::document::{PassageKind, SectionKind};
use crate::model::licence::LicenceCode;
use crate::model::question::Tier;

/// What a question or passage inherits from its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkRow {
    /// The work's row in the store.
    pub work: i64,
    pub version: u32,
    pub title: String,
    /// Journal or preprint server.
    pub journal: Option<String>,
    /// The taxonomy's label; `None` until a classifier gave one.
    pub topic: Option<String>,
    /// The archive's own labels.
    pub subjects: Vec<String>,
    pub source: SourceName,
    pub licence: LicenceCode,
    pub first_public: Option<NaiveDate>,
    pub doi: Option<String>,
    pub pmid: Option<u64>,
    pub pmcid: Option<String>,
}

/// A quote and its byte span in its passage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    pub quote: String,
    pub start: usize,
    pub end: usize,
}

/// An accepted question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionRow {
    pub id: String,
    pub question: String,
    /// The answer as a person reads it.
    pub answer: String,
    /// [`crate::model::answer::AnswerSpec::kind`].
    pub answer_type: String,
    pub tier: Tier,
    pub evidence: Vec<EvidenceRow>,
    /// Where the first piece of evidence stands.
    pub section: SectionKind,
    pub work: Arc<WorkRow>,
}

/// A passage of the current version of a usable work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageRow {
    /// The passage's row in the store.
    pub id: i64,
    pub text: String,
    pub kind: PassageKind,
    pub section: SectionKind,
    pub work: Arc<WorkRow>,
}

/// One step of the change log. Applying a step twice is the same as applying it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds the question, or puts it in the place of the one with its id.
    PutQuestion(QuestionRow),
    PutPassage(PassageRow),
    DeleteQuestion(String),
    DeletePassage(i64),
    /// Removes every question and passage of a work.
    DeleteWork(i64),
}

/// What the index keeps of a row, to show a hit without asking the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Question(QuestionRow),
    Passage(PassageRow),
}

impl Record {
    pub fn work(&self) -> &WorkRow {
        match self {
            Record::Question(row) => &row.work,
            Record::Passage(row) => &row.work,
        }
    }
}

#[cfg(test)]
pub(super) mod sample {
    use super::*;

    pub fn work(id: i64, title: &str) -> WorkRow {
        WorkRow {
            work: id,
            version: 1,
            title: title.to_owned(),
            journal: Some("bioRxiv".to_owned()),
            topic: Some("Immunology".to_owned()),
            subjects: vec!["immunology".to_owned(), "Cell  Biology".to_owned()],
            source: SourceName::Biorxiv,
            licence: LicenceCode::CcBy,
            first_public: NaiveDate::from_ymd_opt(2024, 1 + (id % 12).unsigned_abs() as u32, 5),
            doi: Some(format!("10.1101/2024.{id}")),
            pmid: Some(1000 + id.unsigned_abs()),
            pmcid: Some(format!("PMC{id}")),
        }
    }

    pub fn question(id: &str, question: &str, answer: &str, quote: &str) -> QuestionRow {
        QuestionRow {
            id: id.to_owned(),
            question: question.to_owned(),
            answer: answer.to_owned(),
            answer_type: "term".to_owned(),
            tier: Tier::Grounded,
            evidence: vec![EvidenceRow { quote: quote.to_owned(), start: 0, end: quote.len() }],
            section: SectionKind::Results,
            work: Arc::new(work(1, "A study of signals")),
        }
    }

    pub fn passage(id: i64, text: &str) -> PassageRow {
        PassageRow {
            id,
            text: text.to_owned(),
            kind: PassageKind::Paragraph,
            section: SectionKind::Methods,
            work: Arc::new(work(2, "Methods for mice")),
        }
    }
}
