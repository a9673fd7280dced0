//! Which topics moved, with the false discoveries among them held down.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

/// A topic whose share changed by more than chance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    pub topic: String,
    /// Share in the reference, then in the current window.
    pub from: f64,
    pub to: f64,
    /// The smallest false-discovery rate at which this topic still counts as moved.
    pub q_value: f64,
}

/// The topics below `rate`, largest change of share first, then by name.
///
/// Per topic a two-sided test of two proportions with pooled variance; then Benjamini & Hochberg 1995 over the topics.
pub fn moved(topics: &[String], reference: &[u64], current: &[u64], rate: f64) -> Vec<Moved> {
    let n: f64 = reference.iter().map(|&count| count as f64).sum();
    let m: f64 = current.iter().map(|&count| count as f64).sum();
    let shares = |counts: &[u64], size: f64| counts.iter().map(|&count| count as f64 / size).collect::<Vec<f64>>();
    let variance = |(&r, &c): (&u64, &u64)| {
        let pooled = (r as f64 + c as f64) / (n + m);
        pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)
    };
    let variances: Vec<f64> = reference.iter().zip(current).map(variance).collect();
    moved_shares(topics, &shares(reference, n), &shares(current, m), &variances, rate)
}

/// As [`moved`], of shares with the variance of each change if nothing changed.
pub fn moved_shares(topics: &[String], from: &[f64], to: &[f64], variances: &[f64], rate: f64) -> Vec<Moved> {
    let p_values: Vec<f64> = from
        .iter()
        .zip(to)
        .zip(variances)
        .map(|((from, to), variance)| if *variance > 0.0 { two_sided((to - from) / variance.sqrt()) } else { 1.0 })
        .collect();
    let q_values = false_discovery_rates(&p_values);
    let mut moved: Vec<Moved> = topics
        .iter()
        .zip(from.iter().zip(to))
        .zip(q_values)
        .map(|((topic, (&from, &to)), q_value)| Moved { topic: topic.clone(), from, to, q_value })
        .filter(|moved| moved.q_value < rate)
        .collect();
    moved.sort_by(|a, b| (b.to - b.from).abs().total_cmp(&(a.to - a.from).abs()).then_with(|| a.topic.cmp(&b.topic)));
    moved
}

/// For each p-value the smallest false-discovery rate at which it still counts, in the same order.
///
/// Source: Benjamini & Hochberg 1995, JRSS B 57(1).
pub fn false_discovery_rates(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let mut rates = vec![1.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (at, index) in order.into_iter().enumerate() {
        let rank = (p_values.len() - at) as f64;
        smallest = smallest.min(p_values[index] * p_values.len() as f64 / rank);
        rates[index] = smallest;
    }
    rates
}

fn two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fifteen p-values of the worked example in Benjamini & Hochberg 1995, section 4.1: at the rate 0.05 the first four count.
    #[test]
    fn the_published_example_of_false_discovery_rates() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let rates = false_discovery_rates(&p);
        assert_eq!(rates.iter().filter(|rate| **rate <= 0.05).count(), 4);
        assert!((rates[3] - 0.0095 * 15.0 / 4.0).abs() < 1e-12);
        assert!(rates.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn only_the_topic_that_moved_is_named() {
        let topics: Vec<String> = ["genetics", "neuroscience", "zoology"].map(str::to_owned).to_vec();
        let found = moved(&topics, &[3000, 5000, 2000], &[3010, 4000, 1990], 0.05);
        assert!(found.iter().any(|m| m.topic == "neuroscience"));
        let none = moved(&topics, &[3000, 5000, 2000], &[3010, 5005, 1990], 0.05);
        assert_eq!(none, []);
    }
}
