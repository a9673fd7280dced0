//! The published record of a question: the row of the data set (DESIGN 2.3), apart from how the store keeps it.

use crate::model::question::StageResult;

/// One row. What the licence does not let out is `None`; the places in [`Row::evidence`] point to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: String,
    pub work: Work,
    /// Posted version that the evidence stands in, from 1.
    pub version: i32,
    /// Archive or inbox the version came from.
    pub source: String,
    pub title: Option<String>,
    pub venue: Option<String>,
    /// ISO date, perhaps only to the month or year: the earliest on which any version was public.
    pub first_public: Option<String>,
    pub section: Option<String>,
    /// Text of the first evidence's passage.
    pub passage: Option<String>,
    pub evidence: Vec<Evidence>,
    pub question: Option<String>,
    pub answer_type: Option<String>,
    /// The answer spec, JSON.
    pub answer: Option<String>,
    /// The options of a choice question, in the order of their letters.
    pub options: Vec<String>,
    pub topic: Option<String>,
    pub topic_probabilities: Vec<(String, f64)>,
    pub generator: Generator,
    pub verification: Vec<StageResult>,
    pub tier: Option<String>,
    pub difficulty: Option<Difficulty>,
    /// Normalised licence code of the version.
    pub licence: String,
    pub licence_url: Option<String>,
    /// Verbatim as received.
    pub licence_received: Option<String>,
    pub attribution: String,
    pub split: String,
    /// Release in which the question first appeared.
    pub released_in: String,
    /// Only in tombstones.
    pub withdrawn: Option<Withdrawn>,
    /// What the question asks its reader to do, where its writer said so.
    pub kind: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Strongest identifier, in the form of [`crate::model::id::Ids::key`].
    pub key: String,
    pub doi: Option<String>,
    pub pmid: Option<i64>,
    pub pmcid: Option<String>,
    pub ppr: Option<String>,
}

impl Work {
    /// From every identifier of a work, in the form of [`crate::model::id::Ids::key`].
    pub fn of<'a>(key: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut work = Work { key: key.to_owned(), ..Work::default() };
        for name in names {
            if let Some(pmid) = name.strip_prefix("pmid:") {
                work.pmid = work.pmid.or_else(|| pmid.parse().ok());
            } else if name.starts_with("PMC") {
                work.pmcid.get_or_insert_with(|| name.to_owned());
            } else if name.starts_with("PPR") {
                work.ppr.get_or_insert_with(|| name.to_owned());
            } else if name.starts_with("10.") {
                work.doi.get_or_insert_with(|| name.to_owned());
            }
        }
        work
    }

    /// Where people find the work.
    pub fn url(&self) -> Option<String> {
        let doi = self.doi.as_ref().map(|doi| format!("https://doi.org/{doi}"));
        doi.or_else(|| self.pmid.map(|pmid| format!("https://pubmed.ncbi.nlm.nih.gov/{pmid}/")))
            .or_else(|| self.pmcid.as_ref().map(|id| format!("https://pmc.ncbi.nlm.nih.gov/articles/{id}/")))
            .or_else(|| self.ppr.as_ref().map(|id| format!("https://europepmc.org/article/PPR/{id}")))
    }
}

/// A place in a work's text, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub quote: Option<String>,
    /// Position of the passage in the version's text, from 0.
    pub passage: i32,
    /// Bytes `[start, end)` of the passage in UTF-8.
    pub start: i32,
    pub end: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generator {
    pub kind: String,
    pub model: String,
    pub prompt_hash: String,
}

/// How often a solver knew the answer without the passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Difficulty {
    pub pass_rate: f64,
    pub k: Option<i32>,
    pub solver: Option<String>,
    pub date: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// ISO date.
    pub date: String,
    /// A stable word (`retracted`, `withdrawn`, `deleted`, `concern`, `superseded`, `licence`, …), then `: detail` if any.
    pub reason: String,
}
