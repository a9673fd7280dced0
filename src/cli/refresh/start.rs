use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use crate::app::{self, App};
use crate::cli::settings::Settings;
use crate::config::Config;
use crate::refresh::trigger::judge;
use crate::release::publish::Root;
use crate::store::{self, Store};
use crate::worker::jobs::refresh::{draw_up, run as work, situation};
use crate::worker::queue::{self, Order};

/// Begin a refresh now; the budget holds, the cool-down does not
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Only note it; the running service, or the next one, does it
    #[arg(long)]
    queue: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Ends with 1 when the refresh is refused or fails.
///
/// # Errors
/// When the store can not be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    // Whoever holds the data directory does the work; without anybody it is done here.
    let app = match App::open(&config) {
        Ok(app) if !args.queue => Some(app),
        Ok(_) => None,
        Err(app::Error::Store(store::Error::InUse { .. })) => None,
        Err(error) => return Err(error.into()),
    };
    let store = match &app {
        Some(app) => app.store.clone(),
        None => Store::open(&config.data_dir.store(), config.clock.clone())?,
    };
    let id = match propose(&config, &store)? {
        Ok(id) => id,
        Err(refusals) => {
            if args.json {
                crate::cli::print_line(json!({ "state": "refused", "refusals": refusals }).to_string())?;
            } else {
                eprintln!("no refresh begins: {}", refusals.join("; "));
            }
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(app) = &app {
        let env = app.env_without_archives(&config)?;
        work(&env)?;
    }
    let Some(refresh) = store.read()?.refresh(id)? else { bail!("refresh {id} is gone") };
    let is_failed = refresh.status == crate::model::status::RefreshStatus::Failed;
    let text = format!(
        "refresh {id}: {}{}",
        refresh.status.as_str(),
        refresh.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
    );
    crate::cli::print_line(if args.json { json!(refresh).to_string() } else { text })?;
    Ok(if is_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Proposes one by hand, with its job in the queue.
fn propose(config: &Config, store: &Store) -> anyhow::Result<Result<i64, Vec<String>>> {
    let now = config.clock.now();
    let mut refusals = Vec::new();
    let verdict = {
        let rows = store.read()?;
        if let Some(open) = rows.open_refresh()? {
            refusals.push(format!("refresh {} is {}: one at a time", open.id, open.status.as_str()));
        }
        let verdict = judge(&config.refresh, &situation(&App::refreshes(config), &rows, now, true)?);
        refusals.extend(verdict.refusals.clone());
        refusals.extend(draw_up(&config.refresh, &rows, &Root::new(config.data_dir.releases()), now, 0)?.refusals);
        verdict
    };
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let mut txn = store.write()?;
    let id = txn.propose_refresh("command", &verdict.reasons, &config.refresh.name)?;
    queue::enqueue(&mut txn, &Order::Refresh {})?;
    txn.commit()?;
    Ok(Ok(id))
}
