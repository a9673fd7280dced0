//! Abbreviations a document defines itself: "long form (SF)" and "SF (long form)".
//!
//! The match is Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text",
//! PSB 2003: the short form's characters are found right to left in the words before the bracket.

use std::collections::BTreeMap;

/// The short forms of one document with their long forms, first definition kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abbreviations {
    long_of: BTreeMap<String, String>,
}

/// Longest bracket content looked at, in bytes.
const MAX_INSIDE: usize = 120;
const MAX_ENTRIES: usize = 500;

impl Abbreviations {
    /// Reads the texts in order. Linear: a bounded window is looked at for each bracket.
    pub fn collect<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut found = Abbreviations::default();
        for text in texts {
            found.read(text);
        }
        found
    }

    /// The long form of `short`, also for a plural short form (`NPCs`).
    pub fn long_form(&self, short: &str) -> Option<&str> {
        self.long_of.get(short).or_else(|| self.long_of.get(short.strip_suffix('s')?)).map(String::as_str)
    }

    /// Short forms whose long form is `long`, in any case.
    pub fn short_forms(&self, long: &str) -> impl Iterator<Item = &str> {
        self.long_of.iter().filter(move |(_, l)| l.eq_ignore_ascii_case(long)).map(|(short, _)| short.as_str())
    }

    /// `(short, long)` in the order of the short forms.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.long_of.iter().map(|(short, long)| (short.as_str(), long.as_str()))
    }

    pub fn len(&self) -> usize {
        self.long_of.len()
    }

    pub fn is_empty(&self) -> bool {
        self.long_of.is_empty()
    }

    fn read(&mut self, text: &str) {
        for (open, _) in text.match_indices('(') {
            let Some(inside) = inside_of(text, open + 1) else { continue };
            let before = text[..open].trim_end(); // `open` is an ASCII match
            // "(SF; …)" and "(SF, …)" define by their first part.
            let first = inside.split([';', ',']).next().unwrap_or("").trim();
            let first = first.strip_prefix("or ").unwrap_or(first).trim_matches(['"', '“', '”', '\'', '‘', '’']);
            if is_short_form(first)
                && let Some(long) = long_form_before(before, first)
            {
                self.insert(first, long);
                continue;
            }
            let short = last_word(before);
            if is_short_form(short)
                && inside.len() > short.len()
                && let Some(long) = long_form_before(inside, short)
                && long.len() == inside.len()
            {
                self.insert(short, long);
            }
        }
    }

    fn insert(&mut self, short: &str, long: &str) {
        let short = short.strip_suffix('s').filter(|s| s.len() > 1 && s.ends_with(char::is_uppercase)).unwrap_or(short);
        if self.long_of.len() < MAX_ENTRIES && !self.long_of.contains_key(short) {
            self.long_of.insert(short.to_owned(), long.to_owned());
        }
    }
}

/// The bracket's content from `start` to its closing bracket, when that is near and no bracket opens inside.
fn inside_of(text: &str, start: usize) -> Option<&str> {
    let rest = text.get(start..)?;
    let end = rest.bytes().take(MAX_INSIDE).position(|b| b == b')' || b == b'(')?;
    (rest.as_bytes().get(end) == Some(&b')')).then(|| rest[..end].trim())
}

fn last_word(text: &str) -> &str {
    text.rsplit(char::is_whitespace).next().unwrap_or("")
}

