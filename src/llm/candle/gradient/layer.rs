use candle_core::Tensor;

use super::Gradients;
use super::attention::attend_backward;
use crate::llm::candle::Error;
use crate::llm::candle::group::Layout;
use crate::llm::candle::layer::{Layer, Rotation};
use crate::llm::candle::linear::Linear;
use crate::llm::candle::pass::Saved;

impl Layer {
    /// From `g (N, D)`, the gradient of what the layer gave for `x (N, D)`, to that of `x`.
    pub(super) fn backward(
        &self,
        x: &Tensor,
        saved: &Saved,
        g: &Tensor,
        layout: &Layout,
        back_rotation: &Rotation,
        gradients: &mut Gradients,
    ) -> Result<Tensor, Error> {
        let Saved { projected, attention, middle, normed, fed } = saved;
        let product = self.down.backward(&fed.product, g, gradients)?;
        let share = candle_nn::ops::sigmoid(&fed.gate)?;
        // silu'(x) = s (1 + x (1 - s)) with s = sigmoid(x).
        let slope = (&share * ((&fed.gate * (1.0 - &share)?)? + 1.0)?)?;
        let up = (&product * (&fed.gate * &share)?)?;
        let gate = ((product * &fed.up)? * slope)?;
        let gate = self.gate.backward(normed, &gate, gradients)?;
        let inside = (gate + self.up.backward(normed, &up, gradients)?)?;
        let middle_g = (g + self.post_norm.backward(middle, &inside, gradients)?)?;

        let attended = self.o.backward(&attention.y, &middle_g, gradients)?;
        let [q, k, v] = attend_backward(&projected.q, &projected.k, &projected.v, attention, &attended, layout)?;
        let (mut q, mut k) = (back_rotation.apply(&q)?, back_rotation.apply(&k)?);
        if let (Some((q_norm, k_norm)), Some((q_bare, k_bare))) = (&self.head_norms, &projected.bare) {
            q = q_norm.backward(q_bare, &q, gradients)?;
            k = k_norm.backward(k_bare, &k, gradients)?;
        }
        let mut back = |linear: &Linear, g: &Tensor| {
            let (heads, n, d) = g.dims3()?;
            let g = g.transpose(0, 1)?.contiguous()?.reshape((n, heads * d))?;
            linear.backward(&projected.normed, &g, gradients)
        };
        let inside = ((back(&self.q, &q)? + back(&self.k, &k)?)? + back(&self.v, &v)?)?;
        Ok((middle_g + self.input_norm.backward(x, &inside, gradients)?)?)
    }
}
