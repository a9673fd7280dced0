use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::document::Limits;
use crate::drift::detector;
use crate::index::Index;
use crate::model::delivery::SourceName;
use crate::model::document::Document;
use crate::model::question::Draft;
use crate::question::Generate;
use crate::release;
use crate::store::{DataDir, Store};

use super::drafting::Drafting;
use super::schedule::Schedule;
use super::{Archive, Error, Judge};

/// Everything a job may use; built once.
pub struct Env {
    pub store: Store,
    pub index: Arc<Index>,
    pub clock: Clock,
    pub data_dir: DataDir,
    pub limits: Limits,
    /// Each writes its own questions about every document.
    pub generators: Vec<Arc<dyn Generate>>,
    pub judge: Judge,
    pub archives: BTreeMap<SourceName, Archive>,
    drafting: Drafting,
    /// How the topic mix is judged.
    pub drift: detector::Config,
    /// What is released.
    pub release: release::Config,
    /// When a data set is released without being asked for; `None` when never.
    pub release_schedule: Option<Schedule>,
    wake: Notify,
    stopping: CancellationToken,
}

impl Env {
    pub fn new(
        store: Store,
        index: Arc<Index>,
        data_dir: DataDir,
        limits: Limits,
        generators: Vec<Arc<dyn Generate>>,
        judge: Judge,
        archives: BTreeMap<SourceName, Archive>,
    ) -> Self {
        let clock = store.clock().clone();
        let (wake, stopping) = (Notify::new(), CancellationToken::new());
        let drafting = Drafting::default();
        Env {
            store,
            index,
            clock,
            data_dir,
            limits,
            generators,
            judge,
            archives,
            drift: detector::Config::default(),
            release: release::Config::default(),
            release_schedule: None,
            drafting,
            wake,
            stopping,
        }
    }

    /// With another way to judge the topic mix than the default.
    pub fn with_drift(self, drift: detector::Config) -> Self {
        Env { drift, ..self }
    }

    /// With releases, and when they are made.
    pub fn with_release(self, release: release::Config, schedule: Option<Schedule>) -> Self {
        Env { release, release_schedule: schedule, ..self }
    }

    /// The drafts of one generator. Blocks, also for one that waits for another program.
    ///
    /// # Errors
    /// The generator's; [`Error::Parked`] when the program stops before it is done.
    pub fn draft(&self, generator: &dyn Generate, document: &Document) -> Result<Vec<Draft>, Error> {
        self.drafting.wait(generator.waits_for() > 0, generator.draft(document))
    }

    /// The generators' kinds.
    pub fn kinds(&self) -> Vec<&str> {
        self.generators.iter().map(|generator| generator.kind()).collect()
    }

    /// The generators that work in this process.
    pub(super) fn local(&self) -> impl Iterator<Item = &dyn Generate> {
        self.generators.iter().map(AsRef::as_ref).filter(|generator| generator.waits_for() == 0)
    }

    /// How many documents other programs are waited for at a time; 0 when no generator waits.
    pub(super) fn waits_for(&self) -> usize {
        self.generators.iter().map(|generator| generator.waits_for()).max().unwrap_or(0)
    }

    /// Lets nobody wait for another program any longer.
    pub(super) fn abandon(&self) {
        self.drafting.abandon();
    }

    /// Tells the runner that there may be something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether the program is on its way out: long jobs end at the next good place.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Resolves when the program is on its way out.
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    pub(super) fn stop(&self) {
        self.stopping.cancel();
        self.wake();
    }
}
