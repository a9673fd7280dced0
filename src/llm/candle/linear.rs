//! A linear layer: `x W^T + b`, and beside it, where it is trained, an adapter of low rank.

use candle_core::quantized::QMatMul;
use candle_core::{DType, Module as _, Tensor};

use super::Error;

/// Shape `(out, in)`.
#[derive(Debug, Clone)]
pub enum Matrix {
    Dense(Tensor),
    Quantised(QMatMul),
}

impl Matrix {
    /// `x (N, in)` to `(N, out)`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Matrix::Dense(weight) => x.matmul(&weight.t()?)?,
            Matrix::Quantised(weight) => weight.forward(x)?,
        })
    }

    /// Rows by their numbers: `ids (N)` to `(N, in)`.
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Matrix::Dense(weight) => weight.index_select(ids, 0)?,
            Matrix::Quantised(weight) => weight.embedding(ids)?,
        })
    }

    /// The numbers themselves, where they are plain: what gradients go through.
    pub fn dense(&self) -> Result<&Tensor, Error> {
        match self {
            Matrix::Dense(weight) => Ok(weight),
            Matrix::Quantised(_) => {
                Err(candle_core::Error::Msg("no gradient goes through a quantised matrix".to_owned()).into())
            }
        }
    }
}

/// `scale * (x A^T) B^T` with `A (r, in)` and `B (out, r)`, in f32 whatever the weights are: Adam's steps are too small for bf16.
///
/// Source: Hu et al. 2021, arXiv 2106.09685.
#[derive(Debug, Clone)]
pub struct Adapter {
    pub a: Tensor,
    pub b: Tensor,
    pub scale: f64,
}

impl Adapter {
    /// Both matrices in the type of what passes through them.
    pub(super) fn cast(&self, dtype: DType) -> Result<(Tensor, Tensor), Error> {
        Ok((self.a.to_dtype(dtype)?, self.b.to_dtype(dtype)?))
    }
}

/// Whether adapters take part: without them the model is the one that training started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Trained,
    Reference,
}

#[derive(Debug, Clone)]
pub struct Linear {
    /// As in transformers, without `.weight`: `model.layers.0.mlp.up_proj`.
    pub name: String,
    pub weight: Matrix,
    pub bias: Option<Tensor>,
    pub adapter: Option<Adapter>,
    pub out: usize,
    pub input: usize,
}

impl Linear {
    /// `x (N, in)` to `(N, out)`.
    pub fn forward(&self, x: &Tensor, policy: Policy) -> Result<Tensor, Error> {
        let mut y = self.weight.forward(x)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        if let (Some(adapter), Policy::Trained) = (&self.adapter, policy) {
            let (a, b) = adapter.cast(x.dtype())?;
            let low = x.matmul(&a.t()?)?; // (N, r)
            y = (y + (low.matmul(&b.t()?)? * adapter.scale)?)?;
        }
        Ok(y)
    }
}
