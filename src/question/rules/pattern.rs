//! From a clause to questions: which parts become the answer, and how the rest is asked.

use crate::model::answer::{AnswerSpec, Comparator, Direction, Tolerance};
use crate::text::quantity::{self, Bound, Kind, Quantity};

use super::clause::{Clause, Group, Tense, direction_of};
use super::context::{Context, is_name};
use super::lexicon::{MEASURES, Sense};

/// A question on the way: still to be checked and completed with its setting.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub rule: &'static str,
    /// The question without its setting, first word in lower case, without the question mark.
    pub ask: String,
    pub answer: AnswerSpec,
}

fn candidate(rule: &'static str, ask: String, answer: AnswerSpec) -> Candidate {
    Candidate { rule, ask, answer }
}

/// Every question the clause allows.
pub(super) fn ask(clause: &Clause, context: &Context<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    share(clause, &mut found);
    amount(clause, context, &mut found);
    by_how_much(clause, context, &mut found);
    direction(clause, context, &mut found);
    comparison(clause, context, &mut found);
    relation(clause, context, &mut found);
    definition(clause, &mut found);
    measured_noun(clause, context, &mut found);
    change_noun(clause, context, &mut found);
    found
}

fn number(text: &str, q: &Quantity) -> Option<AnswerSpec> {
    let comparator = match q.bound {
        Bound::None => Comparator::Equal,
        Bound::Below | Bound::AtMost => Comparator::Less,
        Bound::Above | Bound::AtLeast => Comparator::Greater,
    };
    let unit = match q.kind {
        Kind::Bare => None,
        Kind::Percent => Some("%".to_owned()),
        Kind::Fold => Some("fold".to_owned()),
        Kind::Unit => Some(q.unit_in(text)?.to_owned()),
    };
    let count = q.kind == Kind::Bare && q.decimals == 0;
    let tolerance = if count || q.value == 0.0 { Tolerance::Absolute(0.0) } else { Tolerance::Relative(0.01) };
    Some(AnswerSpec::Number { value: q.value.abs(), unit, tolerance, comparator })
}

/// The one value of `text`; `None` when there is another number of any role.
fn only_value(text: &str) -> Option<Quantity> {
    let mut all = quantity::scan(text);
    if all.len() != 1 {
        return None;
    }
    let q = all.pop()?;
    (q.is_value() && q.label.is_none() && (!q.adjective || q.kind == Kind::Fold) && q.value >= 0.0).then_some(q)
}

/// `12% of the cells died` and `Twelve patients died`.
fn share(clause: &Clause, found: &mut Vec<Candidate>) {
    let Some(q) = quantity::scan(&clause.subject).into_iter().next() else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let head = clause.subject[..start].trim().to_lowercase();
    let head = head.trim_start_matches("approximately").trim_start_matches("about").trim();
    if !matches!(head, "" | "a total of" | "only" | "in total" | "overall")
        || !q.is_value()
        || q.adjective
        || clause.negated
    {
        return;
    }
    let tail = clause.subject[q.span.end..].trim_start();
    if quantity::scan(tail).iter().any(|_| true) || quantity::scan(&clause.rest).iter().any(|r| r.kind == q.kind) {
        return;
    }
    let Some(spec) = number(&clause.subject, &q) else { return };
    let verb = match clause.group {
        Group::Active(verb) => match clause.tense {
            Tense::Past => verb.past.to_owned(),
            Tense::Present => {
                if clause.plural {
                    verb.base.to_owned()
                } else {
                    verb.third.to_owned()
                }
            }
        },
        Group::Passive(verb) => format!("{} {}", clause.was(), verb.past),
        Group::Be => clause.was().to_owned(),
        Group::Have => "had".to_owned(),
    };
    match q.kind {
        Kind::Percent => {
            let Some(of) = tail.strip_prefix("of ") else { return };
            found.push(candidate("share", format!("what percentage of {of} {verb} {}", clause.rest), spec));
        }
        Kind::Bare
            if q.decimals == 0 && clause.plural
                || matches!(clause.group, Group::Active(_)) && q.kind == Kind::Bare && q.decimals == 0 =>
        {
            let noun = tail.split(' ').next_back().unwrap_or("");
            let plural = tail.split(' ').take(4).any(|w| {
                w.ends_with('s')
                    || matches!(w, "mice" | "patients" | "women" | "children" | "people" | "men" | "participants")
            });
            let bookkeeping = matches!(clause.group, Group::Passive(_) | Group::Be)
                && [
                    "included",
                    "selected",
                    "grouped",
                    "randomized",
                    "enrolled",
                    "recruited",
                    "performed",
                    "used",
                    "excluded",
                    "collected",
                    "screened",
                    "available",
                    "carried",
                    "conducted",
                ]
                .iter()
                .any(|w| clause.rest.starts_with(w));
            if bookkeeping && clause.rest.split(' ').count() < 5
                || clause.rest == "used"
                || tail.starts_with("different")
                || tail.is_empty()
                || tail.starts_with("of ")
                || !plural
                || noun.is_empty()
                || q.value < 2.0
            {
                return;
            }
            found.push(candidate("count", format!("how many {tail} {verb} {}", clause.rest), spec));
        }
        _ => {}
    }
}

