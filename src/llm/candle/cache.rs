//! Asking the model: keys and values of what was read are kept, and one token a row is computed at a time.
//!
//! Rows may have prompts of different lengths: each prompt is passed through by itself, so it is never padded, and then laid into the
//! common cache so that all end in the same column. The columns before a row's start are masked.

use candle_core::{DType, Tensor};

use super::Error;
use super::decoder::Decoder;
use super::layer::{Layer, Rotation, causal, softmax};
use super::linear::Policy;

/// Keys and values of the rows at hand, for so many columns as were asked for.
pub struct Room {
    /// Of each layer: `(B, K, T, d)`.
    layers: Vec<(Tensor, Tensor)>,
    /// The column of each row's first token.
    starts: Vec<usize>,
    /// The column that the next token takes.
    at: usize,
    width: usize,
}

/// A prompt that was read: its keys and values of each layer, `(K, P, d)`, and the logits behind its last token, `(V)`.
pub struct Read {
    layers: Vec<(Tensor, Tensor)>,
    len: usize,
    pub logits: Tensor,
}

impl Decoder {
    /// Reads a prompt, once for all the rows that continue it.
    ///
    /// # Errors
    /// When it is empty, or the computation fails.
    pub fn read(&self, prompt: &[u32]) -> Result<Read, Error> {
        if prompt.is_empty() {
            return Err(Error::Tokens { reason: "a prompt is empty".to_owned() });
        }
        let rotation = self.rotation(&(0..prompt.len() as u32).collect::<Vec<_>>())?;
        let mut x = self.embed(&Tensor::new(prompt, &self.device)?)?;
        let mut layers = Vec::new();
        for layer in &self.layers {
            let projected = layer.project(&x, &rotation, Policy::Trained)?;
            let y = attend_before(&projected.q, &projected.k, &projected.v)?;
            x = layer.behind(&x, &y)?;
            layers.push((projected.k, projected.v));
        }
        let logits = self.logits(&x.narrow(0, prompt.len() - 1, 1)?)?.squeeze(0)?;
        Ok(Read { layers, len: prompt.len(), logits })
    }

    /// A cache in which row `i` continues `prompts[rows[i]]`, with room for `more` tokens.
    ///
    /// # Errors
    /// When a row names no prompt, or the memory does not suffice.
    pub fn room(&self, prompts: &[Read], rows: &[usize], more: usize) -> Result<Room, Error> {
        let longest = rows.iter().filter_map(|row| prompts.get(*row)).map(|read| read.len).max().unwrap_or(0);
        let (a, width) = (&self.architecture, longest + more);
        let empty =
            || Ok::<_, Error>(Tensor::zeros((rows.len(), a.kv_heads, width, a.head_dim), self.dtype, &self.device)?);
        let layers = (0..a.layers).map(|_| Ok((empty()?, empty()?))).collect::<Result<Vec<_>, Error>>()?;
        let mut starts = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let read =
                prompts.get(*row).ok_or_else(|| Error::Tokens { reason: format!("there is no prompt {row}") })?;
            let start = longest - read.len;
            for ((to_keys, to_values), (keys, values)) in layers.iter().zip(&read.layers) {
                for (to, from) in [(to_keys, keys), (to_values, values)] {
                    to.narrow(0, at, 1)?.slice_set(&from.unsqueeze(0)?.contiguous()?, 2, start)?;
                }
            }
            starts.push(start);
        }
        Ok(Room { layers, starts, at: longest, width })
    }

    /// The logits behind one more token a row, `tokens (B)` to `(B, V)`.
    ///
    /// # Errors
    /// When the room is full, the tokens are not as many as its rows, or the computation fails.
    pub fn step(&self, room: &mut Room, tokens: &[u32]) -> Result<Tensor, Error> {
        if room.at >= room.width || tokens.len() != room.starts.len() {
            let reason =
                format!("{} tokens for {} rows at {} of {}", tokens.len(), room.starts.len(), room.at, room.width);
            return Err(Error::Tokens { reason });
        }
        let positions: Vec<u32> = room.starts.iter().map(|start| (room.at - start) as u32).collect();
        let rotation = self.rotation(&positions)?;
        let mask = room.mask(&self.device)?;
        let mut x = self.embed(&Tensor::new(tokens, &self.device)?)?;
        for (layer, cache) in self.layers.iter().zip(&room.layers) {
            x = layer.step(&x, cache, room.at, mask.as_ref(), &rotation)?;
        }
        room.at += 1;
        self.logits(&x)
    }
}

