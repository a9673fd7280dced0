//! Causes: whether a subject says what was done, and to what.

use super::words::PREPOSITIONS;

/// `Supplementation`, `A model including age`: with what, and of what, the words do not say.
pub(super) fn names_no_cause(subject: &str) -> bool {
    const BARE: &[&str] = &[
        "supplementation",
        "stimulation",
        "training",
        "injection",
        "infusion",
        "exposure",
        "intervention",
        "therapy",
        "administration",
        "inhibition",
        "knockdown",
        "overexpression",
        "mutation",
        "deletion",
        "depletion",
        "silencing",
        "addition",
        "expression",
        "inactivation",
        "ablation",
        "deficiency",
        "translation",
        "transcription",
        "infection",
        "transplantation",
        "surgery",
        "screening",
        "vaccination",
        "treatment",
    ];
    /// What is done in ways without number: such a word before it says how, not what.
    const WAYS: &[&str] = &[
        "optogenetic",
        "chemogenetic",
        "pharmacological",
        "genetic",
        "electrical",
        "chemical",
        "acute",
        "chronic",
        "prolonged",
        "repeated",
        "systemic",
        "local",
        "oral",
        "intravenous",
        "intraperitoneal",
        "long-term",
        "short-term",
        "transient",
        "combined",
        "continuous",
        "early",
        "successful",
        "daily",
        "conditional",
    ];
    const TOOLS: &[&str] = &[
        "model",
        "models",
        "nomogram",
        "classifier",
        "algorithm",
        "simulation",
        "simulations",
        "equation",
        "score",
        "scores",
        "trial",
        "trials",
    ];
    /// What the writers worked with or thought of, wherever it stands at the end of a noun.
    const WORK: &[&str] = &[
        "simulation",
        "simulations",
        "framework",
        "frameworks",
        "pipeline",
        "algorithm",
        "algorithms",
        "classifier",
        "nomogram",
        "evaluation",
        "evaluations",
        "considerations",
        "calculations",
        "estimates",
        "approach",
        "approaches",
        "staining",
        "questionnaire",
    ];
    const OFFICE: &[&str] =
        &["citation", "citations", "variables", "questionnaire", "questionnaires", "journals", "introduction"];
    let lower = subject.to_lowercase();
    if lower.split(' ').any(|word| OFFICE.contains(&word)) {
        return true;
    }
    let words: Vec<&str> = lower.split(' ').filter(|w| !matches!(*w, "the" | "a" | "an")).collect();
    let head = words.iter().take_while(|w| !PREPOSITIONS.contains(w)).last().copied().unwrap_or("");
    if WORK.contains(&head) {
        return true;
    }
    match words.as_slice() {
        [one] => BARE.contains(one),
        [way, one] if WAYS.contains(way) => BARE.contains(one),
        // `interface mutations`: of which protein?
        [_, "mutation" | "mutations" | "substitution" | "substitutions"] => {
            !subject.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit())
        }
        [first, ..] => TOOLS.contains(first),
        [] => true,
    }
}

/// `knockdown of X and expression of Y`: done to the same cells or each by itself, the words do not say.
pub(super) fn takes_and_gives(subject: &str) -> bool {
    const TAKES: &[&str] = &[
        "knockdown",
        "knock-down",
        "knockout",
        "knock-out",
        "depletion",
        "deletion",
        "loss",
        "silencing",
        "inhibition",
        "ablation",
        "deficiency",
        "absence",
        "inactivation",
        "blockade",
        "withdrawal",
        "removal",
        "disruption",
    ];
    const GIVES: &[&str] = &[
        "overexpression",
        "over-expression",
        "expression",
        "activation",
        "addition",
        "stimulation",
        "restoration",
        "re-expression",
        "reconstitution",
        "induction",
        "supplementation",
    ];
    let holds =
        |part: &str, list: &[&str]| part.split(' ').any(|word| list.iter().any(|one| word.eq_ignore_ascii_case(one)));
    subject.split_once(" and ").is_some_and(|(one, other)| {
        holds(one, TAKES) && holds(other, GIVES) || holds(one, GIVES) && holds(other, TAKES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_says_what_was_done() {
        for bare in
            ["Supplementation", "Optogenetic stimulation", "the two-dimensional tail simulations", "A newt framework"]
        {
            assert!(names_no_cause(bare), "{bare}");
        }
        for told in
            ["Optogenetic stimulation of tail neurons", "Vimp2 stimulation", "Lactisol", "Genetic loss of Trenk5"]
        {
            assert!(!names_no_cause(told), "{told}");
        }
    }
}
