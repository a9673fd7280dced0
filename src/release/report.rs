//! What a release says of itself in figures: balance, quality, decontamination. `report.json`, and the tables of the card.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::interval::Share;
use crate::model::answer::AnswerSpec;
use crate::review;

use super::licence::Part;
use super::row::Row;
use super::select::{Held, Place};

/// What the store knows beyond the rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Questions that were judged, whatever became of them.
    pub judged: u64,
    /// Accepted at first judgement, of all that were judged.
    pub accepted: Option<Share>,
    /// Rejected by each stage, in the order in which they run, of all that were judged.
    pub rejected: Vec<(String, Share)>,
    /// Released questions of tier verified or reviewed, of all released.
    pub verified: Option<Share>,
    pub reviewed: Option<Share>,
    /// Accepted questions withdrawn since, of all ever accepted.
    pub withdrawn: Option<Share>,
    /// Registered benchmarks and their items.
    pub benchmarks: Vec<(String, u64)>,
    /// Judged questions that overlap with one.
    pub contaminated: Option<Share>,
    /// The literature's topic shares, among works that have a topic.
    pub literature: BTreeMap<String, f64>,
    /// Works the literature was counted from, those without a topic among them, and since when.
    pub literature_works: u64,
    pub literature_unlabelled: u64,
    pub literature_from: String,
    pub taxonomy_version: u32,
    pub alignments: Vec<Alignment>,
    /// Works in the store by standing.
    pub works: BTreeMap<String, u64>,
    /// What people found, up to this release.
    pub review: review::Standing,
}

/// How close a part's training split comes to the literature's topics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alignment {
    pub part: String,
    pub alpha: f64,
    pub available: u64,
    pub taken: u64,
    /// Jensen-Shannon distance (base 2) from the target.
    pub distance: Option<f64>,
    pub topics: Vec<TopicQuota>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicQuota {
    /// `""` for no topic.
    pub topic: String,
    pub wanted: u64,
    pub available: u64,
    pub taken: u64,
}

/// Rows of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlaceCount {
    pub rows: u64,
    pub works: u64,
}

/// What the rows are, counted while they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// By part, then split.
    pub places: BTreeMap<String, BTreeMap<String, PlaceCount>>,
    pub topics: BTreeMap<String, u64>,
    pub sources: BTreeMap<String, u64>,
    pub answer_types: BTreeMap<String, u64>,
    pub tiers: BTreeMap<String, u64>,
    pub generators: BTreeMap<String, u64>,
    pub licences: BTreeMap<String, u64>,
    pub years: BTreeMap<String, u64>,
    /// Keys of yes/no questions, of directions, and letters of right options.
    pub booleans: BTreeMap<String, u64>,
    pub directions: BTreeMap<String, u64>,
    pub positions: BTreeMap<String, u64>,
    pub with_quote: u64,
    pub rows: u64,
    pub works: u64,
    pub tombstones: u64,
    /// Accepted questions that stay out, by reason.
    pub held_back: BTreeMap<String, u64>,
}

impl Balance {
    pub fn add(&mut self, (part, split): Place, row: &Row, is_new_work: bool) {
        let place =
            self.places.entry(part.as_str().to_owned()).or_default().entry(split.as_str().to_owned()).or_default();
        place.rows += 1;
        place.works += u64::from(is_new_work);
        self.rows += 1;
        self.works += u64::from(is_new_work);
        self.with_quote += u64::from(row.evidence.iter().any(|evidence| evidence.quote.is_some()));
        let count = |counts: &mut BTreeMap<String, u64>, name: &str| match counts.get_mut(name) {
            Some(n) => *n += 1,
            None => drop(counts.insert(name.to_owned(), 1)),
        };
        count(&mut self.topics, row.topic.as_deref().unwrap_or_default());
        count(&mut self.sources, &row.source);
        count(&mut self.answer_types, row.answer_type.as_deref().unwrap_or_default());
        count(&mut self.tiers, row.tier.as_deref().unwrap_or_default());
        count(&mut self.generators, &row.generator.kind);
        count(&mut self.licences, &row.licence);
        match row.answer.as_deref().map(serde_json::from_str) {
            Some(Ok(AnswerSpec::Boolean { value })) => count(&mut self.booleans, if value { "yes" } else { "no" }),
            Some(Ok(AnswerSpec::Direction { value })) => count(&mut self.directions, value.as_str()),
            Some(Ok(AnswerSpec::Choice { correct, .. })) => count(&mut self.positions, &correct),
            _ => {}
        }
        let year = row.first_public.as_deref().and_then(|date| date.get(..4)).unwrap_or_default();
        count(&mut self.years, year);
    }

    pub fn hold_back(&mut self, held: &BTreeMap<Held, u64>) {
        self.held_back = held.iter().map(|(reason, n)| (reason.as_str().to_owned(), *n)).collect();
    }

    /// As the protocol shows it.
    pub fn for_review(&self) -> review::Balance {
        review::Balance {
            questions: self.rows,
            answer_types: self.answer_types.clone(),
            booleans: self.booleans.clone(),
            directions: self.directions.clone(),
            positions: self.positions.clone(),
            topics: self.topics.clone(),
            sources: self.sources.clone(),
        }
    }

    /// The parts that have rows, in their order.
    pub fn parts(&self) -> Vec<Part> {
        Part::ALL.into_iter().filter(|part| self.places.contains_key(part.as_str())).collect()
    }
}

/// `report.json`.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    pub balance: &'a Balance,
    pub facts: &'a Facts,
    pub interval_level: f64,
}

impl Report<'_> {
    pub fn to_bytes(&self) -> Vec<u8> {
        // Proof: a report is made of strings and finite numbers.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
