//! The fixed schema of a data set's rows, in words and in Parquet's language. A column is only ever added, at the end, by a minor
//! release; anything else is a new major version.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

/// Major version of every data set release under this schema.
pub const MAJOR: u32 = 1;

/// The rows of every part, in Parquet's schema language. Texts that a licence keeps back, and everything a tombstone blanks, are null.
pub const QUESTIONS: &str = "message question {
  required binary id (STRING);
  required group work {
    required binary key (STRING);
    optional binary doi (STRING);
    optional int64 pmid;
    optional binary pmcid (STRING);
    optional binary ppr (STRING);
  }
  required int32 version;
  required binary source (STRING);
  optional binary title (STRING);
  optional binary venue (STRING);
  optional binary first_public (STRING);
  optional binary section (STRING);
  optional binary passage (STRING);
  required group evidence (LIST) { repeated group list { required group element {
    optional binary quote (STRING);
    required int32 passage;
    required int32 start;
    required int32 end;
  } } }
  optional binary question (STRING);
  optional binary answer_type (STRING);
  optional binary answer (STRING);
  required group options (LIST) { repeated group list { required binary element (STRING); } }
  optional binary topic (STRING);
  required group topic_probabilities (LIST) { repeated group list { required group element {
    required binary topic (STRING);
    required double probability;
  } } }
  required group generator {
    required binary kind (STRING);
    required binary model (STRING);
    required binary prompt_hash (STRING);
  }
  required group verification (LIST) { repeated group list { required group element {
    required binary stage (STRING);
    required binary verdict (STRING);
    optional binary reason (STRING);
    optional double score;
    optional binary model (STRING);
  } } }
  optional binary tier (STRING);
  optional group difficulty {
    required double pass_rate;
    optional int32 k;
    optional binary solver (STRING);
    optional binary date (STRING);
  }
  required binary licence (STRING);
  optional binary licence_url (STRING);
  optional binary licence_received (STRING);
  required binary attribution (STRING);
  required binary split (STRING);
  required binary released_in (STRING);
  optional group withdrawn {
    required binary date (STRING);
    required binary reason (STRING);
  }
  optional binary kind (STRING);
}";

/// A column of the rows, as people read it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: &'static str,
    pub meaning: &'static str,
}

const fn column(name: &'static str, kind: &'static str, meaning: &'static str) -> Column {
    Column { name, kind, meaning }
}

