//! PubMed through the E-utilities: ESearch for the ids of a day, EFetch for the records not held yet.
//!
//! A day's ids are listed whole and compared with the store before anything is fetched, so that re-reading the overlap
//! costs one request a day. What a record says is [`crate::document`]'s to read.

pub mod wire;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Batch, Error, Known, Listing, Source, Tally, Window, WindowKind, base_url, join};
use crate::document::{self, Limits};
use crate::fetch::politeness::is_loopback;
use crate::fetch::{BadBody, Client, Request, Secret};
use crate::model::delivery::{Delivery, SourceName};
use crate::model::id::Pmid;
use wire::{FetchReply, History, SEARCH_LIMIT, Search, SearchReply};

const NAME: SourceName = SourceName::Pubmed;
/// How often a search that the server forgot is made again.
const MAX_SEARCHES: u32 = 4;
/// How often a listed record is asked for before it counts as missing.
const MAX_ASKED: u32 = 3;
/// Narrows a day with more changes than ESearch lists to those that change a work's standing.
const STANDING: &str = "(retracted publication[pt] OR retraction of publication[pt] OR expression of concern[pt] OR published erratum[pt])";

/// PubMed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the schedule polls it. Default: true.
    pub enabled: bool,
    /// The E-utilities. Default: `https://eutils.ncbi.nlm.nih.gov/entrez/eutils`.
    pub base_url: String,
    /// When it is polled, as a crontab line in UTC. Default: every three hours.
    pub schedule: String,
    /// Least time between two requests, in milliseconds. Default: 350, with a key 110.
    pub spacing_ms: Option<u64>,
    /// For how many days after a day its records are listed again. Default: 4.
    pub overlap_days: u64,
    /// The first day to read. Default: the overlap before the first poll.
    pub since: Option<NaiveDate>,
    /// What to follow, in PubMed's search language. Default: `all[sb]`, everything.
    pub query: String,
    /// Records a request, 1 to 500. Default: 200.
    pub batch_size: u64,
    /// Whether records already held are read again when PubMed changed them (corrections, retractions). Default: true.
    pub revised: bool,
    /// File that holds the API key. Default: none.
    pub api_key_file: Option<PathBuf>,
    /// Keep backfills of more than 100 requests to weekends and 21:00 to 05:00 US Eastern, as NCBI asks. Default: true.
    pub night_backfill: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            enabled: true,
            base_url: "https://eutils.ncbi.nlm.nih.gov/entrez/eutils".to_owned(),
            schedule: "41 */3 * * *".to_owned(),
            spacing_ms: None,
            overlap_days: 4,
            since: None,
            query: "all[sb]".to_owned(),
            batch_size: 200,
            revised: true,
            api_key_file: None,
            night_backfill: true,
        }
    }
}

impl Config {
    /// Whether a big backfill waits for NCBI's quiet hours: not on this machine, where nobody is disturbed.
    pub fn asks_for_nights(&self) -> bool {
        self.night_backfill && !Url::parse(&self.base_url).is_ok_and(|url| is_loopback(&url))
    }
}

/// PubMed behind its E-utilities.
pub struct Pubmed {
    base: Url,
    spacing: Duration,
    query: String,
    batch_size: usize,
    revised: bool,
    api_key: Option<Secret>,
    client: Arc<Client>,
}

impl Pubmed {
    /// Reads the API key, if one is configured.
    ///
    /// # Errors
    /// [`Error::Setting`] when the base address or the key file can not be used.
    pub fn new(config: &Config, client: Arc<Client>) -> Result<Self, Error> {
        let base = base_url(NAME, "base_url", &config.base_url)?;
        let api_key = config.api_key_file.as_deref().map(read_key).transpose()?;
        let spacing_ms = config.spacing_ms.unwrap_or(if api_key.is_some() { 110 } else { 350 });
        Ok(Pubmed {
            base,
            spacing: Duration::from_millis(spacing_ms),
            query: config.query.clone(),
            batch_size: usize::try_from(config.batch_size.clamp(1, 500)).unwrap_or(200),
            revised: config.revised,
            api_key,
            client,
        })
    }

