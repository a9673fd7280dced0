//! Dates as archives give them: sometimes only a year, sometimes a month.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A calendar date known to the year, the month or the day. Written `2026`, `2026-03` or `2026-03-02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    year: i32,
    month: Option<u32>,
    day: Option<u32>,
}

impl PartialDate {
    /// A date as exact as its parts allow: an impossible month or day is dropped together with what follows it.
    /// `None` when the year lies outside 1500..=2200.
    pub fn new(year: i32, month: Option<u32>, day: Option<u32>) -> Option<Self> {
        if !(1500..=2200).contains(&year) {
            return None;
        }
        let month = month.filter(|m| (1..=12).contains(m));
        let day = month.and_then(|m| day.filter(|d| NaiveDate::from_ymd_opt(year, m, *d).is_some()));
        Some(PartialDate { year, month, day })
    }

    /// The first day the date can mean.
    pub fn earliest(self) -> NaiveDate {
        // Proof: `new` admits only valid parts and years inside chrono's range.
        NaiveDate::from_ymd_opt(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).unwrap_or(NaiveDate::MIN)
    }

    /// The last day the date can mean.
    pub fn latest(self) -> NaiveDate {
        let next = match (self.month, self.day) {
            (_, Some(_)) => return self.earliest(),
            (Some(month), None) if month < 12 => NaiveDate::from_ymd_opt(self.year, month + 1, 1),
            _ => NaiveDate::from_ymd_opt(self.year + 1, 1, 1),
        };
        next.and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// Whether the day itself is known.
    pub fn is_full(self) -> bool {
        self.day.is_some()
    }

    pub fn year(self) -> i32 {
        self.year
    }
}

impl From<NaiveDate> for PartialDate {
    fn from(date: NaiveDate) -> Self {
        use chrono::Datelike;
        PartialDate { year: date.year(), month: Some(date.month()), day: Some(date.day()) }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> String {
        date.to_string()
    }
}

impl TryFrom<String> for PartialDate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = text.split('-');
        let number = |part: Option<&str>| part.map(|p| p.parse::<u32>().map_err(|_| format!("{text:?} is not a date")));
        let year = number(parts.next()).transpose()?.unwrap_or(0);
        let month = number(parts.next()).transpose()?;
        let day = number(parts.next()).transpose()?;
        i32::try_from(year)
            .ok()
            .and_then(|year| PartialDate::new(year, month, day))
            .ok_or_else(|| format!("{text:?} is not a date"))
    }
}
