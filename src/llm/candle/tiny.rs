//! Invented models for tests: a folder with random weights and a tokenizer of words.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::architecture::Architecture;

/// The tokenizer's words; the first ends a reply, the second stands for any other.
pub const WORDS: [&str; 16] =
    ["<end>", "<other>", "which", "box", "holds", "it", "is", "in", "A", "B", "C", "D", "E", "F", "yes", "no"];

/// Writes a model with random weights into `folder`: `family` is `llama`, `qwen2` or `qwen3`.
pub fn write(folder: &Path, family: &str, layers: usize, hidden: usize, seed: u64) {
    let config = json!({
        "model_type": family, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": hidden / 4, "intermediate_size": 2 * hidden, "vocab_size": WORDS.len(),
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": family == "qwen3", "max_position_embeddings": 256,
        "architectures": ["ForCausalLM"], "hidden_act": "silu", "torch_dtype": "float32",
    });
    let a = Architecture::from_json(&config).unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    let mut put = |name: String, shape: &[usize], centre: f32| {
        let n: usize = shape.iter().product();
        let side = 1.0 / (shape[shape.len() - 1] as f32).sqrt();
        let reach = if shape.len() == 1 { 0.1 } else { 1.7 * side };
        let values: Vec<f32> = (0..n).map(|_| centre + reach * dice.random_range(-1.0..1.0_f32)).collect();
        tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
    };
    let (q, kv) = (a.heads * a.head_dim, a.kv_heads * a.head_dim);
    put("model.embed_tokens.weight".into(), &[a.vocab, hidden], 0.0);
    for at in 0..layers {
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
            put(name(&format!("{module}.weight")), &[out, input], 0.0);
        }
        for module in ["input_layernorm", "post_attention_layernorm"] {
            put(name(&format!("{module}.weight")), &[hidden], 1.0);
        }
        if a.has_head_norm() {
            for module in ["self_attn.q_norm", "self_attn.k_norm"] {
                put(name(&format!("{module}.weight")), &[a.head_dim], 1.0);
            }
        }
        if a.has_bias() {
            for (module, side) in [("q_proj", q), ("k_proj", kv), ("v_proj", kv)] {
                put(name(&format!("self_attn.{module}.bias")), &[side], 0.0);
            }
        }
    }
    put("model.norm.weight".into(), &[hidden], 1.0);
    if !a.tied {
        put("lm_head.weight".into(), &[a.vocab, hidden], 0.0);
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    let put = |name: &str, value: &Value| std::fs::write(folder.join(name), value.to_string()).unwrap();
    put("config.json", &config);
    put("tokenizer.json", &tokenizer());
    let template = "{% for message in messages %}{{ message.content + ' ' }}{% endfor %}";
    put("tokenizer_config.json", &json!({ "eos_token": "<end>", "chat_template": template }));
}

fn tokenizer() -> Value {
    let vocab: serde_json::Map<String, Value> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
    let special = json!({ "id": 0, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "<other>" },
    })
}
