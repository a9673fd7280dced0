//! The one HTTP client: honest about who asks, bounded in what it takes, and patient.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::{self, HeaderMap};
use tokio::time::Instant;
use url::Url;

use super::body;
use super::politeness::{Breaker, Hosts, is_loopback, refuse_redirect};
use super::retry::{self, Retry};
use super::{Config, Error};
use crate::clock::Clock;

const MAX_REDIRECTS: usize = 5;

/// What to ask, and how gently.
#[derive(Debug, Clone)]
pub struct Request {
    pub url: Url,
    /// Sent as a POST body when not empty.
    pub form: Vec<(String, String)>,
    /// Least time between the starts of two requests to this host.
    pub spacing: Duration,
    /// How long the host is left alone after a 403 or 429 that names no time itself.
    pub cool_down: Duration,
    /// Smaller than the client's own limit, where the source knows better.
    pub max_body_bytes: Option<u64>,
    /// Sent back so that the server can answer "not modified".
    pub validators: Validators,
}

impl Request {
    pub fn get(url: Url) -> Self {
        Request {
            url,
            form: Vec::new(),
            spacing: Duration::ZERO,
            cool_down: Duration::ZERO,
            max_body_bytes: None,
            validators: Validators::default(),
        }
    }

    pub fn post(url: Url, form: Vec<(String, String)>) -> Self {
        Request { form, ..Request::get(url) }
    }

    pub fn spaced(self, spacing: Duration) -> Self {
        Request { spacing, ..self }
    }
}

/// What a server gave to recognise an unchanged answer by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// A body with where and when it came from.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The address that answered, after redirects, without secrets.
    pub url: String,
    /// When the answer had arrived.
    pub at: DateTime<Utc>,
    /// The server said that nothing changed since the validators; the body is empty.
    pub not_modified: bool,
    pub validators: Validators,
    pub body: Vec<u8>,
}

/// Why a caller can not use a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadBody {
    pub reason: String,
    /// Whether the same request may give a better one.
    pub again: bool,
}

impl BadBody {
    /// An outage, a block page, a cut body: ask again.
    pub fn again(reason: impl Into<String>) -> Self {
        BadBody { reason: reason.into(), again: true }
    }

    /// An answer that will not change.
    pub fn never(reason: impl Into<String>) -> Self {
        BadBody { reason: reason.into(), again: false }
    }
}

/// Fetches with politeness per host, retries and bounds. Share one: it holds what it knows about each host.
#[derive(Debug)]
pub struct Client {
    config: Config,
    clock: Clock,
    outside: reqwest::Client,
    /// Without the system's proxy: a proxy's loopback is not ours.
    loopback: reqwest::Client,
    hosts: Hosts,
    jitter: Mutex<ChaCha8Rng>,
}

impl Client {
    /// A client that introduces itself with the configured contact. `seed` spreads the waits of clients that fail together.
    ///
    /// # Errors
    /// [`Error::Build`] when the TLS roots or the proxy settings of the system can not be read.
    pub fn new(config: Config, clock: Clock, seed: u64) -> Result<Self, Error> {
        // Without an installed provider reqwest panics. Fails only when one is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .user_agent(user_agent(&config))
                .connect_timeout(Duration::from_secs(config.connect_timeout_seconds))
                .timeout(Duration::from_secs(config.timeout_seconds))
                .redirect(reqwest::redirect::Policy::custom(redirect))
                .pool_max_idle_per_host(2)
        };
        let outside = builder().build().map_err(Error::Build)?;
        let loopback = builder().no_proxy().build().map_err(Error::Build)?;
        let jitter = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Ok(Client { config, clock, outside, loopback, hosts: Hosts::default(), jitter })
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The configured mail address; empty when none is.
    pub fn contact(&self) -> &str {
        &self.config.contact
    }

    /// The body as it is.
    ///
    /// # Errors
    /// See [`Client::read`].
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, Error> {
        self.read(request, |fetched| Ok(fetched.clone())).await
    }

