//! Releases over HTTP: a page, a JSON index, an Atom feed, and the files themselves, with ranges.
//!
//! Only what a manifest lists is served, so neither a half-built folder nor one that waits to be published can be seen.

pub(super) mod api;
pub(super) mod feed;
pub(super) mod file;
pub(super) mod page;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::release::catalog::{self, Listed};
use crate::release::manifest::{self, Kind, Manifest};
use crate::release::model::alias::{self, Alias};
use crate::release::publish::Root;
use crate::release::{Config, Error, Version, is_name};

/// Manifests kept in memory: a reader of Parquet asks for many ranges of one release.
const MOST_HELD: usize = 64;

type Held = HashMap<PathBuf, (SystemTime, Arc<Manifest>)>;

/// The published releases, and what a feed says about them.
#[derive(Debug, Clone)]
pub(super) struct Releases {
    root: Root,
    settings: Arc<Config>,
    held: Arc<Mutex<Held>>,
}

/// What a path below `/releases/` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A release itself.
    Release {
        kind: Kind,
        name: String,
        version: Version,
    },
    /// A path inside one; not yet known to be there.
    File {
        kind: Kind,
        name: String,
        version: Version,
        path: String,
    },
    /// An alias that stands for a version now: the path with that version in its place.
    Moved(String),
    Nothing,
}

impl Releases {
    pub fn new(root: Root, settings: Config) -> Self {
        Releases { root, settings: Arc::new(settings), held: Arc::default() }
    }

    /// Every published release, newest first.
    fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut all = catalog::list(&self.root)?;
        all.sort_by(|a, b| (&b.manifest.created, b.manifest.version).cmp(&(&a.manifest.created, a.manifest.version)));
        Ok(all)
    }

    /// The manifest in a release's folder; `None` when there is no release.
    fn manifest(&self, folder: &Path) -> Result<Option<Arc<Manifest>>, Error> {
        let Some(written) = std::fs::metadata(folder.join(manifest::FILE)).and_then(|found| found.modified()).ok()
        else {
            return Ok(None);
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, manifest)) = held.get(folder)
            && *at == written
        {
            return Ok(Some(Arc::clone(manifest)));
        }
        let Some(manifest) = Manifest::read(folder)?.map(Arc::new) else { return Ok(None) };
        if held.len() >= MOST_HELD {
            held.clear();
        }
        held.insert(folder.to_owned(), (written, Arc::clone(&manifest)));
        Ok(Some(manifest))
    }

    /// What `path`, as it follows `/releases/`, names.
    fn named(&self, path: &str) -> Result<Named, Error> {
        let (kind, rest) = path.split_once('/').unwrap_or((path, ""));
        let (kind, name, rest) = match kind {
            "dataset" => (Kind::Dataset, "", rest),
            "model" => {
                let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
                (Kind::Model, name, rest)
            }
            _ => return Ok(Named::Nothing),
        };
        let (number, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if kind == Kind::Model && !is_name(name) {
            return Ok(Named::Nothing);
        }
        if let Ok(version) = number.parse() {
            let (name, path) = (name.to_owned(), rest.to_owned());
            return Ok(match rest {
                "" => Named::Release { kind, name, version },
                _ => Named::File { kind, name, version, path },
            });
        }
        let version = match (kind, number) {
            (Kind::Dataset, "latest") => {
                let sound = |listed: &Listed| listed.yanked.is_none();
                catalog::datasets(&self.root)?.into_iter().rfind(sound).map(|listed| listed.manifest.version)
            }
            (Kind::Model, alias) => match Alias::from_name(alias) {
                Some(alias) => alias::history(&self.root, name, alias)?.first().copied(),
                None => None,
            },
            _ => None,
        };
        Ok(version.map_or(Named::Nothing, |version| Named::Moved(format!("{}{rest}", href(kind, name, version)))))
    }
}

/// The address of a release, with a slash at its end.
fn href(kind: Kind, name: &str, version: Version) -> String {
    match kind {
        Kind::Dataset => format!("/releases/dataset/{version}/"),
        Kind::Model => format!("/releases/model/{name}/{version}/"),
    }
}

/// `path` as it stands in an address.
fn percent(path: &str) -> String {
    path.split('/')
        .map(|part| url::form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>().replace('+', "%20"))
        .collect::<Vec<_>>()
        .join("/")
}
