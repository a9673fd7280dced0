//! Candidate and champion answer the same questions, in a process of their own.

use serde_json::json;

use super::run::{self, Seen};
use super::{Prepared, begin_attempt, choose, discard, fail, folder, move_to, parked, spend, tail};
use crate::model::status::RefreshStatus;
use crate::refresh::evaluate::ask::{Ask, Model, Settings};
use crate::refresh::evaluate::gate;
use crate::refresh::evaluate::{self, ItemScore, Responses, score};
use crate::refresh::job::{Folder, Question};
use crate::store::evaluation::{ItemResult, NewEvaluation};
use crate::store::refresh::{Facts, Refresh};
use crate::worker::jobs::release;
use crate::worker::{Env, Error};

pub(super) const CANDIDATE: &str = "candidate";
pub(super) const CHAMPION: &str = "champion";
/// The set of questions younger than both models.
pub(super) const FUTURE: &str = "future";

/// What a refresh was made of, from its row.
pub(super) fn prepared(refresh: &Refresh) -> Result<Prepared, Error> {
    let plan = refresh.plan.clone().unwrap_or_default();
    serde_json::from_value(plan)
        .map_err(|error| parked(format!("the plan of refresh {} is not understood: {error}", refresh.id)))
}

/// Evaluates the result of a refresh; whether it has been.
pub(super) fn evaluate(env: &Env, refresh: &Refresh) -> Result<bool, Error> {
    let folder = folder(env, refresh.id);
    let prepared = prepared(refresh)?;
    let (ask, questions) = match folder.ask()? {
        Some(asked) => asked,
        None => put_ask(env, &prepared, &folder)?,
    };
    let is_done = || {
        for model in &ask.models {
            let responses = Responses::open(&folder.responses_path(&model.name))?;
            if !responses.missing(&questions, ask.settings.samples).is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    };
    if !begin_attempt(env, refresh, &folder, &is_done)? {
        let reason = format!("the evaluation did not end in {} starts{}", refresh.attempts, tail(&folder));
        return fail(env, refresh, &reason, None);
    }
    let (seen, seconds) = run::work(env, refresh, &folder, &is_done)?;
    spend(env, refresh, "evaluation", seconds)?;
    match seen {
        Seen::Done => {}
        Seen::Died(reason) => {
            tracing::warn!(refresh = refresh.id, reason, "an evaluation ended early and is started again");
            return Ok(true);
        }
        Seen::Discarded => return discard(env, refresh, "a person ended it"),
        Seen::Paused | Seen::Left => return Ok(false),
    }
    let responses = |name: &str| Responses::open(&folder.responses_path(name));
    let (said_before, said) = (responses(CHAMPION)?, responses(CANDIDATE)?);
    let samples = ask.settings.samples;
    let (champion, candidate) = (score(&questions, &said_before, samples), score(&questions, &said, samples));
    let constant = evaluate::constant(&questions, &said, samples);
    let gate = &env.refresh.config.gate;
    let Some(decision) = gate::decide(gate, &champion, &candidate, &constant, gate.seed) else {
        return fail(env, refresh, "there was no question to compare candidate and champion on", None);
    };
    // Proof: numbers and words.
    let decision = serde_json::to_value(&decision).unwrap_or_default();
    let against =
        prepared.champion.map_or_else(|| prepared.base_model.clone(), |version| format!("{} {version}", refresh.model));
    record(env, refresh, CHAMPION, &against, &ask.settings, &champion)?;
    record(env, refresh, CANDIDATE, &format!("{} refresh {}", refresh.model, refresh.id), &ask.settings, &candidate)?;
    move_to(env, refresh, RefreshStatus::Evaluated, &Facts { decision: Some(&decision), ..Facts::default() })?;
    Ok(true)
}

fn put_ask(env: &Env, prepared: &Prepared, folder: &Folder) -> Result<(Ask, Vec<Question>), Error> {
    let config = &env.refresh.config;
    let gate = &config.gate;
    let today = env.clock.today();
    let questions = choose::future_questions(config, &*env.store.read()?, today, prepared.future_after)?;
    let root = release::root(env);
    let champion =
        prepared.champion.map(|version| root.folder(crate::release::manifest::Kind::Model, &config.name, version));
    let result = std::path::absolute(folder.result_path()).map_err(crate::refresh::Error::io(folder.path()))?;
    let ask = Ask {
        settings: Settings {
            samples: gate.samples,
            temperature: gate.temperature,
            seed: gate.seed,
            max_tokens: gate.max_tokens,
        },
        models: vec![
            Model {
                name: CHAMPION.to_owned(),
                weights: champion.map(|path| std::path::absolute(&path).unwrap_or(path)),
            },
            Model { name: CANDIDATE.to_owned(), weights: Some(result) },
        ],
    };
    folder.put_ask(&ask, &questions)?;
    Ok((ask, questions))
}

fn record(
    env: &Env,
    refresh: &Refresh,
    role: &str,
    model: &str,
    settings: &Settings,
    items: &[ItemScore],
) -> Result<(), Error> {
    let results: Vec<ItemResult> = items
        .iter()
        .map(|item| ItemResult { item: item.id.clone(), n_right: item.n_right, n_samples: item.n_samples })
        .collect();
    let score = items.iter().map(ItemScore::share).sum::<f64>() / items.len().max(1) as f64;
    let mut txn = env.store.write()?;
    let new =
        NewEvaluation { refresh: Some(refresh.id), model, role, item_set: FUTURE, settings: json!(settings), score };
    txn.record_evaluation(&new, &results)?;
    Ok(txn.commit()?)
}
