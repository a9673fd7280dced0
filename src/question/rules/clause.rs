//! A light reading of one sentence: brackets and lead-ins off, then front, subject, verb group, rest.

use super::lexicon::{Form, Lexicon, MODIFIERS, PREPOSITIONS, Sense, Verb};

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

    pub fn was(&self) -> &'static str {
        match (self.tense, self.plural) {
            (Tense::Past, true) => "were",
            (Tense::Past, false) => "was",
            (Tense::Present, true) => "are",
            (Tense::Present, false) => "is",
        }
    }
}

/// The sentence without brackets, call-outs and its final stop; `None` when brackets do not close.
pub(super) fn without_brackets(sentence: &str) -> Option<String> {
    let mut depth = 0usize;
    let mut out = String::with_capacity(sentence.len());
    for c in sentence.chars() {
        match c {
            '(' | '[' => {
                depth += 1;
                if depth == 1 && !out.ends_with([' ', '-']) && !out.is_empty() {
                    // `poly(A)`, `Spiro(indole)`: the bracket is part of a name.
                    return None;
                }
            }
            ')' | ']' => depth = depth.checked_sub(1)?,
            c if depth == 0 => {
                let closes = matches!(c, ' ' | ',' | '.' | ';' | ':');
                if closes && out.ends_with(' ') {
                    out.pop();
                }
                out.push(c);
            }
            _ => {}
        }
    }
    (depth == 0).then(|| out.trim().trim_end_matches('.').trim().to_owned())
}

const LEADS: &[&str] = &[
    "we found that",
    "we show that",
    "we showed that",
    "we observed that",
    "we demonstrate that",
    "we demonstrated that",
    "we report that",
    "we find that",
    "here we show that",
    "here, we show that",
    "here we report that",
    "here, we report that",
    "our results show that",
    "our results demonstrate that",
    "our data show that",
    "our findings show that",
    "the results showed that",
    "results showed that",
    "the results show that",
    "we discovered that",
    "we confirmed that",
    "we also found that",
    "here, we demonstrate that",
    "we have shown that",
    "we further show that",
    "we also show that",
    "we reveal that",
    "these results demonstrate that",
    "these data demonstrate that",
    "these results show that",
    "our results reveal that",
    "it was found that",
    "we identified that",
    "here we demonstrate that",
    "our study shows that",
    "this study shows that",
    "we established that",
    "our findings demonstrate that",
    "our data demonstrate that",
    "results indicated that",
    "results indicate that",
    "the results indicated that",
    "our results indicate that",
    "analysis revealed that",
    "we noted that",
];

const ADVERBS: &[&str] = &[
    "However",
    "Interestingly",
    "In contrast",
    "Furthermore",
    "Moreover",
    "In addition",
    "Additionally",
    "Surprisingly",
    "Notably",
    "Importantly",
    "Strikingly",
    "Indeed",
    "Overall",
    "In summary",
    "In conclusion",
    "Finally",
    "First",
    "Second",
    "Third",
    "Specifically",
    "Thus",
    "Therefore",
    "Consequently",
    "Mechanistically",
    "Remarkably",
    "Unexpectedly",
    "Conversely",
    "By contrast",
    "Also",
    "As expected",
    "Again",
    "Nevertheless",
    "Intriguingly",
    "Collectively",
    "Together",
    "In particular",
    "Consistently",
    "On average",
    "In total",
    "Here",
    "Hence",
    "In fact",
    "Lastly",
    "On the other hand",
    "Altogether",
    "Crucially",
    "For example",
    "In general",
    "For instance",
    "In turn",
    "As a result",
    "To our knowledge",
    "Of note",
    "In agreement",
    "In all cases",
];

