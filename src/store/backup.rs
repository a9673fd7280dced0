//! Copies of the store that are whole at one moment, checked before they count.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Error, Store, check, schema};

/// Writes a copy of the store to `target` while others may write on. The copy appears under its name only when it is whole.
///
/// # Errors
/// When `target` exists, can not be written, or the copy does not pass SQLite's own check.
pub fn write(store: &Store, target: &Path) -> Result<(), Error> {
    refuse_existing(target)?;
    let partial = schema::sibling(target, ".partial");
    remove(&partial)?;
    let copied = {
        let source = store.read()?;
        copy(source.connection(), &partial)
    };
    copied.and_then(|()| publish(&partial, target)).inspect_err(|_| {
        let _ = std::fs::remove_file(&partial);
    })
}

/// Puts the backup at `source` in place of the store of a data directory that this process has locked and not opened.
/// What was there is kept beside it; its path is returned.
///
/// # Errors
/// When `source` is no sound store of this program, or the place can not be written.
pub fn restore(source: &Path, place: &Path) -> Result<Option<PathBuf>, Error> {
    let reader = super::connect_reader(source)?;
    schema::refuse_newer(&reader, source)?;
    let partial = schema::sibling(place, ".partial");
    remove(&partial)?;
    copy(&reader, &partial)?;
    let mut kept = None;
    if place.exists() {
        // Fold the log in first: the old file then is whole on its own.
        drop(Connection::open(place).and_then(|old| old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))));
        let aside = schema::sibling(place, ".before-restore");
        rename(place, &aside)?;
        kept = Some(aside);
    }
    for suffix in ["-wal", "-shm"] {
        remove(&schema::sibling(place, suffix))?;
    }
    publish(&partial, place)?;
    Ok(kept)
}

fn copy(source: &Connection, target: &Path) -> Result<(), Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut copy = Connection::open_with_flags(target, flags).map_err(|error| Error::opening(target, error))?;
    rusqlite::backup::Backup::new(source, &mut copy)?.run_to_completion(1024, Duration::ZERO, None)?;
    // A copy of a log-mode file asks for a log; a backup is one file.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    if let Some(fault) = check::integrity(&copy)?.into_iter().next() {
        return Err(Error::damaged("the copy", target.display(), fault));
    }
    Ok(())
}

fn publish(partial: &Path, target: &Path) -> Result<(), Error> {
    let sync = |path: &Path| std::fs::File::open(path).and_then(|file| file.sync_all());
    sync(partial).map_err(|source| Error::Io { what: "the backup", path: partial.to_owned(), source })?;
    rename(partial, target)?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        sync(folder).map_err(|source| Error::Io { what: "the folder", path: folder.to_owned(), source })?;
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|source| Error::Io { what: "the file", path: to.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Io { what: "the file", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

fn refuse_existing(target: &Path) -> Result<(), Error> {
    if target.exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::Io { what: "the backup file", path: target.to_owned(), source });
    }
    Ok(())
}
