//! A light reading of one sentence: brackets and lead-ins off, then front, subject, verb group, rest.

mod finding;
mod lead;
mod rest;
mod verb;

pub(super) use lead::{Bare, is_own, statement, without_brackets};
pub(super) use verb::{is_adverb, is_auxiliary, is_weak};

use super::lexicon::{Form, Lexicon, Sense, Verb};
use super::words::{MODIFIERS, PREPOSITIONS};
use rest::main_part;
use verb::{NOUNS, is_absolute, is_be, is_manner, is_other_verb, main_verb};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Present,
    Past,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Group {
    /// `X inhibits Y`, `X did not affect Y`.
    Active(&'static Verb),
    /// `X was reduced in Y`.
    Passive(&'static Verb),
    /// `X was higher in Y`, `X is a kinase that …`.
    Be,
    /// `X had lower Y than Z`.
    Have,
}

/// The parts of a declarative main clause, as written.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// `In mice`, `After 24 h`: a fronted modifier without its comma.
    pub front: Option<String>,
    pub subject: String,
    pub group: Group,
    pub tense: Tense,
    pub plural: bool,
    pub negated: bool,
    /// An adverb that belongs to the verb's meaning: `negatively`, `directly`.
    pub manner: Option<String>,
    /// What follows the verb group, up to the end of the main clause.
    pub rest: String,
}

impl Clause {
    pub fn did(&self) -> &'static str {
        match (self.tense, self.plural) {
            (Tense::Past, _) => "did",
            (Tense::Present, true) => "do",
            (Tense::Present, false) => "does",
        }
    }

    /// `verb` with the adverb that belongs to it: `negatively regulates`.
    pub fn with_manner(&self, verb: &str) -> String {
        match &self.manner {
            Some(manner) => format!("{manner} {verb}"),
            None => verb.to_owned(),
        }
    }

    pub fn was(&self) -> &'static str {
        match (self.tense, self.plural) {
            (Tense::Past, true) => "were",
            (Tense::Past, false) => "was",
            (Tense::Present, true) => "are",
            (Tense::Present, false) => "is",
        }
    }
}

/// Reads the main clause of `text` (brackets and lead-ins off already); `None` when it is not understood.
pub(super) fn read(text: &str, lexicon: &Lexicon) -> Option<Clause> {
    let mut front = None;
    let mut body = text;
    let first = text.split(' ').next()?;
    if FRONTS.contains(&first) {
        let comma = text.find(", ")?;
        let head = &text[..comma];
        if head.split(' ').count() > 14 || head.split(' ').any(is_auxiliary) {
            return None;
        }
        front = Some(head.to_owned());
        body = &text[comma + 2..];
    }
    let words: Vec<&str> = body.split(' ').collect();
    if words.len() < 4 || words.len() > 60 {
        return None;
    }
    let at = main_verb(&words, lexicon)?;
    let mut end = at;
    while end > 1 && is_adverb(words[end - 1]) {
        end -= 1;
    }
    let subject = words.get(..end)?.join(" ");
    if subject.is_empty() || !is_noun_phrase(&words[..end], lexicon) {
        return None;
    }
    let word = words[at];
    let mut next = at + 1;
    let mut negated = false;
    let mut weak = words[end..at].iter().any(|w| is_weak(w));
    let mut absolute = words[end..at].iter().any(|w| is_absolute(w));
    let mut manner = words[end..at].iter().find(|w| is_manner(w)).map(|w| (*w).to_owned());
    let mut skip = |next: &mut usize| {
        while let Some(word) = words.get(*next).filter(|w| is_adverb(w)) {
            negated |= *word == "not";
            weak |= is_weak(word);
            absolute |= is_absolute(word);
            if is_manner(word) {
                manner = Some((*word).to_owned());
            }
            *next += 1;
        }
    };
    let mut failed = false;
    let (group, tense, plural) = if let Some((tense, plural)) = is_be(word) {
        skip(&mut next);
        match words.get(next).and_then(|w| lexicon.verb(w.trim_end_matches(','))) {
            Some((verb, Form::Past | Form::Participle)) => {
                next += 1;
                (Group::Passive(verb), tense, plural)
            }
            _ => (Group::Be, tense, plural),
        }
    } else {
        match word {
            "did" | "does" | "do" => {
                skip(&mut next);
                let (verb, form) = lexicon.verb(words.get(next)?)?;
                next += 1;
                if form != Form::Base {
                    return None;
                }
                (Group::Active(verb), if word == "did" { Tense::Past } else { Tense::Present }, word == "do")
            }
            "has" | "have" | "had" => {
                skip(&mut next);
                let after = *words.get(next)?;
                if after == "been"
                    || lexicon.verb(after).is_some_and(|(_, form)| form != Form::Base)
                        && !matches!(after, "reduced" | "increased" | "elevated" | "decreased" | "impaired")
                {
                    return None;
                }
                (Group::Have, if word == "had" { Tense::Past } else { Tense::Present }, word == "have")
            }
            // `failed to induce Y`: it did not induce Y.
            "failed" | "fails" | "fail" if words.get(next).is_some_and(|w| *w == "to") => {
                next += 1;
                skip(&mut next);
                let (verb, form) = lexicon.verb(words.get(next)?)?;
                next += 1;
                if form != Form::Base {
                    return None;
                }
                failed = true;
                (Group::Active(verb), if word == "failed" { Tense::Past } else { Tense::Present }, word == "fail")
            }
            _ => {
                let (verb, form) = lexicon.verb(word)?;
                skip(&mut next);
                let tense = if form == Form::Past { Tense::Past } else { Tense::Present };
                let plural = match form {
                    Form::Base => true,
                    Form::Third => false,
                    _ => words[end - 1].ends_with('s') && !words[end - 1].ends_with("ss"),
                };
                (Group::Active(verb), tense, plural)
            }
        }
    };
    if weak || failed && negated {
        return None;
    }
    let negated = negated || failed;
    // `not absolutely required`: neither required nor not.
    if negated && absolute {
        return None;
    }
    let rest = main_part(words.get(next..)?, lexicon)?;
    // `causes not only X`: it causes X, and more; `does not help all patients`: it may help some.
    if negated && (rest.starts_with("only ") || rest.split(' ').any(|w| matches!(w, "all" | "every"))) {
        return None;
    }
    // "The rates was": the sentence itself is broken, or its subject was misread.
    let head = words[..end].iter().take_while(|w| !PREPOSITIONS.contains(w)).last().copied().unwrap_or("");
    let many = head.len() > 3
        && head.ends_with('s')
        && !["ss", "is", "us", "ics", "ies"].iter().any(|end| head.ends_with(end))
        && head.bytes().all(|b| b.is_ascii_lowercase());
    if many && !plural && is_be(word).is_some() {
        return None;
    }
    Some(Clause { front, subject, group, tense, plural, negated, manner, rest })
}

