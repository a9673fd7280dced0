//! Bytes in, [`Document`]s and [`ParseIssue`]s out: JATS and PubMed XML, bounded in size, depth and number of elements.
//!
//! A half-broken paper is a result with issues as long as a title or an identifier was understood. What is no article
//! at all is [`Error::NotAnArticle`] with its [`Kind`] named. Inflating and archives live in [`container`].
//!
//! ```
//! use aludel::document::{Limits, parse};
//! let xml = br#"<article><front><article-meta><title-group><article-title>Yeast clocks</article-title></title-group>
//! </article-meta></front><body><p>Clocks tick <xref ref-type="bibr" rid="b1">[1]</xref>.</p></body></article>"#;
//! let parsed = parse(xml, "clocks.xml", &Limits::default())?;
//! let (document, issues) = &parsed.records[0];
//! assert_eq!(document.passages()[0].text, "Clocks tick.");
//! assert!(issues.is_empty());
//! # Ok::<(), aludel::document::Error>(())
//! ```

mod citation;
mod decode;
mod entity;
mod inline;
mod issue;
mod jats;
mod kind;
mod math;
mod notice;
mod pubmed;
mod section;
mod xml;

pub mod container;

use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::model::document::{Document, ParseIssue};
use crate::model::id::Pmid;

pub use kind::{Kind, sniff};

/// What one parse may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest article or article set held in memory, in bytes (64 MiB).
    pub document_bytes: usize,
    /// Largest single record of a PubMed set, in bytes (8 MiB).
    pub record_bytes: usize,
    /// Deepest nesting of elements (200).
    pub depth: usize,
    /// Most elements in one article (4 million).
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { document_bytes: 64 << 20, record_bytes: 8 << 20, depth: 200, elements: 4_000_000 }
    }
}

/// Everything read from one piece of data.
#[derive(Debug)]
pub struct Parsed {
    pub kind: Kind,
    pub records: Vec<(Document, Vec<ParseIssue>)>,
    /// PMIDs that a PubMed set declares deleted.
    pub deleted: Vec<Pmid>,
    /// Book records: recognised and passed over.
    pub books: usize,
    /// Records of a set that could not be read, each with its reason.
    pub unread: Vec<String>,
}

/// One thing a stream gave.
#[derive(Debug)]
pub enum Record {
    Article(Box<Document>, Vec<ParseIssue>),
    Deleted(Pmid),
    Book,
    /// A record that could not be read, and why; reading went on behind it.
    Unread(String),
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name}: {kind}, not an article{}", detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    NotAnArticle { name: String, kind: Kind, detail: Option<String> },
    #[error("{name}: broken at byte {at} ({reason}) before a title or identifier was read")]
    Malformed { name: String, at: usize, reason: String },
    #[error("{name}: larger than {limit} bytes, the limit for one document")]
    TooLarge { name: String, limit: usize },
    #[error("{name}: reading failed: {source}")]
    Io { name: String, source: std::io::Error },
}

/// Reads all of `bytes`; `name` is only for messages.
///
/// # Errors
/// When no article can be read: another kind of data, too large, or broken before anything was understood.
pub fn parse(bytes: &[u8], name: &str, limits: &Limits) -> Result<Parsed, Error> {
    let mut parsed =
        Parsed { kind: Kind::Empty, records: Vec::new(), deleted: Vec::new(), books: 0, unread: Vec::new() };
    let kind = read(bytes, name, limits, &mut |record| {
        match record {
            Record::Article(document, issues) => parsed.records.push((*document, issues)),
            Record::Deleted(pmid) => parsed.deleted.push(pmid),
            Record::Book => parsed.books += 1,
            Record::Unread(reason) => parsed.unread.push(reason),
        }
        ControlFlow::Continue(())
    })?;
    parsed.kind = kind;
    Ok(parsed)
}

/// Reads a stream and hands out records as they come, without holding a PubMed set in memory. Returns its kind.
///
/// Stops early, without an error, when `each` breaks.
///
/// # Errors
/// As [`parse`]; records handed out before the error stand.
pub fn read(
    mut reader: impl BufRead,
    name: &str,
    limits: &Limits,
    each: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<Kind, Error> {
    let io = |source| Error::Io { name: name.to_owned(), source };
    let mut head = Vec::new();
    reader.by_ref().take(kind::SNIFF_BYTES as u64).read_to_end(&mut head).map_err(io)?;
    let kind = sniff(&head);
    if !kind.holds_articles() {
        return Err(Error::NotAnArticle { name: name.to_owned(), kind, detail: None });
    }
    let is_pubmed = matches!(kind, Kind::PubmedSet | Kind::MedlineSet);
    if is_pubmed && decode::is_utf8_like(&head) {
        pubmed::read(head, reader, name, limits, each)?;
        return Ok(kind);
    }
    let mut bytes = head;
    let limit = limits.document_bytes;
    reader.take((limit + 1).saturating_sub(bytes.len()) as u64).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() > limit {
        return Err(Error::TooLarge { name: name.to_owned(), limit });
    }
    let mut issues = issue::Issues::default();
    let text = decode::decode(&bytes, &mut issues);
    if is_pubmed {
        pubmed::read(text.into_owned().into_bytes(), std::io::empty(), name, limits, each)?;
        return Ok(kind);
    }
    let articles = jats::parse(&text, limits, issues);
    let (mut understood, mut told) = (0usize, false);
    for (document, issues) in articles.found {
        if document.title.is_empty() && document.ids.key().is_none() {
            continue;
        }
        understood += 1;
        told = issues.iter().any(|issue| matches!(issue.kind.as_str(), "truncated" | "malformed"));
        if each(Record::Article(Box::new(document), issues)).is_break() {
            return Ok(kind);
        }
    }
    match (understood, articles.stop) {
        (0, Some(stop)) => Err(Error::Malformed { name: name.to_owned(), at: stop.at, reason: stop.reason.to_owned() }),
        (0, None) => {
            let detail = articles.refusal.unwrap_or_else(|| "it holds no article with a title or identifier".into());
            Err(Error::NotAnArticle { name: name.to_owned(), kind, detail: Some(detail) })
        }
        // The damage lies behind the last article that was understood.
        (_, Some(stop)) if !told => {
            let _ = each(Record::Unread(format!("reading stopped at byte {}: {}", stop.at, stop.reason)));
            Ok(kind)
        }
        _ => Ok(kind),
    }
}
