//! A number that no quote states but that follows from two that they do: a difference, sum, ratio, fold or percentage.
//!
//! Only for questions whose writer says that they reckon; for others a number that is not there is a wrong number.

use std::ops::Range;

use crate::grade::unit::Unit;
use crate::text::quantity::{self, Role};

use super::super::reading::Reading;
use super::{Key, unit};
use crate::model::answer::{Comparator, Tolerance};

/// More numbers than this in the quotes prove nothing: some two of them give any result.
const MOST_NUMBERS: usize = 24;
/// How far the result may lie from the key, as a share of it, whatever the question allows.
const MOST_RELATIVE: f64 = 0.02;

/// A number as it stands: in which reading, where, and its value in the key's unit, if it can be brought there, and as it is.
struct Stated {
    reading: usize,
    span: Range<usize>,
    plain: f64,
    unit: Option<String>,
    converted: Option<f64>,
}

/// The places of the two numbers, each with its reading.
///
/// # Errors
/// The reason when no two numbers give the key.
pub(crate) fn check(
    key: &Key<'_>,
    question: &str,
    readings: &[Reading<'_>],
) -> Result<[(usize, Range<usize>); 2], String> {
    let missing = || format!("number_not_in_quote: {} neither stands there nor follows from two numbers", key.value);
    if key.comparator != Comparator::Equal {
        return Err(missing());
    }
    let key_unit = key.unit.map(str::trim).filter(|unit| !unit.is_empty());
    let parsed = key_unit.and_then(Unit::parse);
    let mut stated = Vec::new();
    for (at, reading) in readings.iter().enumerate() {
        for quantity in quantity::scan(reading.quote) {
            if !matches!(quantity.role, Role::Value | Role::Labelled | Role::From | Role::To) {
                continue;
            }
            let written = quantity.unit_in(reading.quote);
            stated.push(Stated {
                reading: at,
                span: quantity.span.clone(),
                plain: quantity.value,
                unit: written.map(str::to_lowercase),
                converted: unit::value_in(&quantity, written, parsed.as_ref(), key_unit, reading, question),
            });
        }
    }
    if stated.len() > MOST_NUMBERS {
        return Err(missing());
    }
    let percent = key_unit == Some("%");
    let ratio = key_unit.is_none() || parsed.as_ref().is_some_and(Unit::is_fold);
    for (at, a) in stated.iter().enumerate() {
        for (other, b) in stated.iter().enumerate() {
            if at == other {
                continue;
            }
            let mut results = Vec::new();
            if let (Some(x), Some(y)) = (a.converted, b.converted) {
                results.extend([x - y, x + y]);
            }
            if a.unit == b.unit && b.plain != 0.0 {
                let quotient = a.plain / b.plain;
                if ratio {
                    results.push(quotient);
                }
                if percent {
                    results.extend([quotient * 100.0, (quotient - 1.0) * 100.0, (1.0 - quotient) * 100.0]);
                }
            }
            if results.into_iter().any(|result| close(key, result)) {
                return Ok([(a.reading, a.span.clone()), (b.reading, b.span.clone())]);
            }
        }
    }
    Err(missing())
}

fn close(key: &Key<'_>, result: f64) -> bool {
    let wanted = match key.tolerance {
        Tolerance::Relative(share) => share.abs() * key.value.abs(),
        Tolerance::Absolute(amount) => amount.abs(),
    };
    (result - key.value).abs() <= wanted.min(MOST_RELATIVE * key.value.abs()) + 1e-9
}
