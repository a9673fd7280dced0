//! What is shown of a question or a work: the stored record, with its evidence in context and its standing in words.

pub mod review;
pub mod refresh;
mod status;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;

use crate::model::answer::AnswerSpec;
use crate::model::document::{CellRange, PassageKind, cells};
use crate::model::id::{PassageId, QuestionId, VersionId, WorkId};
use crate::model::question::{Difficulty, Generator, QuestionKind, StageResult};
use crate::model::review::Review;
use crate::model::status::{QuestionStatus, WorkStatus};
use crate::store::alike::Kin;
use crate::store::question::{Question, Span};
use crate::store::version::Version;
use crate::store::work::{Tie, Work};
use crate::store::{Error, Rows};

pub use status::status;

/// The most questions that a work's page lists.
const MAX_QUESTIONS: usize = 500;

/// A question as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionView {
    pub id: QuestionId,
    pub status: QuestionStatus,
    /// Why this may not be read as plain fact; `None` when it may.
    pub banner: Option<String>,
    pub question: String,
    /// The answer as a person reads it.
    pub answer: String,
    pub answer_spec: AnswerSpec,
    pub options: Vec<String>,
    pub evidence: Vec<EvidenceView>,
    pub tier: Option<&'static str>,
    pub topic: Option<Value>,
    pub difficulty: Option<Difficulty>,
    pub generator: Generator,
    /// What it asks its reader to do, when its writer said.
    pub kind: Option<QuestionKind>,
    pub verification: Vec<StageResult>,
    /// Why it was rejected or withdrawn, and since when.
    pub reason: Option<String>,
    pub withdrawn_on: Option<String>,
    pub split: Option<String>,
    pub released_in: Option<String>,
    /// Questions that ask the same: conflicts, and other papers that give the same answer.
    pub alike: Vec<KinView>,
    /// What people said of it, the oldest first.
    pub reviews: Vec<Review>,
    pub work: WorkSummary,
}

/// A question that asks the same as another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KinView {
    #[serde(flatten)]
    pub kin: Kin,
    /// The answer as a person reads it.
    pub answer_text: String,
}

/// A quote in its passage: `text[start..end] == quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    pub passage: PassageId,
    pub section: String,
    pub quote: String,
    pub start: usize,
    pub end: usize,
    /// The whole passage.
    pub text: String,
    /// Which cells of a table it covers.
    pub cells: Option<CellRange>,
    /// Where the images of a figure are found, as its paper names them.
    pub images: Vec<String>,
}

impl EvidenceView {
    /// The passage before the quote, the quote, and what comes after.
    pub fn pieces(&self) -> (&str, &str, &str) {
        match (self.text.get(..self.start), self.text.get(self.start..self.end), self.text.get(self.end..)) {
            (Some(before), Some(quote), Some(after)) => (before, quote, after),
            _ => ("", &self.quote, ""),
        }
    }
}

/// A work in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkSummary {
    pub id: WorkId,
    pub key: String,
    pub names: Vec<String>,
    pub title: String,
    pub status: WorkStatus,
    pub status_reason: Option<String>,
    pub status_since: Option<String>,
    pub first_public: Option<NaiveDate>,
    pub subjects: Vec<String>,
    /// Of the version in use.
    pub version: Option<u32>,
    pub venue: Option<String>,
    pub licence: Option<String>,
    pub attribution: Option<String>,
}

/// A work as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkView {
    #[serde(flatten)]
    pub work: WorkSummary,
    pub banner: Option<String>,
    pub relations: Vec<Tie>,
    pub versions: Vec<VersionView>,
    pub questions: Vec<QuestionLine>,
}

/// A question in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionLine {
    pub id: QuestionId,
    pub status: QuestionStatus,
    pub question: String,
    pub answer: String,
    pub answer_type: &'static str,
    pub tier: Option<&'static str>,
}

/// One posted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionView {
    pub number: u32,
    pub source: String,
    pub status: &'static str,
    pub content_level: &'static str,
    pub title: String,
    pub article_type: String,
    pub venue: Option<String>,
    pub licence: String,
    pub licence_received: String,
    pub in_use: bool,
}

/// The question with this id; `None` when there is none.
///
/// # Errors
/// When the store cannot be read.
pub fn question(rows: &Rows, id: &QuestionId) -> Result<Option<QuestionView>, Error> {
    let Some(found) = rows.question(id)? else { return Ok(None) };
    let Some(work) = rows.work(found.work)? else { return Ok(None) };
    let summary = summary(rows, work)?;
    let mut evidence = Vec::new();
    for span in &found.evidence {
        evidence.push(in_context(rows, span)?);
    }
    let banner = banner(&summary).or_else(|| question_banner(&found));
    let alike = rows.kin_of(id)?.into_iter();
    let alike = alike.map(|kin| KinView { answer_text: kin.answer.text(), kin }).collect();
    let options = match &found.answer {
        AnswerSpec::Choice { options, .. } => options.clone(),
        _ => Vec::new(),
    };
    Ok(Some(QuestionView {
        id: found.id,
        status: found.status,
        banner,
        question: found.question,
        answer: found.answer.text(),
        answer_spec: found.answer,
        options,
        evidence,
        tier: found.tier.map(|tier| tier.as_str()),
        topic: found.topic,
        difficulty: found.difficulty,
        generator: found.generator,
        kind: found.kind,
        verification: found.verification,
        reason: found.reason,
        withdrawn_on: found.withdrawn_on,
        split: found.split,
        released_in: found.released_in,
        alike,
        reviews: rows.reviews_of(id)?,
        work: summary,
    }))
}

