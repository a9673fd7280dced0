//! Whether a statement can be asked with the opposite of its verb, to be answered by no.

/// Whether the opposite of a verb of change fits what follows: no cause, means or companion of the change is told.
pub(super) fn fits(rest: &str) -> bool {
    !has_means(rest) && !has_cause(rest) && !is_told_apart(rest)
}

/// The same for a named relation, whose object may name a change or an aim itself.
pub(super) fn fits_relation(rest: &str) -> bool {
    fits(rest)
        && !has_purpose(rest)
        && !names_change(rest)
        && !is_new(rest)
        && !rest.contains(" with ")
        && !rest.contains(" normally")
}

/// `… to support Y`: what is done is done for an end.
fn has_purpose(rest: &str) -> bool {
    const LINKED: &[&str] = &[
        "ing",
        "ance",
        "ence",
        "ity",
        "ion",
        "ure",
        "ment",
        "ponse",
        "ponses",
        "due",
        "relative",
        "compared",
        "exposed",
        "similar",
        "access",
        "related",
        "according",
        "adjacent",
        "attached",
        "bound",
    ];
    rest.match_indices(" to ").any(|(at, _)| {
        let before = rest[..at].rsplit(' ').next().unwrap_or("");
        !LINKED.iter().any(|end| before.ends_with(end))
    })
}

/// `by accelerating Y`, `without changing Y`: it goes with the verb, not with its opposite.
fn has_means(rest: &str) -> bool {
    rest.contains(" without ")
        || rest.split(" by ").skip(1).any(|by| by.split(' ').any(|w| w.len() > 5 && w.ends_with("ing")))
}

/// `owing to the loss of Y`: what explains a change does not explain its opposite.
fn has_cause(rest: &str) -> bool {
    ["owing to ", "due to ", "because of ", "thanks to ", "as a result of "].iter().any(|cause| rest.contains(cause))
}

/// `a decline in capacity that leads to Z`, `movements that lacked Y`: a relative clause tells of what came about; behind `the number
/// of events that …` it only says which.
fn is_told_apart(rest: &str) -> bool {
    rest.find(" that ").is_some_and(|at| {
        let head = &rest[..at];
        !head.starts_with("the ") && !head.contains(" the ") && !rest[at + 1..].starts_with("that of ")
    })
}

/// `induced a recovery`, `similar effects`: what came about cannot be suppressed.
fn is_new(rest: &str) -> bool {
    ["a ", "an ", "similar "].iter().any(|article| rest.starts_with(article))
}

/// `downregulation of X`, `loss of X`: the opposite of a verb that acts on a change is read twice.
fn names_change(rest: &str) -> bool {
    let mut words = rest.split(' ').filter(|w| !matches!(*w, "the" | "a" | "an"));
    words.next().is_some_and(|w| {
        matches!(
            w,
            "downregulation"
                | "upregulation"
                | "reduction"
                | "increase"
                | "decrease"
                | "inhibition"
                | "loss"
                | "suppression"
                | "repression"
                | "depletion"
                | "death"
                | "degradation"
                | "apoptosis"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opposite_fits_a_plain_object_only() {
        assert!(fits("tail length in newts") && fits_relation("the uptake of lactate by astrocytes"));
        assert!(fits("the number of events that occur upon cooling"));
        assert!(!fits("the rate of growth by accelerating repair"));
        assert!(!fits("tail length without changing Trenk5"));
        assert!(!fits_relation("bridge formation owing to the loss of filopodia"));
        assert!(!fits("swimming capacity that predisposes to frailty"));
        assert!(!fits_relation("a recovery of tail length in newts"));
        assert!(!fits_relation("Trenk5 to support tail growth"));
        assert!(fits_relation("the response to cooling"));
    }
}
