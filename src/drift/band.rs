//! What chance alone gives: the distances between two samples of one mix, at the sizes at hand.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};

use super::statistic::{jensen_shannon_of_shares, shares};
use super::{Config, Error};

/// The bootstrap band of the Jensen-Shannon distance.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub level: f64,
    /// The `level` quantile of the distances that chance gives.
    pub upper: f64,
    /// Share of chance distances at least as large as the observed one, with the observed one counted (Davison & Hinkley 1997).
    pub p_value: f64,
}

/// Draws `config.draws` pairs of multinomial samples of the two sizes from the pooled mix and compares each pair.
///
/// # Errors
/// As the statistics; [`Error::Setting`] when the configuration is out of range.
pub fn band(reference: &[u64], current: &[u64], observed: f64, config: &Config) -> Result<Band, Error> {
    check(config)?;
    shares(reference, current)?;
    let n: u64 = reference.iter().sum();
    let m: u64 = current.iter().sum();
    let pooled: Vec<f64> =
        reference.iter().zip(current).map(|(&r, &c)| (r as f64 + c as f64) / (n as f64 + m as f64)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut p = vec![0.0; pooled.len()];
    let mut q = vec![0.0; pooled.len()];
    let mut distances: Vec<f64> = (0..config.draws)
        .map(|_| {
            multinomial(n, &pooled, &mut rng, &mut p);
            multinomial(m, &pooled, &mut rng, &mut q);
            jensen_shannon_of_shares(&p, &q)
        })
        .collect();
    distances.sort_unstable_by(f64::total_cmp);
    let at = ((distances.len() as f64 * config.band_level).ceil() as usize).clamp(1, distances.len()) - 1;
    let as_large = distances.len() - distances.partition_point(|distance| *distance < observed);
    Ok(Band {
        level: config.band_level,
        upper: distances[at],
        p_value: (as_large + 1) as f64 / (distances.len() + 1) as f64,
    })
}

fn check(config: &Config) -> Result<(), Error> {
    if !(config.band_level > 0.0 && config.band_level < 1.0) {
        let value = config.band_level.to_string();
        return Err(Error::Setting { key: "band_level", value, expected: "a share between 0 and 1" });
    }
    if !(100..=1_000_000).contains(&config.draws) {
        return Err(Error::Setting { key: "draws", value: config.draws.to_string(), expected: "100 to 1000000" });
    }
    Ok(())
}

/// One multinomial sample as shares, by conditional binomials: its cost grows with the topics, not with the rows.
pub(super) fn multinomial(size: u64, shares: &[f64], rng: &mut ChaCha8Rng, drawn: &mut [f64]) {
    draw(size, shares, rng, |k, count| drawn[k] = count as f64 / size as f64);
}

/// The same as counts.
pub(super) fn multinomial_counts(size: u64, shares: &[f64], rng: &mut ChaCha8Rng, drawn: &mut [u64]) {
    draw(size, shares, rng, |k, count| drawn[k] = count);
}

fn draw(size: u64, shares: &[f64], rng: &mut ChaCha8Rng, mut take: impl FnMut(usize, u64)) {
    let mut left = size;
    let mut rest = 1.0;
    for (k, share) in shares.iter().enumerate() {
        let probability = if rest > 0.0 { (share / rest).clamp(0.0, 1.0) } else { 0.0 };
        let count = match Binomial::new(left, probability) {
            _ if left == 0 || probability == 0.0 => 0,
            Ok(binomial) => binomial.sample(rng).min(left),
            Err(_) => 0,
        };
        take(k, count);
        left -= count;
        rest -= share;
    }
}
