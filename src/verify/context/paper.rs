//! Words that point at the paper: `this study`, `the authors`, `figure 3`.

use super::super::ask::Ask;
use super::super::words::{Kind, Word, is_generic};

/// Nouns of the paper itself and its parts.
const PAPER: &[&str] = &[
    "study",
    "paper",
    "article",
    "work",
    "manuscript",
    "report",
    "passage",
    "text",
    "abstract",
    "section",
    "excerpt",
    "dataset",
    "datasets",
    "experiment",
    "experiments",
    "investigation",
    "survey",
    "trial",
    "analysis",
    "analyses",
    "data",
    "result",
    "results",
    "finding",
    "findings",
    "figure",
    "table",
    "review",
    "model",
    "assay",
    "screen",
    "preprint",
    "research",
    "publication",
    "quote",
    "sentence",
    "statement",
    "series",
    "cohort",
];

/// `in a trial of X in Y, … the intervention group`: the question has said what trial.
fn names_trial(words: &[Word], at: usize) -> bool {
    let trial = words.iter().take(at).position(|w| w.is_any(&["trial", "study"]));
    trial.is_some_and(|trial| {
        words.get(trial + 1).is_some_and(|w| w.is_any(&["of", "comparing", "testing", "in"]))
            && trial > 0
            && !words[trial - 1].is_any(&["the", "this", "present", "current"])
            && words[trial + 1..at].iter().filter(|w| w.is_content() && !is_generic(w)).count() >= 3
    })
}

/// # Errors
/// The reason, naming the words that need the paper beside the question.
pub(super) fn check(ask: &Ask, question: &str) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let found = |what: &str| Err(format!("needs_the_paper: {what:?}"));
    for i in 0..words.len() {
        let word = text(i);
        let next = text(i + 1);
        match word {
            "author" | "authors" | "researchers" | "investigators"
                if i > 0 && matches!(text(i - 1), "the" | "these" | "study" | "this") =>
            {
                return found(&format!("the {word}"));
            }
            "our" | "we" | "us" if !is_unit_or_country(words, i, question) => return found(word),
            "fig" | "figs" | "figure" | "figures" | "table" | "tables" | "supplementary"
                if words.get(i + 1).is_some_and(|w| {
                    w.folded.starts_with(|c: char| c.is_ascii_digit())
                        || matches!(w.folded.as_str(), "." | "s" | "figure" | "table")
                }) =>
            {
                return found(word);
            }
            "this" | "these" | "present" | "current" => {
                let noun = if matches!(next, "two" | "three" | "same" | "new" | "small" | "large") {
                    text(i + 2)
                } else {
                    next
                };
                let data_set = noun == "data" && matches!(text(i + 2), "set" | "sets") || text(i + 2) == "data";
                if (PAPER.contains(&noun) || data_set)
                    && (word == "this" || word == "these" || i > 0 && matches!(text(i - 1), "the" | "in" | "this"))
                {
                    return found(&format!("{word} {noun}"));
                }
            }
            "study" | "trial" | "experimental" | "intervention" | "treatment" | "survey"
                if matches!(
                    next,
                    "group"
                        | "groups"
                        | "period"
                        | "area"
                        | "site"
                        | "sites"
                        | "population"
                        | "cohort"
                        | "arm"
                        | "participants"
                        | "subjects"
                        | "patients"
                        | "team"
                ) && i > 0
                    && matches!(text(i - 1), "the" | "this" | "both" | "all") =>
            {
                // `the treatment group of mice given X` explains itself.
                let explained = matches!(
                    text(i + 2),
                    "of" | "given" | "receiving" | "that" | "who" | "treated" | "in" | "on" | "with" | "at" | "from"
                );
                let introduced = matches!(word, "intervention" | "treatment" | "experimental") && names_trial(words, i);
                if introduced {
                    continue;
                }
                if matches!(word, "study" | "survey") && !matches!(text(i + 2), "of") || !explained {
                    return found(&format!("the {word} {next}"));
                }
            }
            "used" | "described" | "presented" | "reported" | "studied" | "tested" | "shown" | "examined"
            | "investigated"
                if next == "here" || next == "above" || next == "below" =>
            {
                return found(&format!("{word} {next}"));
            }
            "the"
                if matches!(next, "former" | "latter")
                    || matches!(
                        next,
                        "passage" | "excerpt" | "abstract" | "manuscript" | "article" | "paper" | "text" | "quote"
                    ) =>
            {
                return found(&format!("the {next}"));
            }
            "group" | "groups" | "arm" | "arms" if is_group_label(words, i, question) => {
                return found(&format!("{word} {next}"));
            }
            "aforementioned" | "abovementioned" | "hereafter" | "herein" => return found(word),
            "above" | "below" if matches!(next, "mentioned" | "described") => return found(&format!("{word} {next}")),
            _ => {}
        }
    }
    Ok(())
}

/// `20 us` is a time, `the US` a country.
fn is_unit_or_country(words: &[Word], at: usize, question: &str) -> bool {
    let word = &words[at];
    let behind_number = at.checked_sub(1).is_some_and(|before| words[before].kind == Kind::Number);
    word.is("us") && (behind_number || question.get(word.span.clone()) == Some("US"))
}

/// `in group A`, `of arm 2`: a label that only the paper explains. `Blood group A` and `group B streptococci` are names.
fn is_group_label(words: &[Word], at: usize, question: &str) -> bool {
    let Some(label) = words.get(at + 1) else { return false };
    let written = question.get(label.span.clone()).unwrap_or_default();
    let is_label = written.len() == 1 && written.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let named_before = at.checked_sub(1).is_some_and(|before| words[before].is_content());
    let named_behind = words.get(at + 2).is_some_and(|next| {
        next.kind == Kind::Word
            && next.is_content()
            && !is_generic(next)
            && !next.is_any(&["mothers", "mice", "rats", "infants", "children", "women", "men", "participants"])
    });
    is_label && !label.joined && !named_before && !named_behind
}
