//! What went wrong with a request: a sentence for whoever asked, another for the log.

use std::path::PathBuf;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::page;
use crate::store;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    BadRequest(String),
    #[error("there is no {what} {id:?}")]
    NotFound { what: &'static str, id: String },
    #[error("{0}")]
    Forbidden(String),
    #[error("too many requests at once")]
    Busy,
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error(transparent)]
    Index(#[from] crate::index::Error),
    #[error(transparent)]
    Release(#[from] crate::release::Error),
    #[error("{path} is not as its release's manifest says: `aludel release verify` on its folder says more", path = path.display())]
    Damaged { path: PathBuf },
    #[error("an answer could not be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("a request's work ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Error::BadRequest(_) => StatusCode::BAD_REQUEST,
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            // Somebody else was quicker: it is withdrawn, or gone.
            Error::Store(store::Error::IllegalMove { .. } | store::Error::Missing { .. }) => StatusCode::CONFLICT,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The sentence for whoever asked: no paths, no engine's words.
    fn public(&self) -> String {
        match self {
            Error::BadRequest(_) | Error::NotFound { .. } | Error::Forbidden(_) => self.to_string(),
            Error::Store(error @ (store::Error::IllegalMove { .. } | store::Error::Missing { .. })) => {
                error.to_string()
            }
            Error::Busy => "the service is busy: try again in a moment".to_owned(),
            _ => "something went wrong on our side: the log has it under this request's id".to_owned(),
        }
    }

    /// The answer of the JSON API.
    pub(super) fn json(self) -> Response {
        self.log();
        (self.status(), Json(json!({ "error": self.public() }))).into_response()
    }

    /// The answer of a page.
    pub(super) fn page(self) -> Response {
        self.log();
        (self.status(), page::fault(self.status(), &self.public())).into_response()
    }

    fn log(&self) {
        if self.status().is_server_error() {
            tracing::error!(error = %self, "a request failed");
        }
    }
}
