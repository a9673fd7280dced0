//! `aludel check`: is the store what it should be, and the index what the store says, and the releases what they were.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::clock::Clock;
use crate::index::{self, Index};
use crate::release::manifest::Kind;
use crate::release::publish::Root;
use crate::release::verify::verify;
use crate::store::Store;
use crate::worker::jobs;

use super::settings::Settings;

/// Check the store (every quote against its passage), the index against it, and every published release
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
    let release_faults = release_faults(&store, &Root::new(dir.releases()))?;
    let ok = report.n_faults == 0 && index_faults.is_empty() && release_faults.is_empty();
    if args.json {
        super::print_line(
            json!({
                "ok": ok, "passages": report.passages, "questions": report.questions, "evidence": report.evidence,
                "evidence_of_accepted": report.evidence_of_accepted, "faults": report.faults, "n_faults": report.n_faults,
                "index_faults": index_faults, "reindexed_works": repaired, "release_faults": release_faults,
            })
            .to_string(),
        )?;
    } else {
        let mut lines = vec![format!(
            "{} quotes compared with their passages ({} of accepted questions), {} questions, {} passages",
            report.evidence, report.evidence_of_accepted, report.questions, report.passages
        )];
        lines.extend(report.faults.iter().chain(&index_faults).chain(&release_faults).cloned());
        lines.extend(repaired.map(|n| format!("index built anew from {n} works")));
        lines.push(if ok { "all is well" } else { "not all is well" }.to_owned());
        super::print_line(lines.join("\n"))?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What sets the folders of releases apart from what the store says was published, file by file.
fn release_faults(store: &Store, root: &Root) -> anyhow::Result<Vec<String>> {
    let read = store.read()?;
    let mut faults = Vec::new();
    for kind in [Kind::Dataset, Kind::Model] {
        for release in read.releases(kind.as_str())? {
            let (Some(_), None, Ok(version)) = (release.published_at, release.removed_at, release.version.parse())
            else {
                continue;
            };
            let named = format!("release {} {}", release.name, release.version);
            match verify(&root.folder(kind, &release.name, version), None) {
                Ok(found) => faults.extend(found.errors.iter().map(|error| format!("{named}: {error}"))),
                Err(error) => faults.push(format!("{named}: {error}")),
            }
        }
    }
    Ok(faults)
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
