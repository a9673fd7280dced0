//! The loop that hands out jobs, keeps their leases alive, follows the changes log, scans the inbox and fires the schedule.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use chrono::{Datelike, NaiveTime, TimeDelta, Utc, Weekday};
use notify::Watcher;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::job::Job;

use super::inbox::Inbox;
use super::queue::{self, KINDS, Order};
use super::{Env, Error, archive, jobs, refreshing, releasing};

/// How the worker works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Drafting jobs at a time; as many as a model takes, when one is waited for. Default 2.
    pub draft_jobs: usize,
    /// Inbox files at a time. Default 1.
    pub file_jobs: usize,
    /// Sources polled at a time. Default 4.
    pub poll_jobs: usize,
    /// How long a job may be silent before another run may take it, in seconds. Default 120.
    pub lease_seconds: u64,
    /// Pause between looks at the inbox, in seconds; changes are noticed earlier. Default 30.
    pub inbox_rescan_seconds: u64,
    /// How long an inbox file has to stand still, in milliseconds. Default 2000.
    pub inbox_settle_ms: u64,
    /// How long running jobs may take to end when the program stops, in seconds. Default 20.
    pub drain_seconds: u64,
    /// How long ended jobs are kept for a look, in days. Default 7.
    pub keep_jobs_days: i64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            draft_jobs: 2,
            file_jobs: 1,
            poll_jobs: 4,
            lease_seconds: 120,
            inbox_rescan_seconds: 30,
            inbox_settle_ms: 2000,
            drain_seconds: 20,
            keep_jobs_days: 7,
        }
    }
}

impl Config {
    fn at_a_time(&self, kind: &str, env: &Env) -> usize {
        match kind {
            "poll" => self.poll_jobs,
            "file" => self.file_jobs,
            "draft" => self.draft_jobs.max(env.waits_for().min(MOST_WAITING)),
            _ => 1,
        }
        .max(1)
    }
}

/// Pause between looks at the queue when nothing wakes the runner.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// Most drafting jobs at a time; each has a thread that mostly waits.
const MOST_WAITING: usize = 256;
/// How long jobs may take to end once nobody waits for a model any more.
const LAST_CALL: Duration = Duration::from_secs(3);
/// The log is folded and old jobs dropped this often.
const HOUSEKEEPING: Duration = Duration::from_secs(300);

/// Runs until `shutdown`: then no job is begun, and running ones get their time to end. One that does not is run again at the next
/// start.
///
/// # Errors
/// When the store can not be read at all at the start. Later faults are logged and tried again.
pub fn run(
    env: Arc<Env>,
    config: Config,
    shutdown: CancellationToken,
) -> impl Future<Output = Result<(), Error>> + Send {
    // Before anything waits: who hears that the service is ready may drop a file at once.
    let inbox = env.data_dir.inbox();
    if let Err(error) = std::fs::create_dir_all(&inbox) {
        tracing::warn!(%error, path = %inbox.display(), "the inbox can not be made");
    }
    work_off(env, config, shutdown)
}

