//! `aludel simulate`: the archives on loopback, with invented articles, for tests and demos.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{NaiveDate, Utc};
use serde_json::json;

use crate::clock::{Clock, Scale};
use crate::simulate::{BaseUrls, Config, FaultPlan, Script, Simulator, files};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen: a loopback address; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    addr: SocketAddr,
    /// Everything invented follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First simulated day
    #[arg(long, value_name = "DATE", default_value = "2026-01-05")]
    from: NaiveDate,
    /// Simulated days; four weeks before the first are there already
    #[arg(long, value_name = "N", default_value_t = 31)]
    days: u32,
    /// Simulated seconds per second: 43200 runs a month in about a minute
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    rate: f64,
    /// New works a weekday over all archives: half on bioRxiv, a fifth on medRxiv, the rest in PubMed
    #[arg(long, value_name = "N")]
    per_day: Option<f64>,
    /// Faults: all, none, name, name=0.05, name@3;7 (at these requests), by commas
    #[arg(long, value_name = "LIST", default_value = "none")]
    faults: String,
    /// TOML file: the subject mix, the volume and outages over time
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Serve the JATS and PubMed files of this folder instead of invented articles
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Requests a second to the E-utilities before they answer 429; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 3)]
    pubmed_per_second: u32,
    /// Write invented articles as files into this folder, and end
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// How many articles --write writes
    #[arg(long, value_name = "N", default_value_t = 100)]
    articles: usize,
    /// Print the addresses and the clock as one line of JSON
    #[arg(long)]
    json: bool,
}

/// Serves until Ctrl-C or SIGTERM, or writes files and ends.
///
/// # Errors
/// A script or fault list that can not be read, an address that is not loopback or in use, a folder that can not be used.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.rate.is_finite() && args.rate > 0.0, "--rate must be a positive number");
    anyhow::ensure!(args.days <= 3660, "--days must be at most 3660");
    let mut config = Config {
        seed: args.seed,
        from: args.from,
        days: args.days,
        faults: FaultPlan::parse(&args.faults)?,
        folder: args.folder,
        pubmed_per_second: args.pubmed_per_second,
        ..Config::default()
    };
    if let Some(per_day) = args.per_day {
        anyhow::ensure!((0.0..=5000.0).contains(&per_day), "--per-day must lie in 0..=5000");
        (config.biorxiv_per_day, config.medrxiv_per_day, config.pubmed_per_day) =
            (per_day * 0.5, per_day * 0.2, per_day * 0.3);
    }
    if let Some(path) = &args.script {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        config.script = Script::parse(&text).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))?;
    }
    if let Some(folder) = &args.write {
        let paths = files::write(folder, args.articles, &config)?;
        let line = if args.json {
            json!({"files": paths.len(), "folder": folder, "seed": args.seed}).to_string()
        } else {
            format!("{} files in {}", paths.len(), folder.display())
        };
        return super::print_bytes(format!("{line}\n").as_bytes());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(serve(config, args.addr, args.rate, args.json))
}

async fn serve(config: Config, addr: SocketAddr, rate: f64, as_json: bool) -> anyhow::Result<ExitCode> {
    let start = config.from.and_time(chrono::NaiveTime::MIN).and_utc();
    let scale = Scale { start, origin: Utc::now(), rate };
    let handle = Simulator::start(config, Clock::scaled(scale), addr).await?;
    let urls = handle.base_urls();
    let text = if as_json {
        format!(
            "{}\n",
            json!({"addr": handle.addr().to_string(), "base_urls": urls, "clock": scale, "config": snippet(&urls)})
        )
    } else {
        format!(
            "# archives on http://{}, from {} at {rate} times the usual speed; the clock's line: GET /clock\n{}",
            handle.addr(),
            scale.start,
            snippet(&urls)
        )
    };
    super::print_bytes(text.as_bytes())?;
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).context("waiting for SIGTERM")?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    let (requests, faults) = (handle.requests(), handle.faults_served());
    handle.shutdown().await;
    eprintln!("simulate: {requests:?} requests, faults {faults:?}");
    Ok(ExitCode::SUCCESS)
}

/// The lines of a configuration that point every source here.
fn snippet(urls: &BaseUrls) -> String {
    format!(
        "[sources.biorxiv]\nbase_url = \"{}\"\nfeed_url = \"{}/biorxiv_xml.php?subject=all\"\nfull_text_url = \"{}\"\n\n\
         [sources.medrxiv]\nbase_url = \"{}\"\nfeed_url = \"{}/medrxiv_xml.php?subject=all\"\nfull_text_url = \"{}\"\n\n\
         [sources.pubmed]\nbase_url = \"{}\"\n",
        urls.biorxiv, urls.biorxiv_rss, urls.biorxiv_www, urls.medrxiv, urls.medrxiv_rss, urls.medrxiv_www, urls.pubmed
    )
}
