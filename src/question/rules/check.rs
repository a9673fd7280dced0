//! The last dress of a question: setting, long forms, spaces, capital, question mark; and whether it can be asked so.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::adrift::{has_mutation_adrift, is_number_adrift, is_unit_misprinted};
use super::article::articles_are_anchored;
use super::broken::is_broken;
use super::clause::Clause;
use super::context::{Context, is_name};
use super::group::{is_group_adrift, is_population_adrift};
use super::long_form::expand;
use super::pattern::Candidate;
use super::pattern::side::NO_DIFFERENCE;
use super::words::{GENERIC, MEASURES, PREPOSITIONS, RELATING, is_adjective};

const MAX_WORDS: usize = 40;

/// The finished question, or `None` when it would not stand alone, gives its answer away or is too long.
pub(super) fn finish(candidate: Candidate, clause: &Clause, passage: &str, context: &Context<'_>) -> Option<Candidate> {
    let candidate = with_sides(candidate);
    let mut ask = candidate.ask.split_whitespace().filter(|w| *w != "itself").collect::<Vec<_>>().join(" ");
    let named = match &clause.front {
        Some(front) => format!("{front} {ask}"),
        None => ask.clone(),
    };
    let setting = context.setting.as_ref().and_then(|setting| setting.before(&named, passage));
    if let Some(front) = &clause.front {
        if !quantity::scan(front).iter().all(|q| q.is_value()) {
            return None;
        }
        // `In fasted mice`, `Among women`: the front is a setting already.
        let place = front
            .split(' ')
            .next()
            .is_some_and(|w| matches!(w, "In" | "in" | "Among" | "among" | "Of" | "Across" | "across"));
        ask = match setting.filter(|_| !place) {
            Some(setting) => format!("{setting}, {}, {ask}", small(front)),
            None => format!("{}, {ask}", capital(front)),
        };
    } else if let Some(setting) = setting {
        ask = format!("{setting}, {ask}");
    }
    if let AnswerSpec::Number { unit, .. } = &candidate.answer
        && (is_number_adrift(candidate.rule, &named, setting.is_some(), context)
            || is_unit_misprinted(&named, unit.as_deref()))
    {
        return None;
    }
    if has_mutation_adrift(&named)
        || is_group_adrift(&ask)
        || is_population_adrift(&clause.subject, &named, setting.is_some())
    {
        return None;
    }
    let checks = ask.clone();
    if !articles_are_anchored(&checks) {
        return None;
    }
    if !is_specific(&named, matches!(candidate.answer, AnswerSpec::Term { .. }), context) || is_broken(&checks) {
        return None;
    }
    let open = matches!(candidate.rule, "agent" | "patient" | "disturbed" | "required")
        && matches!(candidate.answer, AnswerSpec::Term { .. })
        && !is_pinned(&named, candidate.rule);
    if leaks(&candidate.answer, &checks) || goes_without_saying(&clause.subject, &clause.rest) {
        return None;
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && (options.iter().any(|o| !articles_are_anchored(o))
            || candidate.rule == "choice_sides" && options.iter().any(|o| o.len() < 3))
    {
        return None;
    }
    let ask = expand(&ask, context)?;
    let ask = capital(ask.trim_end_matches([',', ' ', '.'])) + "?";
    let n_words = ask.split(' ').count();
    let odd = ask.contains(['[', ';', '"', '“', '|', '\\', '=', '\n', '@']) || ask.matches('{').count() > 2;
    // `a soluble soluble endogenous X`: a long form repeats what stands before it.
    if ask.split(' ').zip(ask.split(' ').skip(1)).any(|(one, next)| one.eq_ignore_ascii_case(next)) {
        return None;
    }
    let fewest = if matches!(candidate.answer, AnswerSpec::Term { .. } | AnswerSpec::Number { .. }) { 7 } else { 6 };
    if !(fewest..=MAX_WORDS).contains(&n_words) || odd || ask.len() > 320 || ask.contains(" ,") || ask.contains("..") {
        return None;
    }
    let last = ask.trim_end_matches('?').rsplit(' ').next().unwrap_or("");
    if PREPOSITIONS.contains(&last)
        || matches!(last, "the" | "a" | "an" | "significantly" | "not" | "compared" | "relative" | "when")
        || ends_before_noun(&ask)
        || ["-dependent", "-independent", "-mediated", "-specific"].iter().any(|end| last.ends_with(end))
    {
        return None;
    }
    Some(Candidate { ask, open, ..candidate })
}

/// `outcomes in diabetic`: an adjective whose noun was cut off.
fn ends_before_noun(ask: &str) -> bool {
    let mut words = ask.trim_end_matches('?').rsplit(' ');
    let last = words.next().unwrap_or("");
    let before = words.next().unwrap_or("");
    is_adjective(last) && matches!(before, "in" | "of" | "from" | "for" | "with" | "among" | "between")
}

/// A front, which opens with a preposition, inside a sentence.
fn small(front: &str) -> String {
    let mut chars = front.chars();
    chars.next().map(|first| first.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
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

/// Names the sides of a two-sided choice in the question, in the order of the options.
fn with_sides(mut candidate: Candidate) -> Candidate {
    if candidate.rule != "choice_sides" {
        return candidate;
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer {
        let sides: Vec<&str> = options.iter().map(String::as_str).filter(|o| *o != NO_DIFFERENCE).collect();
        candidate.ask = format!("{}: {}", candidate.ask, sides.join(" or "));
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
        if word.len() < 4 && !names
            || [GENERIC, PREPOSITIONS, RELATING].iter().any(|list| list.contains(&lower.as_str()))
        {
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

/// Whether the question says so much that one name only can be meant.
fn is_pinned(named: &str, rule: &str) -> bool {
    let words = named.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|w| {
        let lower = w.to_lowercase();
        !GENERIC.contains(&lower.as_str()) && !MEASURES.contains(&lower.as_str())
    });
    let is_named = |w: &str| {
        is_name(w)
            || w.split('-').any(is_name)
            || !w.is_ascii() && w.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
    };
    let (n_named, n_content) = words.fold((0, 0), |(n_named, n_content), word| {
        let name = is_named(word);
        (n_named + usize::from(name), n_content + usize::from(name || word.len() >= 4))
    });
    match rule {
        "patient" => n_named >= 1 && n_content >= 4,
        "required" => n_named >= 2,
        _ if named.contains("what ") => n_named >= 1 && n_content >= 6 || n_named >= 2 && n_content >= 4,
        _ => n_named >= 2 && n_content >= 3 || n_named >= 1 && n_content >= 4 || n_content >= 8,
    }
}

/// `Inhibition of Notch signalling` reduced `the level of Notch signalling`: what changes stands in what changes it.
fn goes_without_saying(subject: &str, rest: &str) -> bool {
    const MEASURES: [&str; 8] =
        ["level", "levels", "amount", "activity", "expression", "abundance", "degree", "extent"];
    let (subject, rest) = (subject.to_lowercase(), rest.to_lowercase());
    let thing = rest.split([',', ';', '(']).next().unwrap_or_default();
    let thing = thing.split(" and ").next().unwrap_or_default().split(" in ").next().unwrap_or_default();
    let thing = thing.strip_prefix("the ").unwrap_or(thing);
    let core = match thing.split_once(" of ") {
        Some((measure, core)) if MEASURES.contains(&measure) => core,
        _ => thing,
    };
    core.trim().contains(' ') && subject.contains(core.trim())
}

/// Whether the way of a change is given away by what brings it about.
fn tells_means(ask: &str) -> bool {
    const MEANS: &[&str] = &[
        "promot",
        "enhanc",
        "stimulat",
        "accelerat",
        "activat",
        "induc",
        "inhibit",
        "suppress",
        "block",
        "prevent",
        "lower",
        "rais",
        "impair",
        "limit",
        "improv",
    ];
    ask.split(" by ").skip(1).any(|by| {
        let first = by.split(' ').next().unwrap_or("");
        first.ends_with("ing") && MEANS.iter().any(|stem| first.starts_with(stem))
    })
}

fn leaks(answer: &AnswerSpec, ask: &str) -> bool {
    let lower = ask.to_lowercase();
    match answer {
        AnswerSpec::Number { value, .. } => quantity::scan(ask).iter().any(|q| (q.value - value).abs() < 1e-9),
        AnswerSpec::Term { value, .. } => lower.contains(&value.to_lowercase()),
        // `by promoting lipogenesis` tells which way.
        AnswerSpec::Direction { .. } if tells_means(&lower) => true,
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
