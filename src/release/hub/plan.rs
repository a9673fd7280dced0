//! What there is here, what there is there, and so what has to be sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha1::Sha1;
use sha2::Digest;
use tokio::io::AsyncReadExt as _;

use super::{Error, files};
use crate::release::manifest::{Manifest, hex};

/// Bytes of a file by which the hub decides how it wants it.
const SAMPLE: usize = 512;
/// The hub's own file, which says what it stores as large.
const KEPT: &str = ".gitattributes";

/// A file of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalFile {
    /// In the repository, with `/`.
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
    /// Hex.
    pub sha256: String,
    /// Git's name for the content: SHA-1 of `blob <bytes>\0` and the bytes, hex.
    pub blob: String,
    pub sample: Vec<u8>,
}

/// A release's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local {
    pub files: Vec<LocalFile>,
}

/// A file of the repository, as its tree lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    pub name: String,
    /// Git's name for the blob; for a large file that of its pointer.
    pub blob: String,
    /// Of a large file.
    pub sha256: Option<String>,
}

/// What a commit has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub send: Vec<LocalFile>,
    pub delete: Vec<String>,
}

impl Local {
    /// Reads and hashes every file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Changed`] for one that is not as the manifest says.
    pub async fn read(folder: PathBuf, manifest: &Manifest) -> Result<Self, Error> {
        let listed: BTreeMap<&str, &str> =
            manifest.files.iter().map(|entry| (entry.path.as_str(), entry.sha256.as_str())).collect();
        let mut read = Vec::new();
        for name in files(manifest) {
            let file = LocalFile::read(folder.join(name), name).await?;
            if listed.get(name).is_some_and(|sha256| **sha256 != file.sha256) {
                return Err(Error::Changed { path: file.path });
            }
            read.push(file);
        }
        Ok(Local { files: read })
    }
}

impl LocalFile {
    async fn read(path: PathBuf, name: &str) -> Result<Self, Error> {
        let mut file = tokio::fs::File::open(&path).await.map_err(Error::io(&path))?;
        let bytes = file.metadata().await.map_err(Error::io(&path))?.len();
        let (mut sha256, mut blob) = (sha2::Sha256::new(), Sha1::new());
        blob.update(format!("blob {bytes}\0"));
        let (mut sample, mut buffer) = (Vec::new(), vec![0; 1 << 18]);
        loop {
            let n = file.read(&mut buffer).await.map_err(Error::io(&path))?;
            if n == 0 {
                break;
            }
            let read = &buffer[..n];
            sha256.update(read);
            blob.update(read);
            sample.extend_from_slice(&read[..n.min(SAMPLE - sample.len())]);
        }
        let (sha256, blob) = (hex(&sha256.finalize()), hex(&blob.finalize()));
        Ok(LocalFile { name: name.to_owned(), path, bytes, sha256, blob, sample })
    }
}

impl Plan {
    pub fn new(local: &Local, remote: &[Remote]) -> Self {
        let there: BTreeMap<&str, &Remote> = remote.iter().map(|file| (file.name.as_str(), file)).collect();
        let is_there = |file: &&LocalFile| {
            there.get(file.name.as_str()).is_some_and(|remote| match &remote.sha256 {
                Some(sha256) => *sha256 == file.sha256,
                None => remote.blob == file.blob,
            })
        };
        let names: Vec<&str> = local.files.iter().map(|file| file.name.as_str()).collect();
        Plan {
            send: local.files.iter().filter(|file| !is_there(file)).cloned().collect(),
            delete: there
                .into_keys()
                .filter(|name| *name != KEPT && !names.contains(name))
                .map(str::to_owned)
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.send.is_empty() && self.delete.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, blob: &str, sha256: &str) -> LocalFile {
        let (name, blob, sha256) = (name.to_owned(), blob.to_owned(), sha256.to_owned());
        LocalFile { name, path: PathBuf::new(), bytes: 1, sha256, blob, sample: Vec::new() }
    }

    fn remote(name: &str, blob: &str, sha256: Option<&str>) -> Remote {
        Remote { name: name.to_owned(), blob: blob.to_owned(), sha256: sha256.map(str::to_owned) }
    }

    #[test]
    fn only_what_differs_is_sent_and_what_is_gone_is_deleted() {
        let local = Local { files: vec![file("a", "1", "x"), file("b", "2", "y"), file("c", "3", "z")] };
        let there = [
            remote(".gitattributes", "9", None),
            remote("a", "1", None),
            remote("b", "pointer", Some("y")),
            remote("c", "old", None),
            remote("d", "4", None),
        ];
        let plan = Plan::new(&local, &there);
        assert_eq!(plan.send.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["c"]);
        assert_eq!(plan.delete, ["d"]);
        assert!(Plan::new(&local, &[remote("a", "1", None), there[2].clone(), remote("c", "3", None)]).is_empty());
    }

    /// `printf 'hello\n' | git hash-object --stdin`.
    #[tokio::test]
    async fn blobs_are_named_as_git_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "hello\n").unwrap();
        let file = LocalFile::read(path, "x").await.unwrap();
        assert_eq!(file.blob, "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!((file.bytes, file.sample.as_slice()), (6, &b"hello\n"[..]));
    }
}
