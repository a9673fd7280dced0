//! Files and folders to the end: parsed, drafted and examined on all cores, judged and stored by one writer in the order of the
//! files, so that a run that was cut off and repeated ends in the same store as an unbroken one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::model::delivery::SourceName;
use crate::model::question::Outcome;
use crate::question::Generate;
use crate::store::WriteTxn;
use crate::store::delivery::{FollowUp, Novelty};
use crate::store::outcome::{Tally, reason_of};

use super::judge::Deciding;
use super::queue::{self, Order};
use super::take::{End, Piece, Taken, take};
use super::{Env, Error, jobs, stage_work};

/// What an ingest did. `files = parsed + duplicate + not_an_article + errors`, always.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Report {
    pub files: u64,
    /// Files from which at least one record was read (an article, a book record, a deletion).
    pub parsed: u64,
    /// Files whose bytes were taken in before.
    pub duplicate: u64,
    /// Files that hold no article, by what they are.
    pub not_an_article: BTreeMap<String, u64>,
    /// Article records read; `works` of them were new works, `versions` new versions.
    pub articles: u64,
    pub works: u64,
    pub versions: u64,
    pub passages: u64,
    pub drafted: u64,
    pub accepted: u64,
    /// By `stage: word`.
    pub rejected: BTreeMap<String, u64>,
    /// Records inside parsed files that could not be read.
    pub unread: Vec<Fault>,
    /// Files that could not be read at all.
    pub errors: Vec<Fault>,
    /// Works put into the index.
    pub indexed: u64,
    /// Texts that a generator has not drafted from yet: a model could not be reached, or its budget is used up.
    pub waiting: u64,
}

impl Report {
    fn count(&mut self, outcomes: &[Outcome], tally: &Tally) {
        if tally.stale {
            return;
        }
        self.drafted += outcomes.len() as u64;
        self.accepted += tally.accepted as u64;
        for outcome in outcomes {
            if let Outcome::Rejected(rejected) = outcome {
                let reason = reason_of(&rejected.stages).unwrap_or_default();
                *self.rejected.entry(reason).or_default() += 1;
            }
        }
    }
}

/// A file and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub path: PathBuf,
    pub reason: String,
}

/// Articles stored in one transaction, and how long one stays open at most.
const ARTICLES_A_COMMIT: usize = 64;
const LONGEST_TRANSACTION: Duration = Duration::from_millis(500);
/// How long the index waits before it looks for more.
const INDEX_EVERY: Duration = Duration::from_millis(500);
/// Most documents that other programs are waited for at a time.
const MOST_WAITING: usize = 256;
/// Files being read ahead of the writer, and articles waiting of each.
const FILES_AHEAD: usize = 64;
const ARTICLES_AHEAD: usize = 8;

type Reading = (PathBuf, Receiver<Result<Piece, Error>>);

/// Takes every file in, works off what that caused, and brings the index in step. `progress` is told after each file.
///
/// Only for a process that holds the data directory alone: it runs the queue's jobs itself.
///
/// # Errors
/// When the store or the index can not be written; what was committed stays, and a second run goes on from there.
pub fn ingest(env: &Env, files: Vec<PathBuf>, progress: &(dyn Fn(&Report) + Sync)) -> Result<Report, Error> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let indexer = scope.spawn(|| {
            let mut n_works = 0;
            loop {
                let last = done.load(Ordering::Acquire);
                n_works += jobs::index::follow(&env.store, &env.index)?;
                if last {
                    return Ok::<usize, Error>(n_works);
                }
                std::thread::park_timeout(INDEX_EVERY);
            }
        });
        let written = take_in(env, files, progress).and_then(|report| drain(env, report));
        done.store(true, Ordering::Release);
        indexer.thread().unpark();
        let indexed = match indexer.join() {
            Ok(indexed) => indexed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let mut report = written?;
        report.indexed = indexed? as u64;
        env.store.fold_log()?;
        Ok(report)
    })
}

/// Takes every file in; what follows is left in the queue.
///
/// # Errors
/// When the store can not be written.
pub fn take_in(env: &Env, files: Vec<PathBuf>, progress: &(dyn Fn(&Report) + Sync)) -> Result<Report, Error> {
    let n_threads = std::thread::available_parallelism().map_or(2, |n| n.get()).min(files.len().max(1));
    let (orders, order_queue) = sync_channel::<(PathBuf, SyncSender<Result<Piece, Error>>)>(FILES_AHEAD);
    let (readings, reading_queue) = sync_channel::<Reading>(FILES_AHEAD);
    let order_queue = Mutex::new(order_queue);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for path in files {
                let (give, pieces) = sync_channel(ARTICLES_AHEAD);
                // Both fail only when the writer gave up.
                if readings.send((path.clone(), pieces)).is_err() || orders.send((path, give)).is_err() {
                    return;
                }
            }
        });
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let order = order_queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((path, give)) = order else { return };
                    let taken = take(env, &path, &mut |piece| match give.send(Ok(piece)) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    });
                    if let Err(error) = taken {
                        let _ = give.send(Err(error));
                    }
                }
            });
        }
        write(env, reading_queue, progress)
    })
}

