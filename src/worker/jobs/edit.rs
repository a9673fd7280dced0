//! A question in a person's words: verified like any other, under its own id.

use crate::model::id::QuestionId;
use crate::model::question::{Draft, Evidence, Generator, Outcome};
use crate::store::passage::place;
use crate::worker::queue::{self, Order, Retry};
use crate::worker::{Env, Error, stage_work};

/// Verifies what the review in this row proposes; its id and what the stages said, or `None` when its work may not be used any more.
///
/// # Errors
/// When the store fails or holds no such edit.
pub fn run(env: &Env, review: i64) -> Result<Option<(QuestionId, Outcome)>, Error> {
    let gone = |what: &str| Error::Parked { reason: format!("review {review}: {what}"), retry: Retry::Never };
    let read = env.store.read()?;
    let found = read.review(review)?.ok_or_else(|| gone("it is not in the store"))?;
    let edit = found.edit.ok_or_else(|| gone("it proposes nothing"))?;
    let question = read.question(&found.question)?.ok_or_else(|| gone("its question is not in the store"))?;
    let Some(version) = read.work(question.work)?.and_then(|work| work.current) else { return Ok(None) };
    let Some(document) = read.document(version)? else { return Ok(None) };
    drop(read);
    let old = question.evidence.iter().map(|span| Evidence {
        passage: place(span.passage).1,
        quote: span.quote.clone(),
        start: span.start,
        end: span.end,
    });
    // Verification looks for the place of a quote that comes without one.
    let given = edit.evidence.iter().map(|quote| Evidence { passage: 0, quote: quote.clone(), start: 0, end: 0 });
    let draft = Draft {
        question: edit.question.split_whitespace().collect::<Vec<_>>().join(" "),
        answer: edit.answer,
        evidence: if edit.evidence.is_empty() { old.collect() } else { given.collect() },
        generator: Generator { kind: "person".to_owned(), model: found.reviewer, prompt_hash: String::new() },
        kind: question.kind,
    };
    let examined = env.judge.examine(&document, vec![draft]);
    let mut deciding = env.judge.deciding()?;
    let mut txn = env.store.write()?;
    let Some(key) = txn.work_key(version)? else { return Ok(None) };
    let mut outcomes = deciding.decide(&key, examined);
    let tally = txn.record_outcomes(version, &document, &outcomes)?;
    let work = deciding.take_work();
    txn.note_stage_work(&work)?;
    let Some(outcome) = outcomes.pop() else { return Ok(None) };
    let id = outcome.draft().id(&key);
    txn.note_edited(review, &id)?;
    if env.trial.is_some() && tally.accepted > 0 {
        queue::enqueue(&mut txn, &Order::Trial {})?;
    }
    txn.commit()?;
    stage_work::measure(&work);
    deciding.keep();
    env.wake();
    Ok(Some((id, outcome)))
}
