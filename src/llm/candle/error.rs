use std::path::{Path, PathBuf};

/// Why a model can not be loaded or computed with here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} can not be read: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} can not be used as a model: {reason}", path.display())]
    Model { path: PathBuf, reason: String },
    #[error("the device {device} can not be used: {reason}")]
    Device { device: String, reason: String },
    #[error("text and tokens do not go together: {reason}")]
    Tokens { reason: String },
    #[error("the chat template can not be rendered: {reason}")]
    Template { reason: String },
    #[error("the model can not be computed: {0}")]
    Compute(#[from] candle_core::Error),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }

    pub(super) fn model(path: &Path, reason: impl ToString) -> Error {
        Error::Model { path: path.to_owned(), reason: reason.to_string() }
    }
}
