//! A window of days in, the article versions an archive posted in it out, batch by batch. Owns each archive's wire shapes
//! and traps.
//!
//! What is deliberately not here: the store. A [`Listing`] hands over one [`Batch`] at a time; whoever stores it moves the
//! checkpoint of the window together with the batch that is marked as the last.

pub mod biorxiv;
pub mod plan;
pub mod pubmed;
pub mod rss;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::fetch;
use crate::model::delivery::{Delivery, SourceName};
use crate::model::document::Relation;
use crate::model::id::{Ids, Pmid};

/// The archives, each with its own part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub biorxiv: biorxiv::Config,
    pub medrxiv: biorxiv::Config,
    pub pubmed: pubmed::Config,
}

/// One archive that can be read window by window.
pub trait Source: Send + Sync {
    fn name(&self) -> SourceName;

    /// Whether the archive knows this kind of window.
    fn lists(&self, kind: WindowKind) -> bool;

    /// Starts to read `window`. Nothing is asked of the archive before the first [`Listing::next`].
    fn list<'a>(&'a self, window: Window, known: Known<'a>) -> Box<dyn Listing + 'a>;
}

/// A window being read.
pub trait Listing: Send {
    /// The next batch, small enough for one transaction. The one marked `last` may be empty; nothing follows it.
    ///
    /// # Errors
    /// Why the archive could not be read on. What was handed over before stays true; the window is to be read again.
    fn next(&mut self) -> BoxFuture<'_, Result<Batch, Error>>;

    /// What was received so far, beside what the archive announced.
    fn tally(&self) -> &Tally;
}

/// Which of these records the store holds already. Asked before records are fetched one by one.
pub type Known<'a> = &'a (dyn Fn(&[Pmid]) -> Result<BTreeSet<Pmid>, KnownError> + Send + Sync);

/// Why the store could not say what it holds.
pub type KnownError = Box<dyn std::error::Error + Send + Sync>;

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// Everything first posted on a day, in the archive's own time zone.
    Posted(NaiveDate),
    /// Records changed on a day: corrections, retractions.
    Revised(NaiveDate),
    /// Ties from preprints to journal articles made in these days, both included.
    Published(NaiveDate, NaiveDate),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowKind {
    Posted,
    Revised,
    Published,
}

impl WindowKind {
    pub fn as_str(self) -> &'static str {
        match self {
            WindowKind::Posted => "posted",
            WindowKind::Revised => "revised",
            WindowKind::Published => "published",
        }
    }
}

impl Window {
    pub fn kind(self) -> WindowKind {
        match self {
            Window::Posted(_) => WindowKind::Posted,
            Window::Revised(_) => WindowKind::Revised,
            Window::Published(..) => WindowKind::Published,
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Window::Posted(day) | Window::Revised(day) => write!(f, "{} {day}", self.kind().as_str()),
            Window::Published(from, to) => write!(f, "{} {from}..{to}", self.kind().as_str()),
        }
    }
}

/// What one answer of an archive held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub deliveries: Vec<Delivery>,
    /// Records that the archive took back.
    pub deleted: Vec<Pmid>,
    pub links: Vec<Link>,
    /// Nothing follows: the window is read to its end.
    pub last: bool,
}

/// A tie between two works that an archive states apart from either's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub from: Ids,
    pub relation: Relation,
    pub to: Ids,
    /// The day the tie took effect, such as the journal's publication date.
    pub date: Option<NaiveDate>,
}

/// What a listing received beside what the archive announced. A gap is reported, never chased: archives miscount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows or records received, also those that could not be read.
    pub received: u64,
    /// What the archive said there would be.
    pub announced: Option<u64>,
    /// Received, but without the fields that make a record.
    pub unreadable: u64,
    /// Listed by the archive, asked for by id, and not given.
    pub missing: Vec<Pmid>,
    /// The archive's answer does not settle what the window holds; it is to be read again another time.
    pub doubtful: bool,
}

impl Tally {
    /// Announced and not received; negative when more came than announced.
    pub fn gap(&self) -> i64 {
        let announced = self.announced.unwrap_or(self.received);
        i64::try_from(announced).unwrap_or(i64::MAX).saturating_sub(i64::try_from(self.received).unwrap_or(i64::MAX))
    }
}

/// Why an archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    #[error("{archive} refused the question: {status}")]
    Refused { archive: SourceName, status: String },
    #[error("{archive} gave the same rows again at row {cursor} of {window}: it ignores the cursor")]
    Repeats { archive: SourceName, window: Window, cursor: u64 },
    #[error("{archive} gave no end to {window} after {answers} answers")]
    Endless { archive: SourceName, window: Window, answers: u64 },
    #[error("{archive} can not list {window}")]
    NotListed { archive: SourceName, window: Window },
    #[error("the records that {archive} gave can not be read: {reason}")]
    Records { archive: SourceName, reason: String },
    #[error("{setting} of {archive} is not usable: {reason}")]
    Setting { archive: SourceName, setting: &'static str, reason: String },
    #[error("asking the store what it holds")]
    Known(#[source] KnownError),
}

/// A pause before an archive that contradicts itself is asked again.
const CONTRADICTION_PAUSE: Duration = Duration::from_secs(600);

impl Error {
    /// Whether reading the window again can help, and when.
    pub fn retry(&self) -> fetch::Retry {
        match self {
            Error::Fetch(error) => error.retry(),
            Error::Repeats { .. } | Error::Endless { .. } | Error::Records { .. } => {
                fetch::Retry::After(CONTRADICTION_PAUSE)
            }
            Error::Known(_) => fetch::Retry::Backoff,
            Error::Refused { .. } | Error::NotListed { .. } | Error::Setting { .. } => fetch::Retry::Never,
        }
    }
}

/// The source called `name`, asking through `client`; `None` for the inbox, which is no archive.
///
/// # Errors
/// [`Error::Setting`] when its configuration can not be used.
pub fn open(name: SourceName, config: &Config, client: Arc<fetch::Client>) -> Result<Option<Box<dyn Source>>, Error> {
    Ok(match name {
        SourceName::Biorxiv => Some(Box::new(biorxiv::Biorxiv::new(name, &config.biorxiv, client)?)),
        SourceName::Medrxiv => Some(Box::new(biorxiv::Biorxiv::new(name, &config.medrxiv, client)?)),
        SourceName::Pubmed => Some(Box::new(pubmed::Pubmed::new(&config.pubmed, client)?)),
        SourceName::Inbox => None,
    })
}

/// The archives' day at `now`: both the preprint servers and PubMed date by US Eastern time.
pub fn archive_day(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&chrono_tz::America::New_York).date_naive()
}

/// A base address from the configuration, with a path that ends in a slash, so that relative paths can be joined to it.
fn base_url(archive: SourceName, setting: &'static str, text: &str) -> Result<url::Url, Error> {
    let with_slash = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
    url::Url::parse(&with_slash)
        .map_err(|error| error.to_string())
        .and_then(|url| if url.has_host() { Ok(url) } else { Err("it names no host".to_owned()) })
        .map_err(|reason| Error::Setting { archive, setting, reason: format!("{text:?}: {reason}") })
}

/// `base` with a relative path and query. Only called with paths made here, which hold no scheme.
fn join(archive: SourceName, base: &url::Url, path: &str) -> Result<url::Url, Error> {
    base.join(path).map_err(|error| Error::Setting { archive, setting: "base_url", reason: error.to_string() })
}
