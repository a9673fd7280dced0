//! Text as a sparse vector: hashed words and pairs of words, weighted by how rare they are.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Hash values kept; two terms that share one are one feature.
const BUCKETS: u64 = 1 << 20;
/// Terms that fewer training texts use are no features.
const LEAST_TEXTS: u32 = 2;
/// Features kept, the most used ones: what bounds the memory of training, some twenty numbers a feature and topic.
const MOST_FEATURES: usize = 1 << 16;

/// A text's features and their weights, unit length, ascending features.
pub type Sparse = Vec<(u32, f32)>;

/// The features of a training set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Features {
    /// Bucket of each feature, ascending; a feature's number is its place.
    buckets: Vec<u32>,
    /// `ln((1 + n) / (1 + texts with it)) + 1`.
    rarity: Vec<f32>,
    #[serde(skip)]
    numbers: HashMap<u32, u32>,
}

impl Features {
    /// Learns which terms there are.
    pub fn learn<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut used: HashMap<u32, u32> = HashMap::new();
        let mut n = 0_u32;
        for text in texts {
            n += 1;
            for bucket in counted(text).into_keys() {
                *used.entry(bucket).or_default() += 1;
            }
        }
        let mut kept: Vec<(u32, u32)> = used.into_iter().filter(|(_, texts)| *texts >= LEAST_TEXTS).collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        kept.truncate(MOST_FEATURES);
        kept.sort_unstable();
        let rarity = kept.iter().map(|(_, texts)| ((1.0 + n as f32) / (1.0 + *texts as f32)).ln() + 1.0).collect();
        let mut features =
            Features { buckets: kept.into_iter().map(|(bucket, _)| bucket).collect(), rarity, numbers: HashMap::new() };
        features.index();
        features
    }

    /// Makes the look-up that is not stored.
    pub(super) fn index(&mut self) {
        self.numbers = (0_u32..).zip(&self.buckets).map(|(number, bucket)| (*bucket, number)).collect();
    }

    /// Whether a stored set can be used.
    pub(super) fn is_sound(&self) -> bool {
        self.buckets.len() == self.rarity.len() && self.buckets.windows(2).all(|pair| pair[0] < pair[1])
    }

    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// `(1 + ln count) * rarity`, scaled to length 1. Empty when no term is known.
    pub fn of(&self, text: &str) -> Sparse {
        let mut vector: Sparse = counted(text)
            .into_iter()
            .filter_map(|(bucket, count)| {
                let number = *self.numbers.get(&bucket)?;
                Some((number, (1.0 + (count as f32).ln()) * self.rarity.get(number as usize)?))
            })
            .collect();
        vector.sort_unstable_by_key(|(number, _)| *number);
        let length = vector.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|(_, value)| *value /= length);
        }
        vector
    }
}

/// Words of at least two characters and pairs of neighbours, by bucket.
fn counted(text: &str) -> HashMap<u32, u32> {
    let mut counts = HashMap::new();
    let mut before: Option<u64> = None;
    let mut lower = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1) {
        lower.clear();
        lower.extend(word.chars().flat_map(char::to_lowercase));
        let hash = fnv(0xcbf2_9ce4_8422_2325, lower.as_bytes());
        *counts.entry((hash % BUCKETS) as u32).or_default() += 1;
        if let Some(before) = before.replace(hash) {
            let pair = fnv(before ^ 0x9e37_79b9_7f4a_7c15, lower.as_bytes());
            *counts.entry((pair % BUCKETS) as u32).or_default() += 1;
        }
    }
    counts
}

/// FNV-1a: the same on every machine and in every version.
fn fnv(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one_and_rare_terms_weigh_more() {
        let texts = ["cell cortex", "cell cortex neuron", "cell genome", "cell genome"];
        let features = Features::learn(texts.into_iter());
        // cell, cortex, genome, and the pairs "cell cortex", "cell genome"; neuron occurs once.
        assert_eq!(features.len(), 5);
        let vector = features.of("Cell, CORTEX!");
        let length: f32 = vector.iter().map(|(_, value)| value * value).sum();
        assert!((length - 1.0).abs() < 1e-6 && vector.len() == 3);
        assert!(features.of("nothing known here").is_empty() && features.of("").is_empty());
    }
}
