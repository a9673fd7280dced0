//! Which word of a clause is its verb, and the words that tell.

use super::super::lexicon::{Form, Lexicon};
use super::super::words::{MODIFIERS, PREPOSITIONS};
use super::Tense;

pub(super) fn main_verb(words: &[&str], lexicon: &Lexicon) -> Option<usize> {
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
            let led = matches!(
                (bare, next),
                ("lead" | "leads", "to") | ("result" | "results", "in") | ("act" | "acts", "as" | "on")
            );
            let noun = NOUNS.contains(&bare) && !led;
            // `in contact inhibited cells`: a noun and a participle that are one adjective.
            let compound = at >= 2
                && matches!(words[at - 1], "contact" | "growth" | "serum" | "nutrient" | "age" | "sex" | "weight")
                && PREPOSITIONS.contains(&words[at - 2])
                || at == 1 && words[0].eq_ignore_ascii_case("contact") && form == Form::Past;
            // `the miR-122 target showed`, `a target confirmed by`: the noun before another verb.
            let before_verb = matches!(bare, "target" | "targets" | "form" | "forms" | "report" | "reports")
                && next.ends_with("ed")
                && !matches!(next, "increased" | "reduced" | "elevated" | "decreased" | "altered" | "enhanced");
            let finite = match form {
                Form::Past => !MODIFIERS.contains(&bare) || !before_preposition,
                Form::Third | Form::Base => {
                    !(noun
                        && (before_preposition
                            || before_verb
                            || is_auxiliary(next)
                            || lexicon.verb(next).is_some_and(|(_, form)| form != Form::Past)
                            // `candidate targets that rose`: a noun with its relative clause.
                            || matches!(next, "that" | "which" | "who" | "whose")
                            || next.ends_with("ing")
                            || next.is_empty()))
                        && !PREPOSITIONS.contains(&words[at - 1])
                }
                Form::Participle => false,
            };
            let adjective =
                matches!(words[at - 1], "The" | "A" | "An" | "the" | "a" | "an" | "of" | "with" | "and" | "or" | "to")
                    && form != Form::Third;
            let base_after_singular = form == Form::Base
                && !(words[at - 1].ends_with('s') || words[at - 1] == "mice" || words[at - 1] == "cells");
            if finite && !adjective && !compound && !base_after_singular && !stop {
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

pub(super) fn is_be(word: &str) -> Option<(Tense, bool)> {
    match word {
        "is" => Some((Tense::Present, false)),
        "are" => Some((Tense::Present, true)),
        "was" => Some((Tense::Past, false)),
        "were" => Some((Tense::Past, true)),
        _ => None,
    }
}

pub(in crate::question::rules) fn is_auxiliary(word: &str) -> bool {
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

pub(in crate::question::rules) fn is_adverb(word: &str) -> bool {
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
        || matches!(
            word,
            "not"
                | "then"
                | "also"
                | "even"
                | "still"
                | "further"
                | "thus"
                | "therefore"
                | "hence"
                | "again"
                | "indeed"
                | "however"
        )
}

/// Adverbs that take half the verb back.
pub(in crate::question::rules) fn is_weak(word: &str) -> bool {
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
            | "slightly"
            | "weakly"
            | "mildly"
            | "modestly"
            | "moderately"
            | "minimally"
            | "transiently"
            | "marginally"
            | "somewhat"
            | "largely"
            | "usually"
            | "typically"
            | "generally"
            | "mostly"
            | "virtually"
            | "almost"
            | "likely"
            | "presumably"
            | "supposedly"
            | "seemingly"
            | "arguably"
            | "conceivably"
            | "theoretically"
    )
}

/// Adverbs whose denial leaves the rest standing: what is not fully so may be partly so.
pub(super) fn is_absolute(word: &str) -> bool {
    matches!(
        word,
        "absolutely"
            | "strictly"
            | "completely"
            | "entirely"
            | "fully"
            | "solely"
            | "exclusively"
            | "necessarily"
            | "always"
            | "globally"
            | "universally"
            | "uniformly"
            | "broadly"
            | "generally"
            | "dramatically"
            | "drastically"
            | "markedly"
    )
}

/// A verb that the lexicon does not hold, as a subject's word: the subject was misread.
pub(super) fn is_other_verb(word: &str, next: &str) -> bool {
    const STEMS: &[&str] = &[
        "perceiv",
        "enabl",
        "consider",
        "believ",
        "prefer",
        "obtain",
        "perform",
        "utiliz",
        "utilis",
        "possess",
        "describ",
        "recommend",
        "prescrib",
        "adopt",
        "tolerat",
        "suffer",
        "enjoy",
        "acquir",
        "generat",
        "creat",
        "confirm",
        "elicit",
        "propos",
        "predict",
        "retain",
        "undertak",
        "encounter",
        "maintain",
        "sustain",
        "determin",
        "govern",
        "coordinat",
        "orchestrat",
        "ensur",
        "preserv",
        "permit",
        "dictat",
        "implicat",
        "underli",
        "outperform",
        "resembl",
        "recapitulat",
        "exceed",
        "follow",
        "compris",
    ];
    STEMS.iter().any(|stem| {
        word.strip_prefix(stem).is_some_and(|end| match end {
            "" | "e" | "es" | "s" => true,
            "ed" => !PREPOSITIONS.contains(&next),
            _ => false,
        })
    })
}

/// Adverbs without which the verb says something else.
pub(super) fn is_manner(word: &str) -> bool {
    matches!(
        word,
        "negatively"
            | "positively"
            | "inversely"
            | "directly"
            | "indirectly"
            | "specifically"
            | "selectively"
            | "exclusively"
            | "differentially"
            | "synergistically"
            | "preferentially"
            | "predominantly"
            | "primarily"
            | "mainly"
            | "constitutively"
            | "transcriptionally"
            | "allosterically"
            | "cooperatively"
            | "competitively"
            | "reversibly"
            | "irreversibly"
            | "physically"
            | "completely"
            | "highly"
            | "fully"
    )
}

/// Verb forms that are nouns as well, and so need a look at their neighbours.
pub(super) const NOUNS: &[&str] = &[
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
