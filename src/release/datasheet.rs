//! The datasheet's questions that a card does not answer elsewhere.
//!
//! Source: Gebru et al. 2021, Datasheets for Datasets, Commun. ACM 64(12).

use std::fmt;

use super::card::Card;

/// Writes the datasheet's sections.
///
/// # Errors
/// When `f` fails.
pub fn write(card: &Card<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Card { header, balance, facts, .. } = card;
    let works: u64 = facts.works.values().sum();
    let contact = if header.contact.is_empty() { "the publisher" } else { &header.contact };
    let part = |n: u64| 100.0 * n as f64 / balance.rows.max(1) as f64;
    for (question, answer) in [
        (
            "Motivation",
            "Made to train and test models that reason about biology with rewards that can be checked, and to follow the literature as \
             it appears."
                .to_owned(),
        ),
        (
            "Composition",
            format!(
                "An instance is a question, its answer as a spec that a program grades, and the bytes of the paper that bear it out. {} \
                 instances from {} papers, of the {works} papers in the store; {:.0} % show their quote, the others point to it. No \
                 instance is about a person; papers may report on groups of patients. Links lead to the papers, whose text may change.",
                balance.rows,
                balance.works,
                part(balance.with_quote)
            ),
        ),
        (
            "Collection",
            "Papers were read through the archives' own interfaces, as their terms ask, or from files the operator put in. No person was \
             paid or asked. Every version keeps its licence as received."
                .to_owned(),
        ),
        (
            "Preprocessing and labelling",
            format!(
                "Documents were parsed into passages whose text never changes. Questions were written and judged by machine; what was \
                 rejected stays in the store with its reason ({} judged, {} accepted). Topics come from the archives' own labels.",
                facts.judged,
                facts.accepted.map_or(0, |share| share.count)
            ),
        ),
        (
            "Uses",
            "Reinforcement learning with `grader.py` as the reward, supervised training, evaluation on `future`. Not for clinical or \
             safety decisions, nor as a statement of what is known."
                .to_owned(),
        ),
        (
            "Distribution",
            "By part, each under its papers' licences (`LICENSES.md`). The part decides what you may do; `open` asks for credit only."
                .to_owned(),
        ),
        (
            "Maintenance",
            format!(
                "Released by a schedule; at once when a paper is retracted or taken down. Rights holders and anyone who finds a wrong key \
                 write to {contact}; questions taken back become tombstones. Version numbers: major for the schema, minor for scheduled \
                 releases, patch for takedowns and corrections. A minor release may add columns at the end.",
            ),
        ),
    ] {
        writeln!(f, "## {question}\n\n{answer}\n")?;
    }
    Ok(())
}
