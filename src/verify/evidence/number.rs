//! Whether a number key is the quantity of the quote that the question asks for.

use std::collections::HashSet;
use std::ops::Range;

use crate::grade::unit::{Unit, convert};
use crate::model::answer::{Comparator, Tolerance};
use crate::text::quantity::{self, Bound, Quantity, Role};

use super::super::ask::Ask;
use super::reading::Reading;

/// A number key.
pub(crate) struct Key<'a> {
    pub value: f64,
    pub unit: Option<&'a str>,
    pub tolerance: Tolerance,
    pub comparator: Comparator,
}

/// A number of the quote as a value in the key's unit.
struct Candidate {
    value: f64,
    words: Range<usize>,
    span: Range<usize>,
    role: Role,
    is_key: bool,
}

/// How sure the words must be that another number is meant.
const MARGIN: f64 = 0.6;

/// # Errors
/// The reason when the key's number is not in the quote, has another unit there, or belongs to something else.
pub(crate) fn check(key: &Key<'_>, ask: &Ask, question: &str, reading: &Reading<'_>) -> Result<Range<usize>, String> {
    let unit = key.unit.map(str::trim).filter(|u| !u.is_empty());
    let parsed = unit.and_then(Unit::parse);
    let mut same_number = false;
    let mut candidates = Vec::new();
    for quantity in quantity::scan(reading.quote) {
        let written = quantity.unit_in(reading.quote);
        let equal = near(key, quantity.value) || near(key, -quantity.value);
        same_number |= equal;
        let Some(value) = in_unit(&quantity, written, parsed.as_ref(), unit, reading, question) else { continue };
        let is_key = (near(key, value) || near(key, -value) && !is_temperature(parsed.as_ref())) && comparator_fits(key.comparator, quantity.bound);
        candidates.push(Candidate { value, words: reading.words_in(&quantity.span), span: quantity.span.clone(), role: quantity.role, is_key });
    }
    if key.value == 0.0 && unit.is_none_or(|_| true) {
        for (i, word) in reading.words.iter().enumerate() {
            if word.is_any(&["none", "no", "zero", "nobody"]) {
                candidates.push(Candidate { value: 0.0, words: i..i + 1, span: word.span.clone(), role: Role::Value, is_key: true });
            }
        }
    }
    if parsed.as_ref().is_some_and(Unit::is_fold) {
        for (i, word) in reading.words.iter().enumerate() {
            let value = match word.folded.as_str() {
                "twice" | "double" | "doubled" | "doubles" | "doubling" => 2.0,
                "thrice" | "triple" | "tripled" | "triples" => 3.0,
                "quadrupled" => 4.0,
                "half" | "halved" => 0.5,
                _ => continue,
            };
            candidates.push(Candidate { value, words: i..i + 1, span: word.span.clone(), role: Role::Value, is_key: near(key, value) });
        }
    }
    let keys: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].is_key).collect();
    if keys.is_empty() {
        return Err(if same_number {
            format!("unit_not_in_quote: {} stands in the quote, but not as {}", key.value, unit.unwrap_or("a bare number"))
        } else {
            format!("number_not_in_quote: {}", key.value)
        });
    }
    let named = named_in_question(question);
    let first_key = candidates[keys[0]].span.clone();
    candidates.retain(|c| {
        c.is_key
            || matches!(c.role, Role::Value | Role::Labelled | Role::From | Role::To)
                && !named.iter().any(|n| (n - c.value).abs() <= 1e-9 * n.abs().max(1.0))
    });
    if candidates.iter().all(|c| c.is_key) {
        return Ok(first_key);
    }
    candidates.sort_by_key(|c| c.span.start);
    let scores = align(&candidates, ask, reading);
    let best_key = (0..candidates.len()).filter(|i| candidates[*i].is_key).fold(f64::MIN, |best, i| best.max(scores[i]));
    let best_other = (0..candidates.len()).filter(|i| !candidates[*i].is_key).fold(f64::MIN, |best, i| best.max(scores[i]));
    if best_other - best_key >= MARGIN {
        let other = (0..candidates.len()).find(|i| !candidates[*i].is_key && scores[*i] == best_other).map_or(f64::NAN, |i| candidates[i].value);
        return Err(format!("number_of_another_thing: the question's words stand with {other}, not with {}", key.value));
    }
    Ok(first_key)
}

