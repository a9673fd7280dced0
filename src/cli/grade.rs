//! `aludel grade`: the grader as a filter, one JSON object a line in and out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use crate::grade::{Grade, grade};
use crate::model::answer::AnswerSpec;

use super::line::{Line, read_line};

/// The longest line that is read; a longer one gets a result that says so.
const MAX_LINE_BYTES: usize = 16 << 20;
/// Lines are graded in batches of at most this many lines and about this many bytes, so memory stays constant.
const BATCH_LINES: usize = 1024;
const BATCH_BYTES: usize = 4 << 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// JSON lines of the form {"id"?, "spec", "response"}; standard input when left out
    file: Option<PathBuf>,
    /// Write one JSON object a line also on a terminal (elsewhere it is the only form)
    #[arg(long)]
    json: bool,
    /// Print the agreement by class on standard error, for lines that carry `score` (and `class`)
    #[arg(long)]
    summary: bool,
}

/// Grades every line, in order. The exit code is 1 when a line was malformed.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut input: Box<dyn BufRead> = match &args.file {
        Some(path) => {
            let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
            Box::new(BufReader::with_capacity(1 << 16, file))
        }
        None => Box::new(io::stdin().lock()),
    };
    let name = args.file.as_ref().map_or("standard input".to_owned(), |path| path.display().to_string());
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let as_text = !args.json && io::stdout().is_terminal();
    let mut tally = Tally::default();
    loop {
        let batch = read_batch(&mut input).with_context(|| format!("reading {name}"))?;
        if batch.is_empty() {
            break;
        }
        for graded in grade_batch(&batch, n_threads) {
            tally.add(&graded);
            match write_result(&mut out, &graded.result, as_text) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                written => written.context("writing the results")?,
            }
        }
        // One line at a time comes back at once when the lines come slowly.
        match out.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written.context("writing the results")?,
        }
    }
    if args.summary {
        eprint!("{}", tally.table());
    }
    Ok(if tally.n_malformed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write_result(out: &mut impl Write, result: &Output, as_text: bool) -> io::Result<()> {
    if as_text {
        return writeln!(
            out,
            "{}\t{}\t{}\t{:?}",
            result.id, result.grade.score, result.grade.reason, result.grade.extracted
        );
    }
    serde_json::to_writer(&mut *out, result).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

#[derive(Debug, serde::Serialize)]
struct Output {
    id: Value,
    #[serde(flatten)]
    grade: Grade,
}

#[derive(Debug)]
struct Graded {
    result: Output,
    malformed: bool,
    expected: Option<u8>,
    class: Option<String>,
}

/// The next lines, empty ones left out; no lines at the end of the input.
fn read_batch(input: &mut dyn BufRead) -> io::Result<Vec<Line>> {
    let mut batch = Vec::new();
    let mut n_bytes = 0;
    while batch.len() < BATCH_LINES && n_bytes < BATCH_BYTES {
        let Some(line) = read_line(input, MAX_LINE_BYTES)? else { break };
        if let Line::Text(text) = &line {
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            n_bytes += text.len();
        }
        batch.push(line);
        // Nothing more is there yet: answer what we have.
        if batch.len() >= 64 && n_bytes < BATCH_BYTES && input.fill_buf()?.is_empty() {
            break;
        }
    }
    Ok(batch)
}

/// Grades a batch on all cores; results in input order.
fn grade_batch(batch: &[Line], n_threads: usize) -> Vec<Graded> {
    if batch.len() < 32 || n_threads < 2 {
        return batch.iter().map(grade_line).collect();
    }
    let share = batch.len().div_ceil(n_threads);
    std::thread::scope(|scope| {
        let parts: Vec<_> = batch
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(grade_line).collect::<Vec<_>>()))
            .collect();
        parts
            .into_iter()
            .zip(batch.chunks(share))
            // The grader does not panic; if a thread dies for another reason its lines are graded here.
            .flat_map(|(part, lines)| part.join().unwrap_or_else(|_| lines.iter().map(grade_line).collect()))
            .collect()
    })
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    id: Value,
    spec: Value,
    response: Text,
    #[serde(default)]
    score: Value,
    #[serde(default)]
    class: Value,
}

