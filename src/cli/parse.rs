//! `aludel parse`: what the parser understood of each file, and what it did not.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::document::{self, Limits, Record, container};
use crate::model::document::{Document, ParseIssue, Passage, Section};

/// Articles as text or JSON: JATS and PubMed XML, also in .gz, .tar.gz and .zip
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files to read
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a line: one per document, and one with "error" per file that gave none
    #[arg(long)]
    json: bool,
}

/// Prints every document of every file. The exit code is 1 when any file, member or record could not be read.
///
/// # Errors
/// Only when standard output fails; a file that can not be read is reported and the next one taken.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut report = Report {
        out: std::io::BufWriter::new(std::io::stdout().lock()),
        json: args.json,
        failed: 0,
        write_error: None,
    };
    for path in &args.files {
        report.file(path);
    }
    let failed = report.failed;
    let written = match report.write_error.take() {
        Some(error) => Err(error),
        None => report.out.flush(),
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if failed > 0 => Ok(ExitCode::FAILURE),
        _ => Ok(ExitCode::SUCCESS),
    }
}

struct Report<W: Write> {
    out: W,
    json: bool,
    failed: usize,
    write_error: Option<std::io::Error>,
}

impl<W: Write> Report<W> {
    fn file(&mut self, path: &Path) {
        let opened = container::open(path, &container::Limits::default(), &mut |member| {
            let (name, mut given) = (member.name, 0usize);
            let read = document::read(member.reader, &name, &Limits::default(), &mut |record| {
                given += 1;
                self.record(&name, record);
                if self.write_error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match read {
                Ok(kind) if given == 0 => self.error(&name, &format!("{name}: {kind} without a record")),
                Ok(_) => {}
                Err(error) => self.error(&name, &chain(&error)),
            }
            if self.write_error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Err(error) = opened {
            self.error(&path.display().to_string(), &chain(&error));
        }
    }

    fn record(&mut self, path: &str, record: Record) {
        match record {
            Record::Article(document, issues) if self.json => self.line(&to_json(path, &document, &issues).to_string()),
            Record::Article(document, issues) => self.line(&to_text(path, &document, &issues)),
            Record::Deleted(pmid) if self.json => self.line(&json!({"path": path, "deleted_pmid": pmid}).to_string()),
            Record::Deleted(pmid) => self.line(&format!("{path}: PMID {pmid} is deleted\n")),
            Record::Book if self.json => self.line(&json!({"path": path, "book": true}).to_string()),
            Record::Book => self.line(&format!("{path}: a book record, passed over\n")),
            Record::Unread(reason) => self.error(path, &format!("{path}: {reason}")),
        }
    }

    fn error(&mut self, path: &str, message: &str) {
        self.failed += 1;
        if self.json {
            self.line(&json!({"path": path, "error": message}).to_string());
        } else {
            eprintln!("aludel: {message}");
        }
    }

    fn line(&mut self, line: &str) {
        if let Err(error) = writeln!(self.out, "{line}") {
            self.write_error.get_or_insert(error);
        }
    }
}

/// The error with its causes, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The object that DESIGN section 3 promises; fields beyond it are the document's own.
fn to_json(path: &str, document: &Document, issues: &[ParseIssue]) -> Value {
    let mut object = json!({
        "path": path,
        "doi": document.ids.doi,
        "pmid": document.ids.pmid,
        "pmcid": document.ids.pmcid,
    });
    if let (Some(object), Ok(Value::Object(fields))) = (object.as_object_mut(), serde_json::to_value(document)) {
        object.extend(fields.into_iter().filter(|(name, _)| name != "ids"));
        object.insert("content_level".into(), json!(document.content_level()));
        object.insert("issues".into(), json!(issues));
    }
    object
}

fn to_text(path: &str, document: &Document, issues: &[ParseIssue]) -> String {
    let mut out = format!("{path}\n{}\n", document.title);
    let dates: Vec<String> = document.dates.iter().map(|(event, date)| format!("{event} {date}")).collect();
    for (name, value) in [
        ("ids", document.ids.keys().join(", ")),
        ("type", document.article_type.clone()),
        ("venue", document.venue.clone().unwrap_or_default()),
        ("dates", dates.join(", ")),
        ("licence", format!("{} ({})", document.licence.normalised.as_str(), document.licence.received)),
        ("subjects", document.subjects.join(", ")),
        (
            "notices",
            document
                .notices
                .iter()
                .map(|n| format!("{} ({})", n.status.as_str(), n.origin))
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ] {
        if !value.is_empty() {
            out.push_str(&format!("  {name}: {value}\n"));
        }
    }
    if !document.abstract_passages.is_empty() {
        out.push_str("\n# Abstract\n");
        push_passages(&mut out, &document.abstract_passages);
    }
    for section in &document.sections {
        push_section(&mut out, section, 1);
    }
    for table in &document.tables {
        out.push_str(&format!("\n[table] {}\n", table.text));
    }
    for figure in &document.figures {
        out.push_str(&format!("\n[figure] {}\n", figure.text));
    }
    for issue in issues {
        out.push_str(&format!("\nissue: {} ({}x): {}\n", issue.kind, issue.count, issue.detail));
    }
    out
}

fn push_section(out: &mut String, section: &Section, depth: usize) {
    let title = if section.title.is_empty() { "(no title)" } else { &section.title };
    out.push_str(&format!("\n{} {title} [{}]\n", "#".repeat(depth), section.kind.as_str()));
    push_passages(out, &section.passages);
    for inner in &section.sections {
        push_section(out, inner, depth + 1);
    }
}

fn push_passages(out: &mut String, passages: &[Passage]) {
    for passage in passages {
        match &passage.heading {
            Some(heading) => out.push_str(&format!("\n{heading}: {}\n", passage.text)),
            None => out.push_str(&format!("\n{}\n", passage.text)),
        }
    }
}
