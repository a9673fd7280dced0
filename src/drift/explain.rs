//! Why two windows differ: every topic's shares with intervals, the words that rose and fell, and papers that show it.

use std::collections::HashMap;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::interval::{Interval, newcombe, wilson};

use super::moved::false_discovery_rates;
use super::terms::{Term, TermCounts, affinity, changed};

/// Level of the intervals.
const LEVEL: f64 = 0.95;
/// A term is named when it is this many standard deviations off, and this many texts use it.
const LEAST_Z: f64 = 2.5;
const LEAST_TEXTS: u64 = 5;

/// One topic on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub topic: String,
    pub n_reference: u64,
    pub n_current: u64,
    /// Shares with their 95 % Wilson intervals.
    pub from: Interval,
    pub to: Interval,
    /// Difference of the shares with its 95 % Newcombe interval.
    pub difference: Interval,
    /// Of a two-sided test that nothing changed, and after Benjamini & Hochberg over all topics.
    pub p_value: f64,
    pub q_value: f64,
}

/// Every topic that either side has, largest change first.
pub fn changes(topics: &[String], reference: &[u64], current: &[u64]) -> Vec<Change> {
    let (n, m): (u64, u64) = (reference.iter().sum(), current.iter().sum());
    let mut found: Vec<Change> = topics
        .iter()
        .zip(reference.iter().zip(current))
        .filter(|(_, (r, c))| **r + **c > 0)
        .map(|(topic, (&r, &c))| {
            let pooled = (r + c) as f64 / (n + m).max(1) as f64;
            let deviation = (pooled * (1.0 - pooled) * (1.0 / n.max(1) as f64 + 1.0 / m.max(1) as f64)).sqrt();
            let difference = newcombe((r, n), (c, m), LEVEL);
            let z = if deviation > 0.0 { difference.value / deviation } else { 0.0 };
            Change {
                topic: topic.clone(),
                n_reference: r,
                n_current: c,
                from: wilson(r, n, LEVEL),
                to: wilson(c, m, LEVEL),
                difference,
                p_value: (2.0 * Normal::standard().sf(z.abs())).min(1.0),
                q_value: 1.0,
            }
        })
        .collect();
    let p_values: Vec<f64> = found.iter().map(|change| change.p_value).collect();
    for (change, rate) in found.iter_mut().zip(false_discovery_rates(&p_values)) {
        change.q_value = rate;
    }
    found.sort_by(|a, b| {
        b.difference.value.abs().total_cmp(&a.difference.value.abs()).then_with(|| a.topic.cmp(&b.topic))
    });
    found
}

/// A paper.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub text: &'a str,
}

/// A paper of the current window that shows what rose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    pub id: String,
    pub title: String,
    /// The rising terms' z in it, over the root of its length in terms.
    pub affinity: f64,
}

/// What the texts of two windows say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Words {
    /// Texts on either side.
    pub n_reference: u64,
    pub n_current: u64,
    pub rising: Vec<Term>,
    pub falling: Vec<Term>,
    pub examples: Vec<Example>,
}

/// At most `most` terms each way and papers.
pub fn words(reference: &[Paper<'_>], current: &[Paper<'_>], most: usize) -> Words {
    let count = |papers: &[Paper<'_>]| {
        let mut counts = TermCounts::default();
        papers.iter().filter(|paper| !paper.text.trim().is_empty()).for_each(|paper| counts.add(paper.text));
        counts
    };
    let (old, new) = (count(reference), count(current));
    let terms = changed(&old, &new, LEAST_Z, LEAST_TEXTS);
    let rising: Vec<Term> = terms.iter().filter(|term| term.z > 0.0).take(most).cloned().collect();
    let falling: Vec<Term> = terms.iter().filter(|term| term.z < 0.0).take(most).cloned().collect();
    let weights: HashMap<&str, f64> = rising.iter().map(|term| (term.term.as_str(), term.z)).collect();
    let mut examples: Vec<Example> = current
        .iter()
        .map(|paper| {
            let affinity = affinity(paper.text, &weights);
            Example { id: paper.id.to_owned(), title: paper.title.to_owned(), affinity }
        })
        .filter(|example| example.affinity > 0.0)
        .collect();
    examples.sort_by(|a, b| b.affinity.total_cmp(&a.affinity).then_with(|| a.id.cmp(&b.id)));
    examples.truncate(most.min(10));
    Words { n_reference: old.n_texts(), n_current: new.n_texts(), rising, falling, examples }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_intervals_and_the_largest_comes_first() {
        let topics: Vec<String> = ["a", "b", "c", "none"].map(str::to_owned).to_vec();
        let found = changes(&topics, &[500, 300, 200, 0], &[50, 30, 70, 0]);
        assert_eq!(found.iter().map(|change| change.topic.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
        let c = &found[0];
        assert!(c.difference.low > 0.0 && c.q_value < 0.001 && c.p_value <= c.q_value);
        assert!((c.from.value - 0.2).abs() < 1e-12 && (c.to.value - 70.0 / 150.0).abs() < 1e-12);
    }

    #[test]
    fn examples_are_papers_that_hold_what_rose() {
        let paper = |id, text| Paper { id, title: id, text };
        let old: Vec<Paper> = (0..200).map(|_| paper("old", "yeast cell cycle")).collect();
        let mut new: Vec<Paper> = (0..50).map(|_| paper("plain", "yeast cell cycle")).collect();
        new.extend((0..150).map(|_| paper("news", "organoid atlas of the retina")));
        let words = words(&old, &new, 5);
        assert!(words.rising.iter().any(|term| term.term == "organoid"));
        assert!(words.falling.iter().any(|term| term.term.contains("yeast")));
        assert!(words.examples.iter().all(|example| example.id == "news") && !words.examples.is_empty());
        assert_eq!((words.n_reference, words.n_current), (200, 200));
    }
}
