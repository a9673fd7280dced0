//! Questions for what stands in the brackets of a result: p-values, sample sizes, each side's value, fold changes.

use crate::model::answer::{AnswerSpec, Comparator, Tolerance};
use crate::text::quantity::{self, Bound, Kind, Quantity, Role};

use super::super::clause::{Bare, Clause, Group, direction_of};
use super::super::context::Context;
use super::super::lexicon::Sense;
use super::super::words::PREPOSITIONS;
use super::comparison::{Compared, alike, compared, is_group};
use super::measure::{number, unit_words};
use super::{Candidate, candidate, starts_modifier};

pub(super) fn statistics(clause: &Clause, bare: &Bare, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if let Some(sides) = alike(clause, context) {
        if let Some(note) = bare.note_after(&sides.right) {
            p_value(
                format!("the difference in {} between {} and {}", sides.what, sides.left, sides.right),
                note,
                found,
            );
        }
        return;
    }
    if let Some(sides) = compared(clause, context) {
        if let Some(note) = bare.note_after(&clause.rest) {
            let Compared { what, left, right, .. } = &sides;
            p_value(format!("the difference in {what} between {left} and {right}"), note, found);
        }
        values_of_sides(clause, &sides, bare, found);
        sample_of_side(&sides, bare, found);
        return;
    }
    effect(clause, bare, context, found);
}

/// The effect that the clause states, as a noun phrase: `the effect of X on Y`, `the reduction in Y in A`.
fn effect(clause: &Clause, bare: &Bare, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated || !quantity::scan(&clause.rest).is_empty() || !quantity::scan(&clause.subject).is_empty() {
        return;
    }
    let Some(note) = bare.note_after(&clause.rest) else { return };
    let subject = context.lower_first(&clause.subject);
    let rest = clause.rest.as_str();
    let first = rest.split(' ').next().unwrap_or("");
    match clause.group {
        Group::Active(verb)
            if direction_of(verb).is_some()
                && !matches!(verb.base, "fall" | "drop" | "rise" | "decline")
                && !PREPOSITIONS.contains(&first)
                && !starts_modifier(rest)
                && rest.contains(' ') =>
        {
            p_value(format!("the effect of {subject} on {rest}"), note, found);
            sample(format!("the effect of {subject} on {rest}"), note, found);
            fold(format!("{} {subject} {} {rest}", clause.did(), verb.base), note, found);
        }
        Group::Active(verb) if direction_of(verb).is_some() && starts_modifier(rest) => {
            fold(format!("{} {subject} {} {rest}", clause.did(), verb.base), note, found);
        }
        Group::Passive(verb) if matches!(verb.sense, Sense::Up | Sense::Down) && starts_modifier(rest) => {
            let noun = if verb.sense == Sense::Up { "increase" } else { "decrease" };
            p_value(format!("the {noun} in {} {rest}", subject.strip_prefix("the ").unwrap_or(&subject)), note, found);
            sample(format!("the {noun} in {} {rest}", subject.strip_prefix("the ").unwrap_or(&subject)), note, found);
            fold(format!("{} {subject} {} {rest}", clause.was(), verb.past), note, found);
        }
        _ => {}
    }
}

/// The one p-value of a bracket, given exactly.
fn p_value(of: String, note: &str, found: &mut Vec<Candidate>) {
    let all: Vec<Quantity> = quantity::scan(note).into_iter().filter(|q| q.role == Role::PValue).collect();
    let [q] = all.as_slice() else { return };
    if q.bound != Bound::None || q.value <= 0.0 || q.value >= 1.0 || note.contains(" vs") {
        return;
    }
    let tolerance = Tolerance::Relative(0.01);
    let answer = AnswerSpec::Number { value: q.value, unit: None, tolerance, comparator: Comparator::Equal };
    found.push(candidate("p_value", format!("what p-value was reported for {of}"), answer));
}

/// Who or what a sample can be made of.
const SAMPLED: &[&str] = &[
    "mice",
    "rats",
    "animals",
    "patients",
    "participants",
    "subjects",
    "neurons",
    "cells",
    "embryos",
    "flies",
    "worms",
    "larvae",
    "volunteers",
    "plants",
    "fish",
    "slices",
    "women",
    "men",
    "children",
    "infants",
    "individuals",
    "donors",
];

