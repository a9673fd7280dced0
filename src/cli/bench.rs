//! `aludel bench`: a run that is measured.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};

use crate::app::App;
use crate::interval::Share;
use crate::model::id::QuestionId;
use crate::model::question::{QuestionKind, Stage};
use crate::model::review::Balance;
use crate::model::status::QuestionStatus;
use crate::review::Draw;
use crate::store::call::StageSpend;
use crate::store::count::DraftedBy;
use crate::store::stage::StageWork;
use crate::store::{DataDir, Rows};
use crate::web::view::{self, QuestionView};
use crate::worker::ingest::{Report, ingest, list_files};
use crate::worker::jobs;
use crate::worker::queue::Order;

use super::settings::Settings;

/// Rejections that are listed, those of most questions.
const MOST_REASONS: usize = 25;
/// Ids read at a time.
const PAGE: usize = 10_000;

/// A run that is measured
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Draft from files with the configured generators, and print rates, costs, the mix of types and a random sample
    Questions(QuestionsArgs),
}

#[derive(Debug, clap::Args)]
struct QuestionsArgs {
    /// Files and folders
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Accepted questions that are shown
    #[arg(long, value_name = "N", default_value_t = 20)]
    sample: usize,
    /// Another seed draws another sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Folder for the store: model calls that were answered are not paid for again by the next run. Without it a temporary one
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// # Errors
/// When the folder can not be written, or a model fails that is asked.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Questions(args) = &args.command;
    let mut config = args.settings.load()?;
    let temporary = tempfile::tempdir().context("a temporary folder")?;
    config.data_dir = DataDir::new(args.keep.as_deref().unwrap_or(temporary.path()));
    let place = || format!("the folder {}", config.data_dir.root().display());
    let app = App::open(&config).with_context(place)?;
    let env = app.env_without_archives(&config).with_context(place)?;
    let (files, faults) = list_files(&args.paths);
    let began = Instant::now();
    let report = ingest(&env, files, &|_| ()).with_context(place)?;
    jobs::run(&env, &Order::Trial {}).context("trying the questions")?;
    let seconds = began.elapsed().as_secs_f64();
    env.index.close_writer()?;
    for fault in faults.iter().chain(&report.errors) {
        eprintln!("{}: {}", fault.path.display(), fault.reason);
    }
    let rows = env.store.read()?;
    let found = Found::gather(&rows, report, seconds, args)?;
    if args.json {
        return super::print_line(found.json().to_string());
    }
    super::print_bytes(found.text().as_bytes())
}

struct Found {
    report: Report,
    seconds: f64,
    drafted_by: Vec<DraftedBy>,
    balance: Balance,
    kinds: BTreeMap<String, u64>,
    stages: Vec<StageWork>,
    spend: Vec<StageSpend>,
    seed: u64,
    sample: Vec<QuestionView>,
}

impl Found {
    fn gather(rows: &Rows, report: Report, seconds: f64, args: &QuestionsArgs) -> anyhow::Result<Self> {
        let mut draw = Draw::new(args.seed, args.sample);
        let mut after = None;
        loop {
            let ids = rows.question_ids(QuestionStatus::Accepted, after.as_ref(), PAGE)?;
            let Some(last) = ids.last().cloned() else { break };
            ids.iter().for_each(|id| draw.offer(id.as_str()));
            after = Some(last);
        }
        let sample = draw.finish().into_iter().map(|id| {
            let id = QuestionId::parse(&id).context("an id of the sample")?;
            view::question(rows, &id)?.context("a question of the sample")
        });
        Ok(Found {
            report,
            seconds,
            drafted_by: rows.drafted_by_generator()?,
            balance: rows.balance()?,
            kinds: rows.question_kinds()?,
            stages: rows.stage_work()?,
            spend: rows.spend_by_stage()?,
            seed: args.seed,
            sample: sample.collect::<anyhow::Result<_>>()?,
        })
    }

