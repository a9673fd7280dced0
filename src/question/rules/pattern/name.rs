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
            && !word.contains(['^', '{', '_', '\'', '/'])
            && !is_plural(word)
            && !is_material(word)
            && !context.is_material(word)
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
                "which microRNA".to_owned()
            } else if one.to_lowercase().ends_with("ase") {
                "which enzyme".to_owned()
            } else if let Some(class) = context.class_of(one) {
                format!("which {class}")
            } else {
                "what".to_owned()
            };
            Some(Named { name: one, word })
        }
        [one] if is_compound(one) => Some(Named { name: one, word: "what".to_owned() }),
        [head @ .., last] if acceptable(last) && CLASSES.contains(&head.join(" ").as_str()) => {
            Some(Named { name: last, word: format!("which {}", head.join(" ")) })
        }
        [first, tail @ ..]
            if acceptable(first)
                && !matches!(
                    tail,
                    ["receptor" | "transporter" | "ligase" | "protease" | "phosphatase" | "inhibitor" | "antibody"]
                )
                && CLASSES.contains(&tail.join(" ").as_str()) =>
        {
            Some(Named { name: first, word: format!("which {}", tail.join(" ")) })
        }
        _ => None,
    }
}

/// How a gene or protein is disturbed in an experiment, and what the disturbed thing is called.
const DISTURBED: &[(&str, &str)] = &[
    ("knockdown", "gene"),
    ("knock-down", "gene"),
    ("knockout", "gene"),
    ("knock-out", "gene"),
    ("deletion", "gene"),
    ("disruption", "gene"),
    ("silencing", "gene"),
    ("ablation", "gene"),
    ("mutation", "gene"),
    ("mutations", "gene"),
    ("inactivation", "gene"),
    ("deficiency", "protein"),
    ("loss", "protein"),
    ("depletion", "protein"),
    ("overexpression", "protein"),
    ("over-expression", "protein"),
    ("inhibition", "protein"),
    ("expression", "protein"),
    ("absence", "protein"),
];

/// Reads `deletion of Trenk5`, `Trenk5 knockdown`, `mutations in TRENK5`: the name, and `deletion of which gene`.
pub(super) fn disturbed<'s>(phrase: &'s str, context: &Context<'_>) -> Option<Named<'s>> {
    let bare = phrase.strip_prefix("the ").or_else(|| phrase.strip_prefix("The ")).unwrap_or(phrase);
    let words: Vec<&str> = bare.split(' ').collect();
    let known = |word: &str| DISTURBED.iter().find(|(noun, _)| word.eq_ignore_ascii_case(noun));
    let good = |name: &str| {
        is_name(name)
            && !name.contains(['^', '{', '_', '/', '-'])
            && !is_plural(name)
            && !is_material(name)
            && !context.is_material(name)
            // `HDR` may be a process: capitals alone name a gene when the paper is about it or says what it is.
            && (name.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
                || context.class_of(name).is_some()
                || context.in_title(&name.to_lowercase()))
            && !context.abbreviations.long_form(name).is_some_and(is_plain_phrase)
    };
    let (lead, noun, link, name) = match words.as_slice() {
        [noun, link @ ("of" | "in"), name] | [noun, link @ ("of" | "in"), name, "gene" | "protein" | "expression"] => {
            ("", *noun, *link, *name)
        }
        [
            lead @ ("genetic" | "Genetic" | "conditional" | "Conditional" | "loss-of-function" | "Loss-of-function"
            | "transient"),
            noun,
            link @ ("of" | "in"),
            name,
        ] => (*lead, *noun, *link, *name),
        [name, noun] if !noun.eq_ignore_ascii_case("expression") => {
            ("", *noun, if noun.starts_with("mutation") { "in" } else { "of" }, *name)
        }
        _ => return None,
    };
    let (noun, class) = known(noun)?;
    if !good(name) {
        return None;
    }
    let class = match context.class_of(name) {
        Some(known) if *class == "protein" => known,
        _ if name.starts_with("miR") => "microRNA",
        _ => class,
    };
    let lead = if lead.is_empty() { String::new() } else { format!("{} ", lead.to_lowercase()) };
    Some(Named { name, word: format!("{lead}{noun} {link} which {class}") })
}

/// `NSAIDs`, `UGGTs`: more things than one.
fn is_plural(name: &str) -> bool {
    name.strip_suffix('s').is_some_and(|stem| stem.len() >= 2 && !stem.bytes().any(|b| b.is_ascii_lowercase()))
}

/// Cell lines, strains, reagents and abbreviations of methods: names, but no rivals of a gene or protein.
pub(in crate::question::rules) fn is_material(name: &str) -> bool {
    const STARTS: &[&str] = &[
        "MCF", "MDA", "HeLa", "HEK", "NIH", "CHO", "COS", "Na", "KCl", "Mg", "Ca", "DTT", "UTR", "ORF", "C57", "BALB",
        "U2OS", "HCT", "PC12", "Fig", "S1", "S2", "S3", "S4", "S5", "CO2", "H2O", "IC50", "EC50", "LD50", "CD45", "SD",
        "P0", "E1", "T7", "Q20", "RT", "CA1", "CA3", "DMSO", "SH-", "A549", "K562", "Jurkat", "THP", "INS-1", "BL21",
        "W303", "DNA", "RNA", "mRNA", "siRNA", "miRNA", "dsRNA", "ssRNA", "tRNA", "rRNA", "GFP", "YFP", "RFP",
        "mCherry", "WT", "KO", "PCR", "ANOVA", "HIV", "SARS", "COVID", "GWAS", "ChIP", "QTL", "SNP", "CRISPR", "shRNA",
        "cDNA", "BT549", "T47D", "MG132", "PKH", "CFSE", "FK506", "gRNA", "sgRNA", "ATP", "GTP", "ADP", "NADH", "pH",
        "PBS", "FBS",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || name.starts_with('P') && name[1..].bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn term(name: &str, context: &Context<'_>) -> AnswerSpec {
    let mut synonyms: Vec<String> = context.abbreviations.long_form(name).map(str::to_owned).into_iter().collect();
    if matches!(context.class_of(name), Some("protein" | "gene")) {
        synonyms.push(format!("{name} protein"));
    }
    let value = if is_name(name) { name.to_owned() } else { context.lower_first(name) };
    AnswerSpec::Term { value, synonyms }
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
        "patients",
        "analysis",
        "index",
        "trial",
        "score",
        "model",
        "disease",
        "syndrome",
        "cells",
        "mice",
        "time",
        "rate",
        "group",
        "system",
        "test",
        "protein",
        "treatment",
        "therapy",
        "training",
        "diet",
        "assay",
        "network",
        "cortex",
        "cell",
        "neurons",
        "stress",
        "pressure",
        "volume",
        "ratio",
        "virus",
        "area",
        "imaging",
        "adenylation",
        "polyadenylation",
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