/// `(n = 12 mice)`: how many were measured.
fn sample(effect: String, note: &str, found: &mut Vec<Candidate>) {
    let all: Vec<Quantity> = quantity::scan(note).into_iter().filter(|q| q.role == Role::SampleSize).collect();
    let [q] = all.as_slice() else { return };
    let noun = note[q.number.end..].trim_start().split([' ', ',', ';', '.']).next().unwrap_or("");
    if !SAMPLED.contains(&noun)
        || q.value < 3.0
        || q.value.fract() != 0.0
        || note.contains(" per ")
        || note.contains("each")
    {
        return;
    }
    let answer = AnswerSpec::Number {
        value: q.value,
        unit: None,
        tolerance: Tolerance::Absolute(0.0),
        comparator: Comparator::Equal,
    };
    found.push(candidate("sample_size", format!("in how many {noun} was {effect} measured"), answer));
}

/// `in smokers (n = 45) than in non-smokers`: how many of one side were compared.
fn sample_of_side(sides: &Compared<'_>, bare: &Bare, found: &mut Vec<Candidate>) {
    let Compared { what, left, right, .. } = sides;
    let Some(note) = bare.note_after(left) else { return };
    let all = quantity::scan(note);
    let [q] = all.as_slice() else { return };
    if q.role != Role::SampleSize
        || !note.starts_with(['n', 'N'])
        || q.value < 3.0
        || q.value.fract() != 0.0
        || !is_group(left)
    {
        return;
    }
    let answer = AnswerSpec::Number {
        value: q.value,
        unit: None,
        tolerance: Tolerance::Absolute(0.0),
        comparator: Comparator::Equal,
    };
    let left = left.strip_prefix("the ").unwrap_or(left);
    found.push(candidate(
        "sample_size",
        format!("how many {left} were included in the comparison of {what} with {right}"),
        answer,
    ));
}

/// `(3.2-fold)`, `(2-fold increase, p = 0.01)` behind a change.
fn fold(change: String, note: &str, found: &mut Vec<Candidate>) {
    let all = quantity::scan(note);
    let Some(q) = all.first() else { return };
    let n_fold = all.iter().filter(|q| q.kind == Kind::Fold).count();
    let head = note[..q.bound_span.as_ref().map_or(q.span.start, |s| s.start)].trim();
    if q.kind != Kind::Fold
        || n_fold != 1
        || !q.is_value()
        || !matches!(head, "" | "by" | "about" | "approximately" | "~" | "∼" | "≈")
    {
        return;
    }
    let Some(answer) = number(note, q) else { return };
    found.push(candidate("fold", format!("by how many fold {change}"), answer));
}

/// `Y was higher in A (32%) than in B (12%)`, `… in A than in B (32% vs. 12%)`: asks for one side's value.
fn values_of_sides(clause: &Clause, sides: &Compared<'_>, bare: &Bare, found: &mut Vec<Candidate>) {
    let Compared { what, place, left, right, .. } = sides;
    let mut ask = |side: &str, note: &str, q: &Quantity| {
        if !q.is_value() || q.bound != Bound::None || q.adjective || q.label.is_some() || q.value < 0.0 {
            return;
        }
        let unit = match (q.kind, q.unit_in(note)) {
            (Kind::Percent, _) => "in per cent".to_owned(),
            (Kind::Unit, Some(unit)) => format!("in {}", unit_words(unit)),
            _ => return,
        };
        let Some(answer) = number(note, q) else { return };
        found.push(candidate("side_value", format!("what {} {what} {place} {side}, {unit}", clause.was()), answer));
    };
    if let Some(note) = bare.note_after(&clause.rest) {
        let pair: Vec<Quantity> = quantity::scan(note).into_iter().filter(|q| q.role == Role::Value).collect();
        if let [first, second] = pair.as_slice()
            && note.starts_with(|c: char| c.is_ascii_digit())
            && ["vs", "versus", "compared"].iter().any(|w| note[first.span.end..second.span.start].contains(w))
            && first.kind == second.kind
        {
            ask(left, note, first);
            return;
        }
    }
    // A dose in a bracket is no result: a unit counts only when both sides have it, a share always.
    let first = |side: &str| {
        let note = bare.note_after(side).filter(|note| note.starts_with(|c: char| c.is_ascii_digit()))?;
        Some((note, quantity::scan(note).into_iter().next()?))
    };
    let (one, other) = (first(left), first(right));
    if let Some((note, q)) = &one {
        let both = other.as_ref().is_some_and(|(n, o)| o.unit_in(n) == q.unit_in(note) && o.kind == q.kind);
        if both || q.kind == Kind::Percent && note.len() < 60 {
            ask(left, note, q);
        }
    }
}
