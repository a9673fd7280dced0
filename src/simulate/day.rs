//! Days: how full they are, and moments in them.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};

use super::dice::Dice;

/// Day 0 of the PMID count.
pub(super) const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2010, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Weekdays dominate; Monday is fullest.
pub(super) fn weekday_factor(day: NaiveDate) -> f64 {
    match day.weekday() {
        Weekday::Mon => 1.25,
        Weekday::Tue | Weekday::Wed | Weekday::Thu => 1.15,
        Weekday::Fri => 1.0,
        Weekday::Sat => 0.25,
        Weekday::Sun => 0.2,
    }
}

/// A moment of `day` whose date is the same in UTC and in US Eastern time.
pub(super) fn at_hour(day: NaiveDate, dice: &mut Dice) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(dice.whole(6 * 3600, 23 * 3600))
}
