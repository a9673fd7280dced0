//! `aludel demo`: the archives and the service in one process on a temporary folder; a simulated year in less than two minutes, its last
//! month in slow motion and with full texts.

#[cfg(feature = "candle")]
mod refresh;
#[cfg(not(feature = "candle"))]
#[path = "no_refresh.rs"]
mod refresh;
mod release;
mod report;
mod stage;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::clock::Clock;
use crate::config::{Config, File};
use crate::service::{Metrics, Service};
use crate::simulate::Simulator;
use crate::store::count::Counts;
use crate::store::{self, Rows, Store};
use crate::telemetry;

use stage::{Act, Stage};

/// How long after the year the last jobs may take.
const MOST_CATCHING_UP: Duration = Duration::from_secs(120);
/// Pause between looks at the store.
const LOOK: Duration = Duration::from_millis(250);
/// The clock moves this often in slow motion.
const STEP: Duration = Duration::from_millis(40);
/// How long a day of the fast part may take to be read before the next one begins all the same.
const MOST_OF_A_DAY: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days in slow motion, with full texts; eleven months are simulated before them
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// How long these days take, in seconds
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Leave the eleven months out: no drift is seen then
    #[arg(long)]
    short: bool,
    /// Everything invented follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the pages are served; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8642")]
    listen: SocketAddr,
    /// Keep the data in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// End after the month instead of serving the result
    #[arg(long)]
    exit: bool,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// One JSON object on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// # Errors
/// A port or a folder that can not be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    telemetry::start(&telemetry::Config { filter: "error".to_owned(), ..telemetry::Config::default() })
        .map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    let shown = runtime.block_on(demo(args));
    runtime.shutdown_background();
    shown
}

