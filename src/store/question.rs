//! Questions as values: the whole record of DESIGN 2.3.

use rusqlite::{Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::answer::AnswerSpec;
use crate::model::id::{PassageId, QuestionId, WorkId};
use crate::model::question::{Difficulty, Generator, QuestionKind, Stage, StageResult, Tier, Verdict};
use crate::model::status::QuestionStatus;

use super::passage::TextId;
use super::{Error, Rows};

/// A question as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    pub id: QuestionId,
    pub work: WorkId,
    /// The text its evidence lies in.
    pub text: TextId,
    pub status: QuestionStatus,
    pub question: String,
    pub answer: AnswerSpec,
    pub evidence: Vec<Span>,
    pub generator: Generator,
    /// What it asks its reader to do, when its writer said.
    pub kind: Option<QuestionKind>,
    pub verification: Vec<StageResult>,
    pub tier: Option<Tier>,
    /// Why it was rejected (`stage: word`) or withdrawn.
    pub reason: Option<String>,
    pub withdrawn_on: Option<String>,
    pub topic: Option<Value>,
    pub difficulty: Option<Difficulty>,
    /// Where it was in the newest data set that has it, and the first one that did.
    pub split: Option<String>,
    pub released_in: Option<String>,
}

/// Evidence in stored terms: a byte span of a passage row and its exact text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    pub passage: PassageId,
    pub quote: String,
    pub start: usize,
    pub end: usize,
}

const SELECT: &str =
    "SELECT q.hash, q.work, q.text, q.status, q.question, q.answer, g.kind, g.model, g.prompt_hash, q.verification,
    q.tier, q.reason, q.withdrawn_on, q.topic, q.difficulty, r.split, r.first, q.id, q.kind
    FROM questions q JOIN generators g ON g.id = q.generator LEFT JOIN released r ON r.question = q.id";

impl Rows {
    /// One question with its evidence.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn question(&self, id: &QuestionId) -> Result<Option<Question>, Error> {
        let raw = self.find(&format!("{SELECT} WHERE q.hash = ?1"), [hash_of(id)], Raw::of)?;
        raw.map(|raw| self.finish(raw)).transpose()
    }

    /// The questions of a work with this status, in the order in which they were first recorded.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn questions_of(&self, work: WorkId, status: QuestionStatus) -> Result<Vec<Question>, Error> {
        self.questions_where("q.work = ?1 AND q.status = ?2 ORDER BY q.id", (work.0, status.as_str()))
    }

    pub(super) fn questions_where(&self, condition: &str, params: impl Params) -> Result<Vec<Question>, Error> {
        let raws = self.list(&format!("{SELECT} WHERE {condition}"), params, Raw::of)?;
        raws.into_iter().map(|raw| self.finish(raw)).collect()
    }

    /// Ids of questions with this status, at most `limit`, from the one after `after` in the order of their ids.
    /// Ids are hashes: their order is as good as random.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn question_ids(
        &self,
        status: QuestionStatus,
        after: Option<&QuestionId>,
        limit: usize,
    ) -> Result<Vec<QuestionId>, Error> {
        let after = after.map(hash_of).unwrap_or_default();
        let sql = "SELECT hash FROM questions WHERE hash > ?1 AND status = ?2 ORDER BY hash LIMIT ?3";
        self.list(sql, (after, status.as_str(), limit as i64), |row| row.get::<_, Vec<u8>>(0))?
            .iter()
            .map(|h| id_of(h))
            .collect()
    }

    /// Walks over every question with this status in the order of recording, without its evidence: for loading the
    /// history that novelty is judged against.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn each_question(
        &self,
        status: QuestionStatus,
        mut visit: impl FnMut(QuestionId, WorkId, &str, &str),
    ) -> Result<(), Error> {
        let mut statement =
            self.prepare("SELECT hash, work, question, answer FROM questions WHERE status = ?1 ORDER BY id")?;
        let mut rows = statement.query([status.as_str()])?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?)?;
            let question = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let answer = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
            visit(id, WorkId(row.get(1)?), question, answer);
        }
        Ok(())
    }

    fn finish(&self, raw: Raw) -> Result<Question, Error> {
        let id = id_of(&raw.hash)?;
        let damaged = |reason: &str| Error::damaged("question", &id, reason);
        fn json<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>, serde_json::Error> {
            text.map(|text| serde_json::from_str(&text)).transpose()
        }
        let sql = "SELECT passage, quote, start, \"end\" FROM evidence WHERE question = ?1 ORDER BY position";
        let evidence = self.list(sql, [raw.row], |row| {
            let offset = |at| row.get::<_, i64>(at).map(|n| n.max(0) as usize);
            Ok(Span { passage: PassageId(row.get(0)?), quote: row.get(1)?, start: offset(2)?, end: offset(3)? })
        })?;
        Ok(Question {
            work: raw.work,
            text: raw.text,
            status: QuestionStatus::from_name(&raw.status).ok_or_else(|| damaged("unknown status"))?,
            answer: serde_json::from_str(&raw.answer).map_err(|_| damaged("bad answer"))?,
            evidence,
            verification: stages_from_json(&raw.verification).ok_or_else(|| damaged("bad verification"))?,
            tier: raw.tier.map(|tier| Tier::from_name(&tier).ok_or_else(|| damaged("unknown tier"))).transpose()?,
            topic: json(raw.topic).map_err(|_| damaged("bad topic"))?,
            difficulty: json(raw.difficulty).map_err(|_| damaged("bad difficulty"))?,
            kind: raw.kind.as_deref().and_then(QuestionKind::from_name),
            question: raw.question,
            generator: raw.generator,
            reason: raw.reason,
            withdrawn_on: raw.withdrawn_on,
            split: raw.split,
            released_in: raw.released_in,
            id,
        })
    }
}

