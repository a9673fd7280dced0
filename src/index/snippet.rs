//! The stretch of a text in which a query hits, with the hits marked.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::query::Marks;
use super::schema::TextField;
use super::word::Words;

/// How many characters a snippet shows, about.
const WIDTH: usize = 260;
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A piece of a field's text and where the query hits in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// `evidence`, `text`, `answer`, `question`, `title`; empty when the query hits no text.
    pub field: &'static str,
    pub text: String,
    /// Byte ranges of [`Snippet::text`], in order, apart from each other.
    pub marks: Vec<Range<usize>>,
    /// Whether text was cut off before and after.
    pub cut: (bool, bool),
}

impl Snippet {
    /// The text in pieces, each with whether it is a hit.
    pub fn pieces(&self) -> Vec<(&str, bool)> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for mark in &self.marks {
            pieces.push((self.text.get(at..mark.start).unwrap_or_default(), false));
            pieces.push((self.text.get(mark.clone()).unwrap_or_default(), true));
            at = mark.end;
        }
        pieces.push((self.text.get(at..).unwrap_or_default(), false));
        pieces.retain(|(piece, _)| !piece.is_empty());
        pieces
    }

    /// The text with every special character escaped and every hit in `<mark>`.
    pub fn html(&self) -> String {
        let mut html = String::new();
        if self.cut.0 {
            html.push('…');
        }
        for (piece, is_hit) in self.pieces() {
            html.push_str(if is_hit { "<mark>" } else { "" });
            for c in piece.chars() {
                match c {
                    '&' => html.push_str("&amp;"),
                    '<' => html.push_str("&lt;"),
                    '>' => html.push_str("&gt;"),
                    '"' => html.push_str("&quot;"),
                    '\'' => html.push_str("&#39;"),
                    c => html.push(c),
                }
            }
            html.push_str(if is_hit { "</mark>" } else { "" });
        }
        if self.cut.1 {
            html.push('…');
        }
        html
    }
}

/// Marks texts for one query.
pub(super) struct Marker {
    words: Words,
    marks: Marks,
}

impl Marker {
    pub fn new(marks: Marks) -> Self {
        Marker { words: Words::default(), marks }
    }

    /// The snippet of the first of `texts` that the query hits; without a hit, the beginning of the first.
    pub fn snippet(&mut self, texts: &[(&'static str, TextField, &str)]) -> Snippet {
        for (name, field, text) in texts {
            let hits = self.hits(*field, text);
            if !hits.is_empty() {
                return cut(name, text, &hits);
            }
        }
        texts.first().map(|(_, _, text)| cut("", text, &[])).unwrap_or_default()
    }

    /// Where the query hits in `text`: byte ranges in order, apart from each other.
    fn hits(&mut self, field: TextField, text: &str) -> Vec<Range<usize>> {
        let Marker { words, marks } = self;
        let here = |wanted: &Option<TextField>| wanted.is_none_or(|wanted| wanted == field);
        let mut end = text.len().min(MAX_TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut hits: Vec<Range<usize>> = Vec::new();
        let mut places: HashMap<(usize, String), Range<usize>> = HashMap::new();
        let in_sequence = |form: &str| {
            marks.sequences.iter().any(|(_, steps)| steps.iter().any(|(_, forms)| forms.iter().any(|f| f == form)))
        };
        let mut stream = words.token_stream(text.get(..end).unwrap_or_default());
        while let Some(token) = stream.next() {
            let span = token.offset_from..token.offset_to;
            let form = token.text.as_str();
            let single = marks.forms.contains(&(None, token.text.clone()))
                || marks.forms.contains(&(Some(field), token.text.clone()))
                || marks.prefixes.iter().any(|(wanted, start)| here(wanted) && form.starts_with(start.as_str()));
            if single {
                hits.push(span.clone());
            }
            if in_sequence(form) {
                places.insert((token.position, token.text.clone()), span);
            }
        }
        for (_, steps) in marks.sequences.iter().filter(|(wanted, _)| here(wanted)) {
            let Some((first_offset, first_forms)) = steps.first() else { continue };
            let starts: Vec<usize> =
                places.keys().filter(|(_, form)| first_forms.contains(form)).map(|(at, _)| *at).collect();
            for start in starts {
                let found: Option<Vec<&Range<usize>>> = steps
                    .iter()
                    .map(|(offset, forms)| {
                        let position = start + offset - first_offset;
                        forms.iter().find_map(|form| places.get(&(position, form.clone())))
                    })
                    .collect();
                if let Some(found) = found {
                    let (from, to) = (found.first().map(|r| r.start), found.last().map(|r| r.end));
                    hits.extend(from.zip(to).map(|(from, to)| from..to));
                }
            }
        }
        apart(hits)
    }
}

/// Sorted, with overlapping ranges made one.
fn apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// The window of `text` that holds the most hits, cut at blanks.
fn cut(field: &'static str, text: &str, hits: &[Range<usize>]) -> Snippet {
    if text.len() <= WIDTH + WIDTH / 4 {
        return Snippet { field, text: text.to_owned(), marks: hits.to_vec(), cut: (false, false) };
    }
    // Two pointers: for each first hit, how many fit into the window after it.
    let mut best = (0, 0..0);
    let mut last = 0;
    for (first, hit) in hits.iter().enumerate() {
        while hits.get(last).is_some_and(|next| next.end <= hit.start + WIDTH * 3 / 4) {
            last += 1;
        }
        let count = last.saturating_sub(first);
        if count > best.0 {
            best = (count, first..last);
        }
    }
    let inside = hits.get(best.1).unwrap_or_default();
    let (first, end) = match (inside.first().or(hits.first()), inside.last().or(hits.first())) {
        (Some(first), Some(last)) => (first.start, last.end),
        _ => (0, 0),
    };
    let spare = WIDTH.saturating_sub(end - first);
    let start = if hits.is_empty() { 0 } else { blank_at_or_before(text, first.saturating_sub(spare / 3)) };
    let stop = blank_at_or_after(text, (start + WIDTH).max(end));
    let window = text.get(start..stop).unwrap_or_default();
    let leading = window.len() - window.trim_start().len();
    let start = start + leading;
    let marks = hits
        .iter()
        .filter(|hit| hit.start >= start && hit.end <= stop)
        .map(|hit| hit.start - start..hit.end - start)
        .collect();
    Snippet { field, text: window.trim().to_owned(), marks, cut: (start > 0, stop < text.len()) }
}

/// The start of the word around `at`, looking back at most 40 bytes.
fn blank_at_or_before(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let head = text.get(..at).unwrap_or_default();
    match head.rfind(char::is_whitespace) {
        Some(blank) if at - blank <= 40 => blank + 1,
        _ if at <= 40 => 0,
        _ => at,
    }
}

/// The end of the word around `at`, looking ahead at most 40 bytes.
fn blank_at_or_after(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    let tail = text.get(at..).unwrap_or_default();
    match tail.find(char::is_whitespace) {
        Some(blank) if blank <= 40 => at + blank,
        None if tail.len() <= 40 => text.len(),
        _ => at,
    }
}
