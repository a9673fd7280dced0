//! What the quote says rises, falls or stays, and whether that agrees with a direction key.

use std::collections::HashSet;

use crate::model::answer::Direction;

use super::super::ask::{AUXILIARIES, Ask, Asked};
use super::super::lexicon::{Force, direction_of, is_plain_negation};
use super::super::words::{Kind, Word, is_generic};
use super::reading::Reading;

/// One statement of change in the quote.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub at: usize,
    pub direction: Direction,
    pub force: Force,
    /// Says of the statement before it that it is not significant.
    pub disclaims: bool,
}

/// Verbs of change without a direction; negated they say `no change`.
const NEUTRAL: &[&str] = &[
    "change",
    "changes",
    "changed",
    "alter",
    "alters",
    "altered",
    "affect",
    "affects",
    "affected",
    "differ",
    "differs",
    "differed",
    "influence",
    "influences",
    "influenced",
    "modify",
    "modified",
    "impact",
    "effect",
    "effects",
    "difference",
    "differences",
    "different",
    "alteration",
    "alterations",
    "vary",
    "varied",
    "modulate",
    "contribute",
    "association",
    "correlation",
    "correlated",
    "associated",
    "influential",
    "affecting",
    "altering",
    "changing",
];

/// The statements of change in reading order.
pub(crate) fn events(reading: &Reading<'_>) -> Vec<Event> {
    let mut found = Vec::new();
    let words = &reading.words;
    for (i, word) in words.iter().enumerate() {
        let negated = negated(reading, i);
        if disclaims(reading, i) {
            found.push(Event { at: i, direction: Direction::NoChange, force: Force::Plain, disclaims: true });
            continue;
        }
        if NEUTRAL.contains(&word.folded.as_str()) {
            if negated
                || words.get(i + 1..words.len().min(i + 4)).unwrap_or_default().iter().any(|w| w.is("not"))
                    && near_not_significant(reading, i)
            {
                found.push(Event { at: i, direction: Direction::NoChange, force: Force::Plain, disclaims: false });
            }
            continue;
        }
        let hyphenated = match i.checked_sub(1).and_then(|before| words.get(before)) {
            Some(side) if side.joined && word.folded.starts_with("regulat") => match side.folded.as_str() {
                "up" => Some((Direction::Increase, Force::Plain)),
                "down" => Some((Direction::Decrease, Force::Plain)),
                _ => None,
            },
            // `super-susceptible`.
            _ if word.joined && word.is_any(&["super", "hyper"]) => Some((Direction::Increase, Force::Plain)),
            _ if word.joined && word.is("hypo") => Some((Direction::Decrease, Force::Plain)),
            // `unusually large`.
            Some(adverb) if adverb.is_any(&["unusually", "abnormally", "excessively", "exceptionally"]) => degree(word),
            _ => None,
        };
        let Some((direction, force)) = hyphenated.or_else(|| direction_of(word)) else { continue };
        // `a susceptibility similar to that of …`: a likeness named in passing.
        if word.is("similar")
            && words.get(i + 1).is_some_and(|w| w.is("to"))
            && words.get(i + 2).is_some_and(|w| w.is_any(&["that", "those"]))
            && !words[i.saturating_sub(2)..i]
                .iter()
                .any(|w| AUXILIARIES.contains(&w.folded.as_str()) || w.is("remained"))
        {
            continue;
        }
        // `at least 5`: a bound. `In favour of A`: no change.
        let previous = i.checked_sub(1).map_or("", |b| reading.text(b));
        if word.is_any(&["least", "most"]) && previous == "at" || word.folded.starts_with("favo") && previous == "in" {
            continue;
        }
        // `with decreasing elevation`: a condition, no finding.
        let before = i.checked_sub(1).map_or("", |b| reading.text(b));
        if word.folded.ends_with("ing") && matches!(before, "with" | "for") {
            continue;
        }
        if word.is("more")
            && words.get(i + 1).is_some_and(|w| w.is_any(&["than", "likely", "recently", "specifically"]))
            && words.get(i + 2).is_some_and(|w| w.folded.starts_with(|c: char| c.is_ascii_digit()))
        {
            continue;
        }
        let negligible = matches!(before, "negligible" | "little" | "nonsignificant" | "insignificant");
        // `decreased lower`: two words of one statement keep the first sense; `less reduced` turns it round.
        let softened = matches!(before, "less") && direction != Direction::NoChange && !word.is("less");
        let direction = if negated || negligible {
            Direction::NoChange
        } else if softened {
            match direction {
                Direction::Increase => Direction::Decrease,
                Direction::Decrease => Direction::Increase,
                Direction::NoChange => Direction::NoChange,
            }
        } else {
            direction
        };
        found.push(Event { at: i, direction, force, disclaims: false });
    }
    found
}

