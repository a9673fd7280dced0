//! The report on two windows: every statistic, the band, the verdict, the topics that moved.

use serde::Serialize;

use super::band::band;
use super::moved::{Moved, moved};
use super::statistic::{g_test, jensen_shannon, jensen_shannon_corrected, psi, total_variation};
use super::{Config, Error, Mix};

/// What `aludel drift score --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub statistic: Statistics,
    /// Rows on each side.
    pub n_reference: u64,
    pub n_current: u64,
    /// Number of topics named on either side, also those without a row.
    pub topics: usize,
    pub band: BandReport,
    pub p_value: f64,
    pub verdict: Verdict,
    pub moved: Vec<Moved>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    pub jensen_shannon: f64,
    pub jensen_shannon_corrected: f64,
    pub psi: f64,
    pub total_variation: f64,
    pub g: f64,
    pub g_p_value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandReport {
    pub level: f64,
    pub upper: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    InsideBand,
    OutsideBand,
}

/// Compares the two sides of `mix`. The same mix and configuration give the same report.
///
/// # Errors
/// [`Error::EmptyWindow`] when a side has no rows, [`Error::Setting`] when the configuration is out of range.
pub fn score(mix: &Mix, config: &Config) -> Result<Report, Error> {
    let (reference, current) = (&mix.reference, &mix.current);
    let distance = jensen_shannon(reference, current)?;
    let g = g_test(reference, current)?;
    let band = band(reference, current, distance, config)?;
    Ok(Report {
        statistic: Statistics {
            jensen_shannon: distance,
            jensen_shannon_corrected: jensen_shannon_corrected(reference, current)?,
            psi: psi(reference, current)?,
            total_variation: total_variation(reference, current)?,
            g: g.g,
            g_p_value: g.p_value,
        },
        n_reference: reference.iter().sum(),
        n_current: current.iter().sum(),
        topics: mix.topics.len(),
        band: BandReport { level: band.level, upper: band.upper },
        p_value: band.p_value,
        verdict: if distance > band.upper { Verdict::OutsideBand } else { Verdict::InsideBand },
        moved: moved(&mix.topics, reference, current, config.false_discovery_rate),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn mix(reference: &[u64], current: &[u64]) -> Mix {
        let side = |counts: &[u64]| -> BTreeMap<String, u64> {
            counts.iter().enumerate().map(|(k, &n)| (format!("topic {k:02}"), n)).collect()
        };
        Mix::join(&side(reference), &side(current))
    }

    #[test]
    fn a_bare_cut_off_would_cry_wolf_where_the_band_does_not() {
        // Sixty rows over twenty topics: chance alone gives a distance that a fixed cut-off of 0.1 calls drift.
        let reference = vec![100_u64; 20];
        let current: Vec<u64> = (0..20).map(|k| 1 + k % 5).collect();
        let report = score(&mix(&reference, &current), &Config::default()).unwrap();
        assert!(report.statistic.jensen_shannon > 0.1);
        assert_eq!(report.verdict, Verdict::InsideBand);
    }

    #[test]
    fn a_shift_is_outside_and_named() {
        let report = score(&mix(&[500, 300, 200], &[300, 300, 400]), &Config::default()).unwrap();
        assert_eq!(report.verdict, Verdict::OutsideBand);
        assert_eq!(report.moved[0].topic, "topic 00");
        assert!(report.p_value < 0.01);
    }

    #[test]
    fn chance_lies_outside_as_often_as_the_level_says() {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let config = Config { draws: 200, band_level: 0.9, ..Config::default() };
        let outside = (0..300)
            .filter(|_| {
                let mut sample = || {
                    let mut counts = vec![0_u64; 8];
                    for _ in 0..200 {
                        // A skewed mix: topic k has a share that falls with k.
                        let x: f64 = rng.random();
                        counts[((x * x) * 8.0) as usize % 8] += 1;
                    }
                    counts
                };
                let (a, b) = (sample(), sample());
                score(&mix(&a, &b), &config).unwrap().verdict == Verdict::OutsideBand
            })
            .count();
        // 30 are expected; the bounds are four standard deviations.
        assert!((9..=51).contains(&outside), "{outside} of 300");
    }
}
