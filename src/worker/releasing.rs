//! When releases are made without being asked for: by the schedule, and at once when something released has to be taken back.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::Env;
use super::queue::{self, Cause, Order};
use super::runner::TICK;
use super::schedule::Schedule;
use crate::store;

/// Pause between looks for what has to be taken back, on the worker's clock.
const TAKEDOWN_PAUSE: Duration = Duration::from_secs(60);
/// The setting that holds when the schedule last asked for a release.
const ASKED: &str = "release:asked";

/// Queues releases until `shutdown`.
pub(super) async fn follow(env: Arc<Env>, shutdown: CancellationToken) {
    let Some(schedule) = env.release_schedule.clone() else { return };
    let mut next = match begin(&env, &schedule) {
        Ok(next) => next,
        Err(error) => {
            tracing::warn!(%error, "the time of the last release could not be read");
            schedule.next_after(env.clock.now())
        }
    };
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = pause(&env) => {}
        }
        let looker = env.clone();
        let looked = tokio::task::spawn_blocking(move || looker.store.read()?.overdue_tombstones()).await;
        match looked {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(n)) => {
                tracing::warn!(questions = n, "released questions have to be taken back: a patch release is due");
                ask(&env, Cause::Takedown);
            }
            Ok(Err(error)) => tracing::warn!(%error, "what has to be taken back could not be looked up"),
        }
        let now = env.clock.now();
        if next.is_some_and(|at| at <= now) {
            ask(&env, Cause::Schedule);
            next = schedule.next_after(now);
        }
    }
}

/// Simulated minutes pass in an instant: the store is not asked in a tight loop.
async fn pause(env: &Env) {
    tokio::join!(env.clock.sleep(TAKEDOWN_PAUSE), tokio::time::sleep(TICK));
}

/// When the schedule asks next: at once when the last time was missed, and never at the very first start.
fn begin(env: &Env, schedule: &Schedule) -> Result<Option<DateTime<Utc>>, store::Error> {
    let now = env.clock.now();
    let last = env.store.read()?.setting(ASKED)?;
    let last = last.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|time| time.to_utc());
    match last {
        // A store that was used under another clock may hold a time to come.
        Some(last) if last <= now => Ok(schedule.next_after(last).map(|next| next.max(now))),
        _ => {
            let mut txn = env.store.write()?;
            txn.set_setting(ASKED, &now.to_rfc3339())?;
            txn.commit()?;
            Ok(schedule.next_after(now))
        }
    }
}

fn ask(env: &Env, cause: Cause) {
    let queued = env.store.write().and_then(|mut txn| {
        queue::enqueue(&mut txn, &Order::Release { cause })?;
        if cause == Cause::Schedule {
            let now = txn.now();
            txn.set_setting(ASKED, &now.to_rfc3339())?;
        }
        txn.commit()
    });
    match queued {
        Ok(()) => env.wake(),
        Err(error) => tracing::error!(%error, cause = cause.as_str(), "a release could not be queued"),
    }
}
