//! Questions for a direction, and the yes and no questions beside them.

use crate::model::answer::{AnswerSpec, Direction};
use crate::text::quantity;

use super::super::cause::names_no_cause;
use super::super::clause::{Clause, Group, direction_of, is_weak};
use super::super::context::Context;
use super::super::lexicon::Sense;
use super::super::words::PREPOSITIONS;
use super::comparison::has_bare_label;
use super::{Candidate, candidate, opposite};

/// `X reduced Y`, `Y was increased in A compared with B`, `X did not affect Y`.
pub(super) fn direction(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if !quantity::scan(&clause.rest).is_empty() || !quantity::scan(&clause.subject).iter().all(|q| q.adjective) {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    let rest = clause.rest.as_str();
    let first = rest.split(' ').next().unwrap_or("");
    if is_no_amount(rest) {
        return;
    }
    match clause.group {
        Group::Active(verb) if matches!(verb.sense, Sense::Up | Sense::Down | Sense::Change) => {
            let value = match (direction_of(verb), clause.negated) {
                (Some(value), false) => value,
                (None, true) => Direction::NoChange,
                _ => return,
            };
            let moved = value != Direction::NoChange && (is_place(rest) || is_place(&subject));
            if moved {
                return;
            }
            if !rest.is_empty() && PREPOSITIONS.contains(&first) {
                // `Y increased after X`: no object.
                if value != Direction::NoChange
                    && verb.sense != Sense::Change
                    && has_reference(rest)
                    && !rest.starts_with("by ")
                    && !has_bare_label(rest)
                {
                    found.push(candidate(
                        "direction",
                        what_changed(clause, &subject, rest),
                        AnswerSpec::Direction { value },
                    ));
                }
                return;
            }
            let intransitive = matches!(verb.base, "decline" | "rise" | "drop" | "fall");
            if rest.split(' ').count() < 2
                || intransitive
                || !can_act(&subject)
                || rest.contains(" and ") && rest.contains(" or ")
                || rest.matches(" or ").count() > 1
                || !can_act(rest)
                || joins_unlike(rest)
            {
                return;
            }
            found.push(candidate(
                "direction",
                format!("how {} {subject} change {rest}", clause.did()),
                AnswerSpec::Direction { value },
            ));
            let verb_phrase = clause.with_manner(verb.base);
            found.push(candidate(
                "boolean",
                format!("{} {subject} {verb_phrase} {rest}", clause.did()),
                AnswerSpec::Boolean { value: !clause.negated },
            ));
            if let Some(opposite) = verb.opposite.filter(|_| !clause.negated && opposite::fits(rest)) {
                found.push(candidate(
                    "boolean_no",
                    format!("{} {subject} {} {rest}", clause.did(), clause.with_manner(opposite)),
                    AnswerSpec::Boolean { value: false },
                ));
            }
        }
        Group::Passive(verb) => {
            let value = match (direction_of(verb), clause.negated) {
                (Some(value), false) => value,
                (None, true) if verb.sense == Sense::Change => Direction::NoChange,
                _ => return,
            };
            // `was reduced compared with X`: in what, the sentence before knows.
            let bare = is_bare_comparison(rest) && clause.front.is_none();
            let moved = value != Direction::NoChange && is_place(&subject);
            if moved
                || !has_reference(rest) && !rest.starts_with("by ")
                || bare
                || has_bare_label(rest)
                || subject.starts_with("the difference")
            {
                return;
            }
            if let Some(agent) = rest.strip_prefix("by ") {
                if agent.split(' ').count() > 8
                    || agent.contains("ing ")
                    || !quantity::scan(agent).is_empty()
                    || names_no_cause(agent)
                {
                    return;
                }
                let verb_phrase = if value == Direction::NoChange { "affect" } else { "change" };
                found.push(candidate(
                    "direction",
                    format!(
                        "how {} {agent} {verb_phrase} {subject}",
                        if clause.did() == "did" {
                            "did"
                        } else if agent.ends_with('s') {
                            "do"
                        } else {
                            "does"
                        }
                    ),
                    AnswerSpec::Direction { value },
                ));
                return;
            }
            if super::comparison::compared(clause, context).is_some() {
                // Two sides: asked for as a comparison.
                return;
            }
            found.push(candidate("direction", what_changed(clause, &subject, rest), AnswerSpec::Direction { value }));
            let state = verb.past;
            found.push(candidate(
                "boolean",
                format!("{} {subject} {state} {rest}", clause.was()),
                AnswerSpec::Boolean { value: !clause.negated },
            ));
            if let Some(opposite) = opposite_past(state).filter(|_| !clause.negated && opposite::fits(rest)) {
                found.push(candidate(
                    "boolean_no",
                    format!("{} {subject} {opposite} {rest}", clause.was()),
                    AnswerSpec::Boolean { value: false },
                ));
            }
        }
        _ => {}
    }
}

/// `raised questions`, `fell short`, `changed less in A`, `affected Y much`: no amount that went up or down.
fn is_no_amount(rest: &str) -> bool {
    const NO_AMOUNTS: &[&str] = &[
        "question",
        "questions",
        "possibility",
        "concerns",
        "concern",
        "awareness",
        "issue",
        "issues",
        "host",
        "short",
        "much",
        "together",
        "along",
        "differently",
        "similarly",
        "confidence",
        "understanding",
        "results",
        "findings",
        "conclusions",
        "existence",
        "counts",
    ];
    let first = rest.split(' ').next().unwrap_or("");
    matches!(first, "less" | "more" | "only" | "faster" | "slower" | "earlier" | "later" | "as")
        || rest.split(' ').any(|w| NO_AMOUNTS.contains(&w) || w != "only" && is_weak(w))
        || rest.contains("with a significant")
        || rest.contains("with significant")
        || rest.contains(" more than")
        || rest.contains(" less than")
        || rest.contains(" and that ")
        || rest.contains(" to a more ")
        || rest.contains(" to a less ")
}

/// `the localization of X`, `X distribution`: it may shift, but there is no more or less of it.
fn is_place(what: &str) -> bool {
    let head = what.split(' ').take_while(|w| !PREPOSITIONS.contains(w)).last().unwrap_or("");
    matches!(head, "localization" | "localizations" | "localisation" | "distribution")
        && ![" to ", " at ", " on "].iter().any(|place| what.contains(place))
}

/// How the subject changed; of genes, it is their expression that does.
fn what_changed(clause: &Clause, subject: &str, rest: &str) -> String {
    let head = subject.split(' ').take_while(|w| !PREPOSITIONS.contains(w) && !is_participle(w)).last().unwrap_or("");
    if matches!(head, "genes" | "gene" | "transcripts" | "mRNAs" | "proteins") {
        let did = if clause.did() == "did" { "did" } else { "does" };
        return format!("how {did} the expression of {subject} change {rest}");
    }
    format!("how {} {subject} change {rest}", clause.did())
}

/// `genes belonging to`, `genes encoding`.
fn is_participle(word: &str) -> bool {
    word.len() > 5 && (word.ends_with("ing") || word.ends_with("ed")) || word == "that"
}

/// `compared with X`, `when compared to X`: in what, the sentence before knows.
pub(super) fn is_bare_comparison(rest: &str) -> bool {
    matches!(rest.split(' ').next(), Some("compared" | "relative" | "versus" | "than" | "when" | "as"))
}

/// `the expression of X and the boundary`, `deformations or generation of Y`: an amount and a thing, a thing and a process.
pub(super) fn joins_unlike(rest: &str) -> bool {
    const AMOUNTS: &[&str] =
        &["expression", "level", "levels", "number", "amount", "abundance", "frequency", "activity"];
    let amount = rest.split_once(" of ").is_some_and(|(head, _)| head.split(' ').any(|w| AMOUNTS.contains(&w)));
    let process = |other: &str| {
        let mut words = other.split(' ');
        words.next().is_some_and(|w| ["ion", "ment", "ance", "ence", "sis"].iter().any(|end| w.ends_with(end)))
            && words.next() == Some("of")
    };
    let thing =
        |head: &str| head.ends_with('s') && !head.ends_with("ss") && !head.ends_with("sis") && !head.contains(' ');
    rest.split_once(" or ").is_some_and(|(head, other)| thing(head) && process(other))
        || amount
            && rest
                .split_once(" and the ")
                .is_some_and(|(_, other)| !other.split(' ').any(|w| w == "of" || AMOUNTS.contains(&w)))
}

/// Whether `subject` can change something by itself: a treatment, a molecule, a mutation, but no patients, mice or cells.
pub(super) fn can_act(subject: &str) -> bool {
    const ACTED_ON: &[&str] = &[
        "patients",
        "mice",
        "rats",
        "animals",
        "participants",
        "women",
        "men",
        "children",
        "subjects",
        "individuals",
        "cells",
        "plants",
        "flies",
        "worms",
        "embryos",
        "larvae",
        "groups",
        "group",
        "adults",
        "infants",
        "mutants",
        "neurons",
        "strains",
        "lines",
        "controls",
        "fish",
        "littermates",
        "males",
        "females",
        "cohort",
        "patient",
        "people",
        "users",
    ];
    let head = subject
        .split(' ')
        .take_while(|w| {
            !PREPOSITIONS.contains(w)
                && !matches!(
                    *w,
                    "treated"
                        | "lacking"
                        | "expressing"
                        | "carrying"
                        | "exposed"
                        | "fed"
                        | "injected"
                        | "derived"
                        | "isolated"
                )
        })
        .last()
        .unwrap_or("");
    !ACTED_ON.contains(&head) && !["cytes", "blasts", "phages"].iter().any(|end| head.ends_with(end))
}

fn opposite_past(word: &str) -> Option<&'static str> {
    Some(match word {
        "increased" | "elevated" | "enhanced" | "raised" => "reduced",
        "decreased" | "reduced" | "lowered" | "diminished" => "increased",
        "upregulated" => "downregulated",
        "downregulated" => "upregulated",
        _ => return None,
    })
}

/// Words that say from what, or upon what, something changed.
const REFERENCES: &[&str] =
    &["compared", "relative", "than", "after", "upon", "following", "versus", "during", "response", "when"];

pub(super) fn has_reference(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or("");
        let with = matches!(
            next,
            "increasing" | "age" | "time" | "treatment" | "the" | "aging" | "ageing" | "increased" | "rising"
        );
        REFERENCES.contains(word) || *word == "with" && at == 0 && with
    })
}
