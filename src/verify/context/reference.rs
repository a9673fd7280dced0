//! Pronouns and demonstratives without anything before them that they could stand for.

use super::super::ask::{Ask, small_number};
use super::super::words::{Kind, Word, stem};
use super::specific::is_specific;

/// What a demonstrative may stand for when the question named it before: general nouns with the endings of their kinds.
fn named_before(noun: &str, before: &[&Word]) -> bool {
    let stem = stem(noun);
    let kinds: &[(&[&str], &[&str])] = &[
        (
            &["cell", "cells"],
            &[
                "cyte",
                "cytes",
                "blast",
                "blasts",
                "phage",
                "phages",
                "neurons",
                "neuron",
                "cells",
                "cell",
                "fibroblasts",
                "astrocytes",
                "platelets",
                "oocytes",
                "sperm",
                "glia",
                "microglia",
                "line",
            ],
        ),
        (
            &["animal", "animals"],
            &[
                "mice",
                "mouse",
                "rats",
                "rat",
                "fish",
                "birds",
                "bats",
                "bat",
                "bird",
                "sheep",
                "pigs",
                "monkeys",
                "monkey",
                "dogs",
                "frogs",
                "zebrafish",
                "flies",
                "animals",
                "shark",
                "sharks",
                "larvae",
            ],
        ),
        (
            &["pathway", "process", "cascade"],
            &[
                "oxidation",
                "signalling",
                "signaling",
                "glycolysis",
                "pathway",
                "synthesis",
                "biosynthesis",
                "degradation",
                "repair",
                "autophagy",
                "metabolism",
                "photosynthesis",
            ],
        ),
        (
            &[
                "patient",
                "patients",
                "people",
                "individuals",
                "adults",
                "children",
                "women",
                "men",
                "subjects",
                "participants",
            ],
            &[
                "patients",
                "people",
                "adults",
                "children",
                "women",
                "men",
                "individuals",
                "volunteers",
                "recipients",
                "infants",
                "smokers",
                "villagers",
                "participants",
                "subjects",
            ],
        ),
        (
            &["protein", "enzyme", "factor", "gene", "molecule", "receptor", "kinase"],
            &["protein", "enzyme", "factor", "gene", "kinase", "receptor", "hormone", "ase"],
        ),
        (
            &["disease", "disorder", "condition", "infection"],
            &[
                "disease",
                "syndrome",
                "cancer",
                "infection",
                "itis",
                "osis",
                "emia",
                "diabetes",
                "malaria",
                "tuberculosis",
                "disorder",
                "tumour",
                "tumor",
            ],
        ),
        (
            &[
                "virus",
                "viruses",
                "pathogen",
                "parasite",
                "bacterium",
                "bacteria",
                "species",
                "organism",
                "insect",
                "plant",
                "plants",
            ],
            &["virus", "viruses", "parasite", "bacterium", "bacteria", "fungus", "species", "plants", "plant", "trees"],
        ),
        (
            &["drug", "compound", "agent", "treatment", "hormone"],
            &["drug", "compound", "antibiotic", "inhibitor", "hormone", "in", "ol", "ine"],
        ),
        (
            &["tissue", "organ"],
            &["tissue", "liver", "kidney", "lung", "heart", "brain", "muscle", "skin", "bone", "leaf", "root"],
        ),
    ];
    if before.iter().any(|w| w.stem == stem || w.folded == noun) {
        return true;
    }
    kinds.iter().any(|(nouns, endings)| {
        nouns.contains(&noun) && before.iter().any(|w| endings.iter().any(|e| w.folded.ends_with(e)))
    })
}

/// Words that set a group beside another one.
const COMPARING: &[&str] = &[
    "than",
    "compared",
    "compare",
    "relative",
    "versus",
    "vs",
    "between",
    "differ",
    "difference",
    "and",
    "or",
    "which",
    "against",
    "to",
];

