//! What people said of questions, and which ones to put before whom.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use rusqlite::Row;

use crate::model::id::QuestionId;
use crate::model::question::{StageResult, Tier};
use crate::model::review::{Decision, Edit, LastWord, MOST_REASON, Review, Sampled};
use crate::model::status::QuestionStatus;

use super::outcome::allowed;
use super::question::{Question, hash_of, id_of, stages_from_json};
use super::release::Release;
use super::{Error, Rows, WriteTxn};

/// A person's word to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReview {
    pub question: QuestionId,
    pub reviewer: String,
    pub decision: Decision,
    pub reason: String,
    pub sampled: Sampled,
    /// What an edit proposes.
    pub edit: Option<Edit>,
}

/// What became of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    pub row: i64,
    pub status: QuestionStatus,
    pub tier: Option<Tier>,
}

/// A question that a person may be asked about: id, what the stages said, topic (empty: none).
pub type Reviewable = (QuestionId, Vec<StageResult>, String);

/// Questions of a window that is looked through.
const WINDOW: usize = 1000;

const COLUMNS: &str = "q.hash, r.reviewer, r.decision, r.reason, r.sampled, r.was_accepted, r.edit, e.hash, r.at";
const FROM: &str = "FROM reviews r JOIN questions q ON q.id = r.question LEFT JOIN questions e ON e.id = r.edited_into";

/// A question that this reviewer has not looked at in its present text, of a work that may be used.
const UNSEEN: &str =
    "q.status <> 'withdrawn' AND EXISTS (SELECT 1 FROM works w WHERE w.id = q.work AND w.status = 'current')
    AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.question = q.id AND r.reviewer = ?1 AND r.text = q.text)";

