//! Whether a release is whole, unchanged and signed, from its folder alone.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use parquet::file::reader::FileReader;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;
use serde::Serialize;

use super::manifest::{self, Kind, Manifest, measure};
use super::publish::{Yank, yanked};
use super::{Error, read, schema, sign};

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verified {
    pub ok: bool,
    /// Files that were checked.
    pub files: u64,
    /// Each begins with the file it is about.
    pub errors: Vec<String>,
    pub kind: Option<Kind>,
    pub name: Option<String>,
    pub version: Option<String>,
    /// Id of the key that signed it, and whether the caller named that key or the release only brought it along.
    pub key: Option<String>,
    pub key_known: bool,
    pub yanked: Option<Yank>,
}

/// Checks the release in `folder`: its list, every file's length and hash, files that are too many, the signature, and the data
/// files' schema. `key`: the public key it should be signed with; without one that inside the release does.
///
/// # Errors
/// When the folder can not be read at all. What is wrong with the release is in [`Verified::errors`].
pub fn verify(folder: &Path, key: Option<&str>) -> Result<Verified, Error> {
    let mut found = Verified {
        ok: false,
        files: 0,
        errors: Vec::new(),
        kind: None,
        name: None,
        version: None,
        key: None,
        key_known: key.is_some(),
        yanked: None,
    };
    let manifest = match Manifest::read(folder) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => {
            std::fs::read_dir(folder).map_err(Error::io(folder))?;
            found.errors.push(format!("{}: is not there, so this is no release", manifest::FILE));
            return Ok(found);
        }
        Err(Error::Damaged { reason, .. }) => {
            found.errors.push(format!("{}: {reason}", manifest::FILE));
            return Ok(found);
        }
        Err(error) => return Err(error),
    };
    match yanked(folder) {
        Ok(yank) => found.yanked = yank,
        Err(error) => found.errors.push(format!("{}: {error}", manifest::YANKED)),
    }
    let errors = &mut found.errors;
    for entry in &manifest.files {
        found.files += 1;
        match measure(&folder.join(&entry.path), &entry.path) {
            Ok(measured) if measured.bytes != entry.bytes => {
                errors.push(format!("{}: has {} bytes instead of {}", entry.path, measured.bytes, entry.bytes));
            }
            Ok(measured) if measured.sha256 != entry.sha256 => {
                errors.push(format!("{}: was changed: its SHA-256 is {}", entry.path, measured.sha256));
            }
            Ok(_) => {}
            Err(Error::Io { source, .. }) => errors.push(format!("{}: {source}", entry.path)),
            Err(error) => errors.push(format!("{}: {error}", entry.path)),
        }
    }
    let listed: BTreeSet<&str> = manifest.files.iter().map(|entry| entry.path.as_str()).collect();
    for path in walk(folder, folder)? {
        let own = [manifest::FILE, manifest::SIGNATURE, manifest::YANKED].contains(&path.as_str());
        if !own && !listed.contains(path.as_str()) {
            errors.push(format!("{path}: is not in the manifest"));
        }
    }
    found.key = signature(folder, &manifest, key, errors);
    if manifest.kind == Kind::Dataset && errors.is_empty() {
        data(folder, &manifest, errors);
    }
    (found.kind, found.name, found.version) =
        (Some(manifest.kind), Some(manifest.name), Some(manifest.version.to_string()));
    found.ok = found.errors.is_empty();
    Ok(found)
}

/// Checks the signature; the id of the key it was checked with.
fn signature(folder: &Path, manifest: &Manifest, key: Option<&str>, errors: &mut Vec<String>) -> Option<String> {
    let key = match key {
        Some(key) => sign::public_key(key).map_err(|reason| format!("the key given: {reason}")),
        None => small(&folder.join(sign::PUBLIC_KEY))
            .and_then(|text| sign::public_key(&text))
            .map_err(|reason| format!("{}: {reason}", sign::PUBLIC_KEY)),
    };
    let key = match key {
        Ok(key) => key,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let wrong = |file: &str, reason: String| format!("{file}: {reason}");
    let checked = small(&folder.join(manifest::SIGNATURE))
        .map_err(|reason| wrong(manifest::SIGNATURE, reason))
        .and_then(|signature| {
            let bytes =
                std::fs::read(folder.join(manifest::FILE)).map_err(|error| wrong(manifest::FILE, error.to_string()))?;
            sign::check(&key, manifest, &bytes, &signature)
                .map_err(|reason| format!("{} or {}: {reason}", manifest::SIGNATURE, manifest::FILE))
        });
    if let Err(error) = checked {
        errors.push(error);
    }
    Some(sign::key_id(&key))
}

/// The text of a small file.
fn small(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(sign::MOST_BYTES).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

/// The data files' schema and numbers of rows.
fn data(folder: &Path, manifest: &Manifest, errors: &mut Vec<String>) {
    if manifest.version.major != schema::MAJOR {
        errors.push(format!("{}: schema {} is not known here", manifest::FILE, manifest.version.major));
        return;
    }
    let (mut n_rows, n_columns) = (0, schema::n_columns(folder));
    for entry in manifest.files.iter().filter(|entry| entry.path.starts_with("data/")) {
        let path = folder.join(&entry.path);
        match read::n_rows(&path).and_then(|n| Ok((n, misfit(&path, n_columns)?))) {
            Ok((n, misfit)) => {
                if !entry.path.starts_with(&format!("data/{}/", read::TOMBSTONES)) {
                    n_rows += n;
                }
                if let Some(column) = misfit {
                    errors.push(format!("{}: column {column} is not as the schema has it", entry.path));
                }
            }
            Err(error) => errors.push(format!("{}: {error}", entry.path)),
        }
    }
    let said = manifest.more.get("rows").and_then(serde_json::Value::as_u64);
    if said != Some(n_rows) {
        errors.push(format!("{}: says {said:?} rows, the data files have {n_rows}", manifest::FILE));
    }
}

/// The first of the schema's `n_columns` first columns that `found` lacks or has otherwise. Columns behind them are a later minor
/// release's.
fn missing(found: &Type, n_columns: usize) -> Option<String> {
    let expected = match parse_message_type(schema::QUESTIONS) {
        Ok(expected) => expected,
        Err(error) => unreachable!("the schema does not parse: {error}"),
    };
    let found = found.get_fields();
    let at = expected.get_fields().iter().enumerate().take(n_columns).find(|(at, field)| found.get(*at) != Some(field));
    at.map(|(_, field)| field.name().to_owned())
}

/// The first column of a data file, of the `n_columns` that its release was made under, that is not as this program's schema has it.
///
/// # Errors
/// When it can not be opened.
pub fn misfit(path: &Path, n_columns: usize) -> Result<Option<String>, Error> {
    Ok(missing(read::open(path)?.metadata().file_metadata().schema(), n_columns))
}

fn walk(folder: &Path, root: &Path) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path: PathBuf = entry.map_err(Error::io(folder))?.path();
        if path.is_dir() && !path.is_symlink() {
            paths.extend(walk(&path, root)?);
        } else {
            paths.push(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned());
        }
    }
    paths.sort();
    Ok(paths)
}
