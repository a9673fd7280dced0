//! bioRxiv and medRxiv: day windows of `details` and windows of `pubs`, page by page of rows received.
//!
//! Full text is not part of a listing: it is fetched apart, slowly, for those who ask for it. The feeds are a hint that
//! something was posted, read by [`crate::source::rss`]; they are never the record.

pub mod abstract_text;
pub mod full_text;
pub mod record;
pub mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::{Batch, Error, Known, Listing, Source, Tally, Window, WindowKind, base_url, join};
use crate::fetch::{BadBody, Client, Request};
use crate::model::delivery::SourceName;
use wire::Reply;

/// More answers than any window needs: at 30 rows each, a hundred times the busiest day.
const MAX_ANSWERS: u64 = 3000;
/// 100 rows of the longest abstracts seen are under 4 MB.
const MAX_PAGE_BYTES: u64 = 32 << 20;

/// One preprint server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the schedule polls it. Default: true.
    pub enabled: bool,
    /// The API. Default: `https://api.biorxiv.org`, `https://api.medrxiv.org`.
    pub base_url: Option<String>,
    /// When it is polled, as a crontab line in UTC. Default: every two hours.
    pub schedule: String,
    /// Least time between two requests, in milliseconds. Default: 1000.
    pub spacing_ms: u64,
    /// For how many days after a day its rows are read again. Default: 4.
    pub overlap_days: u64,
    /// The first day to read. Default: the overlap before the first poll.
    pub since: Option<NaiveDate>,
    /// How far back ties to journal articles are read, once a day, in days; 0 reads none. Default: 30.
    pub links_days: u64,
    /// Categories to keep, as the archive spells them. Default: all.
    pub categories: Vec<String>,
    /// Whether full text is fetched, one article at a time. Default: false.
    pub full_text: bool,
    /// Least time between two full texts, in milliseconds. Default: 7000, the hosts' own wish.
    pub full_text_spacing_ms: u64,
    /// Host that serves full text. Default: `https://www.biorxiv.org`, `https://www.medrxiv.org`.
    pub full_text_url: Option<String>,
    /// The feed that hints at new postings. Default: the server's feed of all subjects.
    pub feed_url: Option<String>,
    /// Least time between two looks at the feed, in minutes; 0 never looks. Default: 30.
    pub feed_minutes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            enabled: true,
            base_url: None,
            schedule: "17 */2 * * *".to_owned(),
            spacing_ms: 1000,
            overlap_days: 4,
            since: None,
            links_days: 30,
            categories: Vec::new(),
            full_text: false,
            full_text_spacing_ms: 7000,
            full_text_url: None,
            feed_url: None,
            feed_minutes: 30,
        }
    }
}

/// A preprint server behind its API.
#[derive(Debug)]
pub struct Biorxiv {
    name: SourceName,
    base: Url,
    spacing: Duration,
    categories: Vec<String>,
    client: Arc<Client>,
}

impl Biorxiv {
    /// `name`: [`SourceName::Biorxiv`] or [`SourceName::Medrxiv`].
    ///
    /// # Errors
    /// [`Error::Setting`] when the base address can not be used.
    pub fn new(name: SourceName, config: &Config, client: Arc<Client>) -> Result<Self, Error> {
        let default = format!("https://api.{name}.org");
        let base = base_url(name, "base_url", config.base_url.as_deref().unwrap_or(&default))?;
        let categories = config.categories.iter().map(|category| fold_category(category)).collect();
        Ok(Biorxiv { name, base, spacing: Duration::from_millis(config.spacing_ms), categories, client })
    }

    async fn ask(
        &self,
        endpoint: &str,
        interval: (NaiveDate, NaiveDate),
        cursor: u64,
    ) -> Result<(Reply, String), Error> {
        let (from, to) = interval;
        let name = self.name;
        let format = if endpoint == "details" { "/json" } else { "" };
        let mut url = join(name, &self.base, &format!("{endpoint}/{name}/{from}/{to}/{cursor}{format}"))?;
        // One category can be asked for; with more of them the rows are sifted here.
        if let ("details", [category]) = (endpoint, self.categories.as_slice()) {
            url.query_pairs_mut().append_pair("category", &category.replace(' ', "_"));
        }
        let mut request = Request::get(url).spaced(self.spacing);
        request.max_body_bytes = Some(MAX_PAGE_BYTES);
        let single = from == to;
        let answer = self.client.read(&request, |fetched| match wire::read(&fetched.body, interval)? {
            // A wide interval is split by the caller; a single day can only be asked for again.
            Reply::NoBytes if single => Err(BadBody::again("an empty body for a single day")),
            reply => Ok((reply, fetched.url.clone())),
        });
        Ok(answer.await?)
    }

    /// Whether a row is one of the configured categories. The server ignores names it does not know and sends everything.
    fn is_wanted(&self, row: &Map<String, Value>) -> bool {
        self.categories.is_empty() || self.categories.contains(&fold_category(&wire::field(row, "category")))
    }
}

fn fold_category(category: &str) -> String {
    category.trim().to_lowercase().replace('_', " ")
}

impl Source for Biorxiv {
    fn name(&self) -> SourceName {
        self.name
    }

    fn lists(&self, kind: WindowKind) -> bool {
        matches!(kind, WindowKind::Posted | WindowKind::Published)
    }

