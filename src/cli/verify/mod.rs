//! `aludel verify`: the verification stages on given candidate questions, one JSON object a line in and out.

mod trial;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, anyhow};
use serde_json::json;

use crate::document::{self, Limits, Record, container};
use crate::model::document::Document;
use crate::model::id::QuestionId;
use crate::verify::novelty::History;
use crate::verify::{Benchmarks, Candidate, Config, Confusion, Examined, Prepared, Report, Verifier};

use super::line::{Line, read_line};
use super::settings::Settings;
use trial::{Judged, Solver};

/// The longest line that is read; a longer one is an error.
const MAX_LINE_BYTES: usize = 1 << 20;
/// Lines are verified in batches of at most this many lines and about this many bytes: an article is parsed once a batch, and
/// memory stays constant.
const BATCH_LINES: usize = 1024;
const BATCH_BYTES: usize = 4 << 20;

/// Verify candidate questions against their articles: stages 1 to 7 without a model, 8 to 10 with one
///
/// Each line of FILE is {"id", "article", "evidence", "question", "answer"}. Novelty is judged against the candidates accepted
/// before in the same file. Each result is {"id", "verdict", "tier", "stages"}, in input order.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Candidates, one JSON object a line
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder that the candidates' article paths start from
    #[arg(long, value_name = "DIR", default_value = ".")]
    articles: PathBuf,
    /// Write one JSON object a line also on a terminal (elsewhere it is the only form)
    #[arg(long)]
    json: bool,
    /// Count verdicts by defect class and answer type, for lines with "label" and "defects": a last JSON line with --json, else
    /// a table on standard error
    #[arg(long)]
    summary: bool,
    /// Let the configured model ([solver], else [llm]) try to break what passes: open book, closed book, judge. The summary is then
    /// given twice, without and with these stages
    #[arg(long)]
    trial: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Verifies every line, in order. The exit code is 1 when a line was no candidate or its article could not be read.
