//! Models in this process that make way for training on the same machine.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Refreshes;
use crate::fetch::Retry;
use crate::llm::{Error, LanguageModel, Reply, Request};
use crate::model::status::RefreshStatus;
use crate::store::{self, Store};

/// How long a job whose model makes way waits before it looks again.
const PAUSE: Duration = Duration::from_secs(60);

/// A model that begins nothing while a refresh trains or evaluates; what it has begun, it ends.
pub(super) struct Yielding {
    model: Arc<dyn LanguageModel>,
    store: Store,
    refreshes: Refreshes,
}

impl Yielding {
    pub fn new(model: Arc<dyn LanguageModel>, store: Store, refreshes: Refreshes) -> Self {
        Yielding { model, store, refreshes }
    }

    /// The row is asked, not the process: it is there before the process is, and after a restart of the service.
    async fn is_training(&self) -> Result<bool, Error> {
        if !self.refreshes.is_open(self.store.clock().now()) {
            return Ok(false);
        }
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || -> Result<bool, store::Error> {
            let open = store.read()?.open_refresh()?;
            Ok(open.is_some_and(|refresh| refresh.status == RefreshStatus::Running && refresh.wish.is_none()))
        });
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Ledger { source, retry: Retry::Backoff };
        read.await.map_err(|error| failed(Box::new(error)))?.map_err(|error| failed(Box::new(error)))
    }
}

impl LanguageModel for Yielding {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn concurrency(&self) -> usize {
        self.model.concurrency()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Error>> {
        async move {
            if self.is_training().await? {
                return Err(Error::Yields { wait: PAUSE });
            }
            self.model.complete(request).await
        }
        .boxed()
    }
}
