//! Invented models: a folder with random weights and a tokenizer of whole words, for tests and demonstrations without a download.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::Error;
use super::architecture::{Architecture, Family};

/// The word that ends a reply, and the one that stands for any that is not known.
pub const END: &str = "<end>";
pub const OTHER: &str = "<other>";

/// What an invented model is like.
#[derive(Debug, Clone)]
pub struct Invented<'a> {
    pub family: Family,
    pub layers: usize,
    /// Divisible by 8: there are four heads.
    pub hidden: usize,
    /// What it can read and say besides [`END`] and [`OTHER`]; a word is what stands between spaces.
    pub words: &'a [&'a str],
    pub seed: u64,
}

impl Invented<'_> {
    /// Writes it into a folder that is there.
    ///
    /// # Errors
    /// When a side can not be, or a file can not be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let words: Vec<&str> = [END, OTHER].into_iter().chain(self.words.iter().copied()).collect();
        let is_tied = self.family == Family::Qwen3;
        let config = json!({
            "model_type": self.family.as_str(), "hidden_size": self.hidden, "num_hidden_layers": self.layers,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": self.hidden / 4,
            "intermediate_size": 2 * self.hidden, "vocab_size": words.len(), "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
            "tie_word_embeddings": is_tied, "max_position_embeddings": 512, "hidden_act": "silu",
        });
        let architecture = Architecture::from_json(&config).map_err(|reason| Error::model(folder, reason))?;
        candle_core::safetensors::save(&self.weights(&architecture)?, folder.join("model.safetensors"))?;
        let template = "{% for message in messages %}{{ message.content + ' ' }}{% endfor %}";
        for (name, value) in [
            ("config.json", architecture.to_json()),
            ("tokenizer.json", tokenizer(&words)),
            ("tokenizer_config.json", json!({ "eos_token": END, "chat_template": template })),
        ] {
            let path = folder.join(name);
            std::fs::write(&path, format!("{value:#}\n")).map_err(Error::io(&path))?;
        }
        Ok(())
    }

    fn weights(&self, a: &Architecture) -> Result<HashMap<String, Tensor>, Error> {
        let mut dice = ChaCha8Rng::seed_from_u64(self.seed);
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        let mut put = |name: String, shape: &[usize], centre: f32| -> Result<(), Error> {
            let n: usize = shape.iter().product();
            let reach = match shape {
                [_, input] => 1.7 / (*input as f32).sqrt(),
                _ => 0.1,
            };
            let values: Vec<f32> = (0..n).map(|_| centre + reach * dice.random_range(-1.0..1.0_f32)).collect();
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
            Ok(())
        };
        let (hidden, q, kv) = (a.hidden, a.heads * a.head_dim, a.kv_heads * a.head_dim);
        put("model.embed_tokens.weight".into(), &[a.vocab, hidden], 0.0)?;
        for at in 0..a.layers {
            let name = |module: &str| format!("model.layers.{at}.{module}");
            for (module, out, input) in [
                ("self_attn.q_proj", q, hidden),
                ("self_attn.k_proj", kv, hidden),
                ("self_attn.v_proj", kv, hidden),
                ("self_attn.o_proj", hidden, q),
                ("mlp.gate_proj", a.intermediate, hidden),
                ("mlp.up_proj", a.intermediate, hidden),
                ("mlp.down_proj", hidden, a.intermediate),
            ] {
                put(name(&format!("{module}.weight")), &[out, input], 0.0)?;
            }
            for module in ["input_layernorm", "post_attention_layernorm"] {
                put(name(&format!("{module}.weight")), &[hidden], 1.0)?;
            }
            if a.has_head_norm() {
                for module in ["self_attn.q_norm", "self_attn.k_norm"] {
                    put(name(&format!("{module}.weight")), &[a.head_dim], 1.0)?;
                }
            }
            if a.has_bias() {
                for (module, side) in [("q_proj", q), ("k_proj", kv), ("v_proj", kv)] {
                    put(name(&format!("self_attn.{module}.bias")), &[side], 0.0)?;
                }
            }
        }
        put("model.norm.weight".into(), &[hidden], 1.0)?;
        if !a.tied {
            put("lm_head.weight".into(), &[a.vocab, hidden], 0.0)?;
        }
        Ok(tensors)
    }
}

fn tokenizer(words: &[&str]) -> Value {
    let vocab: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
    let end = json!({ "id": 0, "content": END, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [end], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": OTHER },
    })
}
