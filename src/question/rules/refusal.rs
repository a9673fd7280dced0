//! Refusals: words and openings that make a clause no source of a fact that stands alone.

use super::clause::Clause;

/// Whether no word of the clause leans on a neighbour, hedges, or speaks of other work.
pub(super) fn stands_alone(clause: &Clause) -> bool {
    let front = clause.front.as_deref().unwrap_or("");
    let alike = clause.subject == "There" || clause.subject.starts_with("No ");
    let subject =
        if alike { clause.subject.trim_start_matches("There").trim_start_matches("No ") } else { &clause.subject };
    [front, subject, &clause.rest].iter().flat_map(|part| part.split(' ')).all(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let refused = REFUSED.contains(&word.as_str());
        !refused && !word.starts_with("fig") && !word.contains("respectively")
    }) && (alike || !part_starts_badly(&clause.subject))
        && !takes_and_gives(&clause.subject)
        && !names_no_cause(&clause.subject)
        && !vague_front(front)
}

/// `Supplementation`, `A model including age`: with what, and of what, the words do not say.
fn names_no_cause(subject: &str) -> bool {
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
    const OFFICE: &[&str] =
        &["citation", "citations", "variables", "questionnaire", "questionnaires", "journals", "introduction"];
    let lower = subject.to_lowercase();
    if lower.split(' ').any(|word| OFFICE.contains(&word)) {
        return true;
    }
    let words: Vec<&str> = lower.split(' ').filter(|w| !matches!(*w, "the" | "a" | "an")).collect();
    match words.as_slice() {
        [one] => BARE.contains(one),
        // `interface mutations`: of which protein?
        [_, "mutation" | "mutations" | "substitution" | "substitutions"] => {
            !subject.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit())
        }
        [first, ..] => TOOLS.contains(first),
        [] => true,
    }
}

/// `knockdown of X and expression of Y`: done to the same cells or each by itself, the words do not say.
fn takes_and_gives(subject: &str) -> bool {
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

/// `In wild-type`, `For all three lines`: a front that names nothing by itself.
fn vague_front(front: &str) -> bool {
    if front.split(' ').any(|w| matches!(w, "too" | "contrast" | "addition" | "particular")) {
        return true;
    }
    let words: Vec<&str> = front.split(' ').collect();
    let last = words.last().copied().unwrap_or("");
    words.len() == 2
        && matches!(
            last,
            "wild-type"
                | "controls"
                | "general"
                | "particular"
                | "contrast"
                | "turn"
                | "example"
                | "vivo"
                | "vitro"
                | "addition"
                | "patients"
                | "cells"
                | "total"
                | "mutants"
                | "treatment"
                | "WT"
                | "baseline"
        )
        || words.iter().any(|w| {
            matches!(
                *w,
                "all"
                    | "case"
                    | "cases"
                    | "doing"
                    | "agreement"
                    | "accordance"
                    | "line"
                    | "comparison"
                    | "two"
                    | "three"
                    | "our"
                    | "contrast"
            )
        })
}

fn part_starts_badly(subject: &str) -> bool {
    let first = subject.split(' ').next().unwrap_or("").to_lowercase();
    matches!(
        first.as_str(),
        "there"
            | "no"
            | "not"
            | "many"
            | "several"
            | "some"
            | "both"
            | "one"
            | "further"
            | "also"
            | "to"
            | "using"
            | "other"
            | "another"
            | "similar"
            | "most"
            | "all"
            | "any"
            | "each"
            | "either"
            | "when"
            | "same"
            | "more"
            | "less"
            | "few"
            | "most,"
            | "comparison"
            | "what"
            | "who"
            | "only"
            | "results"
            | "analysis"
            | "data"
            | "findings"
            | "evidence"
            | "that"
            | "nearly"
            | "in"
            | "at"
            | "for"
            | "on"
            | "by"
            | "during"
            | "after"
            | "almost"
            | "additional"
            | "subsequent"
            | "remaining"
            | "resulting"
            | "observed"
            | "such"
            | "again"
            | "while"
            | "although"
            | "even"
            | "overall"
            | "multiple"
            | "numerous"
            | "different"
            | "treatment"
            | "with"
            | "without"
            | "besides"
            | "unlike"
            | "like"
            | "consistent"
            | "thus"
            | "therefore"
            | "every"
            | "much"
            | "additionally"
            | "its"
            | "second"
            | "third"
            | "because"
            | "once"
            | "as"
            | "since"
            | "if"
    )
}

/// Words that make a sentence no source of a fact that stands alone.
const REFUSED: &[&str] = &[
    "may",
    "might",
    "could",
    "would",
    "should",
    "suggest",
    "suggests",
    "suggested",
    "suggesting",
    "possibly",
    "perhaps",
    "presumably",
    "likely",
    "unlikely",
    "putative",
    "seems",
    "seemed",
    "appears",
    "appeared",
    "hypothesize",
    "hypothesized",
    "hypothesis",
    "speculate",
    "believed",
    "thought",
    "expected",
    "predicted",
    "potentially",
    "whether",
    "if",
    "previous",
    "previously",
    "recently",
    "et",
    "al",
    "reported",
    "others",
    "this",
    "these",
    "those",
    "it",
    "its",
    "they",
    "their",
    "them",
    "he",
    "she",
    "his",
    "her",
    "we",
    "our",
    "us",
    "i",
    "my",
    "here",
    "herein",
    "above",
    "below",
    "former",
    "latter",
    "respectively",
    "such",
    "figure",
    "fig",
    "figs",
    "table",
    "supplementary",
    "article",
    "paper",
    "authors",
    "manuscript",
    "aforementioned",
    "same",
    "other",
    "another",
    "each",
    "either",
    "neither",
    "one",
    "ones",
    "there",
    "then",
    "similarly",
    "likewise",
    "respective",
    "corresponding",
    "latest",
    "see",
    "shown",
    "aim",
    "aimed",
    "objective",
    "investigate",
    "investigated",
    "examined",
    "analyzed",
    "analysed",
    "calculated",
    "described",
    "literature",
    "tended",
    "trend",
    "partially",
    "generally",
    "often",
    "sometimes",
    "some",
    "many",
    "several",
    "various",
    "certain",
    "moreover",
    "indeed",
    "instead",
    "otherwise",
    "study",
    "studies",
    "experiment",
    "experiments",
    "section",
    "equation",
    "dataset",
    "datasets",
    "so",
    "what",
    "how",
    "why",
    "?",
    "formula",
    "too",
    "overall",
    "latest",
    "vice",
    "yet",
];
