//! A document as the store keeps it: its passages' texts apart from everything else, so that a text is held once.

use crate::model::document::{Document, Figure, Section};
use crate::model::id::Ids;
use crate::model::time::PartialDate;

use super::Error;

pub(super) type Hash = [u8; 16];

/// What of a delivered document is compared and kept.
pub(super) struct Record {
    /// The document without passage texts, JSON.
    pub json: Vec<u8>,
    pub record_hash: Hash,
    pub text_hash: Hash,
    /// Newest `revised` date, or empty: between two records of one level, the one with the newer date stands.
    pub revised: String,
}

impl Record {
    pub fn of(document: &Document) -> Result<Self, Error> {
        let passages = document.passages();
        if passages.len() > super::passage::MOST_PASSAGES {
            return Err(Error::TooManyPassages { n_passages: passages.len() });
        }
        let text_hash = text_hash(document);
        let mut bare = document.clone();
        each_text(&mut bare, &mut |text| text.clear());
        let json = serde_json::to_vec(&bare).map_err(|error| Error::damaged("a document", &document.title, error))?;
        let record_hash = short(blake3::hash(&json));
        let revised = document
            .dates
            .iter()
            .filter(|(event, _)| event.starts_with("revised") || event.starts_with("updated"))
            .map(|(_, date)| date.latest())
            .max()
            .map(|date| date.to_string())
            .unwrap_or_default();
        Ok(Record { json, record_hash, text_hash, revised })
    }

    /// One hash for record and text.
    pub fn seen_hash(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.record_hash);
        hasher.update(&self.text_hash);
        short(hasher.finalize())
    }

    pub fn packed(&self) -> Result<Vec<u8>, Error> {
        zstd::bulk::compress(&self.json, 1).map_err(|error| Error::damaged("a record", "", error))
    }
}

