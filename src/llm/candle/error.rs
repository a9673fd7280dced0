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
    /// Whether the GPU gave out, so that the same can go well another time. Memory that ran out is not that: it will again.
    pub fn is_device_lost(&self) -> bool {
        let Error::Compute(error) = self else { return false };
        let mut error = error;
        while let candle_core::Error::WithBacktrace { inner, .. }
        | candle_core::Error::WithPath { inner, .. }
        | candle_core::Error::Context { inner, .. } = error
        {
            error = inner;
        }
        matches!(error, candle_core::Error::Cuda(fault) if !fault.to_string().contains("OUT_OF_MEMORY"))
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }

    pub(super) fn model(path: &Path, reason: impl ToString) -> Error {
        Error::Model { path: path.to_owned(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_gave_out_is_told_from_its_memory_and_from_other_faults() {
        let cuda = |fault: &str| Error::from(candle_core::Error::Cuda(fault.into()).bt().context("a step"));
        assert!(cuda("DriverError(CUDA_ERROR_ECC_UNCORRECTABLE)").is_device_lost());
        assert!(!cuda("DriverError(CUDA_ERROR_OUT_OF_MEMORY)").is_device_lost());
        assert!(!Error::from(candle_core::Error::Msg("no such layer".to_owned())).is_device_lost());
    }
}
