use candle_core::{D, DType, Tensor};

use super::Gradients;
use crate::llm::candle::Error;
use crate::llm::candle::layer::Norm;

impl Norm {
    /// From `g`, the gradient of what it gave for `x`, to that of `x`; both `(.., n)`, computed in f32.
    ///
    /// With `y = w x r` and `r = (mean(x^2) + eps)^(-1/2)`: `dx = r w g - x r^3 mean(w g x)`.
    pub(super) fn backward(&self, x: &Tensor, g: &Tensor, gradients: &mut Gradients) -> Result<Tensor, Error> {
        let dtype = x.dtype();
        let (x, g) = (x.to_dtype(DType::F32)?, g.to_dtype(DType::F32)?);
        let r = (x.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.powf(-0.5)?;
        if gradients.has_weights() {
            let sides: Vec<usize> = (0..x.rank() - 1).collect();
            gradients.add(format!("{}.weight", self.name), &(&g * x.broadcast_mul(&r)?)?.sum(sides)?)?;
        }
        let g = g.broadcast_mul(&self.weight.to_dtype(DType::F32)?)?;
        let along = ((&g * &x)?.mean_keepdim(D::Minus1)? * r.powf(3.0)?)?;
        Ok((g.broadcast_mul(&r)? - x.broadcast_mul(&along)?)?.to_dtype(dtype)?)
    }
}
