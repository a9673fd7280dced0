//! A work's questions from a text that another took the place of: judged again where their quotes still stand.

use crate::model::id::{PassageId, WorkId};
use crate::model::question::{Draft, Evidence};
use crate::model::status::QuestionStatus;
use crate::store::passage::place;
use crate::store::question::Question;
use crate::verify::Prepared;
use crate::worker::{Env, Error};

/// Rechecks the work's accepted questions whose evidence lies in an older text.
///
/// # Errors
/// When the store fails.
pub fn run(env: &Env, work: WorkId) -> Result<(), Error> {
    let read = env.store.read()?;
    let Some(version) = read.work(work)?.and_then(|work| work.current) else {
        return Ok(());
    };
    let (Some(text), Some(document)) = (read.text_of(version)?, read.document(version)?) else {
        return Ok(());
    };
    let mut old = read.questions_of(work, QuestionStatus::Accepted)?;
    old.retain(|question| question.text != text);
    drop(read);
    if old.is_empty() {
        return Ok(());
    }
    let prepared = Prepared::new(&document);
    let mut deciding = env.judge.deciding()?;
    let mut txn = env.store.write()?;
    for question in &old {
        let evidence: Option<Vec<Evidence>> = question
            .evidence
            .iter()
            .map(|span| {
                let ordinal = place(PassageId(span.passage.0)).1;
                prepared.locate(&Evidence {
                    passage: ordinal,
                    quote: span.quote.clone(),
                    start: span.start,
                    end: span.end,
                })
            })
            .collect();
        let outcome = evidence.map(|evidence| {
            let examined = env.judge.examine(&document, vec![draft_of(question, evidence)]);
            deciding.decide_again(&question.id, examined)
        });
        txn.record_rechecked(version, &document, &question.id, outcome.flatten().as_ref())?;
    }
    txn.commit()?;
    deciding.keep();
    env.wake();
    Ok(())
}

fn draft_of(question: &Question, evidence: Vec<Evidence>) -> Draft {
    let (text, answer, generator) = (question.question.clone(), question.answer.clone(), question.generator.clone());
    Draft { question: text, answer, evidence, generator, kind: question.kind }
}
