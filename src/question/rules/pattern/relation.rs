//! Questions for a named relation: who inhibits whom, what is required for what, which kinase phosphorylates it.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::super::clause::{Clause, Group, Tense};
use super::super::context::{Context, is_name};
use super::super::lexicon::Sense;
use super::super::words::PREPOSITIONS;
use super::change::changed;
use super::direction::joins_unlike;
use super::name::{Named, disturbed, name_kind, term};
use super::{Candidate, candidate, opposite, starts_modifier};

/// `X inhibits Y`: asks for X when it is a name, and whether.
pub(super) fn relation(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let rest = clause.rest.as_str();
    // `induced a higher response`: the change is asked for, not the inducing.
    if !quantity::scan(rest).is_empty() || changed(rest).is_some() || is_compared(rest) || joins_unlike(rest) {
        return;
    }
    match clause.group {
        Group::Active(verb) if verb.sense == Sense::Relation || matches!(verb.sense, Sense::Up | Sense::Down) => {
            let first = rest.split(' ').next().unwrap_or("");
            if rest.split(' ').count() < 2 || PREPOSITIONS.contains(&first) && !(verb.base == "bind" && first == "to") {
                return;
            }
            // `recruited women`: into the study.
            let enrolled = verb.base == "recruit" && has_people(rest);
            if matches!(verb.base, "fall" | "drop" | "rise" | "decline") || enrolled {
                return;
            }
            let form = clause.with_manner(if clause.tense == Tense::Past { verb.past } else { verb.third });
            if !clause.negated
                && verb.sense == Sense::Relation
                && let Some((kind, tail)) = named_object(rest, context)
            {
                let subject = context.lower_first(&clause.subject);
                found.push(candidate(
                    "patient",
                    format!("{} {} {subject} {} {tail}", kind.word, clause.did(), clause.with_manner(verb.base)),
                    term(kind.name, context),
                ));
            }
            if !clause.negated
                && let Some(kind) = name_kind(&clause.subject, context)
            {
                let word = match verb.base {
                    "encode" if kind.word == "what" || kind.word == "which protein" => "which gene",
                    _ => kind.word.as_str(),
                };
                found.push(candidate("agent", format!("{word} {form} {rest}"), term(kind.name, context)));
            }
            if !clause.negated
                && let Some(kind) = disturbed(&clause.subject, context)
            {
                found.push(candidate("disturbed", format!("{} {form} {rest}", kind.word), term(kind.name, context)));
            }
            if !clause.negated
                && verb.base == "phosphorylate"
                && let Some((object, link, site, tail)) = residue(rest)
            {
                let subject = context.lower_first(&clause.subject);
                let ask = format!("{link} which residue {} {subject} phosphorylate {object} {tail}", clause.did());
                found.push(candidate("residue", ask, term(site, context)));
            }
            let subject = context.lower_first(&clause.subject);
            if verb.sense == Sense::Relation && verb.base != "encode" {
                found.push(candidate(
                    "boolean",
                    format!("{} {subject} {} {rest}", clause.did(), clause.with_manner(verb.base)),
                    AnswerSpec::Boolean { value: !clause.negated },
                ));
                let turned = match clause.manner.as_deref() {
                    // What blocks completely does not "completely enhance".
                    Some("completely" | "fully") => None,
                    Some("negatively") => Some(format!("positively {}", verb.base)),
                    Some("positively") => Some(format!("negatively {}", verb.base)),
                    _ => verb.opposite.map(|opposite| clause.with_manner(opposite)),
                };
                // `inhibits X to restore Y`: the opposite verb does not fit the purpose.
                if let Some(opposite) = turned.filter(|_| !clause.negated && opposite::fits_relation(rest)) {
                    found.push(candidate(
                        "boolean_no",
                        format!("{} {subject} {opposite} {rest}", clause.did()),
                        AnswerSpec::Boolean { value: false },
                    ));
                }
            }
        }
        Group::Passive(verb) if !clause.negated && verb.sense == Sense::Relation => {
            // `by X in Y`, or `in Y by X`.
            let first = rest.strip_prefix("by ").and_then(|agent| named_object(agent, context));
            let last = || {
                let (place, agent) = rest.rsplit_once(" by ")?;
                Some((name_kind(agent, context)?, place))
            };
            let Some((kind, place)) = first.or_else(last) else { return };
            let subject = context.lower_first(&clause.subject);
            let form = clause.with_manner(if clause.tense == Tense::Past { verb.past } else { verb.third });
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

fn has_people(rest: &str) -> bool {
    const PEOPLE: &[&str] = &["women", "men", "patients", "participants", "children", "adults", "people", "volunteers"];
    rest.split(' ').take(3).any(|w| PEOPLE.contains(&w))
}

/// `more slowly`, `a higher response`, `and that the …`: more than the verb's own relation is stated.
fn is_compared(rest: &str) -> bool {
    rest.contains("not only")
        || rest.contains(" and that ")
        || rest.contains(" and to ")
        || [
            "possibility",
            "interpretation",
            "generalizability",
            "conclusions",
            "multitude",
            " results",
            "a degree of",
            "changes in ",
            "effects that",
        ]
        .iter()
        .any(|w| rest.contains(w))
        || rest.split(' ').any(|w| {
            matches!(w, "more" | "less" | "higher" | "lower" | "larger" | "smaller" | "greater" | "fewer" | "normally")
        })
}

/// The name that opens `rest` (`Y`, `the kinase Y`, `Y expression` is none), and the modifier behind it.
fn named_object<'s>(rest: &'s str, context: &Context<'_>) -> Option<(Named<'s>, &'s str)> {
    let ends = rest.match_indices(' ').map(|(at, _)| at).chain([rest.len()]).take(4);
    ends.into_iter().find_map(|end| {
        let tail = rest[end..].trim_start();
        let open = tail.is_empty() || starts_modifier(tail) || tail.starts_with("by ");
        open.then(|| name_kind(&rest[..end], context)).flatten().map(|kind| (kind, tail))
    })
}

/// `Y at Ser133 in vitro`: object, `at` or `on`, the residue, what follows.
fn residue(rest: &str) -> Option<(&str, &str, &str, &str)> {
    let (object, link, tail) = [" at ", " on "].iter().find_map(|link| {
        let (object, tail) = rest.split_once(link)?;
        Some((object, link.trim(), tail))
    })?;
    let (site, tail) = tail.split_once(' ').unwrap_or((tail, ""));
    let digits = site.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
    let letters = site[..site.len() - digits.len()].trim_end_matches('-');
    let amino =
        matches!(letters, "S" | "T" | "Y" | "Ser" | "Thr" | "Tyr" | "serine" | "threonine" | "tyrosine" | "H" | "His");
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (amino && number && (tail.is_empty() || starts_modifier(tail))).then_some((object, link, site, tail))
}

/// `X is a kinase that phosphorylates Y`.
pub(super) fn definition(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
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
    let class =
        ["known ", "well-known ", "novel ", "new ", "common ", "major ", "key ", "important ", "crucial ", "critical "]
            .iter()
            .find_map(|a| class.strip_prefix(a))
            .unwrap_or(class);
    let first = subject.split(' ').next().unwrap_or("").to_lowercase();
    let numbered =
        matches!(first.as_str(), "first" | "second" | "third" | "last" | "main" | "most" | "only" | "result" | "other");
    if n_words > 3
        || numbered
        || context.abbreviations.long_form(subject).is_none() && !context.is_frequent(subject) && !is_name(subject)
        || class.split(' ').count() > 6
        || what.split(' ').count() < 3
        || wide
        || matches!(what.split(' ').next(), Some("aims" | "is" | "are" | "can" | "was" | "has" | "have"))
        || !quantity::scan(body).is_empty()
        || subject.starts_with("a ")
    {
        return;
    }
    let answer = AnswerSpec::Term { value: context.lower_first(subject), synonyms: Vec::new() };
    found.push(candidate("definition", format!("which {class} {what}"), answer));
}
