//! A data set release from beginning to end: number, selection, rows, seal, publication, each step safe to do again.
//!
//! The number is taken in a transaction before the first file is written; the folder appears at once with its manifest; then it is
//! recorded as published. A kill between any two leaves a row that the next run goes on from: a folder that is there is recorded, one
//! that is not is built again under the same number and time.

mod facts;
mod model;
pub(super) mod plan;
pub(super) mod rows;

use std::path::PathBuf;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;

use crate::model::status::ReleaseStatus;
use crate::release::licence::Policy;
use crate::release::manifest::{Kind, Manifest};
use crate::release::publish::Root;
use crate::release::seal::{Sealed, Sealer};
use crate::release::sign::Signer;
use crate::release::{self, Version, catalog, expected_bytes, guard, read, retention};
use crate::store::release::Release;
use crate::worker::jobs::push;
use crate::worker::queue::{Cause, Retry};
use crate::worker::{Env, Error};

pub use model::model;
pub use plan::Plan;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub cause: Cause,
    /// The release's time instead of now.
    pub at: Option<DateTime<Utc>>,
    /// Leave it for `aludel release publish`.
    pub stage: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    Published {
        folder: PathBuf,
        manifest: Box<Manifest>,
    },
    Sealed {
        folder: PathBuf,
        manifest: Box<Manifest>,
    },
    /// There was nothing to release; why.
    Skipped {
        reason: String,
    },
}

/// What is told while rows are written: how many of how many.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Makes a data set release, or ends one that was begun.
///
/// # Errors
/// When the store fails, a file can not be written, the disk is too full, or the program is stopping.
pub fn dataset(env: &Env, ask: Ask, progress: Progress<'_>) -> Result<Made, Error> {
    let root = root(env);
    recover(env, &root)?;
    let staged = staged(env, ReleaseStatus::Staged)?;
    let release = match staged {
        Some(release) => release,
        None => match plan::next(env, ask, &catalog::datasets(&root)?)? {
            Ok(release) => release,
            Err(reason) => return skipped(None, env, reason),
        },
    };
    match build(env, &root, &release, progress)? {
        Ok(sealed) if ask.stage => {
            let manifest = Box::new(sealed.manifest.clone());
            let folder = root.stage(sealed)?;
            let mut txn = env.store.write()?;
            txn.move_release(&release, ReleaseStatus::Sealed, Some(&summary(&manifest)), None)?;
            txn.commit()?;
            Ok(Made::Sealed { folder, manifest })
        }
        Ok(sealed) => {
            let manifest = Box::new(sealed.manifest.clone());
            let folder = root.publish(sealed)?;
            record(env, &release, &folder)?;
            retain(env, &root)?;
            Ok(Made::Published { folder, manifest })
        }
        Err(reason) => skipped(Some(&release), env, reason),
    }
}

/// Publishes a data set that was sealed; returns its folder.
///
/// # Errors
/// When there is none of that version, or it can not be moved or recorded.
pub fn publish(env: &Env, version: Version) -> Result<PathBuf, Error> {
    let root = root(env);
    let release = env.store.read()?.release(Kind::Dataset.as_str(), &env.release.name, &version.to_string())?;
    let missing =
        || release::Error::Missing { what: "sealed data set", name: version.to_string(), path: root.path().to_owned() };
    let release = release.filter(|release| release.status == ReleaseStatus::Sealed).ok_or_else(missing)?;
    let folder = root.folder(Kind::Dataset, &release.name, version);
    if Manifest::read(&folder)?.is_none() {
        let staged = read::listing(&root.staged(Kind::Dataset, &release.name, version))?;
        let n_gone = env.store.read()?.withdrawn_among(staged.rows.iter().map(|(id, _)| id.as_str()))?;
        if n_gone > 0 {
            let reason =
                format!("{n_gone} of its questions were taken back since it was sealed: discard it and make it anew");
            return Err(Error::Parked { reason, retry: Retry::Never });
        }
        root.publish_staged(Kind::Dataset, &release.name, version)?;
    }
    record(env, &release, &folder)?;
    retain(env, &root)?;
    Ok(folder)
}

