//! Verdicts on drafts, and what they do to the questions already there.

use std::collections::BTreeSet;

use crate::model::document::Document;
use crate::model::id::{QuestionId, VersionId, WorkId};
use crate::model::question::{Draft, Generator, Outcome, QuestionKind, StageResult, Tier, Verdict};
use crate::model::status::{QuestionStatus, WorkStatus};

use super::passage::TextId;
use super::question::{hash_of, stages_to_json};
use super::{Error, Rows, WriteTxn};

/// What a set of outcomes changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Questions that are accepted now and were not before.
    pub accepted: usize,
    /// Drafts recorded as rejected.
    pub rejected: usize,
    /// Accepted questions withdrawn because the new text does not bear them out.
    pub withdrawn: usize,
    /// Known before, with nothing to change.
    pub unchanged: usize,
    /// The version no longer owns its work's text, or the work may not be used: nothing was recorded.
    pub stale: bool,
}

impl Rows {
    /// Whether the version owns its work's text, may be used, and its text was not drafted from yet.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn wants_drafting(&self, version: VersionId) -> Result<bool, Error> {
        let Some((_, _, text)) = self.drafting_ground(version)? else {
            return Ok(false);
        };
        Ok(self
            .find("SELECT drafted_at IS NULL FROM texts WHERE id = ?1", [text.0], |row| row.get(0))?
            .unwrap_or(false))
    }

    /// The kinds of the generators that have drafted from the version's text, as far as it is not done.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn drafted_by(&self, version: VersionId) -> Result<BTreeSet<String>, Error> {
        let Some((_, _, text)) = self.drafting_ground(version)? else {
            return Ok(BTreeSet::new());
        };
        let sql = "SELECT generator FROM drafted WHERE text = ?1";
        Ok(self.list(sql, [text.0], |row| row.get(0))?.into_iter().collect())
    }

    /// The key of the version's work, if questions may be recorded for the version.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn work_key(&self, version: VersionId) -> Result<Option<String>, Error> {
        Ok(self.drafting_ground(version)?.map(|(_, key, _)| key))
    }

    /// The version's work, its key and its text, if questions may be recorded for it.
    fn drafting_ground(&self, version: VersionId) -> Result<Option<(WorkId, String, TextId)>, Error> {
        let sql =
            "SELECT w.id, w.key, v.text, w.status FROM versions v JOIN works w ON w.id = v.work AND w.current = v.id
                   WHERE v.id = ?1 AND v.text IS NOT NULL AND v.withheld = 0";
        let found = self.find(sql, [version.0], |row| {
            Ok((WorkId(row.get(0)?), row.get(1)?, TextId(row.get(2)?), row.get::<_, String>(3)?))
        })?;
        let usable = |status: &str| WorkStatus::from_name(status).is_some_and(WorkStatus::is_usable);
        Ok(found.filter(|(.., status)| usable(status)).map(|(work, key, text, _)| (work, key, text)))
    }
}

struct Known {
    row: i64,
    status: QuestionStatus,
    text: TextId,
}

