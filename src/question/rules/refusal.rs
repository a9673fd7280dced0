//! Refusals: words and openings that make a clause no source of a fact that stands alone.

use super::cause::{names_no_cause, takes_and_gives};
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
        // `X in turn stimulates Y`: after what the sentence before tells.
        && !subject.ends_with(" in turn")
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
                | "instance"
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
                    | "terms"
                    | "analysis"
                    | "analyses"
            )
        })
        // `Under specific conditions`: which ones the front does not say.
        || words.iter().any(|w| matches!(*w, "condition" | "conditions" | "circumstances"))
            && words.iter().any(|w| matches!(*w, "specific" | "certain" | "some" | "these" | "appropriate" | "such"))
}

fn part_starts_badly(subject: &str) -> bool {
    let mut words = subject.split(' ').map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    // `A similar challenge`, `The remaining mutants`: like what, and beside which, was said before.
    if matches!(first.as_str(), "a" | "an" | "the") {
        return words.next().is_some_and(|second| {
            matches!(
                second.as_str(),
                "similar"
                    | "additional"
                    | "further"
                    | "subsequent"
                    | "resulting"
                    | "remaining"
                    | "corresponding"
                    | "latter"
                    | "former"
                    | "same"
                    | "observed"
                    | "differences"
            )
        });
    }
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
    "therefore",
    "hence",
    "citation",
    "citations",
    "journals",
];
