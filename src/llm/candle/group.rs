//! A prompt with several continuations, passed through the model once: every continuation reads the prompt's keys and values.
//!
//! Tokens lie one behind the other, `N = P + G * C`: the prompt's P, then G continuations of C, padded at their ends. A
//! continuation's last token is not passed through: nothing is read off it.

use candle_core::{DType, Device, Tensor};

use super::Error;
use super::layer::{causal, softmax};

/// One prompt and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// At least one token.
    pub prompt: Vec<u32>,
    /// Each at least one token.
    pub continuations: Vec<Vec<u32>>,
}

/// How a group's tokens lie.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// P.
    pub prompt: usize,
    /// G; 0 when no continuation has more than one token.
    pub members: usize,
    /// C.
    pub width: usize,
    /// `(N)`, padding is token 0.
    pub tokens: Tensor,
    /// Place of each token in its own sequence, `(N)`.
    pub positions: Vec<u32>,
    /// Where the row lies that predicts each token of each continuation, one continuation after the other.
    pub rows: Tensor,
    /// The tokens to predict, in the same order.
    pub targets: Tensor,
    prompt_mask: Tensor,
    own_mask: Option<Tensor>,
}

impl Layout {
    pub fn new(group: &Group, device: &Device) -> Result<Self, Error> {
        let fault = |what: &str| Error::Tokens { reason: what.to_owned() };
        if group.prompt.is_empty() || group.continuations.iter().any(Vec::is_empty) {
            return Err(fault("a prompt or a continuation is empty"));
        }
        let prompt = group.prompt.len();
        let width = group.continuations.iter().map(Vec::len).max().unwrap_or(1) - 1;
        let members = if width == 0 { 0 } else { group.continuations.len() };
        let (mut tokens, mut rows, mut targets) = (group.prompt.clone(), Vec::new(), Vec::new());
        let mut positions: Vec<u32> = (0..prompt as u32).collect();
        for (member, continuation) in group.continuations.iter().enumerate() {
            for (at, token) in continuation.iter().enumerate() {
                let row = if at == 0 { prompt - 1 } else { prompt + member * width + at - 1 };
                rows.push(row as u32);
                targets.push(*token);
            }
            let passed = &continuation[..continuation.len() - 1];
            tokens.extend(passed);
            tokens.extend(std::iter::repeat_n(0, width - passed.len()));
            positions.extend((prompt..prompt + width).map(|at| at as u32));
        }
        let whole = |values: Vec<u32>| -> Result<Tensor, Error> { Ok(Tensor::new(values, device)?) };
        let own_mask = if members == 0 { None } else { Some(causal(width, device)?) };
        Ok(Layout {
            prompt,
            members,
            width,
            tokens: whole(tokens)?,
            positions,
            rows: whole(rows)?,
            targets: whole(targets)?,
            prompt_mask: causal(prompt, device)?,
            own_mask,
        })
    }
}

/// The weights of attention, for the way back.
#[derive(Debug, Clone)]
pub(super) struct Attention {
    /// The prompt's tokens on each other: `(K, R * P, P)`, with R = H / K.
    pub prompt: Tensor,
    /// The continuations' on the prompt, then on themselves: `(K, G * R * C, P + C)`.
    pub members: Option<Tensor>,
    /// `(N, H * d)`.
    pub y: Tensor,
}

/// Heads-first tensors cut into the prompt's part `(K, R * P, d)` and the continuations' `(K, G * R * C, d)`, R = 1 for keys and values.
pub(super) fn cut(x: &Tensor, layout: &Layout, kv_heads: usize) -> Result<(Tensor, Option<Tensor>), Error> {
    let (heads, _, d) = x.dims3()?;
    let (r, Layout { prompt: p, members: g, width: c, .. }) = (heads / kv_heads, layout);
    let prompt = x.narrow(1, 0, *p)?.contiguous()?.reshape((kv_heads, r * p, d))?;
    if *g == 0 {
        return Ok((prompt, None));
    }
    let members = x.narrow(1, *p, g * c)?.reshape((kv_heads, r, *g, *c, d))?;
    let members = members.transpose(1, 2)?.contiguous()?.reshape((kv_heads, g * r * c, d))?;
    Ok((prompt, Some(members)))
}

/// The way back of [`cut`]: `(K * R, N, d)`.
pub(super) fn join(prompt: &Tensor, members: Option<&Tensor>, layout: &Layout, heads: usize) -> Result<Tensor, Error> {
    let (kv_heads, _, d) = prompt.dims3()?;
    let (r, Layout { prompt: p, members: g, width: c, .. }) = (heads / kv_heads, layout);
    let prompt = prompt.reshape((heads, *p, d))?;
    let Some(members) = members else { return Ok(prompt) };
    let members =
        members.reshape((kv_heads, *g, r, *c, d))?.transpose(1, 2)?.contiguous()?.reshape((heads, g * c, d))?;
    Ok(Tensor::cat(&[&prompt, &members], 1)?)
}

/// Attention of a whole group, from `q (H, N, d)`, `k` and `v (K, N, d)`.
pub(super) fn attend(q: &Tensor, k: &Tensor, v: &Tensor, layout: &Layout) -> Result<Attention, Error> {
    let (kv_heads, n, d) = k.dims3()?;
    let (heads, dtype) = (q.dim(0)?, q.dtype());
    let r = heads / kv_heads;
    let (p, g, c) = (layout.prompt, layout.members, layout.width);
    let scale = 1.0 / (d as f64).sqrt();
    let (qp, qc) = cut(q, layout, kv_heads)?;
    let (kp, kc) = cut(k, layout, kv_heads)?;
    let (vp, vc) = cut(v, layout, kv_heads)?;
    let scores = (qp.matmul(&kp.t()?)? * scale)?.to_dtype(DType::F32)?; // (K, R * P, P)
    let scores = scores.reshape((kv_heads * r, p, p))?.broadcast_add(&layout.prompt_mask)?;
    let prompt = softmax(&scores, dtype)?.reshape((kv_heads, r * p, p))?;
    let yp = prompt.matmul(&vp)?; // (K, R * P, d)
    let (mut members, mut yc) = (None, None);
    if let (Some(qc), Some(kc), Some(vc), Some(mask)) = (qc, kc, vc, &layout.own_mask) {
        let on_prompt = (qc.matmul(&kp.t()?)? * scale)?.to_dtype(DType::F32)?; // (K, G * R * C, P)
        let (qg, kg) = (qc.reshape((kv_heads * g, r * c, d))?, kc.reshape((kv_heads * g, c, d))?);
        let on_own = (qg.matmul(&kg.t()?)? * scale)?.to_dtype(DType::F32)?; // (K * G, R * C, C)
        let on_own =
            on_own.reshape((kv_heads * g * r, c, c))?.broadcast_add(mask)?.reshape((kv_heads, g * r * c, c))?;
        let weights = softmax(&Tensor::cat(&[&on_prompt, &on_own], 2)?, dtype)?;
        let y = weights.narrow(2, 0, p)?.contiguous()?.matmul(&vp)?;
        let own = weights.narrow(2, p, c)?.contiguous()?.reshape((kv_heads * g, r * c, c))?;
        let own = own.matmul(&vc.reshape((kv_heads * g, c, d))?)?.reshape((kv_heads, g * r * c, d))?;
        yc = Some((y + own)?);
        members = Some(weights);
    }
    let y = join(&yp, yc.as_ref(), layout, heads)?.transpose(0, 1)?.contiguous()?.reshape((n, heads * d))?;
    Ok(Attention { prompt, members, y })
}
