//! Yes or no: the word at the start, or standing alone between punctuation, with at most a short explanation.

use super::dress::without_lead_in;
use super::table::WORDS;

/// The most words of explanation beside the answer word.
pub(crate) const MAX_EXPLANATION_WORDS: usize = 15;

/// What `text`, free of dress, answers; `None` for nothing, for both, and for an answer that runs on.
pub(crate) fn read(text: &str) -> Option<bool> {
    let text = without_lead_in(text);
    let tokens = tokens(text);
    let n_words = tokens.iter().filter(|token| matches!(token, Token::Word(_))).count();
    if n_words > 1 + MAX_EXPLANATION_WORDS {
        return None;
    }
    let words: Vec<String> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word.to_lowercase()),
            Token::Mark => None,
        })
        .collect();
    if let [first, second] = words.as_slice()
        && first == "not"
    {
        return match second.as_str() {
            "true" => Some(false),
            "false" => Some(true),
            _ => None,
        };
    }
    let polarity = |index: usize| match tokens.get(index) {
        Some(Token::Word(word)) => value_of(word),
        _ => None,
    };
    let joins = |index: usize| match tokens.get(index) {
        None | Some(Token::Mark) => true,
        Some(Token::Word(word)) => JOINTS.iter().any(|joint| word.eq_ignore_ascii_case(joint)),
    };
    let mut found: Option<bool> = None;
    for index in 0..tokens.len() {
        let Some(value) = polarity(index) else { continue };
        let left = index == 0 || joins(index - 1) || polarity(index - 1).is_some();
        let right = joins(index + 1) || polarity(index + 1).is_some();
        let explained = index == 0 && explains(&tokens, index);
        if !(left && (right || explained)) {
            continue;
        }
        if found.is_some_and(|other| other != value) {
            return None;
        }
        found = Some(value);
    }
    // An answer word that only some word in the middle introduces (`maybe, or yes`) is still the one answer.
    found.filter(|_| !tokens.is_empty())
}

/// Words that can stand between two answers, so that both are seen.
const JOINTS: &[&str] = &["and", "or", "actually", "but", "wait", "then", "rather", "also", "maybe"];

/// Words that can follow the answer at the start without punctuation.
const EXPLAINERS: &[&str] = &[
    "because",
    "since",
    "as",
    "it",
    "they",
    "this",
    "that",
    "there",
    "the",
    "these",
    "those",
    "he",
    "she",
    "we",
    "in",
    "only",
    "for",
    "indeed",
    "absolutely",
    "definitely",
    "clearly",
    "if",
    "when",
    "although",
    "though",
    "due",
];

fn explains(tokens: &[Token<'_>], index: usize) -> bool {
    let Some(Token::Word(answer)) = tokens.get(index) else { return false };
    match tokens.get(index + 1) {
        Some(Token::Word(next)) => {
            answer.eq_ignore_ascii_case("yes")
                || (answer.len() > 1 && EXPLAINERS.iter().any(|word| next.eq_ignore_ascii_case(word)))
        }
        _ => true,
    }
}

/// `true` for yes, `false` for no, `None` for any other word.
pub fn value_of(word: &str) -> Option<bool> {
    let is = |other: &&str| word.eq_ignore_ascii_case(other);
    if WORDS.yes.iter().any(&is) {
        return Some(true);
    }
    WORDS.no.iter().any(is).then_some(false)
}

enum Token<'a> {
    Word(&'a str),
    Mark,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let in_word =
            |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '_') || (!c.is_whitespace() && !is_mark(c));
        if in_word(c) {
            let end = rest.find(|c: char| !in_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..end]));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() && !matches!(tokens.last(), Some(Token::Mark)) {
                tokens.push(Token::Mark);
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    if matches!(tokens.first(), Some(Token::Mark)) {
        tokens.remove(0);
    }
    tokens
}

fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '\'' | '_') || matches!(c, '–' | '—' | '…' | '“' | '”' | '。' | '，')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        for text in [
            "Yes",
            "TRUE",
            "y",
            "Correct.",
            "Yes, because it works",
            "yes - it does",
            "The answer is yes.",
            "It is true",
            "not false",
            "Yes, there is no doubt",
            "Yes, no effect of sex",
            "In mice, yes, it does",
            "probably yes",
            "Yes it does",
            "affirmative",
            "(yes)",
        ] {
            assert_eq!(read(text), Some(true), "{text}");
        }
        for text in [
            "no.",
            "False",
            "N",
            "No, the rescue failed.",
            "No, this is true only in mice",
            "No because it failed",
            "not true",
            "incorrect",
        ] {
            assert_eq!(read(text), Some(false), "{text}");
        }
        for text in [
            "",
            "unknown",
            "noradrenaline",
            "It depends",
            "Yes and no",
            "yes/no",
            "No... actually yes",
            "yes no true false",
            "1",
            "0",
            "No effect was seen",
            "I don't know",
            "yes or no",
            "not yes",
            "nothing",
            "true or false",
            "no doubt",
            "false positives rose",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("yes, {}", "word ".repeat(15))), Some(true));
        assert_eq!(read(&format!("yes, {}", "word ".repeat(16))), None);
    }

    proptest::proptest! {
        #[test]
        fn both_words_are_no_answer(a in "(yes|true|correct)", b in "(no|false|incorrect)", joint in "( and | or |/|, |\\. )") {
            proptest::prop_assert_eq!(read(&format!("{a}{joint}{b}")), None);
            proptest::prop_assert_eq!(read(&format!("{b}{joint}{a}")), None);
        }
    }
}
