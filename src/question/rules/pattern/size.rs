//! Questions for the size of a change or a difference, and for a value that hangs on a verb: `3-fold higher`, `with a Kd of 5 nM`.

use crate::model::answer::Direction;
use crate::text::quantity::{self, Kind, Quantity};

use super::super::clause::{Clause, Group};
use super::super::context::Context;
use super::super::words::MEASURES;
use super::change::changed;
use super::comparison::sides;
use super::direction::can_act;
use super::measure::{number, only_value, unit_words};
use super::{Candidate, candidate, starts_modifier};

pub(super) fn sizes(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated || !quantity::scan(&clause.subject).iter().all(|q| q.adjective) {
        return;
    }
    difference(clause, context, found);
    change(clause, context, found);
    constant(clause, context, found);
    part(clause, context, found);
    held(clause, context, found);
}

/// How a size is asked for: `by how many fold`, `by what percentage`.
fn how_much(q: &Quantity) -> Option<&'static str> {
    match q.kind {
        Kind::Fold => Some("by how many fold"),
        Kind::Percent => Some("by what percentage"),
        _ => None,
    }
}

fn without_about(text: &str) -> &str {
    let text = text.trim();
    [
        "about",
        "approximately",
        "around",
        "nearly",
        "almost",
        "roughly",
        "~",
        "∼",
        "≈",
        "some",
        "an",
        "a",
        "the",
        "estimated",
    ]
    .iter()
    .fold(text, |text, word| {
        text.strip_suffix(word).filter(|t| t.is_empty() || t.ends_with(' ')).unwrap_or(text).trim()
    })
}

/// `Y was 3-fold higher in A than in B`.
fn difference(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if !matches!(clause.group, Group::Be) {
        return;
    }
    let Some(q) = only_value(&clause.rest) else { return };
    let Some(lead) = how_much(&q) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    if !without_about(&clause.rest[..start]).is_empty() {
        return;
    }
    let tail = clause.rest[q.span.end..].trim_start();
    let Some((word, tail)) = tail.split_once(' ') else { return };
    if !matches!(
        word,
        "higher" | "lower" | "greater" | "larger" | "smaller" | "longer" | "shorter" | "faster" | "slower"
    ) {
        return;
    }
    let Some((left, right)) = sides(tail) else { return };
    if right.contains(" and ") || right.split(' ').count() > 9 || left.split(' ').count() > 9 || left.contains(" and ")
    {
        return;
    }
    let Some(spec) = number(&clause.rest, &q) else { return };
    let subject = context.lower_first(&clause.subject);
    let left = if left.is_empty() { String::new() } else { format!("{left} ") };
    found.push(candidate(
        "difference_size",
        format!("{lead} {} {subject} {word} {left}than {right}", clause.was()),
        spec,
    ));
}

/// `X caused a 3-fold increase in Y`, `A showed a 40% reduction in Y`.
fn change(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let (verb, rest) = match clause.group {
        Group::Active(verb) => (verb.base, clause.rest.as_str()),
        Group::Have => ("have", clause.rest.as_str()),
        _ => return,
    };
    let rest = match verb {
        "lead" => rest.strip_prefix("to "),
        "result" => rest.strip_prefix("in "),
        "cause" | "produce" | "induce" | "show" | "exhibit" | "display" | "have" | "reveal" => Some(rest),
        _ => None,
    };
    let Some(rest) = rest else { return };
    let Some(q) = only_value(rest) else { return };
    let Some(lead) = how_much(&q) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    if !without_about(&rest[..start]).is_empty() {
        return;
    }
    let Some((value, what)) = changed(rest[q.span.end..].trim_start()) else { return };
    if what.contains(" and ") || what.contains(" than ") {
        return;
    }
    let Some(spec) = number(rest, &q) else { return };
    let subject = context.lower_first(&clause.subject);
    let acts = matches!(verb, "lead" | "result" | "cause" | "produce" | "induce");
    if acts && can_act(&subject) {
        let way = if value == Direction::Increase { "increase" } else { "reduce" };
        found.push(candidate("change_size", format!("{lead} {} {subject} {way} {what}", clause.did()), spec));
    } else if !acts && verb != "reveal" && !can_act(&subject) {
        let (what, tail) = match what.split_once(" compared ") {
            Some((what, tail)) => (what, format!(" compared {tail}")),
            None => (what, String::new()),
        };
        let way = if value == Direction::Increase { "increased" } else { "reduced" };
        let was = if clause.did() == "did" { "was" } else { "is" };
        found.push(candidate("change_size", format!("{lead} {was} {what} {way} in {subject}{tail}"), spec));
    }
}

