//! Numbers and mutations in the air: of which people, which animals, which protein, only the paper knows.

use super::cohort::has_bare_cohort;
use super::context::{Context, is_name};

/// Whether a number is one of a survey, a method or a group of people that the question does not name. `placed`: a setting stands before it.
pub(super) fn is_number_adrift(rule: &str, named: &str, placed: bool, context: &Context<'_>) -> bool {
    const SURVEYED: &[&str] = &[
        "respondents",
        "workers",
        "physicians",
        "nurses",
        "providers",
        "students",
        "predictions",
        "reads",
        "unigenes",
        "annotations",
        "crossovers",
        "residencies",
        "questionnaires",
        "hospitals",
        "studies",
        "articles",
        "centres",
        "centers",
        "information",
        "citations",
    ];
    let words = || named.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    if words().any(|word| SURVEYED.contains(&word))
        || has_bare_cohort(named) && !placed
        || named.contains(" all species")
        || is_size_of_nothing(named)
    {
        return true;
    }
    let hangs = matches!(rule, "amount" | "measured_noun" | "share" | "side_value" | "held" | "part" | "count");
    hangs && !placed && !words().any(|word| is_molecule(word, context)) && !names_living(named)
}

/// `by what percentage is the risk reduced in men`: neither what does it nor beside whom is said.
fn is_size_of_nothing(named: &str) -> bool {
    const TELL: &[&str] = &[
        "than",
        "compared",
        "comparison",
        "relative",
        "versus",
        "after",
        "by",
        "upon",
        "following",
        "when",
        "without",
        "lacking",
        "treated",
        "under",
        "during",
        "from",
        "between",
        "over",
        "within",
        "before",
        "until",
        "exposed",
        "given",
        "infected",
        "deficient",
        "null",
        "mutants",
        "mutant",
        "knockout",
        "overexpressing",
        "expressing",
    ];
    let lower = named.to_lowercase();
    let Some((_, what)) = lower.split_once("by how many fold ").or_else(|| lower.split_once("by what percentage "))
    else {
        return false;
    };
    let is_passive = ["is ", "are ", "was ", "were "].iter().any(|be| what.starts_with(be));
    // A genotype is a cause: `noca-1∆`, `Alk7^{fx/fx}`.
    is_passive
        && !what.contains(['^', '∆', 'δ', ':'])
        && !what.split(|c: char| !c.is_alphanumeric()).any(|word| TELL.contains(&word))
}

/// `a concentration of 100 μm`: micromolar set in the wrong case.
pub(super) fn is_unit_misprinted(named: &str, unit: Option<&str>) -> bool {
    let length = unit.is_some_and(|unit| matches!(unit, "μm" | "µm" | "um" | "nm" | "mm"));
    length && ["concentration", "affinity", "dose", "IC_", "EC_", "K_{"].iter().any(|what| named.contains(what))
}

