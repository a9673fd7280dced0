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
    let mut tested: Vec<(f64, Moved)> = topics
        .iter()
        .zip(reference.iter().zip(current))
        .map(|(topic, (&r, &c))| {
            let (from, to) = (r as f64 / n, c as f64 / m);
            let pooled = (r as f64 + c as f64) / (n + m);
            let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
            let p_value = if deviation > 0.0 { two_sided((to - from) / deviation) } else { 1.0 };
            (p_value, Moved { topic: topic.clone(), from, to, q_value: 1.0 })
        })
        .collect();
    tested.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.topic.cmp(&a.1.topic)));
    let count = tested.len();
    let mut smallest = 1.0_f64;
    for (at, (p_value, topic)) in tested.iter_mut().enumerate() {
        let rank = (count - at) as f64;
        smallest = smallest.min(*p_value * count as f64 / rank);
        topic.q_value = smallest;
    }
    let mut moved: Vec<Moved> = tested.into_iter().map(|(_, topic)| topic).filter(|t| t.q_value < rate).collect();
    moved.sort_by(|a, b| (b.to - b.from).abs().total_cmp(&(a.to - a.from).abs()).then_with(|| a.topic.cmp(&b.topic)));
    moved
}

fn two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_topic_that_moved_is_named() {
        let topics: Vec<String> = ["genetics", "neuroscience", "zoology"].map(str::to_owned).to_vec();
        let found = moved(&topics, &[3000, 5000, 2000], &[3010, 4000, 1990], 0.05);
        assert!(found.iter().any(|m| m.topic == "neuroscience"));
        let none = moved(&topics, &[3000, 5000, 2000], &[3010, 5005, 1990], 0.05);
        assert_eq!(none, []);
    }
}
