//! What a user can set about verification.

use serde::{Deserialize, Serialize};

use super::{novelty, trial};

/// `[verify]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Longest question. Default 80; words.
    pub max_question_words: usize,
    /// Longest term answer, synonym or item. Default 9; words.
    pub max_term_words: usize,
    /// Longest quote. Default 4000; bytes.
    pub max_quote_bytes: usize,
    /// From which share of common words on two questions are one. Default 0.8; 0 to 1.
    pub near_duplicate: f64,
    /// How many shared runs of 13 words with a benchmark reject a question, its quote included. Default 1; runs.
    pub contaminated_runs: usize,
    /// Questions in other words.
    pub novelty: novelty::Config,
    /// The stages that ask a model.
    pub trial: trial::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_question_words: 80,
            max_term_words: 9,
            max_quote_bytes: 4000,
            near_duplicate: 0.8,
            contaminated_runs: 1,
            novelty: novelty::Config::default(),
            trial: trial::Config::default(),
        }
    }
}
