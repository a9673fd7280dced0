//! What the detector found in one window, with every number it used.

use chrono::NaiveDate;
use serde::Serialize;

use super::guard::Volume;
use super::moved::Moved;
use crate::model::status::DriftState;

/// One line of the detector's log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// First and last day of the window.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub before: DriftState,
    pub state: DriftState,
    pub reason: Reason,
    /// True in the one window with which the state becomes Drifted: a refresh is due.
    pub refresh: bool,
    /// Windows in a row outside, this one included.
    pub run: u32,
    /// First and last day of the reference.
    pub reference_from: NaiveDate,
    pub reference_to: NaiveDate,
    /// `None` when the window could not be judged.
    pub measured: Option<Measured>,
    /// Labelled rows that were compared, and rows without a label, or with an unknown one, in the same weeks.
    pub n_reference: u64,
    pub n_current: u64,
    pub n_unlabelled: u64,
    pub n_unknown: u64,
    pub sources: Vec<SourceUse>,
    /// Only of a window that is outside.
    pub moved: Vec<Moved>,
}

/// The statistics of one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Jensen-Shannon distance (base 2), stratified by source; then the same with the bias of small samples taken off.
    pub distance: f64,
    pub corrected: f64,
    pub psi: f64,
    /// Upper end of the bootstrap band for these sizes.
    pub upper: f64,
    /// How much wider the reference's weeks scatter than multinomial ones; the band takes it into account.
    pub dispersion: f64,
    /// Topics with a row on either side.
    pub topics: usize,
    /// `distance` over `sqrt(upper^2 + floor^2)`: what enter and leave levels are compared with.
    pub score: f64,
    pub enter: f64,
    pub leave: f64,
    /// The corrected distance without the week that adds most to it. Only when `score` is above `enter`.
    pub without_peak: Option<Peak>,
    /// The comparison with the same weeks a year ago. Only when `score` is above `enter` and these weeks bear on the reference.
    pub season: Option<Season>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peak {
    /// The Monday of the week.
    pub week: NaiveDate,
    pub corrected: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Season {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub n: u64,
    /// Of this window from that one, with the band for these sizes.
    pub distance: f64,
    pub upper: f64,
    /// Of that one from the reference, corrected.
    pub from_reference: f64,
}

/// What became of one source in a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceUse {
    pub source: String,
    /// Weight in the mix; 0 when it was left out.
    pub weight: f64,
    pub n_reference: u64,
    pub n_current: u64,
    /// Weeks of the window that were left out of it.
    pub left_out: Vec<(NaiveDate, Volume)>,
}

/// Why the state is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Below the enter level.
    Inside,
    /// Above it; counted.
    Outside,
    /// Between leave and enter level after a warning: the run begins anew.
    Lingers,
    /// The last of the windows in a row: drift.
    Drifted,
    /// Above the enter level, but without one week less than half as far away.
    OneWeek,
    /// As it was in the same weeks a year ago.
    Season,
    /// After drift: nothing is proposed for a while.
    CoolDown,
    /// Fewer rows than the minimum. The state stays.
    TooFew,
    /// Many more rows without a label than in the reference. The state stays.
    LabelsMissing,
    /// Sources with most of the reference's weight are down. The state stays.
    SourcesMissing,
}

impl Reason {
    /// As stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Inside => "inside",
            Reason::Outside => "outside",
            Reason::Lingers => "lingers",
            Reason::Drifted => "drifted",
            Reason::OneWeek => "one_week",
            Reason::Season => "season",
            Reason::CoolDown => "cool_down",
            Reason::TooFew => "too_few",
            Reason::LabelsMissing => "labels_missing",
            Reason::SourcesMissing => "sources_missing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_are_the_json_ones() {
        use Reason::*;
        for reason in
            [Inside, Outside, Lingers, Drifted, OneWeek, Season, CoolDown, TooFew, LabelsMissing, SourcesMissing]
        {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
