//! Questions that a model has tried to break, and those it has not yet.

use crate::model::question::{Difficulty, StageResult, Tier, earned_tier};
use crate::model::status::QuestionStatus;

use super::outcome::{allowed, reason_of};
use super::question::{Question, hash_of, stages_to_json};
use super::{Error, Rows, WriteTxn};

impl Rows {
    /// Accepted questions that no model has tried since their text was taken in, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn untried_questions(&self, limit: usize) -> Result<Vec<Question>, Error> {
        self.questions_where("q.status = 'accepted' AND q.tried_at IS NULL ORDER BY q.id LIMIT ?1", [limit as i64])
    }
}

impl WriteTxn<'_> {
    /// Adds what the model stages said of `question`, as it was read, and notes that it was tried; false when it changed since, and
    /// nothing was recorded.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_tried(
        &mut self,
        question: &Question,
        stages: &[StageResult],
        difficulty: Option<&Difficulty>,
    ) -> Result<bool, Error> {
        if !self.record_stages(question, stages)? {
            return Ok(false);
        }
        // Proof: numbers, a name and a date.
        let difficulty = difficulty.map(|difficulty| serde_json::to_string(difficulty).unwrap_or_default());
        let sql = "UPDATE questions SET difficulty = ?2, tried_at = ?3 WHERE hash = ?1";
        let now = self.now_ms();
        self.execute(sql, (hash_of(&question.id), difficulty, now))?;
        Ok(true)
    }

    /// Adds what later stages said of an accepted question, as it was read; false when it changed since, and nothing was recorded.
    ///
    /// A failed stage rejects it; the model stages raise its tier.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_stages(&mut self, question: &Question, stages: &[StageResult]) -> Result<bool, Error> {
        let id = &question.id;
        let unchanged = self.question(id)?.is_some_and(|now| {
            now.status == QuestionStatus::Accepted
                && now.text == question.text
                && now.verification == question.verification
        });
        if !unchanged {
            return Ok(false);
        }
        // Of two words of one stage the newer stands.
        let earlier = question.verification.iter().filter(|old| stages.iter().all(|new| new.stage != old.stage));
        let mut all: Vec<StageResult> = earlier.chain(stages).cloned().collect();
        all.sort_by_key(|result| result.stage);
        let reviewed = question.tier == Some(Tier::Reviewed);
        let tier = earned_tier(&all).map(|earned| if reviewed { Tier::Reviewed } else { earned });
        let (status, reason) = match tier {
            Some(_) => (QuestionStatus::Accepted, None),
            None => (QuestionStatus::Rejected, reason_of(&all)),
        };
        if status != QuestionStatus::Accepted {
            allowed(id, QuestionStatus::Accepted, status)?;
        }
        let sql = "UPDATE questions SET status = ?2, verification = ?3, tier = ?4, reason = ?5 WHERE hash = ?1";
        let tier = tier.map(Tier::as_str);
        self.execute(sql, (hash_of(id), status.as_str(), stages_to_json(&all), tier, reason))?;
        self.touch(question.work);
        Ok(true)
    }
}
