//! What every request passes through: an id, a span, a time, and the headers that keep a page to itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Numbers requests: eight digits that tell one start of the program from the next, and a count.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestIds {
    next: Arc<AtomicU64>,
    start: Arc<OnceLock<u32>>,
}

impl RequestIds {
    /// `start`: seconds since 1970 when the server began.
    pub fn new(start: i64) -> Self {
        let ids = RequestIds::default();
        ids.start.get_or_init(|| start as u32);
        ids
    }

    fn next(&self) -> String {
        let start = self.start.get().copied().unwrap_or_default();
        format!("{start:08x}-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

pub(super) async fn observe(ids: RequestIds, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = ids.next();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = %route);
    let mut response = next.run(request).instrument(span.clone()).await;

    let seconds = start.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(http.status = status, took_seconds = seconds, "answered"));
    metrics::histogram!("aludel_http_request_seconds", "route" => route.clone()).record(seconds);
    metrics::counter!("aludel_http_requests_total", "route" => route, "status" => status.to_string()).increment(1);

    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