    fn json(&self) -> Value {
        let drafted_by = self.drafted_by.iter().map(|by| {
            json!({ "generator": by.kind, "drafted": by.drafted, "accepted": Share::new(by.accepted, by.drafted) })
        });
        json!({
            "articles": self.report.articles, "seconds": self.seconds, "drafted": self.report.drafted,
            "accepted": self.balance.questions, "rejected": self.report.rejected,
            "generators": drafted_by.collect::<Vec<_>>(), "answer_types": self.balance.answer_types,
            "booleans": self.balance.booleans, "directions": self.balance.directions, "positions": self.balance.positions,
            "kinds": self.kinds, "stages": self.stages, "model_calls": self.spend, "seed": self.seed, "sample": self.sample,
        })
    }

    fn text(&self) -> String {
        let Found { report, balance, .. } = self;
        let mut lines = vec![format!(
            "{} articles in {:.1} s, {} drafts, {} questions accepted ({:.1} an article)",
            report.articles,
            self.seconds,
            report.drafted,
            balance.questions,
            balance.questions as f64 / report.articles.max(1) as f64
        )];
        for by in &self.drafted_by {
            let share = Share::new(by.accepted, by.drafted).map_or_else(|| "-".to_owned(), |share| share.to_string());
            lines.push(format!("  {}: {} drafted, {} accepted, {share}", by.kind, by.drafted, by.accepted));
        }
        for (what, counts) in [
            ("answers", &balance.answer_types),
            ("yes or no", &balance.booleans),
            ("directions", &balance.directions),
            ("right options", &balance.positions),
            ("kinds", &self.kinds),
        ] {
            let all: u64 = counts.values().sum();
            let parts: Vec<String> = counts
                .iter()
                .map(|(name, n)| format!("{name} {n} ({:.0} %)", 100.0 * *n as f64 / all.max(1) as f64))
                .collect();
            if !parts.is_empty() {
                lines.push(format!("{what}: {}", parts.join(", ")));
            }
        }
        lines.push(format!(
            "\n{:<16} {:>9} {:>9} {:>9} {:>11} {:>10} {:>8} {:>12} {:>9}",
            "stage", "passed", "failed", "review", "not failed", "seconds", "calls", "tokens", "cost"
        ));
        for StageWork { stage, passed, failed, review, pass_rate, seconds, spend } in &self.stages {
            lines.push(format!(
                "{:<16} {passed:>9} {failed:>9} {review:>9} {:>9.1} % {seconds:>10.2} {:>8} {:>12} {:>9.4}",
                Stage::as_str(*stage),
                pass_rate * 100.0,
                spend.calls,
                spend.prompt_tokens + spend.completion_tokens,
                spend.cost_micros as f64 / 1e6
            ));
        }
        for StageSpend { model, stage, spend } in self.spend.iter().filter(|spend| spend.stage == "draft") {
            lines.push(format!(
                "{stage} by {model}: {} calls, {} tokens in, {} out, cost {:.4}",
                spend.calls,
                spend.prompt_tokens,
                spend.completion_tokens,
                spend.cost_micros as f64 / 1e6
            ));
        }
        let mut reasons: Vec<(&String, &u64)> = report.rejected.iter().collect();
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        lines.push(String::new());
        lines.extend(reasons.iter().take(MOST_REASONS).map(|(reason, n)| format!("{n:>6} rejected, {reason}")));
        lines.push(format!("\n{} accepted questions, drawn with seed {}:", self.sample.len(), self.seed));
        for (number, view) in (1..).zip(&self.sample) {
            lines.push(format!("\n{number}. {}", view.question));
            lines.extend(('A'..='Z').zip(&view.options).map(|(letter, option)| format!("   {letter}. {option}")));
            let kind = view.kind.map(QuestionKind::as_str).map(|kind| format!(", {kind}")).unwrap_or_default();
            lines.push(format!("   key: {} ({}{kind}; {})", view.answer, view.answer_spec.kind(), view.generator.kind));
            lines.extend(view.evidence.iter().map(|evidence| format!("   > {}", evidence.quote.replace('\n', " / "))));
            lines.push(format!("   {}", view.work.key));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}