/// An adjective that an adverb makes a comparison with what is usual.
fn degree(word: &Word) -> Option<(Direction, Force)> {
    if word.is_any(&["large", "high", "long", "big", "strong", "thick", "fast", "abundant", "active", "wide"]) {
        Some((Direction::Increase, Force::Plain))
    } else if word.is_any(&["small", "low", "short", "weak", "thin", "slow", "scarce", "inactive", "narrow"]) {
        Some((Direction::Decrease, Force::Plain))
    } else {
        None
    }
}

/// `…, but not significantly`, `(P = NS)`: takes back the change stated before. `No significant increase` is one statement.
fn disclaims(reading: &Reading<'_>, at: usize) -> bool {
    let word = &reading.words[at];
    let before = |n: usize| at.checked_sub(n).map_or("", |i| reading.text(i));
    let short = word.is("ns") && matches!(before(1), "=" | "(" | ",");
    let denied = word.folded.starts_with("signific")
        && (before(1) == "non"
            || (1..=3).any(|n| at.checked_sub(n).is_some_and(|i| is_plain_negation(&reading.words[i]))));
    let of_another = (at + 1..reading.words.len().min(at + 4))
        .take_while(|i| !reading.words[*i].is_any(&[",", ";", ".", "(", ")"]))
        .any(|i| NEUTRAL.contains(&reading.text(i)) || direction_of(&reading.words[i]).is_some());
    short || denied && !of_another
}

/// `differences were not significant`.
fn near_not_significant(reading: &Reading<'_>, at: usize) -> bool {
    (at + 1..reading.words.len().min(at + 8)).any(|i| {
        reading.text(i) == "not" && reading.text(i + 1).starts_with("signific") || reading.text(i) == "nonsignificant"
    })
}

/// Whether a `not`, `no`, `neither` within the few words before turns the word at `at`.
fn negated(reading: &Reading<'_>, at: usize) -> bool {
    let mut i = at;
    for _ in 0..7 {
        let Some(before) = i.checked_sub(1) else { return false };
        i = before;
        let word = &reading.words[i];
        if is_plain_negation(word) {
            // `not only promotes` affirms.
            return !reading.words.get(i + 1).is_some_and(|w| w.is_any(&["only", "just", "merely"]));
        }
        if word.is_any(&[",", ";", ".", "(", ")", "and", "but", "that", "which", "whereas", "while"]) {
            return false;
        }
    }
    false
}

/// The question's words for what changes: positions in its words, most telling first.
pub(crate) fn target(ask: &Ask) -> Vec<usize> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let n = words.len();
    let stop = |i: usize| {
        matches!(
            text(i),
            "in" | "at"
                | "under"
                | "relative"
                | "compared"
                | "as"
                | "during"
                | "among"
                | "when"
                | "after"
                | "with"
                | "across"
                | "?"
                | ","
                | "over"
                | "through"
                | "upon"
                | "on"
                | "versus"
                | "within"
                | "from"
                | "following"
                | "against"
                | "before"
                | "if"
                | "than"
                | "between"
                | "by"
        )
    };
    let take = |from: usize| -> Vec<usize> {
        let mut end = from;
        while end < n && !(stop(end) && end > from) {
            end += 1;
        }
        (from..end).filter(|i| words[*i].is_content()).collect()
    };
    match ask.asked {
        Asked::Change => {
            let at = ask.at;
            if text(at) == "how" {
                let verb = (at + 1..n).find(|i| words[*i].is_any(CHANGE_VERBS) && *i > at + 2);
                if let Some(verb) = verb {
                    let behind = take(verb + 1);
                    if !behind.is_empty() && !stop(verb + 1) {
                        return behind;
                    }
                    // `how does T change when …`, `how was T found to change`.
                    return take(at + 2)
                        .into_iter()
                        .filter(|i| *i < verb && !words[*i].is_any(&["found", "observed", "reported", "seen"]))
                        .collect();
                }
            }
            if let Some(to) = (at + 1..n).find(|i| text(*i) == "do" && matches!(text(i + 1), "to" | "with")) {
                return take(to + 2);
            }
            if matches!(text(at + 1), "happens" | "happened") {
                return take(at + 3);
            }
            if let Some(effect) = (at + 1..n.min(at + 7)).find(|i| {
                words[*i].is_any(&["effect", "effects", "impact", "influence", "direction", "trend", "change"])
            }) {
                if let Some(on) = (effect + 1..n).find(|i| text(*i) == "on") {
                    return take(on + 1);
                }
                if let Some(start) = (effect + 1..n).find(|i| AUXILIARIES.contains(&text(*i)) || text(*i) == "in") {
                    return take(start + 1);
                }
            }
            (at + 1..n).filter(|i| words[*i].is_content()).collect()
        }
        Asked::YesNo => {
            // Behind the question's own word of change, else everything behind the auxiliary.
            let cue = (ask.at + 1..n).find(|i| {
                direction_of(&words[*i]).is_some_and(|(_, force)| force == Force::Plain) || NEUTRAL.contains(&text(*i))
            });
            if let Some(cue) = cue {
                let behind = take(cue + 1);
                if !behind.is_empty() && !stop(cue + 1) {
                    return behind;
                }
                // `was T lower in A than in B`: the subject.
                let subject: Vec<usize> = take(ask.at + 1).into_iter().filter(|i| *i < cue).collect();
                if !subject.is_empty() {
                    return subject;
                }
                if !behind.is_empty() {
                    return behind;
                }
            }
            (ask.at + 1..n).filter(|i| words[*i].is_content()).collect()
        }
        _ => (0..n).filter(|i| words[*i].is_content()).collect(),
    }
}

