use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::json;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::release::sign::{Signer, key_id};
use crate::worker::jobs::release::{Ask, Made, dataset, key_file};
use crate::worker::queue::Cause;

/// Release a data set from what the store holds now
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// The release's date instead of now (2026-11-01, or with a time): the same store then gives the same bytes
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<DateTime<Utc>>,
    /// Leave it aside, for `aludel release publish`
    #[arg(long)]
    stage: bool,
    /// Only take out what was retracted or taken down: a patch release
    #[arg(long)]
    patch: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// A day, or a moment with its offset.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()))
        .map_err(|_| format!("{text:?} is neither a day, such as 2026-11-01, nor a time, such as 2026-11-01T04:30:00Z"))
}

/// # Errors
/// When the data directory is in use, the disk too full, or a file can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let config = args.settings.load()?;
    let place = || format!("the data directory {}", config.data_dir.root().display());
    let app = App::open(&config).with_context(place)?;
    let env = app.env_without_archives(&config).with_context(place)?;
    let bar = super::bar("questions");
    let cause = if args.patch { Cause::Takedown } else { Cause::Command };
    let made = dataset(&env, Ask { cause, at: args.at, stage: args.stage }, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    let (state, folder, manifest) = match made {
        Made::Skipped { reason } => {
            let line = if args.json {
                json!({ "state": "skipped", "reason": reason, "seconds": seconds }).to_string()
            } else {
                format!("no release: {reason}")
            };
            return crate::cli::print_line(line);
        }
        Made::Sealed { folder, manifest } => ("sealed", folder, manifest),
        Made::Published { folder, manifest } => ("published", folder, manifest),
    };
    let signer = Signer::open(&key_file(&env))?;
    let key = crate::release::sign::public_key(&signer.public_key()?).map_err(anyhow::Error::msg)?;
    if args.json {
        let object = json!({
            "state": state, "name": manifest.name, "version": manifest.version, "path": folder, "rows": manifest.more["rows"],
            "works": manifest.more["works"], "tombstones": manifest.more["tombstones"], "changes": manifest.more["changes"],
            "files": manifest.files.len(), "bytes": manifest.bytes(), "key": key_id(&key), "seconds": seconds,
            "peak_rss_bytes": crate::cli::peak_rss_bytes(),
        });
        return crate::cli::print_line(object.to_string());
    }
    let mut text = format!(
        "{} {} {state}: {} questions from {} papers, {} tombstones; {} files, {}\n{}\nsigned with key {} ({})",
        manifest.name,
        manifest.version,
        manifest.more["rows"],
        manifest.more["works"],
        manifest.more["tombstones"],
        manifest.files.len(),
        crate::release::size(manifest.bytes()),
        folder.display(),
        key_id(&key),
        signer.public_key()?.lines().last().unwrap_or_default(),
    );
    if let Some(changes) = manifest.more["changes"].as_object() {
        let counts: Vec<String> = changes.iter().map(|(kind, n)| format!("{n} {}", kind.replace('_', " "))).collect();
        text.push_str(&format!("\nsince {}: {}", manifest.more["previous"].as_str().unwrap_or("-"), counts.join(", ")));
    }
    crate::cli::print_line(text)
}
