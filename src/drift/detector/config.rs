use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Error;

/// How the detector judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Full weeks that make a window. Default 4: 28 days.
    pub window_weeks: usize,
    /// Full weeks of the first reference, more until it has `minimum_reference` rows. Default 26.
    pub reference_weeks: usize,
    /// First and last day of the first reference instead; both or none.
    pub reference_from: Option<NaiveDate>,
    pub reference_to: Option<NaiveDate>,
    /// Share of chance distances inside the band, in (0, 1). Default 0.95.
    pub band_level: f64,
    /// Bootstrap draws a band. Default 1000.
    pub draws: u32,
    /// Seed of the draws. Default 7.
    pub seed: u64,
    /// A distance so small that it is not worth a refresh however sure it is. It adds to the band: `sqrt(upper^2 + floor^2)` is the unit
    /// of the levels below. Default 0.045.
    pub floor: f64,
    /// A window is outside above this score, at least 1. `aludel drift calibrate` finds it. Default: what it found, as `config/detector.json`
    /// says.
    pub enter: f64,
    /// A warning ends below this part of `enter`. Default 0.9.
    pub leave_part: f64,
    /// Windows in a row outside that make drift. Default 3.
    pub windows_in_row: u32,
    /// Windows after drift in which nothing is proposed. Default 12.
    pub cool_down: u32,
    /// Whether the reference begins anew after a cool-down, with the first week of the run that was drift: a model that was trained on the
    /// new mix. Otherwise the state stays Drifted until the mix comes back. Default true.
    pub renew_reference: bool,
    /// Labelled rows that a window needs, and that the reference needs. Default 100 and 300.
    pub minimum_documents: u64,
    pub minimum_reference: u64,
    /// A week of a source below or above this multiple of its usual volume is left out. Default 0.25 and 3.
    pub outage_share: f64,
    pub bulk_factor: f64,
    /// By how much the share of rows without a label may exceed the reference's. Default 0.2.
    pub unlabelled_excess: f64,
    /// Topics are named as moved below this false-discovery rate. Default 0.05.
    pub false_discovery_rate: f64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            window_weeks: 4,
            reference_weeks: 26,
            reference_from: None,
            reference_to: None,
            band_level: 0.95,
            draws: 1000,
            seed: 7,
            floor: 0.045,
            enter: 1.0,
            leave_part: 0.9,
            windows_in_row: 3,
            cool_down: 12,
            renew_reference: true,
            minimum_documents: 100,
            minimum_reference: 300,
            outage_share: 0.25,
            bulk_factor: 3.0,
            unlabelled_excess: 0.2,
            false_discovery_rate: 0.05,
        }
    }
}

impl Config {
    /// # Errors
    /// [`Error::Setting`] with the first value that can not be used.
    pub fn check(&self) -> Result<(), Error> {
        let whole = |key, value: u64, least: u64, most: u64, expected| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(setting(key, value, expected)) }
        };
        let real = |key, value: f64, least: f64, most: f64, expected| {
            if value >= least && value <= most { Ok(()) } else { Err(setting(key, value, expected)) }
        };
        whole("window_weeks", self.window_weeks as u64, 1, 52, "1 to 52")?;
        whole("reference_weeks", self.reference_weeks as u64, 2, 520, "2 to 520")?;
        whole("draws", self.draws.into(), 100, 1_000_000, "100 to 1000000")?;
        whole("windows_in_row", self.windows_in_row.into(), 1, 52, "1 to 52")?;
        whole("cool_down", self.cool_down.into(), 0, 520, "0 to 520")?;
        real("band_level", self.band_level, 0.5, 0.999_999, "a share from 0.5 to below 1")?;
        real("floor", self.floor, 0.0, 1.0, "a distance from 0 to 1")?;
        real("enter", self.enter, 1.0, 100.0, "1 to 100")?;
        real("leave_part", self.leave_part, 0.1, 1.0, "0.1 to 1")?;
        real("outage_share", self.outage_share, 0.0, 1.0, "0 to 1")?;
        real("bulk_factor", self.bulk_factor, 1.0, 1e6, "1 or more")?;
        real("unlabelled_excess", self.unlabelled_excess, 0.0, 1.0, "0 to 1")?;
        real("false_discovery_rate", self.false_discovery_rate, 0.0, 1.0, "0 to 1")?;
        match (self.reference_from, self.reference_to) {
            (None, None) => Ok(()),
            (Some(from), Some(to)) if from <= to => Ok(()),
            (Some(from), _) => Err(setting("reference_from", from, "a day not after reference_to")),
            (None, Some(to)) => Err(setting("reference_to", to, "reference_from beside it")),
        }
    }
}

fn setting(key: &'static str, value: impl ToString, expected: &'static str) -> Error {
    Error::Setting { key, value: value.to_string(), expected }
}
