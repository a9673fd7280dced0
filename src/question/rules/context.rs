//! What a document says about itself once: the setting its questions may name, its abbreviations, its names.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::document::{Document, PassageRef};
use crate::text::abbreviation::Abbreviations;

use super::setting::{Setting, names_taxon};
use super::words::GENERIC;

pub(super) struct Context<'d> {
    pub abbreviations: Abbreviations,
    pub setting: Option<Setting>,
    /// Words that occur in lower case somewhere: a capitalised first word found here loses its capital.
    lower: HashSet<&'d str>,
    /// Words that occur with a capital inside a sentence: names.
    capitalised: HashSet<&'d str>,
    /// Names by kind, with the number of times each stands in the text.
    pub names: BTreeMap<&'d str, usize>,
    /// What a name is called in the text: `the kinase AKT1`, `AKT1 kinase`.
    classes: HashMap<&'d str, &'static str>,
    /// Names of cells, animals, strains: `HepG2 cells`.
    materials: HashSet<&'d str>,
    title: String,
}

impl<'d> Context<'d> {
    pub fn new(document: &Document, passages: &[PassageRef<'d>]) -> Self {
        let mut lower = HashSet::new();
        let mut capitalised = HashSet::new();
        let mut names: BTreeMap<&'d str, usize> = BTreeMap::new();
        let mut classes = HashMap::new();
        let mut materials = HashSet::new();
        for passage in passages {
            let mut opens = true;
            let mut before = "";
            for word in passage.text.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
                // Two separators in a row (a stop and its space) may open a sentence; one space does not.
                if word.is_empty() {
                    opens = true;
                    before = "";
                    continue;
                }
                // `PRL receptor` is the receptor of PRL, no receptor called so: only what stands before tells such a class.
                let own = |class: &&str| {
                    const OF_IT: &[&str] = &[
                        "receptor",
                        "transporter",
                        "ligase",
                        "protease",
                        "phosphatase",
                        "inhibitor",
                        "agonist",
                        "antagonist",
                    ];
                    !OF_IT.contains(class)
                };
                if let Some(class) = class_word(word).filter(own).filter(|_| is_name(before)) {
                    classes.entry(before).or_insert(class);
                } else if is_material_word(word) && is_name(before) {
                    materials.insert(before);
                } else if let Some(class) = class_word(before).filter(|_| is_name(word)) {
                    classes.entry(word).or_insert(class);
                }
                before = word;
                if !opens && word.starts_with(char::is_uppercase) {
                    capitalised.insert(word);
                }
                opens = false;
                if word.starts_with(|c: char| c.is_ascii_lowercase()) && word.len() < 24 {
                    lower.insert(word);
                }
                if is_name(word) {
                    *names.entry(word).or_default() += 1;
                }
            }
        }
        Context {
            abbreviations: Abbreviations::collect(passages.iter().map(|p| p.text)),
            setting: Setting::of(document, passages),
            lower,
            capitalised,
            names,
            classes,
            materials,
            title: document.title.to_lowercase(),
        }
    }

