//! Questions for a number: shares, counts, amounts, and by how much something changed.

use crate::model::answer::{AnswerSpec, Comparator, Tolerance};
use crate::text::quantity::{self, Bound, Kind, Quantity, Role};

use super::super::clause::{Clause, Group, Tense, direction_of};
use super::super::context::Context;
use super::super::lexicon::Sense;
use super::super::words::{MEASURES, PREPOSITIONS};
use super::{Candidate, candidate, starts_modifier};

/// `12% of the cells died` and `Twelve patients died`.
pub(super) fn share(clause: &Clause, found: &mut Vec<Candidate>) {
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
            if tail.is_empty() || tail.starts_with("of ") || tail.starts_with("different") || q.value < 3.0 {
                return;
            }
            if !is_outcome(clause, tail) {
                return;
            }
            found.push(candidate("count", format!("how many {tail} {verb} {}", clause.rest), spec));
        }
        _ => {}
    }
}

/// Whether a count tells a finding (genes that changed) and neither a step of the work nor the size of a group.
fn is_outcome(clause: &Clause, counted: &str) -> bool {
    const MOLECULES: &[&str] = &[
        "genes",
        "proteins",
        "transcripts",
        "mRNAs",
        "miRNAs",
        "microRNAs",
        "loci",
        "SNPs",
        "variants",
        "metabolites",
        "peptides",
        "mutations",
        "phosphosites",
        "sites",
        "species",
        "taxa",
        "lncRNAs",
        "pathways",
        "exons",
        "lines",
        "strains",
        "isolates",
        "alleles",
        "regions",
        "clones",
        "families",
        "cytokines",
    ];
    let has = |list: &[&str]| counted.split(' ').any(|w| list.contains(&w));
    match clause.group {
        Group::Passive(verb) if has(MOLECULES) => {
            matches!(verb.sense, Sense::Up | Sense::Down) || matches!(verb.base, "associate" | "express" | "enrich")
        }
        Group::Active(verb) if has(MOLECULES) => {
            matches!(verb.base, "show" | "exhibit" | "display" | "contain" | "encode")
        }
        _ => false,
    }
}

/// `The median survival was 12 months in X`.
pub(super) fn amount(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
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
    const ADMINISTRATION: &[&str] = &[
        "delay",
        "enrollment",
        "enrolment",
        "randomisation",
        "randomization",
        "follow-up",
        "recruitment",
        "questionnaire",
        "interview",
        "study",
        "visit",
        "visits",
        "sample",
        "survey",
        "appointments",
        "participants",
        "reads",
        "coverage",
        "sequencing",
        "sessions",
        "training",
    ];
    if !measure || subject.split(' ').any(|w| ADMINISTRATION.contains(&w)) {
        return;
    }
    let tail = after_spread(&clause.rest, &q);
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
    let article = if ["median ", "mean ", "average "].iter().any(|w| subject.starts_with(w)) { "the " } else { "" };
    found.push(candidate(
        "amount",
        format!("what {} {article}{subject} {tail}{unit}", clause.was()).replace(" ,", ","),
        spec,
    ));
}

/// `X increased Y by 40%`, `Y was reduced 3-fold in X`.
pub(super) fn by_how_much(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
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
        // `was increased 2-fold`: against what, the sentence before knows.
        if !object.is_empty() && !starts_modifier(object)
            || object.is_empty() && tail.is_empty() && clause.front.is_none()
        {
            return;
        }
        format!("{lead} {} {subject} {} {object} {tail}", clause.was(), verb.past)
    } else {
        format!("{lead} {} {subject} {} {object} {tail}", clause.did(), verb.base)
    };
    found.push(candidate("by_how_much", ask, spec));
}

/// `X showed a weight loss of 10% at day 7`: asks for the measured noun.
pub(super) fn measured_noun(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
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
        || noun.split(' ').any(|w| PREPOSITIONS.contains(&w))
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

pub(super) fn number(text: &str, q: &Quantity) -> Option<AnswerSpec> {
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
pub(super) fn only_value(text: &str) -> Option<Quantity> {
    // `4.2 ± 0.3 h`: the spread belongs to the value, and its unit is the value's.
    let (spreads, mut all): (Vec<Quantity>, Vec<Quantity>) =
        quantity::scan(text).into_iter().partition(|q| q.role == Role::Spread);
    if all.len() != 1 || spreads.len() > 1 {
        return None;
    }
    let mut q = all.pop()?;
    if let Some(spread) = spreads.into_iter().next() {
        if spread.span.start < q.span.end {
            return None;
        }
        if q.unit.is_none() {
            q.unit = spread.unit;
            q.kind = spread.kind;
        }
    }
    (q.is_value() && q.label.is_none() && (!q.adjective || q.kind == Kind::Fold) && q.value >= 0.0).then_some(q)
}

/// What follows the value and its spread (`± 0.3 h`).
fn after_spread<'t>(text: &'t str, q: &Quantity) -> &'t str {
    let end = quantity::scan(text)
        .iter()
        .find(|s| s.role == Role::Spread && s.span.start >= q.span.end)
        .map_or(q.span.end, |s| s.span.end);
    text[end..].trim_start()
}

pub(super) fn unit_words(unit: &str) -> &str {
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
