//! What the service manager is told (sd_notify(3)): ready, reloading, stopping, a line of status, and that the store answers.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::store::Store;

/// How long a look into the store may take before the watchdog is not fed.
const LOOK: Duration = Duration::from_secs(10);

/// Without a manager there is nobody to tell; one that does not listen is no reason to stop.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager could not be told");
    }
}

pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// Tells that a reload begins; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("ending what is under way")]);
}

/// Feeds the watchdog at half its interval, as long as the store answers; ends at once when nobody watches.
pub async fn feed_watchdog(store: Store) {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    loop {
        let looked = store.clone();
        let look = tokio::task::spawn_blocking(move || looked.read()?.last_change());
        match tokio::time::timeout(LOOK.min(interval), look).await {
            Ok(Ok(Ok(_))) => tell(&[NotifyState::Watchdog]),
            Ok(Ok(Err(error))) => tracing::error!(%error, "the store does not answer; the watchdog is not fed"),
            Ok(Err(_)) | Err(_) => tracing::error!("the store does not answer in time; the watchdog is not fed"),
        }
        tokio::time::sleep(interval / 2).await;
    }
}
