//! Whether a clause stands alone, and the last dress of a question: setting, long forms, spaces, capital, question mark.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::clause::Clause;
use super::context::{Context, is_name};
use super::lexicon::{COMMON, GENERIC, REFUSED};
use super::pattern::Candidate;

const MAX_WORDS: usize = 40;

/// Whether no word of the clause leans on a neighbour, hedges, or speaks of other work.
pub(super) fn stands_alone(clause: &Clause) -> bool {
    let front = clause.front.as_deref().unwrap_or("");
    [front, &clause.subject, &clause.rest].iter().flat_map(|part| part.split(' ')).all(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let refused = REFUSED.contains(&word.as_str());
        !refused && !word.starts_with("fig") && !word.contains("respectively")
    }) && !part_starts_badly(&clause.subject)
        && !vague_front(front)
}

/// `In wild-type`, `For all three lines`: a front that names nothing by itself.
fn vague_front(front: &str) -> bool {
    let words: Vec<&str> = front.split(' ').collect();
    let last = words.last().copied().unwrap_or("");
    words.len() == 2
        && matches!(
            last,
            "wild-type"
                | "controls"
                | "general"
                | "particular"
                | "contrast"
                | "turn"
                | "example"
                | "vivo"
                | "vitro"
                | "addition"
                | "patients"
                | "cells"
                | "total"
                | "mutants"
                | "treatment"
                | "WT"
                | "baseline"
        )
        || words.iter().any(|w| {
            matches!(
                *w,
                "all"
                    | "case"
                    | "cases"
                    | "doing"
                    | "agreement"
                    | "accordance"
                    | "line"
                    | "comparison"
                    | "two"
                    | "three"
                    | "our"
                    | "contrast"
            )
        })
}

fn part_starts_badly(subject: &str) -> bool {
    let first = subject.split(' ').next().unwrap_or("").to_lowercase();
    matches!(
        first.as_str(),
        "there"
            | "no"
            | "not"
            | "many"
            | "several"
            | "some"
            | "both"
            | "one"
            | "further"
            | "also"
            | "to"
            | "using"
            | "other"
            | "another"
            | "similar"
            | "most"
            | "all"
            | "any"
            | "each"
            | "either"
            | "when"
            | "same"
            | "more"
            | "less"
            | "few"
            | "most,"
            | "comparison"
            | "what"
            | "who"
            | "only"
            | "results"
            | "analysis"
            | "data"
            | "findings"
            | "evidence"
    )
}