    /// What the text calls `name`: `kinase`, `gene`.
    pub fn class_of(&self, name: &str) -> Option<&'static str> {
        self.classes.get(name).copied()
    }

    /// Whether `word` stands somewhere in the text, in lower case.
    pub fn has_word(&self, word: &str) -> bool {
        self.lower.contains(word)
    }

    /// Whether the text speaks of `name` cells, mice, strains.
    pub fn is_material(&self, name: &str) -> bool {
        self.materials.contains(name)
    }

    /// Whether the paper is about `term`: in its title, or a name that stands in it several times.
    pub fn is_frequent(&self, term: &str) -> bool {
        self.in_title(&term.to_lowercase()) || self.names.get(term).is_some_and(|count| *count >= 3)
    }

    /// Whether `part` speaks of what the paper is about: a longer word of its title, or a name that stands in it often.
    pub fn is_subject(&self, part: &str) -> bool {
        part.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| {
            let lower = word.to_lowercase();
            word.len() >= 6 && !GENERIC.contains(&lower.as_str()) && self.in_title(&lower)
                || is_name(word) && (self.in_title(&lower) || self.names.get(word).is_some_and(|count| *count >= 3))
        })
    }

    /// Whether `part` holds a name that stands in the paper often.
    pub fn names_subject(&self, part: &str) -> bool {
        part.split(|c: char| !(c.is_alphanumeric() || c == '-'))
            .any(|word| is_name(word) && self.names.get(word).is_some_and(|count| *count >= 4))
    }

    /// Whether `word` (lower case) is one of the title's.
    pub fn in_title(&self, word: &str) -> bool {
        self.title.contains(word)
    }

    /// `text` with its first word in lower case, unless that word is a name.
    pub fn lower_first(&self, text: &str) -> String {
        let word = text.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or("");
        if word.len() == 1 && text.starts_with(|c: char| c.is_uppercase()) && text[1..].starts_with('.') {
            // `S. mansoni`.
            return text.to_owned();
        }
        let mut chars = word.chars();
        let capital = chars.next().is_some_and(char::is_uppercase) && chars.all(|c| c.is_lowercase() || c == '-');
        let lowered = word.to_lowercase();
        // `Exon` beside `exons`.
        let numbered = lowered.strip_suffix('s').map_or_else(|| format!("{lowered}s"), str::to_owned);
        // `Azotobacter vinelandii`, `Yki/YAP`: names.
        // `T cells`, `X chromosome`.
        if word.len() == 1 && !matches!(word, "A" | "a") {
            return text.to_owned();
        }
        let two = text.match_indices(' ').nth(1).map_or(text, |(at, _)| &text[..at]);
        let paired = word.len() <= 4
            && text[word.len()..].strip_prefix('/').is_some_and(|next| next.starts_with(char::is_uppercase));
        if paired || names_taxon(two) && !self.lower.contains(lowered.as_str()) {
            return text.to_owned();
        }
        let known = self.lower.contains(lowered.as_str())
            || word.len() > 3 && self.lower.contains(numbered.as_str())
            || matches!(lowered.as_str(), "the" | "a" | "an" | "in" | "among")
            || word.len() > 3 && !self.capitalised.contains(word)
            || word.len() == 1 && lowered == "a"
            || word.len() > 6
                && ["tion", "sion", "ment", "ness", "ance", "ence", "sity", "lity", "ysis", "ptor", "ent", "ing"]
                    .iter()
                    .any(|end| lowered.ends_with(end));
        if capital && known { lowered + &text[word.len()..] } else { text.to_owned() }
    }
}

/// A gene, protein, microRNA, drug code or cell line by its shape: capitals or digits within, two to twelve characters.
pub(super) fn is_name(word: &str) -> bool {
    let n_upper = word.bytes().filter(u8::is_ascii_uppercase).count();
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    (3..=12).contains(&word.len())
        && word.is_ascii()
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && (n_upper >= 2 || n_upper >= 1 && has_digit || word.starts_with("miR-"))
        && !word.ends_with('-')
}

fn class_word(word: &str) -> Option<&'static str> {
    const WORDS: &[&str] = &[
        "protein",
        "gene",
        "kinase",
        "receptor",
        "enzyme",
        "cytokine",
        "hormone",
        "phosphatase",
        "peptide",
        "protease",
        "transporter",
        "ligase",
        "GTPase",
        "chemokine",
        "antibiotic",
        "neuropeptide",
        "helicase",
        "chaperone",
        "oncogene",
        "inhibitor",
        "agonist",
        "antagonist",
    ];
    WORDS.iter().find(|w| **w == word).copied()
}

fn is_material_word(word: &str) -> bool {
    matches!(
        word,
        "cells"
            | "cell"
            | "mice"
            | "mouse"
            | "rats"
            | "strain"
            | "strains"
            | "line"
            | "lines"
            | "plants"
            | "flies"
            | "worms"
            | "patients"
            | "group"
            | "groups"
            | "medium"
            | "buffer"
            | "neurons"
            | "embryos"
            | "score"
            | "scores"
            | "criteria"
            | "region"
            | "phase"
            | "stage"
            | "test"
            | "software"
            | "column"
            | "domain"
            | "domains"
            | "motif"
            | "mutants"
    )
}
