//! `aludel demo`: the archives and the service in one process on a temporary folder; a simulated month in about a minute.

mod release;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::json;

use crate::clock::{Clock, Scale};
use crate::config::{Config, File};
use crate::index::{Filter, Query};
use crate::model::answer::AnswerSpec;
use crate::model::status::QuestionStatus;
use crate::service::{Metrics, Service};
use crate::simulate::{self, BaseUrls, Simulator};
use crate::store::count::Counts;
use crate::{fetch, source, telemetry, worker};

/// How long after the month the last jobs may take.
const MOST_CATCHING_UP: Duration = Duration::from_secs(120);
/// Pause between looks at the store.
const LOOK: Duration = Duration::from_millis(250);

/// While the month runs, and after it, when nothing more is to come in.
const DAILY: &str = "0 6 * * *";
const YEARLY: &str = "0 6 1 1 *";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Simulated days
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// How long they take, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
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
    let world = simulate::Config { seed: args.seed, days: args.days, ..simulate::Config::default() };
    let (from, until) = span(world.from, args.days);
    let rate = f64::from(args.days) * 86_400.0 / f64::from(args.seconds);
    let scale = Scale { start: from, origin: Utc::now(), rate };
    let clock = Clock::scaled(scale);
    let simulator = Simulator::start(world, clock.clone(), SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    // At this speed archives change while a page of them is read: that is noticed, logged as a warning, and read again.
    let urls = simulator.base_urls();
    let configured = |schedule: &str| {
        let file = configuration(&urls, scale, data_dir.clone(), args.listen, from.date_naive(), schedule);
        Config::of(File { release: release::config(from, args.days), ..file })
    };
    let metrics = Metrics::install().context("starting the metrics")?;
    let mut service = Service::start(configured(DAILY)?, &metrics).await?;
    let url = format!("http://{}", service.address());
    eprintln!("{} simulated days of invented articles in {} s; watch at {url}", args.days, args.seconds);

    let bar = bar(args.days);
    let mut stopped = Box::pin(stop_signal());
    let mut ended_early = loop {
        let counts = counts(&service).await?;
        show(&bar, &clock, (from, until), &counts);
        if clock.now() >= until {
            break false;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = &mut stopped => break true,
            error = service.failed() => return Err(error.into()),
        }
    };
    if !ended_early {
        service.reload(configured(YEARLY)?).await?;
        tokio::select! {
            caught_up = catch_up(&service, &bar) => caught_up?,
            () = &mut stopped => ended_early = true,
        }
    }
    service.stop_worker().await?;
    bar.finish_and_clear();
    simulator.shutdown().await;

    let counts = counts(&service).await?;
    let examples = examples(&service)?;
    let released = release::finish(&service, &configured(YEARLY)?).await?;
    report(args, &url, &counts, &examples, &released)?;
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

fn span(from: NaiveDate, days: u32) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = from.and_time(NaiveTime::MIN).and_utc();
    (start, start + TimeDelta::days(i64::from(days)))
}

/// Daily polls of archives on this machine, with nobody to be polite to.
fn configuration(
    urls: &BaseUrls,
    scale: Scale,
    data_dir: PathBuf,
    listen: SocketAddr,
    since: NaiveDate,
    schedule: &str,
) -> File {
    let preprints = |base: &str, www: &str| source::biorxiv::Config {
        base_url: Some(base.to_owned()),
        full_text_url: Some(www.to_owned()),
        full_text: true,
        full_text_spacing_ms: 0,
        spacing_ms: 0,
        schedule: schedule.to_owned(),
        since: Some(since),
        feed_minutes: 0,
        ..source::biorxiv::Config::default()
    };
    let mut file = File { data_dir, clock: Some(scale), ..File::default() };
    file.web.listen = listen;
    file.fetch = fetch::Config { backoff_ms: 10, ..fetch::Config::default() };
    file.worker = worker::Config { drain_seconds: 10, ..worker::Config::default() };
    file.sources = source::Config {
        biorxiv: preprints(&urls.biorxiv, &urls.biorxiv_www),
        medrxiv: preprints(&urls.medrxiv, &urls.medrxiv_www),
        pubmed: source::pubmed::Config {
            base_url: urls.pubmed.clone(),
            spacing_ms: Some(0),
            schedule: schedule.to_owned(),
            since: Some(since),
            ..source::pubmed::Config::default()
        },
    };
    file
}

