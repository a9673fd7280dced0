//! Whether a number key is the quantity of the quote that the question asks for.

use std::collections::HashSet;
use std::ops::Range;

use crate::grade::unit::{Unit, convert};
use crate::model::answer::{Comparator, Tolerance};
use crate::text::quantity::{self, Bound, Quantity, Role};

use super::super::ask::Ask;
use super::super::words::{Kind, is_generic};
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
        let is_key = (near(key, value) || near(key, -value) && !is_temperature(parsed.as_ref()))
            && comparator_fits(key.comparator, quantity.bound);
        candidates.push(Candidate {
            value,
            words: reading.words_in(&quantity.span),
            span: quantity.span.clone(),
            role: quantity.role,
            is_key,
        });
    }
    if key.value == 0.0 && unit.is_none_or(|_| true) {
        for (i, word) in reading.words.iter().enumerate() {
            if word.is_any(&["none", "no", "zero", "nobody"]) {
                candidates.push(Candidate {
                    value: 0.0,
                    words: i..i + 1,
                    span: word.span.clone(),
                    role: Role::Value,
                    is_key: true,
                });
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
            candidates.push(Candidate {
                value,
                words: i..i + 1,
                span: word.span.clone(),
                role: Role::Value,
                is_key: near(key, value),
            });
        }
    }
    let keys: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].is_key).collect();
    if keys.is_empty() {
        return Err(if same_number {
            format!(
                "unit_not_in_quote: {} stands in the quote, but not as {}",
                key.value,
                unit.unwrap_or("a bare number")
            )
        } else {
            format!("number_not_in_quote: {}", key.value)
        });
    }
    let named = named_in_question(question);
    let text = |i: usize| reading.text(i);
    let is_total = |c: &Candidate| {
        // `13 of 29`, `two out of 15`: the 29 and the 15 are totals; `1 in 12,500`: the 1 is none of the answer.
        let before = c.words.start;
        let of = before >= 2
            && text(before - 1) == "of"
            && (is_numeral(reading, before - 2)
                || before >= 3 && text(before - 2) == "out" && is_numeral(reading, before - 3));
        of || c.value == 1.0 && text(c.words.end) == "in" && is_numeral(reading, c.words.end + 1)
    };
    let first_key = candidates[keys[0]].span.clone();
    candidates.retain(|c| {
        c.is_key
            || matches!(c.role, Role::Value | Role::Labelled | Role::From | Role::To)
                && !is_total(c)
                && !named.iter().any(|n| (n - c.value).abs() <= 1e-9 * n.abs().max(1.0))
    });
    if candidates.iter().all(|c| c.is_key) {
        return Ok(first_key);
    }
    candidates.sort_by_key(|c| c.span.start);
    let scores = align(&candidates, ask, question, reading);
    let best_key =
        (0..candidates.len()).filter(|i| candidates[*i].is_key).fold(f64::MIN, |best, i| best.max(scores[i]));
    let best_other =
        (0..candidates.len()).filter(|i| !candidates[*i].is_key).fold(f64::MIN, |best, i| best.max(scores[i]));
    if best_other - best_key >= MARGIN {
        let other = (0..candidates.len())
            .find(|i| !candidates[*i].is_key && scores[*i] == best_other)
            .map_or(f64::NAN, |i| candidates[i].value);
        return Err(format!(
            "number_of_another_thing: the question's words stand with {other}, not with {}",
            key.value
        ));
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
fn in_unit(
    quantity: &Quantity,
    written: Option<&str>,
    key: Option<&Unit>,
    key_text: Option<&str>,
    reading: &Reading<'_>,
    question: &str,
) -> Option<f64> {
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
        let written_per =
            behind.split_once('/').filter(|(gap, _)| gap.trim().len() <= 24).map(|(_, rest)| rest.trim_start());
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
    (reading.words.iter().any(|w| w.stem == stem) || in_text(question) || matches!(stem.as_str(), "nt" | "bp"))
        .then_some(value)
}

/// A unit of the key's dimension that closes the list `quantity, number and number unit` starting behind the quantity.
fn later_unit(behind: &str, key: &Unit) -> Option<Unit> {
    let window: String = behind.chars().take(80).collect();
    for quantity in quantity::scan(&window) {
        let between = window.get(..quantity.span.start)?;
        if between.chars().any(|c| c == ';')
            || between
                .split_whitespace()
                .filter(|w| w.chars().all(char::is_alphabetic))
                .any(|w| !matches!(w, "and" | "to" | "or" | "SD" | "SEM" | "SE" | "CI" | "vs" | "versus" | "from"))
        {
            return None;
        }
        if let Some(unit) = quantity.unit_in(&window).and_then(Unit::parse) {
            // `26.912 (34%)`: a unit inside a bracket is the bracket's own.
            if between.matches('(').count() > between.matches(')').count() {
                return None;
            }
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

/// Words behind which the question names what it does not mean.
const EXCLUDING: &[&str] =
    &["outside", "except", "excluding", "besides", "not", "without", "no", "unlike", "than", "versus", "lacking"];

fn is_numeral(reading: &Reading<'_>, i: usize) -> bool {
    reading.words.get(i).is_some_and(|w| {
        w.kind == Kind::Number
            || super::super::ask::small_number(&w.folded).is_some()
            || !quantity::scan(&w.folded).is_empty()
    })
}

/// Words that go with a candidate, each with its weight.
type Context = Vec<(String, f64)>;

/// How well the question's words stand with each candidate.
fn align(candidates: &[Candidate], ask: &Ask, question: &str, reading: &Reading<'_>) -> Vec<f64> {
    let pairs: HashSet<(&str, &str)> = ask
        .words
        .windows(2)
        .filter(|p| p[0].is_content() && p[1].is_content())
        .map(|p| (p[0].stem.as_str(), p[1].stem.as_str()))
        .collect();
    let mut excluded: HashSet<&str> = HashSet::new();
    for (i, word) in ask.words.iter().enumerate() {
        if word.is_any(EXCLUDING) {
            excluded.extend(
                ask.words
                    .iter()
                    .skip(i + 1)
                    .take(5)
                    .take_while(|w| !w.is_any(&[",", "that", "and", "?"]))
                    .filter(|w| w.is_content() && w.kind == Kind::Word && !is_generic(w))
                    .map(|w| w.stem.as_str()),
            );
        }
    }
    let mut contexts = respective(candidates, reading).unwrap_or_else(|| contexts(candidates, reading));
    for context in &mut contexts {
        let adjacent: Context = context
            .iter()
            .zip(context.iter().skip(1))
            .filter(|((a, _), (b, _))| pairs.contains(&(a.as_str(), b.as_str())))
            .map(|((a, x), (b, y))| (format!("{a} {b}"), 0.5 * x.min(*y)))
            .collect();
        context.extend(adjacent);
        for (word, weight) in context.iter_mut() {
            if excluded.contains(word.as_str()) {
                *weight = -*weight;
            }
        }
    }
    let mut scores: Vec<f64> = contexts
        .iter()
        .map(|own| {
            let mut seen = HashSet::new();
            own.iter()
                .filter(|(word, _)| seen.insert(word.as_str()))
                // A word that goes with every candidate says nothing.
                .filter(|(word, _)| !contexts.iter().all(|c| c.iter().any(|(w, _)| w == word)))
                .map(|(_, weight)| *weight)
                .sum()
        })
        .collect();
    for (score, candidate) in scores.iter_mut().zip(candidates) {
        *score += form(candidate, ask, reading);
    }
    conditions(candidates, question, reading, &mut scores);
    scores
}

/// `by how much` likes `by 5`, `to what level` likes `to 5`; `how many of the 29` likes `13 of 29`.
fn form(candidate: &Candidate, ask: &Ask, reading: &Reading<'_>) -> f64 {
    let before = candidate.words.start.checked_sub(1).map_or("", |i| reading.text(i));
    let asked = ask.at.checked_sub(1).and_then(|i| ask.words.get(i)).map_or("", |w| w.folded.as_str());
    let mut score = match (asked, before) {
        ("by", "by") | ("to", "to") => 0.5,
        _ => 0.0,
    };
    let end = candidate.words.end;
    let total = if reading.text(end) == "of" {
        end + 1
    } else if reading.text(end) == "out" {
        end + 2
    } else {
        usize::MAX
    };
    if reading
        .words
        .get(total)
        .is_some_and(|w| w.kind == Kind::Number && ask.words.iter().any(|q| q.folded == w.folded))
    {
        score += 2.0;
    }
    score
}

/// Bounds that the question names (`below 50 cells/µl`): the candidate beside the same bound is meant, the one beside the
/// opposite bound is not.
fn conditions(candidates: &[Candidate], question: &str, reading: &Reading<'_>, scores: &mut [f64]) {
    let side = |bound: Bound| match bound {
        Bound::None => 0,
        Bound::Below | Bound::AtMost => -1,
        Bound::Above | Bound::AtLeast => 1,
    };
    let asked: Vec<(f64, i32)> =
        quantity::scan(question).into_iter().map(|q| (q.value, side(q.bound))).filter(|(_, side)| *side != 0).collect();
    if asked.is_empty() {
        return;
    }
    let cuts = cuts(candidates, reading);
    for condition in quantity::scan(reading.quote) {
        let own = side(condition.bound);
        let Some((_, wanted)) =
            asked.iter().find(|(value, _)| (value - condition.value).abs() <= 1e-9 * value.abs().max(1.0))
        else {
            continue;
        };
        if own == 0 {
            continue;
        }
        let at = reading.words_in(&condition.span).start;
        let segment = cuts.iter().take_while(|c| c.at <= at).count();
        if let Some(score) = scores.get_mut(segment) {
            *score += if own == *wanted { 1.5 } else { -1.5 };
        }
    }
}

/// Where the text is cut between two neighbouring candidates, and how clearly.
struct Cut {
    at: usize,
    rank: u8,
}

fn cuts(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Cut> {
    candidates
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0].words.end, pair[1].words.start.max(pair[0].words.end));
            let mut best = Cut { at: from, rank: 0 };
            let mut depth = 0_i32;
            for i in from..to {
                let text = reading.text(i);
                match text {
                    "(" | "[" => depth += 1,
                    ")" | "]" => depth -= 1,
                    _ => {}
                }
                let sentence = i > from && reading.clause.get(i) != reading.clause.get(i - 1);
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
                if rank > 0 && rank >= best.rank {
                    best = Cut { at: if text == ")" { i + 1 } else { i }, rank };
                }
            }
            best.at = best.at.clamp(from, to);
            best
        })
        .collect()
}

/// The shared words around each candidate, up to the cuts. Near words count whole. Where all labels stand before their
/// numbers (`A was 5 and B was 6`) what follows the last number is about all of them, and the other way round.
fn contexts(candidates: &[Candidate], reading: &Reading<'_>) -> Vec<Context> {
    let cuts = cuts(candidates, reading);
    let content = |range: Range<usize>| {
        range
            .filter(|i| {
                reading.words[*i].is_content()
                    && reading.words[*i].kind == Kind::Word
                    && !reading.words[*i].is_any(&["compared", "versus", "vs", "contrast", "respectively"])
            })
            .count()
    };
    let (mut labels_before, mut labels_after, mut longest) = (true, true, 0);
    for (cut, pair) in cuts.iter().zip(candidates.windows(2)) {
        let after = content(pair[0].words.end.min(cut.at)..cut.at);
        let before = content(cut.at..pair[1].words.start.max(cut.at));
        labels_before &= after == 0 && before > 0 && cut.rank <= 3;
        labels_after &= before == 0 && after > 0 && cut.rank <= 3;
        longest = longest.max(after.max(before));
    }
    let n = candidates.len();
    candidates
        .iter()
        .enumerate()
        .map(|(k, candidate)| {
            let start = k.checked_sub(1).and_then(|c| cuts.get(c)).map_or(0, |c| c.at);
            let end = cuts.get(k).map_or(reading.words.len(), |c| c.at);
            let in_bracket =
                candidate.words.start.checked_sub(1).is_some_and(|i| matches!(reading.text(i), "(" | "[" | "="));
            let mut found = Vec::new();
            for i in (start..end).filter(|i| !candidate.words.contains(i)) {
                let shared = reading.shared[i];
                if shared == 0.0 {
                    continue;
                }
                let before = i < candidate.words.start;
                let (distance, between) = if before {
                    (candidate.words.start - i, i + 1..candidate.words.start)
                } else {
                    (i + 1 - candidate.words.end, candidate.words.end..i)
                };
                let breaks =
                    between.filter(|b| matches!(reading.text(*b), "," | "as" | "that" | "which" | ":")).count();
                let number = reading.words[i].kind == Kind::Number;
                let mut weight = if number { 1.0 } else { 1.0 / (1.0 + distance as f64 / 12.0) };
                if breaks > 0 {
                    weight *= 0.6;
                }
                let lead = k == 0 && before;
                let trail = k + 1 == n && !before;
                let far = distance > longest + 3;
                if lead && (labels_after || labels_before && far) || trail && (labels_before || labels_after && far) {
                    weight *= 0.15;
                } else if lead && (distance > 6 || breaks > 0)
                    || trail && cuts.last().is_some_and(|c| c.rank <= 3) && (distance > 6 || breaks > 0)
                {
                    weight *= 0.35;
                }
                if in_bracket && before && distance <= 4 {
                    weight = weight.max(1.0);
                }
                found.push((reading.words[i].stem.clone(), shared * weight));
            }
            found
        })
        .collect()
}

/// `A and B were x and y, respectively`: the words of each item, for the candidates in order.
fn respective(candidates: &[Candidate], reading: &Reading<'_>) -> Option<Vec<Context>> {
    if !reading.words.iter().any(|w| w.is_any(&["respectively", "respective"])) || candidates.len() < 2 {
        return None;
    }
    let n = candidates.len();
    let (first, last) = (candidates[0].words.start, candidates[n - 1].words.end);
    // Items joined by `and` on either side of the numbers.
    let mut best: Option<(f64, Vec<Context>)> = None;
    for at in (0..reading.words.len()).filter(|i| reading.text(*i) == "and" && !(first..last).contains(i)) {
        let mut items: Vec<Range<usize>> = Vec::new();
        // Leftwards from `and`: one item, then those behind commas.
        let mut end = at;
        while items.len() + 1 < n {
            let mut start = end;
            while start > 0
                && end - start < 5
                && !matches!(
                    reading.text(start - 1),
                    "," | "(" | ")" | "of" | "in" | "for" | "the" | "with" | "and" | "between" | "to"
                )
            {
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
        while stop < reading.words.len()
            && stop - at <= 5
            && !matches!(
                reading.text(stop),
                "," | "("
                    | ")"
                    | "of"
                    | "in"
                    | "for"
                    | "was"
                    | "were"
                    | "are"
                    | "is"
                    | "with"
                    | "had"
                    | "."
                    | ";"
                    | "showed"
                    | "and"
                    | "respectively"
            )
        {
            stop += 1;
        }
        items.push(at + 1..stop);
        if items.len() != n {
            continue;
        }
        let contexts: Vec<Context> = items
            .iter()
            .map(|item| {
                item.clone()
                    .filter(|i| reading.shared[*i] > 0.0)
                    .map(|i| (reading.words[i].stem.clone(), reading.shared[i]))
                    .collect()
            })
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
