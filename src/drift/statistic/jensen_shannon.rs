use super::super::Error;
use super::shares;

/// Jensen-Shannon distance between two topic histograms, in `[0, 1]`; 0 means equal.
///
/// `reference` and `current`: counts per topic, same topic order; normalised here. Base-2 logarithm.
///
/// # Errors
/// [`Error::EmptyWindow`] when either side sums to zero, [`Error::Lengths`] when they differ in length.
///
/// Source: Lin 1991, IEEE Trans. Inf. Theory 37(1); square root after Endres & Schindelin 2003.
pub fn jensen_shannon(reference: &[u64], current: &[u64]) -> Result<f64, Error> {
    let (p, q) = shares(reference, current)?;
    Ok(jensen_shannon_of_shares(&p, &q))
}

/// As [`jensen_shannon`], of shares that sum to 1.
pub fn jensen_shannon_of_shares(p: &[f64], q: &[f64]) -> f64 {
    divergence_nats(p, q).clamp(0.0, std::f64::consts::LN_2).sqrt() / std::f64::consts::LN_2.sqrt()
}

/// The distance with the upward bias of small samples taken off: two samples of one mix come out near 0, not above it.
///
/// Bias of the divergence to first order (delta method on the entropies, as Miller 1955 for one entropy), in nats:
/// `sum_k (1 - p_k)/n (1/4 - p_k / 8 m_k) + (1 - q_k)/m (1/4 - q_k / 8 m_k)` with `m_k = (p_k + q_k)/2` and `n`, `m` the
/// sample sizes; for equal mixes that is `(K - 1)/8 (1/n + 1/m)`.
///
/// # Errors
/// As [`jensen_shannon`].
pub fn jensen_shannon_corrected(reference: &[u64], current: &[u64]) -> Result<f64, Error> {
    let (p, q) = shares(reference, current)?;
    let n: f64 = reference.iter().map(|&count| count as f64).sum();
    let m: f64 = current.iter().map(|&count| count as f64).sum();
    let bias: f64 = p
        .iter()
        .zip(&q)
        .map(|(&p, &q)| {
            let middle = (p + q) / 2.0;
            let term = |share: f64, size: f64| {
                if share > 0.0 { (1.0 - share) / size * (0.25 - share / (8.0 * middle)) } else { 0.0 }
            };
            term(p, n) + term(q, m)
        })
        .sum();
    let corrected = (divergence_nats(&p, &q) - bias.max(0.0)).max(0.0);
    Ok((corrected / std::f64::consts::LN_2).sqrt().min(1.0))
}

fn divergence_nats(p: &[f64], q: &[f64]) -> f64 {
    p.iter()
        .zip(q)
        .map(|(&p, &q)| {
            let middle = (p + q) / 2.0;
            let term = |share: f64| if share > 0.0 { share * (share / middle).ln() } else { 0.0 };
            (term(p) + term(q)) / 2.0
        })
        .sum()
}
