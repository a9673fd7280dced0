//! Which endpoint is asked next, and by how many at a time: shares by weight, a concurrency that follows how the endpoint fares
//! (additive increase, multiplicative decrease), and pauses for those that ask for one or keep failing.
//!
//! One failure now and then is not strain: a limit that is cut for each settles near `sqrt(2 / p)` calls for a share `p` of them, six
//! for one in twenty, however many the endpoint could take.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::dialect::Dialect;
use crate::llm::error::{Error, REFUSED_PAUSE};

/// Calls at a time that an unknown endpoint gets at first.
const FIRST_CONCURRENCY: usize = 8;
/// Least calls of a round: of fewer, two failures say nothing.
const ROUND: f64 = 16.0;
/// An endpoint is strained when more than one in so many calls of a round fails, and one more.
const STRAIN: f64 = 8.0;
/// What is left of a strained endpoint's limit.
const CUT: f64 = 0.75;
/// The breaker's pause is doubled so often at most.
const MOST_DOUBLINGS: u32 = 4;

/// What does not change about an endpoint's part in the pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub weight: u32,
    pub min_concurrency: usize,
    pub max_concurrency: usize,
}

/// When an endpoint is left alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Breaker {
    pub failures: u32,
    pub pause: Duration,
}

#[derive(Debug)]
struct State {
    terms: Terms,
    in_flight: usize,
    limit: f64,
    /// The limit before the last cut: the way back to it is quick, half of what is left a round.
    before: f64,
    /// By how much the limit grows a round beyond that; twice as much with each.
    step: f64,
    /// Calls that began before this were sent under the limit before the last cut, or too soon after it to show what it did.
    cut_at: Option<Instant>,
    round: Round,
    /// How long an answer takes, a moving average.
    latency: Duration,
    failures: u32,
    free_at: Option<Instant>,
    last_fault: String,
    /// Smooth weighted round-robin: each turn everyone gains its weight, the greatest is asked and pays the sum.
    credit: i64,
    dialect: Dialect,
}

impl State {
    fn paused_for(&self, now: Instant) -> Duration {
        self.free_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    fn has_room(&self) -> bool {
        self.in_flight < self.limit as usize
    }

    /// One call of the round is over. Cuts the limit when the round has more failures than chance would bring.
    fn count(&mut self, began: Instant, failed: bool) {
        if self.cut_at.is_some_and(|cut| began < cut + self.latency) {
            return;
        }
        self.round.calls += 1.0;
        self.round.failures += f64::from(u8::from(failed));
        let round = self.limit.max(ROUND);
        if self.round.failures > round / STRAIN + 1.0 {
            (self.before, self.step) = (self.limit, 1.0);
            self.limit = (self.limit * CUT).max(self.terms.min_concurrency as f64);
            (self.cut_at, self.round) = (Some(Instant::now()), Round::default());
        } else if self.round.calls >= round {
            if self.limit >= self.before {
                self.step = (self.step * 2.0).min(self.terms.max_concurrency as f64);
            }
            self.round = Round::default();
        }
    }

    /// An answer, while as many calls as allowed were under way.
    fn grow(&mut self) {
        let a_round = self.step.max((self.before - self.limit) / 2.0);
        self.limit = (self.limit + a_round / self.limit).min(self.terms.max_concurrency as f64);
    }
}

/// As many calls as the limit allows at a time, and no fewer than [`ROUND`].
#[derive(Debug, Default)]
struct Round {
    calls: f64,
    failures: f64,
}

/// The endpoints' states. An endpoint is known by its position.
#[derive(Debug)]
pub(super) struct Pool {
    states: Mutex<Vec<State>>,
    breaker: Breaker,
    changed: Notify,
}

/// Everyone who may be asked is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AllPaused {
    /// Until the first may be asked again.
    pub wait: Duration,
    /// What it failed with.
    pub last: String,
}

enum Choice {
    Take(usize),
    /// Someone may be asked but is busy; another's pause may end before.
    Full(Option<Duration>),
    Paused(AllPaused),
}

impl Pool {
    pub fn new(terms: &[Terms], breaker: Breaker) -> Self {
        let state = |terms: &Terms| State {
            terms: *terms,
            in_flight: 0,
            limit: FIRST_CONCURRENCY.clamp(terms.min_concurrency, terms.max_concurrency) as f64,
            before: 0.0,
            step: FIRST_CONCURRENCY as f64,
            cut_at: None,
            round: Round::default(),
            latency: Duration::ZERO,
            failures: 0,
            free_at: None,
            last_fault: String::new(),
            credit: 0,
            dialect: Dialect::default(),
        };
        Pool { states: Mutex::new(terms.iter().map(state).collect()), breaker, changed: Notify::new() }
    }

