//! The whole store against the registered benchmarks, when there is a new one.

use serde::Serialize;

use crate::model::id::QuestionId;
use crate::model::question::{Stage, StageResult, Verdict};
use crate::model::status::QuestionStatus;
use crate::store::Store;
use crate::verify::Verifier;

use super::Error;

/// Questions looked at in one transaction.
const BATCH: usize = 500;

/// A question that repeats a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contaminated {
    pub id: QuestionId,
    pub question: String,
    pub reason: String,
}

/// Judges every accepted question again at stage 6, and rejects those that fail. `progress` is told how many were looked at.
///
/// # Errors
/// When the store fails; what was rejected before stays so.
pub fn decontaminate(
    store: &Store,
    verifier: &Verifier,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Contaminated>, Error> {
    let mut found = Vec::new();
    let (mut after, mut looked_at) = (None, 0);
    loop {
        let read = store.read()?;
        let ids = read.question_ids(QuestionStatus::Accepted, after.as_ref(), BATCH)?;
        let Some(last) = ids.last().cloned() else { return Ok(found) };
        let mut failed = Vec::new();
        for id in &ids {
            let Some(question) = read.question(id)? else { continue };
            let quotes = question.evidence.iter().map(|span| span.quote.as_str());
            if let Err(reason) = verifier.decontaminate(&question.question, quotes) {
                failed.push((question, reason));
            }
        }
        drop(read);
        if !failed.is_empty() {
            let mut txn = store.write()?;
            for (question, reason) in failed {
                let stage = StageResult {
                    stage: Stage::Decontamination,
                    verdict: Verdict::Fail,
                    reason: reason.clone(),
                    score: None,
                    model: None,
                };
                if txn.record_stages(&question, &[stage])? {
                    found.push(Contaminated { id: question.id, question: question.question, reason });
                }
            }
            txn.commit()?;
        }
        looked_at += ids.len() as u64;
        progress(looked_at);
        after = Some(last);
    }
}
