//! What becomes of an evaluated candidate: released and made the champion, or recorded as refused.

use std::path::Path;

use chrono::SubsecRound;
use serde_json::{Value, json};

use super::evaluate::{FUTURE, prepared};
use super::{Prepared, fail, folder, move_to, parked, remove};
use crate::model::status::RefreshStatus;
use crate::refresh;
use crate::refresh::evaluate::gate::Decision;
use crate::refresh::job::Folder;
use crate::release::model::alias::{self, Alias};
use crate::release::model::{EVALUATION, LINEAGE, LOG};
use crate::release::{Version, catalog};
use crate::store::refresh::{Facts, Refresh};
use crate::worker::jobs::release::{self, Made};
use crate::worker::{Env, Error};

/// Promotes, discards, or waits for a person.
pub(super) fn decide(env: &Env, refresh: &Refresh) -> Result<bool, Error> {
    let decision = refresh.decision.clone().unwrap_or_default();
    let is_better = decision["is_better"] == true;
    let asked = refresh.wish.as_deref() == Some("promote");
    if asked || (is_better && env.refresh.config.gate.promote) {
        let reason = match (asked, is_better) {
            (true, true) => "a person promoted it".to_owned(),
            (true, false) => "a person promoted it against the gate".to_owned(),
            (false, _) => format!("it is better: {}", difference(&decision)),
        };
        return promote(env, refresh, &decision, &reason);
    }
    if is_better || !env.refresh.config.gate.promote {
        return Ok(false);
    }
    let refusals: Vec<&str> = decision["refusals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let reason = refusals.join("; ");
    move_to(env, refresh, RefreshStatus::Discarded, &Facts { reason: Some(&reason), ..Facts::default() })?;
    Ok(false)
}

fn difference(decision: &Value) -> String {
    let number = |name: &str| decision["difference"][name].as_f64().unwrap_or(0.0);
    let n = decision["n_questions"].as_u64().unwrap_or(0);
    let constant = decision["constant"]["score"]["value"].as_f64().unwrap_or(0.0);
    format!(
        "{:+.4}, from {:+.4} to {:+.4}, over {n} questions (one answer to all of a type is worth {constant:.4})",
        number("value"),
        number("low"),
        number("high")
    )
}

/// Releases the candidate and lets the champion be it. Done twice it finds its own release.
fn promote(env: &Env, refresh: &Refresh, decision: &Value, reason: &str) -> Result<bool, Error> {
    let root = release::root(env);
    let version = match released(env, refresh)? {
        Some(version) => version,
        None => {
            let folder = folder(env, refresh.id);
            match folder.outcome() {
                Ok(Some(_)) => {}
                Ok(None) => return fail(env, refresh, "its result is gone", None),
                Err(error) => return fail(env, refresh, &format!("its result is not whole any more: {error}"), None),
            }
            let from = dress(env, refresh, &folder, decision)?;
            match release::model(env, &from, &refresh.model, env.clock.now().trunc_subsecs(0)) {
                Ok((Made::Published { manifest, .. }, _)) => manifest.version,
                Ok(_) => return Err(parked("a model's release was neither made nor refused")),
                Err(Error::Release(error)) if !error.is_passing() => {
                    return fail(env, refresh, &format!("its result can not be released: {error}"), None);
                }
                Err(error) => return Err(error),
            }
        }
    };
    alias::set(&root, &refresh.model, Alias::Champion, version)?;
    let text = version.to_string();
    move_to(
        env,
        refresh,
        RefreshStatus::Promoted,
        &Facts { version: Some(&text), reason: Some(reason), ..Facts::default() },
    )?;
    Ok(false)
}

/// The version under which this refresh was released before a kill.
fn released(env: &Env, refresh: &Refresh) -> Result<Option<Version>, Error> {
    for listed in catalog::models(&release::root(env), &refresh.model)?.iter().rev() {
        let lineage = std::fs::read(listed.folder.join(LINEAGE)).unwrap_or_default();
        let lineage: Value = serde_json::from_slice(&lineage).unwrap_or_default();
        if lineage["refresh"] == refresh.id && lineage["refresh_created"] == refresh.created_at.to_rfc3339() {
            return Ok(Some(listed.manifest.version));
        }
    }
    Ok(None)
}

/// A copy of the result's weights with what a release has beside them.
fn dress(env: &Env, refresh: &Refresh, job: &Folder, decision: &Value) -> Result<std::path::PathBuf, Error> {
    let prepared = prepared(refresh)?;
    let plan = job.plan()?;
    let to = job.path().join("release");
    remove(&to)?;
    std::fs::create_dir_all(&to).map_err(refresh::Error::io(&to))?;
    let outcome = job.outcome()?.ok_or_else(|| parked("its result is gone"))?;
    for file in &outcome.files {
        let (from, to) = (job.result_path().join(&file.path), to.join(&file.path));
        // Weights are large and are not written any more: a second name is enough, where the disk gives one.
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).map_err(refresh::Error::io(&to))?;
        }
    }
    let in_dataset = prepared.n_in_dataset == prepared.n_train;
    let dataset = prepared
        .dataset
        .filter(|_| in_dataset)
        .map(|version| json!({ "name": env.release.name, "version": version, "split": "train" }));
    let lineage = json!({
        "base_model": plan.base_model.name,
        "base_sha256": plan.base_model.sha256,
        "licence": env.refresh.config.base_licence,
        "dataset": dataset,
        "refresh": refresh.id,
        "refresh_created": refresh.created_at.to_rfc3339(),
        "cause": refresh.cause,
        "reasons": refresh.reasons,
        "cutoff": prepared.cutoff,
        "questions": prepared.n_train,
        "engine": plan.engine,
        "objective": prepared.objective,
        "seed": plan.seed,
        "training": plan.training,
        "replies": env.refresh.config.replies,
        "answer_types": env.refresh.config.answer_types,
        "steps": outcome.steps,
    });
    write(&to.join(LINEAGE), &lineage)?;
    write(&to.join(EVALUATION), &evaluation(&prepared, decision)?)?;
    let lines: Vec<String> = job
        .steps()?
        .iter()
        .map(|step| {
            let mut line = serde_json::Map::from_iter([("step".to_owned(), step.step.into())]);
            line.extend(step.curves().map(|(name, value)| (name.to_owned(), value.into())));
            Value::Object(line).to_string()
        })
        .collect();
    let path = to.join(LOG);
    std::fs::write(&path, lines.join("\n") + "\n").map_err(refresh::Error::io(&path))?;
    Ok(to)
}

fn evaluation(prepared: &Prepared, decision: &Value) -> Result<Value, Error> {
    let found: Decision = serde_json::from_value(decision.clone())
        .map_err(|error| parked(format!("what the gate found is not understood: {error}")))?;
    let set = format!("{FUTURE}, papers after {}", prepared.future_after);
    let against = prepared.champion.map_or_else(|| prepared.base_model.clone(), |version| version.to_string());
    // Proof: numbers and words.
    Ok(serde_json::to_value(found.evaluation(&set, &against)).unwrap_or_default())
}

fn write(path: &Path, value: &Value) -> Result<(), Error> {
    std::fs::write(path, format!("{value:#}\n")).map_err(refresh::Error::io(path))?;
    Ok(())
}
