//! The composition root: opens every part once, and hands the worker and the web what they need of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::fetch;
use crate::index::{self, Index};
use crate::llm::{self, Budget, Models, Prices};
use crate::model::delivery::SourceName;
use crate::question::rules::Rules;
use crate::question::{Generate, GeneratorKind};
use crate::release::publish::Root;
use crate::source;
use crate::store::data_dir::Lock;
use crate::store::{self, Store};
use crate::verify::{Benchmarks, Trial, Verifier};
use crate::web;
use crate::worker::calls::Ledger;
use crate::worker::{self, Archive, Judge, Opener};

/// Why the parts can not be put together.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Index(#[from] index::Error),
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    #[error(transparent)]
    Llm(#[from] llm::Error),
    #[error(transparent)]
    Source(#[from] source::Error),
    #[error("{0} is a folder, not an archive: use `aludel ingest`")]
    NoArchive(SourceName),
}

/// What lives as long as the program holds its data directory.
pub struct App {
    pub store: Store,
    pub index: Arc<Index>,
    /// Kept from one configuration to the next while its part is the same: it knows how each host wants to be treated.
    client: Mutex<Option<(fetch::Config, Arc<fetch::Client>)>>,
    ledger: Mutex<Option<(Budget, Prices, Arc<Ledger>)>>,
    /// A model in this process outlives a reload that leaves it as it was.
    models: Arc<Models>,
    _lock: Lock,
}

impl App {
    /// Takes the data directory, opens the store and the index.
    ///
    /// # Errors
    /// A data directory in use or not writable; a store that can not be opened.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let lock = config.data_dir.lock()?;
        let store = Store::open(&config.data_dir.store(), config.clock.clone())?;
        let index = Arc::new(Index::open(&config.data_dir.index(), &config.index)?);
        if let Some(reason) = index.discarded() {
            tracing::warn!(reason, "the index was thrown away and is built anew from the store");
        }
        let (client, ledger, models) = Default::default();
        Ok(App { store, index, client, ledger, models, _lock: lock })
    }

    /// What jobs see: the archives that are switched on, the generators, the judge. Opens no connection.
    ///
    /// # Errors
    /// Settings that can not be used.
    pub fn env(&self, config: &Config) -> Result<worker::Env, Error> {
        let mut archives = BTreeMap::new();
        for name in config.schedules.keys() {
            archives.insert(*name, self.archive(config, *name)?);
        }
        self.env_with(config, archives)
    }

    /// As [`App::env`], for a command that asks no archive.
    ///
    /// # Errors
    /// As [`App::env`].
    pub fn env_without_archives(&self, config: &Config) -> Result<worker::Env, Error> {
        self.env_with(config, BTreeMap::new())
    }

    fn env_with(&self, config: &Config, archives: BTreeMap<SourceName, Archive>) -> Result<worker::Env, Error> {
        let judge = Judge::new(self.verifier(config)?, self.store.clone());
        let generators = config.question.generators.iter().map(|kind| self.generator(*kind, config));
        let generators = generators.collect::<Result<Vec<_>, _>>()?;
        let (store, index) = (self.store.clone(), Arc::clone(&self.index));
        let (data_dir, limits) = (config.data_dir.clone(), config.document.clone());
        let env = worker::Env::new(store, index, data_dir, limits, generators, judge, archives);
        let env = env.with_topics(config.topics.clone(), Some(config.training.clone()), config.drift.clone());
        let env = env.with_release(config.release.clone(), config.release_schedule.clone());
        let env = env.with_refresh(App::refreshes(config));
        Ok(env.with_trial(self.trial(config)?))
    }

    /// When and how models are trained anew.
    pub fn refreshes(config: &Config) -> worker::Refreshes {
        let (schedule, zone) = (config.refresh_schedule.clone(), config.zone);
        worker::Refreshes { config: config.refresh.clone(), schedule, zone }
    }

    /// Stages 1 to 7 with the registered benchmarks.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn verifier(&self, config: &Config) -> Result<Verifier, Error> {
        let items = self.store.read()?.benchmark_items()?;
        let benchmarks = Benchmarks::from_texts(items.iter().map(|(name, body)| (name.as_str(), body.as_str())));
        let verifier = Verifier::new(config.verify.clone(), benchmarks);
        let novelty = &config.verify.novelty;
        if novelty.embedding.as_os_str().is_empty() {
            return Ok(verifier);
        }
        Ok(verifier.with_embedding(llm::open_embedding(&novelty.embedding, &novelty.embedding_sha256)?))
    }

    /// The model stages, with a model of their own where one is configured.
    fn trial(&self, config: &Config) -> Result<Option<Trial>, Error> {
        let trial = &config.verify.trial;
        let model = if config.solver.is_on() { &config.solver } else { &config.llm };
        let built = trial.enabled.then(|| self.opener(config).trial(trial, model));
        Ok(built.transpose()?)
    }

    fn generator(&self, kind: GeneratorKind, config: &Config) -> Result<Arc<dyn Generate>, Error> {
        Ok(match kind {
            GeneratorKind::Rules => Arc::new(Rules::new(&config.question.rules)),
            GeneratorKind::Openai => self.opener(config).generator(&config.question.model, &config.llm)?,
        })
    }

    fn opener(&self, config: &Config) -> Opener {
        let (ledger, models, refreshes) = (self.ledger(config), Arc::clone(&self.models), App::refreshes(config));
        Opener { ledger, models, refreshes, seed: u64::from(std::process::id()) }
    }

    /// One for all calls: it holds what calls under way may still cost, also across a reload.
    fn ledger(&self, config: &Config) -> Arc<Ledger> {
        let wanted = (config.llm.budget, config.llm.dearest().dearer(config.solver.dearest()));
        let mut kept = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((budget, prices, ledger)) if (*budget, *prices) == wanted => Arc::clone(ledger),
            _ => {
                let (budget, prices) = wanted;
                let ledger = Ledger::new(budget, prices, self.store.clone());
                *kept = Some((budget, prices, Arc::clone(&ledger)));
                ledger
            }
        }
    }

    /// One archive, switched on or not.
    ///
    /// # Errors
    /// Settings that can not be used; [`Error::NoArchive`] for the inbox.
    pub fn archive(&self, config: &Config, name: SourceName) -> Result<Archive, Error> {
        let client = self.client(config)?;
        let schedule = config.schedules.get(&name).cloned();
        let folder = config.data_dir.root().join("full_text");
        Archive::open(name, &config.sources, schedule, &client, &folder)?.ok_or(Error::NoArchive(name))
    }

    /// What handlers see.
    pub fn web_state(&self, config: &Config) -> web::State {
        let releases = (Root::new(config.data_dir.releases()), config.release.clone());
        web::State::new(self.store.clone(), Arc::clone(&self.index), config.clock.clone(), config.web.clone(), releases)
    }

    fn client(&self, config: &Config) -> Result<Arc<fetch::Client>, Error> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((settings, client)) = &*kept
            && *settings == config.fetch
        {
            return Ok(Arc::clone(client));
        }
        // Two programs that fail together wait differently long.
        let seed = u64::from(std::process::id());
        let client = Arc::new(fetch::Client::new(config.fetch.clone(), config.clock.clone(), seed)?);
        *kept = Some((config.fetch.clone(), Arc::clone(&client)));
        Ok(client)
    }
}
