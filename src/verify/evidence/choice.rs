//! Whether the quote supports the keyed option and none of the others as much.

use std::collections::HashSet;
use std::ops::Range;

use super::super::ask::Ask;
use super::super::lexicon::{extreme, opposites};
use super::super::prepared::Prepared;
use super::super::words::{Word, words};
use super::reading::Reading;

/// Options that speak about the others; the quote need not name them.
fn is_summary(option: &[Word]) -> bool {
    option.iter().any(|w| {
        w.is_any(&[
            "none",
            "neither",
            "all",
            "both",
            "equally",
            "equal",
            "same",
            "no",
            "not",
            "differ",
            "nothing",
            "never",
            "any",
            "unchanged",
            "unaffected",
            "either",
            "only",
            "cannot",
            "different",
        ])
    })
}

/// # Errors
/// The reason when the keyed option is not supported, another fits as well, or the options are no fair choice.
pub(crate) fn check(
    options: &[String],
    correct: usize,
    ask: &Ask,
    reading: &Reading<'_>,
    prepared: &Prepared<'_>,
) -> Result<Range<usize>, String> {
    let split: Vec<Vec<Word>> = options.iter().map(|o| words(o)).collect();
    let Some(key) = split.get(correct) else { return Err("bad_choice: no such option".to_owned()) };
    let n_words = |o: &[Word]| o.iter().filter(|w| w.kind != super::super::words::Kind::Sign).count();
    // One option that is far longer than each of the others gives itself away, or is no alternative of their kind.
    let lengths: Vec<usize> = split.iter().map(|o| n_words(o)).collect();
    for (i, length) in lengths.iter().enumerate() {
        let longest_other = lengths.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, l)| *l).max().unwrap_or(0);
        if *length >= 6 && *length as f64 >= 2.3 * longest_other as f64 && !is_summary(&split[i]) {
            return Err(format!("odd_option: option {} is far longer than the others", letter(i)));
        }
    }
    let distinguishing = |i: usize| -> Vec<&Word> {
        split[i]
            .iter()
            .filter(|w| {
                w.is_content()
                    || w.is_any(&[
                        "with", "without", "more", "most", "before", "after", "under", "over", "above", "below",
                    ])
            })
            .filter(|w| !split.iter().all(|o| o.iter().any(|v| v.stem == w.stem)))
            .collect()
    };
    let support = |i: usize, range: Range<usize>| -> f64 {
        let words = distinguishing(i);
        if words.is_empty() {
            return 0.0;
        }
        let found = words.iter().filter(|w| holds(w, range.clone(), reading, prepared)).count();
        found as f64 / words.len() as f64
    };
    let whole = 0..reading.words.len();
    let own = support(correct, whole.clone());
    if is_summary(key) {
        return Ok(whole.start..whole.start + 1);
    }
    if own < 0.4 {
        return Err(format!("option_not_in_quote: nothing in the quote supports {:?}", options[correct]));
    }
    let rivals: Vec<usize> = (0..options.len()).filter(|i| *i != correct && !is_summary(&split[*i])).collect();
    let best_rival = rivals
        .iter()
        .copied()
        .map(|i| (support(i, whole.clone()), i))
        .fold((0.0, correct), |a, b| if b.0 > a.0 { b } else { a });
    // `A had higher X than B`, asked which had the lower: B.
    if let Some(yardstick) = reversed(ask, reading) {
        let (before, behind) = (0..yardstick, yardstick..reading.words.len());
        let rival = rivals.iter().any(|i| support(*i, behind.clone()) > support(correct, behind.clone()));
        if support(correct, behind.clone()) > support(correct, before.clone()) && !rival {
            return Ok(behind.start..behind.start + 1);
        }
        if rival && support(correct, before.clone()) > support(correct, behind) {
            return Err("yardstick_of_comparison: the question turns the comparison round".to_owned());
        }
    }
    if own < 0.6 && best_rival.0 >= own + 0.4 {
        return Err(format!("other_option_in_quote: the quote supports {:?}", options[best_rival.1]));
    }
    // Both stand in the quote: the clause that holds what is asked decides.
    let extremes: Vec<&str> = ask.words.iter().map(|w| w.folded.as_str()).filter(|w| extreme(w).is_some()).collect();
    let clause_of = |i: usize| -> Option<usize> {
        let parts = fine_clauses(reading);
        parts
            .iter()
            .enumerate()
            .map(|(n, r)| (support(i, r.clone()), n))
            .fold(
                None,
                |best: Option<(f64, usize)>, own| if own.0 > best.map_or(0.0, |b| b.0) { Some(own) } else { best },
            )
            .map(|(_, n)| n)
    };
    let parts = fine_clauses(reading);
    if let Some(own_clause) = clause_of(correct) {
        let own_range = parts.get(own_clause).cloned().unwrap_or(0..0);
        for word in &extremes {
            let in_range = |range: &Range<usize>, text: &str| range.clone().any(|i| reading.text(i) == text);
            let asked_elsewhere = parts.iter().position(|r| in_range(r, word));
            let opposite_here = opposites(word).any(|o| in_range(&own_range, o)) && !in_range(&own_range, word);
            if let Some(elsewhere) = asked_elsewhere
                && (opposite_here || elsewhere != own_clause)
            {
                let there = parts[elsewhere].clone();
                let rival = rivals.iter().any(|i| support(*i, there.clone()) > support(correct, there.clone()) + 0.2);
                if opposite_here || rival {
                    return Err(format!("other_option_in_quote: {word} is said of another option"));
                }
            }
        }
        // `more A than B`, asked which is more: B is the yardstick.
        let compares = ask.words.iter().any(|w| {
            w.is_any(&["more", "less", "higher", "lower", "greater", "fewer", "larger", "smaller", "longer", "shorter"])
        }) && !ask.words.iter().any(|w| w.is("than"));
        let behind_than = |i: usize| {
            let places: Vec<usize> = (0..reading.words.len())
                .filter(|k| distinguishing(i).iter().any(|w| w.stem == reading.words[*k].stem))
                .collect();
            !places.is_empty() && places.iter().all(|k| (k.saturating_sub(4)..*k).any(|b| reading.text(b) == "than"))
        };
        if compares
            && behind_than(correct)
            && rivals.iter().any(|i| support(*i, whole.clone()) >= own && !behind_than(*i))
        {
            return Err("yardstick_of_comparison: the keyed option is what is compared against".to_owned());
        }
        // A denied option: `X, but not Y`.
        let first = distinguishing(correct)
            .into_iter()
            .find_map(|w| (0..reading.words.len()).find(|i| reading.words[*i].stem == w.stem));
        if let Some(at) = first
            && (at.saturating_sub(2)..at).any(|i| reading.words[i].is_any(&["not", "nor", "neither"]))
            && !ask.words.iter().any(|w| w.is_any(&["not", "no", "fail", "failed", "unaffected"]))
            && rivals.iter().any(|i| support(*i, whole.clone()) >= own)
        {
            return Err("denied_in_quote: the quote excludes the keyed option".to_owned());
        }
        // The question's words stand with another option: `A did X, while B did Y`, asked for the one that did Y.
        let options_words: HashSet<&str> =
            (0..options.len()).flat_map(distinguishing).map(|w| w.stem.as_str()).collect();
        // Words that stand in both parts tell nothing.
        let asked_in = |range: &Range<usize>, other: &Range<usize>| -> f64 {
            let elsewhere = |i: usize| other.clone().any(|k| reading.words[k].stem == reading.words[i].stem);
            let tells = |i: usize| !options_words.contains(reading.words[i].stem.as_str()) && !elsewhere(i);
            range.clone().filter(|i| tells(*i)).map(|i| reading.shared[i]).sum()
        };
        let set_against = |part: &Range<usize>| {
            let opener = |r: &Range<usize>| reading.text(r.start);
            let contrast = |r: &Range<usize>| {
                matches!(opener(r), "while" | "whereas" | "whilst" | "although" | "though" | ";")
                    || opener(r) == "but" && !reading.words.get(r.start + 1).is_some_and(|w| w.is("not"))
            };
            let (first, second) = if part.start < own_range.start { (part, &own_range) } else { (&own_range, part) };
            first.end == second.start && (contrast(second) || contrast(first))
        };
        for part in parts.iter().filter(|p| **p != own_range && set_against(p)) {
            let rival = rivals.iter().any(|i| support(*i, part.clone()) >= support(correct, part.clone()) + 0.4);
            let rival_at_home =
                rivals.iter().any(|i| support(*i, own_range.clone()) >= support(correct, own_range.clone()));
            if rival && !rival_at_home && asked_in(part, &own_range) >= asked_in(&own_range, part) + 0.6 {
                return Err("other_option_in_quote: what is asked is said of another option".to_owned());
            }
        }
        return Ok(own_range);
    }
    Ok(whole.start..whole.start + 1)
}

