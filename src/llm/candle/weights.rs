//! Where a model's numbers come from: a GGUF file, or a folder of safetensors.

use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use super::Error;
use super::linear::Matrix;
use super::quantised::Quantised;

/// Largest JSON file read beside the weights.
const MOST_JSON_BYTES: u64 = 64 << 20;

/// Tensors by transformers' names, on the CPU.
pub(super) trait Weights {
    fn path(&self) -> &Path;

    /// As f32.
    fn dense(&mut self, name: &str) -> Result<Tensor, Error>;

    /// As stored, when that is a quantised form that is fast here.
    fn quantised(&mut self, name: &str) -> Result<Option<QTensor>, Error>;
}

/// What numbers a loaded model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Plain numbers of this type: what can be trained.
    Dense(DType),
    /// Matrices in the file's own quantisation where that is fast, else in Q8_0: a quarter of f32's memory. For asking only.
    Quantised,
}

/// Reads one model's tensors, each with the shape it must have.
pub(super) struct Loader<'a> {
    pub weights: &'a mut dyn Weights,
    pub precision: Precision,
    pub device: &'a Device,
}

impl Loader<'_> {
    /// A norm's scale or a bias: never quantised.
    pub fn vector(&mut self, name: &str, len: usize) -> Result<Tensor, Error> {
        let dtype = match self.precision {
            Precision::Dense(dtype) => dtype,
            Precision::Quantised => DType::F32,
        };
        Ok(self.checked(name, &[len])?.to_device(self.device)?.to_dtype(dtype)?)
    }

    /// Shape `(out, in)`.
    pub fn matrix(&mut self, name: &str, out: usize, input: usize) -> Result<Matrix, Error> {
        let Precision::Dense(dtype) = self.precision else {
            if let Some(stored) = self.weights.quantised(name)? {
                if stored.shape().dims() != [out, input] {
                    return Err(self.misshapen(name, stored.shape().dims(), &[out, input]));
                }
                return Ok(Matrix::Quantised(Quantised::laid_out(stored, self.device)?));
            }
            let dense = self.checked(name, &[out, input])?;
            if input.is_multiple_of(GgmlDType::Q8_0.block_size()) {
                let quantised = QTensor::quantize(&dense, GgmlDType::Q8_0)?;
                return Ok(Matrix::Quantised(Quantised::laid_out(quantised, self.device)?));
            }
            return Ok(Matrix::Dense(dense.to_device(self.device)?));
        };
        Ok(Matrix::Dense(self.checked(name, &[out, input])?.to_device(self.device)?.to_dtype(dtype)?))
    }

    fn checked(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let tensor = self.weights.dense(name)?;
        if tensor.dims() != shape {
            return Err(self.misshapen(name, tensor.dims(), shape));
        }
        // One number that is none spreads to every output; adding up shows it.
        let sum = tensor.sum_all()?.to_scalar::<f32>()?;
        if !sum.is_finite() {
            return Err(Error::model(
                self.weights.path(),
                format!("tensor {name} holds a number that is infinite or none"),
            ));
        }
        Ok(tensor)
    }

    fn misshapen(&self, name: &str, found: &[usize], wanted: &[usize]) -> Error {
        Error::model(self.weights.path(), format!("tensor {name} has shape {found:?}, not {wanted:?}"))
    }
}

/// A small JSON file.
pub(super) fn json(path: &Path) -> Result<Value, Error> {
    let bytes = std::fs::metadata(path).map_err(Error::io(path))?.len();
    if bytes > MOST_JSON_BYTES {
        return Err(Error::model(path, format!("it is larger than {MOST_JSON_BYTES} bytes")));
    }
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::model(path, format!("it is no JSON: {error}")))
}