impl Rows {
    /// What people said of a question, the oldest first.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn reviews_of(&self, id: &QuestionId) -> Result<Vec<Review>, Error> {
        let raws =
            self.list(&format!("SELECT {COLUMNS} {FROM} WHERE q.hash = ?1 ORDER BY r.id"), [hash_of(id)], raw)?;
        raws.into_iter().map(finish).collect()
    }

    /// A review by its row.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn review(&self, row: i64) -> Result<Option<Review>, Error> {
        self.find(&format!("SELECT {COLUMNS} {FROM} WHERE r.id = ?1"), [row], raw)?.map(finish).transpose()
    }

    /// How many questions a person has looked at.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn reviews_by(&self, reviewer: &str) -> Result<u64, Error> {
        let sql = "SELECT count(DISTINCT question) FROM reviews WHERE reviewer = ?1";
        Ok(self.find(sql, [reviewer], |row| row.get::<_, i64>(0))?.map_or(0, i64::unsigned_abs))
    }

    /// Reviews by topic of their questions; `""` for none.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn reviews_by_topic(&self) -> Result<BTreeMap<String, u64>, Error> {
        let sql = "SELECT ifnull(json_extract(q.topic, '$.id'), ''), count(*) FROM reviews r JOIN questions q ON q.id = r.question
                   GROUP BY 1";
        let counts = self.list(sql, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(counts.into_iter().collect())
    }

    /// Questions that `reviewer` has not looked at, of one kind of sampling, in the order in which they come into question: as drawn, or
    /// a window of them from `start` on, which is as good as random.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn reviewable(&self, sampled: Sampled, reviewer: &str, start: &[u8; 16]) -> Result<Vec<Reviewable>, Error> {
        const SELECT: &str = "SELECT q.hash, q.verification, ifnull(json_extract(q.topic, '$.id'), '') FROM";
        let listed = match sampled {
            Sampled::Conflict => format!(
                "{SELECT} (SELECT question AS id FROM alike WHERE relation = 'conflict'
                     UNION SELECT other FROM alike WHERE relation = 'conflict') a JOIN questions q ON q.id = a.id
                 WHERE q.status = 'accepted' AND ifnull(q.tier, '') <> 'reviewed' AND {UNSEEN} AND EXISTS (
                     SELECT 1 FROM alike b JOIN questions o ON o.id = CASE b.question WHEN q.id THEN b.other ELSE b.question END
                     WHERE (b.question = q.id OR b.other = q.id) AND b.relation = 'conflict' AND o.status = 'accepted')
                 ORDER BY q.id LIMIT 1"
            ),
            Sampled::Audit => format!(
                "{SELECT} audits a JOIN questions q ON q.id = a.question WHERE {UNSEEN}
                 ORDER BY a.release DESC, a.position LIMIT 1"
            ),
            Sampled::Second => format!(
                "{SELECT} questions q WHERE q.id IN (SELECT question FROM reviews GROUP BY question HAVING count(DISTINCT reviewer) = 1)
                 AND {UNSEEN} ORDER BY q.id LIMIT 1"
            ),
            Sampled::Uncertain | Sampled::Topic => {
                return self.window(&format!("q.status = 'accepted' AND {UNSEEN}"), SELECT, reviewer, start);
            }
            Sampled::Rejected => {
                // What was rejected for repeating something says nothing of the question.
                let condition = format!(
                    "q.status = 'rejected' AND q.reason NOT LIKE 'review%' AND q.reason NOT LIKE 'novelty%'
                     AND q.reason NOT LIKE 'decontamination%' AND {UNSEEN}"
                );
                return self.window(&condition, SELECT, reviewer, start);
            }
            Sampled::Asked => return Ok(Vec::new()),
        };
        self.list(&listed, [reviewer], reviewable)?.into_iter().map(understood).collect()
    }

    /// The first questions from `start` on in the order of their ids, and if there are none the first of all.
    fn window(
        &self,
        condition: &str,
        select: &str,
        reviewer: &str,
        start: &[u8; 16],
    ) -> Result<Vec<Reviewable>, Error> {
        let sql = format!("{select} questions q WHERE q.hash >= ?2 AND {condition} ORDER BY q.hash LIMIT {WINDOW}");
        let mut found = self.list(&sql, (reviewer, start), reviewable)?;
        if found.is_empty() {
            found = self.list(&sql, (reviewer, [0_u8; 16]), reviewable)?;
        }
        found.into_iter().map(understood).collect()
    }

    /// Each person's last word on each question.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn last_words(&self) -> Result<Vec<LastWord>, Error> {
        let sql = "SELECT question, reviewer, decision, sampled, was_accepted FROM reviews r
                   WHERE id = (SELECT max(id) FROM reviews o WHERE o.question = r.question AND o.reviewer = r.reviewer)
                   ORDER BY question, reviewer";
        let raws = self.list(sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?, row.get(4)?))
        })?;
        raws.into_iter()
            .map(|(question, reviewer, decision, sampled, was_accepted)| {
                let damaged = || Error::damaged("review", question, "unknown decision");
                Ok(LastWord {
                    question,
                    reviewer,
                    decision: Decision::from_name(&decision).ok_or_else(damaged)?,
                    sampled: Sampled::from_name(&sampled).ok_or_else(damaged)?,
                    was_accepted,
                })
            })
            .collect()
    }

    /// The random samples of the data set releases, the newest first: version and question rows.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn audits(&self) -> Result<Vec<(String, Vec<i64>)>, Error> {
        let sql = "SELECT r.version, a.question FROM audits a JOIN releases r ON r.id = a.release
                   ORDER BY a.release DESC, a.position";
        let mut samples: Vec<(String, Vec<i64>)> = Vec::new();
        for (version, question) in self.list(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
            match samples.last_mut() {
                Some((last, questions)) if *last == version => questions.push(question),
                _ => samples.push((version, vec![question])),
            }
        }
        Ok(samples)
    }

    /// The questions that people rejected after row `after`, and the newest row.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn rejected_by_people(&self, after: i64) -> Result<(BTreeSet<QuestionId>, i64), Error> {
        let sql = "SELECT r.id, q.hash FROM reviews r JOIN questions q ON q.id = r.question
                   WHERE r.id > ?1 AND q.status = 'rejected' ORDER BY r.id";
        let mut last = after;
        let mut ids = BTreeSet::new();
        for (row, hash) in self.list(sql, [after], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))? {
            last = last.max(row);
            ids.insert(id_of(&hash)?);
        }
        Ok((ids, last))
    }
}

fn reviewable(row: &Row<'_>) -> rusqlite::Result<(Vec<u8>, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn understood((hash, stages, topic): (Vec<u8>, String, String)) -> Result<Reviewable, Error> {
    let id = id_of(&hash)?;
    let stages = stages_from_json(&stages).ok_or_else(|| Error::damaged("question", &id, "bad verification"))?;
    Ok((id, stages, topic))
}

type Raw = (Vec<u8>, String, String, String, String, bool, Option<String>, Option<Vec<u8>>, i64);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let (edit, into, at) = (row.get(6)?, row.get(7)?, row.get(8)?);
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, edit, into, at))
}