/// The word behind which the other side of a comparison stands, when the question asks for the opposite of what is said.
pub(super) fn reversed(ask: &Ask, reading: &Reading<'_>) -> Option<usize> {
    const SIDES: &[&str] = &[
        "higher", "lower", "more", "less", "fewer", "greater", "smaller", "larger", "longer", "shorter", "stronger",
        "weaker",
    ];
    if ask.words.iter().any(|w| w.is("than")) {
        return None;
    }
    let asked = ask.words.iter().find(|w| w.is_any(SIDES))?;
    let said = |text: &str| reading.words.iter().position(|w| w.is(text));
    let opposite = opposites(&asked.folded).find_map(said)?;
    if said(&asked.folded).is_some() {
        return None;
    }
    let marks = |i: usize| {
        matches!(reading.text(i), "than" | "versus" | "vs")
            || reading.text(i) == "compared" && matches!(reading.text(i + 1), "to" | "with")
    };
    (opposite + 1..reading.words.len()).find(|i| marks(*i))
}

fn letter(index: usize) -> char {
    u8::try_from(index).ok().and_then(|i| b'A'.checked_add(i)).map_or('?', char::from)
}

/// Clauses cut at `and` too: `highest with A and lowest for B`.
fn fine_clauses(reading: &Reading<'_>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for i in 1..reading.words.len() {
        let new = reading.clause[i] != reading.clause[i - 1]
            || reading.text(i) == "and"
                && (i + 1..reading.words.len().min(i + 4))
                    .any(|k| extreme(reading.text(k)).is_some() || matches!(reading.text(k), "higher" | "lower"));
        if new {
            parts.push(start..i);
            start = i;
        }
    }
    parts.push(start..reading.words.len());
    parts
}