/// The work that `name` means: its row number, a DOI, `pmid:…` or a bare PMID, a PMCID.
///
/// # Errors
/// When the store cannot be read.
pub fn find_work(rows: &Rows, name: &str) -> Result<Option<WorkId>, Error> {
    let name = name.trim();
    for key in keys(name) {
        if let Some(id) = rows.find_work(&key)? {
            return Ok(Some(id));
        }
    }
    let row = name.strip_prefix("work:").unwrap_or(name).parse().ok().map(WorkId);
    match row {
        Some(id) => Ok(rows.work(id)?.map(|work| work.id)),
        None => Ok(None),
    }
}

/// The work with this row number, with its versions, ties and questions.
///
/// # Errors
/// When the store cannot be read.
pub fn work(rows: &Rows, id: WorkId) -> Result<Option<WorkView>, Error> {
    let Some(found) = rows.work(id)? else { return Ok(None) };
    let current = found.current;
    let summary = summary(rows, found)?;
    let mut questions = Vec::new();
    for status in [QuestionStatus::Accepted, QuestionStatus::Withdrawn] {
        questions.extend(rows.questions_of(id, status)?.into_iter().take(MAX_QUESTIONS).map(line));
    }
    let versions = rows.versions_of(id)?.into_iter().map(|version| version_view(version, current)).collect();
    let relations = rows.ties(id)?;
    Ok(Some(WorkView { banner: banner(&summary), work: summary, relations, versions, questions }))
}

/// The forms of an identifier that the store may know it by.
fn keys(name: &str) -> Vec<String> {
    use crate::model::id::{Doi, Pmcid, Pmid, PprId};
    let mut keys = Vec::new();
    keys.extend(name.parse::<Doi>().ok().map(|doi| doi.to_string()));
    let lower = name.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("pmid:") {
        keys.extend(rest.parse::<Pmid>().ok().map(|pmid| format!("pmid:{pmid}")));
    }
    if lower.starts_with("pmc") {
        let bare = lower.strip_prefix("pmcid:").unwrap_or(&lower);
        keys.extend(bare.parse::<Pmcid>().ok().map(|pmcid| pmcid.to_string()));
    }
    keys.extend(name.parse::<PprId>().ok().map(|id| id.to_string()));
    keys.extend(name.parse::<Pmid>().ok().map(|pmid| format!("pmid:{pmid}")));
    keys
}

fn summary(rows: &Rows, work: Work) -> Result<WorkSummary, Error> {
    let version = match work.current {
        Some(id) => rows.version(id)?,
        None => None,
    };
    let first_public = work.first_public.map(|date| date.earliest());
    let attribution = version.as_ref().map(|version| {
        let year = first_public.map(|day| format!(" ({})", day.format("%Y"))).unwrap_or_default();
        let venue = version.venue.as_deref().map(|venue| format!(", {venue}")).unwrap_or_default();
        format!("{}{year}{venue}, {}", work.title, work.key)
    });
    Ok(WorkSummary {
        id: work.id,
        key: work.key,
        names: work.names,
        title: work.title,
        status: work.status,
        status_reason: work.status_reason,
        status_since: work.status_since,
        first_public,
        subjects: work.subjects,
        version: version.as_ref().map(|version| version.number),
        venue: version.as_ref().and_then(|version| version.venue.clone()),
        licence: version.as_ref().map(|version| version.licence.clone()),
        attribution,
    })
}

fn in_context(rows: &Rows, span: &Span) -> Result<EvidenceView, Error> {
    let passage = rows.passage(span.passage)?;
    let images = passage.as_ref().map_or(Ok(Vec::new()), |passage| rows.images_of(passage))?;
    let is_table = passage.as_ref().is_some_and(|passage| passage.kind == PassageKind::Table.as_str());
    let (section, text) = passage.map(|passage| (passage.section, passage.text)).unwrap_or_default();
    let cells = if is_table { cells(&text, span.start, span.end) } else { None };
    Ok(EvidenceView {
        passage: span.passage,
        section,
        quote: span.quote.clone(),
        start: span.start,
        end: span.end,
        text,
        cells,
        images,
    })
}

fn banner(work: &WorkSummary) -> Option<String> {
    let what = match work.status {
        WorkStatus::Current => return None,
        WorkStatus::Withdrawn => "This work was withdrawn",
        WorkStatus::Retracted => "This work was retracted",
        WorkStatus::Concern => "An expression of concern stands against this work",
        WorkStatus::Deleted => "This work was removed by its archive",
    };
    let since = work.status_since.as_deref().map(|day| format!(" (known since {day})")).unwrap_or_default();
    Some(format!("{what}{since}: nothing here may be read as fact."))
}

fn question_banner(question: &Question) -> Option<String> {
    let reason = question.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    match question.status {
        QuestionStatus::Accepted => None,
        QuestionStatus::Withdrawn => Some(format!("This question was withdrawn{reason}.")),
        QuestionStatus::Rejected => Some(format!("This question was rejected by verification{reason}.")),
        QuestionStatus::Drafted => Some("This question has not been verified yet.".to_owned()),
    }
}

fn line(question: Question) -> QuestionLine {
    QuestionLine {
        answer: question.answer.text(),
        answer_type: question.answer.kind(),
        id: question.id,
        status: question.status,
        question: question.question,
        tier: question.tier.map(|tier| tier.as_str()),
    }
}

fn version_view(version: Version, current: Option<VersionId>) -> VersionView {
    VersionView {
        in_use: Some(version.id) == current,
        number: version.number,
        source: version.source,
        status: version.status.as_str(),
        content_level: version.content_level.as_str(),
        title: version.title,
        article_type: version.article_type,
        venue: version.venue,
        licence: version.licence,
        licence_received: version.licence_received,
    }
}
