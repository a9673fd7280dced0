use crate::llm::candle;
use crate::refresh;

/// Why a run could not be begun or ended without weights.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Job(#[from] refresh::Error),
    #[error(transparent)]
    Model(#[from] candle::Error),
    #[error("{0}")]
    Unusable(String),
    /// A server that is needed does not answer; the run can go on when it does.
    #[error("{0}")]
    Away(String),
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Error::Model(error.into())
    }
}
