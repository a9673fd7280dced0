//! The decoder of the Llama and Qwen families: one set of weights, asked with a cache (`cache`) and trained over whole
//! groups ([`super::pass`], [`super::gradient`]).

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::Error;
use super::architecture::Architecture;
use super::gguf::GgufFile;
use super::layer::{Layer, Norm, Rotation};
use super::linear::{Linear, Matrix};
use super::safetensors::Folder;
use super::weights::{Loader, Precision, Weights};

/// Names of the parts that are no layer's.
pub const EMBEDDING: &str = "model.embed_tokens";
pub const HEAD: &str = "lm_head";

/// A language model's weights on one device.
#[derive(Debug, Clone)]
pub struct Decoder {
    pub architecture: Architecture,
    pub device: Device,
    /// Of what passes between layers.
    pub dtype: DType,
    pub(super) embedding: Matrix,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Norm,
    /// None when the embedding is the output matrix too.
    pub(super) head: Option<Matrix>,
    frequencies: Vec<f32>,
}

impl Decoder {
    /// Loads a `.gguf` file, or a folder with `config.json` and safetensors.
    ///
    /// # Errors
    /// [`Error::Io`] when it is not there, [`Error::Model`] when it is damaged or of a kind that is not computed here.
    pub fn load(path: &Path, precision: Precision, device: &Device) -> Result<Self, Error> {
        let kind = std::fs::metadata(path).map_err(Error::io(path))?;
        if kind.is_dir() {
            let mut folder = Folder::open(path)?;
            let architecture = folder.architecture.clone();
            return Self::from_weights(&mut folder, architecture, precision, device);
        }
        let mut file = GgufFile::open(path)?;
        let architecture = file.architecture.clone();
        Self::from_weights(&mut file, architecture, precision, device)
    }

    fn from_weights(
        weights: &mut dyn Weights,
        architecture: Architecture,
        precision: Precision,
        device: &Device,
    ) -> Result<Self, Error> {
        let a = &architecture;
        if a.rope_factors.as_ref().is_some_and(|factors| factors.len() != a.head_dim / 2) {
            return Err(Error::model(weights.path(), "its rotary factors are not half as many as a head is wide"));
        }
        let mut loader = Loader { weights, precision, device };
        let embedding = loader.matrix(&format!("{EMBEDDING}.weight"), a.vocab, a.hidden)?;
        let layers = (0..a.layers).map(|at| layer(&mut loader, a, at)).collect::<Result<Vec<_>, _>>()?;
        let norm = norm(&mut loader, a, "model.norm".to_owned(), a.hidden)?;
        let head = if a.tied { None } else { Some(loader.matrix(&format!("{HEAD}.weight"), a.vocab, a.hidden)?) };
        let dtype = match precision {
            Precision::Dense(dtype) => dtype,
            Precision::Quantised => DType::F32,
        };
        let frequencies = frequencies(a);
        Ok(Decoder { architecture, device: device.clone(), dtype, embedding, layers, norm, head, frequencies })
    }

    /// The rotation of tokens at `positions (N)`.
    pub(super) fn rotation(&self, positions: &[u32]) -> Result<Rotation, Error> {
        let angles = || positions.iter().flat_map(|at| self.frequencies.iter().map(move |f| *at as f32 * f));
        let shape = (positions.len(), self.frequencies.len());
        let table = |values: Vec<f32>| -> Result<Tensor, Error> {
            Ok(Tensor::from_vec(values, shape, &self.device)?.to_dtype(self.dtype)?)
        };
        Ok(Rotation { cos: table(angles().map(f32::cos).collect())?, sin: table(angles().map(f32::sin).collect())? })
    }

    /// The residual stream's start: `tokens (N)` to `(N, D)`.
    pub(super) fn embed(&self, tokens: &Tensor) -> Result<Tensor, Error> {
        self.embedding.rows(tokens)
    }