/// Of every passage with its place: section, kinds and text.
pub(super) fn text_hash(document: &Document) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for passage in document.passages() {
        for part in [passage.section, passage.section_kind.as_str(), passage.kind.as_str(), passage.text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    short(hasher.finalize())
}

/// Largest record taken back from the store, in bytes.
const MOST_RECORD_BYTES: usize = 256 << 20;

/// The document of a packed record and its passages' texts in order.
pub(super) fn unpack(packed: &[u8], texts: Vec<String>) -> Result<Document, Error> {
    let damaged = |reason: String| Error::damaged("a stored record", "", reason);
    let json = zstd::stream::decode_all(std::io::Read::take(packed, MOST_RECORD_BYTES as u64))
        .map_err(|error| damaged(error.to_string()))?;
    let mut document: Document = serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
    let mut texts = texts.into_iter();
    let mut missing = 0;
    each_text(&mut document, &mut |text| match texts.next() {
        Some(stored) => *text = stored,
        None => missing += 1,
    });
    let left_over = texts.count();
    if missing + left_over > 0 {
        return Err(damaged(format!("{missing} passages are missing and {left_over} left over")));
    }
    Ok(document)
}

/// The authors of a packed record.
pub(super) fn authors(packed: &[u8]) -> Result<Vec<String>, Error> {
    #[derive(serde::Deserialize)]
    struct Authors {
        authors: Vec<String>,
    }
    let damaged = |reason: String| Error::damaged("a stored record", "", reason);
    let json = zstd::stream::decode_all(std::io::Read::take(packed, MOST_RECORD_BYTES as u64))
        .map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice::<Authors>(&json).map(|record| record.authors).map_err(|error| damaged(error.to_string()))
}

/// Where the images of the figure with this label are found, by a packed record.
pub(super) fn images(packed: &[u8], label: &str) -> Result<Vec<String>, Error> {
    #[derive(serde::Deserialize)]
    struct Figures {
        figures: Vec<Figure>,
    }
    let damaged = |reason: String| Error::damaged("a stored record", "", reason);
    let json = zstd::stream::decode_all(std::io::Read::take(packed, MOST_RECORD_BYTES as u64))
        .map_err(|error| damaged(error.to_string()))?;
    let record: Figures = serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
    let figure = record.figures.into_iter().find(|figure| figure.label == label);
    Ok(figure.map(|figure| figure.graphics).unwrap_or_default())
}

/// Every passage text in the order of [`Document::passages`].
fn each_text(document: &mut Document, visit: &mut dyn FnMut(&mut String)) {
    document.abstract_passages.iter_mut().for_each(|passage| visit(&mut passage.text));
    document.sections.iter_mut().for_each(|section| each_section_text(section, visit));
    document.tables.iter_mut().for_each(|table| visit(&mut table.text));
    document.figures.iter_mut().for_each(|figure| visit(&mut figure.text));
}

fn each_section_text(section: &mut Section, visit: &mut dyn FnMut(&mut String)) {
    section.passages.iter_mut().for_each(|passage| visit(&mut passage.text));
    section.sections.iter_mut().for_each(|inner| each_section_text(inner, visit));
}

/// The names of a work. A record without any identifier is named by its own title, authors and abstract.
pub(super) fn names(ids: &Ids, document: &Document) -> Vec<String> {
    let names = ids.keys();
    if !names.is_empty() {
        return names;
    }
    let mut hasher = blake3::Hasher::new();
    let authors = document.authors.iter().map(String::as_str);
    let texts = document.abstract_passages.iter().map(|passage| passage.text.as_str());
    for part in std::iter::once(document.title.as_str()).chain(authors).chain(texts) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    vec![format!("blake3:{}", &hasher.finalize().to_hex()[..32])]
}

/// The dates on which a record says the work was public: the earliest known to the day, and the earliest known less well.
pub(super) fn public_dates(document: &Document) -> (Option<PartialDate>, Option<PartialDate>) {
    const NOT_PUBLIC: [&str; 16] = [
        "preprint",
        "sent_for_review",
        "received",
        "accepted",
        "revised",
        "updated",
        "submitted",
        "retracted",
        "completed",
        "medline",
        "medliner",
        "premedline",
        "rev-recd",
        "rev-request",
        "corrected",
        "copyright",
    ];
    let public =
        || document.dates.iter().filter(|(event, _)| !NOT_PUBLIC.contains(&event.as_str())).map(|(_, date)| *date);
    let full = public().filter(|date| date.is_full()).min();
    let partial = public().filter(|date| !date.is_full()).min_by_key(|date| (date.latest(), *date));
    (full, partial)
}

/// The earliest day the work may have been public. A date known only to the month or year counts when it was over before the day.
pub(super) fn first_public(full: Option<PartialDate>, partial: Option<PartialDate>) -> Option<PartialDate> {
    match (full, partial) {
        (Some(full), Some(partial)) if partial.latest() < full.earliest() => Some(partial),
        (Some(full), _) => Some(full),
        (None, partial) => partial,
    }
}

pub(super) fn short(hash: blake3::Hash) -> Hash {
    let mut first = Hash::default();
    first.copy_from_slice(&hash.as_bytes()[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Figure, Passage, Table};

    fn passage(text: &str) -> Passage {
        Passage { text: text.into(), ..Passage::default() }
    }

    #[test]
    fn a_document_comes_back_whole() {
        let inner = Section { title: "Inner".into(), passages: vec![passage("three")], ..Section::default() };
        let document = Document {
            title: "A title".into(),
            abstract_passages: vec![passage("one")],
            sections: vec![Section {
                title: "Outer".into(),
                passages: vec![passage("two")],
                sections: vec![inner],
                ..Section::default()
            }],
            tables: vec![Table { label: "Table 1".into(), text: "four".into(), ..Table::default() }],
            figures: vec![Figure { label: "Figure 1".into(), text: "five".into(), ..Figure::default() }],
            ..Document::default()
        };
        let record = Record::of(&document).unwrap();
        let texts = document.passages().iter().map(|p| p.text.to_owned()).collect::<Vec<_>>();
        assert_eq!(unpack(&record.packed().unwrap(), texts.clone()).unwrap(), document);
        assert!(unpack(&record.packed().unwrap(), texts[1..].to_vec()).is_err());
    }

    #[test]
    fn a_vague_date_counts_only_when_it_was_over() {
        let date = |text: &str| Some(PartialDate::try_from(text.to_owned()).unwrap());
        assert_eq!(first_public(date("2026-03-02"), date("2026")), date("2026-03-02"));
        assert_eq!(first_public(date("2026-03-02"), date("2026-02")), date("2026-02"));
        assert_eq!(first_public(None, date("2026")), date("2026"));
    }
}
