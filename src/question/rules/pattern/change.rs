//! Questions for a change that is told as a noun or an adjective: `led to reduced Y`, `had no effect on Y`.

use crate::model::answer::{AnswerSpec, Direction};
use crate::text::quantity;

use super::super::clause::{Clause, Group, is_adverb};
use super::super::context::Context;
use super::comparison::{is_side, is_vague_measure, sides, yes_and_no};
use super::direction::{can_act, has_reference, is_bare_comparison, joins_unlike};
use super::side::choice_of_two;
use super::{Candidate, candidate, opposite};

/// `X had no effect on Y`.
fn no_effect(clause: &Clause, subject: &str, found: &mut Vec<Candidate>) {
    let Some(rest) = clause.rest.strip_prefix("no ") else { return };
    let rest = ["significant ", "detectable ", "measurable ", "obvious ", "apparent "]
        .iter()
        .find_map(|a| rest.strip_prefix(a))
        .unwrap_or(rest);
    let Some(what) =
        ["effect on ", "effects on ", "impact on ", "influence on "].iter().find_map(|e| rest.strip_prefix(e))
    else {
        return;
    };
    if !can_act(subject)
        || what.split(' ').count() < 2
        || !can_act(what)
        || what.matches(" or ").count() > 1
        || joins_unlike(what)
    {
        return;
    }
    found.push(candidate(
        "direction",
        format!("how {} {subject} change {what}", clause.did()),
        AnswerSpec::Direction { value: Direction::NoChange },
    ));
    found.push(candidate(
        "boolean",
        format!("{} {subject} affect {what}", clause.did()),
        AnswerSpec::Boolean { value: false },
    ));
}

/// `X led to reduced Y`, `X showed higher Y than Z`, `An increase in Y was observed after X`.
pub(super) fn change_noun(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated
        || !quantity::scan(&clause.rest).is_empty()
        || !quantity::scan(&clause.subject).iter().all(|q| q.adjective)
    {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    if matches!(clause.group, Group::Have) || matches!(clause.group, Group::Active(verb) if verb.base == "show") {
        no_effect(clause, &subject, found);
    }
    let (verb, rest) = match clause.group {
        Group::Active(verb) => (verb.base, clause.rest.as_str()),
        Group::Have => ("have", clause.rest.as_str()),
        Group::Passive(verb) if matches!(verb.base, "observe" | "detect" | "see" | "find") => {
            if let Some((value, what)) = changed(&subject)
                && has_reference(&clause.rest)
                && !is_bare_comparison(&clause.rest)
                && sides(&clause.rest).is_none()
                && !what.contains(" and ")
            {
                found.push(candidate(
                    "direction_noun",
                    format!("how did {what} change {}", clause.rest),
                    AnswerSpec::Direction { value },
                ));
            }
            return;
        }
        _ => return,
    };
    match verb {
        "lead" | "result" | "cause" | "induce" | "produce" | "trigger" => {
            let phrase = match verb {
                "lead" => rest.strip_prefix("to "),
                "result" => rest.strip_prefix("in "),
                _ => Some(rest),
            };
            let Some((value, what)) = phrase.and_then(changed) else { return };
            let what = &with_article(what);
            if what.contains(" and ")
                || what.contains(" than ")
                || what.starts_with("risk")
                || !what.contains(' ')
                || !can_act(&subject)
            {
                return;
            }
            found.push(candidate(
                "direction_noun",
                format!("how {} {subject} change {what}", clause.did()),
                AnswerSpec::Direction { value },
            ));
            let asked = |way: &str| format!("{} {subject} {} {what}", clause.did(), way);
            found.push(candidate(
                "boolean",
                asked(if value == Direction::Increase { "increase" } else { "reduce" }),
                AnswerSpec::Boolean { value: true },
            ));
            if opposite::fits(what) {
                found.push(candidate(
                    "boolean_no",
                    asked(if value == Direction::Increase { "reduce" } else { "increase" }),
                    AnswerSpec::Boolean { value: false },
                ));
            }
        }
        "show" | "exhibit" | "display" | "have" | "experience" | "develop" => {
            let Some((value, what)) = changed(rest) else { return };
            let Some((what, other)) = sides(what).filter(|(what, _)| !what.is_empty()) else {
                return;
            };
            if what.contains(" and ")
                || what.ends_with("phenotype")
                || is_vague_measure(what)
                || !is_side(&subject)
                || !is_side(other)
                || what.contains(" in ")
            {
                return;
            }
            let (word, opposite) = if value == Direction::Increase { ("higher", "lower") } else { ("lower", "higher") };
            let asked = |word: &str| format!("{} {subject} show {word} {what} than {other}", clause.did());
            yes_and_no(asked(word), asked(opposite), found);
            choice_of_two(
                |word| format!("which showed {word} {what}"),
                (word, opposite),
                (&subject, other),
                true,
                found,
            );
        }
        _ => {}
    }
}

/// `number of cells` as `the number of cells`.
fn with_article(what: &str) -> String {
    let counts = [
        "number of ",
        "rate of ",
        "amount of ",
        "proportion of ",
        "frequency of ",
        "percentage of ",
        "level of ",
        "degree of ",
    ];
    if counts.iter().any(|count| what.starts_with(count)) { format!("the {what}") } else { what.to_owned() }
}

/// What a phrase that starts with a change says: the direction and what changes, with the rest behind it.
pub(super) fn changed(phrase: &str) -> Option<(Direction, &str)> {
    let mut text = phrase;
    for lead in ["a ", "an ", "the "] {
        text = text.strip_prefix(lead).unwrap_or(text);
    }
    while let Some((first, rest)) = text.split_once(' ') {
        if is_adverb(first)
            || matches!(
                first,
                "significant"
                    | "marked"
                    | "strong"
                    | "substantial"
                    | "dramatic"
                    | "slight"
                    | "modest"
                    | "further"
                    | "clear"
                    | "robust"
                    | "severe"
                    | "statistically"
                    | "overall"
                    | "large"
                    | "small"
                    | "rapid"
                    | "much"
            )
        {
            text = rest;
        } else {
            break;
        }
    }
    let (first, rest) = text.split_once(' ')?;
    let (value, adjective) = match first {
        "increase" | "increases" | "elevation" | "rise" | "upregulation" => (Direction::Increase, false),
        "decrease" | "decreases" | "reduction" | "reductions" | "decline" | "drop" | "fall" | "downregulation" => {
            (Direction::Decrease, false)
        }
        "increased" | "elevated" | "enhanced" | "higher" | "greater" => (Direction::Increase, true),
        "decreased" | "reduced" | "lower" | "diminished" | "lowered" => (Direction::Decrease, true),
        _ => return None,
    };
    let what = if adjective { rest } else { rest.strip_prefix("in ").or_else(|| rest.strip_prefix("of "))? };
    (!what.is_empty()).then_some((value, what))
}
