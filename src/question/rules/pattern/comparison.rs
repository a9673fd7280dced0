//! Questions for a comparison of two sides.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::super::clause::{Clause, Group, is_adverb};
use super::super::context::Context;
use super::super::lexicon::Sense;
use super::super::words::{MEASURES, PREPOSITIONS};
use super::side::{choice_of_two, is_group};
use super::{Candidate, candidate, starts_modifier};

/// Two sides and what was measured in both.
pub(super) struct Compared<'c> {
    /// `serum lactate concentrations`, first word in lower case.
    pub what: String,
    /// `in`, `among`, `at`.
    pub place: &'c str,
    pub left: String,
    pub right: String,
    /// `higher`, and its opposite; for sides that are alike, what they are not.
    pub word: &'static str,
    pub opposite: &'static str,
}

/// Comparatives with their opposites.
const COMPARATIVES: &[(&str, &str)] = &[
    ("higher", "lower"),
    ("greater", "lower"),
    ("lower", "higher"),
    ("longer", "shorter"),
    ("shorter", "longer"),
    ("larger", "smaller"),
    ("smaller", "larger"),
    ("faster", "slower"),
    ("slower", "faster"),
    ("stronger", "weaker"),
    ("weaker", "stronger"),
    ("thicker", "thinner"),
    ("thinner", "thicker"),
    ("more frequent", "less frequent"),
    ("less frequent", "more frequent"),
    ("more common", "less common"),
    ("less common", "more common"),
    ("more abundant", "less abundant"),
    ("less abundant", "more abundant"),
    ("more severe", "less severe"),
    ("less severe", "more severe"),
    ("more efficient", "less efficient"),
    ("less efficient", "more efficient"),
    ("more stable", "less stable"),
    ("less stable", "more stable"),
    ("more sensitive", "less sensitive"),
    ("less sensitive", "more sensitive"),
];

/// The comparative that opens `rest`, and what follows it.
fn comparative(rest: &str) -> Option<(&'static str, &'static str, &str)> {
    let mut text = rest;
    while let Some((first, tail)) = text.split_once(' ') {
        if !is_adverb(first) && !matches!(first, "a" | "much" | "far" | "also" | "markedly") {
            break;
        }
        text = tail;
    }
    COMPARATIVES.iter().find_map(|(word, opposite)| {
        let tail = text.strip_prefix(word)?.strip_prefix(' ')?;
        Some((*word, *opposite, tail))
    })
}

/// The text before and behind the word that compares.
pub(super) fn sides(tail: &str) -> Option<(&str, &str)> {
    if let Some(right) = tail.strip_prefix("than ") {
        return Some(("", right));
    }
    [
        " than ",
        " compared with ",
        " compared to ",
        " when compared with ",
        " when compared to ",
        " as compared with ",
        " as compared to ",
        " relative to ",
        " versus ",
    ]
    .iter()
    .filter_map(|s| tail.split_once(s))
    .min_by_key(|(left, _)| left.len())
    .map(|(left, right)| (left.trim_end_matches(" when").trim_end_matches(" as"), right))
}

/// `proportion`, `rate`: of what is not said.
pub(super) fn is_vague_measure(what: &str) -> bool {
    !what.contains(' ') && (MEASURES.contains(&what) || what == "proportion" || what == "proportions")
}

/// Whether `text` can be named as one side: short, one thing, no leftover of the sentence.
pub(super) fn is_side(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or("");
    (1..=9).contains(&text.split(' ').count())
        && text.len() >= 3
        && !text.contains(" and ")
        && !text.contains(" or ")
        && !text.contains(" than ")
        && !text.contains("especially ")
        && !text.contains("particularly ")
        && !starts_modifier(text)
        && !matches!(
            first,
            "that"
                | "those"
                | "all"
                | "other"
                | "expected"
                | "any"
                | "most"
                | "what"
                | "some"
                | "both"
                | "either"
                | "their"
        )
        // `the first half of cases`: a part of the work.
        && !matches!(text.trim_start_matches("the ").split(' ').next(), Some("first" | "second" | "third" | "last"))
        && !is_bare_label(text)
        && !matches!(
            text,
            "vehicle"
                | "controls"
                | "control"
                | "baseline"
                | "normal"
                | "before"
                | "the control"
                | "the controls"
                | "control group"
                | "the control group"
        )
}

/// `the P-N group`, `GDM2`, `group A`: a label that only the paper explains.
fn is_bare_label(text: &str) -> bool {
    let words: Vec<&str> = text.trim_start_matches("the ").split(' ').collect();
    let short = |w: &str| {
        let letters = w.chars().filter(|c| c.is_alphabetic()).count();
        w.len() <= 4 && letters <= 3 && !w.chars().any(char::is_lowercase) && w != "WT" && w != "KO"
            || w.len() <= 6 && w.ends_with(|c: char| c.is_ascii_digit()) && !w.chars().any(char::is_lowercase)
    };
    match words.as_slice() {
        [one] => short(one),
        [one, "group" | "groups" | "arm" | "cohort" | "patients"]
        | ["group" | "groups" | "Group" | "Groups" | "arm" | "cohort", one] => short(one) || one.len() <= 2,
        _ => false,
    }
}