/// Whether the clause itself says whom or what it counts: an organism, a tissue, a kind of cell, a disease.
fn names_living(named: &str) -> bool {
    const LIVING: &[&str] = &[
        "mice",
        "mouse",
        "rats",
        "rat",
        "patients",
        "women",
        "men",
        "children",
        "infants",
        "adults",
        "yeast",
        "zebrafish",
        "plants",
        "flies",
        "worms",
        "larvae",
        "embryos",
        "newborns",
        "males",
        "females",
        "strain",
        "strains",
        "genome",
        "transcripts",
        "exosomes",
        "Drosophila",
        "Arabidopsis",
        "twin",
        "twins",
        "cancer",
        "synapses",
        "mRNAs",
    ];
    named.split(|c: char| !c.is_alphanumeric()).any(|word| LIVING.contains(&word))
        || named
            .split(' ')
            .any(|word| word.len() == 2 && word.ends_with('.') && word.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// A name that is no abbreviation of an everyday phrase.
fn is_molecule(word: &str, context: &Context<'_>) -> bool {
    let name = (is_name(word) || word.split('-').any(is_name)) && !matches!(word, "cmH2O" | "mmHg" | "kDa");
    let everyday = context.abbreviations.long_form(word).is_some_and(|long| {
        let last = long.rsplit(' ').next().unwrap_or("");
        let molecule = [
            "receptor",
            "protein",
            "factor",
            "acid",
            "RNA",
            "DNA",
            "gene",
            "channel",
            "transporter",
            "kinase",
            "peptide",
        ]
        .contains(&last)
            || ["ase", "in", "ine", "one", "ol", "ate", "ide"].iter().any(|end| last.ends_with(end));
        long.contains(' ') && !molecule && !long.bytes().any(|b| b.is_ascii_digit())
    });
    name && !everyday && !is_mutation(word)
}

/// `R306C`, `Gln102Arg`, `Phe89`: a place in a protein.
pub(super) fn is_mutation(word: &str) -> bool {
    const CODES: &[&str] = &[
        "Ala", "Arg", "Asn", "Asp", "Cys", "Gln", "Glu", "Gly", "His", "Ile", "Leu", "Lys", "Met", "Phe", "Pro", "Ser",
        "Thr", "Trp", "Tyr", "Val",
    ];
    let letters = "ACDEFGHIKLMNPQRSTVWY";
    let short = |text: &str| text.len() == 1 && letters.contains(text);
    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let first = &word[..word.len() - digits.len()];
    let last = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let n_digits = digits.len() - last.len();
    (2..=4).contains(&n_digits)
        && (short(first) && short(last) && n_digits >= 2
            || CODES.contains(&first) && (last.is_empty() || CODES.contains(&last)))
}

/// Whether a mutation or residue is named without its protein near it.
pub(super) fn has_mutation_adrift(ask: &str) -> bool {
    let words: Vec<&str> = ask.split(' ').map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    // `how does R306C change Y`: a mutation that acts by itself.
    let acts = words.windows(2).any(|two| matches!(two[0], "did" | "does" | "do") && is_mutation(two[1]));
    acts || words.iter().enumerate().any(|(at, word)| {
        let near = || words.iter().take(at + 5).skip(at.saturating_sub(3));
        // `AR F876L`: two capitals name a protein, too.
        let short = |other: &str| other.len() == 2 && other.bytes().all(|b| b.is_ascii_uppercase());
        is_mutation(word)
            && !at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|other| short(other))
            && !matches!(words.get(at + 1), Some(&("cells" | "cell")))
            && !near().any(|other| (is_name(other) || other.split('-').any(is_name)) && !is_mutation(other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_needs_its_protein() {
        assert!(has_mutation_adrift("by how many fold does the Gln102Arg mutation reduce pyruvate uptake"));
        assert!(has_mutation_adrift("does the carbonyl oxygen bind the amide of Phe89"));
        assert!(has_mutation_adrift("how does R306C change interaction with Vimp2"));
        assert!(!has_mutation_adrift("how does Trenk5 R306C change interaction with Vimp2"));
        assert!(!has_mutation_adrift("does Vimp2 K103A rescue lactate uptake"));
        assert!(!has_mutation_adrift("does Vimp2 phosphorylate Trenk5 at Ser133"));
        assert!(!is_mutation("Vimp2") && !is_mutation("IL-6") && !is_mutation("CD86") && is_mutation("R306C"));
    }

    #[test]
    fn a_size_needs_what_brings_it_about_or_what_it_is_beside() {
        assert!(is_size_of_nothing(
            "by what percentage is the risk of recurrence reduced in men with low-risk tumours"
        ));
        assert!(is_size_of_nothing("by what percentage is the risk of recurrence reduced in men"));
        assert!(!is_size_of_nothing("by what percentage was lactate uptake lower in newts lacking Vimp2"));
        assert!(!is_size_of_nothing("by how many fold was comet density reduced in Vimp2^{fx/fx} larvae"));
        assert!(!is_size_of_nothing("by how many fold did fasting raise lactate uptake"));
    }
}
