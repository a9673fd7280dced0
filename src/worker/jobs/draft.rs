//! A version's text to questions: draft, judge, record in one transaction.

use crate::model::id::VersionId;
use crate::worker::{Env, Error};

/// Drafts from the version's present text, unless that was done, or another version owns the work's text by now.
///
/// # Errors
/// When a generator or the store fails.
pub fn run(env: &Env, version: VersionId) -> Result<(), Error> {
    let read = env.store.read()?;
    if !read.wants_drafting(version)? {
        return Ok(());
    }
    let Some(document) = read.document(version)? else {
        return Ok(());
    };
    drop(read);
    let examined = env.judge.examine(&document, env.draft(&document)?);
    // The history is held until the transaction ends: two jobs can not both accept the same question.
    let mut deciding = env.judge.deciding()?;
    let mut txn = env.store.write()?;
    if let Some(key) = txn.work_key(version)? {
        let outcomes = deciding.decide(&key, examined);
        let tally = txn.record_outcomes(version, &document, &outcomes)?;
        txn.commit()?;
        for (outcome, n) in [("accepted", tally.accepted), ("rejected", tally.rejected)] {
            metrics::counter!("aludel_questions_total", "outcome" => outcome).increment(n as u64);
        }
        deciding.keep();
        env.wake();
    }
    Ok(())
}
