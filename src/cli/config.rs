//! `aludel config check`: can the service start with this configuration?

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::settings::ArchiveSettings;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read the file and the environment, and say what is wrong or what is in force
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    settings: ArchiveSettings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// The exit code is 1 when something is wrong.
///
/// # Errors
/// When standard output can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Check(args) = &args.command;
    let loaded = args.settings.load();
    let mut faults = Vec::new();
    let mut lines = Vec::new();
    match &loaded {
        Ok(config) => {
            faults.extend(config.unreadable_files());
            faults.extend(config.needs_contact());
            let file = config.origin.as_ref().map_or("no file".to_owned(), |path| path.display().to_string());
            let sources: Vec<&str> = config.schedules.keys().map(|name| name.as_str()).collect();
            lines.push(format!("configuration  {file}"));
            lines.push(format!("data directory {}", config.data_dir.root().display()));
            lines.push(format!("web            http://{}", config.web.listen));
            lines.push(format!(
                "sources        {}",
                if sources.is_empty() { "none".to_owned() } else { sources.join(", ") }
            ));
        }
        Err(error) => faults.push(error.to_string()),
    }
    let ok = faults.is_empty();
    if args.json {
        super::print_line(json!({ "ok": ok, "errors": faults }).to_string())?;
    } else {
        faults.iter().for_each(|fault| eprintln!("aludel: {fault}"));
        if ok {
            lines.push("the configuration can be used".to_owned());
            super::print_line(lines.join("\n"))?;
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
