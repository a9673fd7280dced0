use std::path::PathBuf;

use crate::{drift, index, llm, question, refresh, release, store, topic};

use super::queue::Retry;

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Index(#[from] index::Error),
    #[error("no questions could be drafted: {0}")]
    Draft(#[from] question::Error),
    #[error("no question could be tried: {0}")]
    Trial(#[from] llm::Error),
    #[error("the topic mix could not be judged: {0}")]
    Drift(#[from] drift::Error),
    #[error("no topics could be learnt: {0}")]
    Topic(#[from] topic::Error),
    #[error("the refresh: {0}")]
    Refresh(#[from] refresh::Error),
    #[error("no release was made: {0}")]
    Release(#[from] release::Error),
    #[error("no release was pushed: {0}")]
    Push(#[from] release::hub::Error),
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("cannot watch the inbox {}: {reason}", path.display())]
    Watch { path: PathBuf, reason: String },
    #[error(transparent)]
    Poll(#[from] super::jobs::poll::Error),
    #[error("{reason}")]
    Parked { reason: String, retry: Retry },
}

impl Error {
    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Store(error) | Error::Poll(super::jobs::poll::Error::Store(error)) => {
                if error.is_passing() {
                    Retry::Backoff
                } else {
                    Retry::Never
                }
            }
            Error::Refresh(error) => error.retry(),
            Error::Release(error) if !error.is_passing() => Retry::Never,
            Error::Draft(error) => error.retry(),
            Error::Trial(error) => error.retry(),
            Error::Push(error) => error.retry(),
            Error::Release(_) | Error::Poll(_) | Error::Index(_) | Error::Io { .. } | Error::Watch { .. } => {
                Retry::Backoff
            }
            Error::Drift(_) | Error::Topic(_) => Retry::Never,
            Error::Parked { retry, .. } => *retry,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
