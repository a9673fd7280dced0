//! An invented field in which nothing moves but what is asked for: weekly counts with the rhythms of a real one.

use chrono::{NaiveDate, TimeDelta};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal, Normal, Poisson};
use serde::{Deserialize, Serialize};

use super::band::multinomial_counts;
use super::statistic::jensen_shannon_of_shares;
use super::window::{Counts, Window};

/// A source of a simulated field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceShape {
    pub name: String,
    /// Its part of all rows.
    pub part: f64,
    /// Per topic, same topics in all sources; normalised where used.
    pub shares: Vec<f64>,
}

/// What the field is like while nothing moves. These are the assumptions behind a calibrated threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reality {
    pub sources: Vec<SourceShape>,
    /// Rows of all sources in a usual week.
    pub per_week: f64,
    /// Half height of each topic's yearly rhythm, as a part of its share; the phases are random.
    pub yearly: f64,
    /// Standard deviation of each topic's share from week to week, as a part of its share: what makes counts scatter more than multinomial
    /// ones; half of it stays from one week to the next.
    pub wander: f64,
    /// The same of the sources' volumes, without memory.
    pub volume: f64,
    /// Part of the usual volume in the last and first week of a year, and in August.
    pub holidays: f64,
    pub august: f64,
}

/// bioRxiv's new papers of 2025 by subject area, as published; genetics and developmental biology are split evenly.
const BIORXIV_2025: [f64; 25] = [
    9071.0, 4651.0, 4235.0, 2921.0, 2487.0, 2283.0, 2280.0, 2261.0, 2118.0, 2103.0, 2038.0, 1967.0, 1880.0, 1789.0,
    1278.0, 1277.0, 1027.0, 892.0, 758.0, 626.0, 525.0, 385.0, 265.0, 127.0, 74.0,
];

impl Reality {
    /// Two sources of the volumes of bioRxiv and medRxiv in 2025. The first has bioRxiv's shares; the second five of its topics (Zipf) and
    /// twelve of its own, which is invented. The scatter is wider than that of bioRxiv's weeks in 2015-2017 (Pearson dispersion 1.0 to 1.1).
    pub fn two_servers(per_week: f64) -> Self {
        let topics = BIORXIV_2025.len() + 12;
        let mut first = BIORXIV_2025.to_vec();
        first.resize(topics, 0.0);
        let mut second = vec![0.0; topics];
        for (rank, at) in [25, 26, 1, 27, 28, 0, 29, 30, 4, 31, 32, 6, 33, 34, 35, 10, 36].into_iter().enumerate() {
            second[at] = 1.0 / (rank as f64 + 2.0);
        }
        let source = |name: &str, part, shares| SourceShape { name: name.to_owned(), part, shares };
        Reality {
            sources: vec![source("first", 0.76, first), source("second", 0.24, second)],
            per_week,
            yearly: 0.08,
            wander: 0.08,
            volume: 0.08,
            holidays: 0.5,
            august: 0.85,
        }
    }

    pub fn topics(&self) -> usize {
        self.sources.iter().map(|source| source.shares.len()).max().unwrap_or(0)
    }
}

/// What happens in a stretch of simulated weeks besides the rhythms. Weeks are counted from 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Events {
    pub shift: Option<Shift>,
    /// Source, first week, weeks: no row.
    pub outages: Vec<(usize, usize, usize)>,
    /// Source, week, topic, and rows as a multiple of the source's usual week.
    pub imports: Vec<(usize, usize, usize, f64)>,
}

/// The mix moves for good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    pub week: usize,
    /// Weeks until it is complete; 0: at once.
    pub over: usize,
    /// Jensen-Shannon distance (base 2) of the new mix of each source from its old one.
    pub distance: f64,
}

/// The Monday with which simulated time begins.
pub fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2018, 1, 1).unwrap_or_default()
}