async fn work_off(env: Arc<Env>, config: Config, shutdown: CancellationToken) -> Result<(), Error> {
    let n_requeued = {
        let mut txn = env.store.write()?;
        let n_requeued = txn.requeue_running()?;
        if env.trial.is_some() {
            // There may be questions from before a model was there to try them.
            queue::enqueue(&mut txn, &Order::Trial {})?;
        }
        // What was released while nothing was pushed, or by a command.
        jobs::push::enqueue(&mut txn, &env.release)?;
        txn.commit()?;
        n_requeued
    };
    if n_requeued > 0 {
        tracing::info!(jobs = n_requeued, "jobs of an earlier run are back in the queue");
    }
    let mut helpers = JoinSet::new();
    helpers.spawn(follow_index(env.clone(), shutdown.clone()));
    helpers.spawn(watch_inbox(env.clone(), config.clone(), shutdown.clone()));
    for (source, opened) in &env.archives {
        if let Some(schedule) = &opened.schedule {
            helpers.spawn(archive::follow_schedule(env.clone(), *source, schedule.clone(), shutdown.clone()));
            helpers.spawn(archive::follow_feed(env.clone(), *source, shutdown.clone()));
            helpers.spawn(archive::follow_full_texts(env.clone(), *source, shutdown.clone()));
        }
    }
    helpers.spawn(follow_days(env.clone(), shutdown.clone()));
    helpers.spawn(follow_training(env.clone(), shutdown.clone()));
    helpers.spawn(refreshing::follow(env.clone(), shutdown.clone()));
    helpers.spawn(releasing::follow(env.clone(), shutdown.clone()));
    helpers.spawn(keep_house(env.clone(), config.clone(), shutdown.clone()));

    let mut running: JoinSet<&'static str> = JoinSet::new();
    let mut busy = [0_usize; KINDS.len()];
    while !shutdown.is_cancelled() {
        for (kind, busy) in KINDS.iter().zip(busy.iter_mut()) {
            while *busy < config.at_a_time(kind, &env) {
                match lease(&env, kind, &config) {
                    Ok(Some(job)) => {
                        *busy += 1;
                        running.spawn(work(env.clone(), kind, job, config.clone()));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::error!(%error, "the queue can not be read");
                        break;
                    }
                }
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = env.woken() => {}
            () = tokio::time::sleep(TICK) => {}
            Some(ended) = running.join_next() => {
                if let Ok(kind) = ended
                    && let Some(at) = KINDS.iter().position(|known| *known == kind)
                    && let Some(count) = busy.get_mut(at)
                {
                    *count = count.saturating_sub(1);
                }
            }
        }
    }
    env.stop();
    let mut drained = std::pin::pin!(async { while running.join_next().await.is_some() {} });
    let in_time = tokio::time::timeout(Duration::from_secs(config.drain_seconds), &mut drained).await.is_ok();
    env.abandon();
    if !in_time && tokio::time::timeout(LAST_CALL, drained).await.is_err() {
        tracing::warn!("jobs did not end in time and will run again at the next start");
    }
    helpers.shutdown().await;
    // What the last jobs changed is searchable after the next start at the latest.
    let last = env.clone();
    match tokio::task::spawn_blocking(move || jobs::index::follow(&last.store, &last.index)).await {
        Ok(Err(error)) => tracing::warn!(%error, "the index could not be brought in step; the next start will"),
        _ => tracing::info!("the worker has stopped"),
    }
    Ok(())
}

fn lease(env: &Env, kind: &str, config: &Config) -> Result<Option<Job>, Error> {
    let now = env.clock.now();
    // A look costs a read; only a job that may run costs a write.
    let read = env.store.read()?;
    let due = read.next_run_after(&[kind])?.is_some_and(|at| at <= now);
    drop(read);
    if !due {
        return Ok(None);
    }
    let mut txn = env.store.write()?;
    let job = txn.lease(kind, now, lease_end(config))?;
    txn.commit()?;
    Ok(job)
}

/// Leases are in the system's time: simulated hours pass in an instant.
fn lease_end(config: &Config) -> chrono::DateTime<Utc> {
    let seconds = i64::try_from(config.lease_seconds).unwrap_or(120).clamp(1, 86_400);
    Clock::system().now() + TimeDelta::seconds(seconds)
}

async fn work(env: Arc<Env>, kind: &'static str, job: Job, config: Config) -> &'static str {
    let (order, runner) = (Order::of(&job), env.clone());
    let began = std::time::Instant::now();
    let done = match order {
        Ok(order) => {
            let mut task = tokio::task::spawn_blocking(move || jobs::run(&runner, &order));
            let beat = Duration::from_secs((config.lease_seconds / 3).max(1));
            loop {
                tokio::select! {
                    ended = &mut task => break ended.unwrap_or_else(|panic| {
                        Err(Error::Parked { reason: format!("the job panicked: {panic}"), retry: queue::Retry::Backoff })
                    }),
                    () = tokio::time::sleep(beat) => {
                        let extended = env.store.write().and_then(|mut txn| {
                            txn.extend_lease(&job, lease_end(&config))?;
                            txn.commit()
                        });
                        if let Err(error) = extended {
                            tracing::warn!(%error, job.id = job.id.0, "a lease could not be extended");
                        }
                    }
                }
            }
        }
        Err(error) => {
            Err(Error::Parked { reason: format!("its payload is not an order: {error}"), retry: queue::Retry::Never })
        }
    };
    let result = if done.is_ok() { "done" } else { "error" };
    metrics::counter!("aludel_jobs_total", "kind" => kind, "result" => result).increment(1);
    metrics::histogram!("aludel_job_seconds", "kind" => kind).record(began.elapsed().as_secs_f64());
    if let Err(error) = end(&env, &job, done) {
        tracing::error!(%error, job.id = job.id.0, "a job's end could not be recorded; it will run again");
    }
    kind
}

fn end(env: &Env, job: &Job, done: Result<(), Error>) -> Result<(), Error> {
    let mut txn = env.store.write()?;
    match done {
        Ok(()) => {
            txn.complete(job)?;
        }
        Err(error) => {
            let again = if env.is_stopping() {
                Some(env.clock.now())
            } else {
                queue::next_attempt(error.retry(), job.attempts, env.clock.now())
            };
            match again {
                Some(at) => {
                    tracing::warn!(%error, job.kind = job.kind, job.key = job.key, job.attempts, "a job will be tried again");
                    txn.retry(job, Some(&error.to_string()), at)?;
                }
                None => {
                    tracing::error!(%error, job.kind = job.kind, job.key = job.key, job.attempts, "a job failed");
                    txn.fail(job, &error.to_string())?;
                }
            }
        }
    }
    Ok(txn.commit()?)
}

async fn follow_index(env: Arc<Env>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let follower = env.clone();
        let followed = tokio::task::spawn_blocking(move || jobs::index::follow(&follower.store, &follower.index)).await;
        if let Ok(Err(error)) = followed {
            tracing::error!(%error, "the index can not follow the store");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Gives works their topics every night, and has the mix judged at the start and on every Tuesday, when most of what the week before posted
/// late is there.
async fn follow_days(env: Arc<Env>, shutdown: CancellationToken) {
    let mut order = Order::Drift {};
    while !shutdown.is_cancelled() {
        put(&env, order).await;
        let Some(tomorrow) = env.clock.today().succ_opt() else { return };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = env.clock.sleep_until(tomorrow.and_time(NaiveTime::MIN).and_utc()) => {}
        }
        // In simulated time days may have passed.
        let tuesday_passed =
            tomorrow.iter_days().take_while(|day| *day <= env.clock.today()).any(|day| day.weekday() == Weekday::Tue);
        order = if tuesday_passed { Order::Drift {} } else { Order::Topics { train: false } };
    }
}

/// Trains classifiers of topics by the schedule, and one at the start when there is none.
async fn follow_training(env: Arc<Env>, shutdown: CancellationToken) {
    let Some(schedule) = env.training.clone() else { return };
    if matches!(env.store.read().and_then(|rows| rows.newest_classifier()), Ok(None)) {
        put(&env, Order::Topics { train: true }).await;
    }
    while let Some(time) = schedule.next_after(env.clock.now()) {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = env.clock.sleep_until(time) => {}
        }
        put(&env, Order::Topics { train: true }).await;
    }
}

async fn put(env: &Arc<Env>, order: Order) {
    let store = env.store.clone();
    let queued = tokio::task::spawn_blocking(move || {
        let mut txn = store.write()?;
        queue::enqueue(&mut txn, &order)?;
        txn.commit()
    });
    match queued.await {
        Ok(Err(error)) => tracing::warn!(%error, "a job for the topics could not be put in the queue"),
        _ => env.wake(),
    }
}

async fn watch_inbox(env: Arc<Env>, config: Config, shutdown: CancellationToken) {
    let folder = env.data_dir.inbox();
    let (noticed, notices) = mpsc::channel();
    let watcher = std::fs::create_dir_all(&folder).map_err(notify::Error::io).and_then(|()| {
        let mut watcher = notify::recommended_watcher(move |_| {
            let _ = noticed.send(());
        })?;
        watcher.watch(&folder, notify::RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    if let Err(error) = &watcher {
        tracing::warn!(%error, "the inbox is only looked at from time to time");
    }
    let mut inbox = Inbox::default();
    let settle = Duration::from_millis(config.inbox_settle_ms.max(100));
    let rescan = Duration::from_secs(config.inbox_rescan_seconds.max(1));
    let mut next_look = tokio::time::Instant::now();
    while !shutdown.is_cancelled() {
        let noticed = notices.try_iter().count() > 0;
        if noticed || tokio::time::Instant::now() >= next_look {
            let changing = match inbox.scan(&env) {
                Ok(changing) => changing,
                Err(error) => {
                    tracing::error!(%error, "the inbox can not be read");
                    0
                }
            };
            next_look = tokio::time::Instant::now() + if changing > 0 { settle } else { rescan };
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(settle) => {}
        }
    }
}

async fn keep_house(env: Arc<Env>, config: Config, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
        let (keeper, keep_days) = (env.clone(), config.keep_jobs_days);
        let kept = tokio::task::spawn_blocking(move || -> Result<(), Error> {
            let mut txn = keeper.store.write()?;
            txn.requeue_expired(Clock::system().now())?;
            let now = txn.now();
            txn.prune_jobs(now - TimeDelta::days(keep_days.clamp(0, 3650)))?;
            if let Some(followed) = keeper.index.sequence()? {
                txn.prune_changes(i64::try_from(followed).unwrap_or(0))?;
            }
            txn.commit()?;
            keeper.store.fold_log().map_err(Error::from)
        })
        .await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(%error, "housekeeping did not end well");
        }
    }
}