/// The regular files under `paths` in a fixed order, and what could not be listed.
pub fn list_files(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Fault>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    let mut stack: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    let fault = |path: &Path, source: std::io::Error| Fault { path: path.to_owned(), reason: source.to_string() };
    while let Some(path) = stack.pop() {
        // A link to a folder is not followed: it may lead back up.
        let kind = match path.symlink_metadata() {
            Ok(meta) if meta.is_symlink() && path.is_dir() && !paths.contains(&path) => continue,
            Ok(_) => path.metadata(),
            Err(error) => Err(error),
        };
        match kind {
            Ok(meta) if meta.is_dir() => {
                match std::fs::read_dir(&path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()) {
                    Ok(entries) => {
                        let mut inner: Vec<PathBuf> = entries.iter().map(|entry| entry.path()).collect();
                        inner.sort_by(|a, b| b.cmp(a));
                        stack.extend(inner);
                    }
                    Err(error) => faults.push(fault(&path, error)),
                }
            }
            Ok(meta) if meta.is_file() => files.push(path),
            Ok(_) => faults.push(Fault { path, reason: "neither a file nor a folder".to_owned() }),
            Err(error) => faults.push(fault(&path, error)),
        }
    }
    (files, faults)
}

/// The one writer.
struct Writer<'e> {
    env: &'e Env,
    deciding: Deciding<'e>,
    txn: Option<(WriteTxn<'e>, Instant)>,
    n_articles: usize,
    report: Report,
}

fn write(env: &Env, readings: Receiver<Reading>, progress: &(dyn Fn(&Report) + Sync)) -> Result<Report, Error> {
    let mut writer =
        Writer { env, deciding: env.judge.deciding()?, txn: None, n_articles: 0, report: Report::default() };
    while let Ok((path, pieces)) = readings.recv() {
        writer.report.files += 1;
        let mut unfinished = true;
        for piece in pieces {
            match piece {
                Ok(Piece::Article(taken)) => writer.store(*taken)?,
                Ok(Piece::Deleted(pmids)) => {
                    writer.txn()?.record_deletions(SourceName::Pubmed, &pmids)?;
                }
                Ok(Piece::Known) => {
                    writer.report.duplicate += 1;
                    unfinished = false;
                }
                Ok(Piece::End { hash, end }) => {
                    writer.end(&path, &hash, end)?;
                    unfinished = false;
                }
                Err(Error::Store(error)) => return Err(error.into()),
                Err(error) => {
                    writer.report.errors.push(Fault { path: path.clone(), reason: error.to_string() });
                    unfinished = false;
                }
            }
            writer.commit_when_due()?;
        }
        if unfinished {
            let reason = "reading it was cut off".to_owned();
            writer.report.errors.push(Fault { path, reason });
        }
        progress(&writer.report);
    }
    writer.commit()?;
    Ok(writer.report)
}

