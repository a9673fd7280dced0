//! One archive as the worker reads it: the source, how and when it is polled, its feed, its full texts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::jobs::full_text;
use super::jobs::poll::{self, Plan, Summary};
use super::queue::{self, Order, Retry};
use super::schedule::Schedule;
use super::{Env, Error};
use crate::clock::Clock;
use crate::fetch;
use crate::model::delivery::SourceName;
use crate::source::biorxiv::full_text::FullText;
use crate::source::rss::Feed;
use crate::source::{self, Source, Window};
use crate::store::{self, Store};

/// Full texts fetched in one go; between two goes the queue is looked at again.
const FULL_TEXTS_AT_A_TIME: usize = 20;
/// Pause between looks at an empty queue of full texts, on the worker's clock.
const FULL_TEXT_PAUSE: Duration = Duration::from_secs(60);

/// An archive that can be polled.
pub struct Archive {
    pub source: Box<dyn Source>,
    pub plan: Plan,
    /// When it is polled without being asked; `None` when it is switched off.
    pub schedule: Option<Schedule>,
    feed: Option<(Feed, Duration)>,
    full_text: Option<FullText>,
}

impl Archive {
    /// The archive called `name`; `None` for the inbox, which is none. `folder`: where fetched full texts are kept.
    ///
    /// # Errors
    /// When its settings can not be used.
    pub fn open(
        name: SourceName,
        config: &source::Config,
        schedule: Option<Schedule>,
        client: &Arc<fetch::Client>,
        folder: &Path,
    ) -> Result<Option<Self>, source::Error> {
        let (Some(source), Some(plan)) = (source::open(name, config, Arc::clone(client))?, Plan::of(config, name))
        else {
            return Ok(None);
        };
        let preprints = match name {
            SourceName::Biorxiv => Some(&config.biorxiv),
            SourceName::Medrxiv => Some(&config.medrxiv),
            SourceName::Pubmed | SourceName::Inbox => None,
        };
        let (mut feed, mut full_text) = (None, None);
        if let Some(part) = preprints {
            let every = Duration::from_secs(part.feed_minutes.saturating_mul(60));
            feed = Feed::open(name, part, Arc::clone(client))?.map(|feed| (feed, every));
            full_text = FullText::new(name, part, Arc::clone(client), folder)?;
        }
        Ok(Some(Archive { source, plan, schedule, feed, full_text }))
    }

    pub fn name(&self) -> SourceName {
        self.source.name()
    }

    /// Reads everything that is due.
    ///
    /// # Errors
    /// When the store fails. What the archive did wrong is in the summary.
    pub async fn poll(
        &self,
        store: &Store,
        clock: &Clock,
        plan: &Plan,
        progress: &mut (dyn FnMut(Window, &Summary) + Send),
    ) -> Result<Summary, poll::Error> {
        poll::poll(self.env(store, clock), plan, progress).await
    }

    /// Fetches queued full texts, at most `limit`; returns how many were stored.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn full_texts(&self, store: &Store, clock: &Clock, limit: usize) -> Result<u64, poll::Error> {
        match &self.full_text {
            Some(full_text) => full_text::drain(self.env(store, clock), full_text, limit).await,
            None => Ok(0),
        }
    }

    /// What [`poll::backfill`] takes.
    pub fn env<'a>(&'a self, store: &'a Store, clock: &'a Clock) -> poll::Env<'a> {
        poll::Env { store, source: self.source.as_ref(), clock }
    }
}

/// The setting that holds when a source was last polled without an error.
fn polled_key(source: SourceName) -> String {
    format!("polled:{source}")
}

