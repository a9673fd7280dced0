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
    let stem = words(noun).last().map(|w| w.stem.clone()).unwrap_or_default();
    let in_text = |text: &str| words(text).iter().any(|w| w.stem == stem);
    (reading.words.iter().any(|w| w.stem == stem) || in_text(question) || matches!(stem.as_str(), "nt" | "bp"))
        .then_some(value)
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
