use super::super::Error;
use super::shares;

/// Total variation distance, in `[0, 1]`: the share of rows that would have to change their topic.
///
/// # Errors
/// [`Error::EmptyWindow`] when either side sums to zero, [`Error::Lengths`] when they differ in length.
pub fn total_variation(reference: &[u64], current: &[u64]) -> Result<f64, Error> {
    let (p, q) = shares(reference, current)?;
    Ok(p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0)
}
