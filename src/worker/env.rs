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
use crate::store::{DataDir, Store};

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
    /// How the topic mix is judged.
    pub drift: detector::Config,
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
            wake,
            stopping,
        }
    }

    /// With another way to judge the topic mix than the default.
    pub fn with_drift(self, drift: detector::Config) -> Self {
        Env { drift, ..self }
    }

    /// The drafts of all generators. Blocks; a generator that asks a model server needs a runtime around the caller.
    ///
    /// # Errors
    /// The first generator's that fails.
    pub fn draft(&self, document: &Document) -> Result<Vec<Draft>, Error> {
        let mut drafts = Vec::new();
        for generator in &self.generators {
            drafts.extend(wait(generator.draft(document))?);
        }
        Ok(drafts)
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

/// Blocks on a future: inside a runtime with its drivers, else (a command without one) on a small one of its own.
fn wait<T>(future: impl Future<Output = Result<T, crate::question::Error>>) -> Result<T, Error> {
    let mut future = std::pin::pin!(future);
    // The embedded generator is always ready.
    if let Some(ready) = futures_util::FutureExt::now_or_never(future.as_mut()) {
        return Ok(ready?);
    }
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => Ok(runtime.block_on(future)?),
        Err(_) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            Ok(runtime.map_err(Error::io("a runtime for the generator"))?.block_on(future)?)
        }
    }
}
