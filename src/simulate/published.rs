//! What the archives had published by a moment: the list against which a store is reconciled.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::record::RecordKind;
use super::world::World;
use crate::model::delivery::SourceName;

/// One version of one work, in the state it had at the moment asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRow {
    pub source: SourceName,
    /// The DOI, lower case, for preprints; the PMID for PubMed.
    pub key: String,
    pub doi: Option<String>,
    pub version: u32,
    /// The posting day, or the day of entry into PubMed.
    pub date: NaiveDate,
    pub appears_at: DateTime<Utc>,
    /// Its latest change: a redelivery, a retraction, a deletion, a published link.
    pub changed_at: DateTime<Utc>,
    pub state: PublishedState,
    /// The journal DOI that the server names by now.
    pub published_as: Option<String>,
    pub category: String,
    /// As the row says it; empty when blank, absent for PubMed.
    pub licence: Option<String>,
    pub full_text: bool,
    /// `article`, `book`, `retraction_notice`, `erratum`, `preprint_record`, `preprint`.
    pub kind: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishedState {
    Posted,
    /// This version is the withdrawal notice, or an earlier version of a work whose withdrawal has appeared.
    Withdrawn,
    Retracted,
    Deleted,
}

/// Every row that has appeared by `until`, bioRxiv, medRxiv, PubMed, in order of appearance within each.
pub fn published(world: &World, until: DateTime<Utc>) -> Vec<PublishedRow> {
    let mut all = Vec::new();
    for preprint in &world.preprints {
        let withdrawal = preprint.postings.iter().find(|p| p.withdrawn && p.appears_at <= until);
        let link = preprint.published(until);
        for posting in preprint.postings.iter().filter(|p| p.appears_at <= until) {
            let changes = [Some(posting.appears_at), withdrawal.map(|p| p.appears_at), link.map(|l| l.appears_at)];
            all.push(PublishedRow {
                source: match preprint.server {
                    super::Server::Biorxiv => SourceName::Biorxiv,
                    super::Server::Medrxiv => SourceName::Medrxiv,
                },
                key: preprint.doi.to_lowercase(),
                doi: Some(preprint.doi.to_lowercase()),
                version: posting.version,
                date: posting.date,
                appears_at: posting.appears_at,
                changed_at: changes.into_iter().flatten().max().unwrap_or(posting.appears_at),
                state: if withdrawal.is_some() { PublishedState::Withdrawn } else { PublishedState::Posted },
                published_as: link.map(|link| link.doi.clone()),
                category: preprint.category.clone(),
                licence: Some(posting.licence.clone()),
                full_text: posting.has_full_text,
                kind: "preprint".to_owned(),
            });
        }
    }
    for record in world.records.iter().filter(|r| r.entered_at() <= until) {
        let deleted = record.deleted_at.filter(|at| *at <= until);
        let state = record.deliveries.iter().rev().find(|d| d.at <= until);
        let retracted = state.is_some_and(|s| s.retracted_by.is_some());
        all.push(PublishedRow {
            source: SourceName::Pubmed,
            key: record.pmid.to_string(),
            doi: record.doi.as_ref().map(|doi| doi.to_lowercase()),
            version: record.version,
            date: record.entered_at().date_naive(),
            appears_at: record.entered_at(),
            changed_at: deleted.or(state.map(|s| s.at)).unwrap_or_else(|| record.entered_at()),
            state: match (deleted, retracted) {
                (Some(_), _) => PublishedState::Deleted,
                (None, true) => PublishedState::Retracted,
                (None, false) => PublishedState::Posted,
            },
            published_as: None,
            category: record.category.clone(),
            licence: None,
            full_text: false,
            kind: match record.kind {
                RecordKind::Article | RecordKind::JournalOf(_) | RecordKind::File => "article",
                RecordKind::PreprintRecord(_) => "preprint_record",
                RecordKind::RetractionNotice(_) => "retraction_notice",
                RecordKind::Erratum(_) => "erratum",
                RecordKind::Book => "book",
            }
            .to_owned(),
        });
    }
    all.sort_by(|a, b| (a.source, a.appears_at, &a.key, a.version).cmp(&(b.source, b.appears_at, &b.key, b.version)));
    all
}
