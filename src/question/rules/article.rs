//! Articles: whether every `the X` of a question says which X.

use super::clause::is_adverb;
use super::words::RELATING;

/// Every `the X` must say which X: by `of`/`in`/…, a name, a superlative, or because there is only one.
pub(super) fn articles_are_anchored(text: &str) -> bool {
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
    /// Nouns that name nothing without what was said before.
    const DEICTIC: &[&str] = &[
        "group",
        "groups",
        "arm",
        "arms",
        "treatment",
        "treatments",
        "intervention",
        "interventions",
        "model",
        "models",
        "network",
        "mutation",
        "mutations",
        "construct",
        "cohort",
        "condition",
        "conditions",
        "task",
        "protocol",
        "program",
        "programme",
        "system",
        "sample",
        "samples",
        "fragment",
        "mutant",
        "mutants",
        "strain",
        "strains",
        "allele",
        "alleles",
        "line",
        "lines",
        "drug",
        "compound",
        "compounds",
        "procedure",
        "test",
        "training",
        "population",
        "control",
        "controls",
        "gene",
        "genes",
        "protein",
        "proteins",
        "peptide",
        "ongoing",
        "effect",
        "effects",
        "phenotype",
        "value",
        "values",
        "site",
        "sites",
        "score",
        "patients",
        "participants",
        "animals",
        "subjects",
        "mice",
        "cells",
        "reaction",
        "complex",
        "variant",
        "variants",
        "enzyme",
        "sequence",
        "substrate",
        "ligand",
        "antibody",
        "virus",
        "stimulus",
        "stimuli",
        "simulation",
        "trial",
        "device",
        "variables",
        "combination",
        "inhibitor",
        "procedures",
        "species",
        "region",
        "regions",
        "domain",
        "loop",
        "helix",
        "residue",
        "residues",
        "experimental",
        "native",
        "remaining",
        "corresponding",
        "resulting",
        "latter",
        "former",
        "two",
        "three",
        "four",
        "entire",
        "capacity",
        "cargo",
        "insult",
        "challenge",
        "lesion",
        "lesions",
        "hold",
    ];
    /// Deictic as well, but `the defect in X` says which.
    const FAULTS: &[&str] =
        &["impairment", "impairments", "defect", "defects", "deficit", "deficits", "abnormality", "abnormalities"];
    let words: Vec<&str> = text.split(' ').collect();
    words.iter().enumerate().all(|(at, word)| {
        if !word.eq_ignore_ascii_case("the") {
            return true;
        }
        let mut n_words = 0;
        let mut deictic = false;
        let mut technical = false;
        let mut fault = false;
        for next in words.iter().skip(at + 1).take(8) {
            let bare = next.trim_matches(|c: char| !c.is_alphanumeric());
            let lower = bare.to_lowercase();
            // `the RNA to`, `of the DNA?`: which one?
            let then = words.iter().skip_while(|w| !std::ptr::eq(**w, *next)).nth(1).copied().unwrap_or("");
            let bare_acid = matches!(bare, "RNA" | "RNAs" | "DNA" | "mRNA" | "mRNAs" | "cDNA")
                && (next.ends_with('?')
                    || matches!(then, "" | "to" | "was" | "were" | "is" | "are" | "by" | "and" | "with"));
            if n_words == 0 && bare_acid {
                return false;
            }
            if matches!(lower.as_str(), "of" | "that" | "between" | "for")
                || UNIQUE.contains(&lower.as_str())
                || lower.ends_with("est")
                || matches!(lower.as_str(), "most" | "first" | "last")
                || bare.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
                    // `the N-terminal domain`: of which protein?
                    && !["N-term", "C-term", "NH2-term", "COOH-term"].iter().any(|end| bare.starts_with(end))
            {
                return true;
            }
            if lower == "cell"
                && !matches!(
                    then.trim_end_matches('?'),
                    "line" | "lines" | "population" | "populations" | "type" | "types" | ""
                )
            {
                return true;
            }
            let closes = matches!(
                lower.as_str(),
                "was"
                    | "were"
                    | "is"
                    | "are"
                    | "and"
                    | "or"
                    | "by"
                    | "to"
                    | "with"
                    | "than"
                    | "after"
                    | "change"
                    | "affect"
                    | "differ"
                    | "compare"
                    | "increase"
                    | "decrease"
                    | "reduce"
                    | "higher"
                    | "lower"
                    | "before"
                    | "from"
                    | "via"
                    | "during"
                    | "essential"
                    | "required"
                    | "necessary"
                    | "sufficient"
                    | "dispensable"
                    | "responsible"
            );
            let placed = matches!(lower.as_str(), "in" | "at" | "on" | "within" | "across" | "among");
            if placed {
                return n_words >= 1 && (!deictic || n_words >= 3) || at == 0;
            }
            if closes
                || deictic && (is_adverb(&lower) || RELATING.contains(&lower.as_str()))
                || lower.len() > 4 && lower.ends_with("ed") && n_words > 0
            {
                break;
            }
            n_words += 1;
            deictic |= DEICTIC.contains(&lower.as_str());
            technical |= lower.len() >= 10;
            fault |= FAULTS.contains(&lower.as_str());
            if next.ends_with([',', '?', ':']) {
                break;
            }
        }
        !deictic && !fault && (n_words >= 3 || technical && n_words >= 2)
    })
}
