//! Questions for what something needs, is linked to, or is left as it was.

use crate::model::answer::{AnswerSpec, Direction};
use crate::text::quantity;

use super::super::cause::names_no_cause;
use super::super::clause::{Clause, Group, Tense};
use super::super::context::Context;
use super::change::changed;
use super::comparison::yes_and_no;
use super::{Candidate, candidate, opposite, starts_modifier};

pub(super) fn states(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if !quantity::scan(&clause.rest).is_empty() || !quantity::scan(&clause.subject).iter().all(|q| q.adjective) {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    need(clause, &subject, found);
    link(clause, &subject, found);
    unchanged(clause, &subject, found);
}

/// `X is required for Y`, `X is dispensable for Y`, `X was sufficient to induce Y`.
fn need(clause: &Clause, subject: &str, found: &mut Vec<Candidate>) {
    let rest = match clause.group {
        Group::Be => clause.rest.clone(),
        Group::Passive(verb) if verb.base == "require" => format!("required {}", clause.rest),
        _ => return,
    };
    const NEEDS: &[(&str, bool)] = &[
        ("required for ", true),
        ("essential for ", true),
        ("necessary for ", true),
        ("indispensable for ", true),
        ("dispensable for ", false),
        ("sufficient for ", true),
        ("sufficient to ", true),
        ("required to ", true),
    ];
    let Some((phrase, needed)) = NEEDS.iter().find(|(phrase, _)| rest.starts_with(phrase)) else { return };
    // `a larger trial is required to settle the question` is no finding.
    let wished = subject
        .split(' ')
        .any(|w| matches!(w, "trial" | "trials" | "research" | "work" | "efforts" | "investigation" | "data"));
    if wished || rest.contains(" but ") || rest.split(' ').count() < 4 {
        return;
    }
    let what = &rest[phrase.len()..];
    if is_platitude(what) {
        return;
    }
    let (asked, value) = if *needed { (*phrase, !clause.negated) } else { ("required for ", clause.negated) };
    found.push(candidate(
        if value { "boolean" } else { "boolean_no" },
        format!("{} {subject} {asked}{what}", clause.was()),
        AnswerSpec::Boolean { value },
    ));
}

/// `effective management and treatment`: what everything good is essential for.
fn is_platitude(what: &str) -> bool {
    const GOOD: &[&str] =
        &["effective", "optimal", "proper", "successful", "appropriate", "timely", "adequate", "better"];
    const CARE: &[&str] = &["management", "treatment", "care", "diagnosis", "prevention", "outcomes", "implementation"];
    let has = |list: &[&str]| what.split(' ').any(|w| list.contains(&w));
    has(GOOD) && has(CARE)
}

/// `X was associated with increased Y`, `X correlated negatively with Y`, `X interacts with Y`.
fn link(clause: &Clause, subject: &str, found: &mut Vec<Candidate>) {
    let manner = clause.manner.as_deref();
    match clause.group {
        Group::Passive(verb) if matches!(verb.base, "associate" | "correlate") && !clause.negated => {
            let Some(rest) = clause.rest.strip_prefix("with ") else { return };
            let asked = |way: &str| format!("{} {subject} {way}", clause.was());
            if let Some((value, what)) =
                changed(rest).filter(|(_, what)| !what.contains(" and ") && !what.contains(" than "))
            {
                let (yes, no) = match value {
                    Direction::Decrease => ("reduced", "increased"),
                    _ => ("increased", "reduced"),
                };
                found.push(candidate(
                    "boolean",
                    asked(&format!("associated with {yes} {what}")),
                    AnswerSpec::Boolean { value: true },
                ));
                if opposite::fits(what) {
                    found.push(candidate(
                        "boolean_no",
                        asked(&format!("associated with {no} {what}")),
                        AnswerSpec::Boolean { value: false },
                    ));
                }
            } else if let Some((way, other)) = manner.and_then(sign)
                && rest.split(' ').count() >= 2
            {
                let past = verb.past;
                yes_and_no(
                    asked(&format!("{way} {past} with {rest}")),
                    asked(&format!("{other} {past} with {rest}")),
                    found,
                );
            }
        }
        Group::Active(verb) if verb.base == "correlate" && !clause.negated => {
            let Some((way, other)) = manner.and_then(sign) else { return };
            if !clause.rest.starts_with("with ") {
                return;
            }
            let asked = |way: &str| format!("{} {subject} correlate {way} {}", clause.did(), clause.rest);
            yes_and_no(asked(way), asked(other), found);
        }
        Group::Active(verb)
            if matches!(verb.base, "interact" | "colocalize" | "co-localize" | "associate")
                && clause.rest.starts_with("with ") =>
        {
            // `directly or indirectly`: one of the two it always is.
            if clause.rest.contains("directly or indirectly") {
                return;
            }
            let value = !clause.negated;
            found.push(candidate(
                if value { "boolean" } else { "boolean_no" },
                format!("{} {subject} {} {}", clause.did(), clause.with_manner(verb.base), clause.rest),
                AnswerSpec::Boolean { value },
            ));
        }
        _ => {}
    }
}

fn sign(manner: &str) -> Option<(&'static str, &'static str)> {
    match manner {
        "positively" => Some(("positively", "negatively")),
        "negatively" => Some(("negatively", "positively")),
        "inversely" => Some(("inversely", "positively")),
        _ => None,
    }
}

/// `in Vimp2-deficient mice`, `after fasting`: what could have changed it.
fn names_cause(rest: &str) -> bool {
    if rest.starts_with("between ") {
        return false;
    }
    const CAUSED: &[&str] =
        &["mutant", "mutants", "knockout", "knockouts", "null", "lacking", "mice", "embryos", "patients"];
    !["in ", "at ", "on ", "within ", "across "].iter().any(|place| rest.starts_with(place))
        || rest.split(' ').any(|w| {
            CAUSED.contains(&w)
                || ["-deficient", "-null", "-treated", "-/-", "KO", "^{", "\u{394}", "\u{2206}"]
                    .iter()
                    .any(|c| w.contains(c))
        })
        || [" compared ", " relative ", " after ", " treated ", " exposed "].iter().any(|c| rest.contains(c))
}

/// `Y was unchanged in A`, `Y was unaffected by X`.
fn unchanged(clause: &Clause, subject: &str, found: &mut Vec<Candidate>) {
    if !matches!(clause.group, Group::Be) || clause.negated {
        return;
    }
    let Some(rest) = ["unchanged ", "unaffected ", "unaltered "].iter().find_map(|w| clause.rest.strip_prefix(w))
    else {
        return;
    };
    let did = if clause.tense == Tense::Past { "did" } else { clause.did() };
    if let Some(agent) = rest.strip_prefix("by ") {
        if agent.split(' ').count() <= 8 && !agent.contains(" and ") && !names_no_cause(agent) {
            found.push(candidate(
                "direction",
                format!("how {did} {agent} change {subject}"),
                AnswerSpec::Direction { value: Direction::NoChange },
            ));
        }
    } else if rest.starts_with("upon ") || starts_modifier(rest) && names_cause(rest) {
        found.push(candidate(
            "direction",
            format!("how {did} {subject} change {rest}"),
            AnswerSpec::Direction { value: Direction::NoChange },
        ));
    }
}
