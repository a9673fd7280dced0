use std::path::{Path, PathBuf};

use crate::fetch::Retry;
use crate::{llm, release};

/// Why a refresh could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// Every fault at once.
    #[error("the plan can not be used: {}", faults.join("; "))]
    Plan { faults: Vec<String> },
    #[error("another process trains in {}", path.display())]
    InUse { path: PathBuf },
    /// A command of an engine.
    #[error("the engine: {reason}; {} says more", log.display())]
    Engine { reason: String, log: PathBuf },
    #[error(transparent)]
    Model(#[from] llm::Error),
    #[error(transparent)]
    Release(#[from] release::Error),
}

impl Error {
    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Io { .. } | Error::InUse { .. } | Error::Engine { .. } => Retry::Backoff,
            Error::Model(error) => error.retry(),
            Error::Release(error) if error.is_passing() => Retry::Backoff,
            Error::Damaged { .. } | Error::Plan { .. } | Error::Release(_) => Retry::Never,
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl ToString) -> Self {
        Error::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }
}
