//! `aludel eval`: how good a model is on a set of questions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::cli::settings::Settings;
use crate::config::Config;
use crate::llm;
use crate::model::answer::AnswerSpec;
use crate::refresh::evaluate::ask::{Settings as Asked, by_model};
use crate::refresh::evaluate::benchmark::{self, Benchmark};
use crate::refresh::evaluate::{ItemScore, Report, Responses, Row, score};
use crate::refresh::job::{Question, questions};
use crate::store::Store;
use crate::store::evaluation::{ItemResult, NewEvaluation};

/// Score a model on a set of questions, or on a benchmark, by the grader
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Questions: Parquet of a job folder, JSON lines {id, prompt, spec}, or a benchmark's file (PubMedQA, MMLU, LAB-Bench; .gz too)
    questions: PathBuf,
    /// File of the responses, JSON lines {id, sample, response}; what is missing in it is asked of the model of [llm] and added
    #[arg(long, value_name = "FILE.jsonl")]
    responses: PathBuf,
    /// Ask nobody: score what the file holds
    #[arg(long)]
    offline: bool,
    /// Have a model on this disk answer, not the one of [llm]: a folder of weights, a GGUF file, or an adapter's folder (a released one,
    /// too); the numbers are those of the gate
    #[arg(long, value_name = "PATH", conflicts_with = "offline")]
    model: Option<PathBuf>,
    /// What --model is an adapter for [default: `refresh.base_model`]
    #[arg(long, value_name = "PATH", requires = "model")]
    base: Option<PathBuf>,
    /// Answers a question
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    samples: u32,
    /// 0 is greedy
    #[arg(long, default_value_t = 0.0)]
    temperature: f64,
    /// Of the sampling and of the intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Most tokens of an answer
    #[arg(long, default_value_t = 512)]
    max_tokens: u32,
    /// Only the first so many questions
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Keep the result in the store under this name of the model; the record of a model over time
    #[arg(long, value_name = "MODEL")]
    record: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Bootstrap draws of the intervals, and their level.
const DRAWS: u32 = 2000;
const LEVEL: f64 = 0.95;

/// # Errors
/// Questions that can not be read, a model that gives no answer.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.samples > 1 && args.temperature <= 0.0 {
        bail!("--samples {} of temperature 0 are all alike: pass --temperature", args.samples);
    }
    let (mut questions, benchmark) = read(&args.questions)?;
    questions.truncate(args.limit.unwrap_or(usize::MAX));
    let config = args.settings.load()?;
    let settings =
        Asked { samples: args.samples, temperature: args.temperature, seed: args.seed, max_tokens: args.max_tokens };
    if !args.offline {
        answer(args, &config, &questions, &settings)?;
    }
    let responses = Responses::open(&args.responses)?;
    let n_missing = responses.missing(&questions, args.samples).len();
    let items = score(&questions, &responses, args.samples);
    let report = Report::of(&items, DRAWS, LEVEL, args.seed).context("there is no question")?;
    let benchmark = benchmark.map(|benchmark| Benchmark { questions, ..benchmark });
    if let Some(model) = &args.record {
        record(&config, model, args, &settings, &items, report.overall.value)?;
    }
    if args.json {
        let mut object = json!(report);
        object["missing"] = n_missing.into();
        if let Some(benchmark) = &benchmark {
            let scores: serde_json::Map<String, Value> =
                benchmark.scores(&responses).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            object["benchmark"] = json!({ "kind": benchmark.kind, "scores": scores, "left_out": benchmark.n_left_out });
        }
        return crate::cli::print_line(object.to_string());
    }
    let mut out = String::new();
    if n_missing > 0 {
        out.push_str(&format!("{n_missing} answers are missing and count as wrong\n"));
    }
    out.push_str(&line("all", &Row { name: String::new(), score: report.overall }));
    for (what, rows) in [("topic", &report.topics), ("type", &report.types), ("section", &report.sections)] {
        if rows.len() > 1 {
            rows.iter().for_each(|row| out.push_str(&line(what, row)));
        }
    }
    if let Some(benchmark) = &benchmark {
        for (name, value) in benchmark.scores(&responses) {
            out.push_str(&format!("{name}: {value:.4}\n"));
        }
        if benchmark.n_left_out > 0 {
            out.push_str(&format!(
                "{} items were left out: no text answer that a grader can check\n",
                benchmark.n_left_out
            ));
        }
    }
    crate::cli::print_bytes(out.as_bytes())
}

