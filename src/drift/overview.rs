//! Everything the detector says of a table: what a person is shown, a script reads and the service keeps.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::calibrate::Calibration;
use super::detector::{Config, Names, detect};
use super::explanation::{Days, Explanation, Wish, explain};
use super::monthly::{Month, months};
use super::moved::Moved;
use super::table::Table;
use super::{Decision, Error, Reason, Trained, Window};
use crate::model::status::DriftState;

/// Unknown labels that are listed, those with the most rows.
const MOST_UNKNOWN: usize = 200;

/// A table and what the detector says of it.
pub struct Overview {
    pub table: Table,
    pub config: Config,
    pub topics: Vec<String>,
    pub decisions: Vec<Decision>,
    pub months: Vec<Month>,
    /// Only when it was asked for.
    pub explanation: Option<Explanation>,
}

impl Overview {
    /// Judges every full week of the table's series. `trained`: the models that became the current one meanwhile.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn of(table: Table, config: Config, trained: &[Trained]) -> Result<Self, Error> {
        let (topics, sources) = (table.series.topics(), table.series.sources());
        let names = Names { topics: &topics, sources: &sources };
        let decisions = detect(&table.series.weeks(), names, &config, trained)?;
        let months = match decisions.first() {
            Some(first) => months(&table.series, (first.reference_from, first.reference_to), &config),
            None => Vec::new(),
        };
        Ok(Overview { table, config, topics, decisions, months, explanation: None })
    }

    /// The reference and the window that an explanation is about: `window`, or else the last one that was drift, or else the last one, and
    /// the reference it was judged by. `None` before there is a reference.
    pub fn chosen(&self, window: Option<Days>) -> Option<(Days, Days)> {
        let chosen = self.refreshes().last().or(self.decisions.last())?;
        Some(((chosen.reference_from, chosen.reference_to), window.unwrap_or((chosen.from, chosen.to))))
    }

    /// Explains the difference between two stretches, as [`Overview::chosen`] gives them.
    pub fn explain(&mut self, (reference, window): (Days, Days), wish: &Wish) {
        self.explanation = explain(&self.table, reference, window, wish);
    }

    pub fn state(&self) -> Option<DriftState> {
        self.decisions.last().map(|decision| decision.state)
    }

    pub fn refreshes(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.refresh)
    }

    /// What the detector was calibrated by, when it is the program's own. What it costs to judge and where the reference lies do not matter.
    fn calibration(&self) -> Option<Calibration> {
        let kept = Calibration::embedded();
        let Config { draws, seed, reference_from, reference_to, .. } = kept.config.clone();
        let own = Config { draws, seed, reference_from, reference_to, ..self.config.clone() };
        (own == kept.config).then_some(kept)
    }

    /// Months with a row.
    pub(super) fn used_months(&self) -> impl Iterator<Item = &Month> {
        self.months.iter().filter(|month| month.n + month.n_unlabelled + month.n_unknown > 0)
    }

    pub fn to_json(&self) -> Value {
        let table = &self.table;
        let first = self.decisions.first();
        let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
        self.decisions.iter().for_each(|decision| *reasons.entry(decision.reason).or_default() += 1);
        let level_counts = |windows: Vec<Window>| {
            windows.last().map(|last| table.series.by_level(last.from, last.to)).unwrap_or_default()
        };
        json!({
            "state": self.state(),
            "rows": table.n_rows,
            "undated": table.n_undated,
            "dated_to_the_month": table.n_by_month,
            "unlabelled": table.n_unlabelled(),
            "unknown_labels": table.usual_unknown_labels(MOST_UNKNOWN).into_iter().collect::<BTreeMap<_, _>>(),
            "n_unknown_labels": table.unknown_labels.len(),
            "past_labels": table.past_labels,
            "topics": self.topics.len(),
            "reference": first.map(|d| json!({ "from": d.reference_from, "to": d.reference_to, "n": d.n_reference })),
            "windows": self.decisions.len(),
            "reasons": reasons.iter().map(|(reason, n)| json!({ "reason": reason, "windows": n })).collect::<Vec<_>>(),
            "refreshes": self.refreshes().collect::<Vec<_>>(),
            "latest": self.decisions.last(),
            "latest_week": level_counts(table.series.weeks()),
            "latest_28_days": level_counts(table.series.trailing_28_days()),
            "months": self.months,
            "calibration": self.calibration(),
            "explanation": self.explanation,
        })
    }

    /// Why there is no decision yet.
    pub fn too_little(&self) -> String {
        format!(
            "no reference yet: it takes {} full weeks with at least {} labelled rows; there are {} rows\n",
            self.config.reference_weeks, self.config.minimum_reference, self.table.n_rows
        )
    }

    /// For a terminal.
    pub fn describe(&self) -> String {
        let table = &self.table;
        let mut text = format!(
            "{} rows, {} topics; {} without a label, {} with an unknown one, {} without a date\n",
            table.n_rows,
            self.topics.len(),
            table.n_unlabelled(),
            table.unknown_labels.values().sum::<u64>(),
            table.n_undated,
        );
        for (label, n) in table.usual_unknown_labels(10) {
            // Writing to a String can not fail, here and below.
            let _ = writeln!(text, "  unknown label {label:?}: {n} rows");
        }
        for (label, n) in &table.past_labels {
            let _ = writeln!(text, "  label {label:?} used after its end: {n} rows");
        }
        let Some(first) = self.decisions.first() else { return text + &self.too_little() };
        let (from, to) = (first.reference_from, first.reference_to);
        let _ = writeln!(text, "reference {from} to {to}: {} rows\n", first.n_reference);
        text.push_str("month      n     no label  distance  corrected  band    psi     moved\n");
        for month in self.used_months() {
            let numbers = match &month.comparison {
                None => format!("{:<35}", "too few rows"),
                Some(c) => format!("{:<9.4} {:<10.4} {:<7.4} {:<6.3}", c.distance, c.corrected, c.upper, c.psi),
            };
            let (day, n, unlabelled) = (month.from.format("%Y-%m"), month.n, month.n_unlabelled);
            let _ = writeln!(text, "{day}  {n:<6} {unlabelled:<8} {numbers}  {}", moved_in(month, 4));
        }
        text.push('\n');
        for decision in self.refreshes() {
            let _ = writeln!(text, "{}", in_words(decision));
        }
        let _ = writeln!(
            text,
            "state {} after {} windows (last: {})",
            self.state().map_or("unknown", DriftState::as_str),
            self.decisions.len(),
            self.decisions.last().map_or("none", |decision| decision.reason.as_str()),
        );
        text.push_str(&match self.calibration() {
            Some(kept) => format!(
                "enter level {:.3}, calibrated to at most {} false refreshes a year; found {} in {} simulated years\n",
                kept.enter,
                kept.promised,
                kept.found
                    .iter()
                    .map(|(n, found)| format!("{:.3} at {n} rows a week", found.per_year()))
                    .collect::<Vec<_>>()
                    .join(", "),
                kept.effort.years
            ),
            None => format!(
                "enter level {:.3}; this detector's false refreshes are not known: see `aludel drift calibrate`\n",
                self.config.enter
            ),
        });
        text
    }
}

/// A refresh in a line.
pub fn in_words(decision: &Decision) -> String {
    let (distance, upper) = decision.measured.as_ref().map_or((0.0, 0.0), |m| (m.distance, m.upper));
    format!(
        "drift on {}: distance {distance:.3} (band {upper:.3}), n {} against {}: {}",
        decision.to,
        decision.n_current,
        decision.n_reference,
        moved_words(&decision.moved, 6).join(", ")
    )
}

/// At most `most` topics with their shares.
pub(super) fn moved_words(moved: &[Moved], most: usize) -> Vec<String> {
    let word = |moved: &Moved| format!("{} {:.1} -> {:.1} %", moved.topic, 100.0 * moved.from, 100.0 * moved.to);
    moved.iter().take(most).map(word).collect()
}

/// What moved in a month, and what arrived.
pub(super) fn moved_in(month: &Month, most: usize) -> String {
    let mut words = moved_words(&month.moved, most);
    words.extend(month.arrived.iter().map(|topic| format!("{topic} arrived")));
    words.join(", ")
}
