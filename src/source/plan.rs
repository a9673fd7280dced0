//! Which days to read: pure, from today and what was read before.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::{America::New_York, Tz};

/// A day that was read to its end, and the archive's day on which that happened last.
///
/// A day stays open for rows that come late, so a reading settles it only when it happened more than the overlap after it.
pub type Readings = BTreeMap<NaiveDate, NaiveDate>;

/// The days to read now, oldest first: from `first` to `today`, every day whose last full reading happened while rows could
/// still be added to it. After an outage that is every day that was missed, and the ones that were open when it began.
///
/// `first`: the earliest day ever to be read. `overlap_days`: how long after a day rows may still appear in it.
pub fn days_to_read(today: NaiveDate, first: NaiveDate, overlap_days: u64, readings: &Readings) -> Vec<NaiveDate> {
    first
        .iter_days()
        .take_while(|day| *day <= today)
        .filter(|day| !readings.get(day).is_some_and(|read_on| is_settled(*day, *read_on, overlap_days)))
        .collect()
}

/// Where reading begins: the configured day, else the oldest day ever read, else the overlap before `today`.
pub fn first_day(today: NaiveDate, since: Option<NaiveDate>, overlap_days: u64, readings: &Readings) -> NaiveDate {
    let before = today.checked_sub_days(Days::new(overlap_days)).unwrap_or(today);
    let oldest = readings.keys().next().copied();
    since.or(oldest).unwrap_or(before).min(today)
}

/// Whether a full reading of `day` that happened on `read_on` needs no other.
pub fn is_settled(day: NaiveDate, read_on: NaiveDate, overlap_days: u64) -> bool {
    day.checked_add_days(Days::new(overlap_days)).is_some_and(|last_open| read_on > last_open)
}

/// Whether a reading that began at the archive's day `began_on` may be recorded for `day`: the day was over.
pub fn is_over(day: NaiveDate, began_on: NaiveDate) -> bool {
    began_on > day
}

/// Whether `now` lies in the hours NCBI asks big jobs to keep to: weekends, and 21:00 to 05:00 US Eastern.
pub fn is_off_peak(now: DateTime<Utc>) -> bool {
    let local = now.with_timezone(&New_York);
    is_weekend(&local) || local.hour() >= 21 || local.hour() < 5
}

/// The next moment at or after `now` inside those hours.
pub fn next_off_peak(now: DateTime<Utc>) -> DateTime<Utc> {
    // At most sixteen hours away on a weekday; the bound only makes the loop's end plain.
    let mut time = now;
    for _ in 0..(24 * 60) {
        if is_off_peak(time) {
            return time;
        }
        time = time + TimeDelta::minutes(1) - TimeDelta::seconds(i64::from(time.second()));
    }
    time
}

fn is_weekend(local: &DateTime<Tz>) -> bool {
    matches!(local.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
    }

    #[test]
    fn first_run_reads_the_overlap_and_an_outage_is_caught_up() {
        let mut readings = Readings::new();
        let today = day(10);
        let first = first_day(today, None, 4, &readings);
        assert_eq!(days_to_read(today, first, 4, &readings), (6..=10).map(day).collect::<Vec<_>>());
        for n in 6..10 {
            readings.insert(day(n), today);
        }
        // Ten days later: nothing that was open on day 10 is skipped.
        let today = day(20);
        let first = first_day(today, None, 4, &readings);
        assert_eq!(days_to_read(today, first, 4, &readings), (6..=20).map(day).collect::<Vec<_>>());
        for n in 6..20 {
            readings.insert(day(n), today);
        }
        assert_eq!(days_to_read(day(20), day(6), 4, &readings), (16..=20).map(day).collect::<Vec<_>>());
    }

    #[test]
    fn since_reaches_back_and_never_past_today() {
        assert_eq!(first_day(day(10), Some(day(2)), 4, &Readings::new()), day(2));
        assert_eq!(first_day(day(10), Some(day(12)), 4, &Readings::new()), day(10));
    }

    #[test]
    fn night_hours_follow_new_york() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert!(is_off_peak(at("2026-03-03T03:00:00Z"))); // Monday 22:00
        assert!(!is_off_peak(at("2026-03-03T15:00:00Z"))); // Tuesday 10:00
        assert!(is_off_peak(at("2026-03-07T15:00:00Z"))); // Saturday
        assert_eq!(next_off_peak(at("2026-03-03T15:00:30Z")), at("2026-03-04T02:00:00Z"));
        assert_eq!(next_off_peak(at("2026-07-01T15:00:00Z")), at("2026-07-02T01:00:00Z")); // summer time
        assert_eq!(next_off_peak(at("2026-03-07T15:00:30Z")), at("2026-03-07T15:00:30Z"));
    }

    proptest! {
        /// Whatever the outages: once polls have gone on past a day's overlap, a reading that began after it settled it,
        /// every day between the first and then was read, and a poll always covers today and its overlap.
        #[test]
        fn no_day_is_skipped(polls in prop::collection::vec((0_u64..9, any::<bool>()), 1..40), overlap in 0_u64..6) {
            let mut readings = Readings::new();
            let mut today = day(0);
            let start = first_day(today, None, overlap, &readings);
            let mut reads = Vec::new();
            for (gap, works) in polls {
                today = today + Days::new(gap);
                let first = first_day(today, None, overlap, &readings).min(start);
                let days = days_to_read(today, first, overlap, &readings);
                for back in 0..=overlap {
                    let open = today - Days::new(back);
                    prop_assert!(open < start || days.contains(&open));
                }
                if works {
                    for day in days {
                        reads.push((day, today));
                        if is_over(day, today) {
                            readings.insert(day, today);
                        }
                    }
                }
            }
            let last = today + Days::new(overlap + 1);
            for day in days_to_read(last, start, overlap, &readings) {
                reads.push((day, last));
            }
            for day in start.iter_days().take_while(|day| *day <= today) {
                prop_assert!(reads.iter().any(|(read, on)| *read == day && is_settled(day, *on, overlap)));
            }
        }

        #[test]
        fn settled_days_are_left_alone(n in 0_u64..50, read in 0_u64..80, overlap in 0_u64..6) {
            let readings = Readings::from([(day(n), day(read))]);
            let due = days_to_read(day(90), day(n), overlap, &readings);
            prop_assert_eq!(due.contains(&day(n)), read <= n + overlap);
            prop_assert_eq!(due.len() as u64, 90 - n + u64::from(read <= n + overlap));
        }
    }
}
