//! Abbreviations that only the paper defines.

use std::collections::HashSet;

use crate::model::answer::AnswerSpec;
use crate::model::question::Draft;

use super::super::ask::Ask;
use super::super::lexicon::direction_of;
use super::super::prepared::Prepared;
use super::super::words::{Kind, is_generic, words};
use super::specific::is_specific;

/// Abbreviations everyone in the field reads without a definition.
const WELL_KNOWN: &[&str] = &[
    "dna", "rna", "mrna", "trna", "rrna", "mirna", "sirna", "shrna", "lncrna", "cdna", "sgrna", "pcr", "qpcr", "rtpcr",
    "hiv", "aids", "atp", "adp", "amp", "camp", "gtp", "gdp", "nad", "nadh", "nadph", "ph", "mri", "fmri", "eeg",
    "ecg", "ct", "pet", "bmi", "us", "usa", "uk", "eu", "who", "icu", "ros", "no", "gfp", "crispr", "snp", "snps",
    "gwas", "ldl", "hdl", "vldl", "crp", "tnf", "il", "ifn", "tgf", "vegf", "egf", "fgf", "igf", "ngf", "bdnf", "gaba",
    "nmda", "ampa", "lps", "elisa", "ige", "igg", "igm", "iga", "hla", "mhc", "tcr", "bcr", "nk", "cd", "copd",
    "covid", "sars", "mers", "hbv", "hcv", "hpv", "ebv", "cmv", "hsv", "rsv", "tb", "mdr", "adhd", "ptsd", "psa", "hb",
    "ros", "uv", "ii", "iii", "iv", "vi", "er", "cns", "pns", "csf", "gi", "sd", "se", "ci", "auc", "nf", "jak",
    "stat", "mapk", "erk", "akt", "mtor", "ampk", "pi", "pkc", "pka", "jnk", "wnt", "yap", "taz", "myc", "ras", "raf",
    "pml", "escrt", "rnai", "mtdna", "rdna", "dsdna", "ssdna", "dsrna", "nmr", "hplc", "ms", "facs", "wt", "gc", "at",
    "dht", "acth", "tsh", "lh", "fsh", "gh", "hcg", "updrs", "dsm", "icd", "nyha", "iq", "pm", "co", "fda", "nih",
    "ddt", "pcb", "bcg", "dtp", "mmr", "opv", "nsaid", "ssri", "ace", "tpa", "iv", "im", "hsp", "bcl", "brca", "kras",
    "egfr", "her", "pd", "pdl", "ctla", "vista", "pbs", "dmso", "edta", "bsa", "fbs",
];

/// Heads of long forms that are names everyone can look up, not labels the paper coined.
const NAMED_THINGS: &[&str] = &[
    "virus",
    "protein",
    "kinase",
    "receptor",
    "gene",
    "transporter",
    "channel",
    "polypeptide",
    "enzyme",
    "hormone",
    "peptide",
    "ligand",
    "phosphatase",
    "synthase",
    "polymerase",
    "reductase",
    "dehydrogenase",
    "transferase",
    "antigen",
    "scale",
    "syndrome",
    "disease",
    "inventory",
    "questionnaire",
    "index",
    "homolog",
    "homologue",
    "ase",
    "complex",
    "database",
    "consortium",
    "antagonist",
    "agonist",
    "oxygenase",
    "hydrolase",
    "ligase",
    "chloride",
    "oxide",
    "sulfate",
];

