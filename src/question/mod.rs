//! A `Document` in, `Draft` questions out, by rules or by a language model.
//!
//! Drafts carry their evidence as spans of the document's passages. Whether a draft is any good is for `verify` to say.

pub mod model;
pub mod rules;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::model::document::Document;
use crate::model::question::Draft;

/// Which generators write questions, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Each of these writes its own questions about every article. Default: `["rules"]`.
    pub generators: Vec<GeneratorKind>,
    pub rules: rules::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config { generators: vec![GeneratorKind::Rules], rules: rules::Config::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorKind {
    /// The embedded rules: no model, no network.
    Rules,
}

/// Writes draft questions about a document.
pub trait Generate: Send + Sync {
    /// The drafts, in reading order; none is a valid answer.
    fn draft<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Vec<Draft>, Error>>;
}

/// Why no drafts could be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the model's reply is not a list of questions: {detail}")]
    BadReply { detail: String },
    #[error("the model gave no reply: {detail}")]
    NoReply { detail: String },
}
