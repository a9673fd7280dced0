//! How many rows of each topic a training set or a release takes, so that its mix is the literature's.

use serde::Serialize;

use super::Error;
use super::statistic::jensen_shannon_of_shares;

/// What is asked of an alignment.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Rows to take.
    pub size: u64,
    /// Exponent of the literature's shares, 0 (uniform over the topics it has) to 10; 1 is the literature's own mix.
    pub alpha: f64,
    /// How often one row may be taken, at least 1.
    pub repeats: u64,
}

/// What one topic gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quota {
    /// Share asked for.
    pub target: f64,
    /// Rows asked for, then rows that there are, then rows taken (with repeats).
    pub wanted: u64,
    pub available: u64,
    pub taken: u64,
}

impl Quota {
    /// Rows by which the topic falls short.
    pub fn shortfall(&self) -> u64 {
        self.wanted - self.taken
    }
}

/// The rows of every topic, and how close that comes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alignment {
    /// In the order of the topics given. Wanted rows sum to the size asked for.
    pub quotas: Vec<Quota>,
    /// Rows taken in all; less than the size asked for by the shortfalls.
    pub taken: u64,
    /// Jensen-Shannon distance (base 2) of what is taken from the target; `None` when nothing is taken.
    pub distance: Option<f64>,
}

/// Gives topic k the share `p_k^alpha / sum_j p_j^alpha`, in whole rows by the method of largest remainders (ties to the earlier topic).
///
/// `literature`: the current literature's rows per topic; `available`: rows that can be taken, same topics. A topic that falls short
/// is not made up for by others: what is taken of the others keeps its proportions.
///
/// # Errors
/// [`Error::Lengths`], [`Error::EmptyWindow`] when the literature has no row, [`Error::Setting`].
///
/// Source: largest remainders after Hamilton, as in Balinski & Young 1982, Fair Representation, chapter 3.
pub fn align(literature: &[u64], available: &[u64], wish: &Wish) -> Result<Alignment, Error> {
    if literature.len() != available.len() {
        return Err(Error::Lengths { reference: literature.len(), current: available.len() });
    }
    if !(0.0..=10.0).contains(&wish.alpha) {
        return Err(Error::Setting { key: "alpha", value: wish.alpha.to_string(), expected: "0 to 10" });
    }
    if wish.repeats == 0 {
        return Err(Error::Setting { key: "repeats", value: "0".to_owned(), expected: "1 or more" });
    }
    let total: f64 = literature.iter().map(|&n| n as f64).sum();
    if total == 0.0 {
        return Err(Error::EmptyWindow { side: "current" });
    }
    // Relative to the largest share, so that no exponent makes everything vanish.
    let largest = literature.iter().copied().max().unwrap_or(0) as f64;
    let weights: Vec<f64> =
        literature.iter().map(|&n| if n == 0 { 0.0 } else { (n as f64 / largest).powf(wish.alpha) }).collect();
    let sum: f64 = weights.iter().sum();
    let targets: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let quotas: Vec<Quota> = targets
        .iter()
        .zip(largest_remainders(&targets, wish.size))
        .zip(available)
        .map(|((&target, wanted), &available)| {
            let taken = wanted.min(available.saturating_mul(wish.repeats));
            Quota { target, wanted, available, taken }
        })
        .collect();
    let taken: u64 = quotas.iter().map(|quota| quota.taken).sum();
    let distance = (taken > 0).then(|| {
        let realised: Vec<f64> = quotas.iter().map(|quota| quota.taken as f64 / taken as f64).collect();
        jensen_shannon_of_shares(&targets, &realised)
    });
    Ok(Alignment { quotas, taken, distance })
}

