//! Questions for a named relation: who inhibits whom, what is required for what, which kinase phosphorylates it.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::super::clause::{Clause, Group, Tense};
use super::super::context::Context;
use super::super::lexicon::{PREPOSITIONS, Sense};
use super::name::{name_kind, term};
use super::{Candidate, candidate, starts_modifier};

/// `X inhibits Y`: asks for X when it is a name, and whether.
pub(super) fn relation(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let rest = clause.rest.as_str();
    if !quantity::scan(rest).is_empty() {
        return;
    }
    match clause.group {
        Group::Active(verb) if verb.sense == Sense::Relation || matches!(verb.sense, Sense::Up | Sense::Down) => {
            let first = rest.split(' ').next().unwrap_or("");
            if rest.split(' ').count() < 2 || PREPOSITIONS.contains(&first) && !(verb.base == "bind" && first == "to") {
                return;
            }
            let form = if clause.tense == Tense::Past { verb.past } else { verb.third };
            let (object, tail) = rest.split_once(' ').map_or((rest, ""), |(object, tail)| (object, tail));
            if !clause.negated
                && verb.sense == Sense::Relation
                && (tail.is_empty() || starts_modifier(tail) || tail.starts_with("by "))
                && let Some(kind) = name_kind(object, context)
            {
                let subject = context.lower_first(&clause.subject);
                found.push(candidate(
                    "patient",
                    format!("{} {} {subject} {} {tail}", kind.word, clause.did(), verb.base),
                    term(kind.name, context),
                ));
            }
            if !clause.negated
                && let Some(kind) = name_kind(&clause.subject, context)
            {
                found.push(candidate("agent", format!("{} {form} {rest}", kind.word), term(kind.name, context)));
            }
            let subject = context.lower_first(&clause.subject);
            if verb.sense == Sense::Relation {
                found.push(candidate(
                    "boolean",
                    format!("{} {subject} {} {rest}", clause.did(), verb.base),
                    AnswerSpec::Boolean { value: !clause.negated },
                ));
                if let Some(opposite) = verb.opposite.filter(|_| !clause.negated) {
                    found.push(candidate(
                        "boolean_no",
                        format!("{} {subject} {opposite} {rest}", clause.did()),
                        AnswerSpec::Boolean { value: false },
                    ));
                }
            }
        }
        Group::Passive(verb) if !clause.negated && verb.sense == Sense::Relation => {
            let Some((place, agent)) = rest.rsplit_once("by ") else { return };
            let Some(kind) = name_kind(agent, context) else { return };
            let subject = context.lower_first(&clause.subject);
            let form = if clause.tense == Tense::Past { verb.past } else { verb.third };
            found.push(candidate(
                "agent",
                format!("{} {form} {subject} {}", kind.word, place.trim()),
                term(kind.name, context),
            ));
        }
        Group::Passive(verb) if !clause.negated && verb.base == "require" && rest.starts_with("for ") => {
            let Some(kind) = name_kind(&clause.subject, context) else { return };
            found.push(candidate(
                "required",
                format!("{} {} required {rest}", kind.word, if clause.tense == Tense::Past { "was" } else { "is" }),
                term(kind.name, context),
            ));
        }
        Group::Be if !clause.negated => {
            let needs = [
                "essential for ",
                "necessary for ",
                "required for ",
                "sufficient for ",
                "responsible for ",
                "critical for ",
                "indispensable for ",
            ];
            if !needs.iter().any(|need| rest.starts_with(need)) {
                return;
            }
            let Some(kind) = name_kind(&clause.subject, context) else { return };
            found.push(candidate(
                "required",
                format!("{} {} {rest}", kind.word, if clause.tense == Tense::Past { "was" } else { "is" }),
                term(kind.name, context),
            ));
        }
        _ => {}
    }
}

/// `X is a kinase that phosphorylates Y`.
pub(super) fn definition(clause: &Clause, found: &mut Vec<Candidate>) {
    if !matches!(clause.group, Group::Be) || clause.negated || clause.plural || clause.tense == Tense::Past {
        return;
    }
    let Some(body) = clause.rest.strip_prefix("a ").or_else(|| clause.rest.strip_prefix("an ")) else { return };
    let Some((class, what)) = body.split_once(" that ") else { return };
    let subject = clause.subject.trim_start_matches("The ");
    let n_words = subject.split(' ').count();
    let wide = matches!(
        class.split(' ').next_back(),
        Some(
            "process"
                | "condition"
                | "problem"
                | "factor"
                | "mechanism"
                | "way"
                | "method"
                | "approach"
                | "phenomenon"
                | "system"
                | "challenge"
                | "tool"
                | "concept"
                | "feature"
        )
    );
    if n_words > 4
        || class.split(' ').count() > 6
        || what.split(' ').count() < 3
        || wide
        || matches!(what.split(' ').next(), Some("aims" | "is" | "are" | "can" | "was" | "has" | "have"))
        || !quantity::scan(body).is_empty()
        || subject.starts_with("a ")
    {
        return;
    }
    let answer = AnswerSpec::Term { value: subject.to_owned(), synonyms: Vec::new() };
    found.push(candidate("definition", format!("which {class} {what}"), answer));
}
