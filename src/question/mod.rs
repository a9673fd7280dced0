//! A `Document` in, `Draft` questions out, by rules or by a language model.
//!
//! Drafts carry their evidence as spans of the document's passages. Whether a draft is any good is for `verify` to say.

pub mod model;
pub mod rules;

use futures_util::future::BoxFuture;

use crate::model::document::Document;
use crate::model::question::Draft;

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
