//! Reads what an archive posted and stores it: windows in, rows and follow-up jobs out, a batch a transaction.
//!
//! The checkpoint of a day moves in the transaction that stores the day's last batch, and only when the reading began after
//! the day was over. A crash anywhere costs one repeat of a day.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::fetch::{self, Retry};
use crate::model::delivery::SourceName;
use crate::model::id::Pmid;
use crate::source::rss::Feed;
use crate::source::{self, Batch, KnownError, Source, Tally, Window, WindowKind, archive_day, plan};
use crate::store::delivery::Novelty;
use crate::store::{self, Rows, Store};
use crate::worker::queue;

/// Records that were changed are listed under the day of the change until the next one; a day of grace is enough.
const REVISED_OVERLAP_DAYS: u64 = 1;
/// NCBI asks that jobs of more requests than this keep to nights and weekends.
const BIG_JOB_REQUESTS: u64 = 100;
/// What a usual day of PubMed costs: 5,000 records in batches of 200, and the searches.
const REQUESTS_A_DAY: u64 = 27;

/// What the polling of one source needs.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub store: &'a Store,
    pub source: &'a dyn Source,
    pub clock: &'a Clock,
}

/// How one source is polled; taken from its configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub since: Option<NaiveDate>,
    pub overlap_days: u64,
    /// How far back ties to journal articles are read; 0 reads none.
    pub links_days: u64,
    /// Read the ties although they were read today.
    pub links_again: bool,
    /// Queue the fetching of full text.
    pub full_text: bool,
}

impl Plan {
    /// The plan that `config` makes for `name`; the inbox has none.
    pub fn of(config: &source::Config, name: SourceName) -> Option<Self> {
        let preprints = |part: &source::biorxiv::Config| Plan {
            since: part.since,
            overlap_days: part.overlap_days,
            links_days: part.links_days,
            links_again: false,
            full_text: part.full_text,
        };
        match name {
            SourceName::Biorxiv => Some(preprints(&config.biorxiv)),
            SourceName::Medrxiv => Some(preprints(&config.medrxiv)),
            SourceName::Pubmed => {
                let part = &config.pubmed;
                Some(Plan { since: part.since, overlap_days: part.overlap_days, ..Plan::default() })
            }
            SourceName::Inbox => None,
        }
    }
}

/// What a poll or a backfill did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub source: String,
    pub windows: u64,
    /// Days that were read to their end.
    pub complete: u64,
    pub rows: u64,
    pub new_works: u64,
    pub new_versions: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub links: u64,
    pub unreadable: u64,
    /// Listed and not given when asked for.
    pub missing: u64,
    /// Announced and not received, over the windows where that happened.
    pub gap: u64,
    pub errors: Vec<WindowError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowError {
    pub window: String,
    pub reason: String,
    /// When to try again: absent when a person should look first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_seconds: Option<u64>,
}

/// Why polling stopped altogether. What an archive does wrong is in [`Summary::errors`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the thread that stores batches ended early")]
    Thread,
}

/// Reads everything that is due now. A day that fails does not keep the others from being read.
///
/// # Errors
/// When the store fails.
pub async fn poll(
    env: Env<'_>,
    plan: &Plan,
    progress: &mut (dyn FnMut(Window, &Summary) + Send),
) -> Result<Summary, Error> {
    let today = archive_day(env.clock.now());
    let windows = due(&*env.store.read()?, env.source, plan, today)?;
    read_all(env, windows, plan.full_text, progress).await
}

