//! `aludel check`: is the store what it should be, and the index what the store says.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::clock::Clock;
use crate::index::{self, Index};
use crate::store::Store;
use crate::worker::jobs;

use super::settings::Settings;

/// Check the store (every quote against its passage) and the index against it
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Build the index anew from the store when it differs
    #[arg(long)]
    repair: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When there is no store, or it can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.settings.data_dir()?;
    let _lock = if args.repair { Some(dir.lock()?) } else { None };
    let store = Store::open_read(&dir.store(), Clock::system())?;
    let read = store.read()?;
    let report = read.check()?;
    let mut index_faults = index_faults(&store, &dir.index())?;
    drop(read);
    let mut repaired = None;
    if args.repair && !index_faults.is_empty() {
        let index = match Index::open(&dir.index(), &index::Config::default()) {
            Ok(index) => index,
            Err(_) => {
                std::fs::remove_dir_all(dir.index())?;
                Index::open(&dir.index(), &index::Config::default())?
            }
        };
        repaired = Some(jobs::index::rebuild(&store, &index)?);
        index.close_writer()?;
        drop(index);
        index_faults = self::index_faults(&store, &dir.index())?;
    }
    let ok = report.n_faults == 0 && index_faults.is_empty();
    if args.json {
        super::print_line(
            json!({
                "ok": ok, "passages": report.passages, "questions": report.questions, "evidence": report.evidence,
                "evidence_of_accepted": report.evidence_of_accepted, "faults": report.faults, "n_faults": report.n_faults,
                "index_faults": index_faults, "reindexed_works": repaired,
            })
            .to_string(),
        )?;
    } else {
        let mut lines = vec![format!(
            "{} quotes compared with their passages ({} of accepted questions), {} questions, {} passages",
            report.evidence, report.evidence_of_accepted, report.questions, report.passages
        )];
        lines.extend(report.faults.iter().chain(&index_faults).cloned());
        lines.extend(repaired.map(|n| format!("index built anew from {n} works")));
        lines.push(if ok { "all is well" } else { "not all is well" }.to_owned());
        super::print_line(lines.join("\n"))?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What sets the index apart from the store; at most a hundred sentences.
fn index_faults(store: &Store, folder: &Path) -> anyhow::Result<Vec<String>> {
    const MOST: usize = 100;
    let index = match Index::open_existing(folder) {
        Ok(index) => index,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let read = store.read()?;
    let mut faults = match jobs::index::held(&index) {
        Ok(held) => jobs::index::diff(&jobs::index::expected(&read)?, &held),
        Err(error) => vec![error.to_string()],
    };
    let damaged = index.damaged_files()?;
    faults.extend(damaged.iter().map(|file| format!("index file {} is damaged", file.display())));
    if faults.len() > MOST {
        let more = faults.len() - MOST;
        faults.truncate(MOST);
        faults.push(format!("and {more} more"));
    }
    Ok(faults)
}
