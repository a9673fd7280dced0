//! A whole group through the model: the log-probability of every token of every continuation, and what the way back needs.

use candle_core::{D, Tensor};

use super::Error;
use super::decoder::Decoder;
use super::group::{Attention, Group, Layout, attend};
use super::layer::{Fed, Layer, Projected, Rotation};
use super::linear::Policy;

/// Numbers of one block of logits: its rows are bounded so that a large vocabulary does not fill the memory.
const BLOCK_NUMBERS: usize = 1 << 24;

/// What one layer went through.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub projected: Projected,
    pub attention: Attention,
    /// The residual stream between the layer's parts, `(N, D)`.
    pub middle: Tensor,
    /// What the second norm made of it.
    pub normed: Tensor,
    pub fed: Fed,
}

/// What a pass leaves for its way back.
#[derive(Debug)]
pub struct Tape {
    pub(super) layout: Layout,
    pub(super) rotation: Rotation,
    /// Each layer's input, `(N, D)`.
    pub(super) inputs: Vec<Tensor>,
    /// Each layer's inside, unless it is to be computed again.
    pub(super) saved: Vec<Saved>,
    /// The rows that predict, `(M, D)`, before the last norm.
    pub(super) last: Tensor,
    pub(super) temperature: f64,
}

/// Whether a layer's inside is kept for the way back, or computed once more there from its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Inputs,
    Everything,
}

/// What a pass found, one number a token, the continuations one behind the other.
#[derive(Debug)]
pub struct Scored {
    /// Natural logarithms.
    pub logprobs: Vec<f32>,
    /// Of the distribution that each token was drawn from, in nats.
    pub entropies: Vec<f32>,
    pub tape: Option<Tape>,
}

impl Layer {
    pub(super) fn pass(
        &self,
        x: &Tensor,
        layout: &Layout,
        rotation: &Rotation,
        policy: Policy,
    ) -> Result<(Tensor, Saved), Error> {
        let projected = self.project(x, rotation, policy)?;
        let attention = attend(&projected.q, &projected.k, &projected.v, layout)?;
        let middle = (x + self.o.forward(&attention.y, policy)?)?;
        let normed = self.post_norm.forward(&middle)?;
        let fed = self.feed(&normed, policy)?;
        let y = (&middle + &fed.y)?;
        Ok((y, Saved { projected, attention, middle, normed, fed }))
    }
}

impl Decoder {
    /// The log-probability of every token of `group`'s continuations when drawn at `temperature`.
    ///
    /// # Errors
    /// When the group holds an empty part, or the computation fails.
    pub fn score(&self, group: &Group, temperature: f64, policy: Policy, keep: Keep) -> Result<Scored, Error> {
        let layout = Layout::new(group, &self.device)?;
        let rotation = self.rotation(&layout.positions)?;
        let (mut inputs, mut saved) = (Vec::new(), Vec::new());
        let mut x = self.embed(&layout.tokens)?;
        for layer in &self.layers {
            let (y, inside) = layer.pass(&x, &layout, &rotation, policy)?;
            if keep != Keep::Nothing {
                inputs.push(x);
            }
            if keep == Keep::Everything {
                saved.push(inside);
            }
            x = y;
        }
        let last = x.index_select(&layout.rows, 0)?; // (M, D)
        let (mut logprobs, mut entropies) = (Vec::new(), Vec::new());
        for (from, len) in self.blocks(last.dim(0)?) {
            let logits = (self.logits(&last.narrow(0, from, len)?)? / temperature)?; // (m, V)
            let whole = logits.log_sum_exp(D::Minus1)?;
            let chosen = logits.gather(&layout.targets.narrow(0, from, len)?.unsqueeze(1)?, 1)?.squeeze(1)?;
            logprobs.extend((chosen - &whole)?.to_vec1::<f32>()?);
            let shares = candle_nn::ops::softmax_last_dim(&logits)?;
            entropies.extend((whole - (shares * logits)?.sum(D::Minus1)?)?.to_vec1::<f32>()?);
        }
        let tape = Tape { layout, rotation, inputs, saved, last, temperature };
        Ok(Scored { logprobs, entropies, tape: (keep != Keep::Nothing).then_some(tape) })
    }

    /// How `n` rows are cut so that their logits stay small: start and length of each block.
    pub(super) fn blocks(&self, n: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let step = (BLOCK_NUMBERS / self.architecture.vocab).max(1);
        (0..n).step_by(step).map(move |from| (from, step.min(n - from)))
    }
}