/// Reads the days from `from` to `to`, both included, that were not read to their end before; so it goes on where an
/// interrupted run stopped. `keep_to_nights`: wait for NCBI's quiet hours when there is much to read. `full_text`: queue the
/// fetching of full text.
///
/// # Errors
/// When the store fails.
pub async fn backfill(
    env: Env<'_>,
    from: NaiveDate,
    to: NaiveDate,
    keep_to_nights: bool,
    full_text: bool,
    progress: &mut (dyn FnMut(Window, &Summary) + Send),
) -> Result<Summary, Error> {
    let today = archive_day(env.clock.now());
    let read = readings(&*env.store.read()?, env.source.name(), WindowKind::Posted)?;
    let days: Vec<Window> = from
        .iter_days()
        .take_while(|day| *day <= to && *day <= today)
        .filter(|day| !read.contains_key(day))
        .map(Window::Posted)
        .collect();
    if !keep_to_nights || days.len() as u64 * REQUESTS_A_DAY <= BIG_JOB_REQUESTS {
        return read_all(env, days, full_text, progress).await;
    }
    let mut total = Summary { source: env.source.name().to_string(), ..Summary::default() };
    for day in days {
        let quiet = plan::next_off_peak(env.clock.now());
        if quiet > env.clock.now() {
            tracing::info!(until = %quiet, "waiting for the archive's quiet hours");
            env.clock.sleep_until(quiet).await;
        }
        if !read_one(env, day, full_text, &mut total).await? {
            break;
        }
        progress(day, &total);
    }
    Ok(total)
}

