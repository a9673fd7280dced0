//! Questions for a place: where in the cell, in which cells, in which tissue.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::super::clause::{Clause, Group};
use super::super::context::Context;
use super::{Candidate, candidate, starts_modifier};

const COMPARTMENTS: &[&str] = &[
    "nucleus",
    "nuclei",
    "cytoplasm",
    "cytosol",
    "nucleolus",
    "nucleoli",
    "mitochondria",
    "membrane",
    "membranes",
    "apparatus",
    "reticulum",
    "cilia",
    "cilium",
    "centrosome",
    "centrosomes",
    "kinetochore",
    "kinetochores",
    "lysosomes",
    "endosomes",
    "chloroplasts",
    "chloroplast",
    "vacuole",
    "spindle",
    "synapses",
    "axons",
    "dendrites",
    "nucleoplasm",
    "peroxisomes",
    "centrioles",
    "centromeres",
    "telomeres",
    "midbody",
    "lamellipodia",
    "septum",
    "phagosome",
    "envelope",
    "granules",
];
const TISSUES: &[&str] = &[
    "liver",
    "brain",
    "kidney",
    "heart",
    "lung",
    "lungs",
    "spleen",
    "retina",
    "hippocampus",
    "cortex",
    "muscle",
    "testis",
    "testes",
    "ovary",
    "ovaries",
    "intestine",
    "gut",
    "skin",
    "leaves",
    "roots",
    "cerebellum",
    "thalamus",
    "hypothalamus",
    "marrow",
    "pancreas",
    "placenta",
    "thymus",
    "epidermis",
    "cartilage",
    "bone",
    "cochlea",
    "cornea",
    "stomach",
    "colon",
    "bladder",
    "uterus",
    "amygdala",
    "striatum",
    "midbrain",
    "hindbrain",
    "forebrain",
    "notochord",
    "pollen",
    "stamens",
    "endosperm",
    "phloem",
    "xylem",
    "meristem",
    "mesoderm",
    "ectoderm",
    "endoderm",
    "epithelium",
    "endothelium",
    "gland",
    "glands",
    "islets",
];

/// The places of the same kind as `head`, when there is such a list.
pub(in crate::question::rules) fn alike(head: &str) -> Option<&'static [&'static str]> {
    [COMPARTMENTS, TISSUES].into_iter().find(|list| list.contains(&head))
}

/// The kind of place a phrase names, by its head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Compartment,
    Cells,
    Tissue,
}

fn kind(place: &str) -> Option<Kind> {
    let head = place.rsplit(' ').next()?;
    let cells = ["cytes", "neurons", "cells", "blasts", "phages", "glia", "clasts", "photoreceptors", "hepatocytes"];
    if COMPARTMENTS.contains(&head) {
        Some(Kind::Compartment)
    } else if TISSUES.contains(&head) {
        Some(Kind::Tissue)
    } else if cells.iter().any(|end| head.ends_with(end))
        && place.contains(' ') | (head != "cells" && head != "neurons")
    {
        Some(Kind::Cells)
    } else {
        None
    }
}

/// `X localizes to the nucleus`, `X is predominantly expressed in hepatocytes`, `X is enriched in the liver`.
pub(super) fn places(clause: &Clause, context: &Context<'_>, found: &mut Vec<Candidate>) {
    if clause.negated || !quantity::scan(&clause.rest).is_empty() {
        return;
    }
    let subject = context.lower_first(&clause.subject);
    if subject.contains(" and ") || subject.starts_with("a ") {
        return;
    }
    let mainly = |m: &str| {
        matches!(
            m,
            "predominantly"
                | "mainly"
                | "primarily"
                | "exclusively"
                | "specifically"
                | "selectively"
                | "preferentially"
        )
    };
    let manner = clause.manner.as_deref().filter(|m| mainly(m));
    let (verb, to, past) = match clause.group {
        Group::Active(verb)
            if matches!(verb.base, "localize" | "localise" | "accumulate" | "reside" | "concentrate") =>
        {
            (verb.base, true, "")
        }
        Group::Passive(verb)
            if matches!(verb.base, "localize" | "localise" | "enrich" | "concentrate")
                || manner.is_some() && matches!(verb.base, "express" | "detect" | "find" | "observe") =>
        {
            ("", false, verb.past)
        }
        _ => return,
    };
    let Some((preposition, place)) = clause.rest.split_once(' ') else { return };
    if !matches!(preposition, "in" | "to" | "at" | "within") || place.contains(" and ") || place.contains(" or ") {
        return;
    }
    let words: Vec<&str> = place.split(' ').collect();
    // The place ends where a modifier of the whole statement starts.
    let end = (1..words.len()).find(|at| starts_modifier(words[*at]) || words[*at] == "of").unwrap_or(words.len());
    let (place, tail) = (words[..end].join(" "), words[end..].join(" "));
    let place = place.strip_prefix("the ").unwrap_or(&place).to_owned();
    if tail.starts_with("of ") || place.split(' ').count() > 4 || tail.split(' ').count() > 10 {
        return;
    }
    // `cellular membranes`: no part of the cell in particular.
    if matches!(place.as_str(), "membrane" | "membranes" | "cellular membranes" | "biological membranes") {
        return;
    }
    let Some(kind) = kind(&place) else { return };
    let which = match kind {
        Kind::Compartment => "which part of the cell",
        Kind::Cells => "which cells",
        Kind::Tissue => "which tissue",
    };
    let manner = manner.map(|m| format!("{m} ")).unwrap_or_default();
    let ask = if to {
        format!("{preposition} {which} {} {subject} {manner}{verb} {tail}", clause.did())
    } else {
        format!("{preposition} {which} {} {subject} {manner}{past} {tail}", clause.was())
    };
    found.push(candidate("place", ask, AnswerSpec::Term { value: place, synonyms: Vec::new() }));
}
