//! Any server that speaks the OpenAI chat API: vLLM, SGLang, llama.cpp, Ollama, hosted ones.
//!
//! A schema is asked for as `json_schema`; a server that refuses it is asked for `json_object`, then in words, and that is
//! remembered. Several endpoints share the calls by weight and stand in for each other.

pub mod batch;
mod dialect;
mod pool;
mod wire;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::time::Instant;
use url::Url;

use crate::fetch::body::read_bounded;
use crate::fetch::client::redact;
use crate::fetch::politeness::is_loopback;
use crate::fetch::{self, retry};

use super::config::key;
use super::{Config, Error, LanguageModel, Prices, Reply, Request, Usage, tokens_of_bytes};
use crate::fetch::{Secret, innermost};
use pool::{Breaker, Place, Pool, Terms};
use wire::{Answer, NoAnswer};

/// So much of an error's body is read, in bytes.
const MOST_FAULT_BYTES: u64 = 256 << 10;
/// Waits between tries double up to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// A language model behind one or more chat servers. Share one: it holds what it knows about each.
pub struct OpenAi {
    config: Config,
    endpoints: Vec<Endpoint>,
    pool: Pool,
    jitter: Mutex<ChaCha8Rng>,
}

struct Endpoint {
    /// The address without secrets, for messages.
    shown: String,
    url: Url,
    model: String,
    key: Option<Secret>,
    prices: Prices,
    client: reqwest::Client,
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoints: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.shown.as_str()).collect();
        f.debug_struct("OpenAi").field("model", &self.config.model).field("endpoints", &endpoints).finish()
    }
}

