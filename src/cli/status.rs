//! `aludel status`: what there is, and how far everything got.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::clock::Clock;
use crate::index::Index;
use crate::store::Store;

use super::data::DataArgs;

/// Show counts by state, sources, jobs, and how far the index is behind
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When there is no store, or it can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = args.data.dir();
    let clock = Clock::system();
    let store = Store::open_read(&dir.store(), clock.clone())?;
    let counts = store.read()?.counts()?;
    let followed = Index::open_existing(&dir.index()).and_then(|index| index.sequence()).ok().flatten();
    let last = u64::try_from(counts.last_change).unwrap_or(0);
    let behind = last.saturating_sub(followed.unwrap_or(0));
    let sources: serde_json::Map<String, serde_json::Value> = counts
        .sources
        .iter()
        .map(|(name, count)| {
            let received = count.last_received_ms.max(count.checkpoint_moved_ms);
            let lag = received.map(|at| (clock.now().timestamp_millis() - at) / 1000);
            let value = json!({ "versions": count.versions, "checkpoint_day": count.checkpoint_day, "seconds_since_news": lag });
            (name.clone(), value)
        })
        .collect();
    let status = json!({
        "works": counts.works,
        "versions": counts.versions,
        "questions": counts.questions,
        "tiers": counts.tiers,
        "answer_types": counts.answer_types,
        "rejected": counts.rejected,
        "withdrawn": counts.withdrawn,
        "sources": sources,
        "jobs": counts.jobs,
        "files": counts.files,
        "index": { "sequence": followed, "behind": behind },
        "disk": { "store_bytes": size(&dir.store()), "index_bytes": size(&dir.index()) },
        "drift": null,
        "last_refresh": null,
        "last_releases": [],
        "budgets": {},
    });
    if args.json {
        return super::print_line(status.to_string());
    }
    let mut out = String::new();
    for (name, value) in status.as_object().into_iter().flatten() {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            out.push_str(&format!("{name:<13} {}\n", plain(value)));
        }
    }
    super::print_line(out.trim_end().to_owned())
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) if map.is_empty() => "-".to_owned(),
        serde_json::Value::Object(map) => {
            let parts = map.iter().map(|(name, value)| match value {
                serde_json::Value::Object(_) => format!("{name} ({})", plain(value)),
                _ => format!("{name} {}", plain(value)),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Bytes of a file, or of everything in a folder.
fn size(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
        Err(_) => path.metadata().map_or(0, |meta| meta.len()),
    }
}
