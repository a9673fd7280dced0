//! AdamW with its state in f32.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Tensor};

use super::Error;
use crate::llm::candle::{Decoder, Gradients, safetensors};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// First and second moments of every trained parameter.
///
/// Source: Loshchilov & Hutter 2019, arXiv 1711.05101.
#[derive(Debug, Default)]
pub struct AdamW {
    /// Updates so far.
    pub updates: u64,
    moments: BTreeMap<String, (Tensor, Tensor)>,
}

impl AdamW {
    /// One update of all that was trained; every parameter must have a gradient.
    ///
    /// # Errors
    /// When a parameter has none, or the computation fails.
    pub fn update(&mut self, decoder: &mut Decoder, gradients: &Gradients, rate: f64, decay: f64) -> Result<(), Error> {
        self.updates += 1;
        let n = self.updates.min(1 << 30) as i32;
        let (first, second) = (1.0 - BETA_1.powi(n), 1.0 - BETA_2.powi(n));
        let moments = &mut self.moments;
        decoder.visit_trained(gradients.trained, &mut |name, parameter| {
            let gradient = gradients.get(name).ok_or_else(|| {
                candle_core::Error::Msg(format!(
                    "{name} is trained and got no gradient: the way back does not reach it"
                ))
            })?;
            let (m, v) = match moments.get(name) {
                Some((m, v)) => {
                    let m = ((m * BETA_1)? + (gradient * (1.0 - BETA_1))?)?;
                    (m, ((v * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?)
                }
                None => ((gradient * (1.0 - BETA_1))?, (gradient.sqr()? * (1.0 - BETA_2))?),
            };
            let step = ((&m * (rate / first))? / ((&v / second)?.sqrt()? + EPSILON)?)?;
            let kept = (parameter.to_dtype(DType::F32)? * (1.0 - rate * decay))?;
            *parameter = (kept - step)?.to_dtype(parameter.dtype())?;
            moments.insert(name.to_owned(), (m, v));
            Ok(())
        })?;
        Ok(())
    }

    /// Writes the moments.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let mut tensors = HashMap::new();
        for (name, (m, v)) in &self.moments {
            tensors.insert(format!("m.{name}"), m.clone());
            tensors.insert(format!("v.{name}"), v.clone());
        }
        Ok(candle_core::safetensors::save(&tensors, path)?)
    }

    /// Reads them back.
    ///
    /// # Errors
    /// When the file is not what [`AdamW::save`] wrote.
    pub fn load(path: &Path, updates: u64, decoder: &Decoder) -> Result<Self, Error> {
        let mut tensors = safetensors::read(path)?;
        let names: Vec<String> = tensors.keys().filter_map(|name| name.strip_prefix("m.").map(str::to_owned)).collect();
        let mut moments = BTreeMap::new();
        for name in names {
            let mut take = |kind: &str| match tensors.remove(&format!("{kind}.{name}")) {
                Some(tensor) => Ok(tensor.to_device(&decoder.device)?),
                None => Err(Error::Unusable(format!("{}: {kind}.{name} is missing", path.display()))),
            };
            let pair = (take("m")?, take("v")?);
            moments.insert(name, pair);
        }
        Ok(AdamW { updates, moments })
    }
}