impl WriteTxn<'_> {
    /// Records the outcomes of drafting from a version. `document` is the one drafted from.
    ///
    /// # Errors
    /// [`Error::Evidence`] when a quote is not what the passage holds at the span.
    pub fn record_outcomes(
        &mut self,
        version: VersionId,
        document: &Document,
        outcomes: &[Outcome],
    ) -> Result<Tally, Error> {
        let Some((work, key, text)) = self.drafting_ground(version)? else {
            return Ok(Tally { stale: true, ..Tally::default() });
        };
        let mut tally = Tally::default();
        held(document, outcomes)?;
        for outcome in outcomes {
            let draft = outcome.draft();
            self.record_outcome(&draft.id(&key), work, text, outcome, &mut tally)?;
        }
        self.touch(work);
        Ok(tally)
    }

    /// Notes that the generators of the kinds `by` have drafted from the version's text. True when all kinds of `wanted` have:
    /// then the text counts as drafted.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_drafted(&mut self, version: VersionId, by: &[&str], wanted: &[&str]) -> Result<bool, Error> {
        let Some((_, _, text)) = self.drafting_ground(version)? else {
            return Ok(true);
        };
        let now = self.now_ms();
        let mut done = self.drafted_by(version)?;
        done.extend(by.iter().map(|kind| (*kind).to_owned()));
        if wanted.iter().all(|kind| done.contains(*kind)) {
            self.execute("DELETE FROM drafted WHERE text = ?1", [text.0])?;
            self.execute("UPDATE texts SET drafted_at = ?2 WHERE id = ?1", (text.0, now))?;
            return Ok(true);
        }
        for kind in by {
            let sql = "INSERT OR IGNORE INTO drafted (text, generator, at) VALUES (?1, ?2, ?3)";
            self.execute(sql, (text.0, kind, now))?;
        }
        Ok(false)
    }

    /// Records what became of an accepted question when it was judged against its work's present text: `Some` outcome when
    /// its quotes are still there, `None` when they are not.
    ///
    /// # Errors
    /// As [`WriteTxn::record_outcomes`].
    pub fn record_rechecked(
        &mut self,
        version: VersionId,
        document: &Document,
        id: &QuestionId,
        outcome: Option<&Outcome>,
    ) -> Result<Tally, Error> {
        let Some((work, _, text)) = self.drafting_ground(version)? else {
            return Ok(Tally { stale: true, ..Tally::default() });
        };
        let mut tally = Tally::default();
        match outcome {
            Some(outcome) => {
                held(document, std::slice::from_ref(outcome))?;
                self.record_outcome(id, work, text, outcome, &mut tally)?;
            }
            None => {
                if let Some(known) = self.known(id)?
                    && known.status == QuestionStatus::Accepted
                    && known.text != text
                {
                    self.withdraw(known.row, "superseded: the quote is not in the new text")?;
                    tally.withdrawn += 1;
                }
            }
        }
        self.touch(work);
        Ok(tally)
    }

    fn known(&self, id: &QuestionId) -> Result<Option<Known>, Error> {
        let sql = "SELECT id, status, text FROM questions WHERE hash = ?1";
        let found =
            self.find(sql, [hash_of(id)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, TextId(row.get(2)?))))?;
        found
            .map(|(row, status, text)| {
                let status = QuestionStatus::from_name(&status)
                    .ok_or_else(|| Error::damaged("question", id, format!("unknown status {status:?}")))?;
                Ok(Known { row, status, text })
            })
            .transpose()
    }

    fn record_outcome(
        &mut self,
        id: &QuestionId,
        work: WorkId,
        text: TextId,
        outcome: &Outcome,
        tally: &mut Tally,
    ) -> Result<(), Error> {
        let known = self.known(id)?;
        match (known, outcome) {
            (None, Outcome::Accepted(accepted)) => {
                let row = self.insert(id, work, text, accepted.draft(), accepted.stages(), Some(accepted.tier()))?;
                self.note_alike(row, work, accepted.alike())?;
                tally.accepted += 1;
            }
            (None, Outcome::Rejected(rejected)) => {
                let row = self.insert(id, work, text, &rejected.draft, &rejected.stages, None)?;
                // What another paper found as well is kept as such; what a rejected question contradicts is not.
                let same: Vec<_> = rejected.alike.iter().filter(|likeness| likeness.same_answer).cloned().collect();
                self.note_alike(row, work, &same)?;
                tally.rejected += 1;
            }
            (Some(known), Outcome::Accepted(accepted)) => {
                let again = match known.status {
                    QuestionStatus::Accepted if known.text == text => false,
                    // A superseded text's question: withdrawn, drafted and accepted again, all in this transaction.
                    QuestionStatus::Accepted | QuestionStatus::Withdrawn | QuestionStatus::Drafted => true,
                    QuestionStatus::Rejected => false,
                };
                if again {
                    if known.status != QuestionStatus::Accepted {
                        tally.accepted += 1;
                    }
                    self.accept_again(id, &known, text, accepted.draft(), accepted.stages(), accepted.tier())?;
                    self.note_alike(known.row, work, accepted.alike())?;
                } else {
                    tally.unchanged += 1;
                }
            }
            (Some(known), Outcome::Rejected(rejected)) => {
                if known.status == QuestionStatus::Accepted && known.text != text {
                    let reason = reason_of(&rejected.stages).unwrap_or_default();
                    self.withdraw(known.row, &format!("superseded: {reason}"))?;
                    tally.withdrawn += 1;
                } else {
                    tally.unchanged += 1;
                }
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        id: &QuestionId,
        work: WorkId,
        text: TextId,
        draft: &Draft,
        stages: &[StageResult],
        tier: Option<Tier>,
    ) -> Result<i64, Error> {
        let end = if tier.is_some() { QuestionStatus::Accepted } else { QuestionStatus::Rejected };
        allowed(id, QuestionStatus::Drafted, end)?;
        let generator = self.generator(&draft.generator)?;
        let reason = if tier.is_some() { None } else { reason_of(stages) };
        let sql = "INSERT INTO questions (hash, work, text, status, question, answer_type, answer, generator, verification, tier,
                       reason, created_at, topic, kind)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING id";
        let topic = self.topic_json(work)?;
        let params = rusqlite::params![
            hash_of(id),
            work.0,
            text.0,
            end.as_str(),
            draft.question,
            draft.answer.kind(),
            draft.answer.to_json(),
            generator,
            stages_to_json(stages),
            tier.map(Tier::as_str),
            reason,
            self.now_ms(),
            topic,
            draft.kind.map(QuestionKind::as_str),
        ];
        let row: Option<i64> = self.find(sql, params, |row| row.get(0))?;
        let row = row.ok_or_else(|| Error::Missing { what: "question", id: id.to_string() })?;
        self.insert_evidence(row, text, draft)?;
        Ok(row)
    }

    fn accept_again(
        &mut self,
        id: &QuestionId,
        known: &Known,
        text: TextId,
        draft: &Draft,
        stages: &[StageResult],
        tier: Tier,
    ) -> Result<(), Error> {
        let mut status = known.status;
        for next in [QuestionStatus::Withdrawn, QuestionStatus::Drafted, QuestionStatus::Accepted] {
            if status.next().contains(&next) {
                allowed(id, status, next)?;
                status = next;
            }
        }
        let sql = "UPDATE questions SET text = ?2, status = 'accepted', verification = ?3, tier = ?4, reason = NULL,
                       withdrawn_on = NULL, difficulty = NULL, tried_at = NULL WHERE id = ?1";
        self.execute(sql, (known.row, text.0, stages_to_json(stages), tier.as_str()))?;
        self.execute("DELETE FROM evidence WHERE question = ?1", [known.row])?;
        self.insert_evidence(known.row, text, draft)
    }

    fn insert_evidence(&mut self, row: i64, text: TextId, draft: &Draft) -> Result<(), Error> {
        let sql =
            "INSERT INTO evidence (question, position, passage, start, \"end\", quote) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut insert = self.prepare(sql)?;
        for (position, span) in draft.evidence.iter().enumerate() {
            let (start, end) = (span.start as i64, span.end as i64);
            insert.execute((row, position as i64, text.passage(span.passage).0, start, end, &span.quote))?;
        }
        Ok(())
    }

    fn generator(&mut self, generator: &Generator) -> Result<i64, Error> {
        let Generator { kind, model, prompt_hash } = generator;
        let sql = "SELECT id FROM generators WHERE kind = ?1 AND model = ?2 AND prompt_hash = ?3";
        if let Some(id) = self.find(sql, (kind, model, prompt_hash), |row| row.get(0))? {
            return Ok(id);
        }
        let sql = "INSERT INTO generators (kind, model, prompt_hash) VALUES (?1, ?2, ?3) RETURNING id";
        let id = self.find(sql, (kind, model, prompt_hash), |row| row.get(0))?;
        id.ok_or_else(|| Error::Missing { what: "generator", id: kind.clone() })
    }

    fn withdraw(&mut self, row: i64, reason: &str) -> Result<(), Error> {
        let today = self.now().date_naive().to_string();
        let sql = "UPDATE questions SET status = 'withdrawn', reason = ?2, withdrawn_on = ?3 WHERE id = ?1 AND status = 'accepted'";
        self.execute(sql, (row, reason, today))?;
        Ok(())
    }

    /// Withdraws every accepted question of a work; returns how many.
    pub(super) fn withdraw_questions_of(&mut self, work: WorkId, reason: &str) -> Result<usize, Error> {
        let today = self.now().date_naive().to_string();
        let sql = "UPDATE questions SET status = 'withdrawn', reason = ?2, withdrawn_on = ?3 WHERE work = ?1 AND status = 'accepted'";
        let n_withdrawn = self.execute(sql, (work.0, reason, today))?;
        if n_withdrawn > 0 {
            self.touch(work);
        }
        Ok(n_withdrawn)
    }
}

/// Whether every quote is what the document holds at its span; asked before the first row is written.
fn held(document: &Document, outcomes: &[Outcome]) -> Result<(), Error> {
    let passages = document.passages();
    for span in outcomes.iter().flat_map(|outcome| &outcome.draft().evidence) {
        if !passages.get(span.passage).is_some_and(|passage| span.holds_in(passage.text)) {
            let (passage, start, end) = (span.passage, span.start, span.end);
            return Err(Error::Evidence { passage, start, end, quote: span.quote.clone() });
        }
    }
    Ok(())
}

pub(super) fn allowed(id: &QuestionId, from: QuestionStatus, to: QuestionStatus) -> Result<(), Error> {
    if from.next().contains(&to) {
        return Ok(());
    }
    Err(Error::IllegalMove { what: "question", id: id.to_string(), from: from.as_str(), to: to.as_str() })
}

/// `stage: word` of the stage that failed.
pub fn reason_of(stages: &[StageResult]) -> Option<String> {
    let failed = stages.iter().rev().find(|result| result.verdict == Verdict::Fail)?;
    let word = failed.reason.split(':').next().unwrap_or_default().trim();
    Some(format!("{}: {word}", failed.stage.as_str()))
}
