//! The list of a release's files with their SHA-256: written last, so its presence means that everything else is there.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Error, Version};

pub const FILE: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.json.minisig";
pub const YANKED: &str = "yanked.json";
pub const FORMAT: u32 = 1;
/// Largest manifest read.
const MOST_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Dataset,
    Model,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Dataset => "dataset",
            Kind::Model => "model",
        }
    }
}

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative, with `/`.
    pub path: String,
    pub bytes: u64,
    /// 64 lower-case hex digits.
    pub sha256: String,
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub kind: Kind,
    pub name: String,
    pub version: Version,
    /// The release's time, UTC, to the second.
    pub created: String,
    /// By path.
    pub files: Vec<Entry>,
    /// What else there is to say: counts for a data set, lineage for a model.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Manifest {
    /// Over `files` in any order.
    pub fn new(
        kind: Kind,
        name: &str,
        version: Version,
        created: DateTime<Utc>,
        mut files: Vec<Entry>,
        more: Map<String, Value>,
    ) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let created = created.to_rfc3339_opts(SecondsFormat::Secs, true);
        Manifest { format: FORMAT, kind, name: name.to_owned(), version, created, files, more }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        // Proof: a manifest is made of strings and numbers.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads and checks the manifest of the release in `folder`; `None` when there is none: then there is no release.
    ///
    /// # Errors
    /// A file that can not be read, or is no manifest of a format this program knows.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(file) => file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(&path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        };
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Error::damaged(&path, format!("larger than {MOST_BYTES} bytes")));
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| Error::damaged(&path, error))?;
        if manifest.format != FORMAT {
            let reason =
                format!("it has format {}, this program knows {FORMAT}: a newer aludel reads it", manifest.format);
            return Err(Error::damaged(&path, reason));
        }
        if let Some(entry) = manifest.files.iter().find(|entry| !is_inside(&entry.path)) {
            return Err(Error::damaged(&path, format!("{:?} is no path inside a release", entry.path)));
        }
        Ok(Some(manifest))
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

/// Whether a path stays inside the folder it is relative to.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// A writer that counts and hashes what goes through it.
pub struct Hashed<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    pub fn new(inner: W) -> Self {
        Hashed { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// The writer, and the entry of what was written under `name`.
    pub fn finish(self, name: &str) -> (W, Entry) {
        let sha256 = hex(&self.hasher.finalize());
        (self.inner, Entry { path: name.to_owned(), bytes: self.bytes, sha256 })
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Length and hash of a file as it is.
///
/// # Errors
/// When it can not be read.
pub fn measure(path: &Path, name: &str) -> Result<Entry, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut sink = Hashed::new(std::io::sink());
    std::io::copy(&mut file, &mut sink).map_err(Error::io(path))?;
    Ok(sink.finish(name).1)
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for path in ["README.md", "data/open/train.parquet"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["", "/etc/passwd", "../x", "data/../../x", "."] {
            assert!(!is_inside(path), "{path}");
        }
    }

    /// FIPS 180-4's example: the hash of "abc".
    #[test]
    fn hashes_are_sha_256() {
        let mut sink = Hashed::new(Vec::new());
        sink.write_all(b"abc").unwrap();
        let (bytes, entry) = sink.finish("abc");
        assert_eq!((bytes.as_slice(), entry.bytes), (&b"abc"[..], 3));
        assert_eq!(entry.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
