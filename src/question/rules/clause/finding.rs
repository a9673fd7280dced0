//! Lead-ins that tell of a finding: `Using X, we found that Y`.

/// Verbs of finding: what stands in their that-clause is the finding.
const FINDING: &[&str] = &[
    "found",
    "find",
    "show",
    "showed",
    "shown",
    "observe",
    "observed",
    "demonstrate",
    "demonstrated",
    "report",
    "reveal",
    "revealed",
    "reveals",
    "confirmed",
    "confirm",
    "discovered",
    "noted",
    "noticed",
    "established",
    "shows",
    "demonstrates",
    "confirms",
    "determined",
    "detected",
    "identified",
];

/// `Using X, we found that Y`: Y, with a fronted setting kept (`In mice, we found that Y` gives `In mice, Y`).
///
/// Only what the writers found themselves: a lead that speaks of earlier or other work is left in place.
pub(super) fn finding(text: &str) -> Option<String> {
    let at = text.find(" that ").filter(|at| *at < 220)?;
    let (lead, rest) = (&text[..at], &text[at + 6..]);
    let words: Vec<&str> = lead.split(' ').collect();
    let (verb, before) = words.split_last()?;
    if !FINDING.contains(verb) || words.len() > 32 {
        return None;
    }
    const OTHERS: &[&str] = &[
        "previous",
        "other studies",
        "several studies",
        "many studies",
        "prior",
        "et al",
        "others",
        "earlier",
        "recent",
        "literature",
        "have been",
        "whether",
        "reported",
    ];
    const METHODS: &[&str] = &[
        "analysis",
        "analyses",
        "assay",
        "assays",
        "experiments",
        "imaging",
        "staining",
        "blot",
        "blots",
        "blotting",
        "pcr",
        "microscopy",
        "sequencing",
        "results",
        "data",
        "measurements",
        "quantification",
        "screen",
        "cytometry",
        "comparison",
        "recordings",
        "tests",
        "observations",
        "findings",
        "immunohistochemistry",
        "tomography",
        "examination",
    ];
    const OWN: &[&str] = &[
        "our ", "these ", "this ", "the ", "analysis", "analyses", "imaging", "staining", "results", "western",
        "immuno",
    ];
    if OTHERS.iter().any(|w| lead.to_lowercase().contains(w)) {
        return None;
    }
    let comma = lead.rfind(", ").map_or(0, |at| at + 2);
    let subject = lead[comma..].to_lowercase();
    let own = before.iter().rev().take(4).any(|w| matches!(*w, "we" | "We"))
        || OWN.iter().any(|own| subject.starts_with(own))
        || subject.split(' ').any(|w| METHODS.contains(&w));
    if !own {
        return None;
    }
    const REMARKS: &[&str] = &[
        "addition",
        "contrast",
        "agreement",
        "line",
        "order",
        "summary",
        "this",
        "these",
        "parallel",
        "our",
        "both",
        "particular",
    ];
    let front = lead.split_once(", ").map(|(front, _)| front).filter(|front| {
        front.starts_with("In ") && front.split(' ').count() <= 7 && !front.split(' ').any(|w| REMARKS.contains(&w))
    });
    Some(match front {
        Some(front) => format!("{front}, {rest}"),
        None => rest.to_owned(),
    })
}
