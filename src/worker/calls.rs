//! The durable memory of model calls, between whoever asks and the model: an answered call is never made again, identical calls
//! at one time are one, and none is made that the budget does not allow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedMutexGuard, Semaphore};

use crate::fetch::Retry;
use crate::llm::{Budget, Error, LanguageModel, Period, Prices, Reply, Request};
use crate::store::call::{ModelCall, Spend};
use crate::store::{self, Store};

/// What was paid for, what is being paid for, and what may be spent. One for all models and stages of a store.
pub struct Ledger {
    pub(super) store: Store,
    budget: Budget,
    /// The dearest that any call may cost.
    prices: Prices,
    /// Calls under way, by key: who holds the lock makes the call.
    flights: Mutex<HashMap<blake3::Hash, Arc<AsyncMutex<()>>>>,
    /// The most that calls under way may cost.
    held: Mutex<Amount>,
    /// One decision about the budget at a time.
    deciding: AsyncMutex<()>,
    settled: Notify,
    /// By model: as many calls as it takes at a time are under way, from asking to having the answer written.
    slots: Mutex<HashMap<(String, usize), Arc<Semaphore>>>,
    /// Answers that were paid for and are not written yet. No further call is made until they are.
    unwritten: Mutex<Vec<(blake3::Hash, ModelCall)>>,
    /// One transaction of them at a time.
    writing: AsyncMutex<()>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amount {
    tokens: u64,
    micros: u64,
}

impl Amount {
    fn plus(self, other: Amount) -> Amount {
        Amount { tokens: self.tokens.saturating_add(other.tokens), micros: self.micros.saturating_add(other.micros) }
    }
}

impl From<Spend> for Amount {
    fn from(spend: Spend) -> Self {
        Amount { tokens: spend.prompt_tokens.saturating_add(spend.completion_tokens), micros: spend.cost_micros }
    }
}

impl Ledger {
    /// `prices`: the dearest that any call may cost.
    pub fn new(budget: Budget, prices: Prices, store: Store) -> Arc<Self> {
        Arc::new(Ledger {
            store,
            budget,
            prices,
            flights: Mutex::default(),
            held: Mutex::default(),
            deciding: AsyncMutex::default(),
            settled: Notify::new(),
            slots: Mutex::default(),
            unwritten: Mutex::default(),
            writing: AsyncMutex::default(),
        })
    }

    /// What bounds the calls of a model that are not written yet: a kill loses no more of them than the model takes at a time.
    fn slots_of(&self, model: &dyn LanguageModel) -> Arc<Semaphore> {
        let n = model.concurrency().max(1);
        let mut slots = lock(&self.slots);
        slots.entry((model.name().to_owned(), n)).or_insert_with(|| Arc::new(Semaphore::new(n))).clone()
    }

    /// Waits until no other call with this key is under way.
    async fn fly(self: &Arc<Self>, key: blake3::Hash) -> Flight {
        let turn = lock(&self.flights).entry(key).or_default().clone();
        let mut flight = Flight { ledger: self.clone(), key, turn: Some(turn.clone()), guard: None };
        flight.guard = Some(turn.lock_owned().await);
        flight
    }

