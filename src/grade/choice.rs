//! Multiple choice: the letter, the full option text, or the letter with its own text.

use super::dress::{name_of, without_lead_in};
use super::spec::BadSpec;
use super::table::{WORDS, strip_longest};
use super::term::{Folded, Forms};

#[derive(Debug, Clone)]
pub(crate) struct Choice {
    options: Vec<Forms>,
    correct: usize,
}

/// What an answer chose, or why it chose nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    Option(usize),
    Several,
    Nothing,
}

impl Choice {
    pub(crate) fn new(options: &[String], correct: &str) -> Result<Self, BadSpec> {
        if !(2..=26).contains(&options.len()) {
            return Err(BadSpec::Options(options.len()));
        }
        let letter = || BadSpec::Letter(correct.to_owned());
        let correct = match correct.trim().as_bytes() {
            &[byte] => letter_index(byte as char, options.len()).ok_or_else(letter)?,
            _ => return Err(letter()),
        };
        let options: Vec<Forms> = options.iter().map(|text| Forms::new(std::iter::once(text.as_str()))).collect();
        let mut seen: Vec<&Folded> = Vec::new();
        for (index, option) in options.iter().enumerate() {
            for (_, folded) in option.iter() {
                if folded.is_empty() {
                    return Err(BadSpec::EmptyForm);
                }
                if let Some(other) = seen.iter().position(|other| other.equals(folded)) {
                    return Err(BadSpec::SameOption(index_letter(other), index_letter(index)));
                }
                seen.push(folded);
            }
        }
        Ok(Choice { options, correct })
    }

    pub(crate) fn correct(&self) -> usize {
        self.correct
    }

    /// Words of the longest option.
    pub(crate) fn n_words(&self) -> usize {
        self.options.iter().map(Forms::n_words).max().unwrap_or(0)
    }

    /// What `text`, free of dress, chooses.
    pub(crate) fn read(&self, text: &str) -> Chosen {
        let whole = full_width_folded(text);
        let text = without_lead_in(&whole);
        let text = text.trim_end_matches(['.', '!', '?', ',', ';', ':']).trim();
        if let Some(index) = self.lone_letter(text) {
            return Chosen::Option(index);
        }
        for text in [whole.trim(), text] {
            if let Some(index) = self.option_text(text) {
                return Chosen::Option(index);
            }
        }
        let bare = strip_longest(text, &WORDS.option_words).map_or(text, |rest| rest.trim_start_matches([':', ' ']));
        match self.leading_letter(bare, bare.len() < text.len()) {
            Some((index, rest, marked)) => self.with_rest(index, rest, marked),
            None => self.trailing_letter(text),
        }
    }

    fn lone_letter(&self, text: &str) -> Option<usize> {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => letter_index(c, self.options.len()),
            _ => None,
        }
    }

    fn option_text(&self, text: &str) -> Option<usize> {
        let folded = Folded::new(text);
        let equal =
            |folded: &Folded| self.options.iter().position(|option| option.iter().any(|(_, own)| own.equals(folded)));
        // `A microglia` may mean letter A: the article in a capital counts only where the letter agrees.
        let capital = text.trim_start().starts_with("A ");
        equal(&folded).or_else(|| equal(&Folded::new(name_of(text))).filter(|index| !capital || *index == 0))
    }

    /// The letter that `text` starts with, what follows it, and whether brackets, a point or a colon mark it as a letter.
    fn leading_letter<'a>(&self, text: &'a str, marked: bool) -> Option<(usize, &'a str, bool)> {
        let (open, inside) = match text.strip_prefix(['(', '[', '{']) {
            Some(inside) => (true, inside.trim_start()),
            None => (false, text),
        };
        let c = inside.chars().next()?;
        let index = letter_index(c, self.options.len())?;
        let rest = inside.get(c.len_utf8()..)?;
        if open {
            let rest = rest.trim_start().strip_prefix([')', ']', '}'])?;
            return Some((index, rest.trim_start_matches([':', '.', ' ']), true));
        }
        if let Some(rest) = rest.strip_prefix([')', ']', '.', ':', ';', ',']) {
            return Some((index, rest, true));
        }
        let bare = rest.is_empty()
            || rest.starts_with(|c: char| c.is_whitespace() || c == '/')
            || rest.starts_with(['—', '–']);
        // A small `a` in front of a word is the article.
        (bare && (marked || c != 'a')).then_some((index, rest, marked))
    }

    /// A letter stands first; what follows must be its own text, a repetition, or an explanation that names no other option.
    fn with_rest(&self, index: usize, rest: &str, marked: bool) -> Chosen {
        let rest = rest.trim().trim_start_matches(['-', '–', '—', ':']).trim();
        if rest.is_empty() {
            return Chosen::Option(index);
        }
        let text = rest.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(rest);
        if let Some(option) = self.option_text(text) {
            return if option == index { Chosen::Option(index) } else { Chosen::Several };
        }
        let words: Vec<&str> =
            rest.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty()).collect();
        let lower = |at: usize| words.get(at).map(|word| word.to_lowercase());
        // `A` and `I` are words of English too: an unmarked one needs a reason behind it.
        let reason =
            lower(0).is_some_and(|word| ["because", "since", "as", "due", "given", "i"].contains(&word.as_str()));
        if !marked && matches!(index, 0 | 8) && !reason {
            return Chosen::Nothing;
        }
        let mut joint = rest.starts_with(['/', '&', '+', ',']);
        for (at, word) in words.iter().enumerate() {
            let mut chars = word.chars();
            if let (Some(c), None) = (chars.next(), chars.next())
                && let Some(other) = letter_index(c, self.options.len())
                && other != index
                && (c.is_uppercase() || joint)
            {
                return Chosen::Several;
            }
            let word = word.to_lowercase();
            let denies =
                ["not", "wrong", "incorrect", "false", "excluded", "neither", "never"].contains(&word.as_str());
            let about_letter = at < 3
                && lower(0)
                    .is_some_and(|first| ["is", "was", "not", "can", "seems", "cannot"].contains(&first.as_str()));
            if denies && (at == 0 || about_letter) {
                return Chosen::Nothing;
            }
            joint = ["or", "and", "nor", "maybe", "perhaps", "possibly", "no"].contains(&word.as_str());
        }
        let folded = Folded::new(rest);
        let names_other = self.options.iter().enumerate().any(|(other, option)| {
            other != index
                && option
                    .iter()
                    .any(|(_, own)| own.singular().chars().count() >= 2 && contains_term(rest, folded.exact(), own))
        });
        if names_other { Chosen::Several } else { Chosen::Option(index) }
    }

    /// `microglia (B)`: the text first, its own letter behind it.
    fn trailing_letter(&self, text: &str) -> Chosen {
        let Some((name, letter)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
            return Chosen::Nothing;
        };
        let letter = strip_longest(letter, &WORDS.option_words).unwrap_or(letter);
        match (self.option_text(name), self.lone_letter(letter.trim())) {
            (Some(option), Some(letter)) if option == letter => Chosen::Option(option),
            (Some(_), Some(_)) => Chosen::Several,
            _ => Chosen::Nothing,
        }
    }
}

