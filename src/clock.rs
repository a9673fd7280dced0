//! Time as an argument: the system's, or a simulated one that a test or the demo drives.
//!
//! A simulated clock is a straight line over the system's (`start`, `origin`, `rate`), so that two processes that were
//! given the same three numbers agree, also after one of them was killed and started again; or it is stepped by hand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A clock that can be cloned and shared.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System,
    Scaled(Scale),
    Stepped(Arc<watch::Sender<DateTime<Utc>>>),
}

/// Simulated time: it was `start` at the system time `origin`, and runs `rate` times as fast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    pub start: DateTime<Utc>,
    pub origin: DateTime<Utc>,
    pub rate: f64,
}

impl Clock {
    pub fn system() -> Self {
        Clock(Kind::System)
    }

    /// A clock on the line `scale`. A rate that is not positive and finite counts as 1.
    pub fn scaled(scale: Scale) -> Self {
        let rate = if scale.rate.is_finite() && scale.rate > 0.0 { scale.rate } else { 1.0 };
        Clock(Kind::Scaled(Scale { rate, ..scale }))
    }

    /// A clock that stands at `start` until [`Clock::advance_to`] moves it.
    pub fn stepped(start: DateTime<Utc>) -> Self {
        Clock(Kind::Stepped(Arc::new(watch::channel(start).0)))
    }

    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::System => Utc::now(),
            Kind::Scaled(scale) => {
                let elapsed_seconds = (Utc::now() - scale.origin).as_seconds_f64() * scale.rate;
                let elapsed = TimeDelta::try_milliseconds((elapsed_seconds * 1000.0) as i64).unwrap_or(TimeDelta::MAX);
                scale.start.checked_add_signed(elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
            Kind::Stepped(now) => *now.borrow(),
        }
    }

    /// Today's date, UTC.
    pub fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// The line of a scaled clock, to hand to another process.
    pub fn scale(&self) -> Option<Scale> {
        match &self.0 {
            Kind::Scaled(scale) => Some(*scale),
            Kind::System | Kind::Stepped(_) => None,
        }
    }

    pub fn is_simulated(&self) -> bool {
        !matches!(self.0, Kind::System)
    }

    /// Moves a stepped clock forward; never back, and no other kind.
    pub fn advance_to(&self, time: DateTime<Utc>) {
        if let Kind::Stepped(now) = &self.0 {
            now.send_if_modified(|current| {
                let forward = time > *current;
                if forward {
                    *current = time;
                }
                forward
            });
        }
    }

    /// Waits until the clock shows at least `time`.
    pub async fn sleep_until(&self, time: DateTime<Utc>) {
        if let Kind::Stepped(now) = &self.0 {
            let mut changes = now.subscribe();
            // The sender lives in `self`, so waiting can not fail.
            let _ = changes.wait_for(|current| *current >= time).await;
            return;
        }
        loop {
            let rest = time - self.now();
            if rest <= TimeDelta::zero() {
                return;
            }
            let rate = self.scale().map_or(1.0, |scale| scale.rate);
            // An hour at most at a time: the system clock may be set while we sleep.
            let seconds = (rest.as_seconds_f64() / rate).clamp(0.001, 3600.0);
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        let delta = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let until = self.now().checked_add_signed(delta).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.sleep_until(until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stepped_clock_wakes_sleepers_and_never_goes_back() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = Clock::stepped(start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(60)).await }
        });
        clock.advance_to(start - TimeDelta::days(1));
        assert_eq!(clock.now(), start);
        tokio::task::yield_now().await;
        while !sleeper.is_finished() {
            clock.advance_to(clock.now() + TimeDelta::seconds(30));
            tokio::task::yield_now().await;
        }
        assert!(clock.now() >= start + TimeDelta::seconds(60));
    }

    #[test]
    fn scaled_clocks_with_one_line_agree() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let scale = Scale { start, origin: Utc::now() - TimeDelta::seconds(10), rate: 86_400.0 };
        let a = Clock::scaled(scale).now();
        assert!(a - start >= TimeDelta::days(10) && a - start < TimeDelta::days(11));
    }
}
