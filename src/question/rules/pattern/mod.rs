//! From a clause to questions: which parts become the answer, and how the rest is asked.

mod change;
mod comparison;
mod direction;
mod measure;
pub(super) mod name;
mod opposite;
pub(super) mod place;
mod relation;
pub(super) mod side;
mod size;
mod state;
mod statistic;

use crate::model::answer::AnswerSpec;

use super::clause::{Bare, Clause};
use super::context::Context;

/// A question on the way: still to be checked and completed with its setting.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub rule: &'static str,
    /// The question without its setting, first word in lower case, without the question mark.
    pub ask: String,
    pub answer: AnswerSpec,
    /// Whether more names may be right than the answer's: such a question is asked as a choice only.
    pub open: bool,
}

/// Every question the clause allows; `bare` holds what its brackets say.
pub(super) fn ask(clause: &Clause, bare: &Bare, context: &Context<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    if clause.subject == "There" || clause.subject.starts_with("No ") {
        comparison::no_difference(clause, context, &mut found);
        return found;
    }
    measure::share(clause, &mut found);
    measure::amount(clause, context, &mut found);
    measure::by_how_much(clause, context, &mut found);
    direction::direction(clause, context, &mut found);
    comparison::comparison(clause, context, &mut found);
    comparison::no_difference(clause, context, &mut found);
    relation::relation(clause, context, &mut found);
    relation::definition(clause, context, &mut found);
    measure::measured_noun(clause, context, &mut found);
    change::change_noun(clause, context, &mut found);
    statistic::statistics(clause, bare, context, &mut found);
    size::sizes(clause, context, &mut found);
    state::states(clause, context, &mut found);
    place::places(clause, context, &mut found);
    found
}

fn candidate(rule: &'static str, ask: String, answer: AnswerSpec) -> Candidate {
    Candidate { rule, ask, answer, open: false }
}

fn starts_modifier(tail: &str) -> bool {
    matches!(
        tail.split(' ').next(),
        Some(
            "in" | "for"
                | "at"
                | "among"
                | "after"
                | "during"
                | "with"
                | "before"
                | "following"
                | "on"
                | "within"
                | "across"
                | "under"
                | "when"
                | "between"
                | "over"
        )
    )
}
