//! Models that were trained on one mix after the other: each mix is the reference while its model is the current one.

use std::ops::Range;

use chrono::NaiveDate;

use super::window::Window;

/// A model that became the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trained {
    /// The day on which it did.
    pub since: NaiveDate,
    /// First and last day of the papers whose mix it was trained on.
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Trained {
    /// The full weeks of its papers; `None` when there are none.
    pub fn weeks(&self, weeks: &[Window]) -> Option<Range<usize>> {
        let begin = weeks.iter().position(|week| week.from >= self.from)?;
        let end = weeks.iter().rposition(|week| week.to <= self.to)? + 1;
        (begin < end).then_some(begin..end)
    }
}

/// The one that was current on `day`, the newest of those; `all` in any order.
pub fn current(all: &[Trained], day: NaiveDate) -> Option<&Trained> {
    all.iter().filter(|trained| trained.since <= day).max_by_key(|trained| trained.since)
}
