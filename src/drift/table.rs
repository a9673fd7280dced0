//! Rows with dates and labels, counted into a series; and what could not be counted.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::series::{Label, Series};
use crate::model::document::ContentLevel;

/// One row as it is read.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// ISO, to the day or to the month; a date known to the month counts as its first day.
    pub date: &'a str,
    pub source: &'a str,
    pub level: Option<ContentLevel>,
    pub label: Label<'a>,
    /// How many rows it stands for.
    pub n: u64,
}

/// One counted row with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub date: NaiveDate,
    pub source: String,
    /// Of all its known labels, each once, in their order.
    pub topics: Vec<String>,
    /// DOI or other identifier, title, and all text there is; empty where the table has none.
    pub id: String,
    pub title: String,
    pub text: String,
}

/// A table, counted.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub series: Series,
    /// Only when they were asked for.
    pub rows: Vec<Row>,
    pub n_rows: u64,
    /// Rows whose date is not known to the month, and those whose date is not known to the day.
    pub n_undated: u64,
    pub n_by_month: u64,
    /// Labels that nobody knows, verbatim, with their rows.
    pub unknown_labels: BTreeMap<String, u64>,
    /// Labels that were used after they had been given up, with the rows.
    pub past_labels: BTreeMap<String, u64>,
}

impl Table {
    /// Counts a row; gives its date, unless it is not known.
    pub fn add(&mut self, entry: &Entry<'_>) -> Option<NaiveDate> {
        self.n_rows += entry.n;
        let date = match (entry.date.parse::<NaiveDate>(), format!("{}-01", entry.date).parse::<NaiveDate>()) {
            (Ok(date), _) => date,
            (_, Ok(date)) => {
                self.n_by_month += entry.n;
                date
            }
            _ => {
                self.n_undated += entry.n;
                return None;
            }
        };
        self.series.add(date, entry.source, entry.level, entry.label, entry.n);
        Some(date)
    }

    /// Ends with `last`: see [`Series::end_on`].
    pub fn end_on(&mut self, last: NaiveDate) {
        self.series.end_on(last);
        self.rows.retain(|row| row.date <= last);
    }

    pub fn n_unlabelled(&self) -> u64 {
        self.series.span().map_or(0, |(first, last)| self.series.window(first, last).n_unlabelled())
    }

    /// At most `most` unknown labels, those with the most rows first.
    pub fn usual_unknown_labels(&self, most: usize) -> Vec<(&str, u64)> {
        let mut labels: Vec<(&str, u64)> = self.unknown_labels.iter().map(|(label, n)| (label.as_str(), *n)).collect();
        labels.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        labels.truncate(most);
        labels
    }

    /// Whether any row that was kept says more than its identifier.
    pub fn has_text(&self) -> bool {
        self.rows.iter().any(|row| row.text.chars().any(char::is_alphanumeric))
    }
}
