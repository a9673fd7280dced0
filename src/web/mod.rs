//! HTTP: the JSON API under `/api/v1`, health, metrics, and the pages. Everything is read-only but for what people say of questions.
//!
//! [`router`] builds the routes over a [`State`]; [`serve`] runs them on a listener it is given until told to stop.

mod api;
mod error;
mod layer;
mod page;
mod review;
mod release;
pub mod view;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

pub use error::Error;

use crate::clock::Clock;
use crate::index::Index;
use crate::release::publish::Root;
use crate::store::{Rows, Store};

/// Settings of the web room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens. Default `127.0.0.1:8642`: this machine only; there is no login.
    pub listen: SocketAddr,
    /// How long one request may take, seconds. Default 10.
    pub timeout_seconds: u64,
    /// How many requests read the store or the index at once; others wait. Default 16.
    pub concurrent_reads: usize,
    /// File with the word that reviewers give. Default: none, and reviews are taken only while it listens on this machine alone.
    pub review_token_file: Option<PathBuf>,
    /// The largest request body, bytes. Default 65536.
    pub body_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8642)),
            timeout_seconds: 10,
            concurrent_reads: 16,
            review_token_file: None,
            body_bytes: 65_536,
        }
    }
}

/// What the process knows about itself beyond the store, as fields of the status: source lags, budgets, …
pub type StatusFields = Arc<dyn Fn() -> Map<String, Value> + Send + Sync>;

/// The metrics as Prometheus text.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What the handlers see.
#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub index: Arc<Index>,
    pub clock: Clock,
    pub status: StatusFields,
    pub metrics: RenderMetrics,
    releases: release::Releases,
    reads: Arc<Semaphore>,
    config: Config,
}

impl State {
    /// `releases`: the folder of the releases, and what is said of them.
    pub fn new(
        store: Store,
        index: Arc<Index>,
        clock: Clock,
        config: Config,
        releases: (Root, crate::release::Config),
    ) -> Self {
        let reads = Arc::new(Semaphore::new(config.concurrent_reads.clamp(1, 1024)));
        let releases = release::Releases::new(releases.0, releases.1);
        let (status, metrics): (StatusFields, RenderMetrics) = (Arc::new(Map::new), Arc::new(String::new));
        State { store, index, clock, status, metrics, releases, reads, config }
    }

    /// Adds what only the process knows to the status.
    pub fn with_status(mut self, status: StatusFields) -> Self {
        self.status = status;
        self
    }

    /// Gives `/metrics` its text.
    pub fn with_metrics(mut self, metrics: RenderMetrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// The refreshes, with the curves of the newest.
    async fn refreshes(&self) -> Result<view::refresh::Overview, Error> {
        // The jobs lie beside the store.
        let folder = self.store.path().with_file_name("refresh");
        let now = self.clock.now();
        self.read(move |rows, _| Ok(view::refresh::overview(rows, &folder, now)?)).await
    }

    /// Runs `read` on a thread that may block, a bounded number at once.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Rows, &Index) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let state = self.clone();
        self.blocking(move || read(&*state.store.read()?, &state.index)).await
    }

    /// As [`State::read`], for the folders of the releases.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&release::Releases) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let releases = self.releases.clone();
        self.blocking(move || look(&releases)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.reads).acquire_owned().await.map_err(|_| Error::Busy)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await?
    }

    /// Runs `write` on a thread that may block, one of the bounded number.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.reads).acquire_owned().await.map_err(|_| Error::Busy)?;
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            write(&store)
        })
        .await?
    }
}

/// Every route, with limits, headers and metrics around it.
pub fn router(state: State) -> Router {
    let ids = layer::RequestIds::new(state.clock.now().timestamp());
    let timeout = Duration::from_secs(state.config.timeout_seconds.max(1));
    let body_bytes = state.config.body_bytes;
    Router::new()
        .route("/", get(page::search::page))
        .route("/question/{id}", get(page::record::question))
        .route("/work/{*id}", get(page::record::work))
        .route("/drift", get(page::drift::page))
        .route("/review", get(page::review::page))
        .route("/review/{id}", post(page::review::submit))
        .route("/protocol", get(page::review::protocol))
        .route("/refresh", get(page::refresh::page))
        .route("/releases", get(release::page::list))
        .route("/releases/", get(release::page::list))
        .route("/releases/feed.atom", get(release::feed::feed))
        .route("/status", get(page::status::page))
        .route("/style.css", get(page::style))
        .route("/api/v1/search", get(api::search))
        .route("/api/v1/question/{id}", get(api::question))
        .route("/api/v1/work/{*id}", get(api::work))
        .route("/api/v1/drift", get(api::drift))
        .route("/api/v1/drift/history", get(api::drift_history))
        .route("/api/v1/review/next", get(api::review_next))
        .route("/api/v1/review/{id}", post(api::review))
        .route("/api/v1/protocol", get(api::protocol))
        .route("/api/v1/refresh", get(api::refresh))
        .route("/api/v1/releases", get(release::api::releases))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/openapi.json", get(api::openapi))
        .route("/health", get(api::health))
        .route("/ready", get(api::ready))
        .route("/metrics", get(api::metrics))
        .layer(CompressionLayer::new().gzip(true))
        // Not compressed: a range is of the file as it is, and so is the entity tag.
        .route("/releases/{*path}", get(release::file::serve))
        .fallback(page::missing)
        .with_state(state)
        .layer(RequestBodyLimitLayer::new(body_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, timeout))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(move |request, next| layer::observe(ids.clone(), request, next)))
}

/// Serves until `shutdown` resolves, then lets the requests under way end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(shutdown).await
}
