//! Stage 7, injection: hidden or instruction-like text in a question, a quote or its passage.

use crate::model::answer::AnswerSpec;
use crate::model::question::{Draft, Evidence};
use crate::text::injection::{markup, scan};

use super::evidence::item_forms;
use super::prepared::Prepared;

/// # Errors
/// The reason, naming where the text stands and what it is.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], prepared: &Prepared<'_>) -> Result<(), String> {
    if let Some(found) = scan(&draft.question).or_else(|| markup(&draft.question)) {
        return Err(format!("question_instructs: {found}"));
    }
    for text in answer_texts(&draft.answer) {
        if let Some(found) = scan(text).or_else(|| markup(text)) {
            return Err(format!("answer_instructs: {found}"));
        }
    }
    for evidence in evidence {
        if let Some(found) = prepared.injection(evidence.passage, scan) {
            return Err(format!("passage_quarantined: {found}"));
        }
    }
    Ok(())
}

fn answer_texts(answer: &AnswerSpec) -> Vec<&str> {
    match answer {
        AnswerSpec::Term { value, synonyms } => {
            std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect()
        }
        AnswerSpec::Choice { options, .. } => options.iter().map(String::as_str).collect(),
        AnswerSpec::Set { items } | AnswerSpec::Ranking { items } => items.iter().flat_map(item_forms).collect(),
        _ => Vec::new(),
    }
}