    /// What `read` makes of the body; a body that it can not use is asked for again like any failure.
    ///
    /// # Errors
    /// The last failure, when tries or patience are used up, or when trying again can not help.
    pub async fn read<T>(&self, request: &Request, read: impl Fn(&Fetched) -> Result<T, BadBody>) -> Result<T, Error> {
        self.permit(&request.url)?;
        let patience = self.pace(&request.url, Duration::from_secs(self.config.patience_seconds));
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (error, wait) = match self.attempt(request, attempt, patience, &read).await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let host = request.url.host_str().unwrap_or_default().to_owned();
            metrics::counter!("aludel_fetch_failures_total", "host" => host, "outcome" => error.outcome()).increment(1);
            let Some(wait) = wait else { return Err(error) };
            if attempt >= self.config.max_tries.max(1) || wait > patience {
                return Err(error);
            }
            tracing::info!(%error, attempt, wait_seconds = wait.as_secs_f64(), "asking again after a failed request");
        }
    }

    /// Refuses what must not be asked at all.
    fn permit(&self, url: &Url) -> Result<(), Error> {
        let bad = |reason| Error::BadUrl { url: redact(url), reason };
        let host = url.host_str().ok_or_else(|| bad("it names no host"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("it is not http or https"));
        }
        if !self.config.enabled || self.config.blocked_hosts.iter().any(|blocked| blocked.eq_ignore_ascii_case(host)) {
            return Err(Error::SwitchedOff { host: host.to_owned() });
        }
        if !self.config.contact.contains('@') && !is_loopback(url) {
            return Err(Error::NoContact { host: host.to_owned() });
        }
        Ok(())
    }

    /// One try, in the host's turn. A failure comes with the wait before the next try, if there may be one; the host is
    /// left alone for that long whoever asks.
    async fn attempt<T>(
        &self,
        request: &Request,
        attempt: u32,
        patience: Duration,
        read: &impl Fn(&Fetched) -> Result<T, BadBody>,
    ) -> Result<T, (Error, Option<Duration>)> {
        let url = &request.url;
        let host = url.host_str().unwrap_or_default();
        let mut slot = self.hosts.take(&format!("{host}:{}", url.port_or_known_default().unwrap_or_default())).await;
        let open_for = slot.open_for(Instant::now());
        if !open_for.is_zero() {
            let error = Error::CircuitOpen { host: host.to_owned(), failures: slot.failures(), wait: open_for };
            return Err((error, None));
        }
        let wait = slot.wait(Instant::now());
        if wait > patience {
            return Err((Error::Paused { host: host.to_owned(), wait }, None));
        }
        tokio::time::sleep(wait).await;
        slot.pause(Instant::now(), self.pace(url, request.spacing));

        let result = match self.send(request).await {
            Ok(fetched) => read(&fetched).map_err(|bad| Error::BadBody {
                url: fetched.url.clone(),
                reason: bad.reason,
                again: bad.again,
            }),
            Err(error) => Err(error),
        };
        let now = Instant::now();
        let error = match result {
            Ok(value) => {
                slot.succeeded();
                metrics::counter!("aludel_fetch_requests_total", "host" => host.to_owned()).increment(1);
                return Ok(value);
            }
            Err(error) => error,
        };
        if matches!(error, Error::Status { status: 403 | 429, .. }) {
            slot.pause(now, self.pace(url, request.cool_down));
        }
        let wait = match error.retry() {
            Retry::Never => return Err((error, None)),
            Retry::After(wait) => wait + wait.mul_f64(self.jitter() / 10.0),
            Retry::Backoff => retry::backoff(
                Duration::from_millis(self.config.backoff_ms),
                Duration::from_secs(self.config.backoff_cap_seconds),
                attempt,
                self.jitter(),
            ),
        };
        let wait = self.pace(url, wait);
        slot.pause(now, wait);
        // A server that names its pace is not broken.
        if !matches!(error, Error::Status { status: 429, .. }) {
            let pause = self.pace(url, Duration::from_secs(self.config.breaker_pause_seconds));
            slot.failed(now, Breaker { failures: self.config.breaker_failures, pause });
        }
        Err((error, Some(wait)))
    }

    async fn send(&self, request: &Request) -> Result<Fetched, Error> {
        let url = redact(&request.url);
        let client = if is_loopback(&request.url) { &self.loopback } else { &self.outside };
        let mut builder = if request.form.is_empty() {
            client.get(request.url.clone())
        } else {
            client.post(request.url.clone()).form(&request.form)
        };
        if let Some(etag) = &request.validators.etag {
            builder = builder.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = &request.validators.last_modified {
            builder = builder.header(header::IF_MODIFIED_SINCE, date);
        }
        let response = builder.send().await.map_err(|error| send_error(error, &url))?;

        let status = response.status();
        let validators = Validators {
            etag: text_header(response.headers(), header::ETAG),
            last_modified: text_header(response.headers(), header::LAST_MODIFIED),
        };
        let answered = redact(response.url());
        if status == reqwest::StatusCode::NOT_MODIFIED {
            let body = Vec::new();
            return Ok(Fetched { url: answered, at: self.clock.now(), not_modified: true, validators, body });
        }
        if !status.is_success() {
            let retry_after = text_header(response.headers(), header::RETRY_AFTER)
                .and_then(|value| retry::retry_after(&value, self.clock.now()));
            return Err(Error::Status { url: answered, status: status.as_u16(), retry_after });
        }
        let limit_bytes =
            request.max_body_bytes.map_or(self.config.max_body_bytes, |n| n.min(self.config.max_body_bytes));
        let body = body::read_bounded(response, &answered, limit_bytes).await?;
        let body = body::inflate(body, &answered, limit_bytes)?;
        Ok(Fetched { url: answered, at: self.clock.now(), not_modified: false, validators, body })
    }

    /// A span of time as it passes here: on loopback under a scaled clock it passes as fast as the clock runs, and under a
    /// stepped one, which stands still, it is over at once. Other people's servers live in real time, whatever our clock says.
    fn pace(&self, url: &Url, span: Duration) -> Duration {
        if !is_loopback(url) {
            return span;
        }
        match self.clock.scale() {
            Some(scale) => Duration::try_from_secs_f64(span.as_secs_f64() / scale.rate).unwrap_or(span),
            None if self.clock.is_simulated() => Duration::ZERO,
            None => span,
        }
    }

    fn jitter(&self) -> f64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}

