//! Counts per topic on two sides, in one order.

use std::collections::BTreeMap;

/// A reference and a current window over the same topics, in topic order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mix {
    pub topics: Vec<String>,
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
}

impl Mix {
    /// Joins two histograms; a topic that one side lacks counts 0 there.
    pub fn join(reference: &BTreeMap<String, u64>, current: &BTreeMap<String, u64>) -> Self {
        let mut mix = Mix::default();
        let mut topics: Vec<&String> = reference.keys().chain(current.keys()).collect();
        topics.sort();
        topics.dedup();
        for topic in topics {
            mix.topics.push(topic.clone());
            mix.reference.push(reference.get(topic).copied().unwrap_or(0));
            mix.current.push(current.get(topic).copied().unwrap_or(0));
        }
        mix
    }
}
