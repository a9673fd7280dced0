//! Which words rose and fell between two sets of texts.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

/// A word or a pair of neighbouring words whose use changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    pub term: String,
    /// Standardised log odds ratio; above 0 it rose.
    pub z: f64,
    pub log_odds: f64,
    /// Texts of either side that use it.
    pub n_reference: u64,
    pub n_current: u64,
}

/// How many texts use each term.
#[derive(Debug, Clone, Default)]
pub struct TermCounts {
    texts: u64,
    counts: HashMap<String, u64>,
    total: u64,
}

impl TermCounts {
    /// Counts each term of `text` once.
    pub fn add(&mut self, text: &str) {
        self.texts += 1;
        for term in terms(text) {
            self.total += 1;
            *self.counts.entry(term).or_default() += 1;
        }
    }

    pub fn n_texts(&self) -> u64 {
        self.texts
    }

    fn of(&self, term: &str) -> u64 {
        self.counts.get(term).copied().unwrap_or(0)
    }
}

/// What the prior is worth, as a part of the smaller side: enough to keep rare terms from leading the list, too little to hide a
/// change that a side's own texts show.
const PRIOR_PART: f64 = 0.1;

/// The terms with |z| above `least_z` that at least `least_texts` texts use, the most changed first, then by name.
///
/// Weighted log odds ratios with an informative Dirichlet prior: a term's pseudo-counts follow both sides' pooled use of it and sum,
/// over all terms, to a tenth of the smaller side's; the variance is `1 / (y_i + a) + 1 / (y_j + a)`.
///
/// Source: Monroe, Colaresi & Quinn 2008, Political Analysis 16(4), equations 15, 19, 20 and 22.
pub fn changed(reference: &TermCounts, current: &TermCounts, least_z: f64, least_texts: u64) -> Vec<Term> {
    let (n, m) = (reference.total as f64, current.total as f64);
    let strength = PRIOR_PART * n.min(m);
    let mut found = Vec::new();
    let names: HashSet<&String> = reference.counts.keys().chain(current.counts.keys()).collect();
    for term in names {
        let (r, c) = (reference.of(term), current.of(term));
        if r + c < least_texts {
            continue;
        }
        let prior = strength * (r + c) as f64 / (n + m);
        let odds = |count: u64, total: f64| {
            let with = count as f64 + prior;
            (with / (total + strength - with).max(f64::MIN_POSITIVE)).ln()
        };
        let log_odds = odds(c, m) - odds(r, n);
        let z = log_odds / (1.0 / (c as f64 + prior) + 1.0 / (r as f64 + prior)).sqrt();
        if z.abs() > least_z {
            found.push(Term { term: term.clone(), z, log_odds, n_reference: r, n_current: c });
        }
    }
    found.sort_by(|a, b| b.z.abs().total_cmp(&a.z.abs()).then_with(|| a.term.cmp(&b.term)));
    found
}

/// How much of what rose is in `text`: the sum of the z of its terms over the square root of their number.
pub fn affinity(text: &str, z: &HashMap<&str, f64>) -> f64 {
    let own = terms(text);
    let sum: f64 = own.iter().filter_map(|term| z.get(term.as_str())).sum();
    sum / (own.len().max(1) as f64).sqrt()
}

/// The words of at least three letters, and the pairs of neighbours, in lower case, each once. Common words are left out.
pub(super) fn terms(text: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut before: Option<String> = None;
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '-') {
        let word = word.trim_matches('-').to_lowercase();
        let is_term = word.chars().count() >= 3
            && word.chars().any(char::is_alphabetic)
            && word.len() < 60
            && !COMMON.contains(&word.as_str());
        if !is_term {
            before = None;
            continue;
        }
        if let Some(before) = before.replace(word.clone()) {
            found.insert(format!("{before} {word}"));
        }
        found.insert(word);
    }
    found
}

/// Words that say nothing about a topic.
const COMMON: [&str; 92] = [
    "about", "after", "all", "also", "although", "among", "and", "any", "are", "been", "being", "between", "both",
    "but", "can", "could", "did", "does", "during", "each", "either", "few", "for", "found", "from", "had", "has",
    "have", "her", "here", "his", "how", "however", "into", "its", "itself", "may", "more", "most", "not", "onto",
    "other", "our", "out", "over", "per", "same", "several", "she", "should", "show", "showed", "shown", "shows",
    "since", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "through", "thus", "too", "two", "under", "upon", "use", "used", "using", "via", "was", "well", "were", "what",
    "when", "where", "whether", "which", "while", "who", "whose", "will", "with", "within",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(texts: &[(&str, usize)]) -> TermCounts {
        let mut counts = TermCounts::default();
        for (text, times) in texts {
            (0..*times).for_each(|_| counts.add(text));
        }
        counts
    }

    #[test]
    fn the_formula_by_hand() {
        // One-word texts: reference alpha 30, beta 70; current alpha 50, beta 50. Prior of alpha: 10 * 80 / 200 = 4, of both 10.
        let changed =
            changed(&counted(&[("alpha", 30), ("beta", 70)]), &counted(&[("alpha", 50), ("beta", 50)]), 0.0, 1);
        let alpha = changed.iter().find(|term| term.term == "alpha").unwrap();
        let log_odds = (54.0_f64 / 56.0).ln() - (34.0_f64 / 76.0).ln();
        assert!((alpha.log_odds - log_odds).abs() < 1e-12);
        assert!((alpha.z - log_odds / (1.0_f64 / 54.0 + 1.0 / 34.0).sqrt()).abs() < 1e-12);
        assert_eq!((alpha.n_reference, alpha.n_current), (30, 50));
    }

    #[test]
    fn what_rose_and_fell_is_named_and_common_words_are_not() {
        let reference = counted(&[("the cortex of mice", 200), ("the yeast genome", 200)]);
        let current = counted(&[("the cortex of mice", 300), ("the yeast genome", 60), ("the organoid atlas", 40)]);
        let changed = changed(&reference, &current, 2.0, 5);
        let rose: Vec<&str> = changed.iter().filter(|term| term.z > 0.0).map(|term| term.term.as_str()).collect();
        assert!(rose.contains(&"organoid atlas") && rose.contains(&"cortex"), "{rose:?}");
        assert!(changed.iter().any(|term| term.term == "yeast genome" && term.z < 0.0));
        assert!(changed.iter().all(|term| term.term != "the"));
        let z: HashMap<&str, f64> = changed.iter().map(|term| (term.term.as_str(), term.z)).collect();
        assert!(affinity("An organoid atlas", &z) > affinity("the yeast genome", &z));
    }

    #[test]
    fn empty_sides_give_nothing() {
        assert!(changed(&TermCounts::default(), &TermCounts::default(), 0.0, 0).is_empty());
    }
}
