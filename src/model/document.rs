//! A parsed version of a work: metadata, sections, passages, tables, figures, and what the parser did not understand.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::id::Ids;
use super::licence::Licence;
use super::status::Notice;
use super::time::PartialDate;

/// One version of a work as text. Built once per version; a stored passage's text never changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub ids: Ids,
    /// Posted version, from 1; 1 where the archive has no versions.
    pub version: u32,
    /// Without status prefixes ("RETRACTED:", "Withdrawn:"): those become [`Document::notices`].
    pub title: String,
    /// Verbatim: `research-article`, `new results`, `Journal Article`, …
    pub article_type: String,
    /// Journal or preprint server.
    pub venue: Option<String>,
    /// "Surname, Given" or a consortium's name, in order.
    pub authors: Vec<String>,
    /// As given: `en`, `eng`, …
    pub language: Option<String>,
    pub licence: Licence,
    /// By event: `posted`, `received`, `accepted`, `epub`, `ppub`, `collection`, `revised`, `pmc_release`, `entrez`, …
    pub dates: BTreeMap<String, PartialDate>,
    /// The archive's own subject labels, verbatim.
    pub subjects: Vec<String>,
    pub keywords: Vec<String>,
    /// The main abstract's passages, in reading order; never the lay summary or a translation.
    #[serde(rename = "abstract")]
    pub abstract_passages: Vec<Passage>,
    pub sections: Vec<Section>,
    pub tables: Vec<Table>,
    pub figures: Vec<Figure>,
    pub related: Vec<Related>,
    /// Retraction, withdrawal or concern that the record states about itself.
    pub notices: Vec<Notice>,
}

impl Document {
    pub fn content_level(&self) -> ContentLevel {
        if self.sections.iter().any(Section::has_text) {
            ContentLevel::FullText
        } else if self.abstract_passages.is_empty() {
            ContentLevel::Metadata
        } else {
            ContentLevel::Abstract
        }
    }

    /// Every passage in reading order: abstract, sections depth first, then tables and figures as one passage each.
    /// The position in this list is the passage's *ordinal*, the way evidence names it before the store gives a row id.
    pub fn passages(&self) -> Vec<PassageRef<'_>> {
        let mut all = Vec::new();
        for passage in &self.abstract_passages {
            all.push(PassageRef {
                section: passage.heading.as_deref().unwrap_or("Abstract"),
                section_kind: SectionKind::Abstract,
                kind: passage.kind,
                text: &passage.text,
            });
        }
        for section in &self.sections {
            section.collect(&mut all);
        }
        for table in &self.tables {
            all.push(PassageRef {
                section: &table.label,
                section_kind: table.section_kind,
                kind: PassageKind::Table,
                text: &table.text,
            });
        }
        for figure in &self.figures {
            all.push(PassageRef {
                section: &figure.label,
                section_kind: figure.section_kind,
                kind: PassageKind::Figure,
                text: &figure.text,
            });
        }
        all
    }
}

/// A passage with the section it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassageRef<'a> {
    pub section: &'a str,
    pub section_kind: SectionKind,
    pub kind: PassageKind,
    pub text: &'a str,
}

/// How much of a version's text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentLevel {
    Metadata,
    Abstract,
    FullText,
}

impl ContentLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            ContentLevel::Metadata => "metadata",
            ContentLevel::Abstract => "abstract",
            ContentLevel::FullText => "full_text",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [ContentLevel::Metadata, ContentLevel::Abstract, ContentLevel::FullText]
            .into_iter()
            .find(|l| l.as_str() == name)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    pub kind: SectionKind,
    pub passages: Vec<Passage>,
    pub sections: Vec<Section>,
}

impl Section {
    fn has_text(&self) -> bool {
        !self.passages.is_empty() || self.sections.iter().any(Section::has_text)
    }