impl<'e> Writer<'e> {
    fn txn(&mut self) -> Result<&mut WriteTxn<'e>, Error> {
        if self.txn.is_none() {
            self.txn = Some((self.env.store.write()?, Instant::now()));
        }
        match &mut self.txn {
            Some((txn, _)) => Ok(txn),
            None => Err(Error::Parked { reason: "no transaction".to_owned(), retry: queue::Retry::Never }),
        }
    }

    fn store(&mut self, taken: Taken) -> Result<(), Error> {
        let Taken { delivery, examined } = taken;
        let recorded = self.txn()?.record_delivery(&delivery)?;
        let mut follow_ups = recorded.follow_ups;
        if let Some(at) = follow_ups.iter().position(|follow_up| *follow_up == FollowUp::Draft(recorded.version)) {
            // Only what was drafted from the very text that the version has now.
            let key = self.txn()?.work_key(recorded.version)?;
            if let Some(key) = key
                && self.txn()?.holds_text(recorded.version, &delivery.document)?
            {
                let outcomes = self.deciding.decide(&key, examined);
                let tally = self.txn()?.record_outcomes(recorded.version, &delivery.document, &outcomes)?;
                self.report.count(&outcomes, &tally);
                let (env, local) = (self.env, self.env.local().map(Generate::kind).collect::<Vec<_>>());
                if self.txn()?.note_drafted(recorded.version, &local, &env.kinds())? {
                    follow_ups.remove(at);
                }
            }
        }
        queue::follow_up(self.txn()?, &follow_ups)?;
        self.report.articles += 1;
        match recorded.outcome {
            Novelty::NewWork => {
                (self.report.works, self.report.versions) = (self.report.works + 1, self.report.versions + 1)
            }
            Novelty::NewVersion => self.report.versions += 1,
            Novelty::Updated | Novelty::Unchanged => {}
        }
        if recorded.outcome != Novelty::Unchanged {
            self.report.passages += delivery.document.passages().len() as u64;
        }
        self.n_articles += 1;
        Ok(())
    }

    fn end(&mut self, path: &Path, hash: &blake3::Hash, end: End) -> Result<(), Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read_something = end.articles + end.books > 0;
        match (read_something, end.unread.first(), end.others.first()) {
            (false, Some(reason), _) => {
                self.report.errors.push(Fault { path: path.to_owned(), reason: reason.clone() });
            }
            (false, None, Some(kind)) => {
                *self.report.not_an_article.entry(kind.clone()).or_default() += 1;
                self.txn()?.record_file(hash, &name, &format!("not_an_article:{kind}"))?;
            }
            _ => {
                self.report.parsed += 1;
                let fault = |reason: String| Fault { path: path.to_owned(), reason };
                self.report.unread.extend(end.unread.into_iter().map(fault));
                self.txn()?.record_file(hash, &name, "parsed")?;
            }
        }
        Ok(())
    }

    fn commit_when_due(&mut self) -> Result<(), Error> {
        let due = self.txn.as_ref().is_some_and(|(_, since)| since.elapsed() > LONGEST_TRANSACTION);
        if due || self.n_articles >= ARTICLES_A_COMMIT { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), Error> {
        if let Some((mut txn, _)) = self.txn.take() {
            let work = self.deciding.take_work();
            txn.note_stage_work(&work)?;
            txn.commit()?;
            stage_work::measure(&work);
        }
        self.deciding.keep_so_far();
        self.n_articles = 0;
        Ok(())
    }
}

/// Works off the rechecks and drafts that are queued: one after the other, or as many drafts at a time as other programs are waited
/// for.
fn drain(env: &Env, report: Report) -> Result<Report, Error> {
    env.store.write().and_then(|mut txn| {
        txn.requeue_running()?;
        txn.commit()
    })?;
    let report = Mutex::new(report);
    while run_next(env, "recheck", &report)? {}
    let n_threads = env.waits_for().clamp(1, MOST_WAITING);
    std::thread::scope(|scope| {
        let work = || {
            while run_next(env, "draft", &report)? {}
            Ok(())
        };
        let helpers: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let mut ended: Result<(), Error> = work();
        for helper in helpers {
            match helper.join() {
                Ok(result) => ended = ended.and(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        ended
    })?;
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.waiting = env.store.read()?.open_jobs("draft")?;
    Ok(report)
}

/// Runs one queued job of this kind; false when there is none that may run now.
fn run_next(env: &Env, kind: &str, report: &Mutex<Report>) -> Result<bool, Error> {
    let mut txn = env.store.write()?;
    let now = txn.now();
    let Some(job) = txn.lease(kind, now, now + chrono::TimeDelta::hours(1))? else { return Ok(false) };
    txn.commit()?;
    let order =
        Order::of(&job).map_err(|error| Error::Parked { reason: error.to_string(), retry: queue::Retry::Never });
    let result = order.and_then(|order| match order {
        Order::Draft { version } => jobs::draft::run(env, version, &mut |outcomes, tally| {
            report.lock().unwrap_or_else(PoisonError::into_inner).count(outcomes, tally);
        }),
        order => jobs::run(env, &order),
    });
    let mut txn = env.store.write()?;
    match result {
        Ok(()) => txn.complete(&job)?,
        Err(Error::Store(error)) => return Err(error.into()),
        Err(error) => match queue::next_attempt(error.retry(), job.attempts, now) {
            Some(at) => {
                tracing::warn!(%error, job.kind, job.key, "a job will be tried again");
                txn.retry(&job, Some(&error.to_string()), at)?
            }
            None => {
                tracing::error!(%error, job.kind, job.key, "a job failed");
                txn.fail(&job, &error.to_string())?
            }
        },
    };
    txn.commit()?;
    Ok(true)
}
