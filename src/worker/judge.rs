//! Verification in two steps, so that many documents can be examined at once and the result still be the same every time: first what
//! looks at one document alone, then, one after the other, novelty against everything accepted before.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::model::document::Document;
use crate::model::id::QuestionId;
use crate::model::question::{Draft, Likeness, Outcome, Stage};
use crate::model::status::QuestionStatus;
use crate::store::Store;
use crate::store::stage::StageTally;
use crate::verify::novelty::{Asked, History, Seen};
use crate::verify::{Examined, Prepared, Verifier};

use super::Error;

/// The verifier with the history of questions.
pub struct Judge {
    verifier: Verifier,
    store: Store,
    /// Loaded when first needed: readiness does not wait for it.
    history: Mutex<Option<Held>>,
}

/// The history, and the last review that it knows of.
#[derive(Default)]
struct Held {
    history: History,
    last_review: i64,
}

impl Judge {
    pub fn new(verifier: Verifier, store: Store) -> Self {
        Judge { verifier, store, history: Mutex::new(None) }
    }

    /// The first step, for all drafts of a document.
    pub fn examine(&self, document: &Document, drafts: Vec<Draft>) -> Vec<Examined> {
        let prepared = Prepared::new(document);
        drafts.into_iter().map(|draft| self.verifier.examine(draft, &prepared)).collect()
    }

    /// A question that was accepted is no longer: others may ask the same.
    pub fn forget(&self, id: &QuestionId) {
        if let Some(history) = self.history.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            history.history.remove(id);
        }
    }

    /// The second step's lock on the history: taken before the transaction that records the outcomes begins, and kept until it
    /// ended.
    ///
    /// # Errors
    /// When the history can not be loaded.
    pub fn deciding(&self) -> Result<Deciding<'_>, Error> {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.store.read()?;
        if history.is_none() {
            let mut loaded = self.verifier.history();
            for status in [QuestionStatus::Accepted, QuestionStatus::Withdrawn] {
                read.each_question(status, |id, _, question, answer| {
                    if let Ok(answer) = serde_json::from_str(answer) {
                        loaded.add(id, self.verifier.asked(question, &answer));
                    }
                })?;
            }
            *history = Some(Held { history: loaded, last_review: 0 });
        }
        if let Some(Held { history, last_review }) = history.as_mut() {
            // People decide in other processes, too.
            let (rejected, last) = read.rejected_by_people(*last_review)?;
            for id in &rejected {
                history.remove(id);
            }
            *last_review = last;
        }
        Ok(Deciding { verifier: &self.verifier, history, added: Vec::new(), work: StageTally::default() })
    }
}

/// Novelty being judged. Dropped without [`Deciding::keep`], the history forgets what was added.
pub struct Deciding<'a> {
    verifier: &'a Verifier,
    history: MutexGuard<'a, Option<Held>>,
    added: Vec<QuestionId>,
    work: StageTally,
}

impl Deciding<'_> {
    /// What the stages did since it was last asked.
    pub fn take_work(&mut self) -> StageTally {
        std::mem::take(&mut self.work)
    }

    /// The outcomes of a work's drafts, in their order. `work_key`: what the questions' ids derive from.
    pub fn decide(&mut self, work_key: &str, examined: Vec<Examined>) -> Vec<Outcome> {
        examined.into_iter().map(|examined| self.one(&examined.draft().id(work_key), examined)).collect()
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
        let history = &mut self.history.get_or_insert_default().history;
        let mut took = examined.took().to_vec();
        let began = Instant::now();
        let outcome = self.verifier.decide(examined, id, &mut Adding { history, added: &mut self.added });
        took.push((Stage::Novelty, began.elapsed()));
        self.work.add(outcome.stages(), &took);
        outcome
    }
}

/// The history, with a note of what was not in it before.
struct Adding<'a> {
    history: &'a mut History,
    added: &'a mut Vec<QuestionId>,
}

impl Seen for Adding<'_> {
    fn find(&self, asked: &Asked, own: &QuestionId, near: f64) -> Vec<Likeness> {
        self.history.find(asked, own, near)
    }

    fn add(&mut self, id: QuestionId, asked: Asked) {
        // A question judged again is already there, and stays when this transaction fails.
        if !self.history.remove(&id) {
            self.added.push(id.clone());
        }
        self.history.add(id, asked);
    }
}

impl Drop for Deciding<'_> {
    fn drop(&mut self) {
        if let Some(history) = self.history.as_mut() {
            for id in &self.added {
                history.history.remove(id);
            }
        }
    }
}
