//! `aludel serve`: the service, until SIGTERM or Ctrl-C; SIGHUP and changes to the file load the configuration again.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::settings::ArchiveSettings;
use crate::config::Config;
use crate::service::reload::FileWatch;
use crate::service::{Metrics, Service, systemd};
use crate::telemetry::{self, FilterHandle};

/// How often `systemctl status` gets a new line.
const STATUS_EVERY: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: ArchiveSettings,
}

/// # Errors
/// What keeps the service from starting, or ended it.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let filter = telemetry::start(&config.log).map_err(anyhow::Error::msg).context("starting the log")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    let served = runtime.block_on(serve(args, config, filter));
    // A job that did not end in its time is on a thread that can not be stopped; it runs again at the next start.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(args: &Args, config: Config, filter: Option<FilterHandle>) -> anyhow::Result<()> {
    // Signals that come during the start are not lost, and do not end the program half way.
    let mut terminated = signal(SignalKind::terminate()).context("waiting for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("waiting for SIGINT")?;
    let mut hung_up = signal(SignalKind::hangup()).context("waiting for SIGHUP")?;
    let mut watch = config.origin.as_deref().map(FileWatch::start).transpose().unwrap_or_else(|error| {
        tracing::warn!(%error, "changes to the configuration file are not noticed; send SIGHUP after one");
        None
    });
    let metrics = Metrics::install().context("starting the metrics")?;
    let mut service = Service::start(config, &metrics).await?;
    let address = service.address();
    let mut status = format!("serving on http://{address}");
    tracing::info!(%address, "ready: http://{address}");
    systemd::ready(&status);
    let watchdog = tokio::spawn(systemd::feed_watchdog(service.app().store.clone()));
    let mut status_due = tokio::time::interval(STATUS_EVERY);
    loop {
        tokio::select! {
            _ = status_due.tick() => {
                if let Some(state) = service.state().await {
                    status = format!("serving on http://{address}; {state}");
                    systemd::status(&status);
                }
            }
            () = either(&mut terminated, &mut interrupted) => break,
            error = service.failed() => {
                watchdog.abort();
                return Err(error.into());
            }
            () = asked_to_reload(&mut hung_up, watch.as_mut()) => {
                systemd::reloading();
                reload(args, &mut service, filter.as_ref()).await;
                systemd::ready(&status);
            }
        }
    }
    tracing::info!("stopping");
    systemd::stopping();
    let ended = service.stop().await;
    watchdog.abort();
    tracing::info!("stopped");
    Ok(ended?)
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

async fn asked_to_reload(hung_up: &mut Signal, watch: Option<&mut FileWatch>) {
    let changed = async {
        match watch {
            Some(watch) => watch.changed().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = hung_up.recv() => {}
        () = changed => {}
    }
}

/// A configuration that can not be used changes nothing.
async fn reload(args: &Args, service: &mut Service, filter: Option<&FilterHandle>) {
    let loaded = args.settings.load();
    let result = match loaded {
        Ok(config) => {
            let log = config.log.clone();
            match service.reload(config).await {
                Ok(()) => filter.map_or(Ok(()), |filter| filter.set(&log.filter)),
                Err(error) => Err(error.to_string()),
            }
        }
        Err(error) => Err(error.to_string()),
    };
    match result {
        Ok(()) => tracing::info!("the configuration was loaded again"),
        Err(error) => {
            tracing::error!(error, "THE CONFIGURATION CAN NOT BE USED: the service goes on with the one before");
        }
    }
}