/// `X bound Y with a Kd of 5 nM`: asks for the constant.
fn constant(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let Group::Active(verb) = clause.group else { return };
    let Some((head, tail)) = clause.rest.split_once(" with a ").or_else(|| clause.rest.split_once(" with an ")) else {
        return;
    };
    let Some(q) = only_value(tail).filter(|q| q.kind == Kind::Unit && !q.adjective) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let Some(noun) = without_about(&tail[..start]).strip_suffix(" of") else { return };
    let measure = noun.rsplit(' ').next().is_some_and(|w| {
        MEASURES.contains(&w.to_lowercase().as_str())
            || w.starts_with('K') && w.len() <= 5
            || w.contains("C_{50}")
            || w.contains("C₅₀")
    });
    let end = tail[q.span.end..].trim_start();
    if !measure
        || noun.split(' ').count() > 4
        || !quantity::scan(head).is_empty()
        || !end.is_empty() && !starts_modifier(end)
    {
        return;
    }
    let Some(spec) = number(tail, &q) else { return };
    let subject = context.lower_first(&clause.subject);
    let unit = unit_words(q.unit_in(tail).unwrap_or("units"));
    found.push(candidate(
        "constant",
        format!("with what {noun} {} {subject} {} {head} {end}, in {unit}", clause.did(), verb.base).replace(" ,", ","),
        spec,
    ));
}

/// `X was detected in 45% of Y`, `X accounted for 45% of Y`.
fn part(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let Some(q) = only_value(&clause.rest).filter(|q| q.kind == Kind::Percent) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let head = without_about(&clause.rest[..start]);
    let Some(whole) = clause.rest[q.span.end..].trim_start().strip_prefix("of ") else { return };
    if whole.contains(" and ") && !whole.contains(" between ") || whole.split(' ').count() > 14 {
        return;
    }
    let Some(spec) = number(&clause.rest, &q) else { return };
    let subject = context.lower_first(&clause.subject);
    match clause.group {
        Group::Passive(verb)
            if head == "in" && matches!(verb.base, "detect" | "observe" | "find" | "see" | "express" | "identify") =>
        {
            found.push(candidate(
                "part",
                format!("in what percentage of {whole} {} {subject} {}", clause.was(), verb.past),
                spec,
            ));
        }
        Group::Be if head == "present in" || head == "positive in" => {
            found.push(candidate(
                "part",
                format!("in what percentage of {whole} {} {subject} {}", clause.was(), &head[..head.len() - 3]),
                spec,
            ));
        }
        Group::Active(verb) if head == "in" && matches!(verb.base, "occur" | "develop") => {
            found.push(candidate(
                "part",
                format!("in what percentage of {whole} {} {subject} {}", clause.did(), verb.base),
                spec,
            ));
        }
        Group::Active(verb)
            if head == "for" && verb.base == "account"
                || head.is_empty()
                    && matches!(verb.base, "comprise" | "represent" | "constitute" | "cover" | "affect" | "infect") =>
        {
            let ending = if head == "for" { " for" } else { "" };
            found.push(candidate(
                "part",
                format!("what percentage of {whole} {} {subject} {}{ending}", clause.did(), verb.base),
                spec,
            ));
        }
        _ => {}
    }
}

/// `The genome of X encodes 5,200 proteins`: asks how many.
fn held(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let Group::Active(verb) = clause.group else { return };
    if !matches!(verb.base, "contain" | "encode" | "comprise" | "form" | "harbor" | "express") {
        return;
    }
    let Some(q) = only_value(&clause.rest).filter(|q| q.kind == Kind::Bare && q.decimals == 0 && q.value >= 3.0) else {
        return;
    };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let held = clause.rest[q.span.end..].trim_start();
    let words: Vec<&str> = held.split(' ').collect();
    let end = (1..words.len()).find(|at| starts_modifier(words[*at]) || words[*at] == "that").unwrap_or(words.len());
    let (what, tail) = (words[..end].join(" "), words[end..].join(" "));
    if !without_about(&clause.rest[..start]).is_empty()
        || !what.ends_with('s')
        || what.contains(" and ")
        || words.len() > 12
    {
        return;
    }
    let Some(spec) = number(&clause.rest, &q) else { return };
    let subject = context.lower_first(&clause.subject);
    found.push(candidate("held", format!("how many {what} {} {subject} {} {tail}", clause.did(), verb.base), spec));
}
