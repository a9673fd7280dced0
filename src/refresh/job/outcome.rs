use serde::{Deserialize, Serialize};

use crate::release::manifest::Entry;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All steps are done.
    Complete,
    /// It ended early, by its budget, a guard or on request; the weights are there as they were then.
    Stopped,
    /// There are no weights.
    Failed,
}

/// `result.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: Status,
    /// Why, when it is not complete; a person reads it.
    #[serde(default)]
    pub reason: Option<String>,
    /// As far as a guard says: the weights are not worth a look.
    #[serde(default)]
    pub collapsed: bool,
    pub steps: u64,
    /// Of training, over all runs on the folder.
    pub seconds: f64,
    /// Sampled and trained on.
    pub tokens: u64,
    /// Every other file of `result/`.
    #[serde(default)]
    pub files: Vec<Entry>,
}

impl Outcome {
    /// Nothing was trained, for a reason.
    pub fn failed(reason: String) -> Self {
        Outcome {
            status: Status::Failed,
            reason: Some(reason),
            collapsed: false,
            steps: 0,
            seconds: 0.0,
            tokens: 0,
            files: Vec::new(),
        }
    }
}
