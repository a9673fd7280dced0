//! Which weeks of which source say nothing about topics: an outage, or an import in bulk.

use serde::Serialize;

use super::window::Window;

/// Weeks before a week that say what volume is usual; fewer than half of them say nothing.
const USUAL_WEEKS: usize = 8;
/// A source with fewer rows in a usual week is never called down or importing: its volume scatters too much.
const LEAST_USUAL: f64 = 8.0;

/// What a source's volume says about a week of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Volume {
    Usual,
    /// Far below the weeks before: rows are missing, and which ones is unknown.
    Outage,
    /// Far above them.
    Bulk,
}

/// One verdict a week and source. `outage_share` and `bulk_factor`: fractions of the median volume of the eight weeks before, below or
/// above which a week is left out. A volume that stays is the usual one after four weeks.
pub fn volumes(weeks: &[Window], outage_share: f64, bulk_factor: f64) -> Vec<Vec<Volume>> {
    (0..weeks.len())
        .map(|at| {
            let before = &weeks[at.saturating_sub(USUAL_WEEKS)..at];
            (0..weeks[at].sources.len())
                .map(|source| {
                    let mut volumes: Vec<u64> = before.iter().map(|week| week.sources[source].n()).collect();
                    if volumes.len() < USUAL_WEEKS / 2 {
                        return Volume::Usual;
                    }
                    volumes.sort_unstable();
                    let usual = (volumes[(volumes.len() - 1) / 2] + volumes[volumes.len() / 2]) as f64 / 2.0;
                    let volume = weeks[at].sources[source].n() as f64;
                    match usual {
                        usual if usual < LEAST_USUAL => Volume::Usual,
                        usual if volume < outage_share * usual => Volume::Outage,
                        usual if volume > bulk_factor * usual => Volume::Bulk,
                        _ => Volume::Usual,
                    }
                })
                .collect()
        })
        .collect()
}

/// How much wider the weekly counts of `weeks` scatter around their own mix than multinomial ones: Pearson's statistic over its degrees of
/// freedom, at least 1. Weeks that are not usual are left out.
///
/// Source: McCullagh & Nelder 1989, Generalized Linear Models, 2nd ed., section 4.5.
pub fn dispersion(weeks: &[Window], volumes: &[Vec<Volume>]) -> f64 {
    let sources = weeks.first().map_or(0, |week| week.sources.len());
    let (mut statistic, mut freedom) = (0.0, 0.0);
    for source in 0..sources {
        let usual: Vec<&[u64]> = weeks
            .iter()
            .zip(volumes)
            .filter(|(_, volumes)| volumes[source] == Volume::Usual)
            .map(|(week, _)| week.sources[source].topics.as_slice())
            .filter(|topics| topics.iter().any(|n| *n > 0))
            .collect();
        let topics = usual.first().map_or(0, |week| week.len());
        let totals: Vec<f64> = (0..topics).map(|k| usual.iter().map(|week| week[k] as f64).sum()).collect();
        let all: f64 = totals.iter().sum();
        let seen = totals.iter().filter(|total| **total > 0.0).count();
        if usual.len() < 2 || seen < 2 {
            continue;
        }
        for week in &usual {
            let size: f64 = week.iter().map(|n| *n as f64).sum();
            for (n, total) in week.iter().zip(&totals).filter(|(_, total)| **total > 0.0) {
                let expected = size * total / all;
                statistic += (*n as f64 - expected).powi(2) / expected;
            }
        }
        freedom += ((usual.len() - 1) * (seen - 1)) as f64;
    }
    if freedom > 0.0 { (statistic / freedom).max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::drift::window::Counts;

    fn week(volumes: &[u64]) -> Window {
        let day = NaiveDate::default();
        let sources = volumes.iter().map(|n| Counts { topics: vec![*n], unlabelled: 0, unknown: 0 }).collect();
        Window { from: day, to: day, sources }
    }

    #[test]
    fn outages_and_imports_are_seen_per_source_and_growth_is_not() {
        let mut weeks: Vec<Window> = (0..10).map(|k| week(&[100 + k, 40])).collect();
        weeks.push(week(&[10, 41]));
        weeks.push(week(&[105, 400]));
        weeks.extend((0..8).map(|_| week(&[250, 39])));
        let verdicts = volumes(&weeks, 0.25, 3.0);
        assert_eq!(verdicts[10], [Volume::Outage, Volume::Usual]);
        assert_eq!(verdicts[11], [Volume::Usual, Volume::Bulk]);
        assert!(verdicts[12..].iter().all(|week| week[0] == Volume::Usual));
        assert_eq!(verdicts[0], [Volume::Usual, Volume::Usual]);
        // Too small a source is left alone.
        let mut small: Vec<Window> = (0..10).map(|_| week(&[5])).collect();
        small.push(week(&[0]));
        assert_eq!(volumes(&small, 0.25, 3.0)[10], [Volume::Usual]);
    }

    #[test]
    fn dispersion_is_one_for_steady_counts_and_grows_with_the_scatter() {
        let usual = vec![vec![Volume::Usual]; 4];
        let of = |counts: [[u64; 2]; 4]| {
            let weeks: Vec<Window> = counts
                .iter()
                .map(|topics| {
                    let mut week = week(&[0]);
                    week.sources[0].topics = topics.to_vec();
                    week
                })
                .collect();
            dispersion(&weeks, &usual)
        };
        assert_eq!(of([[50, 50]; 4]), 1.0);
        // By hand: four weeks of 100, expected 50 and 50, each off by 10: 4 * 2 * 100/50 over 3 degrees of freedom.
        assert!((of([[60, 40], [40, 60], [60, 40], [40, 60]]) - 16.0 / 3.0).abs() < 1e-12);
    }
}
