//! Looks from time to time whether a refresh is due or can go on.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Env;
use super::queue::{self, Order};
use super::runner::TICK;

/// Pause between looks, on the worker's clock.
const PAUSE: Duration = Duration::from_secs(600);

/// Queues looks until `shutdown`, the first at once: a refresh that a kill interrupted goes on.
pub(super) async fn follow(env: Arc<Env>, shutdown: CancellationToken) {
    loop {
        let looker = env.clone();
        let queued = tokio::task::spawn_blocking(move || {
            // Without a base model there is only what a person began.
            if looker.refresh.config.base_model.is_none() && looker.store.read()?.open_refresh()?.is_none() {
                return Ok(false);
            }
            let mut txn = looker.store.write()?;
            queue::enqueue(&mut txn, &Order::Refresh {})?;
            txn.commit().map(|()| true)
        });
        match queued.await {
            Ok(Ok(true)) => env.wake(),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a look at refreshes could not be queued"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            // Simulated minutes pass in an instant: the store is not asked in a tight loop.
            () = async { tokio::join!(env.clock.sleep(PAUSE), tokio::time::sleep(TICK)); } => {}
        }
    }
}