impl Room {
    /// Keeps only these rows, in this order.
    ///
    /// # Errors
    /// When the memory does not suffice.
    pub fn keep(&mut self, rows: &[usize]) -> Result<(), Error> {
        let Some((keys, _)) = self.layers.first() else { return Ok(()) };
        let ids = Tensor::new(rows.iter().map(|row| *row as u32).collect::<Vec<_>>(), keys.device())?;
        for (keys, values) in &mut self.layers {
            *keys = keys.index_select(&ids, 0)?;
            *values = values.index_select(&ids, 0)?;
        }
        self.starts = rows.iter().filter_map(|row| self.starts.get(*row).copied()).collect();
        Ok(())
    }

    /// Minus infinity before each row's start, `(B, 1, 1, T)`; none when all rows start at once.
    fn mask(&self, device: &candle_core::Device) -> Result<Option<Tensor>, Error> {
        if self.starts.iter().all(|start| *start == 0) {
            return Ok(None);
        }
        let columns = self.at + 1;
        let hidden = |start: usize| (0..columns).map(move |at| if at < start { f32::NEG_INFINITY } else { 0.0 });
        let mask: Vec<f32> = self.starts.iter().flat_map(|start| hidden(*start)).collect();
        Ok(Some(Tensor::from_vec(mask, (self.starts.len(), 1, 1, columns), device)?))
    }
}

impl Layer {
    /// One token a row: `x (B, D)`, whose keys and values go into column `at` of the cache.
    fn step(
        &self,
        x: &Tensor,
        (keys, values): &(Tensor, Tensor),
        at: usize,
        mask: Option<&Tensor>,
        rotation: &Rotation,
    ) -> Result<Tensor, Error> {
        let (b, _) = x.dims2()?;
        let (h, k, d) = (self.heads, self.kv_heads, self.head_dim);
        let projected = self.project(x, rotation, Policy::Trained)?;
        let column = |x: &Tensor| -> Result<Tensor, Error> { Ok(x.transpose(0, 1)?.contiguous()?.unsqueeze(2)?) };
        keys.slice_set(&column(&projected.k)?, 2, at)?;
        values.slice_set(&column(&projected.v)?, 2, at)?;
        let (keys, values) = (keys.narrow(2, 0, at + 1)?, values.narrow(2, 0, at + 1)?); // (B, K, T, d)
        let q = (projected.q.transpose(0, 1)?.contiguous()? * (1.0 / (d as f64).sqrt()))?.reshape((b, k, h / k, d))?;
        // Keys on the left: on the right, the product would lay them all out anew for every token.
        let scores = keys.matmul(&q.t()?)?.t()?.to_dtype(DType::F32)?; // (B, K, R, T)
        let scores = match mask {
            Some(mask) => scores.broadcast_add(mask)?,
            None => scores,
        };
        let y = softmax(&scores, x.dtype())?.matmul(&values)?.reshape((b, h * d))?;
        self.behind(x, &y)
    }

    /// What the layer makes of its input `x (N, D)` and its attention `y (N, H * d)`.
    fn behind(&self, x: &Tensor, y: &Tensor) -> Result<Tensor, Error> {
        let middle = (x + self.o.forward(y, Policy::Trained)?)?;
        let fed = self.feed(&self.post_norm.forward(&middle)?, Policy::Trained)?;
        Ok((middle + fed.y)?)
    }
}

/// Attention of a prompt's tokens on those before them, from `q (H, N, d)`, `k` and `v (K, N, d)` to `(N, H * d)`; block by block, so
/// that few scores are computed that the mask takes away again.
fn attend_before(q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor, Error> {
    const BLOCK: usize = 64;
    let ((heads, n, d), kv_heads) = (q.dims3()?, k.dim(0)?);
    let r = heads / kv_heads;
    let q = (q * (1.0 / (d as f64).sqrt()))?.reshape((kv_heads, r, n, d))?;
    let mut blocks = Vec::new();
    for from in (0..n).step_by(BLOCK) {
        let b = BLOCK.min(n - from);
        let to = from + b;
        let rows = q.narrow(2, from, b)?.contiguous()?.reshape((kv_heads, r * b, d))?;
        let scores = rows.matmul(&k.narrow(1, 0, to)?.t()?)?.to_dtype(DType::F32)?; // (K, R * B, T)
        let before = Tensor::zeros((b, from), DType::F32, q.device())?;
        let mask = Tensor::cat(&[&before, &causal(b, q.device())?], 1)?;
        let scores = scores.reshape((heads, b, to))?.broadcast_add(&mask)?;
        let weights = softmax(&scores, v.dtype())?.reshape((kv_heads, r * b, to))?;
        blocks.push(weights.matmul(&v.narrow(1, 0, to)?)?.reshape((heads, b, d))?);
    }
    Ok(Tensor::cat(&blocks, 1)?.transpose(0, 1)?.contiguous()?.reshape((n, heads * d))?)
}