    /// Who asks, on every request.
    fn introduce(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("db".to_owned(), "pubmed".to_owned()), ("tool".to_owned(), "aludel".to_owned())];
        if !self.client.contact().is_empty() {
            pairs.push(("email".to_owned(), self.client.contact().to_owned()));
        }
        pairs.extend(self.api_key.iter().map(|key| ("api_key".to_owned(), key.expose().to_owned())));
        pairs
    }

    /// `kind` decides whether a day means "entered PubMed" or "last revised".
    async fn search(&self, day: NaiveDate, kind: WindowKind, query: &str, page: Page) -> Result<Search, Error> {
        let mut url = join(NAME, &self.base, "esearch.fcgi")?;
        let date = day.format("%Y/%m/%d").to_string();
        let datetype = if kind == WindowKind::Revised { "mdat" } else { "edat" };
        url.query_pairs_mut().extend_pairs(self.introduce()).extend_pairs([
            ("term", query),
            ("retmode", "json"),
            ("datetype", datetype),
            ("mindate", &date),
            ("maxdate", &date),
        ]);
        let start = match page {
            Page::Ids { start } => {
                url.query_pairs_mut()
                    .append_pair("retstart", &start.to_string())
                    .append_pair("retmax", &SEARCH_LIMIT.to_string());
                Some(start)
            }
            Page::History => {
                url.query_pairs_mut().append_pair("retmax", "0").append_pair("usehistory", "y");
                None
            }
        };
        let request = Request::get(url).spaced(self.spacing);
        let reply = self.client.read(&request, |fetched| {
            let reply = wire::read_search(&fetched.body)?;
            if let SearchReply::Found(search) = &reply {
                // An outage in the middle looks like this: a count, and no ids.
                if start.is_some_and(|start| search.count > start) && search.pmids.is_empty() && search.unreadable == 0
                {
                    return Err(BadBody::again(format!("a count of {} without ids", search.count)));
                }
                if start.is_none() && search.history.is_none() {
                    return Err(BadBody::again("no history although it was asked for"));
                }
            }
            Ok(reply)
        });
        match reply.await? {
            SearchReply::Found(search) => Ok(search),
            SearchReply::Refused(status) => Err(Error::Refused { archive: NAME, status }),
        }
    }

    /// The reply, and the body it was read from.
    async fn fetch(&self, what: Vec<(String, String)>) -> Result<(FetchReply, Vec<u8>), Error> {
        let url = join(NAME, &self.base, "efetch.fcgi")?;
        let mut form = self.introduce();
        form.push(("retmode".to_owned(), "xml".to_owned()));
        form.extend(what);
        let request = Request::post(url, form).spaced(self.spacing);
        let answer = self.client.read(&request, |fetched| Ok((wire::read_fetch(&fetched.body)?, fetched.body.clone())));
        Ok(answer.await?)
    }

    fn deliveries(&self, body: &[u8]) -> Result<(Vec<Delivery>, Vec<Pmid>), Error> {
        let parsed = match document::parse(body, "efetch", &Limits::default()) {
            Ok(parsed) => parsed,
            // The set is whole and holds no article: nothing but books, or nothing at all.
            Err(document::Error::NotAnArticle { .. }) => return Ok((Vec::new(), Vec::new())),
            Err(error) => return Err(Error::Records { archive: NAME, reason: error.to_string() }),
        };
        for reason in &parsed.unread {
            tracing::warn!(source = %NAME, reason, "a record could not be read");
        }
        let deliveries = parsed.records.into_iter().map(|(document, issues)| {
            let id = document.ids.pmid.map(|pmid| pmid.to_string()).unwrap_or_default();
            let origin = format!("{}efetch.fcgi?db=pubmed&id={id}", self.base);
            Delivery { source: NAME, origin, document, issues, full_text_url: None }
        });
        Ok((deliveries.collect(), parsed.deleted))
    }
}

enum Page {
    Ids { start: u64 },
    History,
}

