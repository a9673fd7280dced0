//! The last dress of a question: setting, long forms, spaces, capital, question mark; and whether it can be asked so.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::article::articles_are_anchored;
use super::clause::Clause;
use super::context::{Context, is_name};
use super::long_form::expand;
use super::pattern::Candidate;
use super::words::{GENERIC, MEASURES, PREPOSITIONS};

const MAX_WORDS: usize = 40;

/// The finished question, or `None` when it would not stand alone, gives its answer away or is too long.
pub(super) fn finish(candidate: Candidate, clause: &Clause, context: &Context<'_>) -> Option<Candidate> {
    let candidate = shuffle_sides(candidate);
    let mut ask = candidate.ask.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = match &clause.front {
        Some(front) => format!("{front} {ask}"),
        None => ask.clone(),
    };
    if let Some(front) = &clause.front {
        ask = format!("{}, {ask}", capital(front));
        if !quantity::scan(front).iter().all(|q| q.is_value()) {
            return None;
        }
    }
    if let Some(setting) = context.setting_for(&named).filter(|_| clause.front.is_none()) {
        ask = format!("{setting}, {ask}");
    }
    let checks = ask.clone();
    if !articles_are_anchored(&checks) {
        return None;
    }
    if !is_specific(&named, matches!(candidate.answer, AnswerSpec::Term { .. }), context) {
        return None;
    }
    if leaks(&candidate.answer, &checks) {
        return None;
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && (options.iter().any(|o| !articles_are_anchored(o))
            || candidate.rule == "choice_sides" && options.iter().take(2).any(|o| o.len() < 3))
    {
        return None;
    }
    let ask = expand(&ask, context)?;
    let ask = capital(ask.trim_end_matches([',', ' ', '.'])) + "?";
    let n_words = ask.split(' ').count();
    let odd = ask.contains(['[', ';', '"', '“', '|', '\\', '=', '\n']) || ask.matches('{').count() > 2;
    let fewest = if matches!(candidate.answer, AnswerSpec::Term { .. } | AnswerSpec::Number { .. }) { 7 } else { 6 };
    if !(fewest..=MAX_WORDS).contains(&n_words) || odd || ask.len() > 320 || ask.contains(" ,") || ask.contains("..") {
        return None;
    }
    let last = ask.trim_end_matches('?').rsplit(' ').next().unwrap_or("");
    if PREPOSITIONS.contains(&last) || matches!(last, "the" | "a" | "an" | "significantly" | "not") {
        return None;
    }
    Some(Candidate { ask, ..candidate })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // A name such as `miR-21` or `p53` keeps its small letter.
        Some(first)
            if !text
                .split(' ')
                .next()
                .is_some_and(|w| w.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit())) =>
        {
            first.to_uppercase().collect::<String>() + chars.as_str()
        }
        _ => text.to_owned(),
    }
}

/// Puts the sides of a two-sided choice in an order that the text decides, and names them in the question.
fn shuffle_sides(mut candidate: Candidate) -> Candidate {
    if candidate.rule != "choice_sides" {
        return candidate;
    }
    let swap = blake3::hash(candidate.ask.as_bytes()).as_bytes()[2] & 1 == 1;
    if let AnswerSpec::Choice { options, correct } = &mut candidate.answer
        && swap
        && options.len() >= 2
    {
        options.swap(0, 1);
        if correct == "A" {
            *correct = "B".to_owned();
        }
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && let [one, two, ..] = options.as_slice()
    {
        candidate.ask = format!("{}: {one} or {two}", candidate.ask);
    }
    candidate
}

/// Two names, or three content words with a name or two technical ones among them.
fn is_specific(text: &str, for_name: bool, context: &Context<'_>) -> bool {
    let mut content = 0;
    let mut strong = 0;
    let mut named = 0;
    let mut measures = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
        let lower = word.to_lowercase();
        let names = is_name(word)
            || word.split('-').any(is_name)
            || !word.is_ascii() && word.chars().any(|c| c.is_uppercase() || c.is_ascii_digit());
        if word.len() < 4 && !names || GENERIC.contains(&lower.as_str()) {
            continue;
        }
        if MEASURES.contains(&lower.as_str()) {
            measures += 1;
            continue;
        }
        content += 1;
        if names {
            named += 1;
        }
        if names || context.in_title(&lower) || word.len() >= 9 {
            strong += 1;
        }
    }
    // A name is asked for: many would fit unless the question says much.
    if for_name {
        let vague = text
            .split(' ')
            .any(|w| matches!(w, "multiple" | "several" | "various" | "different" | "numerous" | "additional"));
        return !vague
            && (named >= 2
                || content >= 5 && strong >= 2
                || text.contains("which cells ")
                || text.contains("which tissue ")
                || text.contains("which part ") && named >= 1);
    }
    named >= 2 || named >= 1 && content + measures >= 3 || content >= 3 && (strong >= 2 || named >= 1)
}

fn leaks(answer: &AnswerSpec, ask: &str) -> bool {
    let lower = ask.to_lowercase();
    match answer {
        AnswerSpec::Number { value, .. } => quantity::scan(ask).iter().any(|q| (q.value - value).abs() < 1e-9),
        AnswerSpec::Term { value, .. } => lower.contains(&value.to_lowercase()),
        AnswerSpec::Direction { .. } => lower.split(|c: char| !c.is_alphanumeric()).any(|w| {
            [
                "increas",
                "decreas",
                "reduc",
                "elevat",
                "higher",
                "lower",
                "upregulat",
                "downregulat",
                "unchanged",
                "greater",
                "declin",
                "diminish",
            ]
            .iter()
            .any(|s| w.starts_with(s))
        }),
        _ => false,
    }
}
