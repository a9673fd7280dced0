//! Choices: the wrong options beside a right answer, of the same kind and from the same paper.

use crate::model::answer::{AnswerSpec, Comparator};
use crate::model::document::{PassageRef, SectionKind};
use crate::text::quantity;

use super::super::order;
use super::capitals::COMMON;
use super::context::{Context, is_name};
use super::pattern::Candidate;
use super::pattern::name::is_material;
use super::pattern::place;

/// A term question as a choice: three other names of the paper, of the same shape, that the whole passage does not hold.
pub(super) fn with_distractors(candidate: &Candidate, passage: &str, context: &Context<'_>) -> Option<Candidate> {
    let AnswerSpec::Term { value, .. } = &candidate.answer else { return None };
    if candidate.rule == "place" {
        return with_other_places(candidate, value, passage, context);
    }
    if !matches!(candidate.rule, "agent" | "patient" | "disturbed" | "required") || !is_name(value) {
        return None;
    }
    let class = context.class_of(value);
    if !value.bytes().any(|b| b.is_ascii_digit()) && class.is_none() {
        return None;
    }
    // The writing tells the kind: `Trenk5` and `Vimp2`, `TRENK5` and `VIMP2`, `miR-21` and `miR-7`.
    let shape = |name: &str| {
        let n_upper = name.bytes().filter(u8::is_ascii_uppercase).count();
        let n_lower = name.bytes().filter(u8::is_ascii_lowercase).count();
        (
            name.starts_with("miR"),
            n_upper > n_lower,
            name.contains('-'),
            name.starts_with(|c: char| c.is_ascii_uppercase()),
        )
    };
    let residue = |name: &str| {
        // A residue (`A2451`, `F876L`) or a drug's code (`PD98059`) is no rival of a gene.
        name.contains('/')
            || name.matches('-').count() >= 2
            || name.bytes().filter(u8::is_ascii_digit).count() >= 4
            || name.bytes().filter(u8::is_ascii_alphabetic).count() <= 2
                && name.bytes().filter(u8::is_ascii_digit).count() >= 3
            || name.len() >= 3 && name.as_bytes()[1..].iter().all(u8::is_ascii_digit)
            || name.ends_with(|c: char| c.is_ascii_uppercase()) && name.bytes().filter(u8::is_ascii_digit).count() >= 2
    };
    // `which protein regulates the function of neural stem cells`: the wrong ones may do so, too.
    let names = |word: &str| is_name(word) || word.split('-').any(is_name);
    if residue(value) || !candidate.ask.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(names) {
        return None;
    }
    let digit = |name: &str| name.bytes().any(|b| b.is_ascii_digit());
    let alike = |name: &str| match (class, context.class_of(name)) {
        (Some(one), Some(other)) if one == other || digit(name) && digit(value) => true,
        (Some("gene" | "protein"), Some("gene" | "protein")) => true,
        _ => digit(name) && digit(value),
    };
    let mut others: Vec<(&str, usize)> = context
        .names
        .iter()
        .filter(|(name, count)| {
            **count >= 2
                && shape(name) == shape(value)
                && alike(name)
                && !residue(name)
                // `MGAT1-Myc` beside a question about MGAT1 is no rival.
                && !name.split('-').any(|part| part.len() >= 3 && (candidate.ask.contains(part) || value.contains(part)))
                && !passage.contains(**name)
                && !is_material(name)
                && !context.is_material(name)
        })
        .filter(|(name, _)| {
            !COMMON.contains(name)
                && context
                    .abbreviations
                    .long_form(name)
                    .is_none_or(|long| !long.contains(' ') || long.ends_with(char::is_numeric))
        })
        .filter(|(name, _)| {
            !name.to_lowercase().starts_with(&value.to_lowercase())
                && !value.to_lowercase().starts_with(&name.to_lowercase())
        })
        .map(|(name, count)| (*name, *count))
        .collect();
    others.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut options: Vec<String> = Vec::new();
    for (name, _) in others {
        let stem = |text: &str| {
            text.to_lowercase().split(|c: char| c.is_ascii_digit() || c == '-').next().unwrap_or("").to_owned()
        };
        if options.len() < 3 && options.iter().all(|o| stem(o) != stem(name)) && stem(name) != stem(value) {
            options.push(name.to_owned());
        }
    }
    if options.len() < 3 {
        return None;
    }
    options.push(value.clone());
    chosen("choice_names", candidate, options, 3)
}

/// A place as a choice: three other places of the same kind that the paper names, none of them in the passage.
fn with_other_places(candidate: &Candidate, value: &str, passage: &str, context: &Context<'_>) -> Option<Candidate> {
    let stem = |text: &str| text.get(..4).unwrap_or(text).to_owned();
    let head = value.rsplit(' ').next()?;
    let mut options: Vec<String> = Vec::new();
    for other in place::alike(head)? {
        if options.len() < 3
            && context.has_word(other)
            && !passage.contains(other)
            && stem(other) != stem(head)
            && options.iter().all(|o| stem(o) != stem(other))
        {
            options.push((*other).to_owned());
        }
    }
    if options.len() < 3 {
        return None;
    }
    options.push(value.to_owned());
    chosen("choice_places", candidate, options, 3)
}

/// A number question as a choice: three other values of the paper in the same unit, well apart from the key and each other.
pub(super) fn with_other_values(
    candidate: &Candidate,
    sentence: &str,
    passages: &[PassageRef<'_>],
) -> Option<Candidate> {
    let AnswerSpec::Number { value, unit: Some(unit), comparator: Comparator::Equal, .. } = &candidate.answer else {
        return None;
    };
    let mut values = vec![*value];
    let apart = |values: &[f64], new: f64| values.iter().all(|v| (v - new).abs() > 0.15 * v.abs().max(new.abs()));
    let in_sentence: Vec<f64> = quantity::scan(sentence).iter().map(|q| q.value).collect();
    let readable = |p: &&PassageRef<'_>| {
        matches!(p.section_kind, SectionKind::Abstract | SectionKind::Results | SectionKind::Discussion)
    };
    'all: for passage in passages.iter().filter(readable) {
        for q in quantity::scan(passage.text) {
            let same = match q.kind {
                quantity::Kind::Percent => unit == "%",
                quantity::Kind::Fold => unit == "fold",
                quantity::Kind::Unit => q.unit_in(passage.text) == Some(unit),
                quantity::Kind::Bare => false,
            };
            let near =
                q.value > 0.0 && q.value < value * 30.0 && q.value > value / 30.0 && (unit != "%" || q.value <= 100.0);
            if same
                && q.is_value()
                && q.bound == quantity::Bound::None
                && near
                && apart(&values, q.value)
                && !in_sentence.contains(&q.value)
            {
                values.push(q.value);
                if values.len() == 4 {
                    break 'all;
                }
            }
        }
    }
    if values.len() < 4 {
        return None;
    }
    let space = match unit.as_str() {
        "%" => "",
        "fold" => "-",
        _ => " ",
    };
    let options = values.iter().map(|v| format!("{v}{space}{unit}")).collect();
    chosen("choice_values", candidate, options, 0)
}

/// The question as a choice between `options`, in an order of its own.
fn chosen(rule: &'static str, candidate: &Candidate, options: Vec<String>, right: usize) -> Option<Candidate> {
    let answer = order::choice(&candidate.ask, options, right)?;
    Some(Candidate { rule, ask: candidate.ask.clone(), answer, open: false })
}
