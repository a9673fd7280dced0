//! A PubMed record and the states it goes through.

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::Dice;

/// A PubMed record with every delivery it will ever have.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub pmid: u64,
    pub version: u32,
    pub kind: RecordKind,
    pub category: String,
    pub seed: u64,
    pub doi: Option<String>,
    pub journal_form: usize,
    pub deliveries: Vec<RecordDelivery>,
    /// When PubMed takes the record out again.
    pub deleted_at: Option<DateTime<Utc>>,
    pub file: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordKind {
    /// An article without a preprint here.
    Article,
    /// The journal version of preprint number n.
    JournalOf(usize),
    /// PubMed's record of preprint number n.
    PreprintRecord(usize),
    /// The notice that retracts the record with this PMID.
    RetractionNotice(u64),
    /// The notice that corrects the record with this PMID.
    Erratum(u64),
    Book,
    /// A record of a real file.
    File,
}

/// One state of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDelivery {
    pub at: DateTime<Utc>,
    pub status: &'static str,
    /// PMID of the retraction notice that it names.
    pub retracted_by: Option<u64>,
    pub corrected_by: Option<u64>,
    /// A journal article's PMID (on a preprint's record), once both are known.
    pub updated_by: Option<u64>,
}

impl Record {
    /// When it entered PubMed.
    pub fn entered_at(&self) -> DateTime<Utc> {
        self.deliveries.first().map_or(DateTime::<Utc>::MAX_UTC, |delivery| delivery.at)
    }

    /// Its newest state at `now`; `None` before it entered and after it was deleted.
    pub fn state(&self, now: DateTime<Utc>) -> Option<&RecordDelivery> {
        if self.deleted_at.is_some_and(|at| at <= now) {
            return None;
        }
        self.deliveries.iter().rev().find(|delivery| delivery.at <= now)
    }
}

pub(super) fn kind_name(kind: &RecordKind) -> &'static str {
    match kind {
        RecordKind::Article => "article",
        RecordKind::JournalOf(_) => "journal",
        RecordKind::PreprintRecord(_) => "preprint",
        RecordKind::RetractionNotice(_) => "retraction",
        RecordKind::Erratum(_) => "erratum",
        RecordKind::Book => "book",
        RecordKind::File => "file",
    }
}

/// The states a record goes through by itself: Publisher, then maybe In-Data-Review, then MEDLINE or PubMed-not-MEDLINE.
pub(super) fn life(at: DateTime<Utc>, dice: &mut Dice) -> Vec<RecordDelivery> {
    let state = |at, status| RecordDelivery { at, status, retracted_by: None, corrected_by: None, updated_by: None };
    if dice.chance(0.25) {
        return vec![state(at, "PubMed-not-MEDLINE")];
    }
    let mut all = vec![state(at, "Publisher")];
    if dice.chance(0.5) {
        all.push(state(at + TimeDelta::days(dice.whole(1, 6)), "In-Data-Review"));
    }
    if dice.chance(0.8) {
        let end = dice.pick(&["MEDLINE", "MEDLINE", "MEDLINE", "PubMed-not-MEDLINE"]);
        all.push(state(at + TimeDelta::days(dice.whole(7, 30)), end));
    }
    all
}

/// One more delivery at `at`: the state then, changed by `change`; later ones carry the change too.
pub(super) fn add_delivery(
    deliveries: &mut Vec<RecordDelivery>,
    at: DateTime<Utc>,
    change: impl Fn(&mut RecordDelivery),
) {
    let position = deliveries.partition_point(|d| d.at <= at);
    if let Some(mut state) = position.checked_sub(1).and_then(|i| deliveries.get(i)).cloned() {
        state.at = at;
        deliveries.insert(position, state);
        deliveries.iter_mut().skip(position).for_each(change);
    }
}
