//! A request in, bytes with provenance out: politeness per host, retries, bounded bodies.
//!
//! What is deliberately not here: what a body means. The caller says whether it can read it, and this room asks again
//! when it can not, at the pace the host allows.

pub mod body;
pub mod client;
pub mod politeness;
pub mod retry;
mod secret;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use client::{BadBody, Client, Fetched, Request, Validators};
pub use retry::Retry;
pub use secret::Secret;

/// The innermost cause in words: `reqwest`'s own say only that sending failed.
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// How the service behaves towards other people's servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Mail address that archives can write to; part of the User-Agent. Empty allows loopback only. The file's own top-level
    /// key, not part of `[fetch]`.
    #[serde(skip)]
    pub contact: String,
    /// Page that describes this installation; part of the User-Agent. As `contact`.
    #[serde(skip)]
    pub url: String,
    /// The kill switch: `false` refuses every request. Default: true.
    pub enabled: bool,
    /// Hosts that are refused, by exact name. Default: none.
    pub blocked_hosts: Vec<String>,
    /// Longest wait for a connection, in seconds. Default: 15.
    pub connect_timeout_seconds: u64,
    /// Longest wait for a whole answer, in seconds. Default: 120.
    pub timeout_seconds: u64,
    /// Largest body, after inflating, in bytes. Default: 64 MiB.
    pub max_body_bytes: u64,
    /// How often one request is tried before its error is handed on. Default: 5.
    pub max_tries: u32,
    /// First wait after a failure, in milliseconds; doubled with each further one. Default: 5000.
    pub backoff_ms: u64,
    /// Longest wait that doubling leads to, in seconds. Default: 900.
    pub backoff_cap_seconds: u64,
    /// A wait longer than this is not sat out but handed on as an error that names it, in seconds. Default: 120.
    pub patience_seconds: u64,
    /// Failures in a row after which a host is left alone. Default: 8.
    pub breaker_failures: u32,
    /// For how long a failing host is left alone, in seconds. Default: 300.
    pub breaker_pause_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            contact: String::new(),
            url: String::new(),
            enabled: true,
            blocked_hosts: Vec::new(),
            connect_timeout_seconds: 15,
            timeout_seconds: 120,
            max_body_bytes: 64 << 20,
            max_tries: 5,
            backoff_ms: 5000,
            backoff_cap_seconds: 900,
            patience_seconds: 120,
            breaker_failures: 8,
            breaker_pause_seconds: 300,
        }
    }
}

/// Why a request gave nothing. URLs in messages carry no secrets.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the HTTP client can not be built")]
    Build(#[source] reqwest::Error),
    #[error("{url} can not be fetched: {reason}")]
    BadUrl { url: String, reason: &'static str },
    #[error("no contact address is configured, so nothing is asked of {host}: set `contact` to a mail address")]
    NoContact { host: String },
    #[error("requests to {host} are switched off in the configuration")]
    SwitchedOff { host: String },
    #[error("{host} failed {failures} times in a row; it is left alone for {} s", wait.as_secs())]
    CircuitOpen { host: String, failures: u32, wait: Duration },
    #[error("{host} asked for a pause; {} s of it are left", wait.as_secs())]
    Paused { host: String, wait: Duration },
    #[error("{url} could not be reached")]
    Connect { url: String, source: reqwest::Error },
    #[error("{url} did not answer in time")]
    Timeout { url: String, source: reqwest::Error },
    #[error("{url} answered with status {status}")]
    Status { url: String, status: u16, retry_after: Option<Duration> },
    #[error("{url} redirects where it may not: {reason}")]
    Redirect { url: String, reason: String },
    #[error("the body of {url} is larger than {limit_bytes} bytes")]
    TooLarge { url: String, limit_bytes: u64 },
    #[error("the body of {url} was cut short")]
    Cut { url: String, source: Option<reqwest::Error> },
    #[error("{url} gave a body that can not be used: {reason}")]
    BadBody { url: String, reason: String, again: bool },
}

impl Error {
    /// Whether asking again can help, and when.
    pub fn retry(&self) -> Retry {
        match self {
            Error::CircuitOpen { wait, .. } | Error::Paused { wait, .. } => Retry::After(*wait),
            Error::Status { status: 429, retry_after, .. } => retry_after.map_or(Retry::Backoff, Retry::After),
            Error::Status { status: 500..=599, retry_after, .. } => retry_after.map_or(Retry::Backoff, Retry::After),
            Error::Connect { .. } | Error::Timeout { .. } | Error::Cut { .. } => Retry::Backoff,
            Error::BadBody { again: true, .. } => Retry::Backoff,
            Error::Build(_)
            | Error::BadUrl { .. }
            | Error::NoContact { .. }
            | Error::SwitchedOff { .. }
            | Error::Status { .. }
            | Error::Redirect { .. }
            | Error::TooLarge { .. }
            | Error::BadBody { again: false, .. } => Retry::Never,
        }
    }

    /// A short word for metrics.
    fn outcome(&self) -> &'static str {
        match self {
            Error::Build(_) => "build",
            Error::BadUrl { .. } => "bad_url",
            Error::NoContact { .. } => "no_contact",
            Error::SwitchedOff { .. } => "switched_off",
            Error::CircuitOpen { .. } => "circuit_open",
            Error::Paused { .. } => "paused",
            Error::Connect { .. } => "connect",
            Error::Timeout { .. } => "timeout",
            Error::Status { .. } => "status",
            Error::Redirect { .. } => "redirect",
            Error::TooLarge { .. } => "too_large",
            Error::Cut { .. } => "cut",
            Error::BadBody { .. } => "bad_body",
        }
    }
}