    async fn find(&self, key: blake3::Hash) -> Result<Option<Reply>, Error> {
        let stored = self.with_store(move |store| store.read()?.model_response(&key)).await?;
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes)
                .map_err(|error| Error::Ledger { source: Box::new(error), retry: Retry::Never })
        };
        stored.map(read).transpose()
    }

    /// Writes an answered call, with others that ended meanwhile.
    async fn record(self: &Arc<Self>, key: blake3::Hash, call: ModelCall) -> Result<(), Error> {
        lock(&self.unwritten).push((key, call));
        self.write_up().await
    }

    async fn write_up(self: &Arc<Self>) -> Result<(), Error> {
        if lock(&self.unwritten).is_empty() {
            return Ok(());
        }
        // Those that come while others are written go into the next transaction together.
        let _turn = self.writing.lock().await;
        let together = lock(&self.unwritten).clone();
        if together.is_empty() {
            return Ok(());
        }
        let n = together.len();
        self.with_store(move |store| {
            let mut txn = store.write()?;
            for (key, call) in &together {
                txn.record_model_call(key, call)?;
            }
            txn.commit()
        })
        .await?;
        // Only whoever has the turn takes any away, and others join at the end.
        lock(&self.unwritten).drain(..n);
        Ok(())
    }

    /// Holds back what the call may cost at most. Waits while only calls under way stand in its way.
    async fn hold(self: &Arc<Self>, request: &Request) -> Result<Option<Hold>, Error> {
        if !self.budget.is_limited() {
            return Ok(None);
        }
        let prompt_tokens = request.prompt_tokens_at_most();
        let needed = Amount {
            tokens: prompt_tokens.saturating_add(request.max_tokens.into()),
            micros: self.prices.cost_micros(prompt_tokens, request.max_tokens.into()),
        };
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            settled.as_mut().enable();
            let deciding = self.deciding.lock().await;
            // Read before the rows: a call that ends in between counts twice rather than not at all.
            let held = *lock(&self.held);
            let now = self.store.clock().now();
            let (day, month) = (day_of(now), month_of(now));
            let (today, this_month) = self
                .with_store(move |store| {
                    let read = store.read()?;
                    Ok((read.spend_since(day.0)?, read.spend_since(month.0)?))
                })
                .await?;
            let mut fits = true;
            for (period, spent, (_, end), money, tokens) in [
                (Period::Day, today, day, self.budget.daily_money, self.budget.daily_tokens),
                (Period::Month, this_month, month, self.budget.monthly_money, self.budget.monthly_tokens),
            ] {
                let limit = Amount { tokens, micros: (money * 1e6).ceil() as u64 };
                fits &= self.fits(period, spent.into(), needed, held, limit, end - now)?;
            }
            if fits {
                let mut held = lock(&self.held);
                *held = held.plus(needed);
                return Ok(Some(Hold { ledger: self.clone(), amount: needed }));
            }
            drop(deciding);
            settled.await;
        }
    }

    /// Whether a call fits beside those under way; an error when it does not fit beside what was spent.
    fn fits(
        &self,
        period: Period,
        spent: Amount,
        needed: Amount,
        held: Amount,
        limit: Amount,
        left: TimeDelta,
    ) -> Result<bool, Error> {
        let (alone, beside) = (spent.plus(needed), spent.plus(needed).plus(held));
        let wait = left.to_std().unwrap_or_default();
        let over = |amount: u64, limit: u64| limit > 0 && amount > limit;
        if over(alone.micros, limit.micros) {
            let money = |micros: u64| format!("{:.2}", micros as f64 / 1e6);
            return Err(Error::Budget { period, spent: money(spent.micros), limit: money(limit.micros), wait });
        }
        if over(alone.tokens, limit.tokens) {
            let tokens = |n: u64| format!("{n} tokens");
            return Err(Error::Budget { period, spent: tokens(spent.tokens), limit: tokens(limit.tokens), wait });
        }
        Ok(!over(beside.micros, limit.micros) && !over(beside.tokens, limit.tokens))
    }

    /// Runs `work` where blocking is allowed. What began is done even if nobody waits for it any more.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(Store) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(store)).await;
        let ledger = |source: Box<dyn std::error::Error + Send + Sync>, retry| Error::Ledger { source, retry };
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                let retry = if error.is_passing() { Retry::Backoff } else { Retry::Never };
                Err(ledger(Box::new(error), retry))
            }
            Err(error) => Err(ledger(Box::new(error), Retry::Backoff)),
        }
    }
}

/// The right to make the call with a key, or the wait for it.
struct Flight {
    ledger: Arc<Ledger>,
    key: blake3::Hash,
    turn: Option<Arc<AsyncMutex<()>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        (self.guard, self.turn) = (None, None);
        let mut flights = lock(&self.ledger.flights);
        // Nobody has or waits for it: only the map knows it.
        if flights.get(&self.key).is_some_and(|waiting| Arc::strong_count(waiting) == 1) {
            flights.remove(&self.key);
        }
    }
}

/// A part of the budget held back for a call under way.
struct Hold {
    ledger: Arc<Ledger>,
    amount: Amount,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = lock(&self.ledger.held);
        held.tokens = held.tokens.saturating_sub(self.amount.tokens);
        held.micros = held.micros.saturating_sub(self.amount.micros);
        drop(held);
        self.ledger.settled.notify_waiters();
    }
}

/// The beginnings of the day of `now` and of the next, UTC.
fn day_of(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let today = now.date_naive();
    (midnight(today), midnight(today.succ_opt().unwrap_or(NaiveDate::MAX)))
}

