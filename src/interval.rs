//! Shares and differences of shares with their confidence intervals.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

/// A share or a difference of shares, with an interval around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Level of the intervals that are shown.
pub const LEVEL: f64 = 0.95;

/// A share of counted things with its score interval at [`LEVEL`]. Shown as `96.0 % (90.2 to 98.4)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    pub count: u64,
    pub of: u64,
    pub value: f64,
    /// Ends of the interval.
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// `None` of nothing.
    pub fn new(count: u64, of: u64) -> Option<Self> {
        let Interval { value, low, high } = wilson(count, of, LEVEL);
        (of > 0).then_some(Share { count, of, value, low, high })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} % ({:.1} to {:.1})", self.value * 100.0, self.low * 100.0, self.high * 100.0)
    }
}

/// The score interval of `count` of `n` rows at `level` in (0, 1). Without a row: 0 to 1.
///
/// Source: Wilson 1927, JASA 22; formula 3 of Newcombe 1998, Stat. Med. 17:857.
pub fn wilson(count: u64, n: u64, level: f64) -> Interval {
    if n == 0 {
        return Interval { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, p) = (n as f64, count as f64 / n as f64);
    let z = quantile(level);
    let middle = 2.0 * n * p + z * z;
    let reach = z * (z * z + 4.0 * n * p * (1.0 - p)).sqrt();
    let bottom = 2.0 * (n + z * z);
    Interval { value: p, low: ((middle - reach) / bottom).max(0.0), high: ((middle + reach) / bottom).min(1.0) }
}

/// The interval of the difference `to - from` of two independent shares, from their score intervals.
///
/// Source: Newcombe 1998, Stat. Med. 17:873, method 10.
pub fn newcombe(from: (u64, u64), to: (u64, u64), level: f64) -> Interval {
    let (a, b) = (wilson(to.0, to.1, level), wilson(from.0, from.1, level));
    let value = a.value - b.value;
    let below = ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt();
    let above = ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt();
    Interval { value, low: (value - below).max(-1.0), high: (value + above).min(1.0) }
}

/// So many standard deviations to either side hold `level` of a normal distribution.
pub fn quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + level.clamp(0.0, 0.999_999_999) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(interval: Interval, low: f64, high: f64) -> bool {
        (interval.low - low).abs() < 1e-4 && (interval.high - high).abs() < 1e-4
    }

    /// Newcombe 1998 (single proportion), table I, row of method 3: 81/263, 15/148, 0/20, 1/29.
    #[test]
    fn published_intervals_of_one_share() {
        for (count, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = wilson(count, n, 0.95);
            assert!(close(interval, low, high), "{count}/{n}: {interval:?}");
        }
    }

    /// Newcombe 1998 (difference), table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10.
    #[test]
    fn published_intervals_of_a_difference() {
        for (to, from, low, high) in
            [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)]
        {
            let interval = newcombe(from, to, 0.95);
            assert!(close(interval, low, high), "{to:?} {from:?}: {interval:?}");
        }
    }

    proptest! {
        #[test]
        fn intervals_hold_their_value(n in 1_u64..10_000, m in 1_u64..10_000, a in 0.0_f64..=1.0, b in 0.0_f64..=1.0) {
            let (x, y) = ((a * n as f64) as u64, (b * m as f64) as u64);
            for interval in [wilson(x, n, 0.95), newcombe((x, n), (y, m), 0.95)] {
                prop_assert!(interval.low <= interval.value + 1e-12 && interval.value <= interval.high + 1e-12);
            }
        }
    }
}