    fn collect<'a>(&'a self, all: &mut Vec<PassageRef<'a>>) {
        for passage in &self.passages {
            all.push(PassageRef {
                section: passage.heading.as_deref().unwrap_or(&self.title),
                section_kind: self.kind,
                kind: passage.kind,
                text: &passage.text,
            });
        }
        for section in &self.sections {
            section.collect(all);
        }
    }
}

/// A block of reading text: one paragraph, list or quotation. White space is single spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    pub text: String,
    #[serde(default)]
    pub kind: PassageKind,
    /// A label of its own inside the section, such as `RESULTS` in a structured abstract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Ids of the references cited, in order (`B12`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    #[default]
    Paragraph,
    List,
    Quote,
    Box,
    Table,
    Figure,
}

impl PassageKind {
    pub fn as_str(self) -> &'static str {
        match self {
            PassageKind::Paragraph => "paragraph",
            PassageKind::List => "list",
            PassageKind::Quote => "quote",
            PassageKind::Box => "box",
            PassageKind::Table => "table",
            PassageKind::Figure => "figure",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        use PassageKind::{Box, Figure, List, Paragraph, Quote, Table};
        [Paragraph, List, Quote, Box, Table, Figure].into_iter().find(|k| k.as_str() == name)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Abstract,
    Introduction,
    Methods,
    Results,
    Discussion,
    Conclusions,
    Case,
    Supplementary,
    DataAvailability,
    #[default]
    Other,
}

impl SectionKind {
    pub const ALL: [SectionKind; 10] = [
        SectionKind::Abstract,
        SectionKind::Introduction,
        SectionKind::Methods,
        SectionKind::Results,
        SectionKind::Discussion,
        SectionKind::Conclusions,
        SectionKind::Case,
        SectionKind::Supplementary,
        SectionKind::DataAvailability,
        SectionKind::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SectionKind::Abstract => "abstract",
            SectionKind::Introduction => "introduction",
            SectionKind::Methods => "methods",
            SectionKind::Results => "results",
            SectionKind::Discussion => "discussion",
            SectionKind::Conclusions => "conclusions",
            SectionKind::Case => "case",
            SectionKind::Supplementary => "supplementary",
            SectionKind::DataAvailability => "data_availability",
            SectionKind::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        SectionKind::ALL.into_iter().find(|k| k.as_str() == name)
    }
}

/// A table as text: label, caption, one line a row with ` | ` between cells, then the notes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub label: String,
    pub caption: String,
    pub rows: Vec<Vec<String>>,
    pub notes: Vec<String>,
    /// The passage text, fixed once stored.
    pub text: String,
    pub section_kind: SectionKind,
    /// "Reproduced with permission": outside the article's licence, never quoted.
    #[serde(default)]
    pub third_party: bool,
}

/// Which cells of a table a span of its text covers, all from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CellRange {
    pub first_row: usize,
    pub last_row: usize,
    pub first_column: usize,
    pub last_column: usize,
}

/// The cells that bytes `start..end` of a table's text cover; `None` outside its rows (in the caption or the notes). Columns are of the
/// whole row when the span covers several.
pub fn cells(text: &str, start: usize, end: usize) -> Option<CellRange> {
    let mut found: Option<CellRange> = None;
    for (number, row) in (1..).zip(rows(text)) {
        if row.end <= start || end <= row.start {
            continue;
        }
        let columns_before =
            |at: usize| 1 + text.get(row.start..at.clamp(row.start, row.end)).unwrap_or_default().matches('|').count();
        // A span that ends on a bar does not reach the cell behind it.
        let inside = text.get(row.start..end.min(row.end)).unwrap_or_default().trim_end_matches([' ', '|']).len();
        let (first, last) = (columns_before(start), columns_before(row.start + inside));
        found = Some(match found {
            None => CellRange { first_row: number, last_row: number, first_column: first, last_column: last },
            Some(range) => {
                let width = columns_before(row.end).max(range.last_column);
                CellRange { last_row: number, first_column: 1, last_column: width, ..range }
            }
        });
    }
    found
}