const FRONTS: &[&str] = &[
    "In",
    "At",
    "After",
    "During",
    "Among",
    "Upon",
    "Within",
    "On",
    "Under",
    "For",
    "Of",
    "Across",
    "Before",
    "Between",
    "Throughout",
    "Following",
    "By",
    "in",
    "at",
    "after",
    "during",
    "among",
    "upon",
    "within",
    "on",
    "under",
    "for",
    "across",
    "before",
];

fn is_noun_phrase(words: &[&str], lexicon: &Lexicon) -> bool {
    let Some(last) = words.last() else { return false };
    if words.len() > 16
        || matches!(*last, "show" | "shows" | "showed" | "display" | "exhibit" | "the" | "a" | "an")
        || PREPOSITIONS.contains(last)
        || is_adverb(last)
        || last.ends_with("ed") && !last.contains('-') && last.len() > 3
        || matches!(*last, "only" | "both" | "each" | "itself" | "themselves" | "alike" | "more" | "less")
        || starts_gerund(words[0])
        || is_adverb(&words[0].to_lowercase())
        || words.len() > 1 && matches!(words[1], "majority" | "remainder" | "rest")
    {
        return false;
    }
    words.iter().enumerate().all(|(at, word)| {
        let clause_word = matches!(
            *word,
            "that"
                | "which"
                | "who"
                | "whose"
                | "when"
                | "while"
                | "because"
                | "although"
                | "where"
                | "since"
                | "as"
                | "than"
                | "but"
                | "until"
                | "unlike"
                | "whereas"
                | "though"
                | "compared"
                | "out"
                | "whereby"
                | "wherein"
                | "therefore"
                | "thus"
                | "hence"
                | "then"
                | "also"
                | "not"
                | "both"
                    if *word != "both" || !words[at..].contains(&"and")
        );
        // `binding to X`, `resistance to X` are nouns; any other `to` opens a clause.
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
        let noun_to = ["ing", "ance", "ence", "ity", "ion", "ure", "ment", "ponse", "ponses"]
            .iter()
            .any(|end| before.ends_with(end));
        let clause_word = clause_word || *word == "to" && !noun_to;
        let next = words.get(at + 1).copied().unwrap_or("");
        let odd_participle =
            word.ends_with("ed") && !word.contains('-') && PREPOSITIONS.contains(&next) && !MODIFIERS.contains(word);
        let verb = lexicon.verb(word).is_some_and(|(_, form)| form == Form::Third) && !NOUNS.contains(word);
        let mark = word.contains([',', ';', ':', '"', '“', '”', '=', '|', '—']);
        let other_verb = at > 0 && is_other_verb(word, next);
        !clause_word && !odd_participle && !verb && !mark && !other_verb
    })
}

/// `Adding a covariate`: a step of the analysis does nothing in the organism.
fn starts_gerund(word: &str) -> bool {
    [
        "adding",
        "including",
        "incorporating",
        "excluding",
        "combining",
        "applying",
        "adjusting",
        "estimating",
        "implementation",
    ]
    .iter()
    .any(|gerund| word.eq_ignore_ascii_case(gerund))
}

/// The direction a verb states of what it acts on.
pub(super) fn direction_of(verb: &Verb) -> Option<crate::model::answer::Direction> {
    match verb.sense {
        Sense::Up => Some(crate::model::answer::Direction::Increase),
        Sense::Down => Some(crate::model::answer::Direction::Decrease),
        _ => None,
    }
}
