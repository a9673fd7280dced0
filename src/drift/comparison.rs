//! Two windows that are made of several sources: compared source by source, so that a change of the sources' volumes is no
//! change of topics.

use serde::Serialize;

use super::bands::Bands;
use super::statistic::{jensen_shannon_of_shares, psi_of_shares};
use super::window::Counts;

/// One source on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// The source's weight in the mix: its share of the reference. Weights need not sum to 1.
    pub weight: f64,
    /// Rows per topic, same topics on both sides, at least one row on each.
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
}

/// How far two stratified windows are apart, and what chance gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Jensen-Shannon distance (base 2) of the two mixes, each post-stratified to the weights of the reference's sources.
    pub distance: f64,
    /// The same with the bias of small samples taken off.
    pub corrected: f64,
    /// Population stability index of the same mixes.
    pub psi: f64,
    /// The band's upper end for these sizes, at the level of the [`Bands`].
    pub upper: f64,
    pub n_reference: u64,
    pub n_current: u64,
    /// Topics with a row on either side.
    pub topics: usize,
    #[serde(skip)]
    pub from: Vec<f64>,
    #[serde(skip)]
    pub to: Vec<f64>,
    /// Variance of each topic's change of share if nothing changed.
    #[serde(skip)]
    pub variance: Vec<f64>,
}

impl Comparison {
    pub fn is_outside(&self) -> bool {
        self.distance > self.upper
    }
}

/// Compares both sides of `strata`. `dispersion` >= 1: how much wider the counts scatter than multinomial ones; each row then counts
/// as `1 / dispersion` of a row.
///
/// The post-stratified share of topic k is `sum_s w_s c_sk / n_s`. If nothing changed, the change of the share has the variance
/// `dispersion * sum_s w_s^2 p_sk (1 - p_sk) (1/n_s + 1/m_s)` with `p_s` pooled over both sides (Holt & Smith 1979, JRSS A 142, for the
/// estimator); to second order the divergence then is `sum_k change_k^2 / 8 p_k`, whose mean is the bias that `corrected` takes off.
///
/// Returns `None` without a stratum, or when one has no row on a side.
pub fn compare(strata: &[Stratum], dispersion: f64, bands: &mut Bands) -> Option<Comparison> {
    let mixed = Mixed::of(strata, dispersion)?;
    let distance = jensen_shannon_of_shares(&mixed.from, &mixed.to);
    let upper = bands.upper(strata, &mixed, dispersion);
    Some(Comparison {
        distance,
        corrected: mixed.corrected(distance),
        psi: psi_of_shares(&mixed.from, &mixed.to),
        upper,
        n_reference: strata.iter().flat_map(|stratum| &stratum.reference).sum(),
        n_current: strata.iter().flat_map(|stratum| &stratum.current).sum(),
        topics: mixed.pooled.iter().filter(|share| **share > 0.0).count(),
        from: mixed.from,
        to: mixed.to,
        variance: mixed.variance,
    })
}

/// A source with fewer labelled rows on a side is left out of a comparison, unless it is the only one.
const LEAST_OF_SOURCE: u64 = 20;

/// The sources that can be compared, by their place, weighted by their share of the reference.
pub fn strata(reference: &[Counts], current: &[Counts]) -> Vec<(usize, Stratum)> {
    let all: u64 = reference.iter().map(Counts::n_labelled).sum();
    let alone = reference.iter().filter(|counts| counts.n_labelled() > 0).count() < 2;
    let least = if alone { 1 } else { LEAST_OF_SOURCE };
    let sources = reference.iter().zip(current).enumerate();
    sources
        .filter(|(_, (old, new))| old.n_labelled() >= least && new.n_labelled() >= least)
        .map(|(source, (old, new))| {
            let weight = old.n_labelled() as f64 / all as f64;
            (source, Stratum { weight, reference: old.topics.clone(), current: new.topics.clone() })
        })
        .collect()
}

/// The corrected distance alone, without a band.
pub fn corrected(strata: &[Stratum], dispersion: f64) -> Option<f64> {
    Mixed::of(strata, dispersion).map(|mixed| mixed.corrected(jensen_shannon_of_shares(&mixed.from, &mixed.to)))
}

