use std::time::Duration;

use crate::fetch::Retry;

/// How long a server that refuses everyone is left alone: a person has to look, and until then asking is in vain.
pub(super) const REFUSED_PAUSE: Duration = Duration::from_secs(15 * 60);

/// How long to wait for a server that is down, starting or overloaded and names no time.
const OUTAGE_PAUSE: Duration = Duration::from_secs(60);

/// What a budget is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Day,
    Month,
}

impl Period {
    pub fn as_str(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Month => "month",
        }
    }
}

/// Why a model gave no usable reply. Messages hold no keys; what a server said is cut short.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the language model can not be set up: {reason}")]
    Config { reason: String },
    #[error("{endpoint} could not be reached: {cause}")]
    Connect { endpoint: String, cause: String, source: reqwest::Error },
    #[error("{endpoint} did not answer within {} s", after.as_secs())]
    Timeout { endpoint: String, after: Duration },
    #[error("{endpoint} asks for fewer calls: {message}")]
    RateLimited { endpoint: String, message: String, retry_after: Option<Duration> },
    #[error("{endpoint} failed with status {status}: {message}")]
    Unavailable { endpoint: String, status: u16, message: String, retry_after: Option<Duration> },
    #[error("{endpoint} gave an answer that can not be read: {detail}")]
    Garbled { endpoint: String, detail: String },
    #[error("{endpoint} refuses us (status {status}): {message}; check its key, its credit and the model's name")]
    Refused { endpoint: String, status: u16, message: String },
    #[error("every endpoint is left alone after failures, for {} s more; the last: {last}", wait.as_secs())]
    Paused { wait: Duration, last: String },
    #[error("the call took longer than its deadline of {} s", after.as_secs())]
    Deadline { after: Duration },
    #[error("the request is too long for the model: {message}")]
    TooLong { endpoint: String, message: String },
    #[error("{endpoint} can not take the request (status {status}): {message}")]
    BadRequest { endpoint: String, status: u16, message: String },
    #[error("the answer of {endpoint} is larger than {limit_bytes} bytes")]
    TooLarge { endpoint: String, limit_bytes: u64 },
    #[error("no reply of {model} in {tries} tries could be used: {reason}")]
    Unusable { model: String, tries: u32, reason: String },
    #[error("the {}'s budget for the language model is used up ({spent} of {limit}); it goes on in {} min", period.as_str(), wait.as_secs() / 60)]
    Budget { period: Period, spent: String, limit: String, wait: Duration },
    #[error("a model is trained on this machine, and the one in this process waits for it (`yield_to_training`); it is asked again in {} s", wait.as_secs())]
    Yields { wait: Duration },
    #[error("the call was in a batch: {reason}")]
    Batch { reason: String, retry: Retry },
    #[error("the memory of model calls failed")]
    Ledger { source: Box<dyn std::error::Error + Send + Sync>, retry: Retry },
}

impl Error {
    /// Whether asking again can help, and when.
    ///
    /// A server's own trouble is waited out for as long as it takes: it says nothing about the request.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Paused { wait, .. } | Error::Budget { wait, .. } | Error::Yields { wait } => Retry::After(*wait),
            // Some servers fail so over what they are asked, so the tries are counted.
            Error::Unavailable { status: 500, retry_after: None, .. } => Retry::Backoff,
            Error::RateLimited { retry_after, .. } | Error::Unavailable { retry_after, .. } => {
                Retry::After(retry_after.unwrap_or(OUTAGE_PAUSE))
            }
            Error::Connect { .. } => Retry::After(OUTAGE_PAUSE),
            Error::Refused { .. } => Retry::After(REFUSED_PAUSE),
            // These may be the request's fault after all.
            Error::Timeout { .. } | Error::Deadline { .. } | Error::Garbled { .. } => Retry::Backoff,
            Error::Ledger { retry, .. } | Error::Batch { retry, .. } => *retry,
            Error::Config { .. }
            | Error::TooLong { .. }
            | Error::BadRequest { .. }
            | Error::TooLarge { .. }
            | Error::Unusable { .. } => Retry::Never,
        }
    }

    /// Whether another endpoint, or the same one in a moment, may answer this very call.
    pub(super) fn is_endpoints_fault(&self) -> bool {
        matches!(
            self,
            Error::Connect { .. }
                | Error::Timeout { .. }
                | Error::RateLimited { .. }
                | Error::Unavailable { .. }
                | Error::Garbled { .. }
                | Error::Refused { .. }
        )
    }

    /// A short word for metrics.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Error::Config { .. } => "config",
            Error::Connect { .. } => "connect",
            Error::Timeout { .. } => "timeout",
            Error::RateLimited { .. } => "rate_limited",
            Error::Unavailable { .. } => "unavailable",
            Error::Garbled { .. } => "garbled",
            Error::Refused { .. } => "refused",
            Error::Paused { .. } => "paused",
            Error::Deadline { .. } => "deadline",
            Error::TooLong { .. } => "too_long",
            Error::BadRequest { .. } => "bad_request",
            Error::TooLarge { .. } => "too_large",
            Error::Unusable { .. } => "unusable",
            Error::Budget { .. } => "budget",
            Error::Yields { .. } => "yields",
            Error::Batch { .. } => "batch",
            Error::Ledger { .. } => "ledger",
        }
    }
}