/// Two to ten characters, at most two words, a letter, and not a plain lower-case word or a number.
fn is_short_form(form: &str) -> bool {
    let chars = form.chars().count();
    let starts = form.chars().next().is_some_and(char::is_alphanumeric);
    let capital = form.chars().any(char::is_uppercase);
    let digit_or_mark = form.chars().any(|c| c.is_ascii_digit() || c == '-' || c == '/');
    let lower_short = chars <= 4
        && form.chars().all(char::is_alphabetic)
        && !form.chars().any(|c| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u'));
    (2..=10).contains(&chars)
        && starts
        && form.split_whitespace().count() <= 2
        && form.chars().any(char::is_alphabetic)
        && (capital || lower_short || digit_or_mark && form.chars().filter(|c| c.is_alphabetic()).count() >= 2)
        && !form.contains(['=', '<', '>', '%', '±', '.'])
        && !form.starts_with("Fig")
        && !form.starts_with("Table")
}

/// The long form that ends `before` and spells `short`.
fn long_form_before<'t>(before: &'t str, short: &str) -> Option<&'t str> {
    let n_short = short.chars().count();
    let max_words = (n_short + 5).min(n_short * 2).max(2);
    let mut start = before.len();
    let mut words = 0;
    for (at, c) in before.char_indices().rev().take(160) {
        if c == ' ' {
            words += 1;
            if words == max_words {
                break;
            }
        }
        let comma = c == ',' && before[at + 1..].starts_with(' ');
        if comma || matches!(c, '(' | ')' | ';' | ':') {
            break;
        }
        start = at;
    }
    let window: Vec<(usize, char)> = before.get(start..)?.char_indices().collect();
    let mut at = window.len();
    let letters: Vec<char> = short.chars().filter(|c| c.is_alphanumeric()).collect();
    for (index, wanted) in letters.iter().enumerate().rev() {
        loop {
            at = at.checked_sub(1)?;
            let (_, c) = window[at]; // `at` is below the length
            let same = c.to_lowercase().eq(wanted.to_lowercase());
            let word_start = at == 0 || !window[at - 1].1.is_alphanumeric();
            if same && (index > 0 || word_start) {
                break;
            }
        }
    }
    // "low-level laser therapy (LLLT)": the match ends inside a compound word that starts as the short form does.
    if at > 1 && window[at - 1].1 == '-' {
        let word = window[..at].iter().rposition(|(_, c)| *c == ' ').map_or(0, |space| space + 1);
        if window
            .get(word)
            .is_some_and(|(_, c)| letters.first().is_some_and(|first| c.to_lowercase().eq(first.to_lowercase())))
        {
            at = word;
        }
    }
    let long = before.get(start + window.get(at)?.0..)?.trim_end_matches(['"', '”', ',', ' ']);
    let n_words = long.split_whitespace().count();
    let repeats = long.split(|c: char| !c.is_alphanumeric()).any(|word| word == short);
    let first = long.split_whitespace().next()?;
    let stop = matches!(
        first,
        "a" | "an"
            | "the"
            | "of"
            | "in"
            | "and"
            | "to"
            | "with"
            | "by"
            | "for"
            | "we"
            | "is"
            | "are"
            | "was"
            | "as"
            | "on"
            | "at"
    );
    // "RTX202-205 (RTX201)": another of a series, not what the short form stands for.
    let series = short.bytes().any(|b| b.is_ascii_digit()) && letters_of(short).eq(letters_of(long));
    (long.len() > short.len() && n_words <= max_words && !repeats && !stop && !series && long.len() >= 4)
        .then_some(long)
}

fn letters_of(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = Abbreviations::collect([text]);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "in {text:?}");
    }

    #[test]
    fn definitions() {
        check("binds tumour necrosis factor (TNF), a", &[("TNF", "tumour necrosis factor")]);
        check("the neural progenitor cells (NPCs) divide", &[("NPC", "neural progenitor cells")]);
        check("we used PCR (polymerase chain reaction) here", &[("PCR", "polymerase chain reaction")]);
        check("the dentate gyrus (DG; Figure 1)", &[("DG", "dentate gyrus")]);
        check("as shown (Figure 2) and (n = 12) in mice (P < 0.05)", &[]);
        check("the cells were lysed (Sigma) and kept (see Methods)", &[]);
        check("the compounds RTX202-205 (RTX201) were made", &[]);
        check("with low-level laser therapy (LLLT) of", &[("LLLT", "low-level laser therapy")]);
        check("in non-small cell lung cancer (SCLC) of", &[("SCLC", "small cell lung cancer")]);
        check("the kinase Sestrin2 (Sesn2) binds", &[("Sesn2", "Sestrin2")]);
        check("body mass index (BMI) and blood pressure (BP)", &[("BMI", "body mass index"), ("BP", "blood pressure")]);
    }

    #[test]
    fn plural_short_form_is_found() {
        let found = Abbreviations::collect(["tunneling nanotubes (TNTs)"]);
        assert_eq!(found.long_form("TNTs"), Some("tunneling nanotubes"));
        assert_eq!(found.long_form("TNT"), Some("tunneling nanotubes"));
        assert_eq!(found.long_form("TNX"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,120}|[A-Ca-c (),;é]{0,80}") {
            for (short, long) in Abbreviations::collect([text.as_str()]).iter() {
                prop_assert!(text.contains(long) && text.contains(short));
            }
        }
    }
}