    fn list<'a>(&'a self, window: Window, _known: Known<'a>) -> Box<dyn Listing + 'a> {
        let intervals = match window {
            Window::Posted(day) => vec![(day, day)],
            Window::Published(from, to) => vec![(from, to)],
            Window::Revised(_) => Vec::new(),
        };
        Box::new(Pages {
            archive: self,
            window,
            intervals,
            cursor: 0,
            previous: None,
            answers: 0,
            total: None,
            asked_at_end: false,
            tally: Tally::default(),
        })
    }
}

/// A window being paged through. The cursor is the number of rows received: neither the page size nor the total is trusted.
struct Pages<'a> {
    archive: &'a Biorxiv,
    window: Window,
    /// What is left to read, next one last.
    intervals: Vec<(NaiveDate, NaiveDate)>,
    cursor: u64,
    /// The rows of the page before, to notice a server that ignores the cursor.
    previous: Option<Vec<Map<String, Value>>>,
    answers: u64,
    /// Rows announced for the interval; a hint, often too high.
    total: Option<u64>,
    /// The end was said once already at this cursor.
    asked_at_end: bool,
    tally: Tally,
}

impl Pages<'_> {
    async fn page(&mut self) -> Result<Batch, Error> {
        let archive = self.archive.name;
        let endpoint = match self.window {
            Window::Posted(_) => "details",
            Window::Published(..) => "pubs",
            Window::Revised(_) => return Err(Error::NotListed { archive, window: self.window }),
        };
        let Some(interval) = self.intervals.last().copied() else {
            return Ok(Batch { last: true, ..Batch::default() });
        };
        self.answers += 1;
        if self.answers > MAX_ANSWERS {
            return Err(Error::Endless { archive, window: self.window, answers: MAX_ANSWERS });
        }
        let (reply, origin) = self.archive.ask(endpoint, interval, self.cursor).await?;
        let page = match reply {
            Reply::Page(page) => page,
            Reply::Empty | Reply::Doubtful if !self.ends_as_announced() && !self.asked_at_end => {
                // Also said when there are rows: believed when it is said twice.
                self.asked_at_end = true;
                return Ok(Batch::default());
            }
            Reply::Empty => return Ok(self.end_interval()),
            Reply::Doubtful => {
                self.tally.doubtful = true;
                return Ok(self.end_interval());
            }
            Reply::NoBytes => {
                self.split(interval);
                return Ok(Batch::default());
            }
            Reply::Refused(status) => return Err(Error::Refused { archive, status }),
        };
        if self.previous.as_ref() == Some(&page.rows) {
            return Err(Error::Repeats { archive, window: self.window, cursor: self.cursor });
        }
        if let ([asked], Some(echo)) = (self.archive.categories.as_slice(), &page.category)
            && endpoint == "details"
            && fold_category(echo) != *asked
            && self.cursor == 0
        {
            tracing::warn!(source = %archive, asked, answered = %echo, "the archive ignored the category; its rows are sifted here");
        }
        if self.cursor == 0
            && let Some(total) = page.total
        {
            self.tally.announced = Some(self.tally.announced.unwrap_or(0) + total);
            self.total = Some(total);
        }
        self.cursor += page.received();
        self.asked_at_end = false;
        self.tally.received += page.received();
        self.tally.unreadable += page.unreadable;
        let mut batch = Batch::default();
        let mut seen = BTreeSet::new();
        for row in &page.rows {
            if endpoint == "pubs" {
                match record::link(row) {
                    Some(link) => batch.links.push(link),
                    None => self.tally.unreadable += 1,
                }
                continue;
            }
            if !self.archive.is_wanted(row) {
                continue;
            }
            match record::delivery(archive, &origin, row) {
                Some(delivery) => {
                    if seen.insert((delivery.document.ids.key(), delivery.document.version)) {
                        batch.deliveries.push(delivery);
                    }
                }
                None => self.tally.unreadable += 1,
            }
        }
        self.previous = Some(page.rows);
        Ok(batch)
    }

    /// Whether as many rows came as were announced, so that an end here is no surprise.
    fn ends_as_announced(&self) -> bool {
        self.total.is_some_and(|total| self.cursor >= total)
    }

    fn end_interval(&mut self) -> Batch {
        self.start_over();
        Batch { last: self.intervals.is_empty(), ..Batch::default() }
    }

    /// Leaves the interval; the next one begins at its first row.
    fn start_over(&mut self) {
        self.intervals.pop();
        self.cursor = 0;
        self.previous = None;
        self.total = None;
        self.asked_at_end = false;
    }

    /// Halves an interval that was too wide for the server; rows already received come again, which does no harm.
    fn split(&mut self, (from, to): (NaiveDate, NaiveDate)) {
        self.start_over();
        let half = u64::try_from((to - from).num_days() / 2).unwrap_or(0);
        let middle = from.checked_add_days(Days::new(half)).unwrap_or(from);
        if let Some(next) = middle.succ_opt().filter(|next| *next <= to) {
            self.intervals.push((next, to));
        }
        self.intervals.push((from, middle));
    }
}

impl Listing for Pages<'_> {
    fn next(&mut self) -> BoxFuture<'_, Result<Batch, Error>> {
        self.page().boxed()
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
