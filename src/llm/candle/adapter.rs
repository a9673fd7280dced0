//! Adapters on a whole decoder: made, visited, written and read in PEFT's layout.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Tensor};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::gradient::Trained;
use super::linear::Adapter;
use super::weights::json as read_json;
use super::{Decoder, Error, safetensors};

pub const ADAPTER: &str = "adapter_model.safetensors";
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// What PEFT puts before a module's name.
const PREFIX: &str = "base_model.model.";

impl Decoder {
    /// Puts an adapter of rank `rank` on every linear layer; it changes nothing before it is trained: B is 0, and A is drawn from
    /// `seed` as PEFT draws it, evenly within `1 / sqrt(in)`.
    ///
    /// # Errors
    /// When the memory does not suffice.
    pub fn add_adapters(&mut self, rank: usize, alpha: f64, seed: u64) -> Result<(), Error> {
        let device = self.device.clone();
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        for linear in self.linears_mut() {
            let reach = 1.0 / (linear.input as f32).sqrt();
            let values: Vec<f32> = (0..rank * linear.input).map(|_| dice.random_range(-reach..reach)).collect();
            let a = Tensor::from_vec(values, (rank, linear.input), &device)?;
            let b = Tensor::zeros((linear.out, rank), DType::F32, &device)?;
            linear.adapter = Some(Adapter { a, b, scale: alpha / rank as f64 });
        }
        Ok(())
    }

    /// Puts the adapter of a folder in PEFT's layout on; gives its rank and alpha.
    ///
    /// # Errors
    /// When it can not be read, or is not one of plain LoRA on linear layers of this model.
    pub fn load_adapters(&mut self, folder: &Path) -> Result<(usize, f64), Error> {
        let path = folder.join(ADAPTER_CONFIG);
        let config = read_json(&path)?;
        let rank = config["r"].as_u64().filter(|rank| (1..=4096).contains(rank));
        let (Some(rank), Some(alpha)) = (rank, config["lora_alpha"].as_f64()) else {
            return Err(Error::model(&path, "it has no rank `r` of 1 to 4096, or no `lora_alpha`"));
        };
        if config["peft_type"] != "LORA" || config["use_dora"] == true || config["use_rslora"] == true {
            return Err(Error::model(&path, "it is no plain LoRA adapter"));
        }
        let path = folder.join(ADAPTER);
        let mut tensors = safetensors::read(&path)?;
        let (device, scale) = (self.device.clone(), alpha / rank as f64);
        for linear in self.linears_mut() {
            let name = format!("{PREFIX}{}", linear.name);
            let (a, b) =
                (tensors.remove(&format!("{name}.lora_A.weight")), tensors.remove(&format!("{name}.lora_B.weight")));
            linear.adapter = match (a, b) {
                (None, None) => None,
                (Some(a), Some(b))
                    if a.dims() == [rank as usize, linear.input] && b.dims() == [linear.out, rank as usize] =>
                {
                    Some(Adapter { a: a.to_device(&device)?, b: b.to_device(&device)?, scale })
                }
                _ => return Err(Error::model(&path, format!("{name}: A and B do not have this model's shapes"))),
            };
        }
        match tensors.keys().min() {
            None => Ok((rank as usize, alpha)),
            Some(other) => Err(Error::model(&path, format!("{other} is no linear layer of this model"))),
        }
    }

    /// Visits every parameter that is trained.
    ///
    /// # Errors
    /// When weights are to be trained and are quantised, or what `visit` says.
    pub fn visit_trained(
        &mut self,
        trained: Trained,
        visit: &mut dyn FnMut(&str, &mut Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if trained == Trained::Weights {
            return self.visit_weights(visit);
        }
        for linear in self.linears_mut() {
            if let Some(adapter) = &mut linear.adapter {
                visit(&format!("{}.lora_A.weight", linear.name), &mut adapter.a)?;
                visit(&format!("{}.lora_B.weight", linear.name), &mut adapter.b)?;
            }
        }
        Ok(())
    }

    /// Writes what was trained into `folder`: an adapter in PEFT's layout for `base`, or `model.safetensors`.
    ///
    /// # Errors
    /// When a file can not be written.
    pub fn save_trained(
        &mut self,
        trained: Trained,
        folder: &Path,
        base: &str,
        rank: usize,
        alpha: f64,
    ) -> Result<(), Error> {
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        self.visit_trained(trained, &mut |name, tensor| {
            let name = if trained == Trained::Adapters { format!("{PREFIX}{name}") } else { name.to_owned() };
            tensors.insert(name, tensor.clone());
            Ok(())
        })?;
        if trained == Trained::Weights {
            return Ok(candle_core::safetensors::save(&tensors, folder.join("model.safetensors"))?);
        }
        candle_core::safetensors::save(&tensors, folder.join(ADAPTER))?;
        let path = folder.join(ADAPTER_CONFIG);
        std::fs::write(&path, format!("{:#}\n", described(base, rank, alpha))).map_err(Error::io(&path))
    }
}

fn described(base: &str, rank: usize, alpha: f64) -> Value {
    json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "r": rank, "lora_alpha": alpha,
        "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": false, "inference_mode": true, "use_dora": false, "use_rslora": false,
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    })
}
