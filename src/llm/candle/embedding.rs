//! Static embeddings: a text is the mean of the vectors that a table holds for its tokens. No layers, so a hundred thousand texts take
//! seconds. The form is Model2Vec's: a folder with `model.safetensors` (the table `embeddings`; where tokens share rows `mapping`, a row
//! for each token, and `weights`, a factor for each), `tokenizer.json` and `config.json`.

use std::io::Read as _;
use std::path::Path;

use candle_core::Tensor;
use sha2::{Digest, Sha256};

use super::weights::json;
use super::{Error, safetensors};
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
    /// The row of each token, and what it counts; empty when a token's row is its number, and counts once.
    mapping: Vec<f32>,
    weights: Vec<f32>,
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
        let wrong = |reason: String| Error::model(&path, reason);
        if std::fs::metadata(&path).map_err(Error::io(&path))?.len() > MOST_TABLE_BYTES {
            return Err(wrong(format!("it is larger than {MOST_TABLE_BYTES} bytes")));
        }
        if !sha256.is_empty() {
            let found: String =
                Sha256::digest(read(&path, MOST_TABLE_BYTES)?).iter().map(|byte| format!("{byte:02x}")).collect();
            if found != sha256 {
                return Err(wrong(format!("its SHA-256 is {found}, not the configured one")));
            }
        }
        let tensors = safetensors::read(&path)?;
        let numbers = |tensor: &Tensor| -> Result<Vec<f32>, Error> {
            let numbers: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
            let finite = numbers.iter().all(|number| number.is_finite());
            finite.then_some(numbers).ok_or_else(|| wrong("it holds numbers that are none".to_owned()))
        };
        let table = tensors.get("embeddings").ok_or_else(|| wrong("it has no tensor `embeddings`".to_owned()))?;
        let (rows, dimension) = table.dims2()?;
        if rows == 0 || !(2..=8192).contains(&dimension) {
            return Err(wrong(format!("its table has {rows} rows of {dimension} numbers")));
        }
        let table = numbers(table)?;
        let of_tokens = |name: &str| tensors.get(name).map(&numbers).transpose().map(Option::unwrap_or_default);
        let (mapping, weights) = (of_tokens("mapping")?, of_tokens("weights")?);
        if mapping.iter().any(|row| *row < 0.0 || *row >= rows as f32) {
            return Err(wrong("`mapping` names rows that the table lacks".to_owned()));
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
        let n_tokens = tokenizer.get_vocab_size(true);
        let least = [mapping.len(), weights.len()].into_iter().filter(|n| *n > 0).min();
        let held = if mapping.is_empty() { rows.min(least.unwrap_or(rows)) } else { least.unwrap_or(rows) };
        if n_tokens > held {
            return Err(Error::model(&path, format!("it has {n_tokens} tokens, the table rows for {held}")));
        }
        let unknown = ["[UNK]", "<unk>", "<|unk|>"].iter().find_map(|word| tokenizer.token_to_id(word));
        Ok(Embedding { tokenizer, unknown, table, dimension, mapping, weights })
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
            let row = self.mapping.get(*id as usize).map_or(*id as usize, |row| *row as usize);
            let weight = self.weights.get(*id as usize).copied().unwrap_or(1.0);
            let start = row * self.dimension;
            for (sum, number) in sum.iter_mut().zip(self.table.get(start..start + self.dimension)?) {
                *sum += weight * number;
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
mod tests {
    use super::*;

    /// Writes a tokenizer that knows `words`, the first for what it does not know, and tensors of (name, type, shape, bytes).
    fn write_model(folder: &Path, words: &[&str], tensors: &[(&str, &str, &[usize], Vec<u8>)]) {
        let vocabulary: serde_json::Map<String, serde_json::Value> =
            words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
        let tokenizer = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": { "type": "Lowercase" }, "pre_tokenizer": { "type": "Whitespace" }, "post_processor": null, "decoder": null,
            "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" }
        });
        std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
        std::fs::write(folder.join("config.json"), "{\"normalize\": true}").unwrap();
        let (mut head, mut body) = (serde_json::Map::new(), Vec::new());
        for (name, dtype, shape, bytes) in tensors {
            let offsets = [body.len(), body.len() + bytes.len()];
            head.insert(
                (*name).to_owned(),
                serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets }),
            );
            body.extend_from_slice(bytes);
        }
        let head = serde_json::Value::from(head).to_string();
        let file: Vec<u8> =
            (head.len() as u64).to_le_bytes().into_iter().chain(head.into_bytes()).chain(body).collect();
        std::fs::write(folder.join("model.safetensors"), file).unwrap();
    }

    fn floats(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn a_text_is_the_mean_of_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let table = floats(&[9.0, 9.0, 3.0, 0.0, 0.0, 3.0]);
        write_model(folder.path(), &["[UNK]", "newt", "tail"], &[("embeddings", "F32", &[3, 2], table)]);
        let model = Embedding::load(folder.path(), "").unwrap();
        assert_eq!(model.dimension(), 2);
        assert_eq!(model.embed("Newt"), Some(vec![1.0, 0.0]));
        let both = model.embed("the newt, a tail").unwrap();
        assert!((both[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (both[1] - both[0]).abs() < 1e-6, "{both:?}");
        assert_eq!(model.embed("moss"), None, "nothing is known of it");
        assert_eq!(model.embed(""), None);
    }

    #[test]
    fn tokens_may_share_rows_of_signed_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mapping: Vec<u8> = [0_i64, 1, 1].into_iter().flat_map(i64::to_le_bytes).collect();
        let tensors: [(&str, &str, &[usize], Vec<u8>); 3] = [
            ("embeddings", "I8", &[2, 2], vec![1, 1, 0xFD, 4]),
            ("mapping", "I64", &[3], mapping),
            ("weights", "F32", &[3], floats(&[0.0, 1.0, 2.0])),
        ];
        write_model(folder.path(), &["[UNK]", "newt", "tail"], &tensors);
        let model = Embedding::load(folder.path(), "").unwrap();
        let newt = model.embed("newt").unwrap();
        assert!((newt[0] + 0.6).abs() < 1e-6 && (newt[1] - 0.8).abs() < 1e-6, "{newt:?}");
        assert_eq!(model.embed("tail"), Some(newt));
    }

    #[test]
    fn what_is_no_model_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |sha256: &str| Embedding::load(folder.path(), sha256).unwrap_err().to_string();
        assert!(refused("").contains("model.safetensors"));
        let tensors = |name| [(name, "F32", [2, 2].as_slice(), floats(&[1.0; 4]))];
        write_model(folder.path(), &["[UNK]", "newt"], &tensors("embeddings"));
        assert!(refused(&"0".repeat(64)).contains("SHA-256"));
        std::fs::write(folder.path().join("config.json"), "{\"hidden_dim\": 64}").unwrap();
        assert!(refused("").contains("hidden_dim"));
        write_model(folder.path(), &["[UNK]", "newt", "tail"], &tensors("embeddings"));
        assert!(refused("").contains("3 tokens"));
        write_model(folder.path(), &["[UNK]", "newt"], &tensors("weight"));
        assert!(refused("").contains("no tensor `embeddings`"));
    }
}
