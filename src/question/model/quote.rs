//! The place of a quote in a paper.

use crate::model::document::PassageRef;
use crate::model::question::Evidence;

/// The exact slice that equals `quote` after white-space folding, in the named passage first, then in any.
pub(super) fn locate(passages: &[PassageRef<'_>], named: usize, quote: &str) -> Option<Evidence> {
    if quote.len() > 4000 {
        return None;
    }
    let words: Vec<&str> = quote.split_whitespace().collect();
    if words.len() < 3 {
        return None;
    }
    let in_passage = |ordinal: usize| {
        let text = passages.get(ordinal)?.text;
        let (start, end) = find_words(text, &words)?;
        Evidence::new(ordinal, text, start, end)
    };
    in_passage(named).or_else(|| (0..passages.len()).filter(|ordinal| *ordinal != named).find_map(in_passage))
}

/// The span of `text` that holds `words` with any white space between them.
fn find_words(text: &str, words: &[&str]) -> Option<(usize, usize)> {
    let folded = words.join(" ");
    if let Some(start) = text.find(&folded) {
        return Some((start, start + folded.len()));
    }
    // Passages hold single spaces; only other white space (U+00A0, U+2009) makes the slice differ from the folded quote.
    let mut map = Vec::with_capacity(text.len());
    let mut flat = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if !flat.ends_with(' ') {
                map.push(at);
                flat.push(' ');
            }
        } else {
            map.extend(std::iter::repeat_n(at, c.len_utf8()));
            flat.push(c);
        }
    }
    let at = flat.find(&folded)?;
    let start = *map.get(at)?;
    let last = *map.get(at + folded.len() - 1)?;
    let end = last + text.get(last..)?.chars().next()?.len_utf8();
    Some((start, end))
}
