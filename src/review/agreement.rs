use serde::Serialize;

use crate::interval::quantile;

/// Agreement of two judges beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kappa {
    /// Questions that both judged.
    pub n: u64,
    /// Of them those on which they agree.
    pub agreed: u64,
    /// 1: they always agree; 0: as often as by chance. `None` when both said one thing only, so that chance explains all.
    pub kappa: Option<f64>,
    /// Ends of its 95 % interval, by the large-sample error.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Cohen's kappa of pairs of yes and no; `None` without a pair.
///
/// Source: Cohen 1960, Educ. Psychol. Meas. 20:37, formulas 2 and 7.
pub fn kappa(pairs: impl IntoIterator<Item = (bool, bool)>) -> Option<Kappa> {
    let mut cells = [[0_u64; 2]; 2];
    for (a, b) in pairs {
        if let Some(cell) = cells.get_mut(usize::from(a)).and_then(|row| row.get_mut(usize::from(b))) {
            *cell += 1;
        }
    }
    let [[no_no, no_yes], [yes_no, yes_yes]] = cells;
    let n = no_no + no_yes + yes_no + yes_yes;
    if n == 0 {
        return None;
    }
    let agreed = no_no + yes_yes;
    let whole = n as f64;
    let observed = agreed as f64 / whole;
    let (a, b) = ((yes_no + yes_yes) as f64 / whole, (no_yes + yes_yes) as f64 / whole);
    let chance = a * b + (1.0 - a) * (1.0 - b);
    if chance >= 1.0 {
        return Some(Kappa { n, agreed, kappa: None, low: None, high: None });
    }
    let kappa = (observed - chance) / (1.0 - chance);
    let error = (observed * (1.0 - observed) / (whole * (1.0 - chance).powi(2))).sqrt();
    let reach = quantile(crate::interval::LEVEL) * error;
    let (low, high) = (Some((kappa - reach).max(-1.0)), Some((kappa + reach).min(1.0)));
    Some(Kappa { n, agreed, kappa: Some(kappa), low, high })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(yes_yes: usize, yes_no: usize, no_yes: usize, no_no: usize) -> Kappa {
        let pairs =
            [((true, true), yes_yes), ((true, false), yes_no), ((false, true), no_yes), ((false, false), no_no)];
        kappa(pairs.into_iter().flat_map(|(pair, n)| std::iter::repeat_n(pair, n))).unwrap()
    }

    /// Sim & Wright 2005, Phys. Ther. 85:257, table 1: 22, 2, 4 and 11 of 39 patients, kappa 0.67.
    #[test]
    fn a_published_kappa() {
        let found = of(22, 2, 4, 11);
        assert_eq!((found.n, found.agreed), (39, 33));
        assert!((found.kappa.unwrap() - 0.67).abs() < 0.005, "{found:?}");
        assert!(found.low.unwrap() < 0.67 && found.high.unwrap() > 0.67);
    }

    #[test]
    fn one_word_only_leaves_nothing_to_agree_on() {
        assert_eq!(of(9, 0, 0, 0).kappa, None);
        assert_eq!(of(5, 0, 0, 5).kappa, Some(1.0));
        assert_eq!(of(0, 5, 5, 0).kappa, Some(-1.0));
        assert_eq!(kappa(std::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn it_lies_between_its_ends(a in 0_usize..40, b in 0_usize..40, c in 0_usize..40, d in 1_usize..40) {
            let found = of(a, b, c, d);
            if let (Some(kappa), Some(low), Some(high)) = (found.kappa, found.low, found.high) {
                prop_assert!(-1.0 <= low && low <= kappa + 1e-12 && kappa <= high + 1e-12 && high <= 1.0);
            }
        }
    }
}
