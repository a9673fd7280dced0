//! Words that name something in particular, and whether a question has enough of them.

use std::collections::HashSet;

use super::super::ask::Ask;
use super::super::lexicon::direction_of;
use super::super::words::{Kind, Word, is_generic};

/// Enough words that name something, so that the question has a subject without its paper.
///
/// # Errors
/// The reason, with the number of telling words.
pub(super) fn check(ask: &Ask, question: &str) -> Result<(), String> {
    let telling: HashSet<&str> = ask
        .words
        .iter()
        .filter(|w| w.kind == Kind::Word && w.is_content() && !is_generic(w) && direction_of(w).is_none())
        .filter(|w| {
            !w.is_any(&["which", "substance", "thing", "happen", "happens", "question", "answer", "main", "key"])
        })
        .map(|w| w.stem.as_str())
        .collect();
    let specific = ask.words.iter().filter(|w| is_specific(w, question)).count();
    if telling.len() < 3 && specific < 2 || specific == 0 && telling.len() < 5 {
        return Err(format!("too_little_context: {} telling words", telling.len()));
    }
    Ok(())
}

/// A word that names something in particular: a name, a symbol, a Latin or technical word.
pub(super) fn is_specific(word: &Word, question: &str) -> bool {
    if word.kind != Kind::Word || !word.is_content() || is_generic(word) {
        return false;
    }
    let written = question.get(word.span.clone()).unwrap_or_default();
    let capital = written.chars().any(char::is_uppercase) && word.span.start > 0;
    let digit = written.chars().any(|c| c.is_ascii_digit());
    capital
        || digit
        || word.folded.chars().count() >= 9
        || !written.is_ascii()
        || TECHNICAL.iter().any(|end| word.folded.ends_with(end))
        || NAMED.contains(&word.folded.as_str())
}

const TECHNICAL: &[&str] = &[
    "cyte", "cytes", "ase", "ases", "itis", "osis", "emia", "aemia", "oma", "omas", "virus", "viruses", "ella",
    "coccus", "phage", "phages", "genic", "gene", "tumour", "tumor", "ine", "idae", "cidal", "kinase", "plasma",
    "axon", "neuron", "neurons", "synapse", "synapses", "genome", "fish", "malaria", "cancer", "ol", "ide", "glycan",
    "lipid", "lipids", "peptide", "insulin", "leptin", "enzyme",
];
const NAMED: &[&str] = &[
    "mice",
    "mouse",
    "rat",
    "rats",
    "human",
    "yeast",
    "wheat",
    "rice",
    "maize",
    "barley",
    "honeybees",
    "bees",
    "bats",
    "frogs",
    "sheep",
    "cattle",
    "pigs",
    "dogs",
    "cats",
    "birds",
    "flies",
    "ants",
    "shark",
    "sharks",
    "coral",
    "corals",
    "algae",
    "mosquito",
    "mosquitoes",
    "larvae",
    "heart",
    "liver",
    "kidney",
    "lung",
    "brain",
    "retina",
    "cortex",
    "muscle",
    "leaf",
    "root",
    "stroke",
    "asthma",
    "obesity",
    "diabetes",
    "sepsis",
    "soil",
    "lakes",
    "forest",
    "ocean",
    "tundra",
    "crop",
    "tick",
    "ticks",
    "worms",
    "worm",
    "spider",
    "spiders",
    "pain",
    "coffee",
    "serum",
    "plasma",
    "blood",
    "bone",
    "skin",
    "gut",
    "sperm",
    "eggs",
    "embryo",
    "embryos",
    "placenta",
    "antibody",
    "vaccine",
    "fungi",
    "fungus",
    "bacteria",
    "virus",
    "parasite",
    "gull",
    "horse",
    "horses",
    "cow",
    "cows",
    "calves",
    "chicken",
    "chickens",
    "salmon",
    "trout",
    "newt",
    "newts",
];
