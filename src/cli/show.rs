//! `aludel show`: one question or work, with evidence, standing and history.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::model::document::CellRange;
use crate::model::id::QuestionId;
use crate::store::{Rows, Store};
use crate::web::view::{self, KinView, QuestionView, WorkSummary, WorkView};

use super::settings::Settings;

/// Show a question or a work with its evidence.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A question's id, or a work's DOI, pmid:N, PMCID or row number
    id: String,
    /// Add versions and status changes
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the record; exit code 1 when there is none with that id.
///
/// # Errors
/// When there is no store in the data directory, or it is not readable.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = args.settings.data_dir()?.store();
    let store = Store::open_read(&path, Clock::system()).context("opening the store")?;
    let rows = store.read().context("reading the store")?;
    let bold = std::io::stdout().is_terminal();
    let (text, record) = if let Ok(id) = QuestionId::parse(&args.id)
        && let Some(view) = view::question(&rows, &id)?
    {
        let history = if args.history { view::work(&rows, view.work.id)? } else { None };
        (question_text(&view, history.as_ref(), bold), with_history(json!(view), history.as_ref()))
    } else if let Some(view) = find_work(&rows, &args.id)? {
        let history = args.history.then_some(&view);
        (work_text(&view, history), with_history(json!(view), history))
    } else {
        eprintln!("aludel: there is no question or work {:?}", args.id);
        return Ok(ExitCode::FAILURE);
    };
    if args.json {
        return super::print_bytes(format!("{record}\n").as_bytes());
    }
    super::print_bytes(text.as_bytes())
}

fn find_work(rows: &Rows, name: &str) -> anyhow::Result<Option<WorkView>> {
    Ok(match view::find_work(rows, name)? {
        Some(id) => view::work(rows, id)?,
        None => None,
    })
}

fn with_history(mut record: Value, work: Option<&WorkView>) -> Value {
    if let (Some(fields), Some(work)) = (record.as_object_mut(), work) {
        fields.insert(
            "history".into(),
            json!({
                "versions": work.versions,
                "status": work.work.status,
                "status_reason": work.work.status_reason,
                "status_since": work.work.status_since,
            }),
        );
    }
    record
}

fn question_text(view: &QuestionView, history: Option<&WorkView>, bold: bool) -> String {
    let mut text = String::new();
    banner(&mut text, view.banner.as_deref());
    text.push_str(&format!("{}\n", view.question));
    for (place, option) in view.options.iter().enumerate().take(26) {
        text.push_str(&format!("  {}. {option}\n", (b'A' + place as u8) as char));
    }
    text.push_str(&format!("answer: {}\n", view.answer));
    for evidence in &view.evidence {
        let (before, quote, after) = evidence.pieces();
        let (on, off) = if bold { ("\x1b[1m", "\x1b[0m") } else { (">>", "<<") };
        text.push_str(&format!("\n[{}]\n{before}{on}{quote}{off}{after}\n", evidence.section));
        if let Some(CellRange { first_row, last_row, first_column, last_column }) = evidence.cells {
            text.push_str(&format!("rows {first_row} to {last_row}, columns {first_column} to {last_column}\n"));
        }
        for image in &evidence.images {
            text.push_str(&format!("image: {image}\n"));
        }
    }
    text.push('\n');
    for KinView { kin, answer_text } in &view.alike {
        let (relation, status) = (kin.relation.as_str(), kin.status.as_str());
        text.push_str(&format!(
            "{relation}: {} ({status}) {}\n  answer: {answer_text}\n  in: {} {}\n",
            kin.id, kin.question, kin.title, kin.key
        ));
    }
    summary(&mut text, &view.work);
    let tier = view.tier.map(|tier| format!(", {tier}")).unwrap_or_default();
    text.push_str(&format!("status: {}{tier}\n", view.status.as_str()));
    if let Some(kind) = view.kind {
        text.push_str(&format!("asks for: {}\n", kind.as_str()));
    }
    for stage in &view.verification {
        text.push_str(&format!("  {:<16}{:<8}{}\n", stage.stage.as_str(), stage.verdict.as_str(), stage.reason));
    }
    for review in &view.reviews {
        let (day, decision) = (review.at.format("%Y-%m-%d"), review.decision.as_str());
        let into = review.edited_into.as_ref().map(|id| format!(" (now {id})")).unwrap_or_default();
        text.push_str(&format!("review: {} {day} {decision}{into} {}\n", review.reviewer, review.reason));
    }
    text.push_str(&format!("written by: {} ({})\nid: {}\n", view.generator.kind, view.generator.model, view.id));
    if let Some(work) = history {
        versions(&mut text, work);
    }
    text
}

fn work_text(view: &WorkView, history: Option<&WorkView>) -> String {
    let mut text = String::new();
    banner(&mut text, view.banner.as_deref());
    summary(&mut text, &view.work);
    for tie in &view.relations {
        let side = if tie.stated_by_other { " (stated by the other)" } else { "" };
        text.push_str(&format!("relation: {} {}{side}\n", tie.relation.as_str(), tie.name));
    }
    if let Some(work) = history {
        versions(&mut text, work);
    }
    text.push_str(&format!("questions: {}\n", view.questions.len()));
    for question in &view.questions {
        text.push_str(&format!("  {} {} {}\n", question.id, question.status.as_str(), question.question));
    }
    text
}

fn banner(text: &mut String, banner: Option<&str>) {
    if let Some(banner) = banner {
        text.push_str(&format!("!! {banner}\n\n"));
    }
}

fn summary(text: &mut String, work: &WorkSummary) {
    text.push_str(&format!("work: {}\n      {}\n", work.title, work.names.join(" ")));
    for (name, value) in [
        ("venue", work.venue.clone()),
        ("version", work.version.map(|version| version.to_string())),
        ("first public", work.first_public.map(|day| day.to_string())),
        ("licence", work.licence.clone()),
        ("subjects", (!work.subjects.is_empty()).then(|| work.subjects.join(", "))),
        ("attribution", work.attribution.clone()),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
}

fn versions(text: &mut String, work: &WorkView) {
    text.push_str("history:\n");
    for version in &work.versions {
        let in_use = if version.in_use { ", in use" } else { "" };
        text.push_str(&format!(
            "  version {} from {}: {}, {}, licence {}{in_use}\n",
            version.number, version.source, version.status, version.content_level, version.licence
        ));
    }
    if let (Some(since), Some(reason)) = (&work.work.status_since, &work.work.status_reason) {
        text.push_str(&format!("  {} since {since}: {reason}\n", work.work.status.as_str()));
    }
}