impl OpenAi {
    /// The configured model; API keys are read from their files and the environment here. `seed` spreads waits.
    ///
    /// # Errors
    /// [`Error::Config`] when the configuration has a fault or a key can not be read.
    pub fn new(config: &Config, seed: u64) -> Result<Self, Error> {
        let fault = |reason: String| Error::Config { reason };
        if let Some((key, what)) = config.faults().first() {
            return Err(fault(format!("{key}: {what}")));
        }
        if !config.is_on() {
            return Err(fault("no model is named".to_owned()));
        }
        // Without an installed provider reqwest panics. Fails only when one is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |outside: bool| {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("aludel/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(config.connect_timeout_seconds))
                // A moved server is a fault of the address; following it might take the key elsewhere.
                .redirect(reqwest::redirect::Policy::none());
            let builder = if outside { builder } else { builder.no_proxy() };
            builder.build().map_err(|error| fault(format!("the HTTP client can not be built: {error}")))
        };
        let (outside, loopback) = (client(true)?, client(false)?);
        let mut endpoints = Vec::new();
        let mut terms = Vec::new();
        for endpoint in &config.endpoints {
            let address = format!("{}/chat/completions", endpoint.base_url.trim_end_matches('/'));
            let url: Url = address.parse().map_err(|error| fault(format!("{}: {error}", endpoint.base_url)))?;
            terms.push(Terms {
                weight: endpoint.weight,
                min_concurrency: config.min_concurrency,
                max_concurrency: endpoint.max_concurrency.unwrap_or(config.max_concurrency),
            });
            endpoints.push(Endpoint {
                shown: redact(&url),
                model: endpoint.model.clone().unwrap_or_else(|| config.model.clone()),
                key: key(endpoint, |name| std::env::var(name).ok())?,
                prices: endpoint.prices.unwrap_or(config.prices),
                client: if is_loopback(&url) { loopback.clone() } else { outside.clone() },
                url,
            });
        }
        let breaker =
            Breaker { failures: config.breaker_failures, pause: Duration::from_secs(config.breaker_pause_seconds) };
        let jitter = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Ok(OpenAi { config: config.clone(), endpoints, pool: Pool::new(&terms, breaker), jitter })
    }

    async fn call(&self, request: &Request) -> Result<Reply, Error> {
        let patience = Duration::from_secs(self.config.patience_seconds);
        let mut tried = Vec::new();
        let mut attempt = 0;
        loop {
            let place = match self.pool.take(&tried).await {
                Ok(place) => place,
                Err(paused) if paused.wait > patience => {
                    return Err(Error::Paused { wait: paused.wait, last: paused.last });
                }
                Err(paused) => {
                    tokio::time::sleep(paused.wait).await;
                    tried.clear();
                    continue;
                }
            };
            attempt += 1;
            let Some(endpoint) = self.endpoints.get(place.at) else {
                return Err(Error::Config { reason: "there is no endpoint".to_owned() });
            };
            let began = Instant::now();
            let error = match self.ask(endpoint, &place, request).await {
                Ok(reply) => {
                    place.answered();
                    count(&self.config.model, &endpoint.shown, "answered", began.elapsed());
                    return Ok(reply);
                }
                Err(error) => error,
            };
            count(&self.config.model, &endpoint.shown, error.outcome(), began.elapsed());
            if !error.is_endpoints_fault() {
                place.answered();
                return Err(error);
            }
            place.failed(&error);
            tried.push(place.at);
            drop(place);
            if attempt >= self.config.max_tries {
                return Err(error);
            }
            if self.pool.has_other(&tried) {
                tracing::info!(%error, attempt, "a model's endpoint failed; another is asked");
                continue;
            }
            let wait = match &error {
                Error::Refused { .. } => return Err(error),
                Error::RateLimited { retry_after: Some(wait), .. }
                | Error::Unavailable { retry_after: Some(wait), .. } => *wait,
                _ => retry::backoff(
                    Duration::from_millis(self.config.backoff_ms),
                    LONGEST_BACKOFF,
                    attempt,
                    self.jitter(),
                ),
            };
            if wait > patience {
                return Err(error);
            }
            tracing::info!(%error, attempt, wait_seconds = wait.as_secs_f64(), "a model is asked again after a failure");
            tokio::time::sleep(wait).await;
            tried.clear();
        }
    }

    /// One answer of one endpoint, in the widest dialect it takes.
    async fn ask(&self, endpoint: &Endpoint, place: &Place<'_>, request: &Request) -> Result<Reply, Error> {
        let known = place.dialect();
        let mut dialect = known;
        loop {
            let (status, retry_after, body) =
                self.send(endpoint, &wire::body(request, &endpoint.model, dialect)).await?;
            let (status, fault) = if (200..300).contains(&status) {
                match wire::read(&body) {
                    Ok(answer) => {
                        if dialect != known {
                            tracing::info!(
                                endpoint = endpoint.shown,
                                ?dialect,
                                "a model server takes less than was asked"
                            );
                            place.speaks(dialect);
                        }
                        return Ok(self.reply(endpoint, request, answer));
                    }
                    Err(NoAnswer::Garbled(detail)) => {
                        return Err(Error::Garbled {
                            endpoint: endpoint.shown.clone(),
                            detail: endpoint.cross_out(&detail),
                        });
                    }
                    // An error after the headers were sent is the server's, unless it says otherwise.
                    Err(NoAnswer::Fault(fault)) => (fault.status.unwrap_or(500), fault),
                }
            } else {
                (status, wire::read_fault(&body))
            };
            if let Some(instead) = dialect.instead(status, &fault, request.schema.is_some()) {
                dialect = instead;
                continue;
            }
            let message = endpoint.cross_out(&fault.shown());
            return Err(dialect::error_of(endpoint.shown.clone(), status, &fault, message, retry_after));
        }
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        body: &serde_json::Value,
    ) -> Result<(u16, Option<Duration>, Vec<u8>), Error> {
        let name = || endpoint.shown.clone();
        let after = Duration::from_secs(self.config.timeout_seconds);
        let mut builder = endpoint.client.post(endpoint.url.clone()).timeout(after).json(body);
        if let Some(value) = endpoint.authorization() {
            builder = builder.header(header::AUTHORIZATION, value);
        }
        let response = builder.send().await.map_err(|error| match error.is_timeout() && !error.is_connect() {
            true => Error::Timeout { endpoint: name(), after },
            false => connect_error(name(), error.without_url()),
        })?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let limit_bytes = if response.status().is_success() { self.config.max_reply_bytes } else { MOST_FAULT_BYTES };
        let body = match read_bounded(response, &endpoint.shown, limit_bytes).await {
            Ok(body) => body,
            Err(fetch::Error::TooLarge { .. }) if !(200..300).contains(&status) => Vec::new(),
            Err(fetch::Error::TooLarge { .. }) => return Err(Error::TooLarge { endpoint: name(), limit_bytes }),
            Err(fetch::Error::Timeout { .. }) => return Err(Error::Timeout { endpoint: name(), after }),
            Err(_) => return Err(Error::Garbled { endpoint: name(), detail: "its body was cut short".to_owned() }),
        };
        Ok((status, retry_after, body))
    }

    fn reply(&self, endpoint: &Endpoint, request: &Request, answer: Answer) -> Reply {
        let usage = match answer.usage {
            Some((prompt_tokens, completion_tokens)) => Usage { prompt_tokens, completion_tokens, estimated: false },
            None => Usage {
                prompt_tokens: request.prompt_tokens_about(),
                completion_tokens: tokens_of_bytes(answer.text.len() + answer.thinking_bytes),
                estimated: true,
            },
        };
        let tokens = |name: &'static str, n: u64| {
            metrics::counter!("aludel_model_tokens_total", "model" => self.config.model.clone(), "kind" => name)
                .increment(n);
        };
        tokens("prompt", usage.prompt_tokens);
        tokens("completion", usage.completion_tokens);
        Reply {
            text: answer.text,
            finish: answer.finish,
            usage,
            cost_micros: endpoint.prices.cost_micros(usage.prompt_tokens, usage.completion_tokens),
            model: answer.model.unwrap_or_else(|| endpoint.model.clone()),
            endpoint: endpoint.shown.clone(),
        }
    }

    fn jitter(&self) -> f64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