fn holds(word: &Word, range: Range<usize>, reading: &Reading<'_>, prepared: &Prepared<'_>) -> bool {
    let is = |stem: &str| {
        range
            .clone()
            .any(|i| reading.words[i].stem == stem || stem.len() >= 5 && shares_root(&reading.words[i].stem, stem))
    };
    if is(&word.stem) || range.clone().any(|i| reading.words[i].folded == word.folded) {
        return true;
    }
    // A word of a long form whose abbreviation the quote has.
    prepared.abbreviations().iter().any(|a| {
        a.long_stems.contains(&word.stem)
            && a.short_words.len() == 1
            && range.clone().any(|i| a.short_words.iter().all(|s| reading.words[i].folded == *s))
    }) || initials(word, range, reading)
}

fn shares_root(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    common >= 5 && common + 3 >= a.chars().count().max(b.chars().count())
}

/// `medial` for the m of an abbreviation is too little to go by; only numbers in words are read here.
fn initials(word: &Word, range: Range<usize>, reading: &Reading<'_>) -> bool {
    let numbers: HashSet<&str> =
        HashSet::from(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]);
    numbers.contains(word.folded.as_str())
        && super::super::ask::small_number(&word.folded)
            .is_some_and(|n| range.into_iter().any(|i| reading.text(i) == n.to_string()))
}