fn line(what: &str, row: &Row) -> String {
    let score = row.score;
    format!("{what:<8} {:<32} {:.4} ({:.4} to {:.4}) of {}\n", row.name, score.value, score.low, score.high, score.n)
}

fn read(path: &Path) -> anyhow::Result<(Vec<Question>, Option<Benchmark>)> {
    if path.extension().is_some_and(|ending| ending == "parquet") {
        return Ok((questions(path)?, None));
    }
    if let Some(questions) = json_lines(path)? {
        return Ok((questions, None));
    }
    let benchmark = benchmark::read(path)?;
    Ok((benchmark.questions.clone(), Some(benchmark)))
}

/// Most bytes of a line of questions.
const MOST_LINE_BYTES: usize = 1 << 20;

/// Our own lines; `None` when the first is none.
fn json_lines(path: &Path) -> anyhow::Result<Option<Vec<Question>>> {
    #[derive(serde::Deserialize)]
    struct Line {
        id: String,
        prompt: String,
        spec: AnswerSpec,
        topic: Option<String>,
        section: Option<String>,
        work: Option<String>,
    }
    let mut input = std::io::BufReader::new(std::fs::File::open(path).with_context(|| path.display().to_string())?);
    let mut found = Vec::new();
    while let Some(read) = super::line::read_line(&mut input, MOST_LINE_BYTES)? {
        let number = found.len() + 1;
        let super::line::Line::Text(text) = read else { bail!("{}, line {number}: too long", path.display()) };
        match serde_json::from_slice::<Line>(&text) {
            Ok(line) => {
                crate::grade::check(&line.spec).with_context(|| format!("{}, line {number}", path.display()))?;
                found.push(Question {
                    work: line.work.unwrap_or_else(|| line.id.clone()),
                    id: line.id,
                    prompt: line.prompt,
                    spec: line.spec,
                    topic: line.topic,
                    section: line.section,
                    target: None,
                });
            }
            Err(_) if found.is_empty() => return Ok(None),
            Err(error) => bail!("{}, line {number}: {error}", path.display()),
        }
    }
    Ok((!found.is_empty()).then_some(found))
}

fn answer(args: &Args, config: &Config, questions: &[Question], settings: &Asked) -> anyhow::Result<()> {
    let path = &args.responses;
    let mut responses = Responses::open(path)?;
    if responses.missing(questions, settings.samples).is_empty() {
        return Ok(());
    }
    if let Some(model) = &args.model {
        let base = args.base.as_deref().or(config.refresh.base_model.as_deref());
        return super::train::built_in::answer_by(
            model,
            base,
            config.refresh.device,
            settings,
            questions,
            &mut responses,
        );
    }
    if !config.llm.is_on() {
        bail!(
            "no model is configured to answer: set `llm.model` and what computes it in `[llm]`, or pass --model or --offline"
        );
    }
    let model = llm::Models::default().open(&config.llm, u64::from(std::process::id()))?;
    super::archive::block_on(async { Ok(by_model(&*model, questions, settings, path).await?) })
}

fn record(
    config: &Config,
    model: &str,
    args: &Args,
    settings: &Asked,
    items: &[ItemScore],
    score: f64,
) -> anyhow::Result<()> {
    let store = Store::open(&config.data_dir.store(), config.clock.clone())?;
    let results: Vec<ItemResult> = items
        .iter()
        .map(|item| ItemResult { item: item.id.clone(), n_right: item.n_right, n_samples: item.n_samples })
        .collect();
    let name = args.questions.file_name().unwrap_or_default().to_string_lossy();
    let item_set = name.split('.').next().unwrap_or_default();
    let new = NewEvaluation { refresh: None, model, role: "other", item_set, settings: json!(settings), score };
    let mut txn = store.write()?;
    txn.record_evaluation(&new, &results)?;
    Ok(txn.commit()?)
}
