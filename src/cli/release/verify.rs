use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::settings::Settings;
use crate::release::publish::Root;
use crate::release::verify::verify;

/// Check a release offline: every file, the signature, the schema
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its folder, or a data set's version
    release: String,
    /// The publisher's key: minisign's public key file, or the key itself; without it the one inside the release is used
    #[arg(long, value_name = "FILE|KEY")]
    public_key: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Succeeds only when nothing is wrong.
///
/// # Errors
/// When the folder can not be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = if PathBuf::from(&args.release).is_dir() {
        PathBuf::from(&args.release)
    } else {
        super::find(&Root::new(args.settings.data_dir()?.releases()), &args.release)
    };
    let key = match &args.public_key {
        Some(given) if PathBuf::from(given).is_file() => {
            Some(std::fs::read_to_string(given).with_context(|| format!("cannot read the key {given}"))?)
        }
        other => other.clone(),
    };
    let found = verify(&folder, key.as_deref())?;
    let code = if found.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.json {
        crate::cli::print_line(serde_json::to_string(&found)?)?;
        return Ok(code);
    }
    let mut lines: Vec<String> = found.errors.clone();
    let (name, version) = (found.name.unwrap_or_default(), found.version.unwrap_or_default());
    if let Some(yank) = &found.yanked {
        lines.push(format!("yanked on {}: {}", yank.at, yank.reason));
    }
    if found.ok {
        let key = found.key.unwrap_or_default();
        let known =
            if found.key_known { "the key given" } else { "the key it brings along; --public-key checks whose it is" };
        lines.push(format!("{name} {version}: {} files as they were signed, by {key}, {known}", found.files));
    } else {
        lines.push(format!("{}: not as it was released", folder.display()));
    }
    crate::cli::print_line(lines.join("\n"))?;
    Ok(code)
}