/// # Errors
/// The reason, naming the abbreviation.
pub(super) fn check(ask: &Ask, question: &str, draft: &Draft, prepared: &Prepared<'_>) -> Result<(), String> {
    let stems: HashSet<&str> = ask.words.iter().map(|w| w.stem.as_str()).collect();
    for abbreviation in prepared.abbreviations() {
        let short = abbreviation.short.as_str();
        let core = short.strip_suffix('s').unwrap_or(short);
        let letters = core.chars().filter(|c| c.is_alphabetic()).count();
        let capitals = core.chars().filter(|c| c.is_uppercase()).count();
        if !(2..=6).contains(&letters)
            || capitals < 2
            || core.chars().any(|c| c.is_ascii_digit())
            || core.chars().any(|c| !c.is_ascii() || c == '-')
        {
            continue;
        }
        if WELL_KNOWN.contains(&core.to_lowercase().as_str())
            || !stands_in(question, short) && !stands_in(question, core)
        {
            continue;
        }
        let spelled = abbreviation.long_stems.iter().filter(|s| stems.contains(s.as_str())).count();
        if abbreviation.long_stems.is_empty() || spelled * 2 >= abbreviation.long_stems.len() {
            continue;
        }
        let long_words = words(&abbreviation.long);
        let named = long_words.iter().any(|w| {
            NAMED_THINGS.iter().any(|n| {
                w.folded == *n || w.folded.strip_suffix('s') == Some(n) || n.len() >= 5 && w.folded.ends_with(n)
            }) || w.folded.ends_with("ase")
        });
        let proper =
            abbreviation.long.split_whitespace().filter(|w| w.chars().next().is_some_and(char::is_uppercase)).count()
                * 2
                > abbreviation.long.split_whitespace().count();
        // `RelA`, `DnaK`: a gene's name, whatever the article abbreviates with it.
        if is_gene_style(core) {
            continue;
        }
        let coined_antigen = capitals < letters;
        if (named || proper) && !coined_antigen {
            continue;
        }
        // `the adhesin PfMA`: the noun before says what it is.
        let introduced = ask.words.windows(2).any(|pair| {
            question.get(pair[1].span.clone()).is_some_and(|t| t == short || t == core)
                && pair[0].kind == Kind::Word
                && pair[0].is_content()
                && !is_generic(&pair[0])
                && direction_of(&pair[0]).is_none()
        });
        if introduced {
            continue;
        }
        // A label that comes with what it measures (`as measured by MATH values`) in an otherwise full question is fine.
        let specific = ask
            .words
            .iter()
            .filter(|w| is_specific(w, question) && question.get(w.span.clone()) != Some(short))
            .count();
        if specific >= 4 && !is_answer_free(draft) {
            continue;
        }
        if specific >= 5 {
            continue;
        }
        return Err(format!("undefined_abbreviation: {short} ({})", abbreviation.long));
    }
    // `L&E`: an ampersand label is always a paper's own.
    for token in question.split_whitespace() {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some((a, b)) = token.split_once('&')
            && a.len() <= 2
            && b.len() <= 2
            && a.chars().chain(b.chars()).all(char::is_uppercase)
            && !matches!(token, "R&D" | "H&E" | "Q&A" | "D&C" | "T&T")
        {
            return Err(format!("undefined_abbreviation: {token}"));
        }
    }
    Ok(())
}

/// A capital, two or three small letters and one or two capitals.
fn is_gene_style(symbol: &str) -> bool {
    let small = symbol.chars().skip(1).take_while(char::is_ascii_lowercase).count();
    let tail: Vec<char> = symbol.chars().skip(1 + small).collect();
    symbol.starts_with(|c: char| c.is_ascii_uppercase())
        && (2..=3).contains(&small)
        && (1..=2).contains(&tail.len())
        && tail.iter().all(char::is_ascii_uppercase)
}

fn is_answer_free(draft: &Draft) -> bool {
    matches!(draft.answer, AnswerSpec::Boolean { .. })
}

/// `short` as a whole word of `question`.
fn stands_in(question: &str, short: &str) -> bool {
    question.match_indices(short).any(|(at, _)| {
        let before = question.get(..at).and_then(|t| t.chars().next_back());
        let after = question.get(at + short.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
            && !after.is_some_and(|c| c.is_alphanumeric() && c != 's' || c == '-')
    })
}
