//! The loopback server: takes a request apart, lets the archive answer, lets the fault plan spoil the answer. Everything an
//! archive says is a function of the world and of the clock's time.

mod feed;
mod history;
mod preprint;
mod pubmed;
mod reply;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::oneshot;

use self::history::History;
use self::reply::Reply;
use super::fault::Service;
use super::published::{PublishedRow, published};
use super::text::Writer;
use super::world::World;
use super::{Config, Error, Fault, FaultPlan, Server};
use crate::clock::Clock;

/// Request bodies above this are cut: a POST of ids is small.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// Starts simulated archives.
#[derive(Debug)]
pub struct Simulator;

/// A running simulator. Dropping it stops the server.
#[derive(Debug)]
pub struct Handle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

/// Where each archive's API begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaseUrls {
    pub biorxiv: String,
    /// The API host that serves 100 rows a page and ignores `category`.
    pub medrxiv: String,
    pub biorxiv_rss: String,
    pub medrxiv_rss: String,
    /// Full text.
    pub biorxiv_www: String,
    pub medrxiv_www: String,
    pub pubmed: String,
}

struct Shared {
    config: Config,
    clock: Clock,
    world: World,
    writer: Writer,
    files: Vec<super::folder::File>,
    addr: SocketAddr,
    changing: Mutex<Changing>,
}

struct Changing {
    plan: FaultPlan,
    requests: BTreeMap<Service, u64>,
    faults: BTreeMap<Fault, u64>,
    history: History,
    /// System times of the latest E-utilities requests.
    recent: Vec<Instant>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Serves the world of `config` on `addr` (port 0 picks one) until the handle is shut down or dropped. What is visible
    /// follows `clock`, which the caller shares with the service under test.
    ///
    /// # Errors
    /// An address that is not loopback, a port in use, a folder that can not be read or holds nothing to serve.
    pub async fn start(config: Config, clock: Clock, addr: SocketAddr) -> Result<Handle, Error> {
        if !addr.ip().is_loopback() {
            return Err(Error::NotLoopback(addr));
        }
        let (world, files) = match &config.folder {
            Some(folder) => super::folder::world(folder, &config)?,
            None => (World::generate(&config), Vec::new()),
        };
        let listener = tokio::net::TcpListener::bind(addr).await.map_err(|source| Error::Listen { addr, source })?;
        let addr = listener.local_addr().map_err(|source| Error::Listen { addr, source })?;
        let changing = Changing {
            plan: config.faults.clone(),
            requests: BTreeMap::new(),
            faults: BTreeMap::new(),
            history: History::default(),
            recent: Vec::new(),
        };
        let shared = Arc::new(Shared {
            config,
            clock,
            world,
            writer: Writer::default(),
            files,
            addr,
            changing: Mutex::new(changing),
        });
        let app = axum::Router::new().fallback(handle).with_state(shared.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, app).with_graceful_shutdown(async {
                // A dropped handle stops the server too.
                let _ = stopped.await;
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, "the simulator stopped serving");
            }
        });
        Ok(Handle { addr, shared, stop: Some(stop), task })
    }
}

impl Handle {
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn base_urls(&self) -> BaseUrls {
        self.shared.base_urls()
    }

    /// Stops taking connections, lets running replies end for at most two seconds, and waits for that.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the server has ended already.
            let _ = stop.send(());
        }
        if tokio::time::timeout(std::time::Duration::from_secs(2), &mut self.task).await.is_err() {
            self.task.abort();
        }
    }

    /// Every row that the archives had shown by `until`, in its state then.
    pub fn published(&self, until: DateTime<Utc>) -> Vec<PublishedRow> {
        published(&self.shared.world, until)
    }

    /// Requests so far, by service.
    pub fn requests(&self) -> BTreeMap<Service, u64> {
        self.shared.changing().requests.clone()
    }

    /// Faults served so far.
    pub fn faults_served(&self) -> BTreeMap<Fault, u64> {
        self.shared.changing().faults.clone()
    }

    /// Replaces the fault plan.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.shared.changing().plan = plan;
    }

    /// The world that is served.
    pub fn world(&self) -> &World {
        &self.shared.world
    }
}

impl Shared {
    fn changing(&self) -> MutexGuard<'_, Changing> {
        // Nothing is left half done under the lock, so a panic elsewhere does not spoil it.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }

    fn base_urls(&self) -> BaseUrls {
        let origin = self.origin();
        BaseUrls {
            biorxiv: format!("{origin}/api.biorxiv.org"),
            medrxiv: format!("{origin}/api.medrxiv.org"),
            biorxiv_rss: format!("{origin}/connect.biorxiv.org"),
            medrxiv_rss: format!("{origin}/connect.medrxiv.org"),
            biorxiv_www: format!("{origin}/www.biorxiv.org"),
            medrxiv_www: format!("{origin}/www.medrxiv.org"),
            pubmed: format!("{origin}/eutils.ncbi.nlm.nih.gov/entrez/eutils"),
        }
    }
}

