//! Stage 3, self-contained: the question can be asked alone, asks for biology, and has one answer.

mod abbreviation;
mod paper;
mod reference;
mod specific;
mod trivia;
mod unique;

use crate::model::question::{Draft, Evidence};

use super::ask::Ask;
use super::prepared::Prepared;

/// # Errors
/// The reason: what needs the paper beside it, is administration rather than biology, or leaves several answers open.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    paper::check(ask, &draft.question)?;
    reference::check(ask, &draft.question)?;
    abbreviation::check(ask, &draft.question, draft, prepared)?;
    specific::check(ask, &draft.question)?;
    trivia::check(draft, ask, evidence, prepared)?;
    evidence.iter().try_for_each(|e| unique::check(draft, e, ask, prepared))
}