/// The span of the first row of a table's text.
pub fn header_row(text: &str) -> Option<Range<usize>> {
    rows(text).next()
}

/// The spans of the lines that are rows: those with bars.
fn rows(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split('\n').filter_map(move |line| {
        let span = at..at + line.len();
        at = span.end + 1;
        line.contains('|').then_some(span)
    })
}

/// A figure's label and caption; the image stays a reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub label: String,
    pub caption: String,
    /// The passage text, fixed once stored.
    pub text: String,
    pub graphics: Vec<String>,
    pub section_kind: SectionKind,
    #[serde(default)]
    pub third_party: bool,
}

/// A tie to another work, as the record states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    pub relation: Relation,
    #[serde(flatten)]
    pub ids: Ids,
    /// The source's own word: `retraction-forward`, `RetractionIn`, `published`, …
    pub received: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What this work is to the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// This preprint was published as that article.
    PublishedAs,
    /// This article was a preprint there.
    PreprintOf,
    /// This work is retracted by that notice.
    RetractedBy,
    /// This notice retracts that work.
    Retracts,
    CorrectedBy,
    Corrects,
    ConcernRaisedBy,
    RaisesConcernAbout,
    CommentsOn,
    CommentedBy,
    Updates,
    UpdatedBy,
    Other,
}

impl Relation {
    pub const ALL: [Relation; 13] = [
        Relation::PublishedAs,
        Relation::PreprintOf,
        Relation::RetractedBy,
        Relation::Retracts,
        Relation::CorrectedBy,
        Relation::Corrects,
        Relation::ConcernRaisedBy,
        Relation::RaisesConcernAbout,
        Relation::CommentsOn,
        Relation::CommentedBy,
        Relation::Updates,
        Relation::UpdatedBy,
        Relation::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Relation::PublishedAs => "published_as",
            Relation::PreprintOf => "preprint_of",
            Relation::RetractedBy => "retracted_by",
            Relation::Retracts => "retracts",
            Relation::CorrectedBy => "corrected_by",
            Relation::Corrects => "corrects",
            Relation::ConcernRaisedBy => "concern_raised_by",
            Relation::RaisesConcernAbout => "raises_concern_about",
            Relation::CommentsOn => "comments_on",
            Relation::CommentedBy => "commented_by",
            Relation::Updates => "updates",
            Relation::UpdatedBy => "updated_by",
            Relation::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Relation::ALL.into_iter().find(|r| r.as_str() == name)
    }
}

/// Something a parser met and could not take whole; parsing went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseIssue {
    /// A stable snake_case word: `truncated`, `unknown_entity`, `formula_dropped`, `date_not_understood`, …
    pub kind: String,
    pub detail: String,
    /// How often this kind occurred; the detail is the first one's.
    pub count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_a_table_is_a_range_of_cells() {
        let text = "Table 1. Newts.\nGroup | Legs | Tail\nDwarf | 4 | 12.5\nCave | | 9\nNo legs were lost.";
        let of = |quote: &str| {
            let start = text.find(quote).unwrap();
            let range = cells(text, start, start + quote.len())?;
            Some((range.first_row, range.last_row, range.first_column, range.last_column))
        };
        assert_eq!(of("Dwarf | 4 | 12.5"), Some((2, 2, 1, 3)));
        assert_eq!(of("4 |"), Some((2, 2, 2, 2)));
        assert_eq!(of("12.5"), Some((2, 2, 3, 3)));
        assert_eq!(of("12.5\nCave"), Some((2, 3, 1, 3)));
        assert_eq!(of("Newts"), None);
        assert_eq!(of("No legs"), None);
        assert_eq!(header_row(text).map(|span| &text[span]), Some("Group | Legs | Tail"));
        assert_eq!(header_row("No rows."), None);
    }
}
