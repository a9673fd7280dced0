//! The shape of a model, from a GGUF's metadata or a `config.json`. What our forward pass does not compute is refused by name.

use std::path::Path;

use candle_core::quantized::gguf_file::Value as Gguf;
use serde_json::Value;

use super::Error;
use super::gguf::{GgufFile, Metadata};
use super::weights::json;

/// No side of a model is believed to be longer.
const MOST: usize = 1 << 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Llama,
    Qwen2,
    Qwen3,
}

impl Family {
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Llama => "llama",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        }
    }

    fn from_name(name: &str) -> Result<Self, String> {
        [Family::Llama, Family::Qwen2, Family::Qwen3]
            .into_iter()
            .find(|family| family.as_str() == name)
            .ok_or_else(|| format!("its architecture is {name:?}; known are llama, qwen2 and qwen3"))
    }
}

/// Sides and constants of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    pub family: Family,
    /// Width of the residual stream, D.
    pub hidden: usize,
    pub layers: usize,
    /// Query heads, H.
    pub heads: usize,
    /// Key and value heads, K; each serves H / K query heads.
    pub kv_heads: usize,
    /// Width of a head, d.
    pub head_dim: usize,
    pub intermediate: usize,
    /// Tokens, V.
    pub vocab: usize,
    pub norm_eps: f64,
    pub rope_theta: f64,
    /// What each of the d / 2 rotary frequencies is divided by; none: 1.
    pub rope_factors: Option<Vec<f32>>,
    /// The embedding is the output matrix too.
    pub tied: bool,
    /// Most tokens of a sequence.
    pub context: usize,
}

impl Architecture {
    /// Of the model that lies at `path`, without its weights.
    ///
    /// # Errors
    /// When there is none, or it is not computed here.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            return Ok(GgufFile::open(path)?.architecture);
        }
        let path = path.join("config.json");
        Architecture::from_json(&json(&path)?).map_err(|reason| Error::model(&path, reason))
    }

    /// From the `config.json` of transformers.
    ///
    /// # Errors
    /// What is missing, or not computed here.
    pub fn from_json(config: &Value) -> Result<Self, String> {
        let name = config["model_type"].as_str().ok_or("config.json names no model_type")?;
        let family = Family::from_name(name)?;
        let number = |key: &str| config[key].as_u64().and_then(|n| usize::try_from(n).ok());
        let need = |key: &str| number(key).ok_or_else(|| format!("config.json has no whole number {key}"));
        for key in ["attention_bias", "mlp_bias", "use_sliding_window"] {
            if config[key] == true {
                return Err(format!("{key} is not computed here"));
            }
        }
        match config["hidden_act"].as_str() {
            None | Some("silu" | "swish") => {}
            Some(other) => return Err(format!("the activation {other} is not computed here")),
        }
        let (hidden, heads) = (need("hidden_size")?, need("num_attention_heads")?);
        let rope = match &config["rope_parameters"] {
            Value::Null => &config["rope_scaling"],
            parameters => parameters,
        };
        let theta = [&config["rope_theta"], &rope["rope_theta"]].into_iter().find_map(Value::as_f64);
        let head_dim = number("head_dim").unwrap_or(hidden / heads.max(1));
        let rope_theta = theta.unwrap_or(10_000.0);
        let architecture = Architecture {
            family,
            hidden,
            layers: need("num_hidden_layers")?,
            heads,
            kv_heads: number("num_key_value_heads").unwrap_or(heads),
            head_dim,
            intermediate: need("intermediate_size")?,
            vocab: need("vocab_size")?,
            norm_eps: config["rms_norm_eps"].as_f64().ok_or("config.json has no number rms_norm_eps")?,
            rope_theta,
            rope_factors: scaled(rope, rope_theta, head_dim)?,
            tied: config["tie_word_embeddings"] == true,
            context: number("max_position_embeddings").unwrap_or(2048),
        };
        architecture.checked()
    }

    /// From a GGUF's metadata; `vocab` and `tied` follow from its tensors.
    ///
    /// # Errors
    /// As [`Architecture::from_json`].
    pub(super) fn from_gguf(metadata: &Metadata, vocab: usize, tied: bool) -> Result<Self, String> {
        let name = metadata.text("general.architecture")?;
        let family = Family::from_name(name)?;
        let key = |key: &str| format!("{name}.{key}");
        let need = |suffix: &str| metadata.count(&key(suffix));
        if let Some(Gguf::String(scaling)) = metadata.get(&key("rope.scaling.type"))
            && scaling != "none"
        {
            return Err(format!("rotary scaling {scaling:?} is not computed here"));
        }
        let (hidden, heads) = (need("embedding_length")?, need("attention.head_count")?);
        let float = |suffix: &str| match metadata.get(&key(suffix)) {
            Some(Gguf::F32(x)) => Some(f64::from(*x)),
            Some(Gguf::F64(x)) => Some(*x),
            _ => None,
        };
        let architecture = Architecture {
            family,
            hidden,
            layers: need("block_count")?,
            heads,
            kv_heads: need("attention.head_count_kv").unwrap_or(heads),
            head_dim: need("attention.key_length").unwrap_or(hidden / heads.max(1)),
            intermediate: need("feed_forward_length")?,
            vocab,
            norm_eps: float("attention.layer_norm_rms_epsilon").ok_or("it has no layer_norm_rms_epsilon")?,
            rope_theta: float("rope.freq_base").unwrap_or(10_000.0),
            rope_factors: None,
            tied,
            context: need("context_length").unwrap_or(2048),
        };
        architecture.checked()
    }

    /// As the `config.json` of transformers, for weights that were read from elsewhere.
    pub fn to_json(&self) -> Value {
        let class = match self.family {
            Family::Llama => "LlamaForCausalLM",
            Family::Qwen2 => "Qwen2ForCausalLM",
            Family::Qwen3 => "Qwen3ForCausalLM",
        };
        serde_json::json!({
            "architectures": [class], "model_type": self.family.as_str(), "hidden_size": self.hidden,
            "num_hidden_layers": self.layers, "num_attention_heads": self.heads, "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim, "intermediate_size": self.intermediate, "vocab_size": self.vocab,
            "rms_norm_eps": self.norm_eps, "rope_theta": self.rope_theta, "tie_word_embeddings": self.tied,
            "max_position_embeddings": self.context, "hidden_act": "silu", "torch_dtype": "float32",
        })
    }

    fn checked(self) -> Result<Self, String> {
        let sides = [self.hidden, self.layers, self.heads, self.kv_heads, self.head_dim, self.intermediate, self.vocab];
        if sides.iter().chain([&self.context]).any(|side| *side == 0 || *side > MOST) {
            return Err(format!("one of its sides is 0 or above {MOST}: {self:?}"));
        }
        if !self.heads.is_multiple_of(self.kv_heads) || !self.head_dim.is_multiple_of(2) {
            return Err(format!(
                "{} heads do not share {} evenly, or their width {} is odd",
                self.heads, self.kv_heads, self.head_dim
            ));
        }
        if !(self.norm_eps > 0.0 && self.norm_eps < 1.0 && self.rope_theta > 1.0 && self.rope_theta.is_finite()) {
            return Err(format!("its norm_eps {} or rope_theta {} can not be", self.norm_eps, self.rope_theta));
        }
        Ok(self)
    }

    /// Whether queries, keys and values have a bias.
    pub fn has_bias(&self) -> bool {
        self.family == Family::Qwen2
    }

    /// Whether queries and keys are normalised head by head.
    pub fn has_head_norm(&self) -> bool {
        self.family == Family::Qwen3
    }

    /// Numbers in the weights.
    pub fn parameters(&self) -> u64 {
        let (d, q, kv) = (self.hidden, self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let bias = if self.has_bias() { q + 2 * kv } else { 0 };
        let head_norm = if self.has_head_norm() { 2 * self.head_dim } else { 0 };
        let layer = d * (2 * q + 2 * kv) + 3 * d * self.intermediate + 2 * d + bias + head_norm;
        let ends = self.vocab * d * if self.tied { 1 } else { 2 } + d;
        (self.layers * layer + ends) as u64
    }
}