/// Whole numbers that sum to `size`, each `share * size` rounded down or up. `shares` sum to 1.
pub fn largest_remainders(shares: &[f64], size: u64) -> Vec<u64> {
    let exact: Vec<f64> = shares.iter().map(|share| share * size as f64).collect();
    let mut whole: Vec<u64> = exact.iter().map(|rows| rows.floor() as u64).collect();
    let mut order: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > 0.0).collect();
    order.sort_by(|a, b| (exact[*b].fract()).total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let given: u64 = whole.iter().sum();
    let mut left = size.saturating_sub(given);
    for at in order.iter().cycle().take(order.len().saturating_mul(2)) {
        if left == 0 {
            break;
        }
        whole[*at] += 1;
        left -= 1;
    }
    // Sizes beyond 2^53 are not exact in floating point: the largest topic takes what is left or too much.
    if let Some(at) = order.iter().copied().max_by(|a, b| shares[*a].total_cmp(&shares[*b])) {
        let given: u64 = whole.iter().sum();
        whole[at] = (whole[at] + left.min(size)).saturating_sub(given.saturating_sub(size));
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The apportionment of 100 seats in the textbook example of the Alabama paradox's method: populations 5670, 3850, 2240, 1240 of 13000,
    /// worked out by hand: quotas 43.615, 29.615, 17.231, 9.538.
    #[test]
    fn largest_remainders_by_hand() {
        let shares = [5670.0, 3850.0, 2240.0, 1240.0].map(|n| n / 13000.0);
        assert_eq!(largest_remainders(&shares, 100), [44, 30, 17, 9]);
        assert_eq!(largest_remainders(&[0.5, 0.5], 3), [2, 1]);
        assert_eq!(largest_remainders(&[], 3), Vec::<u64>::new());
    }

    #[test]
    fn shortfalls_and_repeats_are_reported() {
        let wish = Wish { size: 1000, alpha: 1.0, repeats: 2 };
        let aligned = align(&[600, 300, 100, 0], &[500, 100, 1000, 50], &wish).unwrap();
        let rows: Vec<_> = aligned.quotas.iter().map(|quota| (quota.wanted, quota.taken, quota.shortfall())).collect();
        assert_eq!(rows, [(600, 600, 0), (300, 200, 100), (100, 100, 0), (0, 0, 0)]);
        assert_eq!(aligned.taken, 900);
        assert!(aligned.distance.unwrap() > 0.03);
        let uniform = align(&[600, 300, 100, 0], &[500; 4], &Wish { alpha: 0.0, ..wish.clone() }).unwrap();
        assert_eq!(uniform.quotas.iter().map(|quota| quota.wanted).collect::<Vec<_>>(), [334, 333, 333, 0]);
        assert_eq!(align(&[1], &[0], &wish).unwrap().distance, None);
        assert!(align(&[0], &[1], &wish).is_err());
        assert!(align(&[1], &[1], &Wish { alpha: f64::NAN, ..wish.clone() }).is_err());
        assert!(align(&[1], &[1], &Wish { repeats: 0, ..wish }).is_err());
    }

    proptest! {
        #[test]
        fn quotas_are_exact_and_never_beyond_what_is_there(
            rows in prop::collection::vec((0_u64..100_000, 0_u64..5_000), 1..50),
            size in 0_u64..1_000_000,
            alpha in 0.0_f64..3.0,
            repeats in 1_u64..5,
        ) {
            let (literature, available): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            prop_assume!(literature.iter().sum::<u64>() > 0);
            let aligned = align(&literature, &available, &Wish { size, alpha, repeats }).unwrap();
            prop_assert_eq!(aligned.quotas.iter().map(|quota| quota.wanted).sum::<u64>(), size);
            for (quota, &n) in aligned.quotas.iter().zip(&literature) {
                prop_assert!((quota.wanted as f64 - quota.target * size as f64).abs() < 1.0 + 1e-6);
                prop_assert!(quota.taken <= quota.wanted && quota.taken <= quota.available * repeats);
                prop_assert!(n > 0 || quota.wanted == 0);
            }
            if let Some(distance) = aligned.distance {
                prop_assert!((0.0..=1.0).contains(&distance));
                if size > 10_000 && aligned.taken == size && alpha > 0.0 {
                    prop_assert!(distance < 0.05, "{}", distance);
                }
            }
        }
    }
}
