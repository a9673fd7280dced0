//! Waiting for a model from a thread for blocking work, inside the service's runtime or without one.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::queue::Retry;

/// How models are waited for.
#[derive(Default)]
pub(super) struct Waiting {
    /// For commands without a runtime. One for all their threads: connections outlive the call that opened them.
    runtime: OnceLock<Runtime>,
    abandoned: CancellationToken,
}

impl Waiting {
    /// Blocks until `work` is done. `needs_runtime`: whether it waits for anything; if not it is ready at once.
    pub fn wait<T, E: Into<Error>>(
        &self,
        needs_runtime: bool,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Error> {
        let mut work = std::pin::pin!(work);
        if !needs_runtime && let Some(ready) = futures_util::FutureExt::now_or_never(work.as_mut()) {
            return ready.map_err(Into::into);
        }
        let waited = async {
            tokio::select! {
                done = work => done.map_err(Into::into),
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
        let runtime = runtime.map_err(Error::io("a runtime for the model"))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

impl Drop for Waiting {
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
        let waiting = Waiting::default();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| waiting.wait(true, std::future::pending::<Result<(), Error>>()));
            waiting.abandon();
            assert!(matches!(thread.join().unwrap(), Err(Error::Parked { retry: Retry::Backoff, .. })));
        });
        assert!(waiting.wait(false, std::future::ready(Ok::<_, Error>(Vec::<u8>::new()))).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_runtime_of_its_own_may_be_dropped_inside_another() {
        let waiting = std::thread::spawn(|| {
            let waiting = Waiting::default();
            assert!(waiting.wait(true, async { Ok::<_, Error>(Vec::<u8>::new()) }).unwrap().is_empty());
            waiting
        });
        drop(waiting.join().unwrap());
    }
}