/// Takes off leading adverbs and "we found that", as often as they stand there.
pub(super) fn without_lead(mut text: &str) -> &str {
    for _ in 0..3 {
        let adverb = ADVERBS.iter().find_map(|a| text.strip_prefix(a)?.strip_prefix(", "));
        let lead = LEADS.iter().find_map(|lead| {
            let head = text.get(..lead.len())?;
            head.eq_ignore_ascii_case(lead).then(|| text[lead.len()..].trim_start_matches([',', ' ']))
        });
        match adverb.or(lead) {
            Some(rest) => text = rest,
            None => break,
        }
    }
    text
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

fn is_be(word: &str) -> Option<(Tense, bool)> {
    match word {
        "is" => Some((Tense::Present, false)),
        "are" => Some((Tense::Present, true)),
        "was" => Some((Tense::Past, false)),
        "were" => Some((Tense::Past, true)),
        _ => None,
    }
}

fn is_auxiliary(word: &str) -> bool {
    is_be(word).is_some()
        || matches!(
            word,
            "has"
                | "have"
                | "had"
                | "did"
                | "does"
                | "do"
                | "can"
                | "cannot"
                | "will"
                | "must"
                | "been"
                | "be"
                | "being"
        )
}

pub(super) fn is_adverb(word: &str) -> bool {
    word.ends_with("ly")
        && word.len() > 4
        && !matches!(
            word,
            "family"
                | "assembly"
                | "early"
                | "only"
                | "anomaly"
                | "supply"
                | "reply"
                | "daily"
                | "elderly"
                | "butterfly"
        )
        || matches!(word, "not" | "then" | "also" | "even" | "still")
}

/// Adverbs that take half the verb back.
fn is_weak(word: &str) -> bool {
    matches!(
        word,
        "rarely"
            | "barely"
            | "hardly"
            | "partially"
            | "poorly"
            | "partly"
            | "nearly"
            | "scarcely"
            | "possibly"
            | "probably"
            | "potentially"
            | "previously"
            | "recently"
            | "reportedly"
            | "apparently"
            | "only"
    )
}

/// Verb forms that are nouns as well, and so need a look at their neighbours.
const NOUNS: &[&str] = &[
    "increase",
    "increases",
    "decrease",
    "decreases",
    "control",
    "controls",
    "target",
    "targets",
    "change",
    "changes",
    "form",
    "forms",
    "use",
    "uses",
    "influence",
    "report",
    "reports",
    "rescue",
    "block",
    "blocks",
    "display",
    "displays",
    "delay",
    "delays",
    "cause",
    "causes",
    "rise",
    "rises",
    "decline",
    "declines",
    "result",
    "results",
    "act",
    "acts",
    "account",
    "accounts",
    "play",
    "drive",
    "trigger",
    "triggers",
    "lead",
    "leads",
    "die",
    "express",
    "lower",
    "bound",
    "raise",
    "show",
    "find",
    "affect",
    "effects",
    "carry",
    "rescues",
    "influences",
    "elevated",
    "rose",
    "led",
    "make",
    "makes",
    "appear",
    "produce",
    "alter",
];

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
    let mut skip = |next: &mut usize| {
        while let Some(word) = words.get(*next).filter(|w| is_adverb(w)) {
            negated |= *word == "not";
            weak |= is_weak(word);
            *next += 1;
        }
    };
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
    if weak {
        return None;
    }
    let rest = main_part(words.get(next..)?, lexicon)?;
    Some(Clause { front, subject, group, tense, plural, negated, rest })
}