const CHANGE_VERBS: &[&str] = &[
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
    "modulate",
    "modulates",
];

/// Every event with how well the question's target stands beside it, best first; events that are the target itself are left out.
pub(super) fn ranked(reading: &Reading<'_>, ask: &Ask) -> Vec<(f64, Event)> {
    let target: Vec<&Word> = target(ask).into_iter().filter_map(|i| ask.words.get(i)).collect();
    let forms: HashSet<&str> = target.iter().flat_map(|w| [w.stem.as_str(), w.folded.as_str()]).collect();
    let others: HashSet<&str> =
        ask.words.iter().filter(|w| w.is_content()).map(|w| w.stem.as_str()).filter(|s| !forms.contains(s)).collect();
    let all = events(reading);
    let mut ranked: Vec<(f64, Event)> = all
        .iter()
        .filter(|e| !forms.contains(reading.words[e.at].stem.as_str()))
        .cloned()
        .map(|event| {
            let clause = reading.clause[event.at];
            let mut score = 0.0;
            for i in reading.clause_words(clause) {
                let word = &reading.words[i];
                if i == event.at || reading.shared[i] == 0.0 {
                    continue;
                }
                let in_target = forms.contains(word.stem.as_str()) || forms.contains(word.folded.as_str());
                let weight = if in_target {
                    if is_generic(word) { 0.5 } else { 1.0 }
                } else if others.contains(word.stem.as_str()) {
                    0.0
                } else {
                    // Shared by way of a synonym or an abbreviation: which part of the question it belongs to is unknown.
                    0.3
                };
                let distance = i.abs_diff(event.at);
                let (low, high) = (i.min(event.at), i.max(event.at));
                // `did not affect A, B or C`: every item is the verb's own.
                let item = i > event.at && is_object_list(low + 1..high, reading);
                let distance = if item { distance.min(4) } else { distance };
                let crossed = (low + 1..high)
                    .filter(|k| !item && reading.words[*k].is_any(&[",", "and", "that", "which", "by"]))
                    .count();
                let mut near = 1.0 / (1.0 + distance as f64 / 6.0);
                near *= 0.75_f64.powi(i32::try_from(crossed.min(4)).unwrap_or(4));
                // `lower A and enhanced B`: an attribute is about the noun behind it.
                if i < event.at && crossed > 0 && is_attribute(event.at, reading) {
                    near *= 0.4;
                }
                score += weight * near;
            }
            if event.force == Force::Loose {
                score *= 0.6;
            }
            // `A fell in X, but doubled in Y`: the subject is both verbs' own.
            if let Some(first) = shared_subject(event.at, &all, reading) {
                let subject = reading.clause_words(clause - 1).start..first;
                let weights = subject.filter(|i| reading.shared[*i] > 0.0).map(|i| {
                    let word = &reading.words[i];
                    let in_target = forms.contains(word.stem.as_str()) || forms.contains(word.folded.as_str());
                    let weight = if !in_target {
                        0.0
                    } else if is_generic(word) {
                        0.5
                    } else {
                        1.0
                    };
                    weight / (1.0 + (first - i) as f64 / 6.0)
                });
                score += weights.sum::<f64>();
            }
            // `an increase in mutation … decreased`: a change named as cause stands before another one.
            (score, event)
        })
        .collect();
    let disclaimers: Vec<usize> = ranked.iter().filter(|(_, e)| e.disclaims).map(|(_, e)| e.at).collect();
    for at in disclaimers {
        let taken_back = |e: &Event| e.direction != Direction::NoChange && e.at < at && reading.same_sentence(e.at, at);
        let best = ranked.iter().filter(|(_, e)| taken_back(e)).fold(0.0, |best: f64, (score, _)| best.max(*score));
        for (score, event) in &mut ranked {
            if event.at == at {
                *score = score.max(best);
            } else if taken_back(event) {
                *score *= 0.5;
            }
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.at.cmp(&b.1.at)));
    ranked
}