/// Whether a feed mentions a version that is not in the store, so that a poll is worth its while before its time. A feed
/// that can not be read says nothing.
///
/// # Errors
/// When the store can not be read.
pub async fn has_news(store: &Store, name: SourceName, feed: &Feed) -> Result<bool, store::Error> {
    let hints = match feed.look().await {
        Ok(hints) => hints,
        Err(error) => {
            tracing::debug!(source = %name, %error, "the feed could not be read");
            return Ok(false);
        }
    };
    let rows = store.read()?;
    for hint in &hints {
        let mut known = false;
        for doi in &hint.dois {
            if let Some(work) = rows.find_work(doi.as_str())? {
                let versions = rows.versions_of(work)?;
                known |= versions.iter().any(|v| v.source == name.as_str() && v.number == hint.version);
            }
        }
        if !known {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The windows to read on the archive's day `today`, oldest first.
///
/// # Errors
/// When the store can not be read.
pub fn due(rows: &Rows, source: &dyn Source, plan: &Plan, today: NaiveDate) -> Result<Vec<Window>, store::Error> {
    let name = source.name();
    let days = |kind: WindowKind, since: Option<NaiveDate>, overlap_days: u64| -> Result<_, store::Error> {
        let readings = readings(rows, name, kind)?;
        let first = plan::first_day(today, since, overlap_days, &readings);
        Ok(plan::days_to_read(today, first, overlap_days, &readings))
    };
    let mut windows = Vec::new();
    if source.lists(WindowKind::Posted) {
        windows.extend(days(WindowKind::Posted, plan.since, plan.overlap_days)?.into_iter().map(Window::Posted));
    }
    if source.lists(WindowKind::Revised) {
        windows.extend(days(WindowKind::Revised, None, REVISED_OVERLAP_DAYS)?.into_iter().map(Window::Revised));
    }
    if source.lists(WindowKind::Published) && plan.links_days > 0 {
        let read_today = rows.checkpoint(name, today)?.is_some_and(|c| State::read(&c.state).published.is_some());
        if plan.links_again || !read_today {
            let from = today.checked_sub_days(Days::new(plan.links_days)).unwrap_or(today);
            windows.push(Window::Published(from, today));
        }
    }
    Ok(windows)
}

async fn read_all(
    env: Env<'_>,
    windows: Vec<Window>,
    full_text: bool,
    progress: &mut (dyn FnMut(Window, &Summary) + Send),
) -> Result<Summary, Error> {
    let mut total = Summary { source: env.source.name().to_string(), ..Summary::default() };
    for window in windows {
        let go_on = read_one(env, window, full_text, &mut total).await?;
        progress(window, &total);
        if !go_on {
            break;
        }
    }
    Ok(total)
}

/// Reads one window into `total`; false when the archive can not be asked at all just now.
async fn read_one(env: Env<'_>, window: Window, full_text: bool, total: &mut Summary) -> Result<bool, Error> {
    let name = env.source.name();
    let began = env.clock.now();
    total.windows += 1;
    let error = match read_window(env, window, began, full_text, total).await {
        Ok(tally) => {
            report(name, window, &tally, total);
            return Ok(true);
        }
        Err(Stop::Here(error)) => return Err(error),
        Err(Stop::Window(error)) => error,
    };
    tracing::warn!(source = %name, %window, error = %chain(&error), "a window could not be read; it stays due");
    metrics::counter!("aludel_source_errors_total", "source" => name.as_str()).increment(1);
    let retry_seconds = match error.retry() {
        Retry::Never => None,
        Retry::Backoff => Some(60),
        Retry::After(wait) => Some(wait.as_secs().max(1)),
    };
    total.errors.push(WindowError { window: window.to_string(), reason: chain(&error), retry_seconds });
    let unreachable = matches!(
        &error,
        source::Error::Setting { .. }
            | source::Error::Fetch(
                fetch::Error::NoContact { .. }
                    | fetch::Error::SwitchedOff { .. }
                    | fetch::Error::CircuitOpen { .. }
                    | fetch::Error::Paused { .. }
                    | fetch::Error::Connect { .. }
            )
    );
    Ok(!unreachable)
}

enum Stop {
    /// The store failed: nothing more can be done.
    Here(Error),
    /// The archive failed in this window.
    Window(source::Error),
}

async fn read_window(
    env: Env<'_>,
    window: Window,
    began: DateTime<Utc>,
    full_text: bool,
    total: &mut Summary,
) -> Result<Tally, Stop> {
    let store = env.store.clone();
    let known = move |pmids: &[Pmid]| known_pmids(&store, pmids);
    let mut listing = env.source.list(window, &known);
    let began_on = archive_day(began);
    loop {
        let batch = listing.next().await.map_err(Stop::Window)?;
        let last = batch.last;
        let checkpoint = (last && !listing.tally().doubtful).then(|| checkpoint_of(window, began_on)).flatten();
        let (store, name, kind) = (env.store.clone(), env.source.name(), window.kind());
        let stored =
            tokio::task::spawn_blocking(move || store_batch(&store, name, &batch, kind, checkpoint, full_text));
        let stored = stored.await.map_err(|_| Stop::Here(Error::Thread))?.map_err(|error| Stop::Here(error.into()))?;
        stored.add_to(total);
        if last {
            total.complete += u64::from(checkpoint.is_some());
            return Ok(listing.tally().clone());
        }
    }
}

/// The day whose checkpoint a reading to the end moves, and the archive's day on which it began; none for a day that can
/// still grow.
fn checkpoint_of(window: Window, began_on: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    match window {
        Window::Posted(day) | Window::Revised(day) => plan::is_over(day, began_on).then_some((day, began_on)),
        Window::Published(_, to) => Some((to, began_on)),
    }
}

/// What storing one batch did.
#[derive(Debug, Default)]
struct Stored {
    new_works: u64,
    new_versions: u64,
    updated: u64,
    unchanged: u64,
    deleted: u64,
    links: u64,
}

impl Stored {
    fn add_to(&self, total: &mut Summary) {
        total.new_works += self.new_works;
        total.new_versions += self.new_versions;
        total.updated += self.updated;
        total.unchanged += self.unchanged;
        total.deleted += self.deleted;
        total.links += self.links;
    }
}

/// One transaction: the rows, the jobs they cause, and the checkpoint.
fn store_batch(
    store: &Store,
    name: SourceName,
    batch: &Batch,
    kind: WindowKind,
    checkpoint: Option<(NaiveDate, NaiveDate)>,
    full_text: bool,
) -> Result<Stored, store::Error> {
    let mut stored =
        Stored { deleted: batch.deleted.len() as u64, links: batch.links.len() as u64, ..Stored::default() };
    let empty = batch.deliveries.is_empty() && batch.deleted.is_empty() && batch.links.is_empty();
    if empty && checkpoint.is_none() {
        return Ok(stored);
    }
    let mut txn = store.write()?;
    for delivery in &batch.deliveries {
        let recorded = match queue::deliver(&mut txn, delivery) {
            Ok(recorded) => recorded,
            Err(error @ store::Error::TooManyPassages { .. }) => {
                tracing::warn!(source = %name, origin = delivery.origin, %error, "a record was left out");
                continue;
            }
            Err(error) => return Err(error),
        };
        match recorded.outcome {
            Novelty::NewWork => stored.new_works += 1,
            Novelty::NewVersion => stored.new_versions += 1,
            Novelty::Updated => stored.updated += 1,
            Novelty::Unchanged => stored.unchanged += 1,
        }
        if full_text && matches!(recorded.outcome, Novelty::NewWork | Novelty::NewVersion) {
            super::full_text::enqueue(&mut txn, delivery, recorded.version)?;
        }
    }
    if !batch.deleted.is_empty() {
        txn.record_deletions(name, &batch.deleted)?;
    }
    for link in &batch.links {
        txn.record_link(name, &link.from, link.relation, &link.to)?;
    }
    if let Some((day, read_on)) = checkpoint {
        let mut state = txn.checkpoint(name, day)?.map(|found| State::read(&found.state)).unwrap_or_default();
        *state.of(kind) = Some(read_on);
        txn.set_checkpoint(name, day, &state.to_json())?;
    }
    txn.commit()?;
    Ok(stored)
}

/// The archive's days on which a day was last read to its end, by kind of window. The store keeps it as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    posted: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revised: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<NaiveDate>,
}

impl State {
    /// A state that can not be read counts as no reading: the day is read again.
    fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    fn to_json(&self) -> String {
        // Proof: three optional dates always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn of(&mut self, kind: WindowKind) -> &mut Option<NaiveDate> {
        match kind {
            WindowKind::Posted => &mut self.posted,
            WindowKind::Revised => &mut self.revised,
            WindowKind::Published => &mut self.published,
        }
    }
}

fn readings(rows: &Rows, name: SourceName, kind: WindowKind) -> Result<plan::Readings, store::Error> {
    let everything = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default();
    let checkpoints = rows.checkpoints(name, everything)?;
    let readings = checkpoints.into_iter().filter_map(|checkpoint| {
        let read_on = (*State::read(&checkpoint.state).of(kind))?;
        Some((checkpoint.day.parse().ok()?, read_on))
    });
    Ok(readings.collect())
}

/// The records among `pmids` that PubMed itself delivered before.
fn known_pmids(store: &Store, pmids: &[Pmid]) -> Result<BTreeSet<Pmid>, KnownError> {
    let rows = store.read()?;
    let mut known = BTreeSet::new();
    for pmid in pmids {
        let Some(work) = rows.find_work(&format!("pmid:{pmid}"))? else { continue };
        if rows.versions_of(work)?.iter().any(|version| version.source == SourceName::Pubmed.as_str()) {
            known.insert(*pmid);
        }
    }
    Ok(known)
}

fn report(name: SourceName, window: Window, tally: &Tally, total: &mut Summary) {
    total.rows += tally.received;
    total.unreadable += tally.unreadable;
    total.missing += tally.missing.len() as u64;
    let gap = tally.gap();
    total.gap += u64::try_from(gap).unwrap_or(0);
    let source = name.as_str();
    metrics::counter!("aludel_source_rows_total", "source" => source).increment(tally.received);
    metrics::counter!("aludel_source_gap_rows_total", "source" => source).increment(u64::try_from(gap).unwrap_or(0));
    if gap != 0 || !tally.missing.is_empty() || tally.unreadable > 0 || tally.doubtful {
        let missing: Vec<String> = tally.missing.iter().take(20).map(ToString::to_string).collect();
        let announced = tally.announced.unwrap_or_default();
        tracing::warn!(
            source, %window, received = tally.received, announced, gap, unreadable = tally.unreadable, doubtful = tally.doubtful,
            n_missing = tally.missing.len(), missing = missing.join(","), "a window did not give what it announced"
        );
    } else {
        tracing::info!(source, %window, received = tally.received, "a window was read");
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