fn main_verb(words: &[&str], lexicon: &Lexicon) -> Option<usize> {
    let mut candidate = None;
    for (at, word) in words.iter().enumerate().take(24) {
        let stop = word.ends_with([',', ';', ':']);
        if at == 0 {
            if stop {
                return None;
            }
            continue;
        }
        if is_auxiliary(word) {
            return Some(at);
        }
        let bare = word.trim_end_matches(',');
        if let Some((_, form)) = lexicon.verb(bare) {
            let next = words.get(at + 1).copied().unwrap_or("");
            let before_preposition = PREPOSITIONS.contains(&next);
            let noun = NOUNS.contains(&bare);
            let finite = match form {
                Form::Past => !MODIFIERS.contains(&bare) || !before_preposition,
                Form::Third | Form::Base => {
                    !(noun
                        && (before_preposition
                            || is_auxiliary(next)
                            || lexicon.verb(next).is_some()
                            || next.ends_with("ing")
                            || next.is_empty()))
                        && !PREPOSITIONS.contains(&words[at - 1])
                }
                Form::Participle => false,
            };
            let adjective = matches!(words[at - 1], "the" | "a" | "an" | "of" | "with" | "and" | "or" | "to")
                && form != Form::Third;
            let base_after_singular = form == Form::Base
                && !(words[at - 1].ends_with('s') || words[at - 1] == "mice" || words[at - 1] == "cells");
            if finite && !adjective && !base_after_singular && !stop {
                // A past form may be a participle: a later plain finite verb wins.
                if form != Form::Past {
                    return Some(candidate.filter(|_| form == Form::Base).unwrap_or(at));
                }
                if candidate.is_none() {
                    candidate = Some(at);
                }
            }
        }
        if stop {
            break;
        }
        if candidate.is_some_and(|c| at > c + 1)
            && matches!(
                *word,
                "and" | "that" | "which" | "while" | "whereas" | "but" | "when" | "because" | "than" | "compared"
            )
        {
            break;
        }
    }
    candidate
}

fn is_noun_phrase(words: &[&str], lexicon: &Lexicon) -> bool {
    let Some(last) = words.last() else { return false };
    if words.len() > 16
        || PREPOSITIONS.contains(last)
        || is_adverb(last)
        || last.ends_with("ed") && !last.contains('-') && last.len() > 5
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
                | "to"
                | "than"
                | "but"
                | "until"
                | "unlike"
                | "whereas"
                | "though"
                | "compared"
                | "out"
        );
        let next = words.get(at + 1).copied().unwrap_or("");
        let odd_participle =
            word.ends_with("ed") && !word.contains('-') && PREPOSITIONS.contains(&next) && !MODIFIERS.contains(word);
        let verb = lexicon.verb(word).is_some_and(|(_, form)| form == Form::Third) && !NOUNS.contains(word);
        let mark = word.contains([',', ';', ':', '"', '“', '”', '=', '|']);
        !clause_word && !odd_participle && !verb && !mark
    })
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
        "where",
        "when",
        "because",
        "since",
        "implying",
        "highlighting",
        "reflecting",
        "compared",
    ];
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
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
        ) && at > 0
        {
            break;
        }
        if *word == "and" && at > 0 {
            let next = words.get(at + 1).copied().unwrap_or("");
            let after = words.get(at + 2).copied().unwrap_or("");
            let finite = |w: &str| {
                is_auxiliary(w) || lexicon.verb(w).is_some_and(|(_, form)| form == Form::Third || form == Form::Past)
            };
            if finite(next)
                || is_adverb(next)
                || finite(after)
                || words.get(at + 3).copied().is_some_and(is_auxiliary)
                || words.iter().skip(at + 1).take(5).take_while(|w| !w.ends_with(',')).any(|w| is_be(w).is_some())
            {
                break;
            }
        }
        if let Some(stem) = word.strip_suffix([',', ';', ':']) {
            kept.push(stem);
            let next = words.get(at + 1).copied().unwrap_or("");
            if word.ends_with(':') || !CLOSERS.contains(&next) && !next.ends_with("ly") && !word.ends_with(';') {
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
    let rest = kept.join(" ");
    (!rest.contains(['"', '“', '|', '=', '[', '('])).then_some(rest)
}

/// The direction a verb states of what it acts on.
pub(super) fn direction_of(verb: &Verb) -> Option<crate::model::answer::Direction> {
    match verb.sense {
        Sense::Up => Some(crate::model::answer::Direction::Increase),
        Sense::Down => Some(crate::model::answer::Direction::Decrease),
        _ => None,
    }
}
