//! When to ask again: doubling waits with jitter, and the wait a server asked for.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// No server can send us away for longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What an error says about a second try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same request will fail the same way; a person should look.
    Never,
    /// After a wait that doubles with every failure in a row.
    Backoff,
    /// After this wait, which the server or a circuit breaker named.
    After(Duration),
}

/// The wait after failure number `attempt` (from 1): `base × 2^(attempt − 1)`, at most `cap`, plus up to a quarter.
///
/// `jitter` lies in `[0, 1)`; it spreads clients that failed together.
pub fn backoff(base: Duration, cap: Duration, attempt: u32, jitter: f64) -> Duration {
    let doubled = base.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX)).min(cap);
    doubled + doubled.mul_f64(jitter.clamp(0.0, 1.0) / 4.0)
}

/// The wait a `Retry-After` header asks for: seconds, or an HTTP date seen from `now`; at most a day. `None` when it is neither.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is more than a day.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)).min(LONGEST_WAIT));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default().min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let (base, cap) = (Duration::from_secs(5), Duration::from_secs(900));
        let seconds: Vec<u64> = (1..=10).map(|n| backoff(base, cap, n, 0.0).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(backoff(base, cap, 200, 0.0), cap);
        assert!(backoff(base, cap, 1, 0.99) < Duration::from_millis(6250));
    }

    #[test]
    fn retry_after_takes_seconds_and_dates() {
        let now = DateTime::parse_from_rfc3339("2026-03-02T10:00:00Z").unwrap().to_utc();
        let check = |value: &str, expected: Option<u64>| {
            assert_eq!(retry_after(value, now).map(|d| d.as_secs()), expected, "{value:?}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("999999", Some(86_400));
        check("99999999999999999999999999", Some(86_400));
        check("Mon, 02 Mar 2026 10:00:30 GMT", Some(30));
        check("Mon, 02 Mar 2026 09:00:30 GMT", Some(0));
        check("Tue, 02 Mar 2027 09:00:30 GMT", Some(86_400));
        check("soon", None);
        check("-5", None);
        check("", None);
    }
}
