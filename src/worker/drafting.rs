//! Waiting for a generator from a thread for blocking work, inside the service's runtime or without one.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use crate::model::question::Draft;
use crate::question;

use super::Error;
use super::queue::Retry;

/// How generators are waited for.
#[derive(Default)]
pub(super) struct Drafting {
    /// For commands without a runtime. One for all their threads: connections outlive the call that opened them.
    runtime: OnceLock<Runtime>,
    abandoned: CancellationToken,
}

impl Drafting {
    /// Blocks until `drafts` are there. `needs_runtime`: whether it waits for anything; if not it is ready at once.
    pub fn wait(
        &self,
        needs_runtime: bool,
        drafts: impl Future<Output = Result<Vec<Draft>, question::Error>>,
    ) -> Result<Vec<Draft>, Error> {
        let mut drafts = std::pin::pin!(drafts);
        if !needs_runtime && let Some(ready) = futures_util::FutureExt::now_or_never(drafts.as_mut()) {
            return Ok(ready?);
        }
        let waited = async {
            tokio::select! {
                drafts = drafts => Ok(drafts?),
                () = self.abandoned.cancelled() => {
                    Err(Error::Parked { reason: "the program stopped while a model was asked".to_owned(), retry: Retry::Backoff })
                }
            }
        };
        match Handle::try_current() {
            Ok(runtime) => runtime.block_on(waited),
            Err(_) => self.runtime()?.block_on(waited),
        }
    }

    pub fn abandon(&self) {
        self.abandoned.cancel();
    }

    fn runtime(&self) -> Result<&Runtime, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        // Of two that were built at once one is dropped unused.
        let runtime = runtime.map_err(Error::io("a runtime for the generator"))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

impl Drop for Drafting {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop waits, which is not allowed on a thread of another runtime.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_model_once_the_program_gave_up() {
        let drafting = Drafting::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drafting.wait(true, std::future::pending()));
            drafting.abandon();
            assert!(matches!(waiting.join().unwrap(), Err(Error::Parked { retry: Retry::Backoff, .. })));
        });
        assert!(drafting.wait(false, std::future::ready(Ok(Vec::new()))).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_runtime_of_its_own_may_be_dropped_inside_another() {
        let drafting = std::thread::spawn(|| {
            let drafting = Drafting::default();
            assert!(drafting.wait(true, async { Ok(Vec::new()) }).unwrap().is_empty());
            drafting
        });
        drop(drafting.join().unwrap());
    }
}
