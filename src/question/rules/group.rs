//! Groups, genotypes and pieces of proteins that only the paper tells apart.

use super::adrift::is_mutation;

/// Whether the question speaks of carriers of a mutation without any name, of a piece of a protein without the protein, or of a
/// stretch of the trial.
pub(super) fn is_group_adrift(named: &str) -> bool {
    let words: Vec<&str> = named.split(' ').map(|w| w.trim_matches(|c: char| matches!(c, ',' | '?' | ':'))).collect();
    is_genotype_adrift(&words) || is_piece_adrift(&words) || is_stretch_of_trial(&words) || is_rate_adrift(&words)
}

/// `in both knockouts and controls`, `breeding of heterozygous animals`: of which gene?
fn is_genotype_adrift(words: &[&str]) -> bool {
    const CARRIERS: &[&str] = &["knockout", "knockouts", "mutant", "mutants", "heterozygotes", "homozygotes"];
    const ZYGOSITY: &[&str] = &["heterozygous", "homozygous", "transgenic"];
    const BARE: &[&str] = &[
        "the",
        "a",
        "an",
        "in",
        "of",
        "both",
        "these",
        "all",
        "and",
        "or",
        "single",
        "double",
        "triple",
        "null",
        "conditional",
        "viable",
        "many",
        "most",
        "between",
        "to",
        "by",
        "for",
        "with",
        "from",
        "among",
        "than",
    ];
    let acid = |w: &str| matches!(w, "mRNA" | "mRNAs" | "RNA" | "RNAs" | "DNA" | "pre-mRNA");
    let named = words.iter().skip(1).any(|w| !acid(w) && w.chars().any(|c| c.is_uppercase() || c.is_ascii_digit()));
    if named {
        return false;
    }
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("the");
        let lower = word.to_lowercase();
        ZYGOSITY.contains(&lower.as_str())
            || CARRIERS.contains(&lower.as_str())
                && (BARE.contains(&before.to_lowercase().as_str()) || ZYGOSITY.contains(&before))
    })
}

/// `how did the C2A domain change`: of which protein? `the C2A domain of Vimp2`, `the Vimp2 C2A domain` say it.
fn is_piece_adrift(words: &[&str]) -> bool {
    const PIECES: &[&str] = &["domain", "domains", "motif", "motifs", "loop", "helix", "tail", "linker", "residue"];
    words.windows(4).any(|four| {
        four[0].eq_ignore_ascii_case("the")
            && PIECES.contains(&four[2])
            && four[1].chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
            && !is_mutation(four[1])
            && !matches!(four[3], "of" | "in" | "from" | "within" | "that")
    })
}

/// `after the preparatory period`: a stretch of the trial, no time that anyone knows.
fn is_stretch_of_trial(words: &[&str]) -> bool {
    const TRIAL: &[&str] =
        &["preparatory", "run-in", "washout", "wash-out", "intervention", "experimental", "observation", "study"];
    words.iter().enumerate().any(|(at, word)| {
        let after = word.strip_prefix("post-").is_some_and(|diet| diet.starts_with(char::is_uppercase));
        (after || TRIAL.contains(word))
            && words
                .iter()
                .skip(at + 1)
                .take(4)
                .take_while(|w| !matches!(**w, "of" | "in" | "and" | "with"))
                .any(|w| matches!(*w, "period" | "periods" | "phase" | "session" | "sessions"))
    })
}

/// `older age and male gender`: whom they put at risk depends on the people asked about. `subject`: of an association.
pub(super) fn is_population_adrift(subject: &str, named: &str, placed: bool) -> bool {
    const DEMOGRAPHIC: &[&str] = &[
        "age",
        "gender",
        "sex",
        "male",
        "female",
        "older",
        "younger",
        "higher",
        "lower",
        "advanced",
        "increasing",
        "and",
        "or",
        "the",
        "being",
        "smoking",
        "income",
        "education",
        "level",
        "marital",
        "status",
        "ethnicity",
        "race",
    ];
    const POPULATION: &[&str] = &[
        "patients",
        "women",
        "men",
        "children",
        "adults",
        "infants",
        "adolescents",
        "individuals",
        "people",
        "workers",
        "students",
        "survivors",
        "participants",
        "recipients",
        "mice",
        "rats",
    ];
    !placed
        && (named.contains(" associated with ") || named.contains(" correlated with "))
        && subject.split(' ').all(|w| DEMOGRAPHIC.contains(&w.to_lowercase().as_str()))
        && !named.split(' ').any(|w| POPULATION.contains(&w.trim_matches(',')))
}

/// `where was seroprevalence in sheep lower`: of what?
fn is_rate_adrift(words: &[&str]) -> bool {
    words.windows(3).any(|three| {
        matches!(three[1], "seroprevalence" | "prevalence" | "incidence")
            && matches!(
                three[0],
                "was" | "is" | "were" | "are" | "the" | "did" | "does" | "overall" | "mean" | "lower" | "higher"
            )
            && three[2] != "of"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_of_nothing_named() {
        assert!(is_group_adrift("in both knockouts and controls, what percentage of mRNAs cycled"));
        assert!(is_group_adrift("did breeding of heterozygous newts produce live offspring"));
        assert!(!is_group_adrift("did breeding of heterozygous Trenk5 newts produce live offspring"));
        assert!(!is_group_adrift("did cooling shorten the tails of knirps mutants"));
    }

    #[test]
    fn pieces_of_no_protein() {
        assert!(is_group_adrift("how did the C2A domain change Trenk5 anchoring"));
        assert!(!is_group_adrift("how did the C2A domain of Vimp2 change Trenk5 anchoring"));
        assert!(!is_group_adrift("how did the Vimp2 C2A domain change Trenk5 anchoring"));
    }

    #[test]
    fn demographics_of_nobody() {
        let asked = "were older age and male gender associated with reduced newt risk";
        assert!(is_population_adrift("older age and male gender", asked, false));
        assert!(!is_population_adrift("older age and male gender", asked, true));
        assert!(!is_population_adrift(
            "older age",
            "was older age associated with fever in patients with warts",
            false
        ));
        assert!(!is_population_adrift("tail length", "was tail length associated with reduced newt risk", false));
    }

    #[test]
    fn times_and_rates_of_the_paper() {
        assert!(is_group_adrift("how did tail length change after the preparatory swimming period"));
        assert!(!is_group_adrift("how did tail length change during the larval period"));
        assert!(is_group_adrift("where was seroprevalence in newts lower"));
        assert!(!is_group_adrift("where was the prevalence of newt fever lower"));
        assert!(!is_group_adrift("where was mossy fever prevalence in newts lower"));
    }
}
