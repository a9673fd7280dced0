//! Articles a second and megabytes a second, one core, from inflated bytes in memory.
//!
//! `cargo bench --bench parse` reads ../shared/data (or `ALUDEL_SHARED`); `benches/parse_peers.py` runs it beside other
//! parsers on the same bytes. Each figure is the best of several rounds over all files.

use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aludel::document::{Limits, parse};

const ROUNDS: usize = 7;

fn main() {
    let shared = match std::env::var_os("ALUDEL_SHARED") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    for set in ["jats", "pubmed"] {
        let mut files = Vec::new();
        collect(&shared.join("data").join(set), &mut files);
        files.sort();
        let loaded: Vec<Vec<u8>> = files.iter().filter_map(|path| inflated(path)).collect();
        let limits = Limits::default();
        let usable: Vec<&Vec<u8>> = loaded.iter().filter(|bytes| parse(bytes, set, &limits).is_ok()).collect();
        if usable.is_empty() {
            println!("{set}: skipped: ../shared/data is not here");
            continue;
        }
        let bytes: usize = usable.iter().map(|bytes| bytes.len()).sum();
        let (mut records, mut best) = (0, f64::INFINITY);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            records = 0;
            for bytes in &usable {
                records += black_box(parse(bytes, set, &limits)).map_or(0, |parsed| parsed.records.len());
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        let (rate, speed) = (records as f64 / best, bytes as f64 / best / 1e6);
        println!("{set}: {records} records, {bytes} bytes, {best:.4} s, {rate:.0} records/s, {speed:.1} MB/s");
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { collect(&entry.path(), files) } else { files.push(entry.path()) }
    }
}

fn inflated(path: &Path) -> Option<Vec<u8>> {
    let raw = std::fs::read(path).ok()?;
    if !raw.starts_with(&[0x1F, 0x8B]) {
        return Some(raw);
    }
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
