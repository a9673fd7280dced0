//! An answer spec made ready for grading, or the reason why it can not be.

use super::choice::Choice;
use super::extract::Shape;
use super::list::List;
use super::number::Key;
use super::sequence::Sequence;
use super::term::{Folded, Forms};
use super::unit::Unit;
use crate::model::answer::{AnswerSpec, Direction, Item, Tolerance};

/// The largest answer that is read, in bytes; longer ones are `too_long`.
pub(crate) const MAX_ANSWER_BYTES: usize = 2048;
const SHORT_WORDS: usize = 12;
const SHORT_CHARS: usize = 100;

/// Why a spec can not be graded against. Such a question never reaches a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadSpec {
    #[error("the value {0} is not a finite number")]
    Value(f64),
    #[error("the tolerance {0} is not a finite number from zero up")]
    Tolerance(f64),
    #[error("a relative tolerance of zero accepts nothing else; give an absolute one")]
    RelativeToZero,
    #[error("the unit `{0}` is neither in the unit table nor a plain noun")]
    Unit(String),
    #[error("an accepted form is empty")]
    EmptyForm,
    #[error("there are no items")]
    NoItems,
    #[error("item `{0}` occurs twice")]
    SameItem(String),
    #[error("a choice takes 2 to 26 options, not {0}")]
    Options(usize),
    #[error("`{0}` is not the letter of an option")]
    Letter(String),
    #[error("options {0} and {1} are the same")]
    SameOption(char, char),
    #[error("`{0}` is no letter of the sequence's alphabet")]
    Alphabet(char),
    #[error("an accepted form is longer than {MAX_ANSWER_BYTES} bytes, the most that an answer may have")]
    TooLong,
}

/// A spec that was checked, with its forms folded once for many responses.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    Number(Key),
    Term(Forms),
    Choice(Choice),
    Boolean(bool),
    Direction(Direction),
    Sequence(Sequence),
    List(List),
}

impl Prepared {
    pub(crate) fn new(spec: &AnswerSpec) -> Result<Self, BadSpec> {
        Ok(match spec {
            AnswerSpec::Number { value, unit, tolerance, comparator } => Prepared::Number(Key {
                value: finite(*value)?,
                unit: unit.as_deref().map(known_unit).transpose()?,
                tolerance: allowance(*value, *tolerance)?,
                comparator: *comparator,
            }),
            AnswerSpec::Term { value, synonyms } => Prepared::Term(forms(value, synonyms)?),
            AnswerSpec::Choice { options, correct } => Prepared::Choice(Choice::new(options, correct)?),
            AnswerSpec::Boolean { value } => Prepared::Boolean(*value),
            AnswerSpec::Direction { value } => Prepared::Direction(*value),
            AnswerSpec::Sequence { value, alphabet } => Prepared::Sequence(Sequence::new(value, *alphabet)?),
            AnswerSpec::Set { items } => Prepared::List(List::new(item_forms(items)?, false)),
            AnswerSpec::Ranking { items } => Prepared::List(List::new(item_forms(items)?, true)),
        })
    }

    /// How long a response without a marker may be and still count as the answer.
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Prepared::List(list) => {
                Shape { n_words: SHORT_WORDS * list.len(), n_chars: SHORT_CHARS * list.len(), list: true }
            }
            _ => Shape { n_words: SHORT_WORDS, n_chars: SHORT_CHARS, list: false },
        }
    }

    /// The most words that an extracted answer may have, if its type is measured in words.
    pub(crate) fn max_words(&self) -> Option<usize> {
        let limit = |n_words: usize| n_words.saturating_mul(3).saturating_add(5).max(SHORT_WORDS);
        match self {
            Prepared::Number(_) => Some(SHORT_WORDS),
            Prepared::Term(forms) => Some(limit(forms.n_words())),
            Prepared::Choice(choice) => Some(limit(choice.n_words())),
            Prepared::List(list) => Some(list.items().map(|item| limit(item.n_words())).sum()),
            // A short explanation is allowed there; a sequence may be written in blocks.
            Prepared::Boolean(_) | Prepared::Direction(_) | Prepared::Sequence(_) => None,
        }
    }
}

fn finite(value: f64) -> Result<f64, BadSpec> {
    if value.is_finite() { Ok(value) } else { Err(BadSpec::Value(value)) }
}

