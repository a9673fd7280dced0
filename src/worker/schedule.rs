//! Crontab lines: five fields, as a crontab reads them, in UTC unless a zone is given.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A crontab line, read.
///
/// Fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday; names work too). As in a crontab, when both
/// days are restricted either is enough. `@hourly`, `@daily`, `@weekly` and `@monthly` work.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// One, or two when either of two day fields is enough.
    parts: Vec<cron::Schedule>,
    zone: Tz,
}

/// Why a crontab line was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line:?} is no schedule: {reason}; a schedule is `minute hour day month weekday`, such as `15 */4 * * 1-5`")]
pub struct Refused {
    line: String,
    reason: String,
}

const WEEKDAYS: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Schedule {
    /// Reads a line; `zone` is an IANA name, and UTC when it is `None`.
    ///
    /// # Errors
    /// When the line is no five-field crontab line, or the zone is unknown.
    pub fn parse(line: &str, zone: Option<&str>) -> Result<Self, Refused> {
        let refuse = |reason: String| Refused { line: line.to_owned(), reason };
        let zone = match zone {
            Some(name) => name.parse::<Tz>().map_err(|_| refuse(format!("the time zone {name:?} is unknown")))?,
            None => Tz::UTC,
        };
        let expanded = match line.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            other => other,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(refuse(format!("it has {} fields", fields.len())));
        };
        let weekday = weekdays(weekday).map_err(refuse)?;
        let lines = if starts_open(day) || weekday.starts_with('*') {
            vec![format!("0 {minute} {hour} {day} {month} {weekday} *")]
        } else {
            vec![format!("0 {minute} {hour} {day} {month} * *"), format!("0 {minute} {hour} * {month} {weekday} *")]
        };
        let part = |line: String| cron::Schedule::from_str(&line).map_err(|error| refuse(error.to_string()));
        Ok(Schedule { parts: lines.into_iter().map(part).collect::<Result<_, _>>()?, zone })
    }

    /// The first time after `time`; `None` when there is none (the 31st of February).
    pub fn next_after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = time.with_timezone(&self.zone);
        self.parts.iter().filter_map(|part| part.after(&local).next()).min().map(|next| next.to_utc())
    }
}

fn starts_open(field: &str) -> bool {
    field.starts_with('*') || field.starts_with('?')
}

/// The weekday field with names: the `cron` crate counts Sunday as 1, a crontab as 0 and 7.
fn weekdays(field: &str) -> Result<String, String> {
    let mut days = Vec::new();
    for item in field.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => {
                (range, step.parse::<usize>().ok().filter(|s| (1..=7).contains(s)).ok_or(bad(item))?)
            }
            None => (item, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (weekday(from)?, weekday(to)?),
            None if range == "*" || range == "?" => {
                if step == 1 {
                    return Ok("*".to_owned());
                }
                (0, 6)
            }
            None => {
                let day = weekday(range)?;
                (day, if step > 1 { 6 } else { day })
            }
        };
        // `Fri-Mon` wraps around the week's end.
        let to = if to < from { to + 7 } else { to };
        days.extend((from..=to).step_by(step).map(|day| day % 7));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days.iter().filter_map(|day| WEEKDAYS.get(*day)).copied().collect::<Vec<_>>().join(","))
}

fn weekday(text: &str) -> Result<usize, String> {
    if let Ok(number) = text.parse::<usize>() {
        return if number <= 7 { Ok(number) } else { Err(bad(text)) };
    }
    let lower = text.to_ascii_lowercase();
    let start = lower.get(..3).ok_or_else(|| bad(text))?;
    WEEKDAYS.iter().position(|name| name.eq_ignore_ascii_case(start)).ok_or_else(|| bad(text))
}

fn bad(item: &str) -> String {
    format!("{item:?} is no weekday")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(line: &str, zone: Option<&str>, after: &str) -> String {
        let after = DateTime::parse_from_rfc3339(after).unwrap().to_utc();
        let next = Schedule::parse(line, zone).unwrap().next_after(after);
        next.map_or("never".into(), |time| time.format("%a %Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn lines_mean_what_a_crontab_means() {
        for (line, expected) in [
            ("*/5 * * * *", "Sun 2026-11-22 13:05"),
            ("15 */4 * * *", "Sun 2026-11-22 16:15"),
            ("0 9 * * 0", "Sun 2026-11-29 09:00"),
            ("0 9 * * 7", "Sun 2026-11-29 09:00"),
            ("0 9 * * 1", "Mon 2026-11-23 09:00"),
            ("0 9 * * 1-5", "Mon 2026-11-23 09:00"),
            ("0 9 * * 6", "Sat 2026-11-28 09:00"),
            ("0 9 * * fri-mon", "Mon 2026-11-23 09:00"),
            ("0 9 * * 2/2", "Tue 2026-11-24 09:00"),
            ("0 9 13 * 5", "Fri 2026-11-27 09:00"),
            ("0 9 25 * 5", "Wed 2026-11-25 09:00"),
            ("0 0 31 2 *", "never"),
            ("@daily", "Mon 2026-11-23 00:00"),
            ("@weekly", "Sun 2026-11-29 00:00"),
        ] {
            assert_eq!(next(line, None, "2026-11-22T13:00:00Z"), expected, "{line}");
        }
    }

    #[test]
    fn a_zone_moves_the_hour() {
        assert_eq!(next("0 9 * * *", Some("America/New_York"), "2026-11-22T13:00:00Z"), "Sun 2026-11-22 14:00");
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["", "* * * *", "0 * * * * *", "61 * * * *", "* * * * 8", "* * * * xyz", "* * * * é", "* * * * 1/0"]
        {
            assert!(Schedule::parse(line, None).is_err(), "{line:?}");
        }
        assert!(Schedule::parse("* * * * *", Some("Nowhere/Town")).is_err());
    }
}