    /// Waits for a place at an endpoint not in `tried`.
    ///
    /// # Errors
    /// When all of those are left alone for now.
    pub async fn take(&self, tried: &[usize]) -> Result<Place<'_>, AllPaused> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before the look, so that no change falls between it and the wait.
            changed.as_mut().enable();
            match self.choose(tried) {
                Choice::Take(at) => return Ok(Place { pool: self, at, began: Instant::now() }),
                Choice::Full(Some(pause)) => {
                    let _ = tokio::time::timeout(pause, changed).await;
                }
                Choice::Full(None) => changed.await,
                Choice::Paused(paused) => return Err(paused),
            }
        }
    }

    /// Whether an endpoint not in `tried` may be asked now, or as soon as it has room.
    pub fn has_other(&self, tried: &[usize]) -> bool {
        let now = Instant::now();
        self.states().iter().enumerate().any(|(at, state)| !tried.contains(&at) && state.paused_for(now).is_zero())
    }

    fn choose(&self, tried: &[usize]) -> Choice {
        let now = Instant::now();
        let mut states = self.states();
        let open: Vec<usize> = (0..states.len()).filter(|at| !tried.contains(at)).collect();
        let soonest = |states: &[State]| {
            let paused = open.iter().filter_map(|at| Some((states.get(*at)?.paused_for(now), *at)));
            paused.filter(|(wait, _)| !wait.is_zero()).min()
        };
        let free: Vec<usize> =
            open.iter().copied().filter(|at| states.get(*at).is_some_and(|s| s.paused_for(now).is_zero())).collect();
        if free.is_empty() {
            let (wait, at) = soonest(&states).unwrap_or_default();
            let last = states.get(at).map(|state| state.last_fault.clone()).unwrap_or_default();
            return Choice::Paused(AllPaused { wait, last });
        }
        let roomy: Vec<usize> = free.into_iter().filter(|at| states.get(*at).is_some_and(State::has_room)).collect();
        let mut sum = 0;
        for at in &roomy {
            if let Some(state) = states.get_mut(*at) {
                state.credit += i64::from(state.terms.weight);
                sum += i64::from(state.terms.weight);
            }
        }
        // The first of equals.
        let best = roomy.iter().rev().max_by_key(|at| states.get(**at).map(|state| state.credit)).copied();
        match best.and_then(|at| Some((at, states.get_mut(at)?))) {
            Some((at, state)) => {
                state.credit -= sum;
                state.in_flight += 1;
                Choice::Take(at)
            }
            None => Choice::Full(soonest(&states).map(|(wait, _)| wait)),
        }
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        // Every change under this lock leaves the states whole.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls at a time that are allowed now, over all endpoints.
    #[cfg(test)]
    fn limits(&self) -> Vec<usize> {
        self.states().iter().map(|state| state.limit as usize).collect()
    }
}

/// The right to one call to an endpoint; dropped, its place is free again.
pub(super) struct Place<'p> {
    pool: &'p Pool,
    pub at: usize,
    began: Instant,
}

