//! `aludel drift calibrate`: the enter level that keeps a promise about false refreshes, found by simulation.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use crate::drift::calibrate::{Calibration, Effort, FalseAlarms, calibrate, delays, false_alarms};
use crate::drift::detector::Config;
use crate::drift::reality::{Events, Reality, simulate};

/// Distances of the shifts whose delay is reported, and the weeks they take.
const SHIFTS: [f64; 3] = [0.05, 0.1, 0.2];
const OVER_WEEKS: [usize; 2] = [0, 12];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rows a week of all sources together; the threshold holds for each of them
    #[arg(long, value_name = "ROWS", value_delimiter = ',', default_value = "200,1000,5000")]
    per_week: Vec<f64>,
    /// The promise: at most so many false refreshes a year
    #[arg(long, value_name = "RATE", default_value_t = 0.5)]
    promise: f64,
    /// Simulated years
    #[arg(long, default_value_t = 1000)]
    years: u32,
    /// Keep this enter level and only report what it gives
    #[arg(long, value_name = "LEVEL")]
    enter: Option<f64>,
    /// Windows in a row outside that make drift
    #[arg(long, default_value_t = Config::default().windows_in_row)]
    windows_in_row: u32,
    /// The smallest distance that is worth a refresh
    #[arg(long, default_value_t = Config::default().floor)]
    floor: f64,
    /// Seed of the simulation
    #[arg(long, default_value_t = Effort::default().seed)]
    seed: u64,
    /// Write the calibrated detector here, for --detector
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Only write simulated weeks without a shift as CSV (run,week,source,topic,count), for other tools to judge
    #[arg(long, value_name = "FILE", requires = "years")]
    export: Option<PathBuf>,
    /// With --export: the weeks hold a sudden shift of this distance, a year after the reference
    #[arg(long, value_name = "DISTANCE", requires = "export")]
    shift: Option<f64>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Settings out of range, a promise that no level keeps, a file that can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config { floor: args.floor, windows_in_row: args.windows_in_row, ..Config::default() };
    let effort = Effort { years: args.years, seed: args.seed, ..Effort::default() };
    if let Some(path) = &args.export {
        return export(args, path, &config, &effort);
    }
    for volume in &args.per_week {
        anyhow::ensure!(*volume >= 1.0 && *volume <= 1e6, "--per-week {volume}: expected 1 to 1000000");
    }
    let calibration = match args.enter {
        None => calibrate(Reality::two_servers, &args.per_week, args.promise, &config, &effort)?,
        Some(enter) => given(args, Config { enter, ..config }, &effort)?,
    };
    let mut late = Vec::new();
    let mut broken = Vec::new();
    let brief = Effort { years: (args.years / 5).max(20), ..effort };
    for &volume in &args.per_week {
        let reality = Reality::two_servers(volume);
        broken.push((volume, false_alarms(&reality, &faults(), &calibration.config, &brief)?));
        for over in OVER_WEEKS {
            for distance in SHIFTS {
                let found = delays(&reality, over, distance, &calibration.config, &brief)?;
                late.push((volume, over, distance, Delay::of(&found)));
            }
        }
    }
    if let Some(path) = &args.write {
        let text = serde_json::to_string_pretty(&calibration)? + "\n";
        std::fs::write(path, text).with_context(|| format!("can not write {}", path.display()))?;
    }
    if args.json {
        let rows = |(volume, over, distance, delay): &(f64, usize, f64, Delay)| {
            json!({ "per_week": volume, "over_weeks": over, "distance": distance, "median_weeks": delay.median,
                    "p90_weeks": delay.p90, "found": delay.found, "runs": delay.runs })
        };
        let object = json!({
            "calibration": calibration,
            "with_outages_and_imports": broken,
            "delays": late.iter().map(rows).collect::<Vec<_>>(),
        });
        return super::super::print_line(object.to_string());
    }
    super::super::print_bytes(describe(&calibration, &broken, &late).as_bytes())
}

fn given(args: &Args, config: Config, effort: &Effort) -> anyhow::Result<Calibration> {
    let found = |&volume: &f64| {
        let alarms = false_alarms(&Reality::two_servers(volume), &Events::default(), &config, effort)?;
        Ok((volume, alarms))
    };
    let found: Vec<(f64, FalseAlarms)> = args.per_week.iter().map(found).collect::<anyhow::Result<_>>()?;
    let reality = Reality::two_servers(args.per_week.first().copied().unwrap_or(1000.0));
    Ok(Calibration { enter: config.enter, promised: args.promise, found, effort: *effort, config, reality })
}

