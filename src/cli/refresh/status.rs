use std::process::ExitCode;

use crate::cli::settings::Settings;
use crate::store::Store;
use crate::web::view;

/// Show the refreshes, the open one with its last step, and what the month has used
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
    let store = Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let view = view::refresh::overview(&*store.read()?, &config.data_dir.refreshes(), config.clock.now())?;
    if args.json {
        return crate::cli::print_line(serde_json::json!(view).to_string());
    }
    let mut out = format!("{:.2} hours used this month\n", view.seconds_used / 3600.0);
    for refresh in &view.refreshes {
        out.push_str(&format!(
            "{:>4}  {:<10} {:<10} {}{}{}\n",
            refresh.id,
            refresh.status.as_str(),
            refresh.cause,
            refresh.created_at.format("%Y-%m-%d"),
            refresh.version.as_ref().map(|version| format!("  {version}")).unwrap_or_default(),
            refresh.reason.as_ref().map(|reason| format!("  {reason}")).unwrap_or_default(),
        ));
    }
    if let Some(step) = view.steps.last() {
        let curves: Vec<String> = step.curves().map(|(name, value)| format!("{name} {value:.4}")).collect();
        out.push_str(&format!("step {}: {}\n", step.step, curves.join(", ")));
    }
    crate::cli::print_bytes(out.as_bytes())
}
