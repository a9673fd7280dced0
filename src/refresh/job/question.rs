use std::path::Path;

use parquet::record::{Field, Row};

use crate::model::answer::AnswerSpec;
use crate::refresh::Error;
use crate::release::parquet::Table;
use crate::release::read;

/// Bounds on what is read: rows of a file, bytes of a cell, bytes of all cells.
const MOST_ROWS: u64 = 2_000_000;
const MOST_CELL_BYTES: usize = 1 << 20;
const MOST_BYTES: usize = 4 << 30;

const SCHEMA: &str = "message questions {
  required binary id (STRING);
  required binary prompt (STRING);
  required binary spec (STRING);
  required binary answer (STRING);
  optional binary topic (STRING);
  required binary work (STRING);
  optional binary section (STRING);
  optional binary target (STRING);
}";

/// A row of `train.parquet` or `eval.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub id: String,
    /// What the model is shown as the user's turn.
    pub prompt: String,
    /// What the grader scores against; in the file as JSON text.
    pub spec: AnswerSpec,
    pub topic: Option<String>,
    /// The paper it comes from, by its strongest identifier.
    pub work: String,
    pub section: Option<String>,
    /// A right response to learn from, for distillation.
    pub target: Option<String>,
}

/// Writes questions, in their order, into a file that must not be there.
pub(super) fn write<'q>(path: &Path, questions: impl IntoIterator<Item = &'q Question>) -> Result<(), Error> {
    let mut table = Table::create(path, SCHEMA)?;
    for question in questions {
        table.push(|row| {
            row.text(&question.id);
            row.text(&question.prompt);
            row.text(&question.spec.to_json());
            row.text(&question.spec.text());
            row.maybe_text(question.topic.as_deref());
            row.text(&question.work);
            row.maybe_text(question.section.as_deref());
            row.maybe_text(question.target.as_deref());
        })?;
    }
    table.finish("")?;
    Ok(())
}

/// The questions of a file such as `train.parquet`; every spec can be graded.
///
/// # Errors
/// When it is missing, damaged or too large.
pub fn read(path: &Path) -> Result<Vec<Question>, Error> {
    let n_rows = read::n_rows(path)?;
    if n_rows > MOST_ROWS {
        return Err(Error::damaged(path, format!("has {n_rows} rows, more than {MOST_ROWS}")));
    }
    let mut bytes = 0;
    let mut questions = Vec::new();
    for (at, row) in read::rows(path)?.enumerate() {
        let row = row.map_err(|error| Error::damaged(path, error))?;
        bytes += sizes(&row).sum::<usize>();
        if sizes(&row).any(|bytes| bytes > MOST_CELL_BYTES) || bytes > MOST_BYTES {
            return Err(Error::damaged(
                path,
                format!("row {at}: more than {MOST_CELL_BYTES} bytes in a cell, or too many in all"),
            ));
        }
        questions.push(question(&row).map_err(|reason| Error::damaged(path, format!("row {at}: {reason}")))?);
    }
    Ok(questions)
}

fn sizes(row: &Row) -> impl Iterator<Item = usize> {
    row.get_column_iter().map(|(_, field)| match field {
        Field::Str(text) => text.len(),
        _ => 0,
    })
}

fn question(row: &Row) -> Result<Question, String> {
    let maybe = |name: &str| read::text(row, name).map(str::to_owned);
    let text = |name: &'static str| maybe(name).ok_or_else(|| format!("no `{name}`"));
    let spec: AnswerSpec = serde_json::from_str(&text("spec")?).map_err(|error| format!("`spec`: {error}"))?;
    crate::grade::check(&spec).map_err(|error| format!("`spec`: {error}"))?;
    Ok(Question {
        id: text("id")?,
        prompt: text("prompt")?,
        spec,
        topic: maybe("topic"),
        work: text("work")?,
        section: maybe("section"),
        target: maybe("target"),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An invented question.
    pub(crate) fn question(n: u32) -> Question {
        Question {
            id: format!("{n:032x}"),
            prompt: format!("Does the tail clock of newt {n} beat?\n\nAnswer inside <answer></answer>."),
            spec: AnswerSpec::Boolean { value: n.is_multiple_of(2) },
            topic: (!n.is_multiple_of(3)).then(|| "zoology".to_owned()),
            work: format!("10.5555/{n}"),
            section: None,
            target: n.is_multiple_of(2).then(|| "<answer>yes</answer>".to_owned()),
        }
    }

    #[test]
    fn questions_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.parquet");
        let questions: Vec<Question> = (0..50).map(question).collect();
        write(&path, &questions).unwrap();
        assert_eq!(read(&path).unwrap(), questions);
        std::fs::write(&path, b"PAR1 and then nothing").unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_spec_that_can_not_be_graded_is_named_by_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.parquet");
        let mut bad = question(1);
        bad.spec = AnswerSpec::Choice { options: vec!["one".into()], correct: "Z".into() };
        write(&path, [&question(0), &bad]).unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(told.contains("row 1: `spec`"), "{told}");
    }
}