/// Whether a run of whole words of `text` is the option; `folded` is `text` folded and rules most out quickly.
fn contains_term(text: &str, folded: &str, option: &Folded) -> bool {
    if !folded.contains(option.singular()) && !folded.contains(option.exact()) {
        return false;
    }
    let starts: Vec<usize> = word_starts(text);
    let most = option.exact().len().saturating_mul(2).saturating_add(16);
    starts.iter().any(|&start| {
        let rest = &text[start..];
        let mut ends = word_ends(rest).take_while(|end| *end <= most);
        ends.any(|end| option.equals(&Folded::new(&rest[..end])))
    })
}

fn word_starts(text: &str) -> Vec<usize> {
    let mut previous = false;
    text.char_indices()
        .filter_map(|(at, c)| {
            let starts = c.is_alphanumeric() && !previous;
            previous = c.is_alphanumeric();
            starts.then_some(at)
        })
        .collect()
}

fn word_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices()
        .filter(|(_, c)| !c.is_alphanumeric())
        .flat_map(|(at, c)| [at, at + c.len_utf8()])
        .chain(std::iter::once(text.len()))
}

fn letter_index(c: char, n_options: usize) -> Option<usize> {
    let index = (c.to_ascii_uppercase() as usize).checked_sub('A' as usize)?;
    (c.is_ascii_alphabetic() && index < n_options).then_some(index)
}

pub(crate) fn index_letter(index: usize) -> char {
    char::from(b'A'.saturating_add(u8::try_from(index.min(25)).unwrap_or(25)))
}

fn full_width_folded(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            // Proof: the full-width block is ASCII shifted by 0xFEE0.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Choice {
        let options = ["astrocytes", "microglia", "oligodendrocytes", "neurons"].map(str::to_owned);
        Choice::new(&options, "B").unwrap()
    }

    #[test]
    fn one_choice_in_many_forms() {
        for text in [
            "B",
            "b",
            "(B)",
            "[B]",
            "B.",
            "B)",
            "Option B",
            "choice b",
            "B) microglia",
            "B: microglia",
            "B - microglia",
            "B microglia",
            "microglia",
            "the microglia",
            "Microglia.",
            "microglia (B)",
            "B (microglia)",
            "B B",
            "B, i.e. B",
            "B because they clear debris",
            "B. It is the glia that clear",
            "probably B",
            "the answer is (B).",
            "Option (B)",
            "I think B",
            "Option B: microglia",
            "Ｂ",
        ] {
            assert_eq!(cells().read(text), Chosen::Option(1), "{text}");
        }
        for text in ["a", "A", "A.", "A because they react", "an astrocyte", "a) astrocytes", "A astrocytes"] {
            assert_eq!(cells().read(text), Chosen::Option(0), "{text}");
        }
    }

    #[test]
    fn no_choice_or_several() {
        for text in [
            "A and B",
            "B or C",
            "B/C",
            "AB",
            "B c or d",
            "not B",
            "not A but B",
            "B) astrocytes",
            "B because A is wrong",
            "B, since neurons do not",
            "microglia and neurons",
            "2",
            "the second option",
            "micro",
            "B or a",
            "E",
            "B, C",
            "A) astrocytes B) microglia C) oligodendrocytes D) neurons",
            "A microglia",
            "B is not correct",
            "a cell",
            "",
            "Both B and C",
        ] {
            assert!(!matches!(cells().read(text), Chosen::Option(_)), "{text}: {:?}", cells().read(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[A-Ea-e().,:/ a-zµ\n]{0,60}") {
            let _ = cells().read(&text);
        }
    }
}
