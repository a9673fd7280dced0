//! Whether a number key is the quantity of the quote that the question asks for.

mod align;
mod column;
pub(super) mod derived;
mod parallel;
mod unit;

use std::ops::Range;

pub(crate) use column::Cells;

use crate::grade::unit::Unit;
use crate::model::answer::{Comparator, Tolerance};
use crate::text::quantity::{self, Bound, Role};

use super::super::ask::{Ask, small_number};
use super::super::words::{Kind, stem, words};
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
const MARGIN: f64 = 0.3;

/// # Errors
/// The reason when the key's number is not in the quote, has another unit there, or belongs to something else.
///
/// `cells`: where the quote stands in a table.
pub(crate) fn check(
    key: &Key<'_>,
    ask: &Ask,
    question: &str,
    reading: &Reading<'_>,
    cells: Option<Cells<'_>>,
) -> Result<Range<usize>, String> {
    let unit = key.unit.map(str::trim).filter(|u| !u.is_empty());
    let parsed = unit.and_then(Unit::parse);
    let mut same_number = false;
    let mut candidates = Vec::new();
    for quantity in quantity::scan(reading.quote) {
        // A key without a unit is asked for in the column's own, which the question names.
        let of_column = || cells.filter(|_| unit.is_some())?.unit_of(&quantity.span);
        let written = quantity.unit_in(reading.quote).or_else(of_column);
        let equal = near(key, quantity.value) || near(key, -quantity.value);
        same_number |= equal;
        let Some(value) = unit::value_in(&quantity, written, parsed.as_ref(), unit, reading, question) else {
            continue;
        };
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
    if key.value == 1.0 && parsed.as_ref().is_none_or(Unit::is_count) && !candidates.iter().any(|c| c.is_key) {
        for (i, word) in reading.words.iter().enumerate() {
            if word.is_any(&["one", "single", "sole"]) && !word.joined {
                candidates.push(Candidate {
                    value: 1.0,
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
    let aside = |role: Role| matches!(role, Role::Spread | Role::Level | Role::PValue | Role::Interval);
    let asks_aside = ask.words.iter().any(|w| {
        w.is_any(&[
            "interval",
            "confidence",
            "deviation",
            "error",
            "sd",
            "sem",
            "ci",
            "range",
            "p",
            "significance",
            "bound",
            "limit",
            "quartile",
            "quartiles",
            "interquartile",
            "iqr",
            "spread",
            "upper",
            "lower",
            "maximum",
            "minimum",
            "longest",
            "shortest",
            "highest",
            "lowest",
            "most",
            "least",
            "largest",
            "smallest",
        ])
    });
    if !asks_aside && keys.iter().all(|k| aside(candidates[*k].role)) {
        return Err(format!("number_of_another_thing: {} is only a spread, an interval or a p-value", key.value));
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
                && !is_spread(c, reading)
                && !named.iter().any(|n| (n - c.value).abs() <= 1e-9 * n.abs().max(1.0))
    });
    if candidates.iter().all(|c| c.is_key) {
        return Ok(first_key);
    }
    candidates.sort_by_key(|c| c.span.start);
    let mut scores = align::align(&candidates, ask, question, reading);
    counted(unit, ask, &candidates, reading, &mut scores);
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

/// `(range: 39–77)`, `+/- 11`: how far the number before spreads.
fn is_spread(candidate: &Candidate, reading: &Reading<'_>) -> bool {
    let start = candidate.words.start;
    let before = |n: usize| start.checked_sub(n).map_or("", |i| reading.text(i));
    let bracket = (1..=5).take_while(|n| !matches!(before(*n), "(" | "[" | ")" | "]" | ""));
    let ranged = bracket.into_iter().any(|n| matches!(before(n), "range" | "iqr" | "interquartile" | "ci"));
    ranged || before(1) == "/" && before(2) == "+"
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

/// The numbers that the question itself names: conditions, never the answer.
fn named_in_question(question: &str) -> Vec<f64> {
    quantity::scan(question).into_iter().map(|q| q.value).collect()
}

fn is_numeral(reading: &Reading<'_>, i: usize) -> bool {
    reading.words.get(i).is_some_and(|w| {
        w.kind == Kind::Number || small_number(&w.folded).is_some() || !quantity::scan(&w.folded).is_empty()
    })
}

/// Where the quote counts the key's own noun (`18 genes`), a number of other things is not meant.
fn counted(unit: Option<&str>, ask: &Ask, candidates: &[Candidate], reading: &Reading<'_>, scores: &mut [f64]) {
    let many = ask.words.get(ask.at + 1).is_some_and(|w| w.is("many"));
    let named = unit.filter(|u| Unit::parse(u).is_none_or(|u| u.is_count())).map(words);
    let noun = named.as_ref().and_then(|n| n.last());
    // `how many genes`: the question names what is counted.
    let noun = noun.or_else(|| ask.head_words().last().filter(|_| many && unit.is_none()));
    let Some(noun) = noun.map(|w| stem(&w.folded)) else { return };
    let counts = |c: &Candidate| {
        (c.words.end..reading.words.len().min(c.words.end + 4))
            .take_while(|i| {
                reading.words[*i].kind == Kind::Word && !reading.words[*i].is_any(&["and", "of", "to", "in"])
            })
            .any(|i| reading.words[i].stem == noun)
    };
    let own: Vec<bool> = candidates.iter().map(counts).collect();
    // The whole noun phrase behind one number (`1576 newt genes`) leaves no doubt.
    let phrase: Vec<&str> = ask.head_words().iter().map(|w| w.stem.as_str()).collect();
    let whole = |c: &Candidate| {
        many && phrase.len() >= 2
            && phrase.iter().enumerate().all(|(n, s)| reading.words.get(c.words.end + n).is_some_and(|w| w.stem == *s))
    };
    // `84 patients in 121 limbs`: each number has a noun of its own.
    let other_noun = |c: &Candidate| {
        reading
            .words
            .get(c.words.end)
            .is_some_and(|w| w.is_content() && w.kind == Kind::Word && w.folded.ends_with('s') && w.stem != noun)
    };
    let apart = many && candidates.iter().zip(&own).all(|(c, own)| *own || other_noun(c));
    for (score, (candidate, own)) in scores.iter_mut().zip(candidates.iter().zip(own.iter().copied())) {
        if whole(candidate) {
            *score += 4.0;
        } else if own {
            *score += if apart {
                4.0
            } else if named.is_some() {
                1.0
            } else {
                0.5
            };
        }
    }
}