fn known_unit(text: &str) -> Result<Unit, BadSpec> {
    Unit::parse(text).ok_or_else(|| BadSpec::Unit(text.to_owned()))
}

fn allowance(value: f64, tolerance: Tolerance) -> Result<f64, BadSpec> {
    let (amount, allowed) = match tolerance {
        Tolerance::Relative(share) => (share, share * value.abs()),
        Tolerance::Absolute(amount) => (amount, amount),
    };
    if !amount.is_finite() || amount < 0.0 || !allowed.is_finite() {
        return Err(BadSpec::Tolerance(amount));
    }
    if value == 0.0 && matches!(tolerance, Tolerance::Relative(_)) {
        return Err(BadSpec::RelativeToZero);
    }
    Ok(allowed)
}

fn forms(value: &str, synonyms: &[String]) -> Result<Forms, BadSpec> {
    let texts = || std::iter::once(value).chain(synonyms.iter().map(String::as_str));
    if texts().any(|text| text.len() > MAX_ANSWER_BYTES) {
        return Err(BadSpec::TooLong);
    }
    let forms = Forms::new(texts());
    if forms.iter().any(|(_, folded)| folded.is_empty()) { Err(BadSpec::EmptyForm) } else { Ok(forms) }
}

fn item_forms(items: &[Item]) -> Result<Vec<Forms>, BadSpec> {
    if items.is_empty() {
        return Err(BadSpec::NoItems);
    }
    let mut all: Vec<Forms> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashSet::new();
    for item in items {
        let item = match item {
            Item::Name(name) => forms(name, &[])?,
            Item::Term { value, synonyms } => forms(value, synonyms)?,
        };
        let own: std::collections::HashSet<String> =
            item.iter().map(|(_, folded): &(String, Folded)| folded.singular().to_owned()).collect();
        for form in own {
            if seen.contains(&form) {
                return Err(BadSpec::SameItem(item.canonical().to_owned()));
            }
            seen.insert(form);
        }
        all.push(item);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Option<&str>) {
        let spec: AnswerSpec = serde_json::from_str(json).unwrap();
        let found = Prepared::new(&spec).err().map(|error| error.to_string());
        assert_eq!(found.is_some(), expected.is_some(), "{json}: {found:?}");
        if let (Some(found), Some(expected)) = (found, expected) {
            assert!(found.contains(expected), "{json}: {found}");
        }
    }

    #[test]
    fn specs_are_checked() {
        check(r#"{"type":"number","value":0,"unit":null,"tolerance":{"relative":0.1}}"#, Some("zero"));
        check(r#"{"type":"number","value":0,"unit":null,"tolerance":{"absolute":0.1}}"#, None);
        check(r#"{"type":"number","value":1,"unit":"12 !","tolerance":{"absolute":0.1}}"#, Some("unit"));
        check(r#"{"type":"number","value":1,"unit":"","tolerance":{"absolute":0.1}}"#, Some("unit"));
        check(r#"{"type":"number","value":1,"unit":"gametocytes/mL","tolerance":{"absolute":0.1}}"#, None);
        check(r#"{"type":"number","value":1,"tolerance":{"absolute":-1}}"#, Some("tolerance"));
        check(r#"{"type":"term","value":" "}"#, Some("empty"));
        check(r#"{"type":"term","value":"a","synonyms":[""]}"#, Some("empty"));
        check(r#"{"type":"term","value":"a"}"#, None);
        check(r#"{"type":"choice","options":["a","b"],"correct":"C"}"#, Some("letter"));
        check(r#"{"type":"choice","options":["a","b"],"correct":""}"#, Some("letter"));
        check(r#"{"type":"choice","options":["mouse","Mice"],"correct":"A"}"#, Some("same"));
        check(r#"{"type":"choice","options":["a",""],"correct":"A"}"#, Some("empty"));
        check(r#"{"type":"choice","options":["a"],"correct":"A"}"#, Some("options"));
        check(r#"{"type":"sequence","value":"ATGU","alphabet":"dna"}"#, Some("alphabet"));
        check(r#"{"type":"sequence","value":"","alphabet":"dna"}"#, Some("empty"));
        check(r#"{"type":"set","items":[]}"#, Some("no items"));
        check(r#"{"type":"set","items":["IL-6",{"value":"x","synonyms":["il 6"]}]}"#, Some("twice"));
    }
}
