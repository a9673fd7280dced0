//! The closed word lists that the stages share: directions, negations, comparisons.

use super::words::{Kind, Word};
use crate::model::answer::Direction;

/// How strongly a word tells a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    /// A change or a comparison: `increased`, `lower`.
    Plain,
    /// A verb that often, but not always, is one: `promote`, `induce`.
    Loose,
}

/// The direction that a word states, if any.
pub(crate) fn direction_of(word: &Word) -> Option<(Direction, Force)> {
    if word.kind != Kind::Word {
        return None;
    }
    let text = word.folded.as_str();
    let starts = |roots: &[&str]| roots.iter().any(|root| text.starts_with(root));
    if EXCEPTIONS.contains(&text) {
        return None;
    }
    if UP_WORDS.contains(&text) || starts(UP_ROOTS) {
        return Some((Direction::Increase, Force::Plain));
    }
    if DOWN_WORDS.contains(&text) || starts(DOWN_ROOTS) {
        return Some((Direction::Decrease, Force::Plain));
    }
    if SAME_WORDS.contains(&text) || starts(SAME_ROOTS) {
        return Some((Direction::NoChange, Force::Plain));
    }
    if LOOSE_UP_WORDS.contains(&text) || starts(LOOSE_UP_ROOTS) {
        return Some((Direction::Increase, Force::Loose));
    }
    if LOOSE_DOWN_WORDS.contains(&text) || starts(LOOSE_DOWN_ROOTS) {
        return Some((Direction::Decrease, Force::Loose));
    }
    None
}

const EXCEPTIONS: &[&str] = &[
    "improvement",
    "gained",
    "raising",
    "reductase",
    "reductases",
    "inhibitor",
    "inhibitors",
    "suppressor",
    "suppressors",
    "repressor",
    "repressors",
    "enhancer",
    "enhancers",
    "activator",
    "activators",
    "promoter",
    "promoters",
    "elevation",
    "elevations",
    "accumulator",
    "lowland",
    "lowlands",
    "highland",
    "highlands",
    "highly",
    "moreover",
    "highlight",
    "highlights",
    "highlighted",
    "highlighting",
];
const UP_WORDS: &[&str] = &[
    "higher",
    "greater",
    "more",
    "raised",
    "raises",
    "raise",
    "raising",
    "rise",
    "rises",
    "rose",
    "risen",
    "rising",
    "larger",
    "longer",
    "stronger",
    "faster",
    "grew",
    "gain",
    "gains",
    "doubled",
    "doubling",
    "tripled",
    "quadrupled",
    "expanded",
    "expansion",
    "surge",
    "surged",
    "upregulated",
    "hyperactive",
    "elevated",
    "elevates",
    "elevate",
    "elevating",
    "heightened",
    "heightens",
    "highest",
    "greatest",
    "largest",
    "most",
    "heavier",
    "older",
    "thicker",
    "wider",
];
const UP_ROOTS: &[&str] = &[
    "increas",
    "enhanc",
    "augment",
    "upregulat",
    "accelerat",
    "amplif",
    "potentiat",
    "boost",
    "exacerbat",
    "prolong",
    "strengthen",
    "lengthen",
    "intensif",
    "overexpress",
    "multipl",
    "hypersensiti",
    "hypersuscept",
    "hyperrespons",
    "hyperexcit",
    "hyperprolif",
];
const DOWN_WORDS: &[&str] = &[
    "lower",
    "lowers",
    "lowered",
    "lowering",
    "less",
    "lesser",
    "fewer",
    "smaller",
    "shorter",
    "weaker",
    "slower",
    "drop",
    "drops",
    "dropped",
    "dropping",
    "fall",
    "falls",
    "fell",
    "fallen",
    "falling",
    "decline",
    "declines",
    "declined",
    "declining",
    "halved",
    "halves",
    "loss",
    "losses",
    "lost",
    "lowest",
    "least",
    "fewest",
    "smallest",
    "depleted",
    "depletes",
    "depletion",
    "blunted",
    "blunts",
    "blunting",
    "shrank",
    "shrinks",
    "shrink",
    "shrunk",
    "diminished",
    "cut",
    "curtailed",
    "lighter",
    "thinner",
];
const DOWN_ROOTS: &[&str] = &[
    "decreas",
    "reduc",
    "diminish",
    "attenuat",
    "downregulat",
    "suppress",
    "repress",
    "inhibit",
    "impair",
    "abolish",
    "abrogat",
    "shorten",
    "weaken",
    "dampen",
    "curb",
    "mitigat",
    "decelerat",
    "ameliorat",
    "alleviat",
    "lessen",
    "minimi",
    "hyposensiti",
    "hyporespons",
];
const SAME_WORDS: &[&str] = &[
    "unchanged",
    "unaffected",
    "unaltered",
    "similar",
    "similarly",
    "comparable",
    "comparably",
    "constant",
    "stable",
    "same",
    "identical",
    "indistinguishable",
    "equal",
    "equally",
    "equivalent",
    "unmodified",
    "nonsignificant",
    "insignificant",
];
const SAME_ROOTS: &[&str] = &["unaffect", "unalter", "unchang"];
const LOOSE_UP_WORDS: &[&str] =
    &["improved", "improves", "improve", "improving", "better", "extended", "extends", "extend"];
