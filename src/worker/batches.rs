//! Calls gathered into batches: cheaper, and hours later. Whoever asks waits as for any other call; a batch that is under way when the
//! program ends is waited for by the next run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::oneshot;

use super::calls::key_of;
use crate::llm::openai::batch::State;
use crate::llm::{BatchConfig, Error, LanguageModel, OpenAi, Reply, Request, Retry};
use crate::store::{self, Store};

/// Tries to hear of a batch, a pause apart, before those who wait are told that it can not be heard of.
const MOST_SILENCES: u32 = 20;

/// A model that is asked in batches.
pub struct Batches {
    model: Arc<OpenAi>,
    config: BatchConfig,
    store: Store,
    waiting: Arc<Mutex<Waiting>>,
}

/// Who waits for what.
#[derive(Default)]
struct Waiting {
    /// Not handed in yet.
    gathered: Vec<(blake3::Hash, Request)>,
    askers: HashMap<blake3::Hash, Vec<oneshot::Sender<Answer>>>,
    /// Batches that are followed.
    followed: Vec<String>,
}

impl Waiting {
    fn tell(&mut self, key: &blake3::Hash, answer: &Answer) {
        for asker in self.askers.remove(key).unwrap_or_default() {
            // Whoever gave up does not hear it; the answer is asked for again, and is there.
            let _ = asker.send(answer.clone());
        }
    }
}

/// A status and a body, or why there is none.
type Answer = Result<(u16, Value), Lost>;

#[derive(Debug, Clone)]
struct Lost {
    reason: String,
    retry: Retry,
}

impl Batches {
    pub fn new(model: Arc<OpenAi>, config: BatchConfig, store: Store) -> Self {
        Batches { model, config, store, waiting: Arc::default() }
    }

    async fn call(&self, request: &Request) -> Result<Reply, Error> {
        let ledger = |source: Box<dyn std::error::Error + Send + Sync>| Error::Ledger { source, retry: Retry::Backoff };
        let (key, _) = key_of(self.model.name(), request).map_err(|error| ledger(Box::new(error)))?;
        let store = self.store.clone();
        let under_way = tokio::task::spawn_blocking(move || store.read()?.batch_of(&key)).await;
        let under_way = under_way.map_err(|error| ledger(Box::new(error)))?.map_err(|error| ledger(Box::new(error)))?;
        let (tell, told) = oneshot::channel();
        {
            let mut waiting = lock(&self.waiting);
            waiting.askers.entry(key).or_default().push(tell);
            match under_way {
                Some(batch) => {
                    if !waiting.followed.contains(&batch) {
                        waiting.followed.push(batch.clone());
                        tokio::spawn(self.follower().follow(batch));
                    }
                }
                None => {
                    waiting.gathered.push((key, request.clone()));
                    // The first of a batch sees it off; a full one leaves at once.
                    if waiting.gathered.len() == 1 {
                        let (follower, pause) = (self.follower(), Duration::from_millis(self.config.gather_ms));
                        tokio::spawn(async move {
                            tokio::time::sleep(pause).await;
                            follower.submit().await;
                        });
                    } else if waiting.gathered.len() >= self.config.max_requests {
                        tokio::spawn(self.follower().submit());
                    }
                }
            }
        }
        match told.await {
            Ok(Ok((status, body))) => self.model.batch_reply(request, status, &body).map(|reply| self.priced(reply)),
            Ok(Err(lost)) => Err(Error::Batch { reason: lost.reason, retry: lost.retry }),
            Err(_) => Err(Error::Batch { reason: "the program stopped".to_owned(), retry: Retry::Backoff }),
        }
    }

    fn priced(&self, reply: Reply) -> Reply {
        // Proof: a part in [0, 1] of a bounded number.
        let cost_micros = (reply.cost_micros as f64 * self.config.price_part).ceil() as u64;
        Reply { cost_micros, ..reply }
    }

    fn follower(&self) -> Follower {
        Follower {
            model: Arc::clone(&self.model),
            store: self.store.clone(),
            waiting: Arc::clone(&self.waiting),
            pause: Duration::from_millis(self.config.poll_ms),
            most: self.config.max_requests,
        }
    }
}

/// Sees batches off and waits for them.
#[derive(Clone)]
struct Follower {
    model: Arc<OpenAi>,
    store: Store,
    waiting: Arc<Mutex<Waiting>>,
    pause: Duration,
    most: usize,
}

