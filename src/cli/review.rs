//! `aludel review`: questions before a person, and what the person says.

use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::app::{self, App};
use crate::config::Config;
use crate::model::id::QuestionId;
use crate::model::question::Outcome;
use crate::model::review::{Decision, Edit, Sampled, is_reviewer};
use crate::review::protocol;
use crate::store::review::NewReview;
use crate::store::{self, Store};
use crate::verify::Report;
use crate::web::view::review::{ReviewView, figures, next_review, sampled_for};
use crate::worker::{jobs, queue};

use super::settings::Settings;

/// Look at questions, and say which may be kept
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The question to look at next: conflicts, random samples, the least sure, the least seen topics, second looks, in turn
    Next(NextArgs),
    /// The question may be kept: it becomes `reviewed`
    Accept(AcceptArgs),
    /// It may not
    Reject(RejectArgs),
    /// It may in other words, or with another key: what is proposed is verified as a question of its own, the old one rejected
    Edit(EditArgs),
    /// How accuracy and bias are estimated, and the estimates: random samples, agreement, balance
    Protocol(ProtocolArgs),
}

#[derive(Debug, clap::Args)]
struct Person {
    /// Your name, kept with what you say
    #[arg(long, value_name = "NAME", env = "ALUDEL_REVIEWER")]
    reviewer: String,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct NextArgs {
    /// Only of this kind: conflict, audit, uncertain, topic, second, rejected
    #[arg(long, value_name = "KIND", value_parser = sampled)]
    source: Option<Sampled>,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
struct AcceptArgs {
    /// The question's id
    id: String,
    /// A word on it
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
struct RejectArgs {
    /// The question's id
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
struct EditArgs {
    /// The question's id
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The question in other words
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// Another key, as an answer spec in JSON
    #[arg(long, value_name = "JSON")]
    answer: Option<String>,
    /// A sentence of the paper that bears it out, copied exactly; may be given several times
    #[arg(long, value_name = "TEXT")]
    evidence: Vec<String>,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
struct ProtocolArgs {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

fn sampled(name: &str) -> Result<Sampled, String> {
    let known = Sampled::from_name(name).filter(|sampled| *sampled != Sampled::Asked);
    known.ok_or_else(|| "conflict, audit, uncertain, topic, second or rejected".to_owned())
}

/// # Errors
/// When there is no store or no such question, or the store can not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Next(args) => next(args),
        Command::Accept(args) => decide(&args.person, &args.id, Decision::Accept, &args.reason, None),
        Command::Reject(args) => decide(&args.person, &args.id, Decision::Reject, &args.reason, None),
        Command::Edit(args) => decide(&args.person, &args.id, Decision::Edit, &args.reason, Some(args)),
        Command::Protocol(args) => print_protocol(args),
    }
}

fn next(args: &NextArgs) -> anyhow::Result<ExitCode> {
    let person = &args.person;
    let reviewer = name_of(person)?;
    let config = person.settings.load()?;
    let store = Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let view = next_review(&*store.read()?, reviewer, args.source)?;
    if person.json {
        return super::print_line(json!({ "question": view }).to_string());
    }
    super::print_bytes(view.map_or_else(|| "nothing left to review\n".to_owned(), |view| text(&view)).as_bytes())
}

fn text(view: &ReviewView) -> String {
    let mut text = format!("{}\n", view.question);
    for (letter, option) in ('A'..='Z').zip(&view.options) {
        text.push_str(&format!("  {letter}. {option}\n"));
    }
    text.push_str(&format!("key: {}\n", view.answer));
    for evidence in &view.evidence {
        let (before, quote, after) = evidence.pieces();
        text.push_str(&format!("\n[{}]\n{before}>>{quote}<<{after}\n", evidence.section));
    }
    text.push_str(&format!("\nin: {} {}\n", view.title, view.work));
    for one in &view.conflicts {
        text.push_str(&format!(
            "asked the same, answered otherwise: {} {}\n  key: {}\n  in: {} {}\n",
            one.kin.id, one.kin.question, one.answer_text, one.kin.title, one.kin.key
        ));
    }
    text.push_str(&format!("id: {0}\naludel review accept|reject|edit {0}\n", view.id));
    text
}

fn name_of(person: &Person) -> anyhow::Result<&str> {
    let name = person.reviewer.trim();
    if !is_reviewer(name) {
        bail!("--reviewer: give a name of at most 80 characters");
    }
    Ok(name)
}

fn decide(
    person: &Person,
    id: &str,
    decision: Decision,
    reason: &str,
    edit: Option<&EditArgs>,
) -> anyhow::Result<ExitCode> {
    let reviewer = name_of(person)?.to_owned();
    let reason = reason.trim().to_owned();
    if reason.is_empty() && decision != Decision::Accept {
        bail!("--reason: say why, others will ask");
    }
    let question = QuestionId::parse(id).with_context(|| format!("{id:?} is no question's id"))?;
    let config = person.settings.load()?;
    let (store, app) = open(&config)?;
    let rows = store.read()?;
    let old = rows.question(&question)?.with_context(|| format!("there is no question {id}"))?;
    let edit = edit.map(|args| -> anyhow::Result<Edit> {
        if args.question.is_none() && args.answer.is_none() && args.evidence.is_empty() {
            bail!("an edit changes something: --question, --answer or --evidence");
        }
        let answer =
            args.answer.as_deref().map(serde_json::from_str).transpose().context("--answer: no answer spec")?;
        Ok(Edit {
            question: args.question.clone().unwrap_or_else(|| old.question.clone()),
            answer: answer.unwrap_or_else(|| old.answer.clone()),
            evidence: args.evidence.clone(),
        })
    });
    let edit = edit.transpose()?;
    let sampled = sampled_for(&rows, &reviewer, &question)?;
    drop(rows);
    let mut txn = store.write()?;
    let new = NewReview { question, reviewer, decision, reason, sampled, edit };
    let recorded = queue::review(&mut txn, &new)?;
    txn.commit()?;
    let mut answer = json!({ "id": id, "decision": decision, "status": recorded.status, "tier": recorded.tier });
    let mut told = format!("{id} is {}", recorded.status.as_str());
    if let Some(tier) = recorded.tier {
        told.push_str(&format!(", {}", tier.as_str()));
    }
    if decision == Decision::Edit {
        let edited = match &app {
            // Nobody else will do it now.
            Some(app) => jobs::edit::run(&app.env_without_archives(&config)?, recorded.row)?,
            None => None,
        };
        answer["edit"] = match &edited {
            Some((id, outcome)) => {
                let verdict = if matches!(outcome, Outcome::Accepted(_)) { "accepted" } else { "rejected" };
                let report = Report::new(json!(id), outcome);
                let why = report.failed_stage().map(|failed| format!(": {}: {}", failed.stage.as_str(), failed.reason));
                told.push_str(&format!("; the edit is {id}, {verdict}{}", why.unwrap_or_default()));
                json!(report)
            }
            None => {
                told.push_str("; the edit is queued for the service");
                Value::Null
            }
        };
    }
    super::print_line(if person.json { answer.to_string() } else { told })
}

/// The store to write to, and the whole program when no other one holds the data directory. Beside a running service only the store is
/// written: it notices by itself.
fn open(config: &Config) -> anyhow::Result<(Store, Option<App>)> {
    let path = config.data_dir.store();
    // A store of another version is left to the service, which may be of that version.
    drop(Store::open_read(&path, config.clock.clone()).context("opening the store")?);
    match App::open(config) {
        Ok(app) => Ok((app.store.clone(), Some(app))),
        Err(app::Error::Store(store::Error::InUse { .. })) => Ok((Store::open(&path, config.clock.clone())?, None)),
        Err(error) => Err(error.into()),
    }
}

fn print_protocol(args: &ProtocolArgs) -> anyhow::Result<ExitCode> {
    let config = args.settings.load()?;
    let store = Store::open_read(&config.data_dir.store(), config.clock.clone())?;
    let figures = figures(&*store.read()?)?;
    let text = if args.json { json!(figures).to_string() + "\n" } else { protocol::markdown(&figures) };
    super::print_bytes(text.as_bytes())
}