///
/// # Errors
/// When the file can not be read or the results not be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let file = File::open(&args.file).with_context(|| format!("opening {}", args.file.display()))?;
    let mut input = BufReader::with_capacity(1 << 16, file);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let verifier = Verifier::new(Config::default(), Benchmarks::default());
    let mut history = verifier.history();
    let (mut confusion, mut with_model) = (Confusion::default(), Confusion::default());
    let solver = args.trial.then(|| Solver::open(&args.settings)).transpose()?;
    let as_text = !args.json && io::stdout().is_terminal();
    let mut n_lines = 0;
    loop {
        let batch = read_batch(&mut input, &mut n_lines).with_context(|| format!("reading {}", args.file.display()))?;
        if batch.is_empty() {
            break;
        }
        let mut judged = Vec::new();
        for (line, examined) in examine(batch, &args.articles, &verifier, solver.is_some()) {
            match examined {
                Ok(examined) => judged.push(decide(line, examined, &verifier, &mut history)),
                Err(error) => {
                    confusion.add_malformed();
                    with_model.add_malformed();
                    eprintln!("aludel: {} line {line}: {}", args.file.display(), super::told(&error));
                }
            }
        }
        judged.iter().for_each(|one| confusion.add(&one.candidate, &one.report()));
        if let Some(solver) = &solver {
            solver.try_all(&mut judged)?;
        }
        for one in &judged {
            let report = one.report();
            with_model.add(&one.candidate, &report);
            match write_report(&mut out, &report, as_text) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                written => written.context("writing the results")?,
            }
        }
    }
    let last = if args.summary && args.json {
        let summary = match &solver {
            None => json!({"summary": confusion}),
            Some(_) => json!({"summary": confusion, "summary_with_model": with_model}),
        };
        writeln!(out, "{summary}").and_then(|()| out.flush())
    } else {
        out.flush()
    };
    match last {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        written => written.context("writing the results")?,
    }
    if args.summary && !args.json {
        match &solver {
            None => eprint!("{confusion}"),
            Some(solver) => eprint!("without a model:\n{confusion}\nwith {}:\n{with_model}", solver.name()),
        }
    }
    Ok(if confusion.malformed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write_report(out: &mut impl Write, report: &Report, as_text: bool) -> io::Result<()> {
    if as_text {
        let failed = report.failed_stage().map(|failed| format!("{}: {}", failed.stage.as_str(), failed.reason));
        return writeln!(out, "{}\t{}\t{}", report.id, report.verdict, failed.unwrap_or_default());
    }
    serde_json::to_writer(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// A candidate, or why its line is none, with the number of its line.
type Numbered<T> = (usize, anyhow::Result<T>);

/// The next candidates, empty lines left out; none at the end of the input.
fn read_batch(input: &mut dyn BufRead, n_lines: &mut usize) -> io::Result<Vec<Numbered<Candidate>>> {
    let mut batch = Vec::new();
    let mut n_bytes = 0;
    while batch.len() < BATCH_LINES && n_bytes < BATCH_BYTES {
        let Some(line) = read_line(input, MAX_LINE_BYTES)? else { break };
        *n_lines += 1;
        match line {
            Line::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
            Line::Text(text) => {
                n_bytes += text.len();
                batch.push((*n_lines, Candidate::parse(&text).map_err(anyhow::Error::from)));
            }
            Line::TooLong => batch.push((*n_lines, Err(anyhow!("longer than {MAX_LINE_BYTES} bytes")))),
        }
    }
    Ok(batch)
}

/// A candidate, what the stages said, or the reason why its answer is none, and the paper it is tried on where a model is to.
struct ExaminedCandidate {
    candidate: Candidate,
    examined: Result<Examined, String>,
    paper: Option<trial::Paper>,
}

/// Every stage but novelty, article by article on all cores; results in input order.
fn examine(
    batch: Vec<Numbered<Candidate>>,
    folder: &Path,
    verifier: &Verifier,
    with_paper: bool,
) -> Vec<Numbered<ExaminedCandidate>> {
    let mut by_article: BTreeMap<PathBuf, Vec<(usize, Candidate)>> = BTreeMap::new();
    let mut done: Vec<Numbered<ExaminedCandidate>> = Vec::with_capacity(batch.len());
    for (line, candidate) in batch {
        match candidate {
            Ok(candidate) => by_article.entry(candidate.article_in(folder)).or_default().push((line, candidate)),
            Err(error) => done.push((line, Err(error))),
        }
    }
    let articles: Vec<(PathBuf, Vec<(usize, Candidate)>)> = by_article.into_iter().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        while let Some((path, candidates)) = articles.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.extend(examine_article(path, candidates, verifier, with_paper));
        }
        own
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(8).min(articles.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            match thread.join() {
                Ok(own) => done.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    done.sort_by_key(|(line, _)| *line);
    done
}

fn examine_article(
    path: &Path,
    candidates: &[(usize, Candidate)],
    verifier: &Verifier,
    with_paper: bool,
) -> Vec<Numbered<ExaminedCandidate>> {
    let document = match read_article(path) {
        Ok(document) => document,
        Err(error) => {
            return candidates.iter().map(|(line, _)| (*line, Err(anyhow!(super::told(&error))))).collect();
        }
    };
    let prepared = Prepared::new(&document);
    candidates
        .iter()
        .map(|(line, candidate)| {
            let examined = candidate.draft().map(|draft| verifier.examine(draft, &prepared));
            let paper = examined.as_ref().ok().filter(|_| with_paper);
            let paper = paper.map(|examined| trial::Paper::of(&document, examined.draft()));
            (*line, Ok(ExaminedCandidate { candidate: candidate.clone(), examined, paper }))
        })
        .collect()
}

/// The one article of a file.
fn read_article(path: &Path) -> anyhow::Result<Document> {
    let mut found: Option<Box<Document>> = None;
    let mut n_found = 0_usize;
    let mut failed: Option<anyhow::Error> = None;
    container::open(path, &container::Limits::default(), &mut |member| {
        let read = document::read(member.reader, &member.name, &Limits::default(), &mut |record| {
            if let Record::Article(document, _) = record {
                n_found += 1;
                found.get_or_insert(document);
            }
            if n_found > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Err(error) = read {
            failed.get_or_insert(error.into());
        }
        if n_found > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match (found, n_found) {
        (Some(document), 1) => Ok(*document),
        (None, _) => Err(failed.unwrap_or_else(|| anyhow!("{}: no article in it", path.display()))),
        _ => Err(anyhow!("{}: more than one article; a candidate must name a file of one", path.display())),
    }
}

fn decide(line: usize, one: ExaminedCandidate, verifier: &Verifier, history: &mut History) -> Judged {
    let ExaminedCandidate { candidate, examined, paper } = one;
    let outcome = examined.map(|examined| {
        // Each line is a question of its own, also when it repeats an earlier one.
        let id = QuestionId::of(&line.to_string(), &examined.draft().question, "");
        verifier.decide(examined, &id, history)
    });
    Judged { candidate, outcome, paper }
}
