use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Timelike as _, Utc};
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
use crate::refresh;
use crate::release;
use crate::store::{DataDir, Store};
use crate::verify::Trial;

use super::schedule::Schedule;
use super::waiting::Waiting;
use super::{Archive, Error, Judge, topics};

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
    /// The model stages, when a model is there to ask.
    pub trial: Option<Trial>,
    waiting: Waiting,
    /// How works get their topics, and when a classifier is trained.
    pub topics: topics::Config,
    pub(super) training: Option<Schedule>,
    /// How the topic mix is judged.
    pub drift: detector::Config,
    /// What is released.
    pub release: release::Config,
    /// When a data set is released without being asked for; `None` when never.
    pub release_schedule: Option<Schedule>,
    /// When and how a model is trained anew.
    pub refresh: Refreshes,
    wake: Notify,
    stopping: CancellationToken,
}

/// How models are trained anew.
#[derive(Debug, Clone)]
pub struct Refreshes {
    pub config: refresh::Config,
    /// When one is due by the calendar; `None`: never.
    pub schedule: Option<Schedule>,
    /// In which hours of the day are counted.
    pub zone: chrono_tz::Tz,
}

impl Refreshes {
    /// Whether the machine may be used for them at this hour.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.config.hours.contain(now.with_timezone(&self.zone).hour())
    }
}

impl Default for Refreshes {
    fn default() -> Self {
        Refreshes { config: refresh::Config::default(), schedule: None, zone: chrono_tz::Tz::UTC }
    }
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
        Env {
            store,
            index,
            clock,
            data_dir,
            limits,
            generators,
            judge,
            archives,
            topics: topics::Config::default(),
            training: None,
            drift: detector::Config::default(),
            trial: None,
            waiting: Waiting::default(),
            release: release::Config::default(),
            release_schedule: None,
            refresh: Refreshes::default(),
            wake,
            stopping,
        }
    }

    /// With other ways to learn topics and to judge their mix than the defaults. `training`: when a classifier is trained; `None`: never
    /// by itself.
    pub fn with_topics(self, topics: topics::Config, training: Option<Schedule>, drift: detector::Config) -> Self {
        Env { topics, training, drift, ..self }
    }

    /// With the model stages.
    pub fn with_trial(self, trial: Option<Trial>) -> Self {
        Env { trial, ..self }
    }

    /// Blocks until `work`, which asks a model, is done.
    ///
    /// # Errors
    /// Its own; [`Error::Parked`] when the program stops before it is done.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.waiting.wait(true, work)
    }

    /// With releases, and when they are made.
    pub fn with_release(self, release: release::Config, schedule: Option<Schedule>) -> Self {
        Env { release, release_schedule: schedule, ..self }
    }

    /// With refreshes.
    pub fn with_refresh(self, refresh: Refreshes) -> Self {
        Env { refresh, ..self }
    }

    /// The drafts of one generator. Blocks, also for one that waits for another program.
    ///
    /// # Errors
    /// The generator's; [`Error::Parked`] when the program stops before it is done.
    pub fn draft(&self, generator: &dyn Generate, document: &Document) -> Result<Vec<Draft>, Error> {
        self.waiting.wait(generator.waits_for() > 0, generator.draft(document))
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
        self.waiting.abandon();
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
