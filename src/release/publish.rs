//! Where releases lie, and how one gets there: built aside, made durable, renamed.
//!
//! ```text
//! releases/.partial-<random>/              being built
//! releases/.staged/dataset/<version>/      whole, waiting for `aludel release publish`
//! releases/dataset/<version>/              what readers see
//! releases/model/<name>/<version>/
//! ```

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::manifest::{self, Kind, Manifest};
use super::seal::{Sealed, stamp};
use super::{Error, Version};

const PARTIAL: &str = ".partial-";
const STAGED: &str = ".staged";

/// The folder of all releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

/// Why and when a release was taken back; `yanked.json` beside its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Yank {
    pub reason: String,
    pub at: String,
}

impl Root {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Root(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a published release lies. `name` only matters for models.
    pub fn folder(&self, kind: Kind, name: &str, version: Version) -> PathBuf {
        self.0.join(inner(kind, name, version))
    }

    /// Where a release waits that was staged.
    pub fn staged(&self, kind: Kind, name: &str, version: Version) -> PathBuf {
        self.0.join(STAGED).join(inner(kind, name, version))
    }

    /// An empty folder to build in. What earlier programs left half-built is swept away: one process builds at a time.
    ///
    /// # Errors
    /// When the folder can not be made.
    pub fn begin(&self) -> Result<PathBuf, Error> {
        std::fs::create_dir_all(&self.0).map_err(Error::io(&self.0))?;
        self.sweep()?;
        let folder = tempfile::Builder::new().prefix(PARTIAL).tempdir_in(&self.0).map_err(Error::io(&self.0))?;
        Ok(folder.keep())
    }

    /// Removes half-built folders.
    ///
    /// # Errors
    /// When one can not be removed.
    pub fn sweep(&self) -> Result<(), Error> {
        for entry in std::fs::read_dir(&self.0).map_err(Error::io(&self.0))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                std::fs::remove_dir_all(entry.path()).map_err(Error::io(&entry.path()))?;
            }
        }
        Ok(())
    }

    /// Puts a whole release where readers look; returns its folder.
    ///
    /// # Errors
    /// [`Error::Exists`] when that version is out already.
    pub fn publish(&self, sealed: Sealed) -> Result<PathBuf, Error> {
        let Manifest { kind, name, version, .. } = &sealed.manifest;
        let to = self.folder(*kind, name, *version);
        rename(&sealed.folder, &to)?;
        Ok(to)
    }

    /// Puts a whole release aside for [`Root::publish_staged`], in the place of one staged before under the same version.
    ///
    /// # Errors
    /// When it can not be moved.
    pub fn stage(&self, sealed: Sealed) -> Result<PathBuf, Error> {
        let Manifest { kind, name, version, .. } = &sealed.manifest;
        let to = self.staged(*kind, name, *version);
        if to.exists() {
            std::fs::remove_dir_all(&to).map_err(Error::io(&to))?;
        }
        rename(&sealed.folder, &to)?;
        Ok(to)
    }

    /// Publishes what was staged.
    ///
    /// # Errors
    /// [`Error::Missing`] when nothing is staged under that version.
    pub fn publish_staged(&self, kind: Kind, name: &str, version: Version) -> Result<PathBuf, Error> {
        let from = self.staged(kind, name, version);
        if Manifest::read(&from)?.is_none() {
            return Err(Error::Missing { what: "staged release", name: version.to_string(), path: self.0.clone() });
        }
        let to = self.folder(kind, name, version);
        rename(&from, &to)?;
        Ok(to)
    }

    /// Drops what is staged under that version, if anything is.
    ///
    /// # Errors
    /// When it can not be removed.
    pub fn drop_staged(&self, kind: Kind, name: &str, version: Version) -> Result<(), Error> {
        let folder = self.staged(kind, name, version);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(&folder)(error)),
            _ => Ok(()),
        }
    }

    /// Takes a published release away: out of sight first, then off the disk.
    ///
    /// # Errors
    /// When it can not be moved or removed.
    pub fn remove(&self, kind: Kind, name: &str, version: Version) -> Result<(), Error> {
        let from = self.folder(kind, name, version);
        if !from.exists() {
            return Ok(());
        }
        let aside = tempfile::Builder::new().prefix(PARTIAL).tempdir_in(&self.0).map_err(Error::io(&self.0))?.keep();
        let to = aside.join("removed");
        std::fs::rename(&from, &to).map_err(Error::io(&from))?;
        std::fs::remove_dir_all(&aside).map_err(Error::io(&aside))
    }
}

fn inner(kind: Kind, name: &str, version: Version) -> PathBuf {
    let kind_folder = Path::new(kind.as_str());
    match kind {
        Kind::Dataset => kind_folder.join(version.to_string()),
        Kind::Model => kind_folder.join(name).join(version.to_string()),
    }
}

/// Marks a published release as taken back. A second time changes the reason.
///
/// # Errors
/// [`Error::Missing`] when no release is there.
pub fn yank(folder: &Path, reason: &str, at: DateTime<Utc>) -> Result<(), Error> {
    if Manifest::read(folder)?.is_none() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Error::Missing { what: "release", name, path: folder.to_owned() });
    }
    let yank = Yank { reason: reason.to_owned(), at: stamp(at) };
    // Proof: two strings.
    let mut bytes = serde_json::to_vec_pretty(&yank).unwrap_or_default();
    bytes.push(b'\n');
    replace(&folder.join(manifest::YANKED), &bytes)
}

/// The mark of [`yank`], if the release has one.
///
/// # Errors
/// When it is there and can not be read.
pub fn yanked(folder: &Path) -> Result<Option<Yank>, Error> {
    let path = folder.join(manifest::YANKED);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::damaged(&path, error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(&path)(error)),
    }
}

/// Writes a whole file in the place of what was there, all at once.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io(folder))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::io(path))?;
    file.persist(path).map_err(|error| Error::io(path)(error.error))?;
    sync(folder)
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Exists { path: to.to_owned() });
    }
    let parent = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(Error::io(parent))?;
    // A temporary folder is its maker's only; a release is for everyone who may look into the data directory.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(from, mode).map_err(Error::io(from))?;
    std::fs::rename(from, to).map_err(Error::io(to))?;
    for folder in parent.ancestors().take(3) {
        sync(folder)?;
    }
    Ok(())
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// Makes the entries of a folder and of all folders in it durable.
pub(super) fn sync_folders(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sync_folders(&entry.path())?;
        }
    }
    sync(folder)
}
