//! A quantity of the quote in the key's unit.

use crate::grade::unit::{Unit, convert};
use crate::text::quantity::{self, Quantity};

use super::super::super::words::words;
use super::super::reading::Reading;

/// The quantity's value in the key's unit, when the units agree.
pub(super) fn value_in(
    quantity: &Quantity,
    written: Option<&str>,
    key: Option<&Unit>,
    key_text: Option<&str>,
    reading: &Reading<'_>,
    question: &str,
) -> Option<f64> {
    let value = quantity.value;
    let written = written.filter(|_| !is_initial(quantity, reading.quote));
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
        let found = later_unit(behind, key).or_else(|| apart(quantity, behind, key, reading.quote));
        return found.map(|factor_unit| convert(value, &factor_unit, key)).unwrap_or(None);
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
    let stem = words(noun).last().map(|w| w.stem.clone()).unwrap_or_default();
    let in_text = |text: &str| words(text).iter().any(|w| w.stem == stem);
    (reading.words.iter().any(|w| w.stem == stem) || in_text(question) || matches!(stem.as_str(), "nt" | "bp"))
        .then_some(value)
}

/// `292 C. elegans genes`: the letter behind the number is a genus's, no unit.
fn is_initial(quantity: &Quantity, quote: &str) -> bool {
    let Some(unit) = quantity.unit.as_ref() else { return false };
    let written = quote.get(unit.clone()).unwrap_or_default();
    let mut behind = quote.get(unit.end..).unwrap_or_default().chars();
    written.len() == 1
        && written.starts_with(|c: char| c.is_ascii_uppercase())
        && behind.next() == Some('.')
        && behind.next().is_some_and(char::is_whitespace)
        && behind.next().is_some_and(char::is_lowercase)
}

/// `three postnatal weeks`, `days of ventilation (17.7 …`: a unit of the key's dimension behind an adjective, or in front of
/// the bracket that holds the number.
fn apart(quantity: &Quantity, behind: &str, key: &Unit, quote: &str) -> Option<Unit> {
    let fits = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let unit = Unit::parse(word).filter(|_| word.len() >= 3)?;
        (unit.is_known() && crate::grade::unit::same_dimension(&unit, key)).then_some(unit)
    };
    let mut next = behind.split_whitespace();
    if let (Some(adjective), Some(noun)) = (next.next(), next.next())
        && behind.starts_with(' ')
        && adjective.len() >= 4
        && adjective.chars().all(char::is_alphabetic)
        && let Some(unit) = fits(noun)
    {
        return Some(unit);
    }
    let before = quote.get(..quantity.span.start)?.trim_end();
    // `the mean time (minutes) was 61.4`.
    let mut labelled = before.match_indices('(').filter_map(|(at, _)| {
        let inside = before.get(at + 1..)?.split_once(')')?.0;
        fits(inside.strip_prefix("in ").unwrap_or(inside))
    });
    if let Some(unit) = labelled.next_back() {
        return Some(unit);
    }
    let front = before.rsplit_once('(').filter(|(_, inside)| !inside.contains(')') && inside.len() <= 40)?.0;
    let words: Vec<&str> =
        front.split_whitespace().rev().take(6).take_while(|w| !w.ends_with([',', ';', '.', ')'])).collect();
    let of = |i: usize| i == 0 || words.get(i - 1).is_some_and(|w| matches!(*w, "of" | "in" | "on" | "to" | "with"));
    words.iter().enumerate().filter(|(i, _)| of(*i)).find_map(|(_, word)| fits(word))
}

/// A unit of the key's dimension that closes the list `quantity, number and number unit` starting behind the quantity.
fn later_unit(behind: &str, key: &Unit) -> Option<Unit> {
    let window: String = behind.chars().take(80).collect();
    if let Some(unit) = behind_bracket(&window, key) {
        return Some(unit);
    }
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

/// `183 (11.7) g/l`: the unit behind a bracket that holds nothing but a number, such as a spread.
fn behind_bracket(behind: &str, key: &Unit) -> Option<Unit> {
    let (inside, after) = behind.trim_start().strip_prefix('(')?.split_once(')')?;
    if !inside.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '±' | ' ' | '–' | '-')) {
        return None;
    }
    let end = after.char_indices().filter(|(at, c)| *at > 0 && (c.is_whitespace() || matches!(c, ',' | ';' | ')')));
    let ends = end.map(|(at, _)| at).chain([after.trim_end_matches('.').len()]);
    // The longest of the first words that is a unit: `per hour` before `per`.
    let found = ends.take(3).filter_map(|at| after.get(..at)).filter_map(|text| Unit::parse(text.trim())).last()?;
    crate::grade::unit::same_dimension(&found, key).then_some(found)
}