/// Whether the words hold list marks and neither a verb nor anything else that ends a list.
fn is_object_list(range: std::ops::Range<usize>, reading: &Reading<'_>) -> bool {
    let ends = |i: usize| {
        let word = &reading.words[i];
        AUXILIARIES.contains(&word.folded.as_str())
            || direction_of(word).is_some()
            || NEUTRAL.contains(&word.folded.as_str())
            || word.is_any(&["(", ")", ";", "that", "which", "by", "in", "when", "as", "but", "than", "compared"])
    };
    range.clone().any(|i| reading.words[i].is(",")) && !range.into_iter().any(ends)
}

/// Whether the word of change at `at` is an adjective: a noun follows at once.
fn is_attribute(at: usize, reading: &Reading<'_>) -> bool {
    reading.words.get(at).is_some_and(|w| !w.folded.ends_with('s'))
        && reading.words.get(at + 1).is_some_and(|w| {
            w.is_content() && w.kind == Kind::Word && !w.folded.ends_with("ly") && direction_of(w).is_none()
        })
}

/// The first change of the clause before, when the one at `at` stands in a clause without a subject of its own.
fn shared_subject(at: usize, all: &[Event], reading: &Reading<'_>) -> Option<usize> {
    let clause = *reading.clause.get(at)?;
    let start = reading.clause_words(clause).start;
    let opener = matches!(reading.text(start), "but" | "and" | "yet" | "whereas" | "while");
    let before = reading.clause_words(clause.checked_sub(1)?);
    let adverb = |i: usize| reading.text(i).ends_with("ly") || AUXILIARIES.contains(&reading.text(i));
    (opener && (start + 1..at).all(adverb)).then(|| all.iter().map(|e| e.at).find(|e| before.contains(e))).flatten()
}

/// # Errors
/// The reason when no statement of the quote agrees with the key, or the one about the asked thing disagrees.
pub(crate) fn check(key: Direction, ask: &Ask, reading: &Reading<'_>) -> Result<usize, String> {
    let ranked = ranked(reading, ask);
    let Some((best_score, best)) = ranked.first() else {
        return Err("no_direction_in_quote".to_owned());
    };
    let key = if swaps_reference(ask, reading) { turned(key) } else { key };
    let Some((agreeing, event)) = ranked.iter().filter(|(_, e)| e.direction == key).map(|(s, e)| (*s, e)).next() else {
        return Err(format!("direction_disagrees: the quote says {:?} ({})", best.direction, reading.text(best.at)));
    };
    if *best_score > 0.0 && agreeing < best_score * 0.8 {
        return Err(format!(
            "direction_disagrees: what is asked goes with {:?} ({})",
            best.direction,
            reading.text(best.at)
        ));
    }
    Ok(event.at)
}

pub(super) fn turned(direction: Direction) -> Direction {
    match direction {
        Direction::Increase => Direction::Decrease,
        Direction::Decrease => Direction::Increase,
        Direction::NoChange => Direction::NoChange,
    }
}

/// `A is higher in X than in Y`, asked for Y relative to X.
pub(super) fn swaps_reference(ask: &Ask, reading: &Reading<'_>) -> bool {
    let behind = |words: &[Word], from: usize| -> HashSet<String> {
        words
            .iter()
            .skip(from)
            .take(8)
            .take_while(|w| !w.is_any(&[",", ";", ".", "?"]))
            .filter(|w| w.is_content())
            .map(|w| w.stem.clone())
            .collect()
    };
    let marker = |words: &[Word]| {
        (0..words.len()).find(|i| {
            words[*i].is("than")
                || words[*i].is_any(&["versus", "vs"])
                || words[*i].is_any(&["compared", "relative"])
                    && words.get(i + 1).is_some_and(|w| w.is_any(&["to", "with"]))
        })
    };
    let (Some(in_quote), Some(in_question)) = (marker(&reading.words), marker(&ask.words)) else { return false };
    let quote_reference = behind(&reading.words, in_quote + 1);
    let question_reference = behind(&ask.words, in_question + 1);
    let before_quote: HashSet<&str> = reading.words.iter().take(in_quote).map(|w| w.stem.as_str()).collect();
    let before_question: HashSet<&str> = ask.words.iter().take(in_question).map(|w| w.stem.as_str()).collect();
    // What is the reference in one and the subject in the other, and the other way round.
    let one = quote_reference.iter().any(|w| {
        before_question.contains(w.as_str()) && !question_reference.contains(w) && !before_quote.contains(w.as_str())
    });
    let other = question_reference.iter().any(|w| {
        before_quote.contains(w.as_str()) && !quote_reference.contains(w) && !before_question.contains(w.as_str())
    });
    one && other
}