/// `url` without credentials: user info dropped, the values of secret parameters replaced.
pub fn redact(url: &Url) -> String {
    const SECRET: [&str; 6] = ["api_key", "apikey", "api-key", "key", "token", "password"];
    let mut shown = url.clone();
    // Fails for addresses without a host, which have no user info either.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if url.query_pairs().any(|(name, _)| SECRET.contains(&name.to_lowercase().as_str())) {
        shown.query_pairs_mut().clear().extend_pairs(url.query_pairs().map(|(name, value)| {
            let secret = SECRET.contains(&name.to_lowercase().as_str());
            (name, if secret { "redacted".into() } else { value })
        }));
    }
    shown.into()
}

fn user_agent(config: &Config) -> String {
    // Characters that may not stand in a header can not stand in an address either.
    let clean = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
    let mut about = Vec::new();
    if !config.url.is_empty() {
        about.push(format!("+{}", clean(&config.url)));
    }
    if !config.contact.is_empty() {
        about.push(format!("mailto:{}", clean(&config.contact)));
    }
    let product = concat!("aludel/", env!("CARGO_PKG_VERSION"));
    if about.is_empty() { product.to_owned() } else { format!("{product} ({})", about.join("; ")) }
}

fn redirect(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error(RefusedRedirect("there are too many in a row"));
    }
    match attempt.previous().last().and_then(|from| refuse_redirect(from, attempt.url())) {
        Some(reason) => attempt.error(RefusedRedirect(reason)),
        None => attempt.follow(),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RefusedRedirect(&'static str);

fn send_error(error: reqwest::Error, url: &str) -> Error {
    let url = url.to_owned();
    if error.is_redirect() {
        let reason = std::error::Error::source(&error).map_or_else(|| "refused".to_owned(), ToString::to_string);
        Error::Redirect { url, reason }
    } else if error.is_timeout() {
        Error::Timeout { url, source: error.without_url() }
    } else {
        Error::Connect { url, source: error.without_url() }
    }
}

fn text_header(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_leave_no_trace() {
        let url = Url::parse("https://me:pw@eutils.example/x?db=pubmed&api_key=s3cret&API_KEY=s3cret&id=1").unwrap();
        let shown = redact(&url);
        assert!(!shown.contains("s3cret") && !shown.contains("pw"), "{shown}");
        assert!(shown.contains("db=pubmed") && shown.ends_with("id=1"), "{shown}");
        let plain = Url::parse("https://a.example/x?q=a%20b").unwrap();
        assert_eq!(redact(&plain), plain.as_str());
    }

    #[test]
    fn user_agent_says_who_asks() {
        let config =
            Config { contact: "me@example.org\r\n".into(), url: "https://a.example".into(), ..Config::default() };
        let expected = concat!("aludel/", env!("CARGO_PKG_VERSION"), " (+https://a.example; mailto:me@example.org)");
        assert_eq!(user_agent(&config), expected);
    }

    #[tokio::test]
    async fn nobody_is_asked_without_a_contact() {
        let request = Request::get(Url::parse("https://api.example/x").unwrap());
        let refuse =
            async |config: Config| Client::new(config, Clock::system(), 1).unwrap().fetch(&request).await.unwrap_err();
        assert!(matches!(refuse(Config::default()).await, Error::NoContact { .. }));
        let contact = || Config { contact: "me@example.org".into(), ..Config::default() };
        assert!(matches!(refuse(Config { enabled: false, ..contact() }).await, Error::SwitchedOff { .. }));
        let blocked = Config { blocked_hosts: vec!["API.example".into()], ..contact() };
        assert!(matches!(refuse(blocked).await, Error::SwitchedOff { .. }));
    }
}
