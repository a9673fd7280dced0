//! Accepted questions before a model that tries to break them, as many at a time as it takes.

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::fetch::Retry;
use crate::llm;
use crate::model::question::{Draft, Evidence, Stage, StageResult, Verdict};
use crate::store::passage::place;
use crate::store::question::Question;
use crate::store::stage::StageTally;
use crate::verify::Trial;
use crate::verify::trial::{Paper, Tried};
use crate::worker::{Env, Error, stage_work};

/// Questions read at a time.
const BATCH: usize = 1024;

/// Tries every question that no model has tried, until the program stops. Each is recorded when it is done; a second run asks for
/// nothing twice.
///
/// # Errors
/// When the store fails, or the model: the first failure that is not one question's own, after the others of its batch.
pub fn run(env: &Env) -> Result<(), Error> {
    let Some(trial) = &env.trial else { return Ok(()) };
    let today = env.clock.now().date_naive();
    loop {
        let questions = env.store.read()?.untried_questions(BATCH)?;
        if questions.is_empty() || env.is_stopping() {
            return Ok(());
        }
        let mut failed = None;
        env.wait(async {
            let tries = questions.iter().map(|question| async move {
                let read = read(env, question)?;
                let passages: Vec<&str> = read.passages.iter().map(String::as_str).collect();
                let paper = Paper { title: &read.title, passages: &passages };
                Ok((question, trial.run(&read.draft, paper, today).await))
            });
            let mut tries = stream::iter(tries).buffer_unordered(trial.waits_for().max(1));
            while let Some(tried) = tries.next().await {
                let (question, tried): (&Question, Result<Tried, llm::Error>) = match tried {
                    Ok(tried) => tried,
                    Err(error) => return Err(error),
                };
                match tried {
                    Ok(tried) => record(env, question, &tried)?,
                    // Another question may fare better; this one stays as it was.
                    Err(error) if error.retry() == Retry::Never => record(env, question, &unanswered(trial, &error))?,
                    Err(error) => {
                        // A budget or a server that has to be waited for concerns all of them.
                        let all = matches!(error.retry(), Retry::After(_));
                        failed.get_or_insert(error);
                        if all {
                            break;
                        }
                    }
                }
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
}

struct Read {
    draft: Draft,
    title: String,
    passages: Vec<String>,
}

fn read(env: &Env, question: &Question) -> Result<Read, Error> {
    let rows = env.store.read()?;
    let title = rows.work(question.work)?.map(|work| work.title).unwrap_or_default();
    let mut passages = Vec::new();
    for (at, span) in question.evidence.iter().enumerate() {
        if question.evidence.iter().take(at).all(|earlier| earlier.passage != span.passage)
            && let Some(passage) = rows.passage(span.passage)?
        {
            passages.push(passage.text);
        }
    }
    let evidence = question.evidence.iter().map(|span| Evidence {
        passage: place(span.passage).1,
        quote: span.quote.clone(),
        start: span.start,
        end: span.end,
    });
    let draft = Draft {
        question: question.question.clone(),
        answer: question.answer.clone(),
        evidence: evidence.collect(),
        generator: question.generator.clone(),
        kind: question.kind,
    };
    Ok(Read { draft, title, passages })
}

fn unanswered(trial: &Trial, error: &llm::Error) -> Tried {
    let stage = StageResult {
        stage: Stage::OpenBook,
        verdict: Verdict::Review,
        reason: format!("unanswered: {error}"),
        score: None,
        model: Some(trial.solver_name().to_owned()),
    };
    Tried { stages: vec![stage], difficulty: None, took: Vec::new() }
}

fn record(env: &Env, question: &Question, tried: &Tried) -> Result<(), Error> {
    let mut txn = env.store.write()?;
    let recorded = txn.record_tried(question, &tried.stages, tried.difficulty.as_ref())?;
    let mut work = StageTally::default();
    work.add(&tried.stages, &tried.took);
    if recorded {
        txn.note_stage_work(&work)?;
    }
    txn.commit()?;
    if !recorded {
        return Ok(());
    }
    stage_work::measure(&work);
    if tried.stages.iter().any(|result| result.verdict == Verdict::Fail) {
        env.judge.forget(&question.id);
    }
    env.wake();
    Ok(())
}
