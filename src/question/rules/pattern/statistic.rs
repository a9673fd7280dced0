//! Questions for what stands in the brackets of a result: each side's value, fold changes. A p-value or the size of a sample says
//! something of one experiment, which no question can name.

use crate::text::quantity::{self, Bound, Kind, Quantity, Role};

use super::super::clause::{Bare, Clause, Group, direction_of};
use super::super::context::Context;
use super::super::lexicon::Sense;
use super::super::words::PREPOSITIONS;
use super::comparison::{Compared, compared};
use super::measure::{number, unit_words};
use super::{Candidate, candidate, starts_modifier};

pub(super) fn statistics(clause: &Clause, bare: &Bare, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if let Some(sides) = compared(clause, context) {
        values_of_sides(clause, &sides, bare, found);
        return;
    }
    effect(clause, bare, context, found);
}

/// The size of the change that the clause states.
fn effect(clause: &Clause, bare: &Bare, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated || !quantity::scan(&clause.rest).is_empty() || !quantity::scan(&clause.subject).is_empty() {
        return;
    }
    let Some(note) = bare.note_after(&clause.rest) else { return };
    let subject = context.lower_first(&clause.subject);
    let rest = clause.rest.as_str();
    let first = rest.split(' ').next().unwrap_or("");
    match clause.group {
        Group::Active(verb) if direction_of(verb).is_some() => {
            let object = !PREPOSITIONS.contains(&first)
                && rest.contains(' ')
                && !matches!(verb.base, "fall" | "drop" | "rise" | "decline");
            if object || starts_modifier(rest) {
                fold(format!("{} {subject} {} {rest}", clause.did(), verb.base), note, found);
            }
        }
        Group::Passive(verb) if matches!(verb.sense, Sense::Up | Sense::Down) && starts_modifier(rest) => {
            fold(format!("{} {subject} {} {rest}", clause.was(), verb.past), note, found);
        }
        _ => {}
    }
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
