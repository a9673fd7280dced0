//! Bootstrap bands of stratified comparisons, for many windows of similar sizes.

use std::collections::HashMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::band::multinomial;
use super::comparison::{Mixed, Stratum};
use super::statistic::jensen_shannon_of_shares;

/// Gives the upper end of the band for any sizes.
///
/// Exact: each band is drawn for the very counts at hand. Pooled: the ratio of the band to its analytic mean is drawn once for
/// windows whose sizes differ by less than a quarter, and scaled by the mean for the very counts; that ratio hardly depends on the sizes,
/// so simulations can ask for millions of bands.
#[derive(Debug, Clone)]
pub struct Bands {
    level: f64,
    draws: u32,
    seed: u64,
    /// `None`: exact.
    ratios: Option<HashMap<Vec<i64>, f64>>,
}

impl Bands {
    /// `level`: share of chance distances inside, in (0, 1). `draws`: bootstrap draws a band.
    pub fn exact(level: f64, draws: u32, seed: u64) -> Self {
        Bands { level, draws, seed, ratios: None }
    }

    pub fn pooled(level: f64, draws: u32, seed: u64) -> Self {
        Bands { level, draws, seed, ratios: Some(HashMap::new()) }
    }

    /// Forgets what was drawn for another reference.
    pub(super) fn forget(&mut self) {
        if let Some(ratios) = &mut self.ratios {
            ratios.clear();
        }
    }

    pub(super) fn upper(&mut self, strata: &[Stratum], mixed: &Mixed, dispersion: f64) -> f64 {
        // Divergence, in bits, that chance gives on average.
        let mean = (mixed.mean_square() / 8.0 / std::f64::consts::LN_2).max(f64::MIN_POSITIVE);
        let ratio = match &self.ratios {
            None => self.draw(strata, dispersion, 0) / mean,
            Some(ratios) => {
                let key = key(strata, dispersion);
                match ratios.get(&key) {
                    Some(ratio) => *ratio,
                    None => {
                        let salt = key.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
                            (hash ^ (*part as u64)).wrapping_mul(0x0100_0000_01b3)
                        });
                        let ratio = self.draw(strata, dispersion, salt) / mean;
                        if let Some(ratios) = &mut self.ratios {
                            ratios.insert(key, ratio);
                        }
                        ratio
                    }
                }
            }
        };
        (ratio * mean).sqrt().min(1.0)
    }

    /// The squared upper end: both sides of every source drawn from the source's pooled mix, at its sizes over `dispersion`.
    fn draw(&self, strata: &[Stratum], dispersion: f64, salt: u64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ salt);
        let total: f64 = strata.iter().map(|stratum| stratum.weight).sum();
        let topics = strata.first().map_or(0, |stratum| stratum.reference.len());
        let sources: Vec<(f64, u64, u64, Vec<f64>)> = strata
            .iter()
            .map(|stratum| {
                let (n, m): (u64, u64) = (stratum.reference.iter().sum(), stratum.current.iter().sum());
                let both = (n + m) as f64;
                let pooled =
                    stratum.reference.iter().zip(&stratum.current).map(|(r, c)| (r + c) as f64 / both).collect();
                let effective = |size: u64| ((size as f64 / dispersion).round() as u64).max(1);
                (stratum.weight / total, effective(n), effective(m), pooled)
            })
            .collect();
        let (mut p, mut q, mut drawn) = (vec![0.0; topics], vec![0.0; topics], vec![0.0; topics]);
        let mut squares: Vec<f64> = (0..self.draws.max(1))
            .map(|_| {
                p.fill(0.0);
                q.fill(0.0);
                for (weight, n, m, pooled) in &sources {
                    for (size, side) in [(*n, &mut p), (*m, &mut q)] {
                        multinomial(size, pooled, &mut rng, &mut drawn);
                        side.iter_mut().zip(&drawn).for_each(|(sum, share)| *sum += weight * share);
                    }
                }
                jensen_shannon_of_shares(&p, &q).powi(2)
            })
            .collect();
        squares.sort_unstable_by(f64::total_cmp);
        let at = ((squares.len() as f64 * self.level).ceil() as usize).clamp(1, squares.len()) - 1;
        squares[at]
    }
}

/// Sizes and weights in steps of a quarter.
fn key(strata: &[Stratum], dispersion: f64) -> Vec<i64> {
    let step = |value: f64| (value.max(1e-9).ln() / 1.25_f64.ln()).round() as i64;
    let mut key = vec![step(dispersion)];
    for stratum in strata {
        let (n, m): (u64, u64) = (stratum.reference.iter().sum(), stratum.current.iter().sum());
        key.extend([step(stratum.weight), step(n as f64), step(m as f64)]);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::comparison::compare;

    #[test]
    fn pooled_bands_are_the_exact_ones_within_a_few_percent() {
        let reference: Vec<u64> = (1..=25).map(|k| 4000 / k).collect();
        let mut pooled = Bands::pooled(0.95, 800, 7);
        for size in [200_u64, 230, 5000] {
            let current: Vec<u64> = (1..=25).map(|k| (size / 4 / k).max(1)).collect();
            let strata = [Stratum { weight: 1.0, reference: reference.clone(), current }];
            let exact = compare(&strata, 1.3, &mut Bands::exact(0.95, 800, 11)).unwrap().upper;
            let quick = compare(&strata, 1.3, &mut pooled).unwrap().upper;
            assert!((quick / exact - 1.0).abs() < 0.05, "{size}: {quick} {exact}");
        }
    }
}
