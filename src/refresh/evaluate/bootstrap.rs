//! Intervals by resampling papers, not questions: those of one paper rise and fall together.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A mean with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Share of draws above 0.
    pub above_zero: f64,
}

/// The mean of `values` and its percentile interval at `level` in (0, 1), from `draws` resamplings of clusters.
///
/// `values`: cluster and value of each item; the order does not matter beyond the seed's meaning. `None` without a value.
///
/// Source: Field & Welsh 2007, J. R. Stat. Soc. B 69:369 (the cluster bootstrap); percentiles after Efron 1979.
pub fn mean(values: &[(&str, f64)], draws: u32, level: f64, seed: u64) -> Option<Interval> {
    let mut clusters: std::collections::BTreeMap<&str, (f64, f64)> = std::collections::BTreeMap::new();
    for (cluster, value) in values {
        let sums = clusters.entry(cluster).or_default();
        sums.0 += value;
        sums.1 += 1.0;
    }
    let sums: Vec<(f64, f64)> = clusters.into_values().collect();
    if sums.is_empty() {
        return None;
    }
    let of = |(sum, n): (f64, f64)| sum / n;
    let value = of(sums.iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1)));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..draws.max(1))
        .map(|_| {
            let drawn = (0..sums.len()).map(|_| sums[random.random_range(0..sums.len())]);
            of(drawn.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1)))
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((means.len() - 1) as f64 * share).round() as usize];
    let tail = (1.0 - level) / 2.0;
    let above_zero = means.iter().filter(|mean| **mean > 0.0).count() as f64 / means.len() as f64;
    // Few clusters can leave the mean outside what was drawn.
    Some(Interval { value, low: at(tail).min(value), high: at(1.0 - tail).max(value), above_zero })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For single items the interval is that of the normal approximation, p ± 1.96 sqrt(p (1 - p) / n) = 0.3 ± 0.0449.
    #[test]
    fn single_items_give_the_textbook_interval() {
        let names: Vec<String> = (0..400).map(|n| format!("w{n:03}")).collect();
        let values: Vec<(&str, f64)> =
            names.iter().enumerate().map(|(n, name)| (name.as_str(), f64::from(u8::from(n % 10 < 3)))).collect();
        let interval = mean(&values, 10_000, 0.95, 1).unwrap();
        assert!((interval.value - 0.3).abs() < 1e-12);
        assert!((interval.low - 0.2551).abs() < 0.004 && (interval.high - 0.3449).abs() < 0.004, "{interval:?}");
        assert_eq!(mean(&values, 10_000, 0.95, 1), Some(interval), "the seed decides");
    }

    /// Ten questions of one paper that all agree are one observation, not ten: the interval is sqrt(10) times as wide.
    #[test]
    fn questions_of_one_paper_count_together() {
        let names: Vec<String> = (0..40).map(|n| format!("w{n:02}")).collect();
        let width = |repeats: usize| {
            let values: Vec<(&str, f64)> = names
                .iter()
                .enumerate()
                .flat_map(|(n, name)| std::iter::repeat_n((name.as_str(), (n % 2) as f64), repeats))
                .collect();
            let interval = mean(&values, 5000, 0.95, 1).unwrap();
            interval.high - interval.low
        };
        assert!((width(10) - width(1)).abs() < 0.02);
        assert_eq!(mean(&[], 100, 0.95, 1), None);
    }
}
