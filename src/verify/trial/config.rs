use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[verify.trial]`: the stages that ask a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether accepted questions are tried. Default false.
    pub enabled: bool,
    /// Answers asked with the passage. Default 4.
    pub open_book_samples: u32,
    /// Least share of them that has to agree with the key. Default 0.75; 0 to 1.
    pub least_agreement: f64,
    /// Answers asked without the passage. Default 4.
    pub closed_book_samples: u32,
    /// Sampling temperature. Default 0.7.
    pub temperature: f64,
    /// Sampling seed. Default 0.
    pub seed: u64,
    /// Most tokens of an answer, thinking included. Default 2048; a model that thinks at length needs more.
    pub max_reply_tokens: u32,
    /// Whether the question is also marked against a rubric. Default false.
    pub judge: bool,
    /// Least mark in every part of the rubric. Default 3; 1 to 5.
    pub least_mark: u8,
    /// Files with the prompts. Default: none, the embedded ones.
    pub open_book_prompt_file: Option<PathBuf>,
    pub closed_book_prompt_file: Option<PathBuf>,
    pub judge_prompt_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            enabled: false,
            open_book_samples: 4,
            least_agreement: 0.75,
            closed_book_samples: 4,
            temperature: 0.7,
            seed: 0,
            max_reply_tokens: 2048,
            judge: false,
            least_mark: 3,
            open_book_prompt_file: None,
            closed_book_prompt_file: None,
            judge_prompt_file: None,
        }
    }
}

impl Config {
    /// The prompt files, each under its key.
    pub fn prompt_files(&self) -> [(&'static str, &Option<PathBuf>); 3] {
        [
            ("open_book_prompt_file", &self.open_book_prompt_file),
            ("closed_book_prompt_file", &self.closed_book_prompt_file),
            ("judge_prompt_file", &self.judge_prompt_file),
        ]
    }

    /// The same, to be changed.
    pub fn prompt_files_mut(&mut self) -> [&mut Option<PathBuf>; 3] {
        [&mut self.open_book_prompt_file, &mut self.closed_book_prompt_file, &mut self.judge_prompt_file]
    }
}