/// Drops a sealed data set that shall not be published; its number is free again.
///
/// # Errors
/// When the store fails or a folder can not be removed.
pub fn discard(env: &Env, release: &Release, reason: &str) -> Result<(), Error> {
    let version = number(release)?;
    root(env).drop_staged(Kind::Dataset, &release.name, version)?;
    let mut txn = env.store.write()?;
    txn.skip_release(release, reason)?;
    Ok(txn.commit()?)
}

/// The folder of the releases.
pub fn root(env: &Env) -> Root {
    Root::new(env.data_dir.releases())
}

/// The newest data set row with this status.
fn staged(env: &Env, status: ReleaseStatus) -> Result<Option<Release>, Error> {
    let all = env.store.read()?.releases(Kind::Dataset.as_str())?;
    Ok(all.into_iter().rev().find(|release| release.status == status))
}

/// Records what was renamed into place before a kill, and sweeps away what was half built.
fn recover(env: &Env, root: &Root) -> Result<(), Error> {
    for release in env.store.read()?.releases(Kind::Dataset.as_str())? {
        if matches!(release.status, ReleaseStatus::Staged | ReleaseStatus::Sealed) {
            let folder = root.folder(Kind::Dataset, &release.name, number(&release)?);
            if Manifest::read(&folder)?.is_some() {
                tracing::info!(
                    version = release.version,
                    "a release that was published before the program ended is recorded"
                );
                record(env, &release, &folder)?;
            }
        }
    }
    Ok(())
}

/// Builds the release that a row stands for; the reason when there is nothing to release.
fn build(env: &Env, root: &Root, release: &Release, progress: Progress<'_>) -> Result<Result<Sealed, String>, Error> {
    let plan = Plan::of(release)?;
    let version = number(release)?;
    // One picture of the store for everything that the release says.
    let store = env.store.read()?;
    let selected = plan::select(&store, &env.release, &plan, release)?;
    let n_rows = selected.selection.n_rows();
    // A patch is owed: it takes back what was out, if need be all of it.
    if n_rows == 0 && !plan.is_patch {
        let held: Vec<String> =
            selected.selection.held.iter().map(|(reason, n)| format!("{n} {}", reason.meaning())).collect();
        let why = if held.is_empty() { "no question is accepted".to_owned() } else { held.join("; ") };
        return Ok(Err(format!("no question may be released: {why}")));
    }
    let folder = root.begin()?;
    let published = catalog::datasets(root)?;
    let previous =
        plan.previous.and_then(|previous| published.iter().find(|listed| listed.manifest.version == previous));
    let size = previous.map(|listed| (listed.manifest.bytes(), listed.manifest.more["rows"].as_u64().unwrap_or(0)));
    guard(root.path(), expected_bytes(n_rows, size), env.release.reserve_mib)?;
    let signer = Signer::open(&key_file(env))?;

    let mut sealer = Sealer::begin(folder, plan.header(&env.release, release, version))?;
    let policy = Policy::embedded();
    let mut reader = rows::Reader::new(&store, &policy, &selected, version);
    let mut done = 0;
    for (place, candidates) in &selected.selection.places {
        sealer.place(*place, candidates.len() as u64)?;
        for candidate in candidates {
            let (row, credit) = reader.read(candidate, *place)?;
            sealer.push(&row, credit)?;
            done += 1;
            if done % 1000 == 0 {
                progress(done, n_rows);
                if env.is_stopping() {
                    return Err(release::Error::Stopped.into());
                }
            }
        }
    }
    progress(n_rows, n_rows);
    sealer.tombstones(&rows::tombstones(&store, &selected, &release.created_at.date_naive().to_string())?)?;
    sealer.balance_mut().hold_back(&selected.selection.held);
    let facts = facts::gather(&store, &selected, sealer.balance_mut())?;
    let folder_before = previous.map(|listed| listed.folder.as_path());
    let sealed = sealer.finish(&facts, folder_before, &signer)?;
    if let (Some(previous), Some(diff)) = (plan.previous, &sealed.diff)
        && diff.is_empty()
        && !plan.is_patch
    {
        std::fs::remove_dir_all(&sealed.folder).map_err(Error::io(&sealed.folder))?;
        return Ok(Err(format!("nothing changed since {previous}")));
    }
    Ok(Ok(sealed))
}

