//! The form of a question: its asking word and the kind of answer it calls for.

use super::super::words::{Word, is_function_word};
use super::{AUXILIARIES, Asked};

const PREPOSITIONS: &[&str] = &[
    "in",
    "on",
    "at",
    "by",
    "to",
    "from",
    "with",
    "of",
    "for",
    "under",
    "through",
    "within",
    "into",
    "above",
    "below",
    "between",
    "among",
    "during",
    "via",
    "over",
    "against",
    "along",
    "down",
    "up",
    "after",
    "before",
    "about",
    "per",
    "than",
    "roughly",
    "approximately",
];

/// The kind of answer `words` ask for, and the position of the word that asks.
pub(super) fn asked(words: &[Word]) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    if let [.., yes, or, no, mark] = words
        && (yes.is("yes") && no.is("no") || yes.is("true") && no.is("false"))
        && or.is("or")
        && mark.is("?")
    {
        return (Asked::YesNo, 0);
    }
    let clause_start = |i: usize| {
        i == 0 || matches!(text(i - 1), "," | ":" | ";" | "." | ")" | "?" | "!" | "and" | "then" | "so" | ">")
    };
    if matches!(text(0), "rank" | "order" | "arrange" | "sort") {
        return (Asked::Order, 0);
    }
    if matches!(text(0), "name" | "list" | "give" | "identify") {
        return (Asked::Listing, 0);
    }
    if let Some(i) = (0..words.len()).find(|i| clause_start(*i) && matches!(text(*i), "rank" | "arrange" | "order")) {
        return (Asked::Order, i);
    }
    // The asking word is the first one that is not a relative pronoun: at the start, behind a comma or behind prepositions,
    // or anywhere when the sentence is turned round ("X belongs to which class?").
    let mut relative = None;
    for i in 0..words.len() {
        let behind_preposition = i > 0 && (PREPOSITIONS.contains(&text(i - 1)) || matches!(text(i - 1), "one" | "any"));
        match text(i) {
            "how" => return how(words, i),
            "which" | "what" | "whose" | "who" | "where" | "whom" => {
                let first = clause_start(i)
                    && !(i > 0 && text(i - 1) == "," && text(i) == "which" && is_verb_like(words, i + 1));
                if first || behind_preposition && !is_relative(words, i) || text(i) == "what" {
                    return wh(words, i);
                }
                if i > 0 && matches!(text(i), "which" | "what") && !is_relative(words, i) {
                    return wh(words, i);
                }
                relative.get_or_insert(i);
            }
            "why" | "when" if clause_start(i) && (text(i) == "why" || AUXILIARIES.contains(&text(i + 1))) => {
                return (Asked::Open, i);
            }
            // `Cereblon (CRBN) has …`: behind a bracket stands the subject's own verb.
            // `TLK1, an enzyme of newts, is …`: behind an apposition likewise.
            word if clause_start(i)
                && AUXILIARIES.contains(&word)
                && (i == 0 || text(i - 1) != ")")
                && !is_apposition(words, i) =>
            {
                let alternatives = words.iter().skip(i).any(|w| w.is("or"));
                return (if alternatives { Asked::Alternatives } else { Asked::YesNo }, i);
            }
            _ => {}
        }
    }
    match relative {
        Some(i) => wh(words, i),
        None => (Asked::Open, 0),
    }
}

/// Whether the verb at `at` belongs to a subject with an apposition before it, and the question's word stands behind it.
fn is_apposition(words: &[Word], at: usize) -> bool {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let opens = PREPOSITIONS.contains(&text(0))
        || matches!(
            text(0),
            "when" | "while" | "if" | "among" | "following" | "compared" | "relative" | "as" | "given"
        );
    let commas = words.iter().take(at).filter(|w| w.is(",")).count();
    let asks = (at + 1..words.len())
        .any(|i| matches!(text(i), "which" | "what") && !is_relative(words, i) && PREPOSITIONS.contains(&text(i - 1)));
    !opens && commas == 2 && asks
}

/// `, which drives …`: the word behind is a verb.
fn is_verb_like(words: &[Word], at: usize) -> bool {
    words.get(at).is_some_and(|w| {
        AUXILIARIES.contains(&w.folded.as_str())
            || (w.folded.ends_with('s') && !w.folded.ends_with("ss"))
            || w.folded.ends_with("ed")
    })
}

/// `a gene in which mutations …` against `in which gene …`: a noun stands before the preposition.
fn is_relative(words: &[Word], at: usize) -> bool {
    let Some(before) = at.checked_sub(2).and_then(|i| words.get(i)) else { return false };
    let preposition =
        at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| PREPOSITIONS.contains(&w.folded.as_str()));
    let behind = words.get(at + 1).map_or("", |w| w.folded.as_str());
    preposition
        && before.is_content()
        && (is_function_word(behind) || AUXILIARIES.contains(&behind))
        && !AUXILIARIES.contains(&before.folded.as_str())
}

fn how(words: &[Word], at: usize) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    if matches!(
        text(at + 1),
        "many"
            | "much"
            | "long"
            | "old"
            | "often"
            | "far"
            | "high"
            | "large"
            | "fast"
            | "deep"
            | "frequent"
            | "soon"
            | "low"
            | "big"
            | "small"
            | "quickly"
            | "late"
            | "early"
            | "strongly"
            | "wide"
            | "heavy"
            | "tall"
            | "common"
            | "short"
    ) {
        return (Asked::Number, at);
    }
    let changes = words.iter().skip(at + 1).any(|w| {
        w.is_any(&[
            "change",
            "changes",
            "changed",
            "affect",
            "affects",
            "affected",
            "alter",
            "alters",
            "altered",
            "influence",
            "influences",
            "influenced",
            "modify",
            "impact",
            "respond",
            "responded",
            "vary",
            "varies",
            "shift",
            "differ",
            "differs",
            "develop",
            "act",
            "compare",
            "compares",
            "relate",
            "evolve",
            "modulate",
            "modulates",
            "shape",
        ])
    });
    (if changes { Asked::Change } else { Asked::Open }, at)
}

fn wh(words: &[Word], at: usize) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let behind = words.get(at + 1..words.len().min(at + 4)).unwrap_or_default();
    if behind.iter().any(|w| w.is_any(&["percentage", "percent", "proportion", "fraction", "fold"])) {
        return (Asked::Number, at);
    }
    if text(at) == "what" || text(at) == "which" {
        // `what happens to …`, `what did knockdown do to …`, `what effect …`, `in what direction …`.
        let does = matches!(text(at + 1), "does" | "did" | "do" | "will" | "would" | "can")
            && (at + 2..words.len())
                .any(|i| text(i) == "do" && words.get(i + 1).is_some_and(|w| w.is_any(&["to", "with"])));
        let happens = matches!(text(at + 1), "happens" | "happened" | "becomes");
        let effect = words.get(at + 1..words.len().min(at + 6)).unwrap_or_default().iter().any(|w| {
            w.is_any(&["effect", "effects", "direction", "impact", "influence", "change", "changes", "trend"])
        });
        if does || happens || effect {
            return (Asked::Change, at);
        }
    }
    // `which plants bore more: emitters or silenced plants?`
    if let Some(colon) = (at..words.len()).find(|i| matches!(text(*i), ":" | "—"))
        && words.iter().skip(colon).any(|w| w.is("or"))
    {
        return (Asked::Alternatives, at);
    }
    (Asked::Thing, at)
}
