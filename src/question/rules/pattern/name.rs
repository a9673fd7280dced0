//! Names that can be an answer: what kind of thing they name, and the word to ask for them with.

use crate::model::answer::AnswerSpec;

use super::super::context::{Context, is_name};

pub(super) struct Named<'s> {
    pub name: &'s str,
    /// `which protein`, `which enzyme`, `what`.
    pub word: String,
}

/// Reads a name, alone or behind its class word (`the kinase AKT1`), and the word to ask for it with.
pub(super) fn name_kind<'s>(phrase: &'s str, context: &Context<'_>) -> Option<Named<'s>> {
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

pub(super) fn term(name: &str, context: &Context<'_>) -> AnswerSpec {
    let mut synonyms: Vec<String> = context.abbreviations.long_form(name).map(str::to_owned).into_iter().collect();
    if !name.ends_with('s') && name.bytes().any(|b| b.is_ascii_digit()) && !name.starts_with("miR") {
        synonyms.push(format!("{name} protein"));
    }
    AnswerSpec::Term { value: name.to_owned(), synonyms }
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

/// A long form that is an everyday phrase ("body mass index") names no molecule.
fn is_plain_phrase(long: &str) -> bool {
    [
        "patients", "analysis", "index", "trial", "score", "model", "disease", "syndrome", "cells", "mice", "time",
        "rate", "group", "system", "test",
    ]
    .iter()
    .any(|w| long.ends_with(w))
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
