//! What is compared of a question: its folded text, its answer, and the set of its words.

use crate::grade::term::fold;
use crate::model::answer::{AnswerSpec, Direction};

use super::super::evidence::item_forms;
use super::super::lexicon::{Force, direction_of, is_plain_negation};
use super::super::words::{Kind, words};

/// What the history keeps of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hash of the folded question.
    pub exact: u64,
    /// Hash of the folded answer.
    pub answer: u64,
    /// Sorted hashes of the content words.
    pub words: Vec<u32>,
}

impl Fingerprint {
    pub fn of(question: &str, answer: &AnswerSpec) -> Self {
        let mut folded = String::with_capacity(question.len());
        let mut hashes = Vec::new();
        for word in words(question) {
            if word.kind == Kind::Sign && !word.is_any(&["%", "<", ">", "+", "≥", "≤"]) {
                continue;
            }
            folded.push_str(&word.folded);
            folded.push(' ');
            if word.is_content()
                || is_plain_negation(&word)
                || word.is_any(&["more", "without", "before", "after", "above", "below"])
            {
                // `raise` and `increase` are one word here; `raise` and `lower` are not.
                let canonical = match direction_of(&word) {
                    Some((Direction::Increase, Force::Plain)) => "+",
                    Some((Direction::Decrease, Force::Plain)) => "-",
                    _ => word.stem.as_str(),
                };
                hashes.push(hash32(canonical));
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Fingerprint { exact: hash64(&folded), answer: hash64(&folded_answer(answer)), words: hashes }
    }
}

/// SplitMix64's finaliser.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a, then mixed: the same on every machine.
pub(crate) fn hash64(text: &str) -> u64 {
    mix(text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)))
}

fn hash32(text: &str) -> u32 {
    (hash64(text) >> 32) as u32
}

/// The answer in one folded line: synonyms and tolerances do not make it another answer.
fn folded_answer(answer: &AnswerSpec) -> String {
    match answer {
        AnswerSpec::Number { value, unit, comparator, .. } => {
            format!("{value:e} {} {comparator:?}", unit.as_deref().map(fold).unwrap_or_default())
        }
        AnswerSpec::Term { value, .. } => fold(value),
        AnswerSpec::Choice { options, correct } => {
            let index = correct
                .trim()
                .bytes()
                .next()
                .map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
            options.get(index).map(|o| fold(o)).unwrap_or_default()
        }
        AnswerSpec::Boolean { value } => value.to_string(),
        AnswerSpec::Direction { value } => format!("{value:?}"),
        AnswerSpec::Sequence { value, .. } => {
            value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
        }
        AnswerSpec::Set { items } => {
            let mut all: Vec<String> = items.iter().filter_map(|i| item_forms(i).first().map(|f| fold(f))).collect();
            all.sort();
            all.join("|")
        }
        AnswerSpec::Ranking { items } => {
            items.iter().filter_map(|i| item_forms(i).first().map(|f| fold(f))).collect::<Vec<_>>().join(">")
        }
    }
}