/// A JSON string; a lone surrogate in it, as truncated emoji leave behind, is read as U+FFFD.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

fn grade_line(line: &Line) -> Graded {
    let Line::Text(bytes) = line else {
        return bad_input(Value::Null, &format!("the line is longer than {MAX_LINE_BYTES} bytes"));
    };
    let text = String::from_utf8_lossy(bytes);
    let input: Input = match serde_json::from_str(&text) {
        Ok(input) => input,
        Err(error) => return bad_input(readable_id(&text), &error.to_string()),
    };
    let grade = match serde_json::from_value::<AnswerSpec>(input.spec) {
        Ok(spec) => grade(&spec, &input.response.0),
        Err(error) => Grade { score: 0, extracted: String::new(), reason: format!("bad_spec: {error}") },
    };
    Graded {
        result: Output { id: input.id, grade },
        malformed: false,
        expected: input.score.as_f64().map(|score| u8::from(score >= 0.5)),
        class: input.class.as_str().map(str::to_owned),
    }
}

fn bad_input(id: Value, why: &str) -> Graded {
    let grade = Grade { score: 0, extracted: String::new(), reason: format!("bad_input: {why}") };
    Graded { result: Output { id, grade }, malformed: true, expected: None, class: None }
}

/// The value behind the first `"id":` of a line that is no valid JSON as a whole.
fn readable_id(text: &str) -> Value {
    let value = || {
        let (_, rest) = text.split_once("\"id\"")?;
        let rest = rest.trim_start().strip_prefix(':')?;
        let value: Value = serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()?;
        (value.is_string() || value.is_number()).then_some(value)
    };
    value().unwrap_or(Value::Null)
}

#[derive(Debug, Default)]
struct Tally {
    n_lines: usize,
    n_malformed: usize,
    /// Per class: lines that carry a score, and how many of them agree.
    classes: BTreeMap<String, (usize, usize)>,
}

impl Tally {
    fn add(&mut self, graded: &Graded) {
        self.n_lines += 1;
        self.n_malformed += usize::from(graded.malformed);
        if let Some(expected) = graded.expected {
            let class = graded.class.clone().unwrap_or_else(|| "(no class)".to_owned());
            let (n_scored, n_agree) = self.classes.entry(class).or_default();
            *n_scored += 1;
            *n_agree += usize::from(expected == graded.result.grade.score);
        }
    }

    fn table(&self) -> String {
        use std::fmt::Write;
        let mut table = String::new();
        // Proof: writing to a string can not fail.
        for (class, (n_scored, n_agree)) in &self.classes {
            let _ = writeln!(table, "{class:<32} {n_agree:>6} of {n_scored:>6} agree");
        }
        let n_scored: usize = self.classes.values().map(|(n_scored, _)| n_scored).sum();
        let n_agree: usize = self.classes.values().map(|(_, n_agree)| n_agree).sum();
        let _ = writeln!(table, "{:<32} {n_agree:>6} of {n_scored:>6} agree", "all");
        let _ = writeln!(table, "{} lines, {} malformed", self.n_lines, self.n_malformed);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Graded {
        grade_line(&Line::Text(line.as_bytes().to_vec()))
    }

    #[test]
    fn malformed_lines_keep_a_readable_id() {
        for (line, id) in [
            ("{", Value::Null),
            ("[]", Value::Null),
            (r#"{"id": "a", "spec": {"type"#, Value::from("a")),
            (r#"{"id": 7, "response": "x"}"#, Value::from(7)),
            (r#"{"id": "a", "spec": {}, "response": 5}"#, Value::from("a")),
        ] {
            let graded = one(line);
            assert!(graded.malformed && graded.result.grade.reason.starts_with("bad_input: "), "{line}");
            assert_eq!(graded.result.id, id, "{line}");
        }
    }

    #[test]
    fn a_lone_surrogate_outside_the_answer_does_no_harm() {
        let graded = one(r#"{"spec": {"type": "boolean", "value": true}, "response": "\ud83d <answer>yes</answer>"}"#);
        assert_eq!((graded.malformed, graded.result.grade.score), (false, 1), "{graded:?}");
    }
}
