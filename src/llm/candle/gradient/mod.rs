//! The way back through the decoder, written out by hand.
//!
//! candle's own graph is not used: its fast kernels drop gradients in silence, it computes and keeps the gradients of frozen weights,
//! and it has no way to compute a layer once more instead of keeping its inside. Here each layer's way back is one function beside
//! its way there, a frozen weight has none, and what is trained is named.

mod attention;
mod layer;
mod linear;
mod norm;

use std::collections::BTreeMap;

use candle_core::{DType, Tensor};

use super::Error;
use super::decoder::{Decoder, EMBEDDING, HEAD};
use super::linear::Policy;
use super::pass::Tape;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trained {
    /// The adapters' matrices alone.
    Adapters,
    /// Every weight.
    Weights,
}

/// Sums of gradients by parameter, in f32.
#[derive(Debug)]
pub struct Gradients {
    pub trained: Trained,
    by_name: BTreeMap<String, Tensor>,
}

impl Gradients {
    pub fn new(trained: Trained) -> Self {
        Gradients { trained, by_name: BTreeMap::new() }
    }

    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.by_name.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Tensor)> {
        self.by_name.iter()
    }

    /// Multiplies every gradient.
    ///
    /// # Errors
    /// When the computation fails.
    pub fn scale(&mut self, by: f64) -> Result<(), Error> {
        for gradient in self.by_name.values_mut() {
            *gradient = (&*gradient * by)?;
        }
        Ok(())
    }

    /// Their Euclidean length, all together.
    ///
    /// # Errors
    /// When the computation fails.
    pub fn norm(&self) -> Result<f64, Error> {
        let mut sum = 0.0;
        for gradient in self.by_name.values() {
            sum += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        Ok(sum.sqrt())
    }

    pub(super) fn add(&mut self, name: String, gradient: &Tensor) -> Result<(), Error> {
        let gradient = gradient.to_dtype(DType::F32)?;
        match self.by_name.entry(name) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(gradient)),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = (entry.get() + gradient)?;
                entry.insert(sum);
            }
        }
        Ok(())
    }

    fn has_weights(&self) -> bool {
        self.trained == Trained::Weights
    }
}

impl Decoder {
    /// Adds to `gradients` those of `sum(weights * logprobs)`: `weights` is dL/dlogp, one number a token in the order of the pass.
    ///
    /// # Errors
    /// When the numbers are not as many as the tokens, or the computation fails.
    pub fn backward(&self, tape: Tape, weights: &[f32], gradients: &mut Gradients) -> Result<(), Error> {
        let Tape { layout, rotation, inputs, mut saved, last, temperature } = tape;
        let x = inputs.first().ok_or_else(|| Error::Tokens { reason: "the pass kept nothing".to_owned() })?;
        let mut g = last.zeros_like()?.to_dtype(DType::F32)?; // (M, D)
        let all = Tensor::new(weights, &self.device)?;
        for (from, len) in self.blocks(last.dim(0)?) {
            let rows = last.narrow(0, from, len)?;
            let back = self.head_backward(
                &rows,
                &layout.targets.narrow(0, from, len)?,
                &all.narrow(0, from, len)?,
                temperature,
                gradients,
            )?;
            g = g.slice_scatter(&back.to_dtype(DType::F32)?, 0, from)?;
        }
        let mut g = x.zeros_like()?.index_add(&layout.rows, &g.to_dtype(x.dtype())?, 0)?; // (N, D)
        let back_rotation = rotation.inverse()?;
        for (layer, x) in self.layers.iter().zip(&inputs).rev() {
            let inside = match saved.pop() {
                Some(inside) => inside,
                None => layer.pass(x, &layout, &rotation, Policy::Trained)?.1,
            };
            g = layer.backward(x, &inside, &g, &layout, &back_rotation, gradients)?;
        }
        if gradients.has_weights() {
            let embedding = self.embedding.dense()?;
            let back = embedding.zeros_like()?.index_add(&layout.tokens, &g.to_dtype(embedding.dtype())?, 0)?;
            gradients.add(format!("{EMBEDDING}.weight"), &back)?;
        }
        Ok(())
    }

    /// From the log-probabilities back to the rows `x (m, D)` they were computed from.
    fn head_backward(
        &self,
        x: &Tensor,
        targets: &Tensor,
        weights: &Tensor,
        temperature: f64,
        gradients: &mut Gradients,
    ) -> Result<Tensor, Error> {
        let normed = self.norm.forward(x)?;
        let matrix = self.output();
        let logits = (matrix.forward(&normed)?.to_dtype(DType::F32)? / temperature)?;
        let weights = (weights / temperature)?.unsqueeze(1)?; // (m, 1)
        // d logp_y / d logit_j is 1 for j = y, less the share of j.
        let g = candle_nn::ops::softmax_last_dim(&logits)?.broadcast_mul(&weights.neg()?)?;
        let g = g.scatter_add(&targets.unsqueeze(1)?, &weights, 1)?.to_dtype(x.dtype())?; // (m, V)
        if gradients.has_weights() {
            let name = if self.head.is_some() { HEAD } else { EMBEDDING };
            gradients.add(format!("{name}.weight"), &g.t()?.matmul(&normed)?)?;
        }
        self.norm.backward(x, &g.matmul(matrix.dense()?)?, gradients)
    }
}

#[cfg(test)]
mod tests;