impl Endpoint {
    fn authorization(&self) -> Option<HeaderValue> {
        // Proof: a key is checked to be printable ASCII.
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.key.as_ref()?.expose())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn cross_out(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.cross_out(text))
    }
}

/// The wait that the server asks for. A date is read against the server's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let now = text(header::DATE).and_then(|date| DateTime::parse_from_rfc2822(date).ok()).map(|date| date.to_utc());
    // A number of seconds needs no clock; a date without one may be long past.
    let now = now.unwrap_or(DateTime::<Utc>::MAX_UTC);
    text(header::RETRY_AFTER).and_then(|value| retry::retry_after(value, now))
}

fn connect_error(endpoint: String, source: reqwest::Error) -> Error {
    Error::Connect { endpoint, cause: innermost(&source), source }
}

fn count(model: &str, endpoint: &str, outcome: &'static str, took: Duration) {
    let (model, endpoint) = (model.to_owned(), endpoint.to_owned());
    metrics::counter!("aludel_model_calls_total", "model" => model.clone(), "endpoint" => endpoint, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("aludel_model_call_seconds", "model" => model).record(took.as_secs_f64());
}

impl LanguageModel for OpenAi {
    fn name(&self) -> &str {
        &self.config.model
    }

    fn concurrency(&self) -> usize {
        let most = |endpoint: &super::Endpoint| endpoint.max_concurrency.unwrap_or(self.config.max_concurrency);
        self.config.endpoints.iter().map(most).sum()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        let after = Duration::from_secs(self.config.deadline_seconds);
        async move { tokio::time::timeout(after, self.call(request)).await.unwrap_or(Err(Error::Deadline { after })) }
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_by_the_servers_clock() {
        let wait = |retry_after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, retry_after.parse().unwrap());
            date.and_then(|date| headers.insert(header::DATE, date.parse().unwrap()));
            super::retry_after(&headers).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("7", None), Some(7));
        let date = Some("Mon, 02 Mar 2026 10:00:00 GMT");
        assert_eq!(wait("Mon, 02 Mar 2026 10:00:30 GMT", date), Some(30));
        assert_eq!(wait("Mon, 02 Mar 2026 10:00:30 GMT", None), Some(0));
        assert_eq!(wait("soon", date), None);
    }
}
