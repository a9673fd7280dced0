//! A text as folded words with their places: what every stage compares.

mod common;
mod stem;

use std::ops::Range;

pub(crate) use common::{is_function_word, is_generic};
pub(crate) use stem::stem;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Digits with their decimal point or thousands separators.
    Number,
    /// A sign or a punctuation mark, one character.
    Sign,
}

/// One word, number or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub span: Range<usize>,
    /// Lower case, typographic variants folded.
    pub folded: String,
    /// [`stem`] of `folded`; equal to it for numbers and signs.
    pub stem: String,
    pub kind: Kind,
    /// A hyphen joins it to the next word.
    pub joined: bool,
}

impl Word {
    pub fn is(&self, text: &str) -> bool {
        self.folded == text
    }

    pub fn is_any(&self, texts: &[&str]) -> bool {
        texts.contains(&self.folded.as_str())
    }

    /// A word or number that carries meaning of its own.
    pub fn is_content(&self) -> bool {
        // A letter joined to what follows (`A-485`) is no article.
        self.kind != Kind::Sign && (!is_function_word(&self.folded) || self.joined && self.folded == "a")
    }
}

/// The words of `text` in order. A hyphen separates words, so that `odor-vs-air` is three; letters and digits that
/// touch stay together (`16S`, `CD4`); a possessive `'s` is dropped.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() || is_hyphen(first) {
            continue;
        }
        if !first.is_alphanumeric() {
            if is_apostrophe(first) {
                continue;
            }
            let end = start + first.len_utf8();
            let folded = first.to_string();
            all.push(Word { span: start..end, stem: folded.clone(), folded, kind: Kind::Sign, joined: false });
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut numeric = first.is_ascii_digit();
        let mut previous = first;
        while let Some(&(at, next)) = chars.peek() {
            if next.is_alphanumeric() {
                numeric &= next.is_ascii_digit();
            } else if previous.is_ascii_digit() && numeric && matches!(next, '.' | ',' | '·') {
                let after = text.get(at + next.len_utf8()..).and_then(|rest| rest.chars().next());
                if !after.is_some_and(|c| c.is_ascii_digit()) {
                    break;
                }
            } else if is_apostrophe(next) {
                // `shark's`: the mark and its s are no part of the word.
                let mut rest = text.get(at + next.len_utf8()..).unwrap_or_default().chars();
                let possessive =
                    matches!(rest.next(), Some('s' | 'S')) && !rest.next().is_some_and(char::is_alphanumeric);
                if possessive {
                    chars.next();
                    chars.next();
                }
                break;
            } else {
                break;
            }
            end = at + next.len_utf8();
            previous = next;
            chars.next();
        }
        // Proof: `start` and `end` are positions of characters of `text`.
        let folded = fold(text.get(start..end).unwrap_or_default());
        let kind = if numeric { Kind::Number } else { Kind::Word };
        let stem = if numeric { folded.clone() } else { stem(&folded) };
        let next = text.get(end..).and_then(|rest| rest.chars().next());
        // `A/H3N2`: one name.
        let joined = next.is_some_and(is_hyphen) || folded == "a" && next == Some('/');
        all.push(Word { span: start..end, folded, stem, kind, joined });
    }
    all
}

fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'µ' => folded.push('μ'),
            '\u{00b2}' | '\u{00b3}' | '\u{00b9}' | '\u{2070}'..='\u{2079}' | '\u{2080}'..='\u{2089}' => {
                folded.push(plain_digit(c));
            }
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// `Ca²` as `Ca2`.
fn plain_digit(c: char) -> char {
    match c {
        '\u{00b9}' => '1',
        '\u{00b2}' => '2',
        '\u{00b3}' => '3',
        c => char::from_digit(u32::from(c) & 0xf, 10).unwrap_or(c),
    }
}

pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{00ad}')
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2032}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.folded).collect()
    }

    #[test]
    fn words_keep_numbers_and_glued_digits_whole() {
        assert_eq!(
            texts("Of 1,041 CD4+ cells, 6.9% grew."),
            ["of", "1,041", "cd4", "+", "cells", ",", "6.9", "%", "grew", "."]
        );
        assert_eq!(texts("odor-vs-air"), ["odor", "vs", "air"]);
        assert_eq!(texts("the shark’s pitch"), ["the", "shark", "pitch"]);
    }

    #[test]
    fn spans_are_slices_of_the_text() {
        let text = "NF‐κB’s 5′-end — 3.5 µg/mL; naïve";
        for word in words(text) {
            assert!(text.get(word.span.clone()).is_some());
        }
    }
}