/// The beginnings of the month of `now` and of the next, UTC.
fn month_of(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let first = now.date_naive().with_day(1).unwrap_or(now.date_naive());
    let next = first.checked_add_months(chrono::Months::new(1)).unwrap_or(NaiveDate::MAX);
    (midnight(first), midnight(next))
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// A panic elsewhere leaves what these locks guard whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A model whose answers are kept.
pub struct Calls {
    model: Arc<dyn LanguageModel>,
    ledger: Arc<Ledger>,
    slots: Arc<Semaphore>,
    stage: &'static str,
}

/// What a call is known by. The order of fields and of a schema's keys counts.
#[derive(Serialize)]
struct Canonical<'a> {
    /// Moves when the same request would be put to a model in other words.
    format: u32,
    model: &'a str,
    #[serde(flatten)]
    request: &'a Request,
}

/// The key under which the answer of the model `name` to `request` is kept, and what it is the hash of.
///
/// # Errors
/// When the request holds a number that JSON can not.
pub fn key_of(name: &str, request: &Request) -> Result<(blake3::Hash, Vec<u8>), serde_json::Error> {
    let bytes = serde_json::to_vec(&Canonical { format: 1, model: name, request })?;
    Ok((blake3::hash(&bytes), bytes))
}

impl Calls {
    /// `stage`: what the calls are for, beside each in the store: `draft`, …
    pub fn new(model: Arc<dyn LanguageModel>, ledger: Arc<Ledger>, stage: &'static str) -> Self {
        let slots = ledger.slots_of(model.as_ref());
        Calls { model, ledger, slots, stage }
    }

    async fn call(&self, request: &Request) -> Result<Reply, Error> {
        let (key, bytes) = key_of(self.model.name(), request)
            .map_err(|error| Error::Ledger { source: Box::new(error), retry: Retry::Never })?;
        let _flight = self.ledger.fly(key).await;
        if let Some(reply) = self.ledger.find(key).await? {
            metrics::counter!("aludel_model_calls_remembered_total", "model" => self.model.name().to_owned())
                .increment(1);
            return Ok(reply);
        }
        let _slot = self.slots.acquire().await;
        self.ledger.write_up().await?;
        let _hold = self.ledger.hold(request).await?;
        let reply = self.model.complete(request).await?;
        let response = serde_json::to_vec(&reply)
            .map_err(|error| Error::Ledger { source: Box::new(error), retry: Retry::Never })?;
        let call = ModelCall {
            model: self.model.name().to_owned(),
            stage: self.stage,
            endpoint: reply.endpoint.clone(),
            request: bytes,
            response,
            prompt_tokens: reply.usage.prompt_tokens,
            completion_tokens: reply.usage.completion_tokens,
            cost_micros: reply.cost_micros,
        };
        self.ledger.record(key, call).await?;
        Ok(reply)
    }
}

impl LanguageModel for Calls {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn concurrency(&self) -> usize {
        self.model.concurrency()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        self.call(request).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn days_and_months_end_where_the_next_begin() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let now = at("2027-12-31T23:59:59Z");
        assert_eq!(day_of(now), (at("2027-12-31T00:00:00Z"), at("2028-01-01T00:00:00Z")));
        assert_eq!(month_of(now), (at("2027-12-01T00:00:00Z"), at("2028-01-01T00:00:00Z")));
    }

    #[tokio::test]
    async fn flights_and_holds_end_with_their_calls() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s.db"), Clock::system()).unwrap();
        let budget = Budget { daily_tokens: 10_000, ..Budget::default() };
        let ledger = Ledger::new(budget, Prices::default(), store);
        let key = blake3::hash(b"a");
        let flight = ledger.fly(key).await;
        let waiting = tokio::spawn({
            let ledger = ledger.clone();
            async move { drop(ledger.fly(key).await) }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        let _ = waiting.await;
        drop(flight);
        assert!(lock(&ledger.flights).is_empty());
        let hold = ledger.hold(&Request::new("a", "b")).await.unwrap();
        assert!(lock(&ledger.held).tokens > 4096);
        drop(hold);
        assert_eq!(*lock(&ledger.held), Amount::default());
    }

    #[tokio::test]
    async fn an_answer_that_can_not_be_written_stops_further_calls_until_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        drop(Store::open(&path, Clock::system()).unwrap());
        let ledger =
            Ledger::new(Budget::default(), Prices::default(), Store::open_read(&path, Clock::system()).unwrap());
        let call = ModelCall {
            model: "m".into(),
            stage: "draft",
            endpoint: String::new(),
            request: Vec::new(),
            response: Vec::new(),
            prompt_tokens: 1,
            completion_tokens: 1,
            cost_micros: 1,
        };
        assert!(matches!(ledger.record(blake3::hash(b"a"), call).await, Err(Error::Ledger { .. })));
        assert!(ledger.write_up().await.is_err());
        assert_eq!(lock(&ledger.unwritten).len(), 1);
    }
}
