use std::path::PathBuf;
use std::time::Duration;

use crate::fetch::Retry;

/// Why a release did not get to the hub.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("nothing can be pushed: {reason}")]
    Config { reason: String },
    #[error("{host} can not be reached: {cause}")]
    Connect { host: String, cause: String },
    #[error("{host} refused with HTTP {status}: {reason}{}", hint(*status))]
    Refused { host: String, status: u16, reason: String },
    #[error("{host} asks to wait {} s", after.as_secs())]
    Limited { host: String, after: Duration },
    #[error("{host} failed with HTTP {status}: {reason}")]
    Failed { host: String, status: u16, reason: String },
    #[error("{host} answered what its API does not say: {reason}")]
    Garbled { host: String, reason: String },
    #[error("{host} would have a file sent to {to}, which is neither https nor on this machine")]
    Unsafe { host: String, to: String },
    #[error("others kept committing to the repository meanwhile")]
    Outrun,
    #[error("cannot read {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} is not as its release's manifest says: `aludel release verify` on its folder says more", path.display())]
    Changed { path: PathBuf },
}

/// What to do about a status.
fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "; the token in `release.hub.token_file` has to be valid and to allow writing",
        404 => "; `release.hub.owner` has to exist, and the token has to see its repositories",
        300..=399 => "; the repository or the hub has moved",
        _ => "",
    }
}

impl Error {
    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Limited { after, .. } => Retry::After(*after),
            Error::Connect { .. } | Error::Failed { .. } | Error::Garbled { .. } | Error::Outrun | Error::Io { .. } => {
                Retry::Backoff
            }
            Error::Config { .. } | Error::Refused { .. } | Error::Unsafe { .. } | Error::Changed { .. } => Retry::Never,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
