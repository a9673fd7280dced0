//! Sentences no one would write: cut, doubled, or pointing at what only the paper shows.

use super::words::PREPOSITIONS;

/// What no one would write: `both` of one thing, two prepositions in a row, a stop within a word, a number of a sample.
pub(super) fn is_broken(ask: &str) -> bool {
    let words: Vec<&str> = ask.split(' ').collect();
    let both = words
        .iter()
        .enumerate()
        .any(|(at, word)| *word == "both" && !words.iter().skip(at + 2).take(14).any(|w| *w == "and"));
    let doubled = words.windows(2).any(|pair| {
        matches!(pair[0], "in" | "at" | "on" | "of" | "with")
            && matches!(pair[1], "during" | "in" | "after" | "of" | "by" | "at")
    });
    // `patient 3`, `compound 7d`, `group B`: only the paper knows which.
    let numbered = words.windows(2).any(|pair| {
        const NUMBERED: &[&str] = &[
            "sample",
            "patient",
            "case",
            "compound",
            "derivative",
            "clone",
            "cluster",
            "variant",
            "fraction",
            "group",
            "arm",
            "cohort",
            "subject",
            "batch",
        ];
        let label = pair[1].trim_end_matches(['?', ',']);
        let noun = pair[0].to_lowercase();
        let roman = label.bytes().all(|b| matches!(b, b'I' | b'V' | b'X' | b'-'));
        NUMBERED.contains(&noun.trim_end_matches('s'))
            && (roman
                || label.starts_with(|c: char| c.is_ascii_digit())
                || label.len() == 1 && label.bytes().all(|b| b.is_ascii_uppercase()))
    });
    // `an R-dependent mechanism`: a letter of the paper's own.
    let lettered = words.iter().any(|w| {
        w.split_once('-').is_some_and(|(one, rest)| {
            one.len() == 1 && matches!(rest.trim_end_matches('?'), "dependent" | "independent")
        })
    });
    // `evaluated for that phenotype`: which one was said before.
    let dangling = words.windows(3).any(|three| {
        three[1] == "that"
            && PREPOSITIONS.contains(&three[0])
            && !PREPOSITIONS.contains(&three[2].trim_end_matches('?'))
            && !matches!(three[0], "than" | "and" | "or" | "but" | "as")
    });
    let bytes = ask.as_bytes();
    let stopped = bytes.windows(3).any(|w| w[0].is_ascii_lowercase() && w[1] == b'.' && w[2].is_ascii_digit());
    let glued = bytes.windows(2).any(|w| w[0] == b'}' && w[1].is_ascii_lowercase());
    // `the percentage of CD86⁺`: the cells are missing.
    let bare_marker = words.iter().enumerate().any(|(at, word)| {
        let marker = word.trim_end_matches('?').strip_suffix(['⁺', '⁻']);
        marker
            .is_some_and(|m| m.ends_with(|c: char| c.is_ascii_alphanumeric()) && m.bytes().any(|b| b.is_ascii_digit()))
            && words.get(at + 1).is_none_or(|next| PREPOSITIONS.contains(next))
    });
    let of_words = [is_half_range, is_carrier_unnamed, is_line_of_statistics].iter().any(|is| is(&words));
    of_words
        || tells_method(ask)
        || both
        || doubled
        || numbered
        || lettered
        || dangling
        || stopped
        || glued
        || bare_marker
}

/// `the relationship between exercise duration`: the other end was cut off.
fn is_half_range(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let behind = words.get(at + 1..).unwrap_or_default();
        let end = behind.iter().position(|w| PREPOSITIONS.contains(w)).unwrap_or(behind.len());
        let last = behind.get(..end).and_then(<[&str]>::last).copied().unwrap_or("").trim_end_matches(['?', ',']);
        *word == "between"
            && !behind.iter().any(|w| matches!(*w, "and" | "or" | "versus"))
            && last.bytes().all(|b| b.is_ascii_lowercase())
            && !last.ends_with('s')
            && !matches!(
                last,
                "mice" | "men" | "women" | "children" | "people" | "species" | "larvae" | "nuclei" | "mitochondria"
            )
    })
}

/// `blocked Y by immunoblotting`: how it was seen, not how it was done.
fn tells_method(ask: &str) -> bool {
    ask.split(" by ").skip(1).any(|by| {
        let first = by.split(' ').next().unwrap_or("").trim_end_matches('?').to_lowercase();
        first.starts_with("immuno")
            || matches!(
                first.as_str(),
                "western" | "elisa" | "qpcr" | "rt-pcr" | "microscopy" | "cytometry" | "staining"
            )
    })
}

/// `in mutant cells`: which mutation?
fn is_carrier_unnamed(words: &[&str]) -> bool {
    words.windows(3).any(|three| {
        three[1] == "mutant"
            && matches!(three[0], "in" | "of" | "from" | "the" | "between" | "and" | "only")
            && matches!(
                three[2].trim_end_matches('?'),
                "cells" | "mice" | "animals" | "embryos" | "flies" | "plants" | "larvae" | "strains" | "neurons"
            )
    })
}

/// `nutrition x time effects`: a line of the statistics; `an additional layer`: beside which one?; `effects that appear`: as what?
fn is_line_of_statistics(words: &[&str]) -> bool {
    let beside = words.windows(2).any(|pair| {
        matches!(pair[0], "a" | "an") && matches!(pair[1], "additional" | "further" | "similar" | "second" | "third")
    });
    beside || words.iter().any(|w| matches!(*w, "x" | "×")) || matches!(words.last(), Some(&("appear" | "appears")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_one_would_write() {
        for bad in [
            "did cooling lengthen tails without food x time effects",
            "did cooling cause deformations of an additional layer",
            "did fitness mediate the relationship between exercise duration",
            "did cooling block late lactate expression by immunoblotting",
            "did cooling cause accumulation of lactate only in mutant cells",
            "were scores higher for Group IV than for others",
        ] {
            assert!(is_broken(bad), "{bad}");
        }
        for good in [
            "did cooling lengthen tails of larvae",
            "did fitness mediate the relationship between exercise and sleep",
            "did cooling change the distance between kinetochores",
            "did cooling block late lactate expression by cells",
            "did cooling cause accumulation of lactate in Trenk5 mutant cells",
        ] {
            assert!(!is_broken(good), "{good}");
        }
    }
}
