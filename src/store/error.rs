use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot open the store {}: {source}; is the folder there, writable, and the file a store of aludel?", path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("the store {} has schema {found}, this program knows up to {known}; run a newer aludel", path.display())]
    NewerSchema { path: PathBuf, found: i64, known: usize },
    #[error("the store {} has schema {found}, this program needs {known}; run `aludel migrate`", path.display())]
    OlderSchema { path: PathBuf, found: i64, known: usize },
    #[error("the store {} is in journal mode {mode}, not wal; is it on a network file system?", path.display())]
    NotWal { path: PathBuf, mode: String },
    #[error("the store {} was opened for reading only", path.display())]
    ReadOnly { path: PathBuf },
    #[error("the store is locked by another process; stop it, or wait until it is done")]
    Busy,
    #[error("the disk is full: the store could not be written and stays as it was")]
    DiskFull,
    #[error("the store cannot be written: it, or its folder, is read-only")]
    NotWritable,
    #[error("the data directory {} is in use by another aludel (process {holder}); stop it first", path.display())]
    InUse { path: PathBuf, holder: String },
    #[error("cannot use {} {}: {source}", what, path.display())]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the migrations do not apply: {0}")]
    Migration(#[from] rusqlite_migration::Error),
    #[error("{what} {id} is not as it was stored: {reason}; run `aludel check`")]
    Damaged { what: &'static str, id: String, reason: String },
    #[error("evidence {start}..{end} of passage {passage} does not hold its quote {quote:?}")]
    Evidence { passage: usize, start: usize, end: usize, quote: String },
    #[error("a document of {n_passages} passages is more than the store takes (65,536)")]
    TooManyPassages { n_passages: usize },
    #[error("{what} {id} is {from} and cannot become {to}")]
    IllegalMove { what: &'static str, id: String, from: &'static str, to: &'static str },
    #[error("{what} {id} is not in the store")]
    Missing { what: &'static str, id: String },
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
}

impl Error {
    /// Whether the same call may work later without anyone doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self, Error::Busy | Error::DiskFull)
    }

    pub(super) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        match Error::from(source) {
            Error::Sqlite(source) => Error::Open { path: path.to_owned(), source },
            named => named,
        }
    }

    pub(super) fn damaged(what: &'static str, id: impl ToString, reason: impl ToString) -> Self {
        Error::Damaged { what, id: id.to_string(), reason: reason.to_string() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy,
            Some(ErrorCode::DiskFull) => Error::DiskFull,
            Some(ErrorCode::ReadOnly) => Error::NotWritable,
            _ => Error::Sqlite(error),
        }
    }
}
