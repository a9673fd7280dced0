//! `aludel topics`: the set of topics, and the classifier that labels what has no label.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use serde_json::json;

use crate::topic::classifier::Config;
use crate::topic::{Classifier, Example, Scores, Taxonomy, evaluate};

use super::drift::read::{RowArgs, Texts, taxonomy};

/// List the topics; train, evaluate and use the classifier
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every topic with its labels, and the labels that came or went
    List(ListArgs),
    /// Train a classifier on labelled texts, and say how good it is on the newest of them
    Train(TrainArgs),
    /// Say how good a classifier is on labelled texts
    Eval(EvalArgs),
    /// Label texts: their own labels where there are any, else the classifier's
    Label(LabelArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Other topics than the program's own
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// One JSON object a topic
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct TrainArgs {
    #[command(flatten)]
    rows: RowArgs,
    /// Only texts before this day
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// Where the classifier is written
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Inverse strength of the penalty on weights
    #[arg(long, default_value_t = Config::default().c)]
    c: f64,
    /// Below this probability a text stays unassigned
    #[arg(long, default_value_t = Config::default().least_confidence)]
    least_confidence: f64,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct EvalArgs {
    #[command(flatten)]
    rows: RowArgs,
    /// Only texts from this day on; those that it was trained on are left out in any case
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct LabelArgs {
    #[command(flatten)]
    rows: RowArgs,
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// One JSON object a text, with probabilities
    #[arg(long)]
    json: bool,
}

/// # Errors
/// Whatever stopped the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Train(args) => train(args),
        Command::Eval(args) => eval(args),
        Command::Label(args) => label(args),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let taxonomy = taxonomy(args.taxonomy.as_deref())?;
    let mut text = String::new();
    if !args.json {
        let _ = writeln!(text, "version {}, {} topics", taxonomy.version(), taxonomy.topics().len());
    }
    for topic in taxonomy.topics() {
        let changes: Vec<_> = taxonomy.changes().iter().filter(|change| change.topic == topic.id).collect();
        if args.json {
            let line = json!({
                "id": topic.id, "name": topic.name, "labels": topic.labels, "retired": topic.retired, "changes": changes,
                "version": taxonomy.version(),
            });
            text.push_str(&format!("{line}\n"));
            continue;
        }
        // Writing to a String can not fail, here and below.
        let _ = writeln!(text, "{:<40} {}", topic.id, topic.name);
        if !topic.labels.is_empty() {
            let _ = writeln!(text, "    also {}", topic.labels.join("; "));
        }
        for change in changes {
            let until = change.until.map_or(String::new(), |day| format!(" until {day}"));
            let became = change.became.as_ref().map_or(String::new(), |name| format!(", now {name}"));
            let _ = writeln!(text, "    {}{until}{became}", change.label);
        }
    }
    super::print_bytes(text.as_bytes())
}

/// The labelled texts of a table.
fn examples(rows: &RowArgs) -> anyhow::Result<(Vec<Example>, u32)> {
    let version = rows.taxonomy()?.map_or(0, |taxonomy: Taxonomy| taxonomy.version());
    let table = rows.read(Texts::All)?;
    let examples: Vec<Example> = table
        .rows
        .into_iter()
        .filter(|row| !row.topics.is_empty() && row.text.chars().any(char::is_alphanumeric))
        .map(|row| Example { date: row.date, text: row.text, topics: row.topics })
        .collect();
    if examples.is_empty() {
        bail!("no row has a known label and a text (title, keywords or abstract)");
    }
    Ok((examples, version))
}

fn train(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    if !(args.c > 0.0 && args.c < 1e9 && (0.0..=1.0).contains(&args.least_confidence)) {
        bail!("--c has to be above 0, and --least-confidence from 0 to 1");
    }
    let (mut examples, version) = examples(&args.rows)?;
    examples.retain(|example| args.until.is_none_or(|until| example.date < until));
    let config = Config { c: args.c, least_confidence: args.least_confidence, ..Config::default() };
    let began = std::time::Instant::now();
    let model = Classifier::train(&examples, version, &config)?;
    let seconds = began.elapsed().as_secs_f64();
    std::fs::write(&args.model, model.to_bytes()?)
        .with_context(|| format!("can not write {}", args.model.display()))?;
    if args.json {
        let object = json!({
            "n": model.n, "from": model.from, "to": model.to, "topics": model.topics, "temperature": model.temperature,
            "scores": model.scores, "seconds": seconds,
        });
        return super::print_line(object.to_string());
    }
    let text = format!(
        "{} texts from {} to {}, {} topics, {seconds:.2} s; temperature {:.2}\non the newest fifth, not seen by it then:\n{}",
        model.n,
        model.from,
        model.to,
        model.topics.len(),
        model.temperature,
        describe(&model.scores)
    );
    super::print_bytes(text.as_bytes())
}

fn eval(args: &EvalArgs) -> anyhow::Result<ExitCode> {
    let model = load(&args.model)?;
    let (mut examples, _) = examples(&args.rows)?;
    examples.retain(|example| {
        args.from.is_none_or(|from| example.date >= from) && !(model.from..=model.to).contains(&example.date)
    });
    if examples.is_empty() {
        bail!("no text lies outside the days on which it was trained ({} to {})", model.from, model.to);
    }
    let began = std::time::Instant::now();
    let scores = evaluate(&model, examples.iter());
    let seconds = began.elapsed().as_secs_f64();
    if args.json {
        return super::print_line(json!({ "scores": scores, "seconds": seconds }).to_string());
    }
    super::print_bytes(describe(&scores).as_bytes())
}

fn label(args: &LabelArgs) -> anyhow::Result<ExitCode> {
    let model = load(&args.model)?;
    let mut text = String::new();
    for row in args.rows.read(Texts::All)?.rows {
        let guess = row.topics.is_empty().then(|| model.guess(&row.text));
        let topic = match &guess {
            None => row.topics.first().cloned(),
            Some(guess) => guess.topic.clone(),
        };
        let by = if guess.is_some() { "classifier" } else { "archive" };
        if args.json {
            let line = json!({
                "id": row.id, "topic": topic, "by": by,
                "probability": guess.as_ref().map(|guess| guess.probability),
                "probabilities": guess.as_ref().map(|guess| &guess.probabilities),
            });
            text.push_str(&format!("{line}\n"));
        } else {
            let probability = guess.map_or(String::new(), |guess| format!("  {:.2}", guess.probability));
            let _ = writeln!(text, "{}  {}  {by}{probability}", row.id, topic.as_deref().unwrap_or("unassigned"));
        }
    }
    super::print_bytes(text.as_bytes())
}

fn load(path: &Path) -> anyhow::Result<Classifier> {
    let bytes = std::fs::read(path).with_context(|| format!("can not read {}", path.display()))?;
    Classifier::from_bytes(&bytes).with_context(|| path.display().to_string())
}

fn describe(scores: &Scores) -> String {
    let mut text = format!(
        "{} texts ({} more of topics it does not know): top-1 {:.3}, macro-F1 {:.3} (topics with 20 or more), calibration error {:.3}; \
         sure enough for {:.1} %, of which {:.3} right\n",
        scores.n,
        scores.n_foreign,
        scores.top_1,
        scores.macro_f1,
        scores.calibration_error,
        100.0 * scores.coverage,
        scores.covered_top_1
    );
    for class in scores.classes.iter().filter(|class| class.n > 0) {
        let _ = writeln!(
            text,
            "  {:<40} n {:>4}  precision {:.2}  recall {:.2}  F1 {:.2}",
            class.topic, class.n, class.precision, class.recall, class.f1
        );
    }
    text
}
