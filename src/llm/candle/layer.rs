//! One decoder layer: attention and a gated feed-forward part, each behind an RMS norm and added to the residual stream.

use candle_core::{DType, Tensor};

use super::Error;
use super::linear::{Linear, Policy};

/// An RMS norm's scale.
#[derive(Debug, Clone)]
pub struct Norm {
    pub name: String,
    pub weight: Tensor,
    pub eps: f64,
}

impl Norm {
    /// Over the last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(candle_nn::ops::rms_norm(&x.contiguous()?, &self.weight, self.eps as f32)?)
    }
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub input_norm: Norm,
    pub q: Linear,
    pub k: Linear,
    pub v: Linear,
    pub o: Linear,
    /// Of queries and of keys, head by head.
    pub head_norms: Option<(Norm, Norm)>,
    pub post_norm: Norm,
    pub gate: Linear,
    pub up: Linear,
    pub down: Linear,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
}

/// Rotary tables of the tokens at hand: `(N, d / 2)` each.
#[derive(Debug, Clone)]
pub struct Rotation {
    pub cos: Tensor,
    pub sin: Tensor,
}

impl Rotation {
    /// Turns `x (heads, N, d)`.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(candle_nn::rotary_emb::rope(&x.unsqueeze(0)?.contiguous()?, &self.cos, &self.sin)?.squeeze(0)?)
    }

    /// The rotation back, which is its gradient too.
    pub fn inverse(&self) -> Result<Rotation, Error> {
        Ok(Rotation { cos: self.cos.clone(), sin: self.sin.neg()? })
    }
}

/// Queries, keys and values of the tokens at hand, heads first: `(H, N, d)`, `(K, N, d)`, `(K, N, d)`.
#[derive(Debug, Clone)]
pub struct Projected {
    /// What the layer's norm made of its input, `(N, D)`.
    pub normed: Tensor,
    /// Before the norms of heads, for the way back; none where there are none.
    pub bare: Option<(Tensor, Tensor)>,
    pub q: Tensor,
    pub k: Tensor,
    pub v: Tensor,
}

impl Layer {
    /// The layers that are linear, in the order of the computation.
    pub fn linears_mut(&mut self) -> [&mut Linear; 7] {
        let Layer { q, k, v, o, gate, up, down, .. } = self;
        [q, k, v, o, gate, up, down]
    }

    /// What attention works on, from the residual stream `x (N, D)`.
    pub(super) fn project(&self, x: &Tensor, rotation: &Rotation, policy: Policy) -> Result<Projected, Error> {
        let normed = self.input_norm.forward(x)?;
        let heads = |y: Tensor, heads: usize| -> Result<Tensor, Error> {
            let (n, _) = normed.dims2()?;
            Ok(y.reshape((n, heads, self.head_dim))?.transpose(0, 1)?.contiguous()?)
        };
        let [q, k, v] = Linear::forward_together([&self.q, &self.k, &self.v], &normed, policy)?;
        let (mut q, mut k, v) = (heads(q, self.heads)?, heads(k, self.kv_heads)?, heads(v, self.kv_heads)?);
        let mut bare = None;
        if let Some((q_norm, k_norm)) = &self.head_norms {
            let normed = (q_norm.forward(&q)?, k_norm.forward(&k)?);
            bare = Some((std::mem::replace(&mut q, normed.0), std::mem::replace(&mut k, normed.1)));
        }
        Ok(Projected { normed, bare, q: rotation.apply(&q)?, k: rotation.apply(&k)?, v })
    }

    /// The gated part, from what its norm made, `(N, D)`.
    pub(super) fn feed(&self, normed: &Tensor, policy: Policy) -> Result<Fed, Error> {
        let [gate, up] = Linear::forward_together([&self.gate, &self.up], normed, policy)?;
        let product = (gate.silu()? * &up)?;
        let y = self.down.forward(&product, policy)?;
        Ok(Fed { gate, up, product, y })
    }
}

/// What the gated part went through, for the way back; `y (N, D)` is what it gives.
#[derive(Debug, Clone)]
pub struct Fed {
    pub gate: Tensor,
    pub up: Tensor,
    pub product: Tensor,
    pub y: Tensor,
}

/// Scores to weights over the last dimension, in f32.
pub(super) fn softmax(scores: &Tensor, dtype: DType) -> Result<Tensor, Error> {
    let scores = scores.to_dtype(DType::F32)?.contiguous()?;
    Ok(candle_nn::ops::softmax_last_dim(&scores)?.to_dtype(dtype)?)
}

/// 0 at and below the diagonal, minus infinity above: `(n, n)`.
pub(super) fn causal(n: usize, device: &candle_core::Device) -> Result<Tensor, Error> {
    let mask: Vec<f32> =
        (0..n).flat_map(|i| (0..n).map(move |j| if j > i { f32::NEG_INFINITY } else { 0.0 })).collect();
    Ok(Tensor::from_vec(mask, (n, n), device)?)
}
