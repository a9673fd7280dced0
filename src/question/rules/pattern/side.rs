//! A choice between the two sides of a comparison.

use super::super::super::order;
use super::{Candidate, candidate};

/// The option beside the two sides.
pub(in crate::question::rules) const NO_DIFFERENCE: &str = "neither: they did not differ";

/// A choice between two sides, with "no difference" beside them.
///
/// `ask`: the question with one of `words`, the comparative that is true of `left` and its opposite. Which of the two is asked for is
/// decided by the text, or else the treated side were always the right one. `differ`: whether the sides do.
pub(super) fn choice_of_two(
    ask: impl Fn(&str) -> String,
    words: (&str, &str),
    (left, other): (&str, &str),
    differ: bool,
    found: &mut Vec<Candidate>,
) {
    if left.split(' ').count() > 8 || other.split(' ').count() > 8 || left.eq_ignore_ascii_case(other) {
        return;
    }
    let other = other.split(" despite ").next().unwrap_or(other);
    let seed = format!("{} {left} {other}", ask(words.0));
    let turned = blake3::hash(seed.as_bytes()).as_bytes()[0] & 1 == 1;
    let (ask, side) = if turned { (ask(words.1), 1) } else { (ask(words.0), 0) };
    let options = vec![left.to_owned(), other.to_owned(), NO_DIFFERENCE.to_owned()];
    let right = if differ { side } else { 2 };
    if let Some(answer) = order::choice(&seed, options, right) {
        found.push(candidate("choice_sides", ask, answer));
    }
}

/// People, animals or plants that form a group.
pub(super) fn is_group(side: &str) -> bool {
    const GROUPS: &[&str] = &[
        "patients",
        "women",
        "men",
        "children",
        "mice",
        "rats",
        "animals",
        "participants",
        "subjects",
        "individuals",
        "controls",
        "group",
        "adults",
        "infants",
        "boys",
        "girls",
        "males",
        "females",
        "plants",
        "mutants",
        "flies",
        "fish",
        "littermates",
        "volunteers",
        "arm",
        "smokers",
        "users",
        "survivors",
        "cases",
        "lines",
        "families",
        "recipients",
        "donors",
        "cohort",
        "pigs",
        "sheep",
        "chickens",
        "larvae",
        "worms",
        "seedlings",
    ];
    side.split(' ').any(|w| GROUPS.contains(&w))
}