fn read_key(path: &Path) -> Result<Secret, Error> {
    Secret::read(path).map_err(|reason| Error::Setting { archive: NAME, setting: "api_key_file", reason })
}

impl Source for Pubmed {
    fn name(&self) -> SourceName {
        NAME
    }

    fn lists(&self, kind: WindowKind) -> bool {
        kind == WindowKind::Posted || (kind == WindowKind::Revised && self.revised)
    }

    fn list<'a>(&'a self, window: Window, known: Known<'a>) -> Box<dyn Listing + 'a> {
        Box::new(Day { archive: self, window, known, stage: Stage::Search, tally: Tally::default() })
    }
}

/// A day being read.
struct Day<'a> {
    archive: &'a Pubmed,
    window: Window,
    known: Known<'a>,
    stage: Stage,
    tally: Tally,
}

enum Stage {
    Search,
    /// Ids still to be fetched, in batches; what a batch came back without is asked for again.
    Ids(VecDeque<Wanted>),
    /// Paging through a search that is too long to be listed.
    History {
        history: History,
        count: u64,
        start: u64,
        searches: u32,
    },
    Done,
}

struct Wanted {
    pmids: Vec<Pmid>,
    asked: u32,
}

impl Day<'_> {
    async fn batch(&mut self) -> Result<Batch, Error> {
        let day = match self.window {
            Window::Posted(day) | Window::Revised(day) => day,
            Window::Published(..) => return Err(Error::NotListed { archive: NAME, window: self.window }),
        };
        let kind = self.window.kind();
        if matches!(self.stage, Stage::Search) {
            self.stage = self.search(day, kind).await?;
        }
        match std::mem::replace(&mut self.stage, Stage::Search) {
            Stage::Search => Err(Error::NotListed { archive: NAME, window: self.window }),
            Stage::Done => {
                self.stage = Stage::Done;
                Ok(Batch { last: true, ..Batch::default() })
            }
            Stage::Ids(mut queue) => {
                let result = self.fetch_ids(&mut queue).await;
                let finished = queue.is_empty();
                self.stage = if finished { Stage::Done } else { Stage::Ids(queue) };
                result.map(|batch| Batch { last: finished, ..batch })
            }
            Stage::History { history, count, start, searches } => {
                let (stage, batch) = self.page_history(day, kind, history, count, start, searches).await?;
                self.stage = stage;
                Ok(batch)
            }
        }
    }

    /// Lists the ids of the day, or finds that there are too many to list.
    async fn search(&mut self, day: NaiveDate, kind: WindowKind) -> Result<Stage, Error> {
        let mut query = self.archive.query.clone();
        let mut first = self.archive.search(day, kind, &query, Page::Ids { start: 0 }).await?;
        if first.count > SEARCH_LIMIT && kind == WindowKind::Revised {
            query = format!("({query}) AND {STANDING}");
            tracing::info!(%day, count = first.count, "too many changed records to list; reading those that change a work's standing");
            first = self.archive.search(day, kind, &query, Page::Ids { start: 0 }).await?;
        }
        self.tally = Tally { announced: Some(first.count), unreadable: first.unreadable, ..Tally::default() };
        if first.count > SEARCH_LIMIT {
            let search = self.archive.search(day, kind, &query, Page::History).await?;
            let Some(history) = search.history else { return Ok(Stage::Done) };
            self.tally.announced = Some(search.count);
            return Ok(Stage::History { history, count: search.count, start: 0, searches: 1 });
        }
        let mut pmids: BTreeSet<Pmid> = first.pmids.iter().copied().collect();
        let mut start = (first.pmids.len() as u64) + first.unreadable;
        // Fewer ids than asked for is no end: page on by what came.
        while start < first.count {
            let more = self.archive.search(day, kind, &query, Page::Ids { start }).await?;
            let came = more.pmids.len() as u64 + more.unreadable;
            if came == 0 {
                break;
            }
            start += came;
            self.tally.unreadable += more.unreadable;
            pmids.extend(more.pmids);
        }
        self.tally.received = pmids.len() as u64 + self.tally.unreadable;
        let pmids: Vec<Pmid> = pmids.into_iter().collect();
        let held = (self.known)(&pmids).map_err(Error::Known)?;
        let wanted = |pmid: &Pmid| held.contains(pmid) == (kind == WindowKind::Revised);
        let pmids: Vec<Pmid> = pmids.into_iter().filter(wanted).collect();
        let batches = pmids.chunks(self.archive.batch_size);
        let queue: VecDeque<Wanted> = batches.map(|ids| Wanted { pmids: ids.to_vec(), asked: 0 }).collect();
        Ok(if queue.is_empty() { Stage::Done } else { Stage::Ids(queue) })
    }

    async fn fetch_ids(&mut self, queue: &mut VecDeque<Wanted>) -> Result<Batch, Error> {
        let Some(wanted) = queue.front() else { return Ok(Batch::default()) };
        let list = wanted.pmids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let (reply, body) = self.archive.fetch(vec![("id".to_owned(), list)]).await?;
        // From here on the front is answered; before, a failure leaves it to be asked again.
        let Some(wanted) = queue.pop_front() else { return Ok(Batch::default()) };
        match reply {
            FetchReply::Set(returned) => {
                let (deliveries, deleted) = self.archive.deliveries(&body)?;
                let returned: BTreeSet<Pmid> = returned.into_iter().chain(deleted.iter().copied()).collect();
                let missing: Vec<Pmid> = wanted.pmids.into_iter().filter(|pmid| !returned.contains(pmid)).collect();
                if wanted.asked + 1 >= MAX_ASKED {
                    self.tally.missing.extend(missing);
                } else if !missing.is_empty() {
                    queue.push_back(Wanted { pmids: missing, asked: wanted.asked + 1 });
                }
                Ok(Batch { deliveries, deleted, ..Batch::default() })
            }
            // One id can spoil a whole request: halve it until that one stands alone.
            FetchReply::Refused(_) | FetchReply::Expired if wanted.pmids.len() > 1 => {
                let (front, back) = wanted.pmids.split_at(wanted.pmids.len() / 2);
                for half in [back, front] {
                    queue.push_front(Wanted { pmids: half.to_vec(), asked: wanted.asked });
                }
                Ok(Batch::default())
            }
            FetchReply::Refused(_) | FetchReply::Expired => {
                self.tally.missing.extend(wanted.pmids);
                Ok(Batch::default())
            }
        }
    }

    async fn page_history(
        &mut self,
        day: NaiveDate,
        kind: WindowKind,
        history: History,
        count: u64,
        start: u64,
        searches: u32,
    ) -> Result<(Stage, Batch), Error> {
        let size = self.archive.batch_size as u64;
        let what = [
            ("WebEnv", history.web_env.clone()),
            ("query_key", history.query_key.clone()),
            ("retstart", start.to_string()),
            ("retmax", size.to_string()),
        ];
        let (reply, body) = self.archive.fetch(what.map(|(name, value)| (name.to_owned(), value)).into()).await?;
        match reply {
            FetchReply::Set(returned) => {
                let (deliveries, deleted) = self.archive.deliveries(&body)?;
                self.tally.received += returned.len() as u64;
                let start = start + size;
                let last = start >= count;
                let stage = if last { Stage::Done } else { Stage::History { history, count, start, searches } };
                Ok((stage, Batch { deliveries, deleted, last, ..Batch::default() }))
            }
            FetchReply::Expired if searches < MAX_SEARCHES => {
                let search = self.archive.search(day, kind, &self.archive.query, Page::History).await?;
                let history = search.history.unwrap_or(history);
                Ok((Stage::History { history, count: search.count, start, searches: searches + 1 }, Batch::default()))
            }
            FetchReply::Expired => {
                Err(Error::Refused { archive: NAME, status: "the search is forgotten again and again".to_owned() })
            }
            FetchReply::Refused(status) => Err(Error::Refused { archive: NAME, status }),
        }
    }
}

impl Listing for Day<'_> {
    fn next(&mut self) -> BoxFuture<'_, Result<Batch, Error>> {
        self.batch().boxed()
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
