//! A chat server on loopback that does what a test tells it, request by request, and remembers what it was sent.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// A whole, usual answer with this text.
    Say(String),
    /// This body with status 200.
    Body(String),
    /// An error in OpenAI's shape.
    Fail(u16, &'static str),
    /// 429 with `Retry-After`.
    SlowDown(&'static str),
    /// Never answers.
    Hang,
    /// Answers like `Say` after a while.
    Later(Duration, String),
    /// Answers like `Say`, a few bytes at a time over this while.
    Drip(Duration, String),
    /// As many bytes of text.
    Huge(usize),
    /// A whole answer, unless the request has this field (a path of keys): then 400 naming it.
    Unless(&'static [&'static str], &'static str, String),
}

type Otherwise = Arc<dyn Fn(&Value) -> Act + Send + Sync>;

#[derive(Clone)]
pub struct Chat {
    acts: Arc<Mutex<VecDeque<Act>>>,
    otherwise: Otherwise,
    seen: Arc<Mutex<Vec<Seen>>>,
    under_way: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    slots: Arc<Semaphore>,
    base_url: String,
}

#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

impl Chat {
    /// Serves on a free port of loopback until the runtime ends.
    pub async fn serve(acts: Vec<Act>, otherwise: impl Fn(&Value) -> Act + Send + Sync + 'static) -> Chat {
        Chat::with_slots(Semaphore::MAX_PERMITS, acts, otherwise).await
    }

    /// Works on so many requests at a time; the others wait in line.
    pub async fn with_slots(
        slots: usize,
        acts: Vec<Act>,
        otherwise: impl Fn(&Value) -> Act + Send + Sync + 'static,
    ) -> Chat {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let chat = Chat {
            acts: Arc::new(Mutex::new(acts.into())),
            otherwise: Arc::new(otherwise),
            seen: Arc::default(),
            under_way: Arc::default(),
            peak: Arc::default(),
            answered: Arc::default(),
            slots: Arc::new(Semaphore::new(slots)),
            base_url,
        };
        let app = Router::new().fallback(answer).with_state(chat.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        chat
    }

    /// Says the acts in turn, then the last for ever.
    pub async fn acting(acts: Vec<Act>) -> Chat {
        let last = acts.last().cloned().unwrap_or_else(|| Act::Say("yes".into()));
        Chat::serve(acts, move |_| last.clone()).await
    }

    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Requests that are being worked on.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    /// The most there ever were.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }

    /// Whole, usual answers that were given, whatever their text.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

/// A usual answer: 100 tokens in, 10 out.
pub fn whole(text: &str) -> Value {
    json!({
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "served-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    })
}

fn error(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}});
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Counts one more until it is dropped.
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Busy(count.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(chat): State<Chat>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
    chat.seen.lock().unwrap().push(Seen { path: uri.path().to_owned(), authorization, body: body.clone() });
    let next = chat.acts.lock().unwrap().pop_front();
    let _slot = chat.slots.acquire().await.unwrap();
    let _busy = Busy::begin(&chat.under_way);
    chat.peak.fetch_max(chat.under_way(), Ordering::SeqCst);
    let json = |text: String| {
        chat.answered.fetch_add(1, Ordering::SeqCst);
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    match next.unwrap_or_else(|| (chat.otherwise)(&body)) {
        Act::Say(text) => json(whole(&text).to_string()),
        Act::Body(text) => text.into_response(),
        Act::Fail(status, message) => error(status, message),
        Act::SlowDown(seconds) => {
            let mut response = error(429, "Rate limit reached");
            response.headers_mut().insert(header::RETRY_AFTER, seconds.parse().unwrap());
            response
        }
        Act::Hang => std::future::pending().await,
        Act::Later(wait, text) => {
            tokio::time::sleep(wait).await;
            json(whole(&text).to_string())
        }
        Act::Drip(wait, text) => {
            let text = whole(&text).to_string();
            chat.answered.fetch_add(1, Ordering::SeqCst);
            let pieces: Vec<Bytes> = text.as_bytes().chunks(text.len() / 8 + 1).map(Bytes::copy_from_slice).collect();
            let pause = wait / 8;
            let body = futures_util::stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok::<Bytes, std::convert::Infallible>(piece)
            });
            ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response()
        }
        Act::Huge(bytes) => json(whole(&"a".repeat(bytes)).to_string()),
        Act::Unless(field, message, text) => {
            let found = field.iter().try_fold(&body, |value, key| value.get(*key));
            if found.is_some_and(|value| !value.is_null()) {
                error(400, message)
            } else {
                json(whole(&text).to_string())
            }
        }
    }
}
