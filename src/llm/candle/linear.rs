//! A linear layer: `x W^T + b`, and beside it, where it is trained, an adapter of low rank.

use candle_core::{DType, Tensor};

use super::Error;
use super::quantised::Quantised;

/// Shape `(out, in)`.
#[derive(Debug, Clone)]
pub enum Matrix {
    Dense(Tensor),
    Quantised(Quantised),
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
            Matrix::Quantised(weight) => weight.rows(ids)?,
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
        self.with_rest(self.weight.forward(x)?, x, policy)
    }

    /// What each of `linears` makes of the same `x`. Where their weights are of one quantised kind, `x` is prepared once for all.
    pub fn forward_together<const N: usize>(
        linears: [&Linear; N],
        x: &Tensor,
        policy: Policy,
    ) -> Result<[Tensor; N], Error> {
        let quantised: Vec<&Quantised> = linears
            .iter()
            .filter_map(|linear| match &linear.weight {
                Matrix::Quantised(weight) => Some(weight),
                Matrix::Dense(_) => None,
            })
            .collect();
        let fused = if quantised.len() == N { Quantised::forward_together(&quantised, x)? } else { None };
        let mut fused = fused.map(Vec::into_iter);
        let each = linears.map(|linear| match fused.as_mut().and_then(Iterator::next) {
            Some(y) => linear.with_rest(y, x, policy),
            None => linear.forward(x, policy),
        });
        let whole = each.into_iter().collect::<Result<Vec<Tensor>, Error>>()?;
        whole.try_into().map_err(|_| Error::Tokens { reason: "a layer is missing".to_owned() })
    }

    /// The bias and the adapter's part, on top of what the weights made of `x`.
    fn with_rest(&self, y: Tensor, x: &Tensor, policy: Policy) -> Result<Tensor, Error> {
        let mut y = y;
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
