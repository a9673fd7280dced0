//! `champion` and `candidate`: files beside a model's versions, replaced at once. The first line names the version that it is now, the
//! lines below it those that it was before, newest first.

use std::path::{Path, PathBuf};

use crate::release::manifest::{Kind, Manifest};
use crate::release::publish::{Root, replace, yanked};
use crate::release::{Error, Version};

/// Earlier versions kept in a file.
const MOST_LINES: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alias {
    Champion,
    Candidate,
}

impl Alias {
    pub fn as_str(self) -> &'static str {
        match self {
            Alias::Champion => "champion",
            Alias::Candidate => "candidate",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Alias::Champion, Alias::Candidate].into_iter().find(|alias| alias.as_str() == name)
    }

    fn file(self, root: &Root, name: &str) -> PathBuf {
        root.path().join(Kind::Model.as_str()).join(name).join(self.as_str())
    }
}

/// The versions that `alias` named, the present one first; none when it never was set.
///
/// # Errors
/// When the file can not be read, or holds no versions.
pub fn history(root: &Root, name: &str, alias: Alias) -> Result<Vec<Version>, Error> {
    let path = alias.file(root, name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    text.lines().map(|line| line.parse().map_err(|error| Error::damaged(&path, error))).collect()
}

/// Lets `alias` name a published version.
///
/// # Errors
/// [`Error::Missing`] when there is none of that number; [`Error::Damaged`] when it was yanked.
pub fn set(root: &Root, name: &str, alias: Alias, version: Version) -> Result<(), Error> {
    let folder = root.folder(Kind::Model, name, version);
    if Manifest::read(&folder)?.is_none() {
        return Err(Error::Missing { what: "model", name: format!("{name} {version}"), path: root.path().to_owned() });
    }
    if let Some(yank) = yanked(&folder)? {
        return Err(Error::damaged(&folder, format!("it was taken back: {}", yank.reason)));
    }
    let mut versions = history(root, name, alias)?;
    if versions.first() != Some(&version) {
        versions.insert(0, version);
    }
    write(&alias.file(root, name), &versions)
}

/// Lets the champion be the version it was before, and returns that.
///
/// # Errors
/// [`Error::Missing`] when there is none that was not yanked since.
pub fn roll_back(root: &Root, name: &str) -> Result<Version, Error> {
    let path = Alias::Champion.file(root, name);
    let versions = history(root, name, Alias::Champion)?;
    for at in 1..versions.len() {
        let version = versions[at];
        let folder = root.folder(Kind::Model, name, version);
        if version != versions[0] && Manifest::read(&folder)?.is_some() && yanked(&folder)?.is_none() {
            write(&path, &versions[at..])?;
            return Ok(version);
        }
    }
    Err(Error::Missing { what: "earlier champion of", name: name.to_owned(), path: root.path().to_owned() })
}

fn write(path: &Path, versions: &[Version]) -> Result<(), Error> {
    let lines: Vec<String> = versions.iter().take(MOST_LINES).map(|version| format!("{version}\n")).collect();
    replace(path, lines.concat().as_bytes())
}
