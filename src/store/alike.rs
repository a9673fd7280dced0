//! Questions that ask the same: in conflict when their answers differ, a corroboration when another work gives the same answer.

use rusqlite::Row;
use serde::Serialize;

use crate::model::answer::AnswerSpec;
use crate::model::document::Relation;
use crate::model::id::{QuestionId, WorkId};
use crate::model::question::Likeness;
use crate::model::status::QuestionStatus;

use super::question::{hash_of, id_of};
use super::{Error, Rows, WriteTxn};

/// The ties between works that are one paper: what it says twice, it says once.
const ONE_PAPER: [Relation; 4] = [Relation::PublishedAs, Relation::PreprintOf, Relation::Updates, Relation::UpdatedBy];

/// What a question is to another that asks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kinship {
    /// They are answered differently: one of the keys is wrong, or they ask less alike than it seems.
    Conflict,
    /// Another paper gives the same answer.
    Corroboration,
}

impl Kinship {
    pub const ALL: [Kinship; 2] = [Kinship::Conflict, Kinship::Corroboration];

    pub fn as_str(self) -> &'static str {
        match self {
            Kinship::Conflict => "conflict",
            Kinship::Corroboration => "corroboration",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Kinship::ALL.into_iter().find(|kinship| kinship.as_str() == name)
    }
}

/// A question that asks the same as another, seen from that one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kin {
    pub relation: Kinship,
    pub id: QuestionId,
    pub status: QuestionStatus,
    pub question: String,
    pub answer: AnswerSpec,
    /// Share of common words, in (0, 1].
    pub similarity: f64,
    pub work: WorkId,
    /// The work's strongest identifier.
    pub key: String,
    pub title: String,
}

impl Rows {
    /// The questions that ask the same as this one, conflicts first, the most similar first. Those of the same paper are left out among
    /// the corroborations: a preprint does not bear out its article.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn kin_of(&self, id: &QuestionId) -> Result<Vec<Kin>, Error> {
        let Some((row, work)) = self.find("SELECT id, work FROM questions WHERE hash = ?1", [hash_of(id)], |row| {
            Ok((row.get::<_, i64>(0)?, WorkId(row.get(1)?)))
        })?
        else {
            return Ok(Vec::new());
        };
        let sql = "WITH kin AS (
                       SELECT other AS id, relation, similarity FROM alike WHERE question = ?1
                       UNION SELECT question, relation, similarity FROM alike WHERE other = ?1)
                   SELECT k.relation, q.hash, q.status, q.question, q.answer, k.similarity, q.work, w.key, w.title
                   FROM kin k JOIN questions q ON q.id = k.id JOIN works w ON w.id = q.work
                   ORDER BY k.relation, k.similarity DESC, q.id";
        let raws = self.list(sql, [row], raw)?;
        if raws.is_empty() {
            return Ok(Vec::new());
        }
        let same_paper: Vec<WorkId> = self
            .ties(work)?
            .into_iter()
            .filter(|tie| ONE_PAPER.contains(&tie.relation))
            .filter_map(|tie| tie.work)
            .collect();
        let mut kin = Vec::with_capacity(raws.len());
        for raw in raws {
            let one = finish(raw)?;
            if one.relation == Kinship::Conflict || !same_paper.contains(&one.work) {
                kin.push(one);
            }
        }
        Ok(kin)
    }
}

type Raw = (String, Vec<u8>, String, String, String, f64, WorkId, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let work = WorkId(row.get(6)?);
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, work, row.get(7)?, row.get(8)?))
}

fn finish((relation, hash, status, question, answer, similarity, work, key, title): Raw) -> Result<Kin, Error> {
    let id = id_of(&hash)?;
    let damaged = |what: &str| Error::damaged("question", &id, what);
    Ok(Kin {
        relation: Kinship::from_name(&relation).ok_or_else(|| damaged("unknown relation"))?,
        status: QuestionStatus::from_name(&status).ok_or_else(|| damaged("unknown status"))?,
        answer: serde_json::from_str(&answer).map_err(|_| damaged("bad answer"))?,
        question,
        similarity,
        work,
        key,
        title,
        id,
    })
}

impl WriteTxn<'_> {
    /// Notes what a question is to those that ask the same, in the place of what was noted before. `row`: its own.
    pub(super) fn note_alike(&mut self, row: i64, work: WorkId, alike: &[Likeness]) -> Result<(), Error> {
        self.execute("DELETE FROM alike WHERE question = ?1", [row])?;
        for likeness in alike {
            let sql = "SELECT id, work FROM questions WHERE hash = ?1";
            let other =
                self.find(sql, [hash_of(&likeness.id)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
            let Some((other, other_work)) = other else { continue };
            let relation = match likeness.same_answer {
                false => Kinship::Conflict,
                true if other_work != work.0 => Kinship::Corroboration,
                // A paper that says the same twice.
                true => continue,
            };
            let sql = "INSERT OR REPLACE INTO alike (question, other, relation, similarity) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (row, other, relation.as_str(), likeness.similarity))?;
            self.touch(WorkId(other_work));
        }
        Ok(())
    }
}
