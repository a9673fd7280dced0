use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::super::Error;
use super::shares;

/// The likelihood-ratio test that two samples share one mix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GTest {
    pub g: f64,
    pub degrees_of_freedom: usize,
    /// Upper tail of the chi-squared distribution; 1 with a single topic.
    pub p_value: f64,
}

/// G-test of homogeneity of two histograms: `G = 2 sum O ln(O / E)` over the 2 x K table.
///
/// # Errors
/// [`Error::EmptyWindow`] when either side sums to zero, [`Error::Lengths`] when they differ in length.
///
/// Source: Sokal & Rohlf 1995, Biometry, 3rd ed., section 17.4.
pub fn g_test(reference: &[u64], current: &[u64]) -> Result<GTest, Error> {
    shares(reference, current)?;
    let n: f64 = reference.iter().map(|&count| count as f64).sum();
    let m: f64 = current.iter().map(|&count| count as f64).sum();
    let mut g = 0.0;
    let mut topics = 0_usize;
    for (&r, &c) in reference.iter().zip(current) {
        let both = r as f64 + c as f64;
        if both == 0.0 {
            continue;
        }
        topics += 1;
        for (observed, size) in [(r as f64, n), (c as f64, m)] {
            if observed > 0.0 {
                g += 2.0 * observed * (observed * (n + m) / (both * size)).ln();
            }
        }
    }
    let g = g.max(0.0);
    let degrees_of_freedom = topics.saturating_sub(1);
    let p_value = ChiSquared::new(degrees_of_freedom as f64).map_or(1.0, |chi_squared| chi_squared.sf(g));
    Ok(GTest { g, degrees_of_freedom, p_value })
}
