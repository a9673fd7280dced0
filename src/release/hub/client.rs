//! Requests to the hub and to where it has large files sent: tried again when that can help, with the token only for the hub itself.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use super::{Config, Error};
use crate::fetch::politeness::is_loopback;
use crate::fetch::{Secret, innermost, retry};

/// Largest answer read.
const MOST_BYTES: usize = 64 << 20;
/// Longest wait that is sat out; a longer one is handed on.
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// So much of an answer's words is kept for a message, in characters.
const MESSAGE_CHARS: usize = 300;

/// The hub, and who asks.
#[derive(Debug)]
pub struct Hub {
    http: reqwest::Client,
    endpoint: Url,
    token: Secret,
    max_tries: u32,
    backoff: Duration,
}

/// An answer with a good status.
#[derive(Debug)]
pub(super) struct Answer {
    pub headers: HeaderMap,
    pub body: Value,
}

impl Hub {
    /// The configured hub; the token is read here.
    ///
    /// # Errors
    /// [`Error::Config`] when there is no token, or the client can not be built.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let fault = |reason: String| Error::Config { reason };
        let file = config.token_file.as_ref().ok_or_else(|| fault("`release.hub.token_file` is not set".to_owned()))?;
        let token = Secret::read(file).map_err(|reason| fault(format!("the hub's token file {reason}")))?;
        let mut endpoint: Url =
            config.endpoint.parse().map_err(|error| fault(format!("release.hub.endpoint: {error}")))?;
        if !endpoint.path().ends_with('/') {
            endpoint.set_path(&format!("{}/", endpoint.path()));
        }
        // Without an installed provider reqwest panics. Fails only when one is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .user_agent(concat!("aludel/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_secs(config.silence_seconds.max(1)))
            // Following might take the token elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        let builder = if is_loopback(&endpoint) { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| fault(format!("the HTTP client can not be built: {error}")))?;
        let backoff = Duration::from_millis(config.backoff_ms);
        Ok(Hub { http, endpoint, token, max_tries: config.max_tries.max(1), backoff })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Error> {
        self.ask(Method::GET, self.url(path)?, |request| request).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        self.ask(Method::POST, self.url(path)?, |request| request.json(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Answer, Error> {
        self.ask(Method::DELETE, self.url(path)?, |request| request).await
    }

    /// An address below the hub's own.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        self.endpoint.join(path).map_err(|error| Error::Config { reason: format!("{path}: {error}") })
    }

    /// An address that the hub named: https, or, where the hub itself is on this machine, there too.
    pub(super) fn named(&self, address: &str) -> Result<Url, Error> {
        let is_safe = |url: &Url| url.scheme() == "https" || (is_loopback(url) && is_loopback(&self.endpoint));
        address.parse().ok().filter(is_safe).ok_or_else(|| {
            // Signed addresses are secrets from the question mark on.
            let to = address.split('?').next().unwrap_or_default().chars().take(MESSAGE_CHARS).collect();
            Error::Unsafe { host: self.host(), to }
        })
    }

    fn host(&self) -> String {
        host(&self.endpoint)
    }

    pub(super) fn garbled(&self, reason: impl ToString) -> Error {
        Error::Garbled { host: self.host(), reason: reason.to_string() }
    }

    /// Sends what `build` makes of a request, as often as that can help. The token goes along only to the hub.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        build: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut request = self.http.request(method.clone(), url.clone());
            if url.origin() == self.endpoint.origin() {
                request = request.bearer_auth(self.token.expose());
            }
            let error = match self.once(build(request), &url).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = match error.retry() {
                retry::Retry::Never => return Err(error),
                retry::Retry::Backoff => retry::backoff(self.backoff, LONGEST_BACKOFF, attempt, 0.0),
                retry::Retry::After(wait) => wait,
            };
            if attempt >= self.max_tries || wait > PATIENCE {
                return Err(error);
            }
            tracing::debug!(%error, attempt, wait_seconds = wait.as_secs_f64(), "the hub is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, request: RequestBuilder, url: &Url) -> Result<Answer, Error> {
        let host = host(url);
        let connect = |error: reqwest::Error| Error::Connect { host: host.clone(), cause: innermost(&error) };
        let mut response = request.send().await.map_err(connect)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(connect)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(Error::Garbled { host, reason: format!("more than {MOST_BYTES} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            // Storage answers an upload with nothing, or with words that are not meant for us.
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            return Ok(Answer { headers, body });
        }
        let reason = self.token.cross_out(&reason(&body));
        let number = status.as_u16();
        Err(match status {
            StatusCode::PRECONDITION_FAILED => Error::Outrun,
            StatusCode::TOO_MANY_REQUESTS => Error::Limited { host, after: wait(&headers).unwrap_or(PATIENCE) },
            StatusCode::REQUEST_TIMEOUT => Error::Failed { host, status: number, reason },
            _ if status.is_server_error() => match wait(&headers) {
                Some(after) => Error::Limited { host, after },
                None => Error::Failed { host, status: number, reason },
            },
            _ => Error::Refused { host, status: number, reason },
        })
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER).map(HeaderValue::to_str)?.ok()?;
    retry::retry_after(text, chrono::Utc::now())
}

/// The words of an error's body: the hub's `error`, Git LFS's `message`, or the text's beginning; on one line.
fn reason(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let words = json["error"].as_str().or(json["message"].as_str()).map(str::to_owned);
    let words = words.unwrap_or_else(|| String::from_utf8_lossy(&body[..body.len().min(4096)]).into_owned());
    let shown: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MESSAGE_CHARS).collect();
    if shown.is_empty() { "no reason given".to_owned() } else { shown }
}
