//! A `Document` in, `Draft` questions out, by rules or by a language model.
//!
//! Drafts carry their evidence as spans of the document's passages. Whether a draft is any good is for `verify` to say.

pub mod model;
mod order;
pub mod rules;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::llm::{self, Request, Retry};
use crate::model::document::Document;
use crate::model::question::Draft;

/// Which generators write questions, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Each of these writes its own questions about every article. Default: `["rules"]`.
    pub generators: Vec<GeneratorKind>,
    pub rules: rules::Config,
    pub model: model::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            generators: vec![GeneratorKind::Rules],
            rules: rules::Config::default(),
            model: model::Config::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorKind {
    /// The embedded rules: no model, no network.
    Rules,
    /// The model that `[llm]` names.
    Openai,
}

/// Writes draft questions about a document.
pub trait Generate: Send + Sync {
    /// The kind in the label of its questions, under which the store also notes what it has drafted from; the embedded one's here.
    fn kind(&self) -> &str {
        "rules"
    }

    /// How many documents it may be given at a time because it waits for another program; 0 when it works in this process.
    fn waits_for(&self) -> usize {
        0
    }

    /// The drafts, in reading order; none is a valid answer.
    fn draft<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Vec<Draft>, Error>>;

    /// The model that is asked; empty for none.
    fn model(&self) -> &str {
        ""
    }

    /// What a model would be asked about the document, repairs left out: for a projection of what it costs.
    fn requests(&self, _document: &Document) -> Vec<Request> {
        Vec::new()
    }
}

/// Why no drafts could be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Model(#[from] llm::Error),
}

impl Error {
    /// Whether trying again can help, and when.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Model(error) => error.retry(),
        }
    }
}
