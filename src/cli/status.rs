//! `aludel status`: what there is, and how far everything got.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::index::{self, Index};
use crate::store::Store;
use crate::web::view;

use super::settings::Settings;

/// Show counts by state, sources, jobs, and how far the index is behind
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When there is no store, or it can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let dir = &config.data_dir;
    let store = Store::open_read(&dir.store(), config.clock.clone())?;
    let index = match Index::open_existing(&dir.index()) {
        Ok(index) => Some(index),
        Err(index::Error::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut status = view::status(&*store.read()?, index.as_ref(), config.clock.now().timestamp_millis())?;
    status.insert("disk".to_owned(), json!({ "store_bytes": size(&dir.store()), "index_bytes": size(&dir.index()) }));
    let status = serde_json::Value::Object(status);
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
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        serde_json::Value::Number(number) if number.is_f64() => format!("{:.3}", number.as_f64().unwrap_or_default()),
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
