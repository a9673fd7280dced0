use candle_core::{DType, Tensor};

use super::Gradients;
use crate::llm::candle::Error;
use crate::llm::candle::linear::Linear;

impl Linear {
    /// From `g (N, out)`, the gradient of what it gave for `x (N, in)`, to that of `x`.
    pub(super) fn backward(&self, x: &Tensor, g: &Tensor, gradients: &mut Gradients) -> Result<Tensor, Error> {
        let mut back = g.matmul(self.weight.dense()?)?; // (N, in)
        if let Some(adapter) = &self.adapter {
            let (a, b) = adapter.cast(x.dtype())?;
            let low = (g.matmul(&b)? * adapter.scale)?; // (N, r)
            back = (back + low.matmul(&a)?)?;
            if !gradients.has_weights() {
                gradients.add(format!("{}.lora_A.weight", self.name), &low.t()?.matmul(x)?)?;
                let narrow = (x.matmul(&a.t()?)? * adapter.scale)?; // (N, r)
                gradients.add(format!("{}.lora_B.weight", self.name), &g.t()?.matmul(&narrow)?)?;
            }
        }
        if gradients.has_weights() {
            gradients.add(format!("{}.weight", self.name), &g.t()?.matmul(x)?)?;
            if self.bias.is_some() {
                gradients.add(format!("{}.bias", self.name), &g.to_dtype(DType::F32)?.sum(0)?)?;
            }
        }
        Ok(back)
    }
}