/// Post-stratified shares.
pub(super) struct Mixed {
    pub from: Vec<f64>,
    pub to: Vec<f64>,
    /// Of both sides together, with the same weights.
    pub pooled: Vec<f64>,
    pub variance: Vec<f64>,
}

impl Mixed {
    fn of(strata: &[Stratum], dispersion: f64) -> Option<Self> {
        let topics = strata.first()?.reference.len();
        let total: f64 = strata.iter().map(|stratum| stratum.weight).sum();
        let mut mixed = Mixed {
            from: vec![0.0; topics],
            to: vec![0.0; topics],
            pooled: vec![0.0; topics],
            variance: vec![0.0; topics],
        };
        for stratum in strata {
            let weight = stratum.weight / total;
            let n: u64 = stratum.reference.iter().sum();
            let m: u64 = stratum.current.iter().sum();
            if n == 0 || m == 0 || weight.is_nan() {
                return None;
            }
            let (n, m) = (n as f64, m as f64);
            for (k, (&r, &c)) in stratum.reference.iter().zip(&stratum.current).enumerate() {
                let (r, c) = (r as f64, c as f64);
                let pooled = (r + c) / (n + m);
                mixed.from[k] += weight * r / n;
                mixed.to[k] += weight * c / m;
                mixed.pooled[k] += weight * pooled;
                mixed.variance[k] += dispersion * weight * weight * pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
            }
        }
        Some(mixed)
    }

    /// `distance` with its bias taken off.
    fn corrected(&self, distance: f64) -> f64 {
        let bias = self.mean_square() / 8.0 / std::f64::consts::LN_2;
        (distance * distance - bias).max(0.0).sqrt()
    }

    /// Mean of `sum_k change_k^2 / p_k` if nothing changed.
    pub(super) fn mean_square(&self) -> f64 {
        self.variance.iter().zip(&self.pooled).filter(|(_, p)| **p > 0.0).map(|(v, p)| v / p).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::statistic::{jensen_shannon, jensen_shannon_corrected};

    #[test]
    fn one_source_is_the_plain_statistic() {
        let (reference, current) = (vec![500, 300, 200], vec![40, 35, 25]);
        let stratum = Stratum { weight: 7.0, reference: reference.clone(), current: current.clone() };
        let compared = compare(&[stratum], 1.0, &mut Bands::exact(0.99, 400, 7)).unwrap();
        assert!((compared.distance - jensen_shannon(&reference, &current).unwrap()).abs() < 1e-12);
        let corrected = jensen_shannon_corrected(&reference, &current).unwrap();
        assert!((compared.corrected - corrected).abs() < 0.01, "{} {corrected}", compared.corrected);
        let plain = crate::drift::band::band(&reference, &current, 0.0, &crate::drift::Config::default()).unwrap();
        assert!((compared.upper / plain.upper - 1.0).abs() < 0.15, "{} {}", compared.upper, plain.upper);
    }

    #[test]
    fn a_source_that_grows_is_no_change_of_topics() {
        // Two sources with different mixes; the second grows fourfold.
        let first = Stratum { weight: 0.5, reference: vec![900, 100, 0], current: vec![90, 10, 0] };
        let second = Stratum { weight: 0.5, reference: vec![0, 500, 500], current: vec![0, 200, 200] };
        let pooled = jensen_shannon(&[900, 600, 500], &[90, 210, 200]).unwrap();
        let compared = compare(&[first, second], 1.0, &mut Bands::exact(0.99, 200, 7)).unwrap();
        assert!(pooled > 0.2 && compared.distance < 1e-9);
        assert!(!compared.is_outside());
    }

    #[test]
    fn a_stratum_without_rows_is_refused() {
        let empty = Stratum { weight: 1.0, reference: vec![0, 0], current: vec![1, 1] };
        assert!(compare(&[empty], 1.0, &mut Bands::exact(0.99, 200, 7)).is_none());
        assert!(compare(&[], 1.0, &mut Bands::exact(0.99, 200, 7)).is_none());
    }
}
