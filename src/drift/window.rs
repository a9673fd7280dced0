//! Windows of time and what lies in them.

use chrono::{Datelike, Months, NaiveDate, TimeDelta, Weekday};
use serde::Serialize;

/// The rows of one source in a window.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Per topic, in the order of the series.
    pub topics: Vec<u64>,
    /// Rows without a label.
    pub unlabelled: u64,
    /// Rows with a label that nobody knows.
    pub unknown: u64,
}

impl Counts {
    /// No row, `topics` topics.
    pub fn of(topics: usize) -> Self {
        Counts { topics: vec![0; topics], unlabelled: 0, unknown: 0 }
    }

    /// Rows with a topic.
    pub fn n_labelled(&self) -> u64 {
        self.topics.iter().sum()
    }

    /// All rows.
    pub fn n(&self) -> u64 {
        self.n_labelled() + self.unlabelled + self.unknown
    }

    /// Adds another window's rows of the same topics.
    pub fn add(&mut self, other: &Counts) {
        if self.topics.len() < other.topics.len() {
            self.topics.resize(other.topics.len(), 0);
        }
        for (sum, n) in self.topics.iter_mut().zip(&other.topics) {
            *sum += n;
        }
        self.unlabelled += other.unlabelled;
        self.unknown += other.unknown;
    }
}

/// The rows between two days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Per source, in the order of the series.
    pub sources: Vec<Counts>,
}

impl Window {
    /// All sources in one.
    pub fn pooled(&self) -> Counts {
        let mut pooled = Counts::default();
        for counts in &self.sources {
            pooled.add(counts);
        }
        pooled
    }

    pub fn n_labelled(&self) -> u64 {
        self.sources.iter().map(Counts::n_labelled).sum()
    }

    pub fn n_unlabelled(&self) -> u64 {
        self.sources.iter().map(|counts| counts.unlabelled).sum()
    }

    pub fn n_unknown(&self) -> u64 {
        self.sources.iter().map(|counts| counts.unknown).sum()
    }
}

/// The full ISO weeks between two days, as first and last day.
pub fn weeks(first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    let since_monday = i64::from(first.weekday().days_since(Weekday::Mon));
    let mut monday = first + TimeDelta::days((7 - since_monday) % 7);
    let mut weeks = Vec::new();
    while monday + TimeDelta::days(6) <= last {
        weeks.push((monday, monday + TimeDelta::days(6)));
        monday += TimeDelta::days(7);
    }
    weeks
}

/// The calendar months that have a day between two days, as first and last day.
pub fn months(first: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    let mut months = Vec::new();
    let mut begin = first.with_day(1);
    while let Some(from) = begin.filter(|from| *from <= last) {
        begin = from.checked_add_months(Months::new(1));
        if let Some(next) = begin {
            months.push((from, next - TimeDelta::days(1)));
        }
    }
    months
}