fn near(key: &Key<'_>, value: f64) -> bool {
    let allowed = match key.tolerance {
        Tolerance::Relative(share) => share.abs().min(0.2) * key.value.abs(),
        Tolerance::Absolute(amount) => amount.abs(),
    };
    (value - key.value).abs() <= allowed + 1e-9 * key.value.abs().max(1e-12)
}

fn is_temperature(unit: Option<&Unit>) -> bool {
    unit.is_some_and(Unit::is_temperature)
}

fn comparator_fits(comparator: Comparator, bound: Bound) -> bool {
    match comparator {
        Comparator::Equal => true,
        Comparator::Less => matches!(bound, Bound::Below | Bound::AtMost),
        Comparator::Greater => matches!(bound, Bound::Above | Bound::AtLeast),
    }
}

/// The quantity's value in the key's unit, when the units agree.
fn in_unit(quantity: &Quantity, written: Option<&str>, key: Option<&Unit>, key_text: Option<&str>, reading: &Reading<'_>, question: &str) -> Option<f64> {
    let value = quantity.value;
    let Some(key_text) = key_text else {
        // A bare number: a percentage or a measured unit is something else; a counted thing is not.
        return match written {
            None => Some(value),
            Some(unit) => Unit::parse(unit).is_none_or(|u| u.is_count() || u.is_fold()).then_some(value),
        };
    };
    if let (Some(written), Some(key)) = (written, key)
        && let Some(unit) = Unit::parse(written)
    {
        if let Some(converted) = convert(value, &unit, key) {
            return Some(converted);
        }
        if unit.is_known() && key.is_known() && !(unit.is_count() && key.is_count()) {
            return None;
        }
    }
    let behind = reading.quote.get(quantity.number.end..).unwrap_or_default();
    if let Some(key) = key
        && key.is_known()
        && !key.is_count()
    {
        // The unit may stand behind a later member of the list: `77 and 71 km/hr`, `20.1 (±4.0) to 19.7 μg/L`.
        if written.is_some() {
            return None;
        }
        return later_unit(behind, key).map(|factor_unit| convert(value, &factor_unit, key)).unwrap_or(None);
    }
    // Counted things and nouns per volume.
    let (noun, per) = match key_text.split_once('/') {
        Some((noun, per)) => (noun.trim(), Some(per.trim())),
        None => (key_text, None),
    };
    if let Some(per) = per {
        let written_per = behind.split_once('/').filter(|(gap, _)| gap.trim().len() <= 24).map(|(_, rest)| rest.trim_start());
        let same = written_per.is_some_and(|rest| {
            let token: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == 'µ' || *c == 'μ').collect();
            match (Unit::parse(&token), Unit::parse(per)) {
                (Some(a), Some(b)) => a == b,
                _ => token.eq_ignore_ascii_case(per),
            }
        });
        return same.then_some(value);
    }
    if written.is_some_and(|w| Unit::parse(w).is_some_and(|u| u.is_known() && !u.is_count() && !u.is_fold())) {
        return None;
    }
    let stem = super::super::words::words(noun).last().map(|w| w.stem.clone()).unwrap_or_default();
    let in_text = |text: &str| super::super::words::words(text).iter().any(|w| w.stem == stem);
    (reading.words.iter().any(|w| w.stem == stem) || in_text(question) || matches!(stem.as_str(), "nt" | "bp")).then_some(value)
}

