//! What is published: read from the folders, which are the truth about it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::manifest::{Kind, Manifest};
use super::publish::{Root, Yank, yanked};
use super::{Error, Version};

/// A published release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub manifest: Manifest,
    /// Why it was taken back, if it was.
    pub yanked: Option<Yank>,
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Every published release: data sets by version, then models by name and version. A folder without a manifest is none.
///
/// # Errors
/// When a folder or a manifest can not be read.
pub fn list(root: &Root) -> Result<Vec<Listed>, Error> {
    let mut all = in_folder(&root.path().join(Kind::Dataset.as_str()))?;
    for name in folders(&root.path().join(Kind::Model.as_str()))? {
        all.extend(in_folder(&name)?);
    }
    Ok(all)
}

/// The data sets among [`list`].
///
/// # Errors
/// As [`list`].
pub fn datasets(root: &Root) -> Result<Vec<Listed>, Error> {
    in_folder(&root.path().join(Kind::Dataset.as_str()))
}

/// The releases of one model.
///
/// # Errors
/// As [`list`].
pub fn models(root: &Root, name: &str) -> Result<Vec<Listed>, Error> {
    in_folder(&root.path().join(Kind::Model.as_str()).join(name))
}

fn in_folder(folder: &Path) -> Result<Vec<Listed>, Error> {
    let mut found = Vec::new();
    for folder in folders(folder)? {
        let version = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<Version>().ok());
        if version.is_some()
            && let Some(manifest) = Manifest::read(&folder)?
        {
            found.push(Listed { yanked: yanked(&folder)?, manifest, folder });
        }
    }
    found.sort_by_key(|listed| listed.manifest.version);
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder)(error)),
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    Ok(folders)
}
