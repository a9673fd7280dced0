use std::collections::BTreeSet;

/// A random sample drawn from rows that stream past: those whose ids hash lowest under the seed. The same rows in any order, and the
/// same seed, give the same sample; a larger one holds the smaller.
#[derive(Debug)]
pub struct Draw {
    seed: u64,
    most: usize,
    kept: BTreeSet<([u8; 16], String)>,
}

impl Draw {
    pub fn new(seed: u64, most: usize) -> Self {
        Draw { seed, most, kept: BTreeSet::new() }
    }

    pub fn offer(&mut self, id: &str) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"audit").update(&self.seed.to_le_bytes()).update(id.as_bytes());
        let mut rank = [0; 16];
        hasher.finalize_xof().fill(&mut rank);
        if self.kept.len() >= self.most && self.kept.last().is_none_or(|(last, _)| *last <= rank) {
            return;
        }
        self.kept.insert((rank, id.to_owned()));
        if self.kept.len() > self.most {
            self.kept.pop_last();
        }
    }

    /// The ids drawn, in the order in which they are to be looked at.
    pub fn finish(self) -> Vec<String> {
        self.kept.into_iter().map(|(_, id)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(seed: u64, most: usize, ids: impl Iterator<Item = u32>) -> Vec<String> {
        let mut draw = Draw::new(seed, most);
        ids.for_each(|id| draw.offer(&id.to_string()));
        draw.finish()
    }

    #[test]
    fn a_sample_does_not_depend_on_the_order_and_holds_smaller_ones() {
        let ten = draw(7, 10, 0..1000);
        assert_eq!(ten.len(), 10);
        assert_eq!(ten, draw(7, 10, (0..1000).rev()));
        assert_eq!(ten[..4], draw(7, 4, 0..1000));
        assert_ne!(ten, draw(8, 10, 0..1000));
        assert_eq!(draw(7, 10, 0..3).len(), 3);
        assert!(draw(7, 0, 0..3).is_empty());
    }

    #[test]
    fn every_row_has_the_same_chance() {
        let mut low = 0;
        for seed in 0..200 {
            low += draw(seed, 10, 0..100).iter().filter(|id| id.parse::<u32>().unwrap() < 50).count();
        }
        assert!((880..1120).contains(&low), "{low} of 2000");
    }
}
