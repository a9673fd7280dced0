//! Stage 5, novelty: exact and near duplicates over the whole history, pair by pair, never by transitive clusters.
//!
//! A question is the set of its word hashes. Two questions are one when one says what the other says and little more; a word on
//! either side that the other lacks (another tissue, another drug) makes them two. With an embedding model those are found, too, that
//! ask the same in other words.

mod config;
mod fingerprint;
mod history;
mod meaning;
mod posting;

pub use config::Config;
pub use fingerprint::Fingerprint;
pub(crate) use fingerprint::hash64;
pub use history::History;
pub use meaning::{Meaning, Meanings};

use crate::model::id::QuestionId;
use crate::model::question::Likeness;

/// So many earlier questions are named at most.
pub const MOST_ALIKE: usize = 16;

/// A question as novelty looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub fingerprint: Fingerprint,
    /// With an embedding model.
    pub meaning: Option<Meaning>,
}

/// What the novelty stage asks; the in-memory [`History`] answers it.
pub trait Seen {
    /// The earlier questions that are the same as this one, the closest first, at most [`MOST_ALIKE`]. `own` is left out.
    fn find(&self, asked: &Asked, own: &QuestionId, near: f64) -> Vec<Likeness>;
    fn add(&mut self, id: QuestionId, asked: Asked);
}
