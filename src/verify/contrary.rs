//! Words that contradict each other when one of them is said and the other asked.

use super::words::Word;

/// Roots of words that exclude each other.
const PAIRS: &[(&[&str], &[&str])] = &[
    (
        &["caus", "induc", "trigger", "promot", "enabl", "allow", "permit", "facilitat", "provok", "elicit"],
        &["prevent", "block", "inhibit", "suppress", "abolish", "protect", "imped", "hinder", "preclud"],
    ),
    (
        &["delay", "slow", "decelerat", "retard", "prolong", "lengthen"],
        &["accelerat", "hasten", "speed", "quicken", "shorten", "fast"],
    ),
    (
        &["requir", "need", "necess", "essential", "indispensab", "depend"],
        &["dispensab", "unnecess", "independen", "redundan", "nonessential", "autonom"],
    ),
    (&["preced", "before", "prior", "earlier"], &["follow", "after", "later", "subsequent", "lag"]),
    (&["activ"], &["inactiv", "repress", "inhibit", "suppress"]),
    (&["sensitiv", "susceptib"], &["resistan", "insensitiv", "tolera"]),
    (&["dissociat", "releas", "detach", "displac"], &["bind", "bound", "associat", "attach", "recruit"]),
    (&["open"], &["clos"]),
    (&["same", "identical", "similar"], &["differ", "distinct", "diverg"]),
    (&["common", "frequent"], &["rare", "infrequent"]),
    (&["surviv", "viab", "alive"], &["die", "died", "dead", "death", "lethal", "inviab"]),
    (&["fertil"], &["steril", "infertil"]),
    (
        &["retain", "maintain", "remain", "preserv", "persist", "intact"],
        &["lost", "lose", "loss", "disappear", "abolish"],
    ),
    (&["import", "enter"], &["export", "exit"]),
    (&["attract"], &["repel", "repuls", "avoid"]),
    (
        &["increas", "rise", "rose", "grow", "grew", "expand"],
        &["decreas", "declin", "fall", "fell", "shrink", "shrank"],
    ),
    (&["gain", "acquir"], &["lost", "lose", "loss"]),
    (&["dominant"], &["recessiv"]),
    (&["unilateral"], &["bilateral"]),
    (&["monophylet"], &["paraphylet", "polyphylet"]),
    (&["symmetr"], &["asymmetr"]),
    (&["intracellular", "cytosol", "cytoplasm"], &["extracellular", "nucle"]),
    (&["upstream"], &["downstream"]),
    (&["positiv"], &["negativ", "invers"]),
    (&["agonist"], &["antagonist"]),
    (&["parallel"], &["antiparallel", "sequential"]),
    (&["alone", "solely", "exclusiv"], &["both", "also", "together", "addition"]),
    (&["larger", "greater", "higher", "more", "longer"], &["smaller", "less", "lower", "fewer", "shorter"]),
];

/// Prefixes that turn a word round: `stable`, `unstable`.
const TURNING: &[&str] = &["un", "in", "im", "ir", "non", "dys", "de", "dis", "mis", "a", "an"];

/// Whether `a` and `b` exclude each other.
pub(crate) fn contrary(a: &Word, b: &Word) -> bool {
    let has = |word: &Word, roots: &[&str]| roots.iter().any(|root| word.folded.starts_with(root));
    PAIRS.iter().any(|(left, right)| has(a, left) && has(b, right) || has(a, right) && has(b, left))
        || turns(&a.folded, &b.folded)
        || turns(&b.folded, &a.folded)
}

fn turns(plain: &str, turned: &str) -> bool {
    plain.len() >= 5 && TURNING.iter().any(|prefix| turned.strip_prefix(prefix) == Some(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::words::words;

    #[test]
    fn pairs_exclude_each_other_either_way_round() {
        let check = |a: &str, b: &str| {
            let (a, b) = (words(a), words(b));
            assert_eq!(contrary(&a[0], &b[0]), contrary(&b[0], &a[0]));
            contrary(&a[0], &b[0])
        };
        assert!(check("causes", "prevented") && check("dispensable", "requires") && check("precede", "followed"));
        assert!(check("stable", "unstable") && check("delayed", "accelerates"));
        assert!(!check("causes", "caused") && !check("newt", "tail"));
    }
}