    /// The matrix that makes logits.
    pub(super) fn output(&self) -> &Matrix {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// Logits in f32, `(N, V)`, of the residual stream `x (N, D)`.
    pub(super) fn logits(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(self.output().forward(&self.norm.forward(x)?)?.to_dtype(DType::F32)?)
    }

    /// Every linear layer, in the order of the computation.
    pub fn linears_mut(&mut self) -> impl Iterator<Item = &mut Linear> {
        self.layers.iter_mut().flat_map(|layer| layer.linears_mut())
    }

    /// Visits every weight under transformers' name.
    ///
    /// # Errors
    /// When the model is quantised, or what `visit` says.
    pub fn visit_weights(
        &mut self,
        visit: &mut dyn FnMut(&str, &mut Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let matrix =
            |name: &str, matrix: &mut Matrix, visit: &mut dyn FnMut(&str, &mut Tensor) -> Result<(), Error>| {
                matrix.dense()?;
                match matrix {
                    Matrix::Dense(weight) => visit(&format!("{name}.weight"), weight),
                    Matrix::Quantised(_) => Ok(()),
                }
            };
        matrix(EMBEDDING, &mut self.embedding, visit)?;
        for layer in &mut self.layers {
            for linear in layer.linears_mut() {
                let name = linear.name.clone();
                matrix(&name, &mut linear.weight, visit)?;
                if let Some(bias) = &mut linear.bias {
                    visit(&format!("{name}.bias"), bias)?;
                }
            }
            let Layer { input_norm, post_norm, head_norms, .. } = layer;
            let heads = head_norms.iter_mut().flat_map(|(q, k)| [q, k]);
            for norm in [input_norm, post_norm].into_iter().chain(heads) {
                visit(&format!("{}.weight", norm.name), &mut norm.weight)?;
            }
        }
        visit(&format!("{}.weight", self.norm.name), &mut self.norm.weight)?;
        match &mut self.head {
            Some(head) => matrix(HEAD, head, visit),
            None => Ok(()),
        }
    }
}

fn layer(loader: &mut Loader<'_>, a: &Architecture, at: usize) -> Result<Layer, Error> {
    let prefix = format!("model.layers.{at}");
    let linear = |loader: &mut Loader<'_>, name: &str, out: usize, input: usize, bias: bool| {
        let name = format!("{prefix}.{name}");
        let weight = loader.matrix(&format!("{name}.weight"), out, input)?;
        let bias = if bias { Some(loader.vector(&format!("{name}.bias"), out)?) } else { None };
        Ok::<_, Error>(Linear { name, weight, bias, adapter: None, out, input })
    };
    let (q_side, kv_side) = (a.heads * a.head_dim, a.kv_heads * a.head_dim);
    let bias = a.has_bias();
    let q = linear(loader, "self_attn.q_proj", q_side, a.hidden, bias)?;
    let k = linear(loader, "self_attn.k_proj", kv_side, a.hidden, bias)?;
    let v = linear(loader, "self_attn.v_proj", kv_side, a.hidden, bias)?;
    let o = linear(loader, "self_attn.o_proj", a.hidden, q_side, false)?;
    let gate = linear(loader, "mlp.gate_proj", a.intermediate, a.hidden, false)?;
    let up = linear(loader, "mlp.up_proj", a.intermediate, a.hidden, false)?;
    let down = linear(loader, "mlp.down_proj", a.hidden, a.intermediate, false)?;
    let input_norm = norm(loader, a, format!("{prefix}.input_layernorm"), a.hidden)?;
    let post_norm = norm(loader, a, format!("{prefix}.post_attention_layernorm"), a.hidden)?;
    let head_norms = if a.has_head_norm() {
        let q = norm(loader, a, format!("{prefix}.self_attn.q_norm"), a.head_dim)?;
        Some((q, norm(loader, a, format!("{prefix}.self_attn.k_norm"), a.head_dim)?))
    } else {
        None
    };
    let (heads, kv_heads, head_dim) = (a.heads, a.kv_heads, a.head_dim);
    Ok(Layer { input_norm, q, k, v, o, head_norms, post_norm, gate, up, down, heads, kv_heads, head_dim })
}

fn norm(loader: &mut Loader<'_>, a: &Architecture, name: String, len: usize) -> Result<Norm, Error> {
    Ok(Norm { weight: loader.vector(&format!("{name}.weight"), len)?, name, eps: a.norm_eps })
}

fn frequencies(a: &Architecture) -> Vec<f32> {
    let factor = |i: usize| a.rope_factors.as_ref().and_then(|factors| factors.get(i)).copied().unwrap_or(1.0);
    (0..a.head_dim / 2).map(|i| a.rope_theta.powf(-2.0 * i as f64 / a.head_dim as f64) as f32 / factor(i)).collect()
}