/// Whether one of two groups that are compared has a label for a name: `in GDM2 compared to controls`.
pub(super) fn has_bare_label(rest: &str) -> bool {
    sides(rest).is_some_and(|(left, right)| {
        let left = ["in ", "among ", "for ", "at "].iter().find_map(|place| left.strip_prefix(place)).unwrap_or(left);
        is_bare_label(left) || is_bare_label(right)
    })
}

/// `premenopausal` beside `postmenopausal women`, `Trenk5^{−/−}` beside `wild-type astrocytes` lack the noun they share.
fn completed(left: &str, right: &str) -> String {
    const CULTURED: &[&str] = &["cells", "neurons", "embryos", "neurospheres", "organoids", "cultures", "astrocytes"];
    let noun = right.rsplit(' ').next().unwrap_or("");
    let people = is_group(noun) && !left.contains(' ') && !left.ends_with('s');
    let genotype = CULTURED.contains(&noun)
        && !left.contains(noun)
        && left.rsplit(' ').next().is_some_and(|w| w.chars().any(char::is_uppercase) && !w.ends_with('s'));
    if right.contains(' ') && !is_group(left) && (people || genotype) {
        format!("{left} {noun}")
    } else {
        left.to_owned()
    }
}

/// The two sides of `Y was higher in A than in B` or `Y was increased in A compared with B`.
pub(super) fn compared<'c>(clause: &'c Clause, context: &Context<'_>) -> Option<Compared<'c>> {
    if clause.negated {
        return None;
    }
    let (word, opposite, tail) = match clause.group {
        Group::Be => comparative(&clause.rest)?,
        Group::Passive(verb) if verb.sense == Sense::Up => ("higher", "lower", clause.rest.as_str()),
        Group::Passive(verb) if verb.sense == Sense::Down => ("lower", "higher", clause.rest.as_str()),
        _ => return None,
    };
    let (left, right) = sides(tail)?;
    let (place, left) = left.split_once(' ')?;
    if !matches!(place, "in" | "among" | "at" | "for" | "on" | "during") {
        return None;
    }
    let right = right.strip_prefix(place).map_or(right, str::trim_start);
    let right = right.strip_prefix("that in ").or_else(|| right.strip_prefix("those in ")).unwrap_or(right);
    let left = completed(left, right);
    // `for attractive than for repulsive cues`: the noun is missing.
    if !left.contains(' ')
        && right.contains(' ')
        && ["ive", "al", "ic", "ous", "ary"].iter().any(|end| left.ends_with(end))
    {
        return None;
    }
    (is_side(&left) && is_side(right) && !left.eq_ignore_ascii_case(right)).then(|| Compared {
        what: context.lower_first(&clause.subject),
        place,
        left,
        right: right.to_owned(),
        word,
        opposite,
    })
}