impl Place<'_> {
    pub fn dialect(&self) -> Dialect {
        self.pool.states().get(self.at).map_or_else(Dialect::default, |state| state.dialect)
    }

    /// The server took a request in this dialect.
    pub fn speaks(&self, dialect: Dialect) {
        if let Some(state) = self.pool.states().get_mut(self.at) {
            state.dialect = dialect;
        }
    }

    /// The endpoint answered, if only to say what is wrong with the request.
    pub fn answered(&self) {
        if let Some(state) = self.pool.states().get_mut(self.at) {
            state.failures = 0;
            state.latency = (state.latency * 7 + self.began.elapsed()) / 8;
            state.count(self.began, false);
            // Only a limit that was used says something about a greater one.
            if state.in_flight as f64 + 1.0 >= state.limit {
                state.grow();
            }
        }
    }

    /// The endpoint failed: fewer calls at a time when that is more than chance, and a pause when it asked for one, refuses us or keeps
    /// failing.
    pub fn failed(&self, error: &Error) {
        let now = Instant::now();
        let mut states = self.pool.states();
        let Some(state) = states.get_mut(self.at) else { return };
        state.last_fault = error.to_string();
        if matches!(error, Error::RateLimited { .. } | Error::Unavailable { .. } | Error::Timeout { .. }) {
            state.count(self.began, true);
        }
        // Who names a pace is not broken.
        if !matches!(error, Error::RateLimited { .. }) {
            state.failures = state.failures.saturating_add(1);
        }
        let asked_for = match error {
            Error::RateLimited { retry_after, .. } | Error::Unavailable { retry_after, .. } => *retry_after,
            Error::Refused { .. } => Some(REFUSED_PAUSE),
            _ => None,
        };
        let earned = state
            .failures
            .checked_sub(self.pool.breaker.failures)
            .map(|more| self.pool.breaker.pause.saturating_mul(1 << more.min(MOST_DOUBLINGS)));
        if let Some(until) = asked_for.max(earned).and_then(|pause| now.checked_add(pause)) {
            state.free_at = state.free_at.max(Some(until));
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(state) = self.pool.states().get_mut(self.at) {
            state.in_flight = state.in_flight.saturating_sub(1);
        }
        self.pool.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(400);

    fn pool(weights: &[u32], min: usize, max: usize) -> Pool {
        let terms: Vec<Terms> = weights
            .iter()
            .map(|weight| Terms { weight: *weight, min_concurrency: min, max_concurrency: max })
            .collect();
        Pool::new(&terms, Breaker { failures: 2, pause: PAUSE })
    }

    /// Whether a wait that was measured a moment after it began is `expected`.
    fn about(wait: Duration, expected: Duration) -> bool {
        wait <= expected && wait > expected.mul_f64(0.5)
    }

    fn down() -> Error {
        Error::Unavailable { endpoint: "e".into(), status: 500, message: "boom".into(), retry_after: None }
    }

    fn slow_down(seconds: u64) -> Error {
        let retry_after = Some(Duration::from_secs(seconds));
        Error::RateLimited { endpoint: "e".into(), message: String::new(), retry_after }
    }

    #[tokio::test]
    async fn shares_follow_the_weights() {
        let pool = pool(&[3, 1], 1, 100);
        let mut asked = [0, 0];
        for _ in 0..40 {
            let place = pool.take(&[]).await.unwrap();
            asked[place.at] += 1;
            place.answered();
        }
        assert_eq!(asked, [30, 10]);
        assert_eq!(pool.take(&[0]).await.unwrap().at, 1);
    }

    #[tokio::test]
    async fn the_limit_grows_when_used_and_falls_once_a_round() {
        let pool = pool(&[1], 1, 64);
        assert_eq!(pool.limits(), [8]);
        pool.take(&[]).await.unwrap().answered();
        assert_eq!(pool.limits(), [8], "seven places were idle");
        for _ in 0..100 {
            let mut places = Vec::new();
            while places.len() < pool.limits()[0] {
                places.push(pool.take(&[]).await.unwrap());
            }
            places.iter().for_each(Place::answered);
        }
        assert_eq!(pool.limits(), [64]);
        let mut places = Vec::new();
        for _ in 0..64 {
            places.push(pool.take(&[]).await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        places.iter().for_each(|place| place.failed(&slow_down(0)));
        assert_eq!(pool.limits(), [48], "one burst is one sign");
        drop(places);
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            pool.take(&[]).await.unwrap().failed(&slow_down(0));
        }
        assert_eq!(pool.limits(), [1]);
    }

    #[tokio::test]
    async fn failures_now_and_then_leave_the_limit_alone_and_many_bring_it_down() {
        // One in sixteen, then one in four.
        for (every, expected) in [(16, 50..=64), (4, 1..=16)] {
            let pool = pool(&[1], 1, 64);
            let mut n = 0;
            for _ in 0..200 {
                let mut places = Vec::new();
                while places.len() < pool.limits()[0] {
                    places.push(pool.take(&[]).await.unwrap());
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
                for place in &places {
                    n += 1;
                    if n % every == 0 { place.failed(&slow_down(0)) } else { place.answered() }
                }
            }
            assert!(expected.contains(&pool.limits()[0]), "one in {every}: {:?}", pool.limits());
        }
    }

    #[tokio::test]
    async fn who_fails_is_left_alone_and_the_others_go_on() {
        let pool = pool(&[1, 1], 1, 8);
        for _ in 0..2 {
            let place = pool.take(&[1]).await.unwrap();
            place.failed(&down());
        }
        for _ in 0..5 {
            assert_eq!(pool.take(&[]).await.unwrap().at, 1);
        }
        assert!(!pool.has_other(&[1]));
        let paused = pool.take(&[1]).await.err().unwrap();
        assert!(about(paused.wait, PAUSE), "{paused:?}");
        assert!(paused.last.contains("boom"), "{paused:?}");
        tokio::time::sleep(PAUSE).await;
        let place = pool.take(&[1]).await.unwrap();
        place.failed(&down());
        drop(place);
        let paused = pool.take(&[1]).await.err().unwrap();
        assert!(about(paused.wait, PAUSE * 2), "the pause doubles: {paused:?}");
        pool.take(&[0]).await.unwrap().failed(&slow_down(7));
        let paused = pool.take(&[0]).await.err().unwrap();
        assert!(about(paused.wait, Duration::from_secs(7)), "as it asked: {paused:?}");
    }

    #[tokio::test]
    async fn a_dropped_call_frees_its_place() {
        let pool = std::sync::Arc::new(pool(&[1], 1, 1));
        let place = pool.take(&[]).await.unwrap();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.take(&[]).await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(place);
        assert!(waiting.await.unwrap());
        let lost = tokio::spawn({
            let pool = pool.clone();
            async move {
                let _place = pool.take(&[]).await;
                std::future::pending::<()>().await;
            }
        });
        tokio::task::yield_now().await;
        lost.abort();
        let _ = lost.await;
        assert!(pool.take(&[]).await.is_ok());
    }
}