/// A unit of the key's dimension that closes the list `quantity, number and number unit` starting behind the quantity.
fn later_unit(behind: &str, key: &Unit) -> Option<Unit> {
    let window: String = behind.chars().take(80).collect();
    for quantity in quantity::scan(&window) {
        let between = window.get(..quantity.span.start)?;
        if between.chars().any(|c| c == ';') || between.split_whitespace().filter(|w| w.chars().all(char::is_alphabetic)).any(|w| !matches!(w, "and" | "to" | "or" | "SD" | "SEM" | "SE" | "CI" | "vs" | "versus" | "from")) {
            return None;
        }
        if let Some(unit) = quantity.unit_in(&window).and_then(Unit::parse) {
            return crate::grade::unit::same_dimension(&unit, key).then_some(unit);
        }
    }
    None
}

/// The numbers that the question itself names: conditions, never the answer.
fn named_in_question(question: &str) -> Vec<f64> {
    quantity::scan(question).into_iter().map(|q| q.value).collect()
}

const CUTS: &[&str] = &["whereas", "while", "versus", "vs", "than", "but", "compared", "contrast", ";"];

/// How well the question's words stand with each candidate.
fn align(candidates: &[Candidate], ask: &Ask, reading: &Reading<'_>) -> Vec<f64> {
    let segments = segments(candidates, reading);
    let contexts: Vec<Vec<(String, f64)>> = match respective(candidates, reading) {
        Some(contexts) => contexts,
        None => candidates.iter().zip(&segments).enumerate().map(|(i, (c, s))| context(c, s, i == 0, reading)).collect(),
    };
    // A word that every candidate's words hold says nothing.
    let mut scores: Vec<f64> = contexts
        .iter()
        .map(|own| {
            let mut seen = HashSet::new();
            own.iter()
                .filter(|(word, _)| seen.insert(word.clone()))
                .map(|(word, weight)| {
                    let most = contexts.iter().filter_map(|c| c.iter().find(|(w, _)| w == word)).map(|(_, w)| *w).fold(f64::MAX, f64::min);
                    let everywhere = contexts.iter().all(|c| c.iter().any(|(w, _)| w == word));
                    if everywhere { weight - most } else { *weight }
                })
                .sum()
        })
        .collect();
    for (i, candidate) in candidates.iter().enumerate() {
        scores[i] += form(candidate, ask, reading);
    }
    scores
}

/// `by how much` likes `by 5`, `to what level` likes `to 5`.
fn form(candidate: &Candidate, ask: &Ask, reading: &Reading<'_>) -> f64 {
    let before = candidate.words.start.checked_sub(1).map_or("", |i| reading.text(i));
    let asked = ask.at.checked_sub(1).and_then(|i| ask.words.get(i)).map_or("", |w| w.folded.as_str());
    match (asked, before) {
        ("by", "by") => 0.5,
        ("to", "to") => 0.5,
        _ => 0.0,
    }
}

