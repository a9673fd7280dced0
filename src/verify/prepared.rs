//! Per-document work that every draft of the document shares.

use std::sync::OnceLock;

use crate::model::document::{Document, PassageRef};
use crate::model::question::Evidence;
use crate::text::abbreviation::Abbreviations;

use super::words::{is_apostrophe, is_hyphen, stem, words};

/// A document made ready for verification. Costs little until something is asked of it.
pub struct Prepared<'d> {
    passages: Vec<PassageRef<'d>>,
    abbreviations: OnceLock<Vec<Abbreviation>>,
    folded: OnceLock<Vec<Folded>>,
    injections: Vec<OnceLock<Option<String>>>,
}

/// An abbreviation the document defines.
#[derive(Debug, Clone)]
pub(crate) struct Abbreviation {
    /// As written, and its words folded.
    pub short: String,
    pub short_words: Vec<String>,
    pub long: String,
    /// Stems of the long form's content words.
    pub long_stems: Vec<String>,
}

impl<'d> Prepared<'d> {
    pub fn new(document: &'d Document) -> Self {
        let passages = document.passages();
        let injections = passages.iter().map(|_| OnceLock::new()).collect();
        Prepared { passages, abbreviations: OnceLock::new(), folded: OnceLock::new(), injections }
    }

    pub fn passages(&self) -> &[PassageRef<'d>] {
        &self.passages
    }

    pub(crate) fn passage(&self, ordinal: usize) -> Option<&PassageRef<'d>> {
        self.passages.get(ordinal)
    }

    pub(crate) fn abbreviations(&self) -> &[Abbreviation] {
        self.abbreviations.get_or_init(|| {
            let found = Abbreviations::collect(self.passages.iter().map(|p| p.text));
            found
                .iter()
                .map(|(short, long)| Abbreviation {
                    short: short.to_owned(),
                    short_words: words(short).into_iter().map(|w| w.folded).collect(),
                    long: long.to_owned(),
                    long_stems: words(long).into_iter().filter(|w| w.is_content()).map(|w| stem(&w.folded)).collect(),
                })
                .collect()
        })
    }

    /// What [`super::injection`] finds in passage number `ordinal`.
    pub(crate) fn injection(&self, ordinal: usize, scan: impl Fn(&str) -> Option<String>) -> Option<String> {
        let passage = self.passages.get(ordinal)?;
        self.injections.get(ordinal)?.get_or_init(|| scan(passage.text)).clone()
    }

    /// The passage span that a quote names. Evidence that already holds is returned as it is; otherwise the quote is looked
    /// for in every passage, with white space, dashes and quotation marks folded, and becomes the passage's exact slice.
    pub fn locate(&self, evidence: &Evidence) -> Option<Evidence> {
        let claimed = self.passages.get(evidence.passage);
        if claimed.is_some_and(|p| evidence.start < evidence.end && evidence.holds_in(p.text)) {
            return Some(evidence.clone());
        }
        let quote = evidence.quote.trim();
        if quote.is_empty() {
            return None;
        }
        let finder = memchr::memmem::Finder::new(quote.as_bytes());
        for (ordinal, passage) in self.passages.iter().enumerate() {
            for start in finder.find_iter(passage.text.as_bytes()) {
                let end = start + quote.len();
                if is_whole(passage.text, start, end) {
                    return Evidence::new(ordinal, passage.text, start, end);
                }
            }
        }
        let needle = Folded::of(quote).bytes;
        if needle.is_empty() {
            return None;
        }
        let finder = memchr::memmem::Finder::new(&needle);
        let folded = self.folded.get_or_init(|| self.passages.iter().map(|p| Folded::of(p.text)).collect());
        for (ordinal, (passage, folded)) in self.passages.iter().zip(folded).enumerate() {
            for at in finder.find_iter(&folded.bytes) {
                let Some((start, end)) = folded.source(at, at + needle.len(), passage.text) else { continue };
                if is_whole(passage.text, start, end) {
                    return Evidence::new(ordinal, passage.text, start, end);
                }
            }
        }
        None
    }
}

/// Whether a span does not cut a word in two.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (Some(before), Some(inside), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    !(alphanumeric(before.chars().next_back()) && alphanumeric(inside.chars().next())
        || alphanumeric(inside.chars().next_back()) && alphanumeric(after.chars().next()))
}

/// A text without what typesetting varies: white space but for one between two letters or digits, kinds of dashes and
/// quotation marks, invisible characters.
struct Folded {
    bytes: Vec<u8>,
    /// For every byte of `bytes`, where its character starts in the source.
    origin: Vec<u32>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Folded { bytes: Vec::with_capacity(text.len()), origin: Vec::with_capacity(text.len()) };
        let mut last: Option<char> = None;
        let mut space_at: Option<usize> = None;
        for (at, c) in text.char_indices() {
            if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}') {
                space_at.get_or_insert(at);
                continue;
            }
            if c == '\u{00ad}' {
                continue;
            }
            let c = match c {
                c if is_hyphen(c) => '-',
                c if is_apostrophe(c) => '\'',
                '\u{201c}' | '\u{201d}' => '"',
                'µ' => 'μ',
                c => c,
            };
            if let Some(space) = space_at.take()
                && last.is_some_and(char::is_alphanumeric)
                && c.is_alphanumeric()
            {
                folded.push(' ', space);
            }
            folded.push(c, at);
            last = Some(c);
        }
        folded
    }

    fn push(&mut self, c: char, at: usize) {
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            self.bytes.push(byte);
            self.origin.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    /// The source span of folded bytes `start..end`.
    fn source(&self, start: usize, end: usize, text: &str) -> Option<(usize, usize)> {
        let first = *self.origin.get(start)? as usize;
        let last = *self.origin.get(end.checked_sub(1)?)? as usize;
        let width = text.get(last..)?.chars().next()?.len_utf8();
        Some((first, last + width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Passage;

    fn document(texts: &[&str]) -> Document {
        Document {
            abstract_passages: texts.iter().map(|t| Passage { text: (*t).to_owned(), ..Passage::default() }).collect(),
            ..Document::default()
        }
    }

    fn locate(texts: &[&str], quote: &str) -> Option<Evidence> {
        let document = document(texts);
        let prepared = Prepared::new(&document);
        let found = prepared.locate(&Evidence { passage: 0, quote: quote.to_owned(), start: 0, end: 0 });
        if let Some(evidence) = &found {
            assert!(evidence.holds_in(texts[evidence.passage]));
        }
        found
    }

    #[test]
    fn a_quote_becomes_the_exact_slice() {
        let found =
            locate(&["Other.", "We saw 5\u{a0}mg – twice \u{201c}so\u{201d}."], "We saw 5 mg - twice \"so\".").unwrap();
        assert_eq!((found.passage, found.quote.as_str()), (1, "We saw 5\u{a0}mg – twice \u{201c}so\u{201d}."));
        assert!(locate(&["Growth fell by 18.2 % (4/22)."], "fell by 18.2% (4/22)").is_some());
    }

    #[test]
    fn one_changed_letter_is_not_found() {
        assert_eq!(locate(&["It evolved from QbpA."], "It evolved from QbpB."), None);
        assert_eq!(locate(&["It rose to 47% in all."], "It rose to 74% in all."), None);
        assert_eq!(locate(&["The effect was unfavourable."], "favourable."), None);
        assert_eq!(locate(&["Any text."], " "), None);
    }
}
