//! Month by month against one reference: what a person reads first.

use chrono::NaiveDate;
use serde::Serialize;

use super::bands::Bands;
use super::comparison::{Comparison, compare, strata};
use super::detector::Config;
use super::guard;
use super::moved::{Moved, moved_shares};
use super::series::Series;
use super::window::Window;

/// One month beside the reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub n: u64,
    pub n_unlabelled: u64,
    pub n_unknown: u64,
    /// `None` with fewer labelled rows than the detector's minimum.
    pub comparison: Option<Comparison>,
    /// Whether it is outside the band.
    pub outside: bool,
    pub moved: Vec<Moved>,
    /// Topics whose first row ever is in this month, and that the reference does not have.
    pub arrived: Vec<String>,
}

/// Compares every calendar month that ends after `reference` with it.
pub fn months(series: &Series, reference: (NaiveDate, NaiveDate), config: &Config) -> Vec<Month> {
    let topics = series.topics();
    let old = series.window(reference.0, reference.1);
    let weeks: Vec<Window> =
        super::window::weeks(reference.0, reference.1).into_iter().map(|(from, to)| series.window(from, to)).collect();
    let usual = guard::volumes(&weeks, 0.0, f64::INFINITY);
    let dispersion = guard::dispersion(&weeks, &usual);
    let mut bands = Bands::exact(config.band_level, config.draws, config.seed);
    let mut seen = old.pooled().topics;
    let mut found = Vec::new();
    for window in series.months() {
        if window.to <= reference.1 {
            continue;
        }
        let pooled = window.pooled();
        let arrived = topics
            .iter()
            .zip(pooled.topics.iter().zip(&seen))
            .filter(|(_, (now, before))| **now > 0 && **before == 0)
            .map(|(topic, _)| topic.clone())
            .collect();
        seen.iter_mut().zip(&pooled.topics).for_each(|(seen, n)| *seen += n);
        let enough = window.n_labelled() >= config.minimum_documents;
        let strata: Vec<_> = strata(&old.sources, &window.sources).into_iter().map(|(_, stratum)| stratum).collect();
        let comparison = if enough { compare(&strata, dispersion, &mut bands) } else { None };
        let outside = comparison.as_ref().is_some_and(Comparison::is_outside);
        let moved = match &comparison {
            Some(c) if outside => moved_shares(&topics, &c.from, &c.to, &c.variance, config.false_discovery_rate),
            _ => Vec::new(),
        };
        found.push(Month {
            from: window.from,
            to: window.to,
            n: window.n_labelled(),
            n_unlabelled: window.n_unlabelled(),
            n_unknown: window.n_unknown(),
            comparison,
            outside,
            moved,
            arrived,
        });
    }
    found
}
