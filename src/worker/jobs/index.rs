//! The index follows the changes log: each changed work is taken out and, if it may be found, put in as it is now.
//!
//! The index commits first and carries the number of the last change it holds; so after a crash at any point it goes on from
//! there, and doing a change twice changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::index::{Change, EvidenceRow, Index, PassageRow, QuestionRow, WorkRow};
use crate::model::delivery::SourceName;
use crate::model::document::{PassageKind, SectionKind};
use crate::model::id::WorkId;
use crate::model::licence::LicenceCode;
use crate::model::question::Tier;
use crate::model::status::QuestionStatus;
use crate::store::{self, Rows, Store};
use crate::worker::Error;

/// Works put in before a commit.
const WORKS_A_COMMIT: usize = 2000;

/// Brings the index up to the store's last change. Returns how many works were put in again.
///
/// # Errors
/// When the store can not be read or the index not written.
pub fn follow(store: &Store, index: &Index) -> Result<usize, Error> {
    let mut n_works = 0;
    loop {
        let read = store.read()?;
        let Some(sequence) = index.sequence()? else {
            drop(read);
            return Ok(n_works + rebuild(store, index)?);
        };
        let after = i64::try_from(sequence).unwrap_or(i64::MAX);
        // A pruned log, or a store put back from a backup: the two histories do not meet.
        if after > read.last_change()? || read.first_change()? > after + 1 {
            drop(read);
            return Ok(n_works + rebuild(store, index)?);
        }
        let changes = read.changes_after(after, WORKS_A_COMMIT)?;
        let Some(last) = changes.last() else {
            return Ok(n_works);
        };
        let works: BTreeSet<WorkId> = changes.iter().map(|change| change.work).collect();
        let mut batch = index.begin()?;
        for work in &works {
            batch.push(Change::DeleteWork(work.0))?;
            for change in entries(&read, *work)? {
                batch.push(change)?;
            }
        }
        batch.commit(last.seq.unsigned_abs())?;
        n_works += works.len();
    }
}

/// Fills the index anew from the store. Searches see the old one until it is done. Returns the number of works.
///
/// # Errors
/// When the store can not be read or the index not written.
pub fn rebuild(store: &Store, index: &Index) -> Result<usize, Error> {
    let read = store.read()?;
    let sequence = read.last_change()?;
    let mut batch = index.begin_rebuild()?;
    let (mut after, mut n_works) = (WorkId(0), 0);
    loop {
        let page = read.works_after(after, 500)?;
        let Some(last) = page.last() else { break };
        after = *last;
        for work in &page {
            for change in entries(&read, *work)? {
                batch.push(change)?;
            }
        }
        n_works += page.len();
    }
    batch.commit(sequence.unsigned_abs())?;
    Ok(n_works)
}

/// Everything one side holds: entry to hash of its content.
pub type Holdings = BTreeMap<String, [u8; 16]>;

/// What the index should hold, from the store.
///
/// # Errors
/// When the store can not be read.
pub fn expected(rows: &Rows) -> Result<Holdings, store::Error> {
    let mut holdings = Holdings::new();
    let mut after = WorkId(0);
    loop {
        let page = rows.works_after(after, 500)?;
        let Some(last) = page.last() else { return Ok(holdings) };
        after = *last;
        for work in page {
            holdings.extend(entries(rows, work)?.iter().filter_map(holding));
        }
    }
}

/// What the index holds.
///
/// # Errors
/// When the index can not be read.
pub fn held(index: &Index) -> Result<Holdings, Error> {
    let mut holdings = Holdings::new();
    index.each(&mut |change| holdings.extend(holding(&change)))?;
    Ok(holdings)
}

fn holding(change: &Change) -> Option<(String, [u8; 16])> {
    let (name, json) = match change {
        Change::PutQuestion(row) => (format!("question {}", row.id), serde_json::to_vec(row)),
        Change::PutPassage(row) => (format!("passage {}", row.id), serde_json::to_vec(row)),
        Change::DeleteQuestion(_) | Change::DeletePassage(_) | Change::DeleteWork(_) => return None,
    };
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(&json.ok()?).as_bytes()[..16]);
    Some((name, hash))
}

/// What sets the index apart from the store: missing entries, entries that should not be there, and old ones.
pub fn diff(expected: &Holdings, held: &Holdings) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, content) in expected {
        match held.get(name) {
            None => faults.push(format!("{name} is missing from the index")),
            Some(other) if other != content => faults.push(format!("{name} is not in the index as it is in the store")),
            Some(_) => {}
        }
    }
    let extra = held.keys().filter(|name| !expected.contains_key(*name));
    faults.extend(extra.map(|name| format!("{name} is in the index and should not be found")));
    faults
}

/// What the index should hold of a work: nothing when it may not be used, else the passages of its present text and its
/// accepted questions.
///
/// # Errors
/// When the store can not be read.
pub fn entries(rows: &Rows, work: WorkId) -> Result<Vec<Change>, store::Error> {
    let mut changes = Vec::new();
    let Some(work) = rows.work(work)?.filter(|work| work.status.is_usable()) else {
        return Ok(changes);
    };
    let Some(version) = work.current.map(|id| rows.version(id)).transpose()?.flatten() else {
        return Ok(changes);
    };
    let name = |form: &str| work.names.iter().find(|name| name.starts_with(form));
    let questions = rows.questions_of(work.id, QuestionStatus::Accepted)?;
    let row = Arc::new(WorkRow {
        work: work.id.0,
        version: version.number,
        title: work.title.clone(),
        journal: version.venue.clone(),
        topic: rows.topic_of(work.id)?.and_then(|topic| topic.id),
        subjects: work.subjects.clone(),
        source: SourceName::from_name(&version.source).unwrap_or(SourceName::Inbox),
        licence: LicenceCode::from_name(&version.licence).unwrap_or_default(),
        first_public: work.first_public.map(|date| date.earliest()),
        doi: name("10.").cloned(),
        pmid: name("pmid:").and_then(|name| name.strip_prefix("pmid:")?.parse().ok()),
        pmcid: name("PMC").cloned(),
    });
    let passages = version.text.map_or(Ok(Vec::new()), |text| rows.passages(text))?;
    for question in questions {
        let first = question.evidence.first().map(|span| span.passage);
        let section = first.and_then(|id| passages.iter().find(|passage| passage.id == id));
        let section = match (section, first) {
            (Some(passage), _) => Some(passage.section_kind.clone()),
            (None, Some(id)) => rows.passage(id)?.map(|passage| passage.section_kind),
            (None, None) => None,
        };
        changes.push(Change::PutQuestion(QuestionRow {
            id: question.id.to_string(),
            answer: question.answer.text(),
            answer_type: question.answer.kind().to_owned(),
            question: question.question,
            tier: question.tier.unwrap_or(Tier::Grounded),
            evidence: question
                .evidence
                .into_iter()
                .map(|span| EvidenceRow { quote: span.quote, start: span.start, end: span.end })
                .collect(),
            section: section.and_then(|kind| SectionKind::from_name(&kind)).unwrap_or_default(),
            work: row.clone(),
        }));
    }
    for passage in passages {
        changes.push(Change::PutPassage(PassageRow {
            id: passage.id.0,
            kind: PassageKind::from_name(&passage.kind).unwrap_or_default(),
            section: SectionKind::from_name(&passage.section_kind).unwrap_or_default(),
            text: passage.text,
            work: row.clone(),
        }));
    }
    Ok(changes)
}
