//! A light reading of one sentence: brackets and lead-ins off, then front, subject, verb group, rest.

mod lead;
mod verb;

pub(super) use lead::{Bare, is_own, statement, without_brackets};
pub(super) use verb::{is_adverb, is_auxiliary, is_weak};

use super::lexicon::{Form, Lexicon, Sense, Verb};
use super::words::{MODIFIERS, PREPOSITIONS};
use verb::{NOUNS, is_be, is_manner, main_verb};

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
    let mut manner = words[end..at].iter().find(|w| is_manner(w)).map(|w| (*w).to_owned());
    let mut skip = |next: &mut usize| {
        while let Some(word) = words.get(*next).filter(|w| is_adverb(w)) {
            negated |= *word == "not";
            weak |= is_weak(word);
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
    let rest = main_part(words.get(next..)?, lexicon)?;
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
        let mark = word.contains([',', ';', ':', '"', '“', '”', '=', '|']);
        !clause_word && !odd_participle && !verb && !mark
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

/// The words up to the end of the main clause; `None` when a list or an unknown clause follows.
fn main_part(words: &[&str], lexicon: &Lexicon) -> Option<String> {
    const CLOSERS: &[&str] = &[
        "and",
        "but",
        "while",
        "whereas",
        "which",
        "suggesting",
        "indicating",
        "thereby",
        "with",
        "consistent",
        "as",
        "although",
        "resulting",
        "leading",
        "demonstrating",
        "showing",
        "confirming",
        "supporting",
        "however",
        "but",
        "including",
        "ranging",
        "thus",
        "even",
        "despite",
        "making",
        "whilst",
        "because",
        "since",
        "implying",
        "highlighting",
        "reflecting",
    ];
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or("");
        let after = words.get(at + 2).copied().unwrap_or("");
        // `chiral but not AP flow`: what the two share comes last; behind a whole side (`in mice but not in rats`) it is said.
        if *word == "but" && next == "not" && !PREPOSITIONS.contains(&after) {
            let whole =
                at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|w| w.ends_with('s') || *w == "mice");
            if !whole {
                return None;
            }
        }
        if matches!(
            *word,
            "whereas"
                | "while"
                | "suggesting"
                | "indicating"
                | "although"
                | "because"
                | "but"
                | "thereby"
                | "which"
                | "implying"
                | "whilst"
                | "confirming"
                | "demonstrating"
        ) && (at > 0 || word.ends_with("ing"))
        {
            break;
        }
        // `increased X linking Y to Z`: whether X or the statement links, the words do not say.
        if matches!(*word, "linking" | "allowing") && at > 0 {
            return None;
        }
        // `even though …`, `as shown by …`, `in agreement with …`: a remark, no part of the statement.
        if at > 0
            && (*word == "even" && matches!(next, "though" | "when" | "if")
                || *word == "as" && (next.ends_with("ed") || matches!(next, "shown" | "seen"))
                || *word == "in" && matches!(next, "agreement" | "accordance" | "line" | "keeping"))
        {
            break;
        }
        let plain = next.strip_prefix("co-").unwrap_or(next);
        let past = plain.len() > 4 && plain.ends_with("ed") && !plain.contains('-');
        let third = plain.len() > 4
            && plain.ends_with('s')
            && !plain.ends_with("ss")
            && (matches!(after, "the" | "a" | "an" | "with" | "to" | "its")
                || lexicon.verb(plain).is_some_and(|(_, f)| f == Form::Third));
        let base = lexicon.verb(plain).is_some_and(|(_, f)| f == Form::Base) && !NOUNS.contains(&plain);
        if at > 0 && (*word == "and" && (third || base) || *word == "as" && next == "well" || *word == "despite")
            || *word == "with" && next == "no"
        {
            break;
        }
        if *word == "and" && past && at > 0 && !words[at - 1].ends_with("ed") && !PREPOSITIONS.contains(&words[at - 1])
        {
            break;
        }
        if *word == "and" && at > 0 {
            // `IL-21 and IL-4 induced by IL-6`: a participle behind its noun opens no clause.
            let by_agent = |at: usize| {
                words.get(at).is_some_and(|w| w.ends_with("ed"))
                    && words.get(at + 1).is_some_and(|w| matches!(*w, "by" | "in" | "with" | "from" | "to"))
            };
            let finite = |w: &str| {
                is_auxiliary(w) || lexicon.verb(w).is_some_and(|(_, form)| form == Form::Third || form == Form::Past)
            };
            if finite(next)
                || is_adverb(next)
                || !next.ends_with(',')
                    && (finite(after) && !by_agent(at + 2)
                        || !after.ends_with(',') && words.get(at + 3).copied().is_some_and(is_auxiliary))
                || words.iter().skip(at + 1).take(5).take_while(|w| !w.ends_with(',')).any(|w| is_be(w).is_some())
            {
                break;
            }
        }
        if let Some(stem) = word.strip_suffix([',', ';', ':']) {
            kept.push(stem);
            if matches!(next, "compared" | "relative") && word.ends_with(',') {
                continue;
            }
            if next.starts_with("respectively") || matches!(next, "when" | "where" | "even") {
                return None;
            }
            let remark = next.ends_with("ly") || next.len() > 5 && next.ends_with("ing");
            if word.ends_with(':') || !CLOSERS.contains(&next) && !remark && !word.ends_with(';') {
                return None;
            }
            if next == "and" {
                let clause = words
                    .iter()
                    .skip(at + 2)
                    .any(|w| is_auxiliary(w) || lexicon.verb(w).is_some_and(|(_, f)| f != Form::Base));
                if !clause || kept.iter().filter(|w| **w == ",").count() > 1 {
                    return None;
                }
            }
            break;
        }
        kept.push(word);
    }
    while kept
        .last()
        .is_some_and(|w| matches!(*w, "further" | "too" | "again" | "also" | "well" | "however" | "therefore"))
    {
        kept.pop();
    }
    if !is_one_clause(&kept, lexicon) {
        return None;
    }
    let rest = kept.join(" ");
    (!rest.contains(['"', '“', '|', '=', '[', '('])).then_some(rest)
}

/// Whether no second finite verb stands in `words`, but behind a relative pronoun (`mice that lack Trenk5`).
fn is_one_clause(words: &[&str], lexicon: &Lexicon) -> bool {
    words.iter().enumerate().all(|(at, word)| {
        let third = lexicon.verb(word).is_some_and(|(_, form)| form == Form::Third) && !NOUNS.contains(word);
        let finite = third || *word == "failed" || is_auxiliary(word) && *word != "being";
        let relative = |w: &&str| matches!(*w, "that" | "who" | "which" | "whose" | "when");
        let before = &words[at.saturating_sub(6)..at];
        !finite || before.iter().any(relative)
    })
}

/// The direction a verb states of what it acts on.
pub(super) fn direction_of(verb: &Verb) -> Option<crate::model::answer::Direction> {
    match verb.sense {
        Sense::Up => Some(crate::model::answer::Direction::Increase),
        Sense::Down => Some(crate::model::answer::Direction::Decrease),
        _ => None,
    }
}
