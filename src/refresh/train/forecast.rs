//! What a run will take before any was seen: from the model's size and the most that a step may draw.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};

use super::probe::pass_bytes;
use crate::llm::Place;
use crate::llm::candle::architecture::Architecture;
use crate::refresh::Config;
use crate::refresh::job::{Objective, Weights};

/// Part of the speed of large products that a run reaches with all that lies between them; seen on CPUs.
const REACHED: f64 = 0.35;
/// The program itself, its threads and buffers.
const PROGRAM_BYTES: u64 = 150 << 20;
/// Side of the products that the machine's speed is taken from, and how long they are taken for.
const SIDE: usize = 512;
const MEASURED: Duration = Duration::from_millis(60);

/// A rough one, within a factor of two or so: every completion at its full length, every group drawn once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    pub parameters: u64,
    /// Of training and of the evaluation; `None` where the speed is not known.
    pub seconds: Option<f64>,
    pub memory_bytes: u64,
}

/// What a run of `config` will take with prompts of about `prompt_tokens`, and `n_future` questions of the gate for both models.
pub fn forecast(a: &Architecture, config: &Config, prompt_tokens: f64, n_future: u64) -> Forecast {
    let (training, parameters) = (&config.training, a.parameters());
    let prompts = f64::from(training.prompts_per_step);
    let group = if config.objective == Objective::Distillation { 1.0 } else { f64::from(training.group_size) };
    let drawn = prompts * group * f64::from(training.max_completion_tokens);
    let tokens = prompts * prompt_tokens + drawn;
    // Forward 2 operations a parameter and token; back 2 more, forward again, and 2 for the gradients of all weights.
    let learning = if training.weights == Weights::Full { 8.0 } else { 6.0 } * f64::from(training.passes);
    let drawing = if config.objective == Objective::Distillation || config.rollout.is_on() { 0.0 } else { 2.0 };
    let answers = 2.0 * n_future as f64 * f64::from(config.gate.samples);
    let asked = 2.0 * answers * (prompt_tokens + f64::from(config.gate.max_tokens));
    let work = parameters as f64 * (config.budget.max_steps as f64 * tokens * (learning + drawing) + asked);
    let speed = if config.flops > 0.0 { Some(config.flops) } else { speed(config.device).map(|speed| speed * REACHED) };

    let is_cpu = !(config.device == Place::Cuda || cfg!(feature = "cuda") && config.device == Place::Auto);
    let number = if is_cpu || training.weights == Weights::Full { 4 } else { 2 };
    let trained = match training.weights {
        Weights::Full => parameters,
        Weights::Lora => adapter_numbers(a, u64::from(training.lora_rank)),
    };
    let (prompt, width) = (prompt_tokens as usize, training.max_completion_tokens as usize);
    let members = if training.micro_batch > 0 { training.micro_batch } else { training.group_size } as usize;
    // Adapter or none, gradient and two moments in f32 each.
    let state = 4 * trained * if training.weights == Weights::Full { 3 } else { 4 };
    let cache = 8 * (a.layers * a.kv_heads * a.head_dim) as u64 * (prompt + width) as u64 * (prompts * group) as u64;
    let step = pass_bytes(a, prompt, members, width).max(cache.min(super::rollout::CACHE_BYTES as u64));
    Forecast {
        parameters,
        seconds: speed.map(|speed| work / speed),
        memory_bytes: PROGRAM_BYTES + number * parameters + state + step,
    }
}

fn adapter_numbers(a: &Architecture, rank: u64) -> u64 {
    let [d, q, kv, i] =
        [a.hidden, a.heads * a.head_dim, a.kv_heads * a.head_dim, a.intermediate].map(|side| side as u64);
    a.layers as u64 * rank * ((d + q) * 2 + (d + kv) * 2 + (d + i) * 3)
}

/// Floating-point operations a second of this CPU on large products; `None` for a device that can not be looked at from here.
fn speed(device: Place) -> Option<f64> {
    if device == Place::Cuda || (cfg!(feature = "cuda") && device == Place::Auto) {
        return None;
    }
    let side = Tensor::ones((SIDE, SIDE), DType::F32, &Device::Cpu).ok()?;
    side.matmul(&side).ok()?;
    let (began, mut n) = (Instant::now(), 0_u32);
    while began.elapsed() < MEASURED {
        side.matmul(&side).ok()?;
        n += 1;
    }
    Some(f64::from(n) * 2.0 * (SIDE as f64).powi(3) / began.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::{Budget, Gate};

    /// Numbers of SmolLM2-135M: 24 to 30 CPU seconds a step of 4 rows of 256 tokens were seen at about 28 GFLOP/s.
    #[test]
    fn a_forecast_follows_the_size_of_model_and_step() {
        let config = serde_json::json!({"model_type": "llama", "hidden_size": 576, "num_attention_heads": 9,
            "num_key_value_heads": 3, "num_hidden_layers": 30, "intermediate_size": 1536, "vocab_size": 49152,
            "rms_norm_eps": 1e-5, "rope_theta": 100000.0, "tie_word_embeddings": true});
        let a = Architecture::from_json(&config).unwrap();
        assert_eq!(a.parameters(), 134_515_008);
        assert_eq!(adapter_numbers(&a, 8), 2_442_240);
        let mut config = Config { flops: 28e9, ..Config::default() };
        config.objective = Objective::Distillation;
        config.budget = Budget { max_steps: 1, ..Budget::default() };
        config.gate = Gate { least_n: 2, ..Gate::default() };
        (config.training.prompts_per_step, config.training.max_completion_tokens) = (4, 200);
        (config.training.lora_rank, config.training.micro_batch) = (8, 1);
        let one = forecast(&a, &config, 56.0, 0);
        let seconds = one.seconds.unwrap();
        assert!((20.0..40.0).contains(&seconds), "{seconds}");
        assert!((700_u64 << 20..1500 << 20).contains(&one.memory_bytes), "{}", one.memory_bytes >> 20);
        config.budget.max_steps = 10;
        assert!((forecast(&a, &config, 56.0, 0).seconds.unwrap() / seconds - 10.0).abs() < 1e-9);
        config.objective = Objective::Grpo;
        assert!(forecast(&a, &config, 56.0, 0).seconds.unwrap() > 60.0 * seconds);
        config.flops = 0.0;
        assert!(config.device == Place::Auto && speed(Place::Cpu).unwrap() > 1e8 && speed(Place::Cuda).is_none());
    }
}
