//! The path without a model, files to searchable accepted questions, on all cores: `cargo bench --bench ingest`.
//!
//! Full-text articles only: invented ones, and the real ones of ../shared/data/jats (or `ALUDEL_SHARED`) where they are.
//! Each round fills a new data directory; the figure is the best of them by the clock on the wall, from opening the
//! directory to the last merge of the index. Processor seconds stand beside it, for a machine that does other work too.

#[allow(dead_code)]
mod machine;

use std::path::{Path, PathBuf};
use std::time::Instant;

use aludel::app::App;
use aludel::config::{Config, Overrides};
use aludel::document::{Limits, parse};
use aludel::model::document::ContentLevel;
use aludel::simulate;
use aludel::worker::ingest::{Report, ingest};

/// Full-text articles a second on two cores.
const TARGET: f64 = 100.0;
const INVENTED: usize = 1200;

fn main() -> anyhow::Result<()> {
    println!("{}", machine::describe());
    let rounds = std::env::var("ALUDEL_BENCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);

    let folder = tempfile::tempdir()?;
    let written = simulate::files::write(folder.path(), INVENTED, &simulate::Config::default())?;
    measure("invented", &full_texts(written), rounds)?;

    let shared = match std::env::var_os("ALUDEL_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let mut real = Vec::new();
    collect(&shared.join("data/jats"), &mut real);
    real.sort();
    let real = full_texts(real);
    if real.is_empty() {
        println!("real: skipped: ../shared/data/jats is not here");
    } else {
        measure("real", &real, rounds)?;
    }
    Ok(())
}

/// The files that hold one full text, and how many bytes each is when inflated.
fn full_texts(files: Vec<PathBuf>) -> Vec<(PathBuf, usize)> {
    let limits = Limits::default();
    let size = |path: &Path| {
        let bytes = inflated(path)?;
        let parsed = parse(&bytes, "jats", &limits).ok()?;
        let is_full = matches!(&*parsed.records, [(document, _)] if document.content_level() == ContentLevel::FullText);
        is_full.then_some(bytes.len())
    };
    files.into_iter().filter_map(|path| size(&path).map(|size| (path, size))).collect()
}

fn measure(name: &str, files: &[(PathBuf, usize)], rounds: usize) -> anyhow::Result<()> {
    let megabytes = files.iter().map(|(_, size)| size).sum::<usize>() as f64 / 1e6;
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    println!("{name}: {} full-text files, {megabytes:.1} MB inflated", files.len());
    let mut best = f64::INFINITY;
    for round in 1..=rounds {
        machine::forget_peak();
        let folder = tempfile::tempdir()?;
        let (start, cpu) = (Instant::now(), machine::cpu_seconds());
        let report = round_in(folder.path(), paths.clone())?;
        let (seconds, cpu) = (start.elapsed().as_secs_f64(), machine::cpu_seconds() - cpu);
        best = best.min(seconds);
        let articles = report.articles as f64;
        println!(
            "  round {round}: {seconds:.2} s, {:.0} articles/s, {:.1} MB/s; {cpu:.2} s of processors, {:.1} ms an article; \
             peak {} MiB; {} passages, {} drafted, {} accepted",
            articles / seconds,
            megabytes / seconds,
            cpu * 1000.0 / articles,
            machine::memory_mib("VmHWM"),
            report.passages,
            report.drafted,
            report.accepted,
        );
    }
    let rate = files.len() as f64 / best;
    println!("  best: {rate:.0} articles/s, {:.2} of the target of {TARGET}; {}", rate / TARGET, machine::describe());
    Ok(())
}

/// What `aludel ingest` does. Checks that every accepted question can be found.
fn round_in(data_dir: &Path, paths: Vec<PathBuf>) -> anyhow::Result<Report> {
    let overrides = Overrides { data_dir: Some(data_dir.to_owned()), ..Overrides::default() };
    let config = Config::load(None, [], overrides)?;
    let app = App::open(&config)?;
    let env = app.env_without_archives(&config)?;
    let report = ingest(&env, paths, &|_| ())?;
    env.index.close_writer()?;
    let found = env.index.stats()?.questions;
    anyhow::ensure!(report.errors.is_empty(), "{:?}", report.errors);
    anyhow::ensure!(found == report.accepted, "{} accepted, {found} in the index", report.accepted);
    Ok(report)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { collect(&entry.path(), files) } else { files.push(entry.path()) }
    }
}

fn inflated(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;
    let raw = std::fs::read(path).ok()?;
    if !raw.starts_with(&[0x1F, 0x8B]) {
        return Some(raw);
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
