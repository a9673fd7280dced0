use super::super::Error;
use super::shares;

/// Shares below this are raised to it, so that an empty topic gives a large value, not an infinite one.
const FLOOR: f64 = 1e-4;

/// Population stability index, natural logarithm, from 0 up: `sum (c - r) ln(c / r)` over shares that were floored at 1e-4
/// and normalised again.
///
/// # Errors
/// [`Error::EmptyWindow`] when either side sums to zero, [`Error::Lengths`] when they differ in length.
///
/// Source: Siddiqi 2006, Credit Risk Scorecards; the symmetrised divergence of Kullback & Leibler 1951.
pub fn psi(reference: &[u64], current: &[u64]) -> Result<f64, Error> {
    let (reference, current) = shares(reference, current)?;
    let floored = |shares: Vec<f64>| {
        let raised: Vec<f64> = shares.into_iter().map(|share| share.max(FLOOR)).collect();
        let total: f64 = raised.iter().sum();
        raised.into_iter().map(|share| share / total).collect::<Vec<f64>>()
    };
    let (reference, current) = (floored(reference), floored(current));
    Ok(reference.iter().zip(&current).map(|(&r, &c)| (c - r) * (c / r).ln()).sum())
}
