//! GGUF files: metadata and tensors under the names that transformers gives them.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};

use super::Error;
use super::architecture::{Architecture, Family};
use super::weights::Weights;

/// A file's key-value part.
pub(super) struct Metadata<'a>(&'a Content);

impl Metadata<'_> {
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.metadata.get(key)
    }

    pub fn text(&self, key: &str) -> Result<&str, String> {
        match self.get(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("it has no text {key}")),
        }
    }

    pub fn count(&self, key: &str) -> Result<usize, String> {
        let number = self.get(key).and_then(whole).ok_or_else(|| format!("it has no whole number {key}"))?;
        usize::try_from(number).map_err(|_| format!("{key} is too large"))
    }

    pub fn list(&self, key: &str) -> Result<&[Value], String> {
        match self.get(key) {
            Some(Value::Array(values)) => Ok(values),
            _ => Err(format!("it has no list {key}")),
        }
    }

    pub fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(format!("{key} is no list of texts")),
        };
        self.list(key)?.iter().map(text).collect()
    }
}

pub(super) fn whole(value: &Value) -> Option<u64> {
    Some(match value {
        Value::U8(n) => (*n).into(),
        Value::U16(n) => (*n).into(),
        Value::U32(n) => (*n).into(),
        Value::U64(n) => *n,
        Value::I8(n) => u64::try_from(*n).ok()?,
        Value::I16(n) => u64::try_from(*n).ok()?,
        Value::I32(n) => u64::try_from(*n).ok()?,
        Value::I64(n) => u64::try_from(*n).ok()?,
        _ => return None,
    })
}

/// An open GGUF file.
pub(super) struct GgufFile {
    path: PathBuf,
    content: Content,
    file: BufReader<File>,
    pub architecture: Architecture,
}

impl GgufFile {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let mut file = BufReader::new(file);
        let content = Content::read(&mut file)
            .map_err(|error| Error::model(path, format!("it is no whole GGUF file: {}", first_line(&error))))?;
        let vocab = content.tensor_infos.get("token_embd.weight").and_then(|info| info.shape.dims().first().copied());
        let vocab = vocab.ok_or_else(|| Error::model(path, "it has no tensor token_embd.weight"))?;
        let tied = !content.tensor_infos.contains_key("output.weight");
        let architecture = Architecture::from_gguf(&Metadata(&content), vocab, tied);
        let architecture = architecture.map_err(|reason| Error::model(path, reason))?;
        let mut this = GgufFile { path: path.to_owned(), content, file, architecture };
        if this.content.tensor_infos.contains_key("rope_freqs.weight") {
            let factors = this.stored("rope_freqs.weight")?.dequantize(&Device::Cpu)?.to_vec1::<f32>()?;
            this.architecture.rope_factors = Some(factors);
        }
        Ok(this)
    }

    pub fn metadata(&self) -> Metadata<'_> {
        Metadata(&self.content)
    }

    pub fn content(&self) -> &Content {
        &self.content
    }

    fn stored(&mut self, name: &str) -> Result<QTensor, Error> {
        let read = self.content.tensor(&mut self.file, name, &Device::Cpu);
        read.map_err(|error| Error::model(&self.path, format!("tensor {name}: {}", first_line(&error))))
    }

    /// The tensor as stored, with the rows of a Llama's queries and keys in transformers' order.
    ///
    /// The converter to GGUF interleaves the two halves of each head there; back in order, one kind of rotation serves all.
    fn ordered(&mut self, name: &str) -> Result<QTensor, Error> {
        let stored = self
            .stored(&gguf_name(name).ok_or_else(|| {
                Error::model(&self.path, format!("tensor {name} has no counterpart in a GGUF file"))
            })?)?;
        let heads = match (self.architecture.family, name.rsplit('.').nth(1)) {
            (Family::Llama, Some("q_proj")) => self.architecture.heads,
            (Family::Llama, Some("k_proj")) => self.architecture.kv_heads,
            _ => return Ok(stored),
        };
        let Some(rows) = stored.shape().dims().first().copied().filter(|rows| rows.is_multiple_of(2 * heads)) else {
            return Err(Error::model(&self.path, format!("tensor {name} does not divide into {heads} heads")));
        };
        let (bytes, half) = (stored.data()?.into_owned(), rows / heads / 2);
        let row_bytes = bytes.len() / rows;
        let mut turned = Vec::with_capacity(bytes.len());
        for row in 0..rows {
            let (head, at) = (row / (2 * half), row % (2 * half));
            let from = head * 2 * half + (at % half) * 2 + at / half;
            turned.extend_from_slice(&bytes[from * row_bytes..(from + 1) * row_bytes]);
        }
        let storage = QStorage::from_data(turned.into(), &Device::Cpu, stored.dtype())?;
        Ok(QTensor::new(storage, stored.shape().clone())?)
    }
}

impl Weights for GgufFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn dense(&mut self, name: &str) -> Result<Tensor, Error> {
        Ok(self.ordered(name)?.dequantize(&Device::Cpu)?.to_dtype(DType::F32)?)
    }

    fn quantised(&mut self, name: &str) -> Result<Option<QTensor>, Error> {
        let stored = self.ordered(name)?;
        // The kinds with a vector kernel in candle; the others run a scalar loop, three times slower than Q8_0.
        let is_fast = matches!(
            stored.dtype(),
            GgmlDType::Q4_0 | GgmlDType::Q8_0 | GgmlDType::Q4K | GgmlDType::Q5K | GgmlDType::Q6K
        );
        Ok(is_fast.then_some(stored))
    }
}

/// `model.layers.3.self_attn.q_proj.weight` is `blk.3.attn_q.weight`.
pub(super) fn gguf_name(name: &str) -> Option<String> {
    let whole = match name {
        "model.embed_tokens.weight" => "token_embd.weight",
        "model.norm.weight" => "output_norm.weight",
        "lm_head.weight" => "output.weight",
        _ => "",
    };
    if !whole.is_empty() {
        return Some(whole.to_owned());
    }
    let (layer, rest) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let (module, end) = rest.rsplit_once('.')?;
    let module = match module {
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{layer}.{module}.{end}"))
}

/// An error of candle without the back trace that it may carry.
pub(super) fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