/// Every top-level column, in order.
pub const COLUMNS: [Column; 28] = [
    column("id", "string", "32 hex digits that follow from work, question and answer; stable over releases"),
    column(
        "work",
        "struct {key: string, doi: string?, pmid: int64?, pmcid: string?, ppr: string?}",
        "the paper; `key` is its strongest identifier",
    ),
    column("version", "int32", "posted version that the evidence stands in, from 1"),
    column("source", "string", "archive that gave the version: biorxiv, medrxiv, pubmed, or inbox"),
    column("title", "string?", "title of the paper"),
    column("venue", "string?", "journal or preprint server"),
    column(
        "first_public",
        "string?",
        "earliest date on which any version was public, ISO, perhaps only to the month or year",
    ),
    column("section", "string?", "heading of the section the first evidence stands in"),
    column("passage", "string?", "text of the first evidence's passage; null where the licence keeps it back"),
    column(
        "evidence",
        "list<struct {quote: string?, passage: int32, start: int32, end: int32}>",
        "where the answer stands: bytes [start, end) of passage number `passage` of the version; `quote` is null where the licence \
         keeps it back",
    ),
    column("question", "string?", "the question, which can be asked alone"),
    column("answer_type", "string?", "number, term, choice, boolean, direction, sequence, set or ranking"),
    column("answer", "string?", "the answer spec as JSON, which `grader.py` takes"),
    column("options", "list<string>", "options of a choice question, in the order of their letters; else empty"),
    column("topic", "string?", "topic id of the taxonomy; null when the paper has none"),
    column(
        "topic_probabilities",
        "list<struct {topic: string, probability: double}>",
        "the classifier's, where it assigned the topic; else empty",
    ),
    column("generator", "struct {kind: string, model: string, prompt_hash: string}", "what wrote the question"),
    column(
        "verification",
        "list<struct {stage: string, verdict: string, reason: string?, score: double?, model: string?}>",
        "what every verification stage that ran said",
    ),
    column("tier", "string?", "grounded, verified or reviewed: how far the question was tested, never more"),
    column(
        "difficulty",
        "struct {pass_rate: double, k: int32?, solver: string?, date: string?}?",
        "how often a solver knew the answer without the passage; null when not measured",
    ),
    column(
        "licence",
        "string",
        "normalised licence of the version: cc0, public_domain, cc_by, cc_by_sa, cc_by_nc, cc_by_nc_sa, …",
    ),
    column(
        "licence_url",
        "string?",
        "page of that licence, as the version names it or, by an archive's code, its version 4.0",
    ),
    column("licence_received", "string?", "the licence verbatim as received"),
    column("attribution", "string", "credit line to give with the row"),
    column("split", "string", "train, validation, future; or tombstone"),
    column("released_in", "string", "release in which the question first appeared"),
    column(
        "withdrawn",
        "struct {date: string, reason: string}?",
        "only in tombstones: when and why the question was taken back",
    ),
    column(
        "kind",
        "string?",
        "what the question asks its reader to do, as its writer says: finding, mechanism, comparison, prediction, quantity, \
         troubleshooting or synthesis; null where its writer does not say",
    ),
];

/// Columns of release 1.0: the last of them is `withdrawn`.
const FIRST_COLUMNS: usize = 27;
/// Most bytes of a `schema.json`.
const MOST_BYTES: u64 = 1 << 20;

/// Columns that the release in `folder` was made under: later ones stand behind them.
pub fn n_columns(folder: &Path) -> usize {
    let file = std::fs::File::open(folder.join("schema.json")).ok();
    let schema = file.and_then(|file| serde_json::from_reader::<_, Value>(file.take(MOST_BYTES)).ok());
    let columns = schema.and_then(|schema| schema["columns"].as_array().map(Vec::len));
    columns.unwrap_or(COLUMNS.len()).clamp(FIRST_COLUMNS, COLUMNS.len())
}

/// Whether the release in `folder` was made under fewer columns: what follows it is a minor release then, whatever its cause.
pub fn has_grown_since(folder: &Path) -> bool {
    n_columns(folder) < COLUMNS.len()
}

/// `schema.json` of a release.
pub fn description() -> Value {
    let columns: Vec<Value> = COLUMNS
        .iter()
        .map(|column| json!({ "name": column.name, "type": column.kind, "description": column.meaning }))
        .collect();
    json!({
        "major": MAJOR,
        "rule": "A minor release may add columns at the end; readers ignore columns they do not know. `?` marks what may be null.",
        "columns": columns,
        "parquet": QUESTIONS,
    })
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::*;

    #[test]
    fn a_release_under_fewer_columns_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.json");
        assert!(!has_grown_since(folder.path()), "no release");
        let mut older = description();
        std::fs::write(&path, older.to_string()).unwrap();
        assert!(!has_grown_since(folder.path()));
        older["columns"].as_array_mut().unwrap().pop();
        std::fs::write(&path, older.to_string()).unwrap();
        assert!(has_grown_since(folder.path()));
    }

    #[test]
    fn every_column_is_described() {
        let schema = parse_message_type(QUESTIONS).unwrap();
        let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).collect();
        assert_eq!(names, COLUMNS.map(|column| column.name));
        for (field, column) in schema.get_fields().iter().zip(COLUMNS) {
            assert_eq!(field.is_optional(), column.kind.ends_with('?'), "{}", column.name);
        }
    }
}
