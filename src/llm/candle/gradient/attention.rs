use candle_core::{D, Tensor};

use crate::llm::candle::Error;
use crate::llm::candle::group::{Attention, Layout, cut, join};

/// From `g (N, H * d)`, the gradient of what attention gave, to those of `q (H, N, d)`, `k` and `v (K, N, d)`.
pub(super) fn attend_backward(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    attention: &Attention,
    g: &Tensor,
    layout: &Layout,
) -> Result<[Tensor; 3], Error> {
    let (heads, n, d) = q.dims3()?;
    let kv_heads = k.dim(0)?;
    let r = heads / kv_heads;
    let (p, m, c) = (layout.prompt, layout.members, layout.width);
    let scale = 1.0 / (d as f64).sqrt();
    let g = g.reshape((n, heads, d))?.transpose(0, 1)?.contiguous()?; // (H, N, d)
    let (gp, gm) = cut(&g, layout, kv_heads)?;
    let (qp, qm) = cut(q, layout, kv_heads)?;
    let (kp, km) = cut(k, layout, kv_heads)?;
    let (vp, vm) = cut(v, layout, kv_heads)?;
    // The prompt on itself.
    let weights = &attention.prompt; // (K, R * P, P)
    let mut dvp = weights.t()?.matmul(&gp)?; // (K, P, d)
    let ds = (softmax_backward(weights, &gp.matmul(&vp.t()?)?)? * scale)?;
    let dqp = ds.matmul(&kp)?;
    let mut dkp = ds.t()?.matmul(&qp)?;
    let (mut dqm, mut dkm, mut dvm) = (None, None, None);
    if let (Some(weights), Some(gm), Some(qm), Some(km), Some(vm)) = (&attention.members, gm, qm, km, vm) {
        let by_member = |x: &Tensor, rows: usize| x.reshape((kv_heads * m, rows, ()));
        let (gg, qg) = (by_member(&gm, r * c)?, by_member(&qm, r * c)?); // (K * G, R * C, d)
        let (kg, vg) = (by_member(&km, c)?, by_member(&vm, c)?); // (K * G, C, d)
        let on_prompt = weights.narrow(2, 0, p)?.contiguous()?; // (K, G * R * C, P)
        let on_own = by_member(&weights.narrow(2, p, c)?.contiguous()?, r * c)?; // (K * G, R * C, C)
        dvp = (dvp + on_prompt.t()?.matmul(&gm)?)?;
        let own_values = on_own.t()?.matmul(&gg)?; // (K * G, C, d)
        let from_own = gg.matmul(&vg.t()?)?.reshape((kv_heads, m * r * c, c))?;
        let da = Tensor::cat(&[&gm.matmul(&vp.t()?)?, &from_own], 2)?; // (K, G * R * C, P + C)
        let ds = (softmax_backward(weights, &da)? * scale)?;
        let ds_prompt = ds.narrow(2, 0, p)?.contiguous()?;
        let ds_own = by_member(&ds.narrow(2, p, c)?.contiguous()?, r * c)?;
        dkp = (dkp + ds_prompt.t()?.matmul(&qm)?)?;
        let own_keys = ds_own.t()?.matmul(&qg)?; // (K * G, C, d)
        let own_queries = ds_own.matmul(&kg)?.reshape((kv_heads, m * r * c, d))?;
        dqm = Some((ds_prompt.matmul(&kp)? + own_queries)?);
        dkm = Some(own_keys.reshape((kv_heads, m * c, d))?);
        dvm = Some(own_values.reshape((kv_heads, m * c, d))?);
    }
    Ok([
        join(&dqp, dqm.as_ref(), layout, heads)?,
        join(&dkp, dkm.as_ref(), layout, kv_heads)?,
        join(&dvp, dvm.as_ref(), layout, kv_heads)?,
    ])
}

/// `a (g - sum(a g))` over the last dimension.
fn softmax_backward(weights: &Tensor, g: &Tensor) -> Result<Tensor, Error> {
    let product = (weights * g)?;
    let sum = product.sum_keepdim(D::Minus1)?;
    Ok((product - weights.broadcast_mul(&sum)?)?)
}