/// `Y was higher in A than in B`, `Y in A was higher than that in B`, `A had lower Y than B`.
pub(super) fn comparison(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if matches!(clause.group, Group::Passive(_)) {
        if let Some(sides) = compared(clause, context)
            && quantity::scan(&clause.rest).is_empty()
            && quantity::scan(&clause.subject).is_empty()
        {
            of_sides(clause, &sides, found);
        }
        return;
    }
    let Some((word, opposite, tail)) = comparative(&clause.rest) else { return };
    if clause.negated || !quantity::scan(tail).is_empty() || !quantity::scan(&clause.subject).is_empty() {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    match clause.group {
        Group::Be => {
            if let Some(sides) = compared(clause, context) {
                of_sides(clause, &sides, found);
                return;
            }
            // `Y in A was higher than that in B`.
            let Some(("", right)) = sides(tail) else { return };
            let pronoun = right.split(' ').next().unwrap_or("");
            let place = right.split(' ').nth(1).unwrap_or("");
            if !matches!(pronoun, "that" | "those")
                || !matches!(place, "in" | "of" | "among" | "for" | "from" | "at")
                || !clause.subject.contains(&format!(" {place} "))
                || right.split(' ').count() > 9
                || right.contains(" and ")
            {
                return;
            }
            let asked = |word: &str| format!("{} {subject} {word} than {right}", clause.was());
            yes_and_no(asked(word), asked(opposite), found);
        }
        Group::Have => {
            let Some((left, right)) = sides(tail).filter(|(left, _)| !left.is_empty()) else { return };
            let right = right.strip_suffix(" did").unwrap_or(right);
            if !is_side(&subject)
                || !is_side(right)
                || left.contains(" and ")
                || starts_modifier(left)
                || is_vague_measure(left)
            {
                return;
            }
            let article = if clause.rest.starts_with("a ") { "a " } else { "" };
            let asked = |word: &str| format!("{} {subject} have {article}{word} {left} than {right}", clause.did());
            yes_and_no(asked(word), asked(opposite), found);
            choice_of_two(
                |word| format!("which had {article}{word} {left}"),
                (word, opposite),
                (&subject, right),
                true,
                found,
            );
        }
        _ => {}
    }
}

/// Yes and no, and the choice of the two sides. Sides differ, they do not change: no direction is asked for.
fn of_sides(clause: &Clause, sides: &Compared<'_>, found: &mut Vec<Candidate>) {
    let Compared { what, place, left, right, word, opposite } = sides;
    let asked = |word: &str| format!("{} {what} {word} {place} {left} than {place} {right}", clause.was());
    yes_and_no(asked(word), asked(opposite), found);
    if is_group(left) && *place != "during" && *place != "at" {
        let ask = |word: &str| format!("{place} which group {} {what} {word}", clause.was());
        choice_of_two(ask, (word, opposite), (left, right), true, found);
    } else if *place == "in" {
        let ask = |word: &str| format!("where {} {what} {word}", clause.was());
        choice_of_two(ask, (word, opposite), (&format!("in {left}"), &format!("in {right}")), true, found);
    }
}

pub(super) fn yes_and_no(yes: String, no: String, found: &mut Vec<Candidate>) {
    found.push(candidate("boolean", yes, AnswerSpec::Boolean { value: true }));
    found.push(candidate("boolean_no", no, AnswerSpec::Boolean { value: false }));
}

/// What did not differ, and between whom.
pub(super) fn alike(clause: &Clause, context: &Context<'_>) -> Option<Compared<'static>> {
    let difference = |text: &str| -> Option<String> {
        let mut text = text;
        for lead in ["no ", "No ", "statistically ", "significant ", "significantly ", "apparent "] {
            text = text.strip_prefix(lead).unwrap_or(text);
        }
        ["differences in ", "difference in ", "differences of ", "difference of "]
            .iter()
            .find_map(|d| text.strip_prefix(d))
            .map(|what| what.strip_prefix("the ").unwrap_or(what).to_owned())
    };
    let (what, rest) = match clause.group {
        Group::Be if clause.subject == "There" && clause.rest.starts_with("no ") => {
            let what = difference(&clause.rest)?;
            let (what, rest) = what.split_once(" between ")?;
            (what.to_owned(), rest.to_owned())
        }
        Group::Passive(verb)
            if clause.subject.starts_with("No ")
                && !clause.negated
                && matches!(verb.base, "observe" | "detect" | "see" | "find" | "show") =>
        {
            (difference(&clause.subject)?, clause.rest.strip_prefix("between ")?.to_owned())
        }
        Group::Be if !clause.negated && quantity::scan(&clause.subject).is_empty() => {
            let rest = ["similar ", "comparable ", "not different ", "indistinguishable "]
                .iter()
                .find_map(|w| clause.rest.strip_prefix(w))?;
            let rest = rest.strip_prefix("between ").or_else(|| rest.strip_prefix("in "))?;
            (context.lower_first(&clause.subject), rest.to_owned())
        }
        Group::Active(verb) if verb.base == "differ" && clause.negated => {
            let rest = clause.rest.strip_prefix("significantly ").unwrap_or(&clause.rest);
            (context.lower_first(&clause.subject), rest.strip_prefix("between ")?.to_owned())
        }
        _ => return None,
    };
    let (left, right) = rest.split_once(" and ")?;
    let left = completed(left, right);
    // `in the fat of A and B`: the place belongs to both.
    if left.contains(" of ") || left.contains(" in ") {
        return None;
    }
    let clean = |text: &str| quantity::scan(text).is_empty() && !text.contains(" and ") && !text.contains(" or ");
    let start = ["baseline", "Baseline", "demographic", "characteristics", "age", "sex", "gender"];
    let at_start = what.split(' ').any(|w| start.contains(&w));
    (is_side(&left) && is_side(right) && !at_start && clean(&what) && what.len() > 5 && !what.contains(" between "))
        .then(|| Compared { what, place: "between", left, right: right.to_owned(), word: "higher", opposite: "lower" })
}

/// `There was no difference in Y between A and B`, `Y did not differ between A and B`.
pub(super) fn no_difference(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let Some(Compared { what, left, right, .. }) = alike(clause, context) else { return };
    let head = what.split(' ').take_while(|w| !PREPOSITIONS.contains(w)).last().unwrap_or("");
    let many = head.ends_with('s') && !head.ends_with("ss") && !head.ends_with("is");
    let did = match (clause.did(), many) {
        ("did", _) => "did",
        (_, true) => "do",
        (_, false) => "does",
    };
    found.push(candidate(
        "boolean_no",
        format!("{did} {what} differ significantly between {left} and {right}"),
        AnswerSpec::Boolean { value: false },
    ));
    if is_group(&left) || is_group(&right) {
        let was = match (did, many) {
            ("did", true) => "were",
            ("did", false) => "was",
            (_, true) => "are",
            (_, false) => "is",
        };
        let ask = |word: &str| format!("in which group {was} {what} {word}");
        choice_of_two(ask, ("higher", "lower"), (&left, &right), false, found);
    }
}