/// For every candidate the words of the quote that go with it: the text is cut once between each two neighbours.
fn segments(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Range<usize>> {
    let n = reading.words.len();
    let mut cuts = vec![0];
    for pair in candidates.windows(2) {
        let (from, to) = (pair[0].words.end, pair[1].words.start.max(pair[0].words.end));
        let mut best = (0, from);
        let mut depth = 0_i32;
        for i in from..to {
            let text = reading.text(i);
            match text {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            let sentence = reading.clause.get(i) != i.checked_sub(1).and_then(|b| reading.clause.get(b)) && i > from;
            let rank = if CUTS.contains(&text) || sentence {
                4
            } else if text == "and" && depth <= 0 {
                3
            } else if matches!(text, "," | "to" | "or" | "with") && depth <= 0 {
                2
            } else if text == ")" || depth > 0 && matches!(text, "," | "to") {
                1
            } else {
                0
            };
            if rank > 0 && rank >= best.0 {
                best = (rank, if text == ")" { i + 1 } else { i });
            }
        }
        cuts.push(best.1.clamp(from, to));
    }
    cuts.push(n);
    cuts.windows(2).map(|w| w[0]..w[1].max(w[0])).collect()
}

/// The shared words of a candidate's segment with their weights: near ones count whole, words before the first candidate
/// that are not in its own phrase are the sentence's subject and count little.
fn context(candidate: &Candidate, segment: &Range<usize>, first: bool, reading: &Reading<'_>) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let behind_bracket = candidate.words.start.checked_sub(1).is_some_and(|i| matches!(reading.text(i), "(" | "[" | "=" | "of" | "~" | "≈"));
    for i in segment.clone() {
        let shared = reading.shared.get(i).copied().unwrap_or(0.0);
        if shared == 0.0 || candidate.words.contains(&i) {
            continue;
        }
        let (distance, between) = if i < candidate.words.start {
            (candidate.words.start - i, i + 1..candidate.words.start)
        } else {
            (i + 1 - candidate.words.end, candidate.words.end..i)
        };
        let commas = between.clone().filter(|k| matches!(reading.text(*k), "," | "as" | "that" | "which" | ":")).count();
        let before = i < candidate.words.start;
        let mut weight = 1.0 / (1.0 + distance as f64 / 12.0);
        if commas > 0 {
            weight *= 0.6;
        }
        if first && before && (distance > 6 || commas > 0) {
            weight *= 0.35;
        }
        if behind_bracket && before && distance <= 4 {
            weight = 1.0;
        }
        found.push((reading.words[i].stem.clone(), shared * weight));
    }
    found
}

/// `A and B were x and y, respectively`: the words of each item, for the candidates in order.
fn respective(candidates: &[Candidate], reading: &Reading<'_>) -> Option<Vec<Vec<(String, f64)>>> {
    if !reading.words.iter().any(|w| w.is_any(&["respectively", "respective"])) || candidates.len() < 2 {
        return None;
    }
    let n = candidates.len();
    let (first, last) = (candidates[0].words.start, candidates[n - 1].words.end);
    // Items joined by `and` on either side of the numbers.
    let mut best: Option<(f64, Vec<Vec<(String, f64)>>)> = None;
    for at in (0..reading.words.len()).filter(|i| reading.text(*i) == "and" && !(first..last).contains(i)) {
        let mut items: Vec<Range<usize>> = Vec::new();
        // Leftwards from `and`: one item, then those behind commas.
        let mut end = at;
        while items.len() + 1 < n {
            let mut start = end;
            while start > 0 && end - start < 5 && !matches!(reading.text(start - 1), "," | "(" | ")" | "of" | "in" | "for" | "the" | "with" | "and" | "between" | "to") {
                start -= 1;
            }
            items.insert(0, start..end);
            if start > 0 && reading.text(start - 1) == "," {
                end = start - 1;
            } else {
                break;
            }
        }
        let mut stop = at + 1;
        while stop < reading.words.len() && stop - at <= 5 && !matches!(reading.text(stop), "," | "(" | ")" | "of" | "in" | "for" | "was" | "were" | "are" | "is" | "with" | "had" | "." | ";" | "showed" | "and" | "respectively") {
            stop += 1;
        }
        items.push(at + 1..stop);
        if items.len() != n {
            continue;
        }
        let contexts: Vec<Vec<(String, f64)>> = items
            .iter()
            .map(|item| item.clone().filter(|i| reading.shared[*i] > 0.0).map(|i| (reading.words[i].stem.clone(), reading.shared[i])).collect())
            .collect();
        // The list whose items the question tells apart is the one that matters.
        let totals: Vec<f64> = contexts.iter().map(|c| c.iter().map(|(_, w)| w).sum()).collect();
        let spread = totals.iter().fold(0.0_f64, |a, b| a.max(*b)) - totals.iter().fold(f64::MAX, |a, b| a.min(*b));
        if best.as_ref().is_none_or(|(s, _)| spread > *s) {
            best = Some((spread, contexts));
        }
    }
    best.map(|(_, contexts)| contexts)
}