async fn demo(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("aludel-demo-").tempdir().context("making a temporary folder")?;
    let data_dir = args.data_dir.clone().unwrap_or_else(|| folder.path().to_owned());
    let stage = Stage::of(args);
    let clock = Clock::stepped(midnight(stage.from));
    let simulator = Simulator::start(stage.world(), clock.clone(), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let urls = simulator.base_urls();
    let configured = |act: Act| -> Result<Config, crate::config::Error> {
        let file = stage.configuration(&urls, data_dir.clone(), args.listen, act);
        let file = File { release: release::config(midnight(stage.live_from), args.days), ..file };
        Ok(Config { clock: clock.clone(), ..Config::of(file)? })
    };
    let metrics = Metrics::install().context("starting the metrics")?;
    let first = if stage.live_from > stage.from { Act::Past } else { Act::Live };
    let mut service = Service::start(configured(first)?, &metrics).await?;
    let (url, store) = (format!("http://{}", service.address()), service.app().store.clone());
    eprintln!(
        "a simulated year of invented articles, its last {} days in {} s; watch at {url}",
        args.days, args.seconds
    );

    let bar = bar(stage.days());
    let mut stopped = Box::pin(stop_signal());
    let mut ended_early = false;
    let mut live_since: Option<Instant> = (first == Act::Live).then(Instant::now);
    let mut looked = Instant::now();
    loop {
        let today = clock.today();
        if looked.elapsed() >= LOOK {
            show(&bar, (today - stage.from).num_days(), &counts(&service).await?);
            looked = Instant::now();
        }
        if today >= stage.until {
            break;
        }
        let step = async {
            match live_since {
                Some(since) => {
                    let seconds = since.elapsed().as_secs_f64() * stage.rate(args.seconds);
                    clock.advance_to(midnight(stage.live_from) + TimeDelta::milliseconds((seconds * 1000.0) as i64));
                    tokio::time::sleep(STEP).await;
                    Ok(())
                }
                None => pass_a_day(&store, &clock).await,
            }
        };
        tokio::select! {
            passed = step => passed?,
            () = &mut stopped => { ended_early = true; break }
            error = service.failed() => return Err(error.into()),
        }
        if live_since.is_none() && clock.today() >= stage.live_from {
            service.reload(configured(Act::Live)?).await?;
            live_since = Some(Instant::now());
        }
    }
    if !ended_early {
        service.reload(configured(Act::Over)?).await?;
        tokio::select! {
            caught_up = catch_up(&service, &bar) => caught_up?,
            () = &mut stopped => ended_early = true,
        }
    }
    service.stop_worker().await?;
    bar.finish_and_clear();
    simulator.shutdown().await;

    let released = release::finish(&service, &configured(Act::Over)?).await?;
    let refreshed = refresh::finish(&service, &configured(Act::Over)?).await?;
    report::report(args.json, &url, &service, counts(&service).await?, &released, &refreshed)?;
    if !args.exit && !ended_early {
        if !args.no_open {
            open_browser(&url);
        }
        eprintln!("\nserving {url} until Ctrl-C");
        stopped.await;
    }
    service.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The next day's polls, and on Tuesdays first the look at the topics, each waited for.
async fn pass_a_day(store: &Store, clock: &Clock) -> anyhow::Result<()> {
    let day = clock.today() + TimeDelta::days(1);
    if day.weekday() == Weekday::Tue {
        clock.advance_to(midnight(day));
        wait(store, clock, move |rows| Ok(rows.drift_report()?.is_none_or(|report| report.made_at >= midnight(day))))
            .await?;
    }
    let six = midnight(day) + TimeDelta::hours(i64::from(stage::POLL_HOUR));
    clock.advance_to(six);
    wait(store, clock, move |rows| {
        for name in stage::SOURCES {
            let at = rows.setting(&format!("polled:{name}"))?;
            if at.and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).is_none_or(|at| at < six) {
                return Ok(false);
            }
        }
        Ok(true)
    })
    .await
}

/// Looks until `seen`, a few seconds at most. Simulated time goes on meanwhile: pauses between tries are in it.
async fn wait(store: &Store, clock: &Clock, seen: impl Fn(&Rows) -> Result<bool, store::Error>) -> anyhow::Result<()> {
    let began = Instant::now();
    while !seen(&*store.read()?)? && began.elapsed() < MOST_OF_A_DAY {
        clock.advance_to(clock.now() + TimeDelta::milliseconds(200));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

async fn counts(service: &Service) -> anyhow::Result<Counts> {
    let store = service.app().store.clone();
    Ok(tokio::task::spawn_blocking(move || store.read()?.counts()).await??)
}

/// Waits until the queue is empty and the index in step.
async fn catch_up(service: &Service, bar: &indicatif::ProgressBar) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    if bar.is_hidden() {
        eprintln!("the year is over; the last jobs end");
    }
    while began.elapsed() < MOST_CATCHING_UP {
        let counts = counts(service).await?;
        let waiting: u64 = ["queued", "running"].iter().filter_map(|state| counts.jobs.get(*state)).sum();
        let held = service.app().index.sequence()?.unwrap_or(0);
        if waiting == 0 && held >= u64::try_from(counts.last_change).unwrap_or(0) {
            return Ok(());
        }
        bar.set_message(format!("the year is over; {waiting} jobs left"));
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn bar(days: u32) -> indicatif::ProgressBar {
    let bar = if std::io::stderr().is_terminal() {
        indicatif::ProgressBar::new(u64::from(days))
    } else {
        indicatif::ProgressBar::hidden()
    };
    let style = indicatif::ProgressStyle::with_template("{bar:30} day {pos}/{len}  {msg}");
    bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}

/// A moving bar on a terminal, a line every four simulated weeks elsewhere.
fn show(bar: &indicatif::ProgressBar, day: i64, counts: &Counts) {
    let day = day.unsigned_abs().min(bar.length().unwrap_or(u64::MAX));
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let accepted = counts.questions.get("accepted").copied().unwrap_or(0);
    let message =
        format!("{} works, {} versions, {accepted} questions accepted", sum(&counts.works), sum(&counts.versions));
    if bar.is_hidden() && day / 28 > bar.position() / 28 {
        eprintln!("day {day}: {message}");
    }
    bar.set_position(day);
    bar.set_message(message);
}

/// Only for a person in front of a screen.
fn open_browser(url: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if has_screen && std::io::stdout().is_terminal() {
        // Without a browser the address stands on the terminal all the same.
        let _ = std::process::Command::new("xdg-open")
            .arg(url)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
