//! In which order questions are learned from: every one once, then all again in another order. A place in it is one number.

use rand::{SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;

/// An endless order of `n` questions that follows from a seed.
#[derive(Debug, Clone)]
pub struct Order {
    seed: u64,
    round: u64,
    places: Vec<usize>,
}

impl Order {
    pub fn new(seed: u64, n: usize) -> Self {
        Order { seed, round: 0, places: shuffled(seed, 0, n) }
    }

    /// The question at place `at`.
    pub fn get(&mut self, at: u64) -> Option<usize> {
        let n = self.places.len();
        let (round, place) = (at.checked_div(n as u64)?, at % n as u64);
        if round != self.round {
            self.places = shuffled(self.seed, round, n);
            self.round = round;
        }
        self.places.get(place as usize).copied()
    }
}

fn shuffled(seed: u64, round: u64, n: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.shuffle(&mut ChaCha8Rng::seed_from_u64(mixed(&[seed, 1, round])));
    places
}

/// One seed from several numbers (the finaliser of SplitMix64 between them).
pub fn mixed(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |state, number| {
        let mut x = (state ^ number).wrapping_add(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_once_a_round_and_any_place_again() {
        let mut order = Order::new(7, 5);
        let all: Vec<usize> = (0..10).filter_map(|at| order.get(at)).collect();
        for round in [&all[..5], &all[5..]] {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
        }
        assert_ne!(all[..5], all[5..]);
        assert_eq!(Order::new(7, 5).get(8), Some(all[8]));
        assert_eq!(Order::new(7, 0).get(0), None);
    }
}
