//! Questions for a comparison of two sides.

use crate::model::answer::{AnswerSpec, Direction};
use crate::text::quantity;

use super::super::clause::{Clause, Group, is_adverb};
use super::super::context::Context;
use super::{Candidate, candidate, starts_modifier};

/// `Y was higher in A than in B`, `A had lower Y than B`.
pub(super) fn comparison(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let rest = clause.rest.as_str();
    let mut words = rest.split(' ').skip_while(|w| is_adverb(w) || *w == "a" || *w == "much" || *w == "also");
    let Some(word) = words.next() else { return };
    let (value, opposite) = match word {
        "higher" | "greater" => (Direction::Increase, "lower"),
        "lower" => (Direction::Decrease, "higher"),
        _ => return,
    };
    let tail: Vec<&str> = words.collect();
    let tail = tail.join(" ");
    let Some((left, right)) = [" than ", " compared with ", " compared to ", " relative to ", " versus "]
        .iter()
        .find_map(|s| tail.split_once(s))
    else {
        return;
    };
    if clause.negated
        || !quantity::scan(&tail).is_empty()
        || !quantity::scan(&clause.subject).is_empty()
        || right.contains(" and ")
        || right.is_empty()
    {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    match clause.group {
        Group::Be => {
            let place = left.split(' ').next().unwrap_or("");
            if !matches!(place, "in" | "among" | "at" | "for" | "with" | "on" | "during") {
                return;
            }
            let pronoun = if clause.plural { "those" } else { "that" };
            let right_place = if right.starts_with(place) || starts_modifier(right) {
                right.to_owned()
            } else {
                format!("{place} {right}")
            };
            found.push(candidate(
                "comparison",
                format!("how {} {subject} {left} compare with {pronoun} {right_place}", clause.did()),
                AnswerSpec::Direction { value },
            ));
            found.push(candidate(
                "boolean",
                format!("{} {subject} {word} {left} than {right_place}", clause.was()),
                AnswerSpec::Boolean { value: true },
            ));
            found.push(candidate(
                "boolean_no",
                format!("{} {subject} {opposite} {left} than {right_place}", clause.was()),
                AnswerSpec::Boolean { value: false },
            ));
            let (a, b) =
                (left.split_once(' ').map_or(left, |(_, a)| a), right_place.split_once(' ').map_or(right, |(_, b)| b));
            choice_of_two(format!("{place} which group {} {subject} {word}", clause.was()), a, b, found);
        }
        Group::Have => {
            let have = "have";
            let article = if rest.starts_with("a ") { "a " } else { "" };
            found.push(candidate(
                "boolean",
                format!("{} {subject} {have} {article}{word} {left} than {right}", clause.did()),
                AnswerSpec::Boolean { value: true },
            ));
            found.push(candidate(
                "boolean_no",
                format!("{} {subject} {have} {article}{opposite} {left} than {right}", clause.did()),
                AnswerSpec::Boolean { value: false },
            ));
            if !starts_modifier(left) {
                choice_of_two(format!("which had {article}{word} {left}"), &subject, right, found);
            }
        }
        _ => {}
    }
}

/// A choice between the two sides of a comparison, with "no difference" beside them.
pub(super) fn choice_of_two(ask: String, right_one: &str, other: &str, found: &mut Vec<Candidate>) {
    if right_one.split(' ').count() > 8
        || other.split(' ').count() > 8
        || other.starts_with("that")
        || other.starts_with("those")
        || right_one.eq_ignore_ascii_case(other)
    {
        return;
    }
    let other = other.split(" despite ").next().unwrap_or(other);
    let ask = ask.trim_end_matches(" when");
    let options = vec![right_one.to_owned(), other.to_owned(), "neither: they did not differ".to_owned()];
    let ask = format!("{ask}: {right_one} or {other}");
    found.push(candidate("choice_sides", ask, AnswerSpec::Choice { options, correct: "A".to_owned() }));
}