const LOOSE_UP_ROOTS: &[&str] = &[
    "promot",
    "stimulat",
    "induc",
    "activat",
    "facilitat",
    "favor",
    "favour",
    "support",
    "restor",
    "accumulat",
    "enrich",
];
const LOOSE_DOWN_WORDS: &[&str] = &["worse", "slowed", "slows", "slow", "delay", "delayed", "delays"];
const LOOSE_DOWN_ROOTS: &[&str] = &[
    "block",
    "prevent",
    "eliminat",
    "delet",
    "deplet",
    "disrupt",
    "counteract",
    "silenc",
    "inactivat",
    "degrad",
    "limit",
    "restrict",
    "protect",
];

/// Words that turn a statement round.
pub(crate) fn is_negation(word: &Word) -> bool {
    word.is_any(&[
        "not",
        "no",
        "nor",
        "neither",
        "never",
        "without",
        "none",
        "nothing",
        "failed",
        "fail",
        "fails",
        "failure",
        "unable",
        "lack",
        "lacks",
        "lacked",
        "lacking",
        "absent",
        "absence",
        "cannot",
        "independent",
        "independently",
        "negative",
        "negligible",
        "unlikely",
        "insufficient",
        "unsuccessful",
        "undetectable",
        "undetected",
        "devoid",
        "refute",
        "refutes",
        "refuted",
        "dispensable",
        "insensitive",
        "resistant",
        "rather",
        "instead",
        "hardly",
        "barely",
        "ineffective",
        "little",
        "nonsignificant",
        "insignificant",
        "unaffected",
        "unchanged",
        "unaltered",
        "unrelated",
        "unnecessary",
        "zero",
        "non",
        "n't",
        "neutral",
        "rarely",
        "contrary",
        "ruled",
        "exclude",
        "excluded",
        "excludes",
        "prevented",
        "prevents",
        "prevent",
        "abolished",
        "abolishes",
        "abrogated",
        "eliminated",
        "except",
        "loss",
        "lost",
        "impaired",
    ])
}

/// Negations that turn the verb or noun right behind them.
pub(crate) fn is_plain_negation(word: &Word) -> bool {
    word.is_any(&[
        "not", "no", "nor", "neither", "never", "cannot", "none", "failed", "fails", "fail", "without", "wasn",
        "weren", "isn", "aren", "didn", "doesn", "don", "hasn", "haven", "couldn", "wouldn",
    ])
}

/// The two sides of scales whose ends exclude each other.
const OPPOSITES: &[(&[&str], &[&str])] = &[
    (
        &["most", "highest", "greatest", "largest", "strongest", "longest", "maximum", "maximal", "best"],
        &["least", "lowest", "smallest", "fewest", "weakest", "shortest", "minimum", "minimal", "worst"],
    ),
    (
        &["higher", "greater", "more", "larger", "stronger", "longer"],
        &["lower", "less", "fewer", "smaller", "weaker", "shorter"],
    ),
    (&["before", "prior"], &["after", "following"]),
    (&["early"], &["late"]),
    (&["upstream"], &["downstream"]),
    (&["with"], &["without"]),
    (&["short"], &["long"]),
    (&["positively"], &["negatively", "inversely"]),
    (&["presence"], &["absence"]),
    (&["prevent", "prevents", "prevented"], &["cause", "causes", "caused", "induce", "induces", "induced", "produce"]),
    (&["presynaptic"], &["postsynaptic"]),
    (&["anterior"], &["posterior"]),
    (&["dorsal"], &["ventral"]),
    (&["proximal"], &["distal"]),
    (&["inner"], &["outer"]),
    (&["upper"], &["lower"]),
    (&["wet"], &["dry"]),
    (&["left"], &["right"]),
    (&["winter"], &["summer"]),
];

/// Words that exclude `word`: the other side of its scale.
pub(crate) fn opposites(word: &str) -> impl Iterator<Item = &'static str> {
    OPPOSITES.iter().flat_map(move |(left, right)| {
        let other: &'static [&'static str] = if left.contains(&word) {
            right
        } else if right.contains(&word) {
            left
        } else {
            &[]
        };
        other.iter().copied()
    })
}

/// Superlatives and comparatives on the upper (`true`) or the lower end (`false`) of a scale.
pub(crate) fn extreme(word: &str) -> Option<bool> {
    let (most, least) = OPPOSITES[0];
    if most.contains(&word) {
        Some(true)
    } else if least.contains(&word) {
        Some(false)
    } else {
        None
    }
}

/// The part of a value that an adverb of frequency or certainty leaves open: what a text only supposes.
pub(crate) fn is_hedge(word: &Word) -> bool {
    word.is_any(&[
        "may",
        "might",
        "possibly",
        "probably",
        "perhaps",
        "presumably",
        "potentially",
        "likely",
        "plausibly",
        "conceivably",
        "putatively",
        "supposedly",
        "seemingly",
        "apparently",
        "arguably",
    ])
}

/// Verbs and nouns whose that-clause is a supposition.
pub(crate) fn is_supposition(word: &Word) -> bool {
    word.is_any(&[
        "suggest",
        "suggests",
        "suggested",
        "suggesting",
        "propose",
        "proposes",
        "proposed",
        "proposing",
        "hypothesize",
        "hypothesise",
        "hypothesized",
        "hypothesised",
        "hypothesis",
        "hypothesizes",
        "speculate",
        "speculates",
        "speculated",
        "postulate",
        "postulated",
        "postulates",
        "believe",
        "believed",
        "think",
        "thought",
        "suspect",
        "suspected",
        "assume",
        "assumed",
        "conjecture",
        "conjectured",
        "hint",
        "hints",
        "hinting",
        "raises",
        "possibility",
        "conceivable",
        "possible",
        "imply",
        "implies",
        "implying",
        "plausible",
        "theorize",
        "theorise",
        "seem",
        "seems",
        "seemed",
        "appear",
        "appears",
    ])
}