/// Records a folder that is in place as published, with its rows and tombstones.
fn record(env: &Env, release: &Release, folder: &std::path::Path) -> Result<(), Error> {
    let manifest = Manifest::read(folder)?;
    let manifest = manifest.ok_or_else(|| release::Error::damaged(folder, "it has no manifest"))?;
    let listing = read::listing(folder)?;
    let audit = read::audit(folder)?;
    let mut txn = env.store.write()?;
    txn.record_released(release, listing.rows, listing.tombstones)?;
    txn.record_audit(release, &audit)?;
    txn.move_release(release, ReleaseStatus::Published, Some(&summary(&manifest)), None)?;
    push::enqueue(&mut txn, &env.release)?;
    txn.commit()?;
    metrics::counter!("aludel_releases_total", "kind" => "dataset", "result" => "published").increment(1);
    let rows = manifest.more["rows"].as_u64().unwrap_or(0);
    tracing::info!(version = release.version, cause = release.cause, rows, path = %folder.display(), "a data set was released");
    Ok(())
}

fn skipped(release: Option<&Release>, env: &Env, reason: String) -> Result<Made, Error> {
    let mut txn = env.store.write()?;
    match release {
        Some(release) => txn.skip_release(release, &reason)?,
        None => txn.note_skipped(Kind::Dataset.as_str(), &env.release.name, &reason)?,
    }
    txn.commit()?;
    metrics::counter!("aludel_releases_total", "kind" => "dataset", "result" => "skipped").increment(1);
    tracing::info!(reason, "no data set was released");
    Ok(Made::Skipped { reason })
}

/// Takes the folders that retention does not keep.
fn retain(env: &Env, root: &Root) -> Result<(), Error> {
    let rows = env.store.read()?.releases(Kind::Dataset.as_str())?;
    let there: Vec<&Release> =
        rows.iter().filter(|row| row.published_at.is_some() && row.removed_at.is_none()).collect();
    let versions = there.iter().map(|row| number(row)).collect::<Result<Vec<_>, _>>()?;
    let pinned = there.iter().zip(&versions).filter(|(row, _)| row.pinned).map(|(_, version)| *version).collect();
    for version in retention::superfluous(&versions, &pinned, env.release.keep) {
        let Some((row, _)) = there.iter().zip(&versions).find(|(_, known)| **known == version) else { continue };
        // The note first: a folder that is then left after all is taken the next time.
        root.remove(Kind::Dataset, &row.name, version)?;
        let mut txn = env.store.write()?;
        txn.note_release_removed(row)?;
        txn.commit()?;
        tracing::info!(version = row.version, "an old release was taken off the disk");
    }
    Ok(())
}

fn summary(manifest: &Manifest) -> Value {
    let mut summary = serde_json::Map::new();
    for key in ["rows", "works", "tombstones", "changes", "previous"] {
        summary.insert(key.to_owned(), manifest.more.get(key).cloned().unwrap_or(Value::Null));
    }
    summary.insert("bytes".to_owned(), manifest.bytes().into());
    Value::Object(summary)
}

fn number(release: &Release) -> Result<Version, Error> {
    let damaged = |error: release::InvalidVersion| Error::Parked {
        reason: format!("the store holds a release with a number that is none: {error}"),
        retry: Retry::Never,
    };
    release.version.parse().map_err(damaged)
}

/// Where the key lies: not among the releases, which are for everyone.
pub fn key_file(env: &Env) -> PathBuf {
    env.release.key_file.clone().unwrap_or_else(|| env.data_dir.root().join("minisign.key"))
}

/// Now, as precise as a release's time is.
fn now(env: &Env, ask: Ask) -> DateTime<Utc> {
    ask.at.unwrap_or_else(|| env.clock.now()).trunc_subsecs(0)
}
