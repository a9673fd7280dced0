//! A release to a repository of the Hugging Face hub: only what changed is sent, in one commit, and the commit gets the version as its
//! tag. What was uploaded before a kill is not uploaded again: the hub knows large files by their SHA-256.
//!
//! Wire facts: the hub's commit API as its own client speaks it, and the Git LFS batch API with the hub's multipart transfer.

mod client;
mod config;
mod error;
mod lfs;
mod plan;
mod wire;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

pub use client::Hub;
pub use config::Config;
pub use error::Error;

use super::manifest::{self, Kind, Manifest};
use plan::{Local, Plan};

/// The branch that releases go to.
const BRANCH: &str = "main";
/// How often a commit is planned anew because somebody else committed in between.
const MOST_PLANS: u32 = 4;

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub kind: Kind,
    /// `owner/name`.
    pub id: String,
    /// Made private when it has to be made.
    pub private: bool,
}

impl Repository {
    fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Dataset => "dataset",
            Kind::Model => "model",
        }
    }

    /// The path of its API, below the hub's address.
    fn api(&self, rest: &str) -> String {
        format!("api/{}s/{}/{rest}", self.kind(), self.id)
    }

    /// The path of its Git LFS server.
    fn lfs(&self) -> String {
        let prefix = match self.kind {
            Kind::Dataset => "datasets/",
            Kind::Model => "",
        };
        format!("{prefix}{}.git/info/lfs/objects/batch", self.id)
    }
}

/// What came of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// `owner/name`.
    pub repository: String,
    pub version: String,
    /// The commit that holds the release.
    pub commit: String,
    /// Files that were sent or named in the commit.
    pub changed: usize,
    /// Files that were taken out.
    pub deleted: usize,
    /// Files that were there already.
    pub unchanged: usize,
    /// Bytes of large files that had to be uploaded.
    pub uploaded_bytes: u64,
}

/// What is told while files are uploaded: bytes of how many.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Makes `repository` hold what the release in `folder` holds, and tags that with its version. Doing it again changes nothing.
///
/// # Errors
/// What the hub refused, or that it can not be reached; [`Error::retry`] says whether trying again can help.
pub async fn push(
    hub: &Hub,
    repository: &Repository,
    folder: PathBuf,
    manifest: &Manifest,
    progress: Progress<'_>,
) -> Result<Pushed, Error> {
    let version = manifest.version.to_string();
    let local = Local::read(folder, manifest).await?;
    create(hub, repository).await?;
    for _ in 0..MOST_PLANS {
        let head = wire::head(hub, repository).await?;
        let plan = Plan::new(&local, &wire::tree(hub, repository).await?);
        let uploaded_bytes;
        let commit = if plan.is_empty() {
            uploaded_bytes = 0;
            head
        } else {
            let modes = wire::modes(hub, repository, &plan).await?;
            uploaded_bytes = lfs::upload(hub, repository, &modes.large, progress).await?;
            let summary = format!("{} {version}", manifest.name);
            match wire::commit(hub, repository, &summary, &head, &modes, &plan.delete).await {
                Ok(commit) => commit,
                Err(Error::Outrun) => continue,
                Err(error) => return Err(error),
            }
        };
        tag(hub, repository, &version, &commit).await?;
        return Ok(Pushed {
            repository: repository.id.clone(),
            version,
            commit,
            changed: plan.send.len(),
            deleted: plan.delete.len(),
            unchanged: local.files.len() - plan.send.len(),
            uploaded_bytes,
        });
    }
    Err(Error::Outrun)
}

/// Takes the tags of releases away that were taken back; returns those that were there.
///
/// # Errors
/// As [`push`].
pub async fn untag(hub: &Hub, repository: &Repository, yanked: &[String]) -> Result<Vec<String>, Error> {
    let tags = wire::tags(hub, repository).await?;
    let mut gone = Vec::new();
    for version in yanked.iter().filter(|version| tags.contains(version)) {
        hub.delete(&repository.api(&format!("tag/{version}"))).await?;
        gone.push(version.clone());
    }
    Ok(gone)
}

async fn create(hub: &Hub, repository: &Repository) -> Result<(), Error> {
    // Proof: an id is `owner/name`, checked with the configuration.
    let (owner, name) = repository.id.split_once('/').unwrap_or(("", &repository.id));
    let mut body = json!({ "name": name, "organization": owner, "private": repository.private });
    if repository.kind == Kind::Dataset {
        body["type"] = "dataset".into();
    }
    match hub.post("api/repos/create", &body).await {
        Ok(_) => tracing::info!(repository = repository.id, "a repository was made on the hub"),
        Err(Error::Refused { status: 409, .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn tag(hub: &Hub, repository: &Repository, version: &str, commit: &str) -> Result<(), Error> {
    match hub.post(&repository.api(&format!("tag/{commit}")), &json!({ "tag": version })).await {
        // A published version never changes, so the tag is on the same files.
        Ok(_) | Err(Error::Refused { status: 409, .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The files of a release as the hub gets them: those of the manifest, it itself, and its signature.
fn files(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.files.iter().map(|entry| entry.path.as_str()).chain([manifest::FILE, manifest::SIGNATURE])
}