/// `n_weeks` weeks of counts. The same arguments give the same weeks.
pub fn simulate(reality: &Reality, events: &Events, n_weeks: usize, seed: u64) -> Vec<Window> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let topics = reality.topics();
    let normal = standard_normal();
    let phases: Vec<f64> = (0..topics).map(|_| rng.random_range(0.0..std::f64::consts::TAU)).collect();
    let mut wander: Vec<f64> = (0..topics).map(|_| reality.wander * normal.sample(&mut rng)).collect();
    let direction: Vec<f64> = (0..topics).map(|_| normal.sample(&mut rng)).collect();
    let total: f64 = reality.sources.iter().map(|source| source.part).sum();
    let sources: Vec<(f64, Vec<f64>, Vec<f64>)> = reality
        .sources
        .iter()
        .map(|source| {
            let shares = normalised(&source.shares);
            let moved = match events.shift {
                Some(shift) => at_distance(&shares, &direction, shift.distance),
                None => shares.clone(),
            };
            (source.part / total * reality.per_week, shares, moved)
        })
        .collect();
    let start = start();
    let (mut weighted, mut counts) = (vec![0.0; topics], vec![0_u64; topics]);
    (0..n_weeks)
        .map(|week| {
            let angle = std::f64::consts::TAU * week as f64 / 52.18;
            for value in &mut wander {
                // Stationary, with correlation 1/2.
                *value = 0.5 * *value + 0.75_f64.sqrt() * reality.wander * normal.sample(&mut rng);
            }
            let done = match events.shift {
                Some(shift) if week >= shift.week => {
                    ((week - shift.week + 1) as f64 / (shift.over.max(1)) as f64).min(1.0)
                }
                _ => 0.0,
            };
            let from = start + TimeDelta::weeks(week as i64);
            let season = match week % 52 {
                0 | 51 => reality.holidays,
                30..=34 => reality.august,
                _ => 1.0,
            };
            let windows = sources.iter().enumerate().map(|(source, (per_week, shares, moved))| {
                for k in 0..shares.len() {
                    let share = shares[k] + done * (moved[k] - shares[k]);
                    weighted[k] = share * (wander[k] + reality.yearly * (angle + phases[k]).cos()).exp();
                }
                let sum: f64 = weighted[..shares.len()].iter().sum();
                weighted[..shares.len()].iter_mut().for_each(|share| *share /= sum);
                let scatter = LogNormal::new(0.0, reality.volume).map_or(1.0, |volume| volume.sample(&mut rng));
                let expected = per_week * season * scatter;
                let n = Poisson::new(expected.max(1e-9)).map_or(0.0, |rows| rows.sample(&mut rng)) as u64;
                let is_out =
                    events.outages.iter().any(|(s, first, n)| *s == source && (*first..first + n).contains(&week));
                multinomial_counts(if is_out { 0 } else { n }, &weighted[..shares.len()], &mut rng, &mut counts);
                let mut topics = counts[..shares.len()].to_vec();
                topics.resize(reality.topics(), 0);
                for (_, _, topic, factor) in events.imports.iter().filter(|i| i.0 == source && i.1 == week) {
                    topics[*topic] += (factor * per_week) as u64;
                }
                Counts { topics, unlabelled: 0, unknown: 0 }
            });
            Window { from, to: from + TimeDelta::days(6), sources: windows.collect() }
        })
        .collect()
}

/// The mix at `distance` from `shares` that lies in `direction`: `shares * exp(t * direction)`, normalised.
pub fn at_distance(shares: &[f64], direction: &[f64], distance: f64) -> Vec<f64> {
    let moved = |t: f64| {
        let raw: Vec<f64> = shares.iter().zip(direction).map(|(share, step)| share * (t * step).exp()).collect();
        normalised(&raw)
    };
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if jensen_shannon_of_shares(shares, &moved(middle)) < distance { low = middle } else { high = middle }
    }
    moved(low)
}

fn normalised(shares: &[f64]) -> Vec<f64> {
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}

fn standard_normal() -> Normal<f64> {
    match Normal::new(0.0, 1.0) {
        Ok(normal) => normal,
        Err(_) => unreachable!("a standard deviation of 1 is one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_weeks_with_what_was_asked_for() {
        let reality = Reality::two_servers(1000.0);
        let events = Events {
            shift: Some(Shift { week: 60, over: 0, distance: 0.2 }),
            outages: vec![(1, 10, 2)],
            imports: vec![(0, 20, 3, 2.0)],
        };
        let weeks = simulate(&reality, &events, 80, 5);
        assert_eq!(weeks, simulate(&reality, &events, 80, 5));
        assert_ne!(weeks, simulate(&reality, &events, 80, 6));
        assert_eq!((weeks[10].sources[1].n(), weeks[11].sources[1].n()), (0, 0));
        assert!(weeks[20].sources[0].topics[3] > 1500);
        let usual: u64 = weeks[40..50].iter().map(Window::n_labelled).sum();
        assert!((8000..12_000).contains(&usual), "{usual}");
        let sum = |weeks: &[Window]| {
            weeks.iter().fold(Counts::default(), |mut sum, week| {
                sum.add(&week.sources[0]);
                sum
            })
        };
        let (before, after) = (sum(&weeks[25..60]), sum(&weeks[60..80]));
        let distance = crate::drift::statistic::jensen_shannon(&before.topics, &after.topics).unwrap();
        assert!((0.17..0.24).contains(&distance), "{distance}");
    }
}