/// The finished question, or `None` when it would not stand alone, gives its answer away or is too long.
pub(super) fn finish(candidate: Candidate, clause: &Clause, context: &Context<'_>) -> Option<Candidate> {
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
    if !articles_are_anchored(&checks) || !is_specific(&named, context) || leaks(&candidate.answer, &checks) {
        return None;
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && (options.iter().any(|o| !articles_are_anchored(o))
            || candidate.rule == "choice_sides" && options.iter().take(2).any(|o| o.len() < 3))
    {
        return None;
    }
    let candidate = shuffle_sides(candidate);
    let ask = expand(&ask, context)?;
    let ask = capital(ask.trim_end_matches([',', ' ', '.'])) + "?";
    let n_words = ask.split(' ').count();
    let odd = ask.contains(['(', '[', ';', '"', '“', '|', '\\', '{', '=', '\n']) && !ask.contains(" (");
    if !(7..=MAX_WORDS).contains(&n_words) || odd || ask.len() > 320 || ask.contains(" ,") || ask.contains("..") {
        return None;
    }
    let last = ask.trim_end_matches('?').rsplit(' ').next().unwrap_or("");
    if super::lexicon::PREPOSITIONS.contains(&last) || matches!(last, "the" | "a" | "an" | "significantly" | "not") {
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

/// Puts the right side of a two-sided choice first or second, by the text.
fn shuffle_sides(mut candidate: Candidate) -> Candidate {
    if candidate.rule != "choice_sides" {
        return candidate;
    }
    let swap = blake3::hash(candidate.ask.as_bytes()).as_bytes()[2] & 1 == 1;
    // The sides stand in the options; the question itself names neither.
    if let Some((head, _)) = candidate.ask.split_once(": ") {
        candidate.ask = head.to_owned();
    }
    if let AnswerSpec::Choice { options, correct } = &mut candidate.answer
        && swap
        && options.len() >= 2
    {
        options.swap(0, 1);
        *correct = "B".to_owned();
    }
    candidate
}

/// Every `the X` must say which X: by `of`/`in`/…, a name, a superlative, or because there is only one.
fn articles_are_anchored(text: &str) -> bool {
    const UNIQUE: &[&str] = &[
        "brain",
        "liver",
        "heart",
        "kidney",
        "lung",
        "lungs",
        "cytoplasm",
        "nucleus",
        "hippocampus",
        "cortex",
        "gut",
        "retina",
        "presence",
        "absence",
        "spleen",
        "intestine",
        "colon",
        "cell",
        "blood",
        "membrane",
        "skin",
        "spinal",
        "cerebellum",
        "placenta",
        "hypothalamus",
        "amygdala",
        "striatum",
        "thymus",
        "pancreas",
        "genome",
        "prefrontal",
        "plasma",
        "nervous",
        "endoplasmic",
        "mitochondrial",
        "bone",
        "ovary",
        "uterus",
        "stomach",
        "epidermis",
        "cerebral",
        "visual",
        "immune",
        "world",
        "united",
        "dentate",
        "nucleolus",
        "golgi",
        "tumor",
        "tumour",
        "elderly",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    words.iter().enumerate().all(|(at, word)| {
        if !word.eq_ignore_ascii_case("the") {
            return true;
        }
        let mut anchored = false;
        for next in words.iter().skip(at + 1).take(5) {
            let bare = next.trim_matches(|c: char| !c.is_alphanumeric());
            let lower = bare.to_lowercase();
            if matches!(lower.as_str(), "of" | "that" | "between" | "for")
                || UNIQUE.contains(&lower.as_str())
                || lower.ends_with("est")
                || lower == "most"
                || lower == "first"
                || lower == "last"
            {
                anchored = true;
                break;
            }
            if bare.chars().any(|c| c.is_uppercase() || c.is_ascii_digit()) {
                anchored = true;
                break;
            }
            if next.ends_with([',', '?', ':'])
                || matches!(
                    lower.as_str(),
                    "in" | "was"
                        | "were"
                        | "is"
                        | "are"
                        | "and"
                        | "by"
                        | "to"
                        | "with"
                        | "at"
                        | "on"
                        | "than"
                        | "after"
                )
            {
                anchored = lower == "in" && at == 0;
                break;
            }
        }
        anchored
    })
}

/// At least two content words that say what the question is about, or one name and one.
fn is_specific(text: &str, context: &Context<'_>) -> bool {
    let mut content = 0;
    let mut strong = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
        let lower = word.to_lowercase();
        if word.len() < 4 && !is_name(word)
            || GENERIC.contains(&lower.as_str())
            || super::lexicon::MEASURES.contains(&lower.as_str())
        {
            continue;
        }
        content += 1;
        if is_name(word) || context.in_title(&lower) || word.len() >= 9 {
            strong += 1;
        }
    }
    content >= 3 && strong >= 1
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

/// Writes out the document's own abbreviations once; `None` when capitals stay that nobody defined.
fn expand(ask: &str, context: &Context<'_>) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    let words: Vec<&str> = ask.split(' ').collect();
    for (at, word) in words.iter().copied().enumerate() {
        let bare = word.trim_matches(|c: char| matches!(c, ',' | '?' | ':' | '.'));
        let n_upper = bare.bytes().filter(u8::is_ascii_uppercase).count();
        let short = n_upper >= 2 || bare.len() >= 2 && context.abbreviations.long_form(bare).is_some();
        if !short || COMMON.contains(&bare) || done.contains(&bare) {
            out.push(word.to_owned());
            continue;
        }
        done.push(bare);
        let core = bare.split(['-', '/']).next().unwrap_or(bare);
        match context.abbreviations.long_form(bare) {
            Some(long) if long.len() <= 60 && !ask.to_lowercase().contains(&long.to_lowercase()) => {
                let long = if bare.ends_with('s') && !long.ends_with('s') && !bare.ends_with("SS") {
                    format!("{long}s")
                } else {
                    long.to_owned()
                };
                // "LYS1 lines" defined as "LYS1 knock-down lines (LYS1)": the noun would stand twice.
                let twice = words.get(at + 1).is_some_and(|next| long.ends_with(next.trim_end_matches(['?', ','])));
                if twice {
                    out.push(word.to_owned());
                } else {
                    out.push(word.replacen(bare, &format!("{} ({bare})", context.lower_first(&long)), 1));
                }
            }
            Some(_) => out.push(word.to_owned()),
            None => {
                let letters_only = core.bytes().all(|b| b.is_ascii_uppercase());
                let defined = context.abbreviations.long_form(core).is_some() || COMMON.contains(&core);
                // Gene symbols carry digits or small letters; bare capitals are an abbreviation nobody explained.
                if letters_only && !defined && core.len() >= 2 && core.len() <= 6 {
                    return None;
                }
                out.push(word.to_owned());
            }
        }
    }
    Some(out.join(" "))
}