/// # Errors
/// The reason, naming the word that refers to nothing.
pub(super) fn check(ask: &Ask, question: &str) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let found = |what: &str| Err(format!("dangling_reference: {what:?}"));
    for i in 0..words.len() {
        let before: Vec<&Word> = words.iter().take(i).filter(|w| w.is_content() && w.kind == Kind::Word).collect();
        let specific = before.iter().filter(|w| is_specific(w, question)).count();
        let word = text(i);
        match word {
            "this" | "these" => {
                let mut noun = i + 1;
                while words.get(noun).is_some_and(|w| {
                    small_number(&w.folded).is_some() || w.is_any(&["same", "other", "particular", "specific", "new"])
                }) {
                    noun += 1;
                }
                let noun = text(noun);
                // `this protein` needs a name with the looks of a protein's before it.
                let molecule = matches!(
                    noun,
                    "protein" | "gene" | "enzyme" | "kinase" | "receptor" | "transcript" | "drug" | "compound"
                );
                let symbol = before.iter().any(|w| {
                    let written = question.get(w.span.clone()).unwrap_or_default();
                    written.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit()) || written.ends_with("in")
                });
                let loose = before.len() >= 6 && specific >= 2 && (!molecule || symbol);
                if !(named_before(noun, &before) && specific >= 1 || loose) {
                    return found(&format!("{word} {noun}"));
                }
            }
            "those"
                if !matches!(
                    text(i + 1),
                    "who"
                        | "with"
                        | "without"
                        | "of"
                        | "in"
                        | "that"
                        | "not"
                        | "given"
                        | "treated"
                        | "from"
                        | "which"
                        | "whose"
                        | "on"
                        | "receiving"
                        | "emitting"
                        | "silenced"
                        | "at"
                        | "lacking"
                        | "having"
                        | "carrying"
                        | "for"
                        | "under"
                        | "exposed"
                        | "fed"
                        | "living"
                        | "aged"
                        | "born"
                        | "between"
                ) && (before.len() < 4 || specific == 0) =>
            {
                return found(&format!("those {}", text(i + 1)));
            }
            "it" | "they" | "them" | "he" | "she" if (before.len() < 2 || specific == 0 && before.len() < 3) => {
                return found(word);
            }
            "its" | "their" => {
                // `does a bat change its calls`: something stands before, or follows (`on its surface, E. coli`).
                let after = words.iter().skip(i + 2).filter(|w| is_specific(w, question)).count();
                if before.is_empty() && after == 0 {
                    return found(word);
                }
            }
            "other" if text(i.wrapping_sub(1)) == "the" => {
                // `the other one`, `the other target genes`: other than what?
                let compared = before.iter().any(|w| words.get(i + 1).is_some_and(|n| n.stem == w.stem))
                    || words.iter().any(|w| w.is_any(&["one", "two"])) && text(i + 1) != "one";
                if text(i + 1) == "one" && before.len() < 6 || !compared && specific == 0 {
                    return found(&format!("the other {}", text(i + 1)));
                }
            }
            // `across all groups`, `in each arm`: only the paper says which there were.
            "all" | "each" | "every" | "either"
                if matches!(text(i + 1), "group" | "groups" | "arm" | "arms" | "cohort" | "cohorts")
                    && !matches!(
                        text(i + 2),
                        "of" | "with" | "that" | "who" | "which" | "receiving" | "given" | "treated" | "fed" | "in"
                    ) =>
            {
                return found(&format!("{word} {}", text(i + 1)));
            }
            // `in the control group during infusion`: beside whom?
            "control"
                if matches!(text(i + 1), "group" | "arm")
                    && i >= 2
                    && text(i - 1) == "the"
                    && matches!(text(i - 2), "in" | "of" | "for" | "among")
                    && !words.iter().any(|w| w.is_any(COMPARING)) =>
            {
                return found(&format!("the control {}", text(i + 1)));
            }
            "both" => {
                let follows_pair = words.iter().skip(i + 1).take(8).any(|w| w.is("and"));
                let noun = text(i + 1);
                let two_before = words.iter().take(i).any(|w| w.is_any(&["and", "two", ","]));
                if !follows_pair
                    && !two_before
                    && matches!(
                        noun,
                        "vectors"
                            | "groups"
                            | "conditions"
                            | "treatments"
                            | "constructs"
                            | "cases"
                            | "cohorts"
                            | "strains"
                            | "lines"
                            | "mutants"
                            | "assays"
                            | "experiments"
                            | "models"
                            | "drugs"
                            | "arms"
                            | "methods"
                            | "species"
                    )
                    && specific < 2
                {
                    return found(&format!("both {noun}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(question: &str) -> bool {
        check(&Ask::of(question), question).is_ok()
    }

    #[test]
    fn groups_are_named() {
        assert!(!holds("Did cooling lower the glucose disposal rate of newts across all groups?"));
        assert!(holds("Did cooling lower the glucose disposal rate in all groups of dwarf newts?"));
        assert!(!holds("How did glucose production change in the control group during insulin infusion?"));
        assert!(holds("Did cooled newts produce more glucose than newts in the control group?"));
    }
}