/// The job: one poll. Blocks, inside a runtime; a stop ends it between two requests, and the day being read stays due.
///
/// # Errors
/// When the store fails, or a day could not be read and asking again is worth it.
pub(super) fn run(env: &Env, source: SourceName) -> Result<(), Error> {
    let Some(archive) = env.archives.get(&source) else {
        let reason = format!("no archive named {source} is configured");
        return Err(Error::Parked { reason, retry: Retry::Never });
    };
    let mut progress = |_, _: &Summary| env.wake();
    let polled = tokio::runtime::Handle::current().block_on(async {
        tokio::select! {
            summary = archive.poll(&env.store, &env.clock, &archive.plan, &mut progress) => Some(summary),
            () = env.stopping() => None,
        }
    });
    let Some(summary) = polled else {
        return Err(Error::Parked { reason: "the program is stopping".to_owned(), retry: Retry::Backoff });
    };
    let summary = summary?;
    env.wake();
    if summary.errors.is_empty() {
        let mut txn = env.store.write()?;
        let now = txn.now();
        txn.set_setting(&polled_key(source), &now.to_rfc3339())?;
        txn.commit()?;
    }
    // A day that needs a person's look is logged; it is tried again with the next poll of the schedule.
    let soonest = summary.errors.iter().filter_map(|error| error.retry_seconds).min();
    match (soonest, summary.errors.first()) {
        (Some(seconds), Some(first)) => {
            let n = summary.errors.len();
            let reason = format!("{n} windows were not read, the first {}: {}", first.window, first.reason);
            Err(Error::Parked { reason, retry: Retry::After(Duration::from_secs(seconds)) })
        }
        _ => Ok(()),
    }
}

/// When the archive is polled next by its schedule: at once when the last time was missed.
fn next_poll(env: &Env, source: SourceName, schedule: &Schedule) -> Result<Option<DateTime<Utc>>, store::Error> {
    let last = env.store.read()?.setting(&polled_key(source))?;
    let last = last.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|time| time.to_utc());
    let now = env.clock.now();
    Ok(match last {
        // A store that was used under another clock may hold a time to come.
        Some(last) if last <= now => schedule.next_after(last).map(|next| next.max(now)),
        _ => Some(now),
    })
}

/// Queues polls by the schedule until `shutdown`.
pub(super) async fn follow_schedule(
    env: Arc<Env>,
    source: SourceName,
    schedule: Schedule,
    shutdown: CancellationToken,
) {
    let mut next = next_poll(&env, source, &schedule).unwrap_or_else(|error| {
        tracing::warn!(%error, source = source.as_str(), "the time of the last poll could not be read");
        Some(env.clock.now())
    });
    while let Some(time) = next {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = env.clock.sleep_until(time) => {}
        }
        queue_poll(&env, source);
        next = schedule.next_after(env.clock.now().max(time));
    }
}

/// Looks at the feed now and then and queues a poll when it mentions something new, until `shutdown`.
pub(super) async fn follow_feed(env: Arc<Env>, source: SourceName, shutdown: CancellationToken) {
    let Some((feed, every)) = env.archives.get(&source).and_then(|archive| archive.feed.as_ref()) else { return };
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = env.clock.sleep(*every) => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            news = poll::has_news(&env.store, source, feed) => match news {
                Ok(true) => queue_poll(&env, source),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, source = source.as_str(), "a feed's hints could not be looked up"),
            },
        }
    }
}

/// Fetches queued full texts until `shutdown`.
pub(super) async fn follow_full_texts(env: Arc<Env>, source: SourceName, shutdown: CancellationToken) {
    let Some(archive) = env.archives.get(&source).filter(|archive| archive.full_text.is_some()) else { return };
    loop {
        let stored = tokio::select! {
            () = shutdown.cancelled() => return,
            stored = archive.full_texts(&env.store, &env.clock, FULL_TEXTS_AT_A_TIME) => stored,
        };
        let pause = match stored {
            Ok(0) => true,
            Ok(_) => {
                env.wake();
                false
            }
            Err(error) => {
                tracing::error!(%error, source = source.as_str(), "full texts could not be stored");
                true
            }
        };
        if pause {
            // Simulated minutes pass in an instant: the store is not asked in a tight loop.
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = async { tokio::join!(env.clock.sleep(FULL_TEXT_PAUSE), tokio::time::sleep(super::runner::TICK)); } => {}
            }
        }
    }
}

fn queue_poll(env: &Env, source: SourceName) {
    let queued = env.store.write().and_then(|mut txn| {
        queue::enqueue(&mut txn, &Order::Poll { source })?;
        txn.commit()
    });
    match queued {
        Ok(()) => env.wake(),
        Err(error) => tracing::error!(%error, source = source.as_str(), "a poll could not be queued"),
    }
}
