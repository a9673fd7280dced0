//! Verification in two steps, so that many documents can be examined at once and the result still be the same every time: first what
//! looks at one document alone, then, one after the other, novelty against everything accepted before.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::document::Document;
use crate::model::id::QuestionId;
use crate::model::question::{Accepted, Draft, Outcome, Rejected, Stage, Verdict};
use crate::model::status::QuestionStatus;
use crate::store::Store;
use crate::verify::novelty::{Fingerprint, History, Known, Seen};
use crate::verify::{Prepared, Verifier};

use super::Error;

/// The verifier with the history of questions.
pub struct Judge {
    verifier: Verifier,
    store: Store,
    /// Loaded when first needed: readiness does not wait for it.
    history: Mutex<Option<History>>,
}

/// A draft that went through every stage, with novelty still to be judged.
#[derive(Debug)]
pub struct Examined {
    outcome: Outcome,
    fingerprint: Option<Fingerprint>,
}

/// Takes the place of the history in the first step; keeps the fingerprint of what would have been added.
#[derive(Default)]
struct NoHistory(Option<Fingerprint>);

impl Seen for NoHistory {
    fn find(&self, _: &Fingerprint, _: &QuestionId, _: f64) -> Option<Known> {
        None
    }

    fn add(&mut self, _: QuestionId, fingerprint: Fingerprint) {
        self.0 = Some(fingerprint);
    }
}

impl Judge {
    pub fn new(verifier: Verifier, store: Store) -> Self {
        Judge { verifier, store, history: Mutex::new(None) }
    }

    /// The first step, for all drafts of a document.
    pub fn examine(&self, document: &Document, drafts: Vec<Draft>) -> Vec<Examined> {
        let prepared = Prepared::new(document);
        // Any id will do here: nothing was seen under it.
        let id = QuestionId::of("", "", "");
        drafts
            .into_iter()
            .map(|draft| {
                let mut seen = NoHistory::default();
                let outcome = self.verifier.check(draft, &id, &prepared, &mut seen);
                Examined { outcome, fingerprint: seen.0 }
            })
            .collect()
    }

    /// The second step's lock on the history: taken before the transaction that records the outcomes begins, and kept until it
    /// ended.
    ///
    /// # Errors
    /// When the history can not be loaded.
    pub fn deciding(&self) -> Result<Deciding<'_>, Error> {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.is_none() {
            let read = self.store.read()?;
            let mut loaded = History::new();
            for status in [QuestionStatus::Accepted, QuestionStatus::Withdrawn] {
                read.each_question(status, |id, _, question, answer| {
                    if let Ok(answer) = serde_json::from_str(answer) {
                        loaded.add(id, Fingerprint::of(question, &answer));
                    }
                })?;
            }
            *history = Some(loaded);
        }
        Ok(Deciding { verifier: &self.verifier, history, added: Vec::new() })
    }
}

/// Novelty being judged. Dropped without [`Deciding::keep`], the history forgets what was added.
pub struct Deciding<'a> {
    verifier: &'a Verifier,
    history: MutexGuard<'a, Option<History>>,
    added: Vec<QuestionId>,
}

impl Deciding<'_> {
    /// The outcomes of a work's drafts, in their order. `work_key`: what the questions' ids derive from.
    pub fn decide(&mut self, work_key: &str, examined: Vec<Examined>) -> Vec<Outcome> {
        let id = |outcome: &Outcome| match outcome {
            Outcome::Accepted(accepted) => accepted.draft().id(work_key),
            Outcome::Rejected(rejected) => rejected.draft.id(work_key),
        };
        examined.into_iter().map(|examined| self.one(&id(&examined.outcome), examined)).collect()
    }

    /// The outcome of an earlier question, under its own id.
    pub fn decide_again(&mut self, id: &QuestionId, examined: Vec<Examined>) -> Option<Outcome> {
        examined.into_iter().next().map(|examined| self.one(id, examined))
    }

    /// The transaction that recorded the outcomes was committed.
    pub fn keep(mut self) {
        self.added.clear();
    }

    /// As [`Deciding::keep`], and goes on judging.
    pub fn keep_so_far(&mut self) {
        self.added.clear();
    }

    fn one(&mut self, id: &QuestionId, examined: Examined) -> Outcome {
        let (Outcome::Accepted(accepted), Some(fingerprint)) = (&examined.outcome, examined.fingerprint) else {
            return examined.outcome;
        };
        let Some(history) = self.history.as_mut() else {
            return examined.outcome;
        };
        let novelty = self.verifier.novelty(&fingerprint, id, history);
        let draft = accepted.draft().clone();
        if novelty.verdict == Verdict::Fail {
            let mut stages: Vec<_> =
                accepted.stages().iter().take_while(|result| result.stage != Stage::Novelty).cloned().collect();
            stages.push(novelty);
            return Outcome::Rejected(Rejected { draft, stages });
        }
        // A question judged again is already there, and stays when this transaction fails.
        if !history.remove(id) {
            self.added.push(id.clone());
        }
        history.add(id.clone(), fingerprint);
        let mut stages = accepted.stages().to_vec();
        if let Some(stage) = stages.iter_mut().find(|result| result.stage == Stage::Novelty) {
            *stage = novelty;
        }
        Accepted::new(draft, stages).map_or(examined.outcome, Outcome::Accepted)
    }
}

impl Drop for Deciding<'_> {
    fn drop(&mut self) {
        if let Some(history) = self.history.as_mut() {
            for id in &self.added {
                history.remove(id);
            }
        }
    }
}
