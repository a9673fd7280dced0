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
    Ok(psi_of_shares(&reference, &current))
}

/// As [`psi`], of shares that sum to 1.
pub fn psi_of_shares(reference: &[f64], current: &[f64]) -> f64 {
    let total = |shares: &[f64]| shares.iter().map(|share| share.max(FLOOR)).sum::<f64>();
    let (of_reference, of_current) = (total(reference), total(current));
    let term = |(&r, &c): (&f64, &f64)| {
        let (r, c) = (r.max(FLOOR) / of_reference, c.max(FLOOR) / of_current);
        (c - r) * (c / r).ln()
    };
    reference.iter().zip(current).map(term).sum()
}