/// A request as the archives see it.
struct Asked {
    /// Path segments after the host, decoded.
    path: Vec<String>,
    /// Query and form fields, in order.
    fields: Vec<(String, String)>,
}

impl Asked {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await.unwrap_or_default();
    let uri = parts.uri.to_string();
    let mut path: Vec<String> = parts.uri.path().split('/').filter(|s| !s.is_empty()).map(reply::decode).collect();
    let mut fields: Vec<(String, String)> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    if path.is_empty() {
        return shared.own("", &fields, &parts.method, &body).into_response();
    }
    let host = path.remove(0);
    let asked = |fields| Asked { path, fields };
    let (service, server) = match host.as_str() {
        "api.biorxiv.org" => (Service::PreprintApi, Server::Biorxiv),
        "api.medrxiv.org" => (Service::PreprintApi, Server::Medrxiv),
        "connect.biorxiv.org" => (Service::Feed, Server::Biorxiv),
        "connect.medrxiv.org" => (Service::Feed, Server::Medrxiv),
        "www.biorxiv.org" => (Service::Website, Server::Biorxiv),
        "www.medrxiv.org" => (Service::Website, Server::Medrxiv),
        "eutils.ncbi.nlm.nih.gov" => (Service::Eutils, Server::Biorxiv),
        own => return shared.own(own, &fields, &parts.method, &body).into_response(),
    };
    if parts.method == axum::http::Method::POST {
        fields.extend(url::form_urlencoded::parse(&body).into_owned());
    }
    let now = shared.clock.now();
    let fault = {
        let mut changing = shared.changing();
        let number = changing.requests.entry(service).or_default();
        *number += 1;
        let number = *number;
        // A redirect's target is the same request again: it is not redirected once more.
        let again = fields.iter().any(|(key, _)| key == "redirected");
        let redirect = |fault: &Fault| matches!(fault, Fault::RedirectSame | Fault::RedirectOther);
        let fault = changing.plan.at(shared.config.seed, service, number).filter(|fault| !(again && redirect(fault)));
        if let Some(fault) = fault {
            *changing.faults.entry(fault).or_default() += 1;
        }
        fault
    };
    let asked = asked(fields);
    let today = now.date_naive();
    let source = if service == Service::Eutils { "pubmed" } else { server.slug() };
    let reply = if shared.config.script.in_outage(today, source, super::script::OutageKind::Down) {
        reply::outage(service)
    } else {
        match service {
            Service::PreprintApi => preprint::answer(&shared, server, &asked, now, fault),
            Service::Website => preprint::website(&shared, &asked, now),
            Service::Feed => feed::answer(&shared, server, &asked, now, fault),
            Service::Eutils => pubmed::answer(&shared, &asked, now, fault),
        }
    };
    tracing::debug!(%uri, status = reply.status, fault = fault.map(Fault::name), "simulated reply");
    reply::spoil(reply, fault, service, &uri, &shared.origin(), shared.config.slow_body_ms, now).await
}

impl Shared {
    /// The simulator's own pages: `/`, `/clock`, `/faults`, `/published`, `/counts`.
    fn own(&self, page: &str, fields: &[(String, String)], method: &axum::http::Method, body: &[u8]) -> Reply {
        match page {
            "" => Reply::json(&serde_json::json!({
                "base_urls": self.base_urls(), "clock": self.clock.scale(), "now": self.clock.now(),
                "pages": ["/clock", "/faults", "/published?until=", "/counts"],
            })),
            "clock" => match self.clock.scale() {
                Some(scale) => Reply::json(&scale),
                None => Reply::json(&serde_json::json!({"now": self.clock.now()})),
            },
            "faults" if method == axum::http::Method::POST => match FaultPlan::parse(&String::from_utf8_lossy(body)) {
                Ok(plan) => {
                    let reply = Reply::json(&plan);
                    self.changing().plan = plan;
                    reply
                }
                Err(error) => Reply::text(400, &error.to_string()),
            },
            "faults" => Reply::json(&self.changing().plan),
            "counts" => {
                let changing = self.changing();
                Reply::json(&serde_json::json!({"requests": changing.requests, "faults": changing.faults}))
            }
            "published" => {
                let until = fields.iter().find(|(key, _)| key == "until").map(|(_, value)| value.as_str());
                let until = match until {
                    None => Some(self.clock.now()),
                    Some(text) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
                };
                match until {
                    Some(until) => Reply::lines(&published(&self.world, until)),
                    None => Reply::text(400, "until must be a time such as 2026-01-31T00:00:00Z"),
                }
            }
            _ => Reply::text(404, "no archive is simulated here; GET / lists what is"),
        }
    }
}
