//! A model release: number, check, copy, seal, publication; the new version is the candidate.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Made, key_file, number, root};
use crate::model::status::ReleaseStatus;
use crate::release::manifest::{self, Kind, Manifest, measure};
use crate::release::model::alias::{self, Alias};
use crate::release::model::{Checked, Header, check, seal};
use crate::release::publish::Root;
use crate::release::sign::Signer;
use crate::release::{Version, catalog, guard};
use crate::store::release::{NewRelease, Release};
use crate::worker::jobs::push;
use crate::worker::queue::{Cause, Retry};
use crate::worker::{Env, Error};

/// Releases the model in `folder` under the next version of `name`.
///
/// # Errors
/// What is wrong with the folder; when the store fails, the disk is too full, or a file can not be written.
pub fn model(env: &Env, folder: &Path, name: &str, at: DateTime<Utc>) -> Result<(Made, Checked), Error> {
    let root = root(env);
    let checked = check(folder)?;
    recover(env, &root, name)?;
    let release = stage(env, &root, name, at)?;
    let version = number(&release)?;
    let to = root.begin()?;
    let bytes: u64 =
        checked.files.iter().filter_map(|name| folder.join(name).metadata().ok()).map(|meta| meta.len()).sum();
    guard(root.path(), bytes, env.release.reserve_mib)?;
    let signer = Signer::open(&key_file(env))?;
    let dataset = trained_on(&root, &env.release.name, &checked)?;
    let publisher = env.release.publisher.clone();
    let header = Header { name: name.to_owned(), version, created: release.created_at, publisher };
    let sealed = seal(&checked, to, &header, dataset.as_deref(), &signer)?;
    let manifest = Box::new(sealed.manifest.clone());
    let folder = root.publish(sealed)?;
    record(env, &root, &release, &manifest)?;
    Ok((Made::Published { folder, manifest }, checked))
}

/// SHA-256 of the manifest of the data set the model was trained on, when that is here.
fn trained_on(root: &Root, ours: &str, checked: &Checked) -> Result<Option<String>, Error> {
    let Some(dataset) = checked.lineage.dataset.as_ref().filter(|dataset| dataset.name == ours) else {
        return Ok(None);
    };
    let path = root.folder(Kind::Dataset, &dataset.name, dataset.version).join(manifest::FILE);
    Ok(if path.exists() { Some(measure(&path, manifest::FILE)?.sha256) } else { None })
}

/// The row of a release that was begun, or a new one.
fn stage(env: &Env, root: &Root, name: &str, at: DateTime<Utc>) -> Result<Release, Error> {
    let kind = Kind::Model.as_str();
    let mut txn = env.store.write()?;
    let of_name: Vec<Release> = txn.releases(kind)?.into_iter().filter(|release| release.name == name).collect();
    if let Some(begun) = of_name.iter().find(|release| release.status == ReleaseStatus::Staged) {
        return Ok(begun.clone());
    }
    let known = of_name.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    // A store that was put back from a backup may not know of all that lies in the folder.
    let published = catalog::models(root, name)?;
    let newest = known.into_iter().chain(published.iter().map(|listed| listed.manifest.version)).max();
    let version = newest.map_or(Version::first(1), Version::next_minor).to_string();
    txn.stage_release(&NewRelease {
        kind,
        name: name.to_owned(),
        version: version.clone(),
        cause: Cause::Command.as_str().to_owned(),
        created_at: at,
        plan: json!({}),
    })?;
    let staged = txn.release(kind, name, &version)?;
    txn.commit()?;
    staged.ok_or_else(|| Error::Parked { reason: "a release's number was not kept".to_owned(), retry: Retry::Never })
}

/// Records what was renamed into place before a kill.
fn recover(env: &Env, root: &Root, name: &str) -> Result<(), Error> {
    let staged = env.store.read()?.releases(Kind::Model.as_str())?;
    for release in staged.iter().filter(|release| release.name == name && release.status == ReleaseStatus::Staged) {
        if let Some(manifest) = Manifest::read(&root.folder(Kind::Model, name, number(release)?))? {
            record(env, root, release, &manifest)?;
        }
    }
    Ok(())
}

fn record(env: &Env, root: &Root, release: &Release, manifest: &Manifest) -> Result<(), Error> {
    alias::set(root, &release.name, Alias::Candidate, number(release)?)?;
    let summary = json!({
        "base_model": manifest.more.get("base_model"), "score": manifest.more.get("score"), "bytes": manifest.bytes(),
    });
    let mut txn = env.store.write()?;
    txn.move_release(release, ReleaseStatus::Published, Some(&summary), None)?;
    push::enqueue(&mut txn, &env.release)?;
    txn.commit()?;
    metrics::counter!("aludel_releases_total", "kind" => "model", "result" => "published").increment(1);
    tracing::info!(name = release.name, version = release.version, "a model was released");
    Ok(())
}
