//! Distances between two histograms over the same topics, each a function of counts or of shares that sum to 1; and a distance between two
//! sets of texts.

mod g_test;
mod jensen_shannon;
mod mmd;
mod psi;
mod total_variation;

pub use g_test::{GTest, g_test};
pub use jensen_shannon::{jensen_shannon, jensen_shannon_corrected, jensen_shannon_of_shares};
pub use mmd::{TextTest, TopicMovement, TopicTexts, text_test};
pub use psi::{psi, psi_of_shares};
pub use total_variation::total_variation;

use super::Error;

/// Both sides as shares.
///
/// # Errors
/// [`Error::EmptyWindow`] when a side sums to zero, [`Error::Lengths`] when they differ in length.
pub fn shares(reference: &[u64], current: &[u64]) -> Result<(Vec<f64>, Vec<f64>), Error> {
    if reference.len() != current.len() {
        return Err(Error::Lengths { reference: reference.len(), current: current.len() });
    }
    Ok((normalise(reference, "reference")?, normalise(current, "current")?))
}

fn normalise(counts: &[u64], side: &'static str) -> Result<Vec<f64>, Error> {
    let total: f64 = counts.iter().map(|&n| n as f64).sum();
    if total == 0.0 {
        return Err(Error::EmptyWindow { side });
    }
    Ok(counts.iter().map(|&n| n as f64 / total).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
    }

    #[test]
    fn by_hand() {
        // Two equal halves against one half: JSD = 1 - H(3/4, 1/4)/... worked out with base-2 logarithms on paper.
        let (reference, current) = ([1, 1], [1, 0]);
        let h = |p: f64| if p == 0.0 { 0.0 } else { -p * p.log2() };
        let expected = (h(0.75) + h(0.25) - 0.5).sqrt();
        assert!(close(jensen_shannon(&reference, &current).unwrap(), expected));
        assert!(close(total_variation(&reference, &current).unwrap(), 0.5));
        // Disjoint supports are at distance 1.
        assert!(close(jensen_shannon(&[5, 0], &[0, 9]).unwrap(), 1.0));
        // PSI with the floor 1e-4: shares (1e-4, 1) / 1.0001.
        let (a, b) = (1e-4_f64 / 1.0001, 1.0_f64 / 1.0001);
        assert!(close(psi(&[5, 0], &[0, 9]).unwrap(), 2.0 * (b - a) * (b / a).ln()));
    }

    #[test]
    fn g_test_of_a_published_table() {
        // Sokal & Rohlf's form of the statistic, 2 sum O ln(O/E), on a 2 x 2 table worked out by hand.
        let observed = [[30.0_f64, 70.0], [50.0, 50.0]];
        let expected = [[40.0_f64, 60.0], [40.0, 60.0]];
        let g: f64 = (0..2)
            .map(|i| (0..2).map(|j| 2.0 * observed[i][j] * (observed[i][j] / expected[i][j]).ln()).sum::<f64>())
            .sum();
        let test = g_test(&[30, 70], &[50, 50]).unwrap();
        assert!(close(test.g, g));
        assert_eq!(test.degrees_of_freedom, 1);
        assert!((test.p_value - 0.003_75).abs() < 1e-4, "{}", test.p_value);
    }

    #[test]
    fn empty_and_uneven_sides_are_errors() {
        assert_eq!(jensen_shannon(&[0, 0], &[1, 2]), Err(Error::EmptyWindow { side: "reference" }));
        assert_eq!(psi(&[1, 2], &[0, 0]), Err(Error::EmptyWindow { side: "current" }));
        assert_eq!(total_variation(&[1], &[1, 2]), Err(Error::Lengths { reference: 1, current: 2 }));
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_bounded_and_zero_on_themselves(
            pairs in prop::collection::vec((0_u64..5000, 0_u64..5000), 1..40)
        ) {
            let (a, b): (Vec<u64>, Vec<u64>) = pairs.into_iter().unzip();
            prop_assume!(a.iter().sum::<u64>() > 0 && b.iter().sum::<u64>() > 0);
            let js = jensen_shannon(&a, &b).unwrap();
            prop_assert!((0.0..=1.0).contains(&js));
            prop_assert!(close(js, jensen_shannon(&b, &a).unwrap()));
            prop_assert!(jensen_shannon(&a, &a).unwrap() < 1e-7);
            prop_assert!(jensen_shannon_corrected(&a, &b).unwrap() <= js);
            prop_assert!(psi(&a, &b).unwrap() >= 0.0);
            let tv = total_variation(&a, &b).unwrap();
            prop_assert!((0.0..=1.0 + 1e-12).contains(&tv));
            let test = g_test(&a, &b).unwrap();
            prop_assert!((0.0..=1.0).contains(&test.p_value) && test.g >= 0.0);
        }
    }
}