struct Raw {
    hash: Vec<u8>,
    work: WorkId,
    text: TextId,
    status: String,
    question: String,
    answer: String,
    generator: Generator,
    verification: String,
    tier: Option<String>,
    reason: Option<String>,
    withdrawn_on: Option<String>,
    topic: Option<String>,
    difficulty: Option<String>,
    split: Option<String>,
    released_in: Option<String>,
    row: i64,
    kind: Option<String>,
}

impl Raw {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Raw {
            hash: row.get(0)?,
            work: WorkId(row.get(1)?),
            text: TextId(row.get(2)?),
            status: row.get(3)?,
            question: row.get(4)?,
            answer: row.get(5)?,
            generator: Generator { kind: row.get(6)?, model: row.get(7)?, prompt_hash: row.get(8)? },
            verification: row.get(9)?,
            tier: row.get(10)?,
            reason: row.get(11)?,
            withdrawn_on: row.get(12)?,
            topic: row.get(13)?,
            difficulty: row.get(14)?,
            split: row.get(15)?,
            released_in: row.get(16)?,
            row: row.get(17)?,
            kind: row.get(18)?,
        })
    }
}

/// The 16 bytes of an id.
pub(super) fn hash_of(id: &QuestionId) -> Vec<u8> {
    id.to_bytes().to_vec()
}

pub(super) fn id_of(hash: &[u8]) -> Result<QuestionId, Error> {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    QuestionId::parse(&hex).map_err(|error| Error::damaged("question", &hex, error))
}

/// One array a stage, `[stage, verdict, reason, score, model]`, without trailing nulls and empty reasons: a seventh of the size.
pub(super) fn stages_to_json(stages: &[StageResult]) -> String {
    let rows: Vec<Value> = stages
        .iter()
        .map(|s| {
            let mut row: Vec<Value> = vec![s.stage.as_str().into(), s.verdict.as_str().into()];
            if !s.reason.is_empty() || s.score.is_some() || s.model.is_some() {
                row.push(s.reason.as_str().into());
            }
            if s.score.is_some() || s.model.is_some() {
                row.push(s.score.into());
            }
            if let Some(model) = &s.model {
                row.push(model.as_str().into());
            }
            Value::Array(row)
        })
        .collect();
    Value::Array(rows).to_string()
}

pub(super) fn stages_from_json(text: &str) -> Option<Vec<StageResult>> {
    let rows: Vec<Vec<Value>> = serde_json::from_str(text).ok()?;
    rows.iter()
        .map(|row| {
            let word = |at: usize| row.get(at).and_then(Value::as_str);
            Some(StageResult {
                stage: Stage::from_name(word(0)?)?,
                verdict: Verdict::from_name(word(1)?)?,
                reason: word(2).unwrap_or_default().to_owned(),
                score: row.get(3).and_then(Value::as_f64),
                model: word(4).map(str::to_owned),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_stages_come_back() {
        let id = QuestionId::of("10.1/a", "Why?", "{}");
        assert_eq!(id_of(&hash_of(&id)).unwrap(), id);
        let stage = |reason: &str, score, model: Option<&str>| StageResult {
            stage: Stage::Leak,
            verdict: Verdict::Fail,
            reason: reason.into(),
            score,
            model: model.map(str::to_owned),
        };
        let stages = vec![stage("", None, None), stage("a: b", Some(0.5), None), stage("", None, Some("m"))];
        assert_eq!(stages_from_json(&stages_to_json(&stages)).unwrap(), stages);
        assert_eq!(stages_to_json(&stages[..1]), r#"[["leak","fail"]]"#);
    }
}
