use std::path::Path;

use sha2::{Digest, Sha256};

use crate::refresh::Error;
use crate::release::manifest::{Entry, measure};

/// Files of a result and of a base model.
const MOST_FILES: usize = 10_000;

/// Identity of weights on disk: the SHA-256 of a file, or for a folder that of the lines `<sha256>  <name>` of the regular files in
/// it, by name, as `sha256sum * | sha256sum` prints it.
///
/// # Errors
/// When there is nothing, or it can not be read.
pub fn fingerprint(path: &Path) -> Result<String, Error> {
    let data = std::fs::metadata(path).map_err(Error::io(path))?;
    if data.is_file() {
        return Ok(measure(path, "")?.sha256);
    }
    let mut hasher = Sha256::new();
    for entry in files(path)? {
        hasher.update(format!("{}  {}\n", entry.sha256, entry.path));
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The regular files of a folder, by name, hashed. Links lead elsewhere and are not among them, except in a base model's folder,
/// where hubs keep files by link: what they lead to is hashed.
pub(super) fn files(folder: &Path) -> Result<Vec<Entry>, Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        if std::fs::metadata(entry.path()).is_ok_and(|data| data.is_file())
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
        if names.len() > MOST_FILES {
            return Err(Error::damaged(folder, format!("has more than {MOST_FILES} files")));
        }
    }
    names.sort();
    names.iter().map(|name| Ok(measure(&folder.join(name), name)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_what_sha256sum_says() {
        let outside = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(outside.path().join(name), text).unwrap();
        write("b", "abc");
        assert_eq!(
            fingerprint(&outside.path().join("b")).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let alone = fingerprint(outside.path()).unwrap();
        write("a", "");
        assert_ne!(fingerprint(outside.path()).unwrap(), alone);
        assert!(fingerprint(&outside.path().join("c")).is_err());
    }
}