/// Llama 3's stretching of the low frequencies, as divisors.
fn scaled(rope: &Value, theta: f64, head_dim: usize) -> Result<Option<Vec<f32>>, String> {
    let kind = rope["rope_type"].as_str().or(rope["type"].as_str());
    match kind {
        None | Some("default") => return Ok(None),
        Some("llama3") => {}
        Some(other) => return Err(format!("rotary scaling {other:?} is not computed here")),
    }
    let need = |key: &str| rope[key].as_f64().filter(|x| *x > 0.0).ok_or_else(|| format!("rope_scaling has no {key}"));
    let (factor, low, high) = (need("factor")?, need("low_freq_factor")?, need("high_freq_factor")?);
    let context = need("original_max_position_embeddings")?;
    let divisor = |i: usize| {
        let frequency = theta.powf(-2.0 * i as f64 / head_dim as f64);
        let wavelength = std::f64::consts::TAU / frequency;
        if wavelength < context / high {
            1.0
        } else if wavelength > context / low {
            factor
        } else {
            let smooth = (context / wavelength - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    Ok(Some((0..head_dim / 2).map(|i| divisor(i) as f32).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_computed_is_refused() {
        let tiny = json!({"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2,
            "num_hidden_layers": 2, "intermediate_size": 96, "vocab_size": 100, "rms_norm_eps": 1e-5, "rope_theta": 500000.0});
        let with = |key: &str, value: Value| {
            let mut config = tiny.clone();
            config[key] = value;
            Architecture::from_json(&config)
        };
        let plain = with("x", json!(1)).unwrap();
        assert_eq!((plain.head_dim, plain.context, plain.tied), (16, 2048, false));
        assert_eq!(plain.parameters(), 2 * (64 * 192 + 3 * 64 * 96 + 128) + 2 * 6400 + 64);
        for (key, value, word) in [
            ("model_type", json!("mamba"), "mamba"),
            ("attention_bias", json!(true), "attention_bias"),
            ("hidden_act", json!("gelu"), "gelu"),
            ("rope_scaling", json!({"rope_type": "yarn"}), "yarn"),
            ("num_attention_heads", json!(0), "0"),
            ("num_attention_heads", json!(3), "evenly"),
            ("vocab_size", json!(1_u64 << 40), "16777216"),
        ] {
            let error = with(key, value).unwrap_err();
            assert!(error.contains(word), "{key}: {error}");
        }
        let scaling = json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192});
        let factors = with("rope_scaling", scaling).unwrap().rope_factors.unwrap();
        assert_eq!((factors[0], factors[7]), (1.0, 8.0));
    }
}
