//! Increase, decrease or no change: closed word lists, shared with verification.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::boolean::MAX_EXPLANATION_WORDS;
use super::numeral;
use super::table::WORDS;
use crate::model::answer::Direction;

/// The direction that `word` names, if it is a listed word (`upregulated`, `fell`, `unchanged`); case does not count.
///
/// ```
/// use aludel::{grade::direction, model::answer::Direction};
/// assert_eq!(direction::of_word("Up-regulated"), Some(Direction::Increase));
/// assert_eq!(direction::of_word("inhibited"), None);
/// ```
pub fn of_word(word: &str) -> Option<Direction> {
    match words_of(word).as_slice() {
        [word] => TABLE.words.get(word.as_str()).copied(),
        _ => None,
    }
}

/// What a text says about directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each listed word or phrase, in order.
    pub directions: Vec<Direction>,
    /// A negation stands outside the listed phrases: `did not increase`, `no decrease`.
    pub negated: bool,
    /// Words that are neither.
    pub n_other_words: usize,
}

/// Every listed direction in `text`.
pub fn scan(text: &str) -> Found {
    let words = words_of(text);
    let mut found = Found::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some(length) = phrase_at(&words[at..]) {
            found.directions.push(Direction::NoChange);
            at += length;
            continue;
        }
        if is_magnitude(word, words.get(at + 1).map(String::as_str), words.get(at + 2).map(String::as_str)) {
            found.n_other_words += 1;
        } else if let Some(direction) = TABLE.words.get(word.as_str()) {
            found.directions.push(*direction);
        } else {
            found.n_other_words += 1;
            found.negated |= WORDS.negations.contains(&word.as_str()) || word.ends_with("n't");
        }
        at += 1;
    }
    found
}

/// The one direction that `text`, free of dress, answers; `None` for none, several, a denial, or an answer that runs on.
pub(crate) fn read(text: &str) -> Option<Direction> {
    let found = scan(super::dress::without_lead_in(text));
    let first = *found.directions.first()?;
    let one = found.directions.iter().all(|direction| *direction == first);
    (one && !found.negated && found.n_other_words <= MAX_EXPLANATION_WORDS).then_some(first)
}

/// `more than 2-fold`, `up to 40%`: an amount, not a direction.
fn is_magnitude(word: &str, next: Option<&str>, after: Option<&str>) -> bool {
    let amount = |word: Option<&str>| {
        word.is_some_and(|word| {
            word.starts_with(|c: char| c.is_numeric())
                || numeral::is_number_word(word)
                || word.strip_suffix("fold").is_some_and(numeral::is_number_word)
        })
    };
    match word {
        "more" | "less" | "greater" | "fewer" | "lower" | "higher" => next == Some("than") && amount(after),
        "up" | "down" => next == Some("to") && amount(after),
        _ => false,
    }
}

/// The words of the longest `no change` phrase at the start of `words`.
fn phrase_at(words: &[String]) -> Option<usize> {
    let candidates = TABLE.phrases.get(words.first()?.as_str())?;
    candidates
        .iter()
        .filter(|phrase| phrase.len() <= words.len() && phrase.iter().zip(words).all(|(a, b)| *a == b.as_str()))
        .map(Vec::len)
        .max()
}

/// Lower-case words; hyphens inside words go (`up-regulated`), underscores separate, arrows are words.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = if c == '’' { '\'' } else { c };
        let hyphen = super::term::is_hyphen(c);
        if matches!(c, '↑' | '↓' | '↔') {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            words.push(c.to_string());
        } else if c.is_alphanumeric() || c == '\'' {
            word.extend(c.to_lowercase());
        } else if hyphen
            && chars.peek().is_some_and(|next| next.is_alphabetic())
            && matches!(word.as_str(), "up" | "down" | "non")
        {
        } else {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

struct Table {
    words: HashMap<&'static str, Direction>,
    phrases: HashMap<&'static str, Vec<Vec<&'static str>>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { words: HashMap::new(), phrases: HashMap::new() };
    for (list, direction) in [(&WORDS.increase, Direction::Increase), (&WORDS.decrease, Direction::Decrease)] {
        table.words.extend(list.iter().map(|word| (*word, direction)));
    }
    for phrase in &WORDS.no_change {
        let words: Vec<&'static str> = phrase.split(' ').collect();
        match words.as_slice() {
            [word] => {
                table.words.insert(word, Direction::NoChange);
            }
            [first, ..] => table.phrases.entry(first).or_default().push(words),
            [] => {}
        }
    }
    table
});

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], expected: Option<Direction>) {
        for text in texts {
            assert_eq!(read(text), expected, "{text}: {:?}", scan(text));
        }
    }

    #[test]
    fn words_and_phrases() {
        check(
            &[
                "increase",
                "Upregulated",
                "up-regulated",
                "It rose.",
                "increased 2-fold",
                "increased more than 2-fold",
                "↑",
                "higher",
                "an increase in degradation",
                "increased by up to 40%",
                "significantly elevated",
                "up",
                "probably increased",
            ],
            Some(Direction::Increase),
        );
        check(
            &[
                "reduced",
                "down\u{2011}regulated",
                "lower",
                "lower than control",
                "decreased inhibition",
                "loss",
                "decreased by less than half",
            ],
            Some(Direction::Decrease),
        );
        check(
            &[
                "no change",
                "no_change",
                "unchanged",
                "remained unchanged",
                "no significant difference",
                "did not change",
                "↔",
                "not altered",
            ],
            Some(Direction::NoChange),
        );
        check(
            &[
                "did not increase",
                "no decrease",
                "not upregulated",
                "increase or decrease",
                "increased, then decreased",
                "inhibited",
                "",
                "increase, decrease or no change",
                "no significant increase",
                "non-significant increase",
                "+",
                "-",
                "similar",
                "didn't rise",
                "anything but an increase",
                "up down unchanged",
                "not increased",
            ],
            None,
        );
    }

    proptest::proptest! {
        #[test]
        fn two_directions_are_no_answer(a in proptest::sample::select(vec!["rose", "increase", "up"]), b in proptest::sample::select(vec!["fell", "decrease", "unchanged"]), joint in "( and | or |, |/|, then )") {
            proptest::prop_assert_eq!(read(&format!("{a}{joint}{b}")), None);
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _ = read(&text);
        }
    }
}
