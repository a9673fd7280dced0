use std::process::ExitCode;

use serde_json::json;

use crate::app::App;
use crate::cli::settings::Settings;
use crate::refresh::trigger::judge;
use crate::release::publish::Root;
use crate::store::Store;
use crate::worker::jobs::refresh::{Predicted, Prepared, draw_up, situation};

/// Show what a refresh would be made of now, and what speaks against it; starts nothing
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
    let rows = store.read()?;
    let now = config.clock.now();
    let situation = situation(&App::refreshes(&config), &rows, now, false)?;
    let verdict = judge(&config.refresh, &situation);
    let id = rows.refreshes()?.last().map_or(1, |refresh| refresh.id + 1);
    let drawn = draw_up(&config.refresh, &rows, &Root::new(config.data_dir.releases()), now, id)?;
    let mut refusals = verdict.refusals;
    refusals.extend(drawn.refusals);
    if let Some(open) = rows.open_refresh()? {
        refusals.push(format!("refresh {} is {}", open.id, open.status.as_str()));
    }
    if args.json {
        let object = json!({
            "cause": verdict.cause, "reasons": verdict.reasons, "refusals": refusals, "plan": drawn.prepared,
            "seconds_used": situation.seconds_used,
        });
        return crate::cli::print_line(object.to_string());
    }
    crate::cli::print_bytes(told(&drawn.prepared, &verdict.reasons, &refusals).as_bytes())
}

/// What it will take, in words.
fn predicted(predicted: &Predicted) -> String {
    let seconds = predicted.seconds.map(|seconds| format!("{seconds:.0} seconds"));
    let memory = predicted.memory_bytes.map(|bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)));
    let parts: Vec<String> = [seconds, memory].into_iter().flatten().collect();
    let from = match predicted.parameters {
        Some(parameters) => format!("reckoned from {:.0} million parameters", parameters as f64 / 1e6),
        None => "as the last one went".to_owned(),
    };
    if parts.is_empty() { String::new() } else { format!("about {}, {from}\n", parts.join(" and ")) }
}

fn told(plan: &Prepared, reasons: &[String], refusals: &[String]) -> String {
    let mut out = format!(
        "{} {} with {}, seed {}\n{} questions of {} papers up to {}; {} watched; {} younger than {} to compare on\nagainst {}\n",
        plan.objective.as_str().unwrap_or_default(),
        if plan.base_model.is_empty() { "(no base model)" } else { &plan.base_model },
        plan.engine,
        plan.seed,
        plan.n_train,
        plan.works,
        plan.cutoff,
        plan.n_watched,
        plan.n_future,
        plan.future_after,
        plan.champion.map_or_else(|| "the base model".to_owned(), |version| format!("champion {version}")),
    );
    for alignment in plan.alignments.as_array().into_iter().flatten() {
        let distance = alignment["distance"].as_f64().map_or_else(|| "none".to_owned(), |d| format!("{d:.3}"));
        out.push_str(&format!(
            "topics of {}: {} of {} taken, distance from the literature {distance}\n",
            alignment["part"].as_str().unwrap_or_default(),
            alignment["taken"],
            alignment["available"],
        ));
    }
    out.push_str(&predicted(&plan.predicted));
    for reason in reasons {
        out.push_str(&format!("calls for it: {reason}\n"));
    }
    if reasons.is_empty() {
        out.push_str("nothing calls for it\n");
    }
    for refusal in refusals {
        out.push_str(&format!("speaks against it: {refusal}\n"));
    }
    out
}
