//! Static embeddings: a text is the mean of the vectors that a table holds for its tokens. No layers, so a hundred thousand texts take
//! seconds. The form is Model2Vec's: a folder with `model.safetensors` (one table, `embeddings`), `tokenizer.json` and `config.json`.

use std::io::Read as _;
use std::path::Path;

use candle_core::{DType, Device};
use sha2::{Digest, Sha256};

use super::Error;
use super::weights::json;
use crate::llm::Embed;

/// Largest table that is read.
const MOST_TABLE_BYTES: u64 = 2 << 30;
/// Largest `tokenizer.json` that is read.
const MOST_TOKENIZER_BYTES: u64 = 256 << 20;
/// Tokens of a text that count.
const MOST_TOKENS: usize = 512;

/// A table of token vectors with its tokenizer.
pub struct Embedding {
    tokenizer: tokenizers::Tokenizer,
    /// The token for what the vocabulary lacks: it says nothing.
    unknown: Option<u32>,
    /// Row by row. (V, D)
    table: Vec<f32>,
    dimension: usize,
}

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.table.len() / self.dimension.max(1);
        f.debug_struct("Embedding").field("tokens", &rows).field("dimension", &self.dimension).finish()
    }
}

impl Embedding {
    /// The model in `folder`. `sha256`: of `model.safetensors`, lower-case hex; empty for none.
    ///
    /// # Errors
    /// When a file is missing, too large, not what its checksum says, or of another form.
    pub fn load(folder: &Path, sha256: &str) -> Result<Self, Error> {
        let path = folder.join("model.safetensors");
        let bytes = read(&path, MOST_TABLE_BYTES)?;
        let wrong = |reason: String| Error::model(&path, reason);
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if !sha256.is_empty() && found != sha256 {
            return Err(wrong(format!("its SHA-256 is {found}, not the configured one")));
        }
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|error| wrong(error.to_string()))?;
        let names = || tensors.keys().cloned().collect::<Vec<_>>().join(", ");
        let table = tensors.get("embeddings").filter(|_| tensors.len() == 1);
        let table = table.ok_or_else(|| wrong(format!("it holds {}, not one tensor `embeddings`", names())))?;
        let (rows, dimension) = table.dims2().map_err(|error| wrong(error.to_string()))?;
        if rows == 0 || !(2..=8192).contains(&dimension) {
            return Err(wrong(format!("its table has {rows} rows of {dimension} numbers")));
        }
        let numbers = table.to_dtype(DType::F32).and_then(|table| table.flatten_all()).and_then(|table| table.to_vec1());
        let table: Vec<f32> = numbers.map_err(|error| wrong(error.to_string()))?;
        if !table.iter().all(|number| number.is_finite()) {
            return Err(wrong("its table holds numbers that are none".to_owned()));
        }
        let config = folder.join("config.json");
        if let Some(told) = json(&config)?["hidden_dim"].as_u64().filter(|told| *told != dimension as u64) {
            return Err(Error::model(&config, format!("`hidden_dim` is {told}, but a row has {dimension} numbers")));
        }
        let path = folder.join("tokenizer.json");
        let tokenizer = tokenizers::Tokenizer::from_bytes(read(&path, MOST_TOKENIZER_BYTES)?);
        let mut tokenizer = tokenizer.map_err(|error| Error::model(&path, error))?;
        let truncation = tokenizers::TruncationParams { max_length: MOST_TOKENS, ..Default::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| Error::model(&path, error))?;
        tokenizer.with_padding(None);
        if tokenizer.get_vocab_size(true) > rows {
            let n_tokens = tokenizer.get_vocab_size(true);
            return Err(Error::model(&path, format!("it has {n_tokens} tokens, the table {rows} rows")));
        }
        let unknown = ["[UNK]", "<unk>", "<|unk|>"].iter().find_map(|word| tokenizer.token_to_id(word));
        Ok(Embedding { tokenizer, unknown, table, dimension })
    }
}

impl Embed for Embedding {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn embed(&self, text: &str) -> Option<Vec<f32>> {
        let tokens = self.tokenizer.encode_fast(text, false).ok()?;
        let mut sum = vec![0.0_f32; self.dimension];
        for id in tokens.get_ids().iter().filter(|id| Some(**id) != self.unknown) {
            let start = *id as usize * self.dimension;
            for (sum, number) in sum.iter_mut().zip(self.table.get(start..start + self.dimension)?) {
                *sum += number;
            }
        }
        // The mean has the sum's direction.
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        (length > 0.0 && length.is_finite()).then(|| sum.iter().map(|number| number / length).collect())
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > most {
        return Err(Error::model(path, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use candle_core::Tensor;

    use super::*;

    /// Writes a model in which each of `words` has its row of `rows`, and whatever else a text holds has none.
    pub(crate) fn write_model(folder: &Path, words: &[&str], rows: &[&[f32]]) {
        let vocabulary: serde_json::Map<String, serde_json::Value> =
            ["[UNK]"].iter().chain(words).enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
        let tokenizer = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": { "type": "Lowercase" }, "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
            "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" }
        });
        std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
        std::fs::write(folder.join("config.json"), "{\"model_type\": \"model2vec\", \"normalize\": true}").unwrap();
        let dimension = rows[0].len();
        let numbers: Vec<f32> = vec![9.0; dimension].into_iter().chain(rows.iter().flat_map(|row| row.iter().copied())).collect();
        let table = Tensor::from_vec(numbers, (rows.len() + 1, dimension), &Device::Cpu).unwrap();
        let table = table.to_dtype(DType::F16).unwrap();
        candle_core::safetensors::save(&HashMap::from([("embeddings", table)]), folder.join("model.safetensors")).unwrap();
    }

    #[test]
    fn a_text_is_the_mean_of_its_words() {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), &["newt", "tail"], &[&[3.0, 0.0], &[0.0, 3.0]]);
        let model = Embedding::load(folder.path(), "").unwrap();
        assert_eq!(model.dimension(), 2);
        assert_eq!(model.embed("Newt"), Some(vec![1.0, 0.0]));
        let both = model.embed("the newt, a tail").unwrap();
        assert!((both[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (both[1] - both[0]).abs() < 1e-6, "{both:?}");
        assert_eq!(model.embed("moss"), None, "nothing is known of it");
        assert_eq!(model.embed(""), None);
    }

    #[test]
    fn what_is_no_model_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |sha256: &str| Embedding::load(folder.path(), sha256).unwrap_err().to_string();
        assert!(refused("").contains("model.safetensors"));
        write_model(folder.path(), &["newt"], &[&[1.0, 0.0]]);
        assert!(refused(&"0".repeat(64)).contains("SHA-256"));
        std::fs::write(folder.path().join("config.json"), "{\"hidden_dim\": 64}").unwrap();
        assert!(refused("").contains("hidden_dim"));
        let table = Tensor::ones((2, 2), DType::F32, &Device::Cpu).unwrap();
        let path = folder.path().join("model.safetensors");
        candle_core::safetensors::save(&HashMap::from([("weight", table)]), path).unwrap();
        assert!(refused("").contains("not one tensor `embeddings`"));
    }
}
