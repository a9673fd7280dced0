//! A version's text to questions: draft, judge, record, in one transaction a generator.

use crate::model::document::Document;
use crate::model::id::VersionId;
use crate::model::question::{Draft, Outcome};
use crate::store::outcome::Tally;
use crate::worker::queue::{self, Order};
use crate::worker::{Env, Error, stage_work};

/// Drafts from the version's present text, unless that was done, or another version owns the work's text by now.
///
/// Each generator's questions are recorded when it is done, with a note that it is: one that fails takes nothing from the others,
/// and a second run asks only those that are left. `recorded` is told of each.
///
/// # Errors
/// When the store fails, or a generator: the first that fails, after the others had their turn.
pub fn run(env: &Env, version: VersionId, recorded: &mut dyn FnMut(&[Outcome], &Tally)) -> Result<(), Error> {
    let read = env.store.read()?;
    if !read.wants_drafting(version)? {
        return Ok(());
    }
    let Some(document) = read.document(version)? else {
        return Ok(());
    };
    let done = read.drafted_by(version)?;
    drop(read);
    let mut left: Vec<_> = env.generators.iter().filter(|generator| !done.contains(generator.kind())).collect();
    // What is there at once is searchable before another program is waited for.
    left.sort_by_key(|generator| generator.waits_for() > 0);
    if left.is_empty() {
        return record(env, version, &document, None, Vec::new(), recorded);
    }
    let mut failed = None;
    for generator in left {
        match env.draft(generator.as_ref(), &document) {
            Ok(drafts) => record(env, version, &document, Some(generator.kind()), drafts, recorded)?,
            Err(error) => {
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn record(
    env: &Env,
    version: VersionId,
    document: &Document,
    by: Option<&str>,
    drafts: Vec<Draft>,
    recorded: &mut dyn FnMut(&[Outcome], &Tally),
) -> Result<(), Error> {
    let examined = env.judge.examine(document, drafts);
    // The history is held until the transaction ends: two jobs can not both accept the same question.
    let mut deciding = env.judge.deciding()?;
    let mut txn = env.store.write()?;
    // A generator may take minutes: the version may have another text by now, with a job of its own.
    if let Some(key) = txn.work_key(version)?
        && txn.holds_text(version, document)?
    {
        let outcomes = deciding.decide(&key, examined);
        let tally = txn.record_outcomes(version, document, &outcomes)?;
        let work = deciding.take_work();
        txn.note_stage_work(&work)?;
        txn.note_drafted(version, by.as_slice(), &env.kinds())?;
        if env.trial.is_some() && tally.accepted > 0 {
            queue::enqueue(&mut txn, &Order::Trial {})?;
        }
        txn.commit()?;
        for (outcome, n) in [("accepted", tally.accepted), ("rejected", tally.rejected)] {
            metrics::counter!("aludel_questions_total", "outcome" => outcome).increment(n as u64);
        }
        stage_work::measure(&work);
        deciding.keep();
        recorded(&outcomes, &tally);
        env.wake();
    }
    Ok(())
}
