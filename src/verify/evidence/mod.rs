//! Stage 2, evidence: the quote is a span of a passage and the answer follows from it.
//!
//! Reads the quote word by word against the question: what they share, clause by clause. It knows no biology; what a reader
//! needs knowledge for is left to the open-book stage.

mod choice;
mod direction;
mod number;
mod reading;
mod standing;
mod term;

use std::ops::Range;

use crate::model::answer::{AnswerSpec, Item};
use crate::model::document::SectionKind;
use crate::model::question::{Draft, Evidence};

use super::ask::Ask;
use super::prepared::Prepared;
pub(crate) use reading::Reading;

pub(crate) use term::places;

/// The evidence as exact passage slices.
///
/// # Errors
/// The reason when a quote is nowhere in the article, or there is none.
pub(crate) fn locate(draft: &Draft, prepared: &Prepared<'_>) -> Result<Vec<Evidence>, String> {
    if draft.evidence.is_empty() {
        return Err("no_evidence".to_owned());
    }
    draft
        .evidence
        .iter()
        .map(|evidence| {
            prepared.locate(evidence).ok_or_else(|| {
                let start: String = evidence.quote.chars().take(60).collect();
                format!("quote_not_in_article: {start:?}")
            })
        })
        .collect()
}

/// # Errors
/// The reason when the answer does not follow from any of the quotes.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let mut first = None;
    for evidence in evidence {
        match check_one(draft, evidence, ask, prepared) {
            Ok(()) => return Ok(()),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    Err(first.unwrap_or_else(|| "no_evidence".to_owned()))
}

fn check_one(draft: &Draft, evidence: &Evidence, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let reading = Reading::new(&evidence.quote, ask, prepared);
    let section = prepared.passage(evidence.passage).map_or(SectionKind::Other, |p| p.section_kind);
    let (place, measured) = match &draft.answer {
        AnswerSpec::Number { value, unit, tolerance, comparator } => {
            let key =
                number::Key { value: *value, unit: unit.as_deref(), tolerance: *tolerance, comparator: *comparator };
            let span = number::check(&key, ask, &draft.question, &reading)?;
            (reading.words_in(&span), true)
        }
        AnswerSpec::Term { value, synonyms } => {
            let forms: Vec<&str> = std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect();
            (term_place(&forms, ask, &reading, prepared)?, false)
        }
        AnswerSpec::Choice { options, correct } => {
            let index = correct
                .trim()
                .bytes()
                .next()
                .map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
            let place = choice::check(options, index, ask, &reading, prepared)?;
            (place, options.get(index).is_some_and(|o| o.chars().any(|c| c.is_ascii_digit())))
        }
        AnswerSpec::Boolean { value } => {
            let at = direction::check_boolean(*value, ask, &reading)?;
            (statement_place(at, &reading), false)
        }
        AnswerSpec::Direction { value } => {
            let at = direction::check(*value, ask, &reading)?;
            (at..at + 1, false)
        }
        AnswerSpec::Sequence { value, .. } => (sequence_place(value, &reading)?, true),
        AnswerSpec::Set { items } | AnswerSpec::Ranking { items } => {
            let mut place = 0..1;
            for item in items {
                let forms = item_forms(item);
                let places = places(&forms, &reading, prepared);
                let Some(first) = places.first() else {
                    return Err(format!("item_not_in_quote: {:?}", forms.first().copied().unwrap_or_default()));
                };
                place = first.clone();
            }
            (place, false)
        }
    };
    standing::hedged(&place, measured, ask, &reading)?;
    standing::other_work(&place, ask, section, &reading)
}

fn term_place(
    forms: &[&str],
    ask: &Ask,
    reading: &Reading<'_>,
    prepared: &Prepared<'_>,
) -> Result<Range<usize>, String> {
    let places = places(forms, reading, prepared);
    let mut first = None;
    for place in &places {
        match term::check_statement(place, ask, reading) {
            Ok(()) => return Ok(place.clone()),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    Err(first.unwrap_or_else(|| format!("term_not_in_quote: {:?}", forms.first().copied().unwrap_or_default())))
}

/// The words of the clause at `at` that the question shares, for a yes or no.
fn statement_place(at: usize, reading: &Reading<'_>) -> Range<usize> {
    let range = reading.clause_words(reading.clause.get(at).copied().unwrap_or_default());
    let last = range.clone().rev().find(|i| reading.shared[*i] >= 1.0).unwrap_or(at);
    last..last + 1
}

fn sequence_place(value: &str, reading: &Reading<'_>) -> Result<Range<usize>, String> {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect() };
    let wanted = plain(value);
    if !wanted.is_empty() && plain(reading.quote).contains(&wanted) {
        let at = reading.words.iter().position(|w| wanted.starts_with(&w.folded.to_uppercase())).unwrap_or_default();
        return Ok(at..at + 1);
    }
    Err("sequence_not_in_quote".to_owned())
}

pub(crate) fn item_forms(item: &Item) -> Vec<&str> {
    match item {
        Item::Name(name) => vec![name.as_str()],
        Item::Term { value, synonyms } => {
            std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect()
        }
    }
}
