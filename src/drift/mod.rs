//! Topic mixes in; how far apart they are, whether sampling alone explains it, which topics moved, and when it is drift, out.
//!
//! Measuring is apart from judging: [`statistic`] gives numbers, [`band`] says what chance gives at these very sample
//! sizes, [`score()`] puts a verdict on two tables and [`detector`] on week after week of a [`Series`]. Reading files and the store is
//! for others.

pub mod alignment;
pub mod band;
pub mod bands;
pub mod comparison;
pub mod decision;
pub mod detector;
pub mod explain;
pub mod explanation;
pub mod guard;
pub mod calibrate;
pub mod mix;
pub mod monthly;
pub mod moved;
pub mod overview;
pub mod page;
pub mod plot;
pub mod reality;
pub mod score;
pub mod series;
pub mod statistic;
pub mod table;
pub mod terms;
pub mod trained;
pub mod window;

pub use decision::{Decision, Reason};
pub use detector::{Names, detect};
pub use mix::Mix;
pub use overview::Overview;
pub use score::{Report, Verdict, score};
pub use series::{Label, Series};
pub use table::Table;
pub use trained::Trained;
pub use window::{Counts, Window};

use serde::{Deserialize, Serialize};

/// How a comparison is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Share of chance distances that lie inside the band, in (0, 1). Default: 0.99.
    pub band_level: f64,
    /// Bootstrap draws. Default: 1000.
    pub draws: u32,
    /// Seed of the draws. Default: 7.
    pub seed: u64,
    /// A topic is called moved below this false-discovery rate (Benjamini-Hochberg). Default: 0.05.
    pub false_discovery_rate: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config { band_level: 0.99, draws: 1000, seed: 7, false_discovery_rate: 0.05 }
    }
}

/// Why two mixes can not be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the {side} window is empty: no row has a topic, so there is nothing to compare")]
    EmptyWindow { side: &'static str },
    #[error(
        "the reference has {reference} topics and the current window {current}: they must be the same, in the same order"
    )]
    Lengths { reference: usize, current: usize },
    #[error("no enter level keeps {promised} false refreshes a year at {per_week} rows a week")]
    NoThreshold { promised: f64, per_week: f64 },
    #[error("{key} = {value}: expected {expected}")]
    Setting { key: &'static str, value: String, expected: &'static str },
}