async fn counts(service: &Service) -> anyhow::Result<Counts> {
    let store = service.app().store.clone();
    Ok(tokio::task::spawn_blocking(move || store.read()?.counts()).await??)
}

/// Waits until the queue is empty and the index in step.
async fn catch_up(service: &Service, bar: &indicatif::ProgressBar) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    if bar.is_hidden() {
        eprintln!("the month is over; the last jobs end");
    }
    while began.elapsed() < MOST_CATCHING_UP {
        let counts = counts(service).await?;
        let waiting: u64 = ["queued", "running"].iter().filter_map(|state| counts.jobs.get(*state)).sum();
        let held = service.app().index.sequence()?.unwrap_or(0);
        if waiting == 0 && held >= u64::try_from(counts.last_change).unwrap_or(0) {
            return Ok(());
        }
        bar.set_message(format!("the month is over; {waiting} jobs left"));
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

/// A moving bar on a terminal, a line a simulated week elsewhere.
fn show(bar: &indicatif::ProgressBar, clock: &Clock, (from, until): (DateTime<Utc>, DateTime<Utc>), counts: &Counts) {
    let day = (clock.now().min(until) - from).num_days().unsigned_abs();
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let accepted = counts.questions.get("accepted").copied().unwrap_or(0);
    let message =
        format!("{} works, {} versions, {accepted} questions accepted", sum(&counts.works), sum(&counts.versions));
    if bar.is_hidden() && day > bar.position() && day.is_multiple_of(7) {
        eprintln!("day {day}: {message}");
    }
    bar.set_position(day);
    bar.set_message(message);
}

/// Queries that find something in what was invented, each with its number of hits.
fn examples(service: &Service) -> anyhow::Result<Vec<(String, Vec<String>, u64)>> {
    let app = service.app();
    let mut term = None;
    let mut words = None;
    app.store.read()?.each_question(QuestionStatus::Accepted, |_, _, question, answer| {
        if term.is_none()
            && let Ok(AnswerSpec::Term { value, .. }) = serde_json::from_str(answer)
        {
            term = Some(format!("\"{}\"", value.replace('"', "")));
        }
        if words.is_none() {
            let long: Vec<&str> = question
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() > 7)
                .take(2)
                .collect();
            words = (long.len() == 2).then(|| long.join(" AND "));
        }
    })?;
    let mut found = Vec::new();
    for (text, filters) in [
        (term, &[][..]),
        (words, &[]),
        (Some("increased".to_owned()), &["answer_type:direction", "source:biorxiv"][..]),
    ] {
        let Some(text) = text else { continue };
        let parsed = filters.iter().filter_map(|filter| filter.parse::<Filter>().ok()).collect();
        let results = app.index.search(&Query { text: text.clone(), filters: parsed, ..Query::default() })?;
        found.push((text, filters.iter().map(|filter| (*filter).to_owned()).collect(), results.total));
    }
    Ok(found)
}

fn report(
    args: &Args,
    url: &str,
    counts: &Counts,
    examples: &[(String, Vec<String>, u64)],
    released: &release::Released,
) -> anyhow::Result<()> {
    if args.json {
        let examples: Vec<_> = examples
            .iter()
            .map(|(query, filters, hits)| json!({ "query": query, "where": filters, "hits": hits }))
            .collect();
        super::print_line(
            json!({ "url": url, "counts": counts, "examples": examples, "releases": released.json() }).to_string(),
        )?;
        return Ok(());
    }
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        format!("works      {}", list(&counts.works)),
        format!("questions  {}", list(&counts.questions)),
        format!("types      {}", list(&counts.answer_types)),
        format!("withdrawn  {}", if counts.withdrawn.is_empty() { "none".to_owned() } else { list(&counts.withdrawn) }),
        released.text(),
        String::new(),
        "searches to try on the page:".to_owned(),
    ];
    for (query, filters, hits) in examples {
        let mut link = url::form_urlencoded::Serializer::new(String::new());
        link.append_pair("q", query);
        filters.iter().for_each(|filter| {
            link.append_pair("where", filter);
        });
        let shown =
            std::iter::once(query.as_str()).chain(filters.iter().map(String::as_str)).collect::<Vec<_>>().join("  ");
        lines.push(format!("  {shown}  ({hits} hits)\n    {url}/?{}", link.finish()));
    }
    super::print_line(lines.join("\n"))?;
    Ok(())
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