/// `The median survival was 12 months in X`.
fn amount(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if !matches!(clause.group, Group::Be) || clause.negated || !quantity::scan(&clause.subject).is_empty() {
        return;
    }
    let Some(q) = only_value(&clause.rest) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let head = clause.rest[..start].trim();
    if !matches!(head, "" | "about" | "approximately" | "around" | "only" | "estimated at" | "~" | "∼") {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    let measure = subject
        .split(' ')
        .take_while(|w| !matches!(*w, "of" | "in" | "for" | "among" | "between"))
        .any(|w| MEASURES.contains(&w.to_lowercase().as_str()));
    if !measure {
        return;
    }
    let tail = clause.rest[q.span.end..].trim_start();
    if tail.contains(" and ")
        || tail.starts_with([',', '-', '/', '.'])
        || tail.starts_with("of ") && q.kind == Kind::Bare
        || !tail.is_empty() && !starts_modifier(tail)
    {
        return;
    }
    let Some(spec) = number(&clause.rest, &q) else { return };
    let unit = match (q.kind, q.unit_in(&clause.rest)) {
        (Kind::Unit, Some(unit)) => format!(", in {}", unit_words(unit)),
        (Kind::Percent, _) => ", in per cent".to_owned(),
        _ => String::new(),
    };
    found.push(candidate("amount", format!("what {} {subject} {tail}{unit}", clause.was()).replace(" ,", ","), spec));
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

fn unit_words(unit: &str) -> &str {
    match unit {
        "h" | "hr" | "hrs" => "hours",
        "min" | "mins" => "minutes",
        "s" | "sec" => "seconds",
        "d" | "day" => "days",
        "wk" | "week" => "weeks",
        "month" | "mo" => "months",
        "yr" | "yrs" | "y" | "year" => "years",
        other => other,
    }
}

/// `X increased Y by 40%`, `Y was reduced 3-fold in X`.
fn by_how_much(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let (Group::Active(verb) | Group::Passive(verb)) = clause.group else { return };
    if direction_of(verb).is_none() || clause.negated || !quantity::scan(&clause.subject).is_empty() {
        return;
    }
    let Some(q) = only_value(&clause.rest) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let head = clause.rest[..start].trim_end();
    let head = ["about", "approximately", "around", "nearly", "almost", "~", "∼", "≈"]
        .iter()
        .find_map(|a| head.strip_suffix(a))
        .unwrap_or(head)
        .trim_end();
    let by = head.strip_suffix("by").map(str::trim_end);
    let tail = clause.rest[q.span.end..].trim_start();
    let Some(spec) = number(&clause.rest, &q) else { return };
    let lead = match (q.kind, by.is_some()) {
        (Kind::Percent, true) => "by what percentage".to_owned(),
        (Kind::Fold, _) => "by how many fold".to_owned(),
        (Kind::Unit, true) => format!("by how many {}", unit_words(q.unit_in(&clause.rest).unwrap_or("units"))),
        _ => return,
    };
    if tail.contains(" and ")
        || !tail.is_empty() && !starts_modifier(tail) && !tail.starts_with("compared") && !tail.starts_with("relative")
    {
        return;
    }
    let object = by.unwrap_or(head).trim();
    let subject = context.lower_first(&clause.subject);
    let passive = matches!(clause.group, Group::Passive(_));
    let ask = if passive {
        if !object.is_empty() && !starts_modifier(object) {
            return;
        }
        format!("{lead} {} {subject} {} {object} {tail}", clause.was(), verb.past)
    } else {
        format!("{lead} {} {subject} {} {object} {tail}", clause.did(), verb.base)
    };
    found.push(candidate("by_how_much", ask, spec));
}

const REFERENCES: &[&str] = &[
    "compared",
    "relative",
    "than",
    "after",
    "upon",
    "following",
    "versus",
    "with",
    "by",
    "during",
    "response",
    "when",
];

fn has_reference(text: &str) -> bool {
    text.split(' ').any(|w| REFERENCES.contains(&w))
}

/// `X reduced Y`, `Y was increased in A compared with B`, `X did not affect Y`.
fn direction(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if !quantity::scan(&clause.rest).is_empty() || !quantity::scan(&clause.subject).iter().all(|q| q.adjective) {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    let rest = clause.rest.as_str();
    let first = rest.split(' ').next().unwrap_or("");
    match clause.group {
        Group::Active(verb) if matches!(verb.sense, Sense::Up | Sense::Down | Sense::Change) => {
            let value = match (direction_of(verb), clause.negated) {
                (Some(value), false) => value,
                (None, true) => Direction::NoChange,
                _ => return,
            };
            if !rest.is_empty() && super::lexicon::PREPOSITIONS.contains(&first) {
                // `Y increased after X`: no object.
                if value != Direction::NoChange
                    && verb.sense != Sense::Change
                    && has_reference(rest)
                    && !rest.starts_with("by ")
                {
                    found.push(candidate(
                        "direction",
                        format!("how {} {subject} change {rest}", clause.did()),
                        AnswerSpec::Direction { value },
                    ));
                }
                return;
            }
            if rest.split(' ').count() < 2 || rest.starts_with("to ") {
                return;
            }
            found.push(candidate(
                "direction",
                format!("how {} {subject} change {rest}", clause.did()),
                AnswerSpec::Direction { value },
            ));
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
        Group::Passive(verb) => {
            let value = match (direction_of(verb), clause.negated) {
                (Some(value), false) => value,
                (None, true) if verb.sense == Sense::Change => Direction::NoChange,
                _ => return,
            };
            if !has_reference(rest) {
                return;
            }
            if let Some(agent) = rest.strip_prefix("by ") {
                if agent.split(' ').count() > 8 || agent.contains("ing ") {
                    return;
                }
                let verb_phrase = if value == Direction::NoChange { "affect" } else { "change" };
                found.push(candidate(
                    "direction",
                    format!("how did {agent} {verb_phrase} {subject}"),
                    AnswerSpec::Direction { value },
                ));
                return;
            }
            found.push(candidate(
                "direction",
                format!("how {} {subject} change {rest}", clause.did()),
                AnswerSpec::Direction { value },
            ));
            let state = verb.past;
            found.push(candidate(
                "boolean",
                format!("{} {subject} {state} {rest}", clause.was()),
                AnswerSpec::Boolean { value: !clause.negated },
            ));
            if let Some(opposite) = opposite_past(state).filter(|_| !clause.negated) {
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

fn opposite_past(word: &str) -> Option<&'static str> {
    Some(match word {
        "increased" | "elevated" | "enhanced" | "raised" => "reduced",
        "decreased" | "reduced" | "lowered" | "diminished" => "increased",
        "upregulated" => "downregulated",
        "downregulated" => "upregulated",
        _ => return None,
    })
}

/// `Y was higher in A than in B`, `A had lower Y than B`.
fn comparison(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let rest = clause.rest.as_str();
    let mut words =
        rest.split(' ').skip_while(|w| super::clause::is_adverb(w) || *w == "a" || *w == "much" || *w == "also");
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
fn choice_of_two(ask: String, right_one: &str, other: &str, found: &mut Vec<Candidate>) {
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

/// `X inhibits Y`: asks for X when it is a name, and whether.
fn relation(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let rest = clause.rest.as_str();
    if !quantity::scan(rest).is_empty() {
        return;
    }
    match clause.group {
        Group::Active(verb) if verb.sense == Sense::Relation || matches!(verb.sense, Sense::Up | Sense::Down) => {
            let first = rest.split(' ').next().unwrap_or("");
            if rest.split(' ').count() < 2
                || super::lexicon::PREPOSITIONS.contains(&first) && !(verb.base == "bind" && first == "to")
            {
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

/// A one-word drug, hormone or metabolite by its ending.
fn is_compound(word: &str) -> bool {
    let plain = word.len() >= 7
        && word.chars().all(|c| c.is_ascii_alphabetic())
        && word[1..].bytes().all(|b| b.is_ascii_lowercase());
    plain
        && [
            "cin", "lin", "tin", "mine", "zole", "nib", "mab", "pril", "olol", "statin", "mycin", "cillin", "azine",
            "idine", "opram", "oxetine", "sterone", "sone", "ketide", "amide", "gen", "kine", "feron", "phine",
            "formin", "xin", "toxin", "caine", "zepam", "dopa", "tocin", "sin", "glucan", "diol",
        ]
        .iter()
        .any(|end| word.ends_with(end))
        && ![
            "within",
            "origin",
            "region",
            "allergen",
            "medicine",
            "determine",
            "margin",
            "pathogen",
            "discipline",
            "examine",
            "routine",
            "machine",
            "vaccine",
            "antigen",
            "basin",
            "captin",
            "medicin",
        ]
        .contains(&word.to_lowercase().as_str())
}

struct Named<'s> {
    name: &'s str,
    /// `which protein`, `which enzyme`, `what`.
    word: String,
}

const CLASSES: &[&str] = &[
    "protein",
    "gene",
    "kinase",
    "receptor",
    "enzyme",
    "transcription factor",
    "cytokine",
    "hormone",
    "drug",
    "antibody",
    "inhibitor",
    "phosphatase",
    "channel",
    "microRNA",
    "lncRNA",
    "peptide",
    "protease",
    "transporter",
    "ligase",
    "virus",
    "bacterium",
    "complex",
    "factor",
    "antibiotic",
];

/// Reads a name, alone or behind its class word (`the kinase AKT1`), and the word to ask for it with.
fn name_kind<'s>(phrase: &'s str, context: &Context<'_>) -> Option<Named<'s>> {
    let bare = phrase.trim_start_matches("The ").trim_start_matches("the ").trim();
    let words: Vec<&str> = bare.split(' ').collect();
    let acceptable = |word: &str| {
        is_name(word)
            && !context.abbreviations.long_form(word).is_some_and(is_plain_phrase)
            && !word.ends_with("-induced")
            && !word.contains("-mediated")
    };
    match words.as_slice() {
        [one]
            if acceptable(one)
                || one.ends_with("ase")
                    && one.len() > 5
                    && one.chars().all(char::is_alphabetic)
                    && !matches!(
                        one.to_lowercase().as_str(),
                        "disease" | "increase" | "decrease" | "release" | "phase" | "database"
                    ) =>
        {
            let word = if one.starts_with("miR") {
                "which microRNA"
            } else if one.to_lowercase().ends_with("ase") {
                "which enzyme"
            } else {
                "what"
            };
            Some(Named { name: one, word: word.to_owned() })
        }
        [one] if is_compound(one) => Some(Named { name: one, word: "what".to_owned() }),
        [head @ .., last] if acceptable(last) && CLASSES.contains(&head.join(" ").as_str()) => {
            Some(Named { name: last, word: format!("which {}", head.join(" ")) })
        }
        [first, tail @ ..] if acceptable(first) && CLASSES.contains(&tail.join(" ").as_str()) => {
            Some(Named { name: first, word: format!("which {}", tail.join(" ")) })
        }
        _ => None,
    }
}

/// A long form that is an everyday phrase ("body mass index") names no molecule.
fn is_plain_phrase(long: &str) -> bool {
    [
        "patients", "analysis", "index", "trial", "score", "model", "disease", "syndrome", "cells", "mice", "time",
        "rate", "group", "system", "test",
    ]
    .iter()
    .any(|w| long.ends_with(w))
}

fn term(name: &str, context: &Context<'_>) -> AnswerSpec {
    let mut synonyms: Vec<String> = context.abbreviations.long_form(name).map(str::to_owned).into_iter().collect();
    if !name.ends_with('s') && name.bytes().any(|b| b.is_ascii_digit()) && !name.starts_with("miR") {
        synonyms.push(format!("{name} protein"));
    }
    AnswerSpec::Term { value: name.to_owned(), synonyms }
}

/// `X is a kinase that phosphorylates Y`.
fn definition(clause: &Clause, found: &mut Vec<Candidate>) {
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

/// `X showed a weight loss of 10% at day 7`: asks for the measured noun.
fn measured_noun(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    let verb = match clause.group {
        Group::Active(verb) if !clause.negated => verb.base,
        Group::Have if !clause.negated => "have",
        _ => return,
    };
    if !quantity::scan(&clause.subject).iter().all(|q| q.adjective) {
        return;
    }
    let Some(q) = only_value(&clause.rest) else { return };
    let start = q.bound_span.as_ref().map_or(q.span.start, |s| s.start);
    let head = clause.rest[..start].trim_end();
    let head = ["about", "approximately", "around", "nearly", "almost", "only"]
        .iter()
        .find_map(|a| head.strip_suffix(a))
        .unwrap_or(head)
        .trim_end();
    let Some(noun) = head.strip_suffix(" of") else { return };
    let noun = ["a ", "an ", "the "].iter().find_map(|a| noun.strip_prefix(a)).unwrap_or(noun);
    let tail = clause.rest[q.span.end..].trim_start();
    let by_change = noun.ends_with("increase") || noun.ends_with("decrease") || noun.ends_with("reduction");
    if noun.split(' ').count() > 6
        || noun.contains(" and ")
        || noun.split(' ').any(|w| super::lexicon::PREPOSITIONS.contains(&w))
        || noun == "total"
        || noun.ends_with("group")
        || !tail.is_empty() && !starts_modifier(tail)
        || tail.contains(" and ")
        || q.kind == Kind::Bare && !noun.split(' ').any(|w| MEASURES.contains(&w))
    {
        return;
    }
    if by_change && tail.is_empty() {
        return;
    }
    let Some(spec) = number(&clause.rest, &q) else { return };
    let unit = match (q.kind, q.unit_in(&clause.rest)) {
        (Kind::Unit, Some(unit)) => format!(", in {}", unit_words(unit)),
        (Kind::Percent, _) => ", in per cent".to_owned(),
        _ => String::new(),
    };
    let subject = context.lower_first(&clause.subject);
    found.push(candidate(
        "measured_noun",
        format!("what {noun} {} {subject} {verb} {tail}{unit}", clause.did()).replace(" ,", ","),
        spec,
    ));
}

/// What a phrase that starts with a change says: the direction and what changes, with the rest behind it.
fn changed(phrase: &str) -> Option<(Direction, &str)> {
    let mut text = phrase;
    for lead in ["a ", "an ", "the "] {
        text = text.strip_prefix(lead).unwrap_or(text);
    }
    while let Some((first, rest)) = text.split_once(' ') {
        if super::clause::is_adverb(first)
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

/// `X led to reduced Y`, `X showed higher Y than Z`, `An increase in Y was observed after X`.
fn change_noun(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated
        || !quantity::scan(&clause.rest).is_empty()
        || !quantity::scan(&clause.subject).iter().all(|q| q.adjective)
    {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    let (verb, rest) = match clause.group {
        Group::Active(verb) => (verb.base, clause.rest.as_str()),
        Group::Have => ("have", clause.rest.as_str()),
        Group::Passive(verb) if matches!(verb.base, "observe" | "detect" | "see" | "find") => {
            if let Some((value, what)) = changed(&subject)
                && has_reference(&clause.rest)
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
            if what.contains(" and ") || what.contains(" than ") {
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
            found.push(candidate(
                "boolean_no",
                asked(if value == Direction::Increase { "reduce" } else { "increase" }),
                AnswerSpec::Boolean { value: false },
            ));
        }
        "show" | "exhibit" | "display" | "have" | "experience" | "develop" => {
            let Some((value, what)) = changed(rest) else { return };
            let split = [" than ", " compared with ", " compared to ", " relative to ", " versus "]
                .iter()
                .find_map(|s| what.split_once(s));
            let Some((what, other)) = split else { return };
            if what.contains(" and ")
                || other.contains(" and ")
                || starts_modifier(other)
                || other.starts_with("that")
                || other.starts_with("those")
                || other.split(' ').count() > 8
            {
                return;
            }
            let pronoun = if what.split(' ').next_back().is_some_and(|w| w.ends_with('s')) { "those" } else { "that" };
            found.push(candidate(
                "comparison",
                format!(
                    "how {} {what} in {subject} compare with {pronoun} in {other}",
                    if pronoun == "those" && clause.did() == "does" { "do" } else { clause.did() }
                ),
                AnswerSpec::Direction { value },
            ));
            let word = if value == Direction::Increase { "higher" } else { "lower" };
            choice_of_two(format!("which showed {word} {what}"), &subject, other, found);
        }
        _ => {}
    }
}
