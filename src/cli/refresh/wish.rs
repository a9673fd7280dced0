use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use crate::app::{self, App};
use crate::cli::settings::Settings;
use crate::model::status::RefreshStatus;
use crate::release::is_name;
use crate::release::model::alias::roll_back;
use crate::release::publish::Root;
use crate::store::{self, Store};
use crate::worker::jobs::refresh::run as work;
use crate::worker::queue::{self, Order};

/// What a person asks of the open refresh
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Let the champion be the version it was before
#[derive(Debug, clap::Args)]
pub struct RollbackArgs {
    /// The model's name [default: the configuration's]
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Promote,
    Discard,
    Pause,
    Resume,
}

impl Wish {
    fn as_stored(self) -> Option<&'static str> {
        match self {
            Wish::Promote => Some("promote"),
            Wish::Discard => Some("discard"),
            Wish::Pause => Some("pause"),
            Wish::Resume => None,
        }
    }
}

/// Notes the wish; the running service acts on it, else this command does.
///
/// # Errors
/// When no refresh is open, or it is not far enough.
pub fn run(args: &Args, wish: Wish) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let store = Store::open(&config.data_dir.store(), config.clock.clone())?;
    let id = {
        let mut txn = store.write()?;
        let Some(open) = txn.open_refresh()? else { bail!("no refresh is open: `aludel refresh status` shows them") };
        if wish == Wish::Promote && open.status != RefreshStatus::Evaluated {
            bail!("refresh {} is {}: only an evaluated one can be promoted", open.id, open.status.as_str());
        }
        txn.wish_of_refresh(open.id, wish.as_stored())?;
        queue::enqueue(&mut txn, &Order::Refresh {})?;
        txn.commit()?;
        open.id
    };
    drop(store);
    match App::open(&config) {
        // A paused one waits until it is asked for; the service trains, not a command that is done soon.
        Ok(app) if matches!(wish, Wish::Promote | Wish::Discard) => work(&app.env_without_archives(&config)?)?,
        Ok(_) | Err(app::Error::Store(store::Error::InUse { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    let store = Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let Some(refresh) = store.read()?.refresh(id)? else { bail!("refresh {id} is gone") };
    let text = match (&refresh.wish, refresh.status.is_final()) {
        (Some(wish), false) => format!("refresh {id}: {}, asked to {wish}", refresh.status.as_str()),
        _ => format!("refresh {id}: {}", refresh.status.as_str()),
    };
    crate::cli::print_line(if args.json { json!(refresh).to_string() } else { text })
}

/// # Errors
/// When there was no other champion that still stands.
pub fn rollback(args: &RollbackArgs) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let name = args.name.clone().unwrap_or_else(|| config.refresh.name.clone());
    if !is_name(&name) {
        bail!("{name:?} is no name of a model: lower-case letters, digits and hyphens");
    }
    let version = roll_back(&Root::new(config.data_dir.releases()), &name)?;
    let store = Store::open(&config.data_dir.store(), config.clock.clone())?;
    let mut txn = store.write()?;
    txn.note_rollback(&name, &version.to_string())?;
    txn.commit()?;
    let object = json!({ "name": name, "alias": "champion", "version": version });
    let text = format!("{name} champion: {version}");
    crate::cli::print_line(if args.json { object.to_string() } else { text })
}
