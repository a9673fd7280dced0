//! What a source or the inbox hands over: one version of one work, with where it came from.

use serde::{Deserialize, Serialize};

use super::document::{Document, ParseIssue};

/// The archives and doors an article comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceName {
    Biorxiv,
    Medrxiv,
    Pubmed,
    /// The inbox folder and `aludel ingest`.
    Inbox,
}

impl SourceName {
    pub const ALL: [SourceName; 4] = [SourceName::Biorxiv, SourceName::Medrxiv, SourceName::Pubmed, SourceName::Inbox];

    pub fn as_str(self) -> &'static str {
        match self {
            SourceName::Biorxiv => "biorxiv",
            SourceName::Medrxiv => "medrxiv",
            SourceName::Pubmed => "pubmed",
            SourceName::Inbox => "inbox",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        SourceName::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

impl std::fmt::Display for SourceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One version of one work as delivered. Delivering the same thing twice changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub source: SourceName,
    /// Where the bytes came from: a URL without secrets, or a path.
    pub origin: String,
    pub document: Document,
    pub issues: Vec<ParseIssue>,
    /// Where the source says the full text is; fetched only when its source's config asks for it.
    pub full_text_url: Option<String>,
}