/// Feeds that are down for up to six weeks, and imports in bulk of up to twelve usual weeks, of both sources and at odd times.
fn faults() -> Events {
    let outages = (0..16).map(|k| (k % 2, 40 + 31 * k, 1 + k % 6)).collect();
    let imports = (0..24).map(|k| ((k + 1) % 2, 47 + 20 * k, (5 * k) % 37, 0.3 * 1.17_f64.powi(k as i32))).collect();
    Events { shift: None, outages, imports }
}

struct Delay {
    median: Option<usize>,
    p90: Option<usize>,
    found: usize,
    runs: usize,
}

impl Delay {
    fn of(delays: &[Option<usize>]) -> Self {
        // Not found counts as later than any.
        let mut sorted: Vec<usize> = delays.iter().map(|delay| delay.unwrap_or(usize::MAX)).collect();
        sorted.sort_unstable();
        let quantile = |part: f64| {
            let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
            sorted.get(at).copied().filter(|weeks| *weeks < usize::MAX)
        };
        let found = sorted.iter().filter(|weeks| **weeks < usize::MAX).count();
        Delay { median: quantile(0.5), p90: quantile(0.9), found, runs: sorted.len() }
    }
}

fn describe(calibration: &Calibration, broken: &[(f64, FalseAlarms)], late: &[(f64, usize, f64, Delay)]) -> String {
    let mut text = format!(
        "enter level {:.3}, promised at most {} false refreshes a year\n\nrows a week   false refreshes a year   with outages and imports   windows outside the band\n",
        calibration.enter, calibration.promised,
    );
    for ((volume, quiet), (_, broken)) in calibration.found.iter().zip(broken) {
        // Writing to a String can not fail.
        let _ = writeln!(
            text,
            "{volume:>11}   {:>22}   {:>24}   {:>23.1} %",
            format!("{:.3} ({} in {:.0})", quiet.per_year(), quiet.refreshes, quiet.years),
            format!("{:.3} ({} in {:.0})", broken.per_year(), broken.refreshes, broken.years),
            100.0 * quiet.outside_band,
        );
    }
    text.push_str("\nrows a week   shift   over weeks   median delay   nine in ten   found\n");
    let weeks = |weeks: Option<usize>| weeks.map_or("-".to_owned(), |weeks| format!("{weeks} weeks"));
    for (volume, over, distance, delay) in late {
        let _ = writeln!(
            text,
            "{volume:>11}   {distance:>5}   {over:>10}   {:>12}   {:>11}   {} of {}",
            weeks(delay.median),
            weeks(delay.p90),
            delay.found,
            delay.runs
        );
    }
    text
}

fn export(args: &Args, path: &std::path::Path, config: &Config, effort: &Effort) -> anyhow::Result<ExitCode> {
    let context = || format!("can not write {}", path.display());
    let mut out = csv::Writer::from_path(path).with_context(context)?;
    out.write_record(["run", "week", "source", "topic", "count"])?;
    let reality = Reality::two_servers(args.per_week.first().copied().unwrap_or(1000.0));
    let week = config.reference_weeks + 52;
    let shift = args.shift.map(|distance| crate::drift::reality::Shift { week, over: 0, distance });
    let events = Events { shift, ..Events::default() };
    let years_per_run = if shift.is_some() { 2 } else { effort.years_per_run };
    let n_weeks = config.reference_weeks + (f64::from(years_per_run) * 52.18) as usize;
    for run in 0..effort.years.div_ceil(years_per_run) {
        for window in simulate(&reality, &events, n_weeks, effort.seed + u64::from(run)) {
            for (source, counts) in reality.sources.iter().zip(&window.sources) {
                for (topic, n) in counts.topics.iter().enumerate().filter(|(_, n)| **n > 0) {
                    let (run, topic) = (run.to_string(), format!("topic {topic:02}"));
                    out.write_record([&run, &window.from.to_string(), &source.name, &topic, &n.to_string()])?;
                }
            }
        }
    }
    out.flush().with_context(context)?;
    Ok(ExitCode::SUCCESS)
}
