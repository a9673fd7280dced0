use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::settings::Settings;
use crate::release::catalog;
use crate::release::publish::Root;
use crate::store::Store;

/// Skipped releases shown.
const MOST_SKIPPED: usize = 5;

/// List what was released, and what was skipped
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a release, without its list of files
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When the store or a manifest can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let listed = catalog::list(&Root::new(config.data_dir.releases()))?;
    let store = Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let rows = store.read()?;
    let mut text = String::new();
    for release in &listed {
        let manifest = &release.manifest;
        let stored = rows.release(manifest.kind.as_str(), &manifest.name, &manifest.version.to_string())?;
        let pinned = stored.is_some_and(|stored| stored.pinned);
        if args.json {
            let mut value = json!({
                "kind": manifest.kind, "name": manifest.name, "version": manifest.version, "created": manifest.created,
                "files": manifest.files.len(), "bytes": manifest.bytes(), "path": release.folder, "yanked": release.yanked,
                "pinned": pinned,
            });
            for (key, more) in manifest.more.iter().filter(|(key, _)| *key != "places") {
                value[key] = more.clone();
            }
            let _ = writeln!(text, "{value}");
            continue;
        }
        let rows = manifest.more.get("rows").map_or(String::new(), |rows| format!("  {rows} questions"));
        let yanked = release.yanked.as_ref().map_or(String::new(), |yank| format!("  YANKED: {}", yank.reason));
        let _ = writeln!(
            text,
            "{:<8} {:<20} {:<10} {}{rows}  {}{}{yanked}",
            manifest.kind.as_str(),
            manifest.name,
            manifest.version.to_string(),
            manifest.created,
            crate::release::size(manifest.bytes()),
            if pinned { "  pinned" } else { "" },
        );
    }
    if !args.json {
        for release in rows.releases("dataset")?.iter().filter(|release| release.published_at.is_none()) {
            let _ = writeln!(
                text,
                "{:<8} {:<20} {:<10} {}",
                release.kind,
                release.name,
                release.version,
                release.status.as_str()
            );
        }
        for (at, subject, reason) in rows.audited("release_skipped", MOST_SKIPPED)? {
            let _ = writeln!(text, "skipped  {subject} on {}: {reason}", at.date_naive());
        }
        if text.is_empty() {
            text.push_str("nothing was released yet: `aludel release dataset` makes a data set\n");
        }
    }
    crate::cli::print_bytes(text.as_bytes())
}
