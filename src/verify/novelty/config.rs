//! What a user can set about questions in other words.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[verify.novelty]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of a static embedding model (Model2Vec's form: `model.safetensors`, `tokenizer.json`, `config.json`). Empty: questions are
    /// compared by their words alone.
    pub embedding: PathBuf,
    /// SHA-256 of its `model.safetensors`, lower-case hex. Empty: not checked.
    pub embedding_sha256: String,
    /// From which cosine on two questions with the same names, numbers and senses mean the same. Default 0.93; 0 to 1.
    pub paraphrase: f64,
    /// About as much memory is used for vectors; when it is full the older half of the questions is compared by words alone.
    /// Default 1024; MiB. A million questions take 256 numbers and some 200 bytes each: 435 MiB.
    pub memory_mib: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { embedding: PathBuf::new(), embedding_sha256: String::new(), paraphrase: 0.93, memory_mib: 1024 }
    }
}
