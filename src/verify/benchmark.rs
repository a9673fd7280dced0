//! Benchmark files in the shapes they are published in: JSON, JSON lines and tables, packed or not, to questions with their answers.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// Most bytes of a file, inflated.
const MOST_BYTES: u64 = 512 << 20;
/// Most bytes of one question with its answer; the rest is left out.
const MOST_ITEM_BYTES: usize = 64 << 10;
/// Most files of a folder, and folders inside one another.
const MOST_FILES: usize = 10_000;
const MOST_DEPTH: usize = 16;

/// Where a question stands, in the order in which the names are looked for; written small.
const QUESTIONS: &[&str] = &["question", "questions", "body", "prompt", "query", "problem", "input"];
/// What belongs to its answer.
const ANSWERS: &[&str] = &[
    "ideal",
    "ideal_answer",
    "exact_answer",
    "long_answer",
    "answer",
    "answers",
    "target",
    "choices",
    "options",
    "distractors",
    "opa",
    "opb",
    "opc",
    "opd",
];

/// A question of a benchmark with whatever answers and options it comes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub question: String,
    /// May be empty.
    pub answer: String,
}

impl Item {
    /// The form that is stored: the question on the first line.
    pub fn to_text(&self) -> String {
        let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}\n{}", on_one_line(&self.question), on_one_line(&self.answer))
    }
}

/// Why a benchmark could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: larger than {MOST_BYTES} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    Form { path: PathBuf, reason: String },
    #[error("{}: no benchmark file in it (.json, .jsonl, .csv, .tsv, also .gz)", path.display())]
    Empty { path: PathBuf },
}

/// The items of a file, or of every benchmark file in a folder, in the order of their names.
///
/// # Errors
/// A file that can not be read, or that holds no question.
pub fn read(path: &Path) -> Result<Vec<Item>, Error> {
    if !path.is_dir() {
        return read_file(path);
    }
    let mut files = Vec::new();
    list(path, 0, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    let mut items = Vec::new();
    for file in files {
        items.append(&mut read_file(&file)?);
    }
    Ok(items)
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let io = |source| Error::Io { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() && depth < MOST_DEPTH {
            list(&entry.path(), depth + 1, files)?;
        } else if !kind.is_dir() && form_of(&entry.path()).is_some() && files.len() < MOST_FILES {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
    Table(u8),
}

fn form_of(path: &Path) -> Option<Form> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "json" => Some(Form::Json),
        "jsonl" | "ndjson" => Some(Form::Lines),
        "csv" => Some(Form::Table(b',')),
        "tsv" => Some(Form::Table(b'\t')),
        _ => None,
    }
}

fn read_file(path: &Path) -> Result<Vec<Item>, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let form = |reason: String| Error::Form { path: path.to_owned(), reason };
    let kind = form_of(path).ok_or_else(|| form("not .json, .jsonl, .csv or .tsv, nor one of them with .gz".into()))?;
    let file = std::fs::File::open(path).map_err(io)?;
    let packed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    let mut text = String::new();
    let reader: Box<dyn Read> = if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    reader.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    let items = match kind {
        Form::Json => from_json(&text),
        Form::Lines => from_lines(&text),
        Form::Table(delimiter) => from_table(&text, delimiter),
    }
    .map_err(form)?;
    if items.is_empty() {
        return Err(form(format!("no question in it; looked for a field named {}", QUESTIONS.join(", "))));
    }
    Ok(items)
}

/// A list of records, an object of records by id, or an object that holds such a list.
fn from_json(text: &str) -> Result<Vec<Item>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let records: Vec<&Value> = match &value {
        Value::Array(records) => records.iter().collect(),
        Value::Object(map) => {
            match map.values().find_map(|value| value.as_array().filter(|list| holds_records(list))) {
                Some(records) => records.iter().collect(),
                None => map.values().collect(),
            }
        }
        _ => return Err("neither a list nor an object".to_owned()),
    };
    Ok(records.into_iter().filter_map(|record| item(record.as_object()?)).collect())
}

fn holds_records(list: &[Value]) -> bool {
    list.first().and_then(Value::as_object).is_some_and(|record| item(record).is_some())
}

fn from_lines(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let record: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
        items.extend(item(&record));
    }
    Ok(items)
}

fn from_table(text: &str, delimiter: u8) -> Result<Vec<Item>, String> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut items = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let record: Map<String, Value> =
            names.iter().zip(&row).map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        items.extend(item(&record));
    }
    Ok(items)
}

fn item(record: &Map<String, Value>) -> Option<Item> {
    let named =
        |wanted: &str| record.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let question = QUESTIONS.iter().find_map(|name| {
        let mut text = String::new();
        words_of(named(name)?, &mut text);
        Some(text).filter(|text| !text.trim().is_empty())
    })?;
    let mut answer = String::new();
    for name in ANSWERS {
        if let Some(value) = named(name) {
            words_of(value, &mut answer);
        }
    }
    Some(Item { question, answer })
}

/// Every string of a value, one after the other.
fn words_of(value: &Value, text: &mut String) {
    match value {
        Value::String(words) if text.len() < MOST_ITEM_BYTES => {
            text.extend(words.chars().take(MOST_ITEM_BYTES));
            text.push(' ');
        }
        Value::Array(values) => values.iter().for_each(|value| words_of(value, text)),
        Value::Object(map) => map.values().for_each(|value| words_of(value, text)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected: &[(&str, &str)]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let items = read(dir.path()).unwrap();
        let found: Vec<_> = items.iter().map(|item| (item.question.trim(), item.answer.trim())).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn benchmarks_come_in_many_shapes() {
        let newt = [("How many legs has a newt?", "four six")];
        check(
            "a.jsonl",
            "{\"question\": \"How many legs has a newt?\", \"choices\": [\"four\", \"six\"], \"cop\": 1}\n\n",
            &newt,
        );
        check("a.json", r#"[{"QUESTION": "How many legs has a newt?", "LONG_ANSWER": "four", "opa": "six"}]"#, &newt);
        check(
            "a.json",
            r#"{"17": {"QUESTION": "How many legs has a newt?", "CONTEXTS": ["x"], "answer": ["four six"]}}"#,
            &newt,
        );
        check(
            "a.json",
            r#"{"questions": [{"body": "How many legs has a newt?", "exact_answer": [["four"], ["six"]]}]}"#,
            &newt,
        );
        check("a.csv", "id,Question,Answer\n1,How many legs has a newt?,four six\n", &newt);
        check("a.tsv", "prompt\tideal\nHow many legs has a newt?\tfour six\n", &newt);
    }

    #[test]
    fn what_is_no_benchmark_says_why() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read(dir.path()), Err(Error::Empty { .. })));
        for (name, text, reason) in [
            ("a.json", "{", "EOF"),
            ("a.json", "[{\"id\": 1}]", "no question in it"),
            ("a.jsonl", "{\"question\": \"x\"}\nnonsense", "line 2"),
            ("a.csv", "id,text\n1,2\n", "no question in it"),
            ("a.txt", "x", "not .json"),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains(name), "{error}");
        }
    }
}
