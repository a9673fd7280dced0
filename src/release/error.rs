use std::path::{Path, PathBuf};

/// Why a release was not made, found or believed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{}: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the signing key {}: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    #[error(
        "a release may need {needed_mib} MiB and {} has {free_mib} MiB left besides the reserve of {reserve_mib} MiB: \
         make room, or lower `release.reserve_mib`",
        path.display()
    )]
    NoSpace { path: PathBuf, needed_mib: u64, free_mib: u64, reserve_mib: u64 },
    #[error("there is no {what} {name} under {}; `aludel release list` shows what there is", path.display())]
    Missing { what: &'static str, name: String, path: PathBuf },
    #[error("{} is there already: a published release never changes", path.display())]
    Exists { path: PathBuf },
    #[error("the program is stopping; the release is begun anew")]
    Stopped,
}

impl Error {
    /// Whether the same call may work later without anyone doing anything to the release itself.
    pub fn is_passing(&self) -> bool {
        matches!(self, Error::Io { .. } | Error::NoSpace { .. } | Error::Stopped)
    }

    /// The file or folder that it is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Error::Io { path, .. }
            | Error::Parquet { path, .. }
            | Error::Damaged { path, .. }
            | Error::Key { path, .. }
            | Error::NoSpace { path, .. }
            | Error::Missing { path, .. }
            | Error::Exists { path } => Some(path),
            Error::Stopped => None,
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }

    pub(crate) fn parquet(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        let path = path.to_owned();
        move |source| Error::Parquet { path, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Error::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }
}