fn finish((hash, reviewer, decision, reason, sampled, was_accepted, edit, into, at): Raw) -> Result<Review, Error> {
    let question = id_of(&hash)?;
    let damaged = |what: &str| Error::damaged("review of question", &question, what);
    Ok(Review {
        decision: Decision::from_name(&decision).ok_or_else(|| damaged("unknown decision"))?,
        sampled: Sampled::from_name(&sampled).ok_or_else(|| damaged("unknown sampling"))?,
        edit: edit.map(|edit| serde_json::from_str(&edit)).transpose().map_err(|_| damaged("bad edit"))?,
        edited_into: into.map(|hash| id_of(&hash)).transpose()?,
        at: DateTime::from_timestamp_millis(at).unwrap_or_default(),
        reviewer,
        reason,
        was_accepted,
        question,
    })
}

impl WriteTxn<'_> {
    /// Records a person's word. An accepted question that is agreed to becomes `reviewed`, unless somebody else objected; one that is
    /// objected to, or edited, is rejected. What verification had rejected stays so: the word counts for how far the two agree.
    ///
    /// # Errors
    /// [`Error::Missing`] for a question that is not there, [`Error::IllegalMove`] for one that is withdrawn.
    pub fn record_review(&mut self, new: &NewReview) -> Result<Recorded, Error> {
        let question = self.question(&new.question)?;
        let question = question.ok_or_else(|| Error::Missing { what: "question", id: new.question.to_string() })?;
        if matches!(question.status, QuestionStatus::Withdrawn | QuestionStatus::Drafted) {
            let (from, id) = (question.status.as_str(), question.id.to_string());
            return Err(Error::IllegalMove { what: "question", id, from, to: "reviewed" });
        }
        let was_accepted = self.was_accepted(&question)?;
        let reason: String = new.reason.chars().take(MOST_REASON).collect();
        // Proof: texts and an answer.
        let edit = new.edit.as_ref().map(|edit| serde_json::to_string(edit).unwrap_or_default());
        let sql = "INSERT INTO reviews (question, text, reviewer, decision, reason, sampled, was_accepted, edit, at)
                   SELECT id, text, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM questions WHERE hash = ?1 RETURNING id";
        let hash = hash_of(&question.id);
        let now = self.now_ms();
        let (decision, sampled) = (new.decision.as_str(), new.sampled.as_str());
        let params = (&hash, &new.reviewer, decision, reason, sampled, was_accepted, edit, now);
        let row = self.find(sql, params, |row| row.get::<_, i64>(0))?;
        let row = row.ok_or_else(|| Error::Missing { what: "question", id: new.question.to_string() })?;
        self.audit("reviewed", question.id.as_str(), &format!("{}: {decision}", new.reviewer))?;
        let (mut status, mut tier) = (question.status, question.tier);
        if status == QuestionStatus::Accepted {
            (status, tier) = match new.decision {
                Decision::Accept => (status, Some(Tier::Reviewed)),
                Decision::Reject | Decision::Edit => (QuestionStatus::Rejected, None),
            };
            if status != QuestionStatus::Accepted {
                allowed(&question.id, question.status, status)?;
            }
            let word = if new.decision == Decision::Edit { "review: edited" } else { "review: rejected" };
            let reason = (status == QuestionStatus::Rejected).then_some(word);
            let sql = "UPDATE questions SET status = ?2, tier = ?3, reason = ?4 WHERE hash = ?1";
            self.execute(sql, (&hash, status.as_str(), tier.map(Tier::as_str), reason))?;
            self.touch(question.work);
        }
        Ok(Recorded { row, status, tier })
    }

    /// What verification said, whatever people said since.
    fn was_accepted(&self, question: &Question) -> Result<bool, Error> {
        let first = self.reviews_of(&question.id)?.first().map(|review| review.was_accepted);
        Ok(first.unwrap_or(question.status == QuestionStatus::Accepted))
    }

    /// Notes which question an edit became.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_edited(&mut self, review: i64, into: &QuestionId) -> Result<(), Error> {
        let sql = "UPDATE reviews SET edited_into = (SELECT id FROM questions WHERE hash = ?2) WHERE id = ?1";
        self.execute(sql, (review, hash_of(into)))?;
        Ok(())
    }

    /// Records the random sample of a release, in its order.
    ///
    /// # Errors
    /// [`Error::Missing`] when a question is not in the store.
    pub fn record_audit(&mut self, release: &Release, ids: &[String]) -> Result<(), Error> {
        for (position, id) in ids.iter().enumerate() {
            let missing = || Error::Missing { what: "question", id: id.clone() };
            let hash = hash_of(&QuestionId::parse(id).map_err(|_| missing())?);
            let sql = "INSERT OR IGNORE INTO audits (release, position, question) SELECT ?1, ?2, id FROM questions WHERE hash = ?3";
            self.execute(sql, (release.id, position as i64, hash))?;
        }
        Ok(())
    }
}
