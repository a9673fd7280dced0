//! The running program: web, worker, schedule, started in that order and stopped in the other; one configuration can be
//! exchanged for another while the web goes on answering.
//!
//! Signals and systemd are not here but in [`systemd`] and [`reload`], which whoever runs the service combines.

pub mod metrics;
pub mod reload;
pub mod systemd;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};
use crate::config::Config;
use crate::{web, worker};

pub use metrics::Metrics;

/// How long open requests may take to end after the worker has stopped.
const WEB_DRAIN: Duration = Duration::from_secs(5);

/// Why the service does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    App(#[from] app::Error),
    #[error("cannot listen on {address}: {source}; another program may have the port: see `web.listen`")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{0}")]
    Contact(String),
    #[error("the web server ended: {0}")]
    Web(std::io::Error),
    #[error(transparent)]
    Worker(#[from] worker::Error),
    #[error("a part of the service ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// A service that runs until it is stopped.
pub struct Service {
    app: App,
    address: SocketAddr,
    config: Arc<Mutex<Config>>,
    web: JoinHandle<std::io::Result<()>>,
    web_stop: CancellationToken,
    worker: Worker,
    watch: JoinHandle<()>,
}

struct Worker {
    /// `None` once it was stopped.
    task: Option<JoinHandle<Result<(), worker::Error>>>,
    stop: CancellationToken,
}

impl Service {
    /// Opens the store, listens, then starts the worker and its schedule. When this returns, the service is ready.
    ///
    /// # Errors
    /// A data directory or an address in use, settings that can not be used.
    pub async fn start(config: Config, metrics: &Metrics) -> Result<Self, Error> {
        if let Some(reason) = config.needs_contact() {
            return Err(Error::Contact(reason));
        }
        let address = config.web.listen;
        // The port first: a second start by mistake fails before it touches the store.
        let listener = TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let app = App::open(&config)?;
        let env = app.env(&config)?;
        let shared = Arc::new(Mutex::new(config.clone()));
        let state = app
            .web_state(&config)
            .with_metrics(metrics.render())
            .with_status(status(shared.clone(), config.clock.now().to_rfc3339()));
        let web_stop = CancellationToken::new();
        let web = tokio::spawn(web::serve(listener, state, web_stop.clone().cancelled_owned()));
        let worker = Worker::start(env, &config);
        let watch = tokio::spawn(metrics::watch(app.store.clone(), Arc::clone(&app.index), metrics.clone()));
        Ok(Service { app, address, config: shared, web, web_stop, worker, watch })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// One line on what waits and how far the index is; `None` when the store does not answer.
    pub async fn state(&self) -> Option<String> {
        let (store, index) = (self.app.store.clone(), Arc::clone(&self.app.index));
        let looked = tokio::task::spawn_blocking(move || {
            let rows = store.read().ok()?;
            let jobs = rows.jobs_by_state().ok()?;
            let behind = rows.last_change().ok()?.unsigned_abs().saturating_sub(index.sequence().ok()?.unwrap_or(0));
            let n = |state: &str| jobs.get(state).copied().unwrap_or(0);
            Some(format!(
                "{} jobs running, {} queued, {} failed; index {behind} changes behind",
                n("running"),
                n("queued"),
                n("failed")
            ))
        });
        looked.await.ok().flatten()
    }

    /// Goes on with another configuration: the worker ends what it does and starts anew. What only a start can change
    /// (`data_dir`, `web`, `index`, `clock`) is logged and left.
    ///
    /// # Errors
    /// Settings that can not be used; the service goes on as it was.
    pub async fn reload(&mut self, config: Config) -> Result<(), Error> {
        if let Some(reason) = config.needs_contact() {
            return Err(Error::Contact(reason));
        }
        let kept = self.config.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, differs) in [
            ("data_dir", kept.data_dir != config.data_dir),
            ("web", kept.web != config.web),
            ("index", kept.index != config.index),
            ("clock", kept.clock.scale() != config.clock.scale()),
        ] {
            if differs {
                tracing::warn!(setting = name, "this setting changes with the next start of the service");
            }
        }
        let config = Config { data_dir: kept.data_dir, web: kept.web, index: kept.index, clock: kept.clock, ..config };
        let env = self.app.env(&config)?;
        self.worker.stop().await?;
        self.worker = Worker::start(env, &config);
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Resolves when a part ended that should not have.
    pub async fn failed(&mut self) -> Error {
        let worker = async {
            match self.worker.task.as_mut() {
                Some(task) => task.await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            web = &mut self.web => web.map(|ended| ended.map_err(Error::Web)),
            worker = worker => worker.map(|ended| ended.map_err(Error::from)),
        };
        match ended {
            Ok(Err(error)) => error,
            Ok(Ok(())) => Error::Web(std::io::Error::other("without being told to")),
            Err(error) => error.into(),
        }
    }

    /// Stops the worker; searches go on.
    ///
    /// # Errors
    /// What the worker reports at its end.
    pub async fn stop_worker(&mut self) -> Result<(), Error> {
        self.worker.stop().await
    }

    /// Ends running jobs and open requests, each within its time.
    ///
    /// # Errors
    /// What a part reports at its end.
    pub async fn stop(mut self) -> Result<(), Error> {
        let ended = self.worker.stop().await;
        self.watch.abort();
        self.web_stop.cancel();
        match tokio::time::timeout(WEB_DRAIN, &mut self.web).await {
            Ok(web) => web?.map_err(Error::Web)?,
            Err(_) => self.web.abort(),
        }
        ended
    }
}

impl Worker {
    fn start(env: worker::Env, config: &Config) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker::run(Arc::new(env), config.worker.clone(), stop.clone()));
        Worker { task: Some(task), stop }
    }

    async fn stop(&mut self) -> Result<(), Error> {
        self.stop.cancel();
        match self.task.take() {
            Some(task) => Ok(task.await??),
            None => Ok(()),
        }
    }
}

/// What only the process knows: since when it runs, with which file, and when each source is polled next.
fn status(config: Arc<Mutex<Config>>, started: String) -> web::StatusFields {
    Arc::new(move || {
        let config = config.lock().unwrap_or_else(PoisonError::into_inner);
        let now = config.clock.now();
        let next: Map<String, Value> = config
            .schedules
            .iter()
            .map(|(name, schedule)| (name.to_string(), json!(schedule.next_after(now).map(|time| time.to_rfc3339()))))
            .collect();
        let file = config.origin.as_ref().map(|path| path.display().to_string());
        let budget = config.llm.is_on().then_some(config.llm.budget);
        let service = json!({ "started": started, "configuration": file, "next_poll": next, "budget": budget });
        Map::from_iter([("service".to_owned(), service)])
    })
}