impl Follower {
    async fn submit(self) {
        loop {
            let calls: Vec<(blake3::Hash, Request)> = {
                let mut waiting = lock(&self.waiting);
                let n = waiting.gathered.len().min(self.most);
                waiting.gathered.drain(..n).collect()
            };
            if calls.is_empty() {
                return;
            }
            let keys: Vec<blake3::Hash> = calls.iter().map(|(key, _)| *key).collect();
            let named = calls.iter().map(|(key, request)| (key.to_hex().to_string(), request));
            let submitted = match self.model.submit_batch(named).await {
                Ok(id) => self.note(&id, &keys).await.map(|()| id),
                Err(error) => Err(Lost { reason: error.to_string(), retry: error.retry() }),
            };
            match submitted {
                Ok(id) => {
                    tracing::info!(batch = id, calls = keys.len(), "a batch of model calls was handed in");
                    metrics::counter!("aludel_model_batches_total", "outcome" => "submitted").increment(1);
                    lock(&self.waiting).followed.push(id.clone());
                    tokio::spawn(self.clone().follow(id));
                }
                Err(lost) => {
                    let mut waiting = lock(&self.waiting);
                    keys.iter().for_each(|key| waiting.tell(key, &Err(lost.clone())));
                }
            }
        }
    }

    /// Boxed: it is spawned from where it is written.
    fn follow(self, id: String) -> BoxFuture<'static, ()> {
        async move {
            let ended = self.ended(&id).await;
            let mut left = true;
            let mut answers: Vec<(blake3::Hash, Answer)> = Vec::new();
            // Answers that are kept by whoever asked; until they are, the next run finds them with the batch.
            let mut kept = HashSet::new();
            match ended {
                Ok(files) => {
                    for file in files {
                        match self.model.batch_answers(&file).await {
                            Ok(lines) => {
                                for (name, answer) in lines {
                                    let Ok(key) = blake3::Hash::from_hex(&name) else { continue };
                                    let expired = || Lost {
                                        reason: "the batch expired before it was its turn".to_owned(),
                                        retry: Retry::Backoff,
                                    };
                                    if answer.as_ref().is_some_and(|(status, _)| (200..300).contains(status)) {
                                        kept.insert(key);
                                    }
                                    answers.push((key, answer.ok_or_else(expired)));
                                }
                            }
                            Err(error) => {
                                tracing::warn!(%error, batch = id, "a batch's answers can not be fetched");
                                left = false;
                            }
                        }
                    }
                }
                Err(lost) => {
                    tracing::warn!(batch = id, reason = lost.reason, "a batch is given up");
                    // Only one that the server does not know is forgotten: another may be heard of later.
                    left = lost.retry == Retry::Never;
                }
            }
            metrics::counter!("aludel_model_batches_total", "outcome" => if left { "ended" } else { "lost" })
                .increment(1);
            let keys = self.forget(&id, kept, left).await;
            let lost = Lost { reason: format!("batch {id} gave no answer"), retry: Retry::Backoff };
            answers.extend(keys.into_iter().map(|key| (key, Err(lost.clone()))));
            // In one step: who asked before it hears now, who asks after it follows the batch anew.
            let mut waiting = lock(&self.waiting);
            waiting.followed.retain(|followed| *followed != id);
            answers.iter().for_each(|(key, answer)| waiting.tell(key, answer));
        }
        .boxed()
    }

    async fn ended(&self, id: &str) -> Result<Vec<String>, Lost> {
        let mut silences = 0;
        loop {
            match self.model.batch_state(id).await {
                Ok(State::Ended { files }) => return Ok(files),
                Ok(State::Working) => silences = 0,
                Err(error) if error.retry() == Retry::Never || silences >= MOST_SILENCES => {
                    return Err(Lost { reason: error.to_string(), retry: error.retry() });
                }
                Err(error) => {
                    silences += 1;
                    tracing::info!(%error, batch = id, "a batch's state can not be read");
                }
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn note(&self, id: &str, keys: &[blake3::Hash]) -> Result<(), Lost> {
        let (store, id, keys, model) = (self.store.clone(), id.to_owned(), keys.to_vec(), self.model.name().to_owned());
        let noted = tokio::task::spawn_blocking(move || {
            let mut txn = store.write()?;
            txn.record_batch(&id, &model, &keys)?;
            txn.commit()
        });
        match noted.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Lost { reason: error.to_string(), retry: Retry::Backoff }),
            Err(error) => Err(Lost { reason: error.to_string(), retry: Retry::Backoff }),
        }
    }

    /// The requests of a batch that got no answer. `has_ended`: whether they never will, and are forgotten.
    async fn forget(&self, id: &str, kept: HashSet<blake3::Hash>, has_ended: bool) -> Vec<blake3::Hash> {
        let (store, id) = (self.store.clone(), id.to_owned());
        let done = tokio::task::spawn_blocking(move || {
            let mut txn = store.write()?;
            let mut keys = txn.requests_of_batch(&id)?;
            keys.retain(|key| !kept.contains(key));
            if has_ended {
                txn.forget_requests(&id, &keys)?;
            }
            txn.commit()?;
            Ok::<_, store::Error>(keys)
        });
        match done.await {
            Ok(Ok(keys)) => keys,
            other => {
                tracing::warn!(?other, "a batch could not be forgotten");
                Vec::new()
            }
        }
    }
}

impl LanguageModel for Batches {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn concurrency(&self) -> usize {
        self.config.max_requests
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        self.call(request).boxed()
    }
}

/// A panic elsewhere leaves what these locks guard whole.
fn lock(waiting: &Mutex<Waiting>) -> std::sync::MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
