//! Which questions a refresh learns from, which it is measured on, and what speaks against making it.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::llm::Place;
use crate::model::status::{RefreshStatus, ReleaseStatus};
use crate::refresh::engine::{CANDLE, Template};
use crate::refresh::job::Question;
use crate::refresh::{Config, Replies};
use crate::release::export::{brief_prompt, prompt};
use crate::release::licence::Policy;
use crate::release::manifest::{Kind, Manifest};
use crate::release::model::LINEAGE;
use crate::release::model::alias::{Alias, history};
use crate::release::model::lineage::Lineage;
use crate::release::publish::Root;
use crate::release::row::Row;
use crate::release::select::{Held, Pool};
use crate::release::split::{Cuts, Member, Split, splits};
use crate::release::{self, Version};
use crate::store::Rows;
use crate::worker::Error;
use crate::worker::jobs::candidates::{Gathered, Rules, gather};
use crate::worker::jobs::release::plan::{Selected, quotas};
use crate::worker::jobs::release::rows::Reader;

/// What a refresh is made of; kept with its row and printed by `aludel refresh plan`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    pub engine: String,
    pub base_model: String,
    pub objective: Value,
    pub seed: u64,
    /// Last day of the papers that are trained on; the gate asks about papers after `future_after`.
    pub cutoff: NaiveDate,
    pub future_after: NaiveDate,
    /// First day of the papers whose topic mix it is trained on, up to the cut-off.
    #[serde(default)]
    pub literature_from: Option<NaiveDate>,
    /// Version that the candidate has to be better than; `None`: the base model.
    pub champion: Option<Version>,
    pub n_train: u64,
    pub n_watched: u64,
    /// As many as there are when the refresh is planned; more come while it trains.
    pub n_future: u64,
    pub works: u64,
    /// How the topics of what is trained on compare with the literature's, by part.
    pub alignments: Value,
    /// Accepted questions left out, by reason.
    pub held: BTreeMap<String, u64>,
    /// The newest data set, and how many of the training questions are in it.
    pub dataset: Option<Version>,
    pub n_in_dataset: u64,
    pub predicted: Predicted,
}

/// What this one will take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    pub seconds: Option<f64>,
    pub memory_bytes: Option<u64>,
    /// Numbers in the base model, where its size is all that this follows from; else it is as the last finished run with this engine
    /// and base model went.
    #[serde(default)]
    pub parameters: Option<u64>,
}

/// What was drawn up.
pub struct Drawn {
    pub prepared: Prepared,
    /// What speaks against it, each a sentence.
    pub refusals: Vec<String>,
    pub(super) selected: Selected,
}

/// A model that is the champion.
pub(super) struct Champion {
    pub version: Version,
    /// Last day of the papers it was trained on.
    pub cutoff: NaiveDate,
}

/// The champion; `None` before there is one.
pub(super) fn champion(root: &Root, name: &str) -> Result<Option<Champion>, Error> {
    let Some(version) = history(root, name, Alias::Champion)?.first().copied() else { return Ok(None) };
    let folder = root.folder(Kind::Model, name, version);
    let manifest = Manifest::read(&folder)?.ok_or_else(|| release::Error::damaged(&folder, "it has no manifest"))?;
    let path = folder.join(LINEAGE);
    let text = std::fs::read(&path).map_err(release::Error::io(&path))?;
    let lineage: Lineage = serde_json::from_slice(&text).map_err(|error| release::Error::damaged(&path, error))?;
    let told = lineage.more.get("cutoff").and_then(Value::as_str).and_then(|day| day.parse().ok());
    // Of a model from elsewhere nobody can say more than that it saw nothing after its release.
    let released = DateTime::parse_from_rfc3339(&manifest.created).map(|time| time.date_naive()).ok();
    Ok(Some(Champion { version, cutoff: told.or(released).unwrap_or(NaiveDate::MAX) }))
}

/// Draws up what a refresh on `now` would be made of. `id`: its number.
///
/// # Errors
/// When the store or the releases can not be read.
pub fn draw_up(config: &Config, store: &Rows, root: &Root, now: DateTime<Utc>, id: i64) -> Result<Drawn, Error> {
    let today = now.date_naive();
    let cutoff = today.checked_sub_days(Days::new(config.holdout_days.into())).unwrap_or(NaiveDate::MIN);
    let champion = champion(root, &config.name)?;
    let others = [champion.as_ref().map(|champion| champion.cutoff), config.base_cutoff];
    let future_after = others.into_iter().flatten().fold(cutoff, NaiveDate::max);
    let seed = config.seed.wrapping_add(id.unsigned_abs());
    let gathered = eligible(config, store, today)?;
    let n_future = future(config, &gathered, future_after, today).len() as u64;
    let selected = select(config, gathered, cutoff, today, seed)?;
    let n = |split: Split| {
        let places = selected.selection.places.iter().filter(|((_, at), _)| *at == split);
        places.map(|(_, rows)| rows.len() as u64).sum::<u64>()
    };
    let rows =
        || selected.selection.places.iter().filter(|((_, at), _)| *at == Split::Train).flat_map(|(_, rows)| rows);
    let works = rows().map(|row| row.work).collect::<std::collections::BTreeSet<_>>().len() as u64;
    let dataset = newest_dataset(store)?;
    let prepared = Prepared {
        engine: config.engine.clone(),
        base_model: config.base_name.clone(),
        // Proof: an enum of words.
        objective: serde_json::to_value(config.objective).unwrap_or_default(),
        seed,
        cutoff,
        future_after,
        literature_from: selected.literature.from.parse().ok(),
        champion: champion.map(|champion| champion.version),
        n_train: n(Split::Train),
        n_watched: n(Split::Validation),
        n_future,
        works,
        alignments: serde_json::to_value(&selected.alignments).unwrap_or_default(),
        held: selected.selection.held.iter().map(|(held, n)| (held.as_str().to_owned(), *n)).collect(),
        dataset,
        n_in_dataset: rows().filter(|row| row.before).count() as u64,
        predicted: Predicted::default(),
    };
    let predicted = match as_the_last(config, store)? {
        Some(predicted) => predicted,
        None => reckoned(config, store, &selected, n_future)?,
    };
    let prepared = Prepared { predicted, ..prepared };
    let refusals = refusals(config, &prepared);
    Ok(Drawn { prepared, refusals, selected })
}

fn refusals(config: &Config, prepared: &Prepared) -> Vec<String> {
    let mut refusals = Vec::new();
    match &config.base_model {
        None => refusals.push("there is no base model: set `refresh.base_model`".to_owned()),
        Some(path) if !path.exists() => refusals.push(format!("the base model {} is not there", path.display())),
        Some(_) if config.base_name.trim().is_empty() || config.base_licence.trim().is_empty() => {
            refusals.push("set `refresh.base_name` and `refresh.base_licence`: a release's card names them".to_owned());
        }
        Some(_) => {}
    }
    if config.engine == CANDLE && config.device == Place::Cuda && config.program.is_none() && !cfg!(feature = "cuda") {
        refusals.push(
            "`refresh.device` is cuda and this program was built without CUDA: name one that was in `refresh.program`"
                .to_owned(),
        );
    }
    if config.engine != CANDLE
        && let Err(error) = Template::read(&config.engines, &config.engine)
    {
        refusals.push(format!("the engine {} can not be used: {error}", config.engine));
    }
    if prepared.n_train < config.least_questions.max(1) {
        refusals.push(format!(
            "{} questions are there to learn from, from papers up to {}, and it takes {} (`refresh.least_questions`)",
            prepared.n_train, prepared.cutoff, config.least_questions
        ));
    }
    if prepared.n_future < config.gate.least_n {
        refusals.push(format!(
            "{} questions are there from papers after {}, on which candidate and champion are compared, and it takes {} \
             (`refresh.gate.least_n`)",
            prepared.n_future, prepared.future_after, config.gate.least_n
        ));
    }
    refusals
}

/// The accepted questions, with those barred whose licence's part is not asked for.
fn eligible(config: &Config, store: &Rows, today: NaiveDate) -> Result<Gathered, Error> {
    let rules = Rules {
        least_tier: config.least_tier,
        trivial: config.trivial,
        pointers: false,
        literature_days: config.literature_days,
        only_known: false,
        answer_types: config.answer_types.clone(),
    };
    let mut gathered = gather(store, &rules, today)?;
    for candidate in &mut gathered.candidates {
        if !config.parts.contains(&candidate.part) {
            candidate.held.get_or_insert(Held::Licence);
        }
    }
    Ok(gathered)
}

/// The split of every work, a preprint with its article: up to `cutoff` to train or to watch, later ones to compare, and none of what
/// bears a date to come.
fn split(config: &Config, gathered: &Gathered, cutoff: NaiveDate, today: NaiveDate) -> Vec<Option<Split>> {
    let member = |work: &crate::store::released::ReleasableWork| Member {
        key: work.key.clone(),
        first_public: work.first_public,
        // What was published for validation is not trained on either; what is new is new, wherever it was published.
        before: work
            .split
            .as_deref()
            .and_then(Split::from_name)
            .filter(|split| *split == Split::Validation && work.first_public.is_some_and(|day| day <= cutoff)),
    };
    let members: Vec<Member> = gathered.works.iter().map(member).collect();
    let cuts = Cuts { settled: cutoff, released: today };
    splits(&members, &gathered.ties, cuts, config.watched_share, config.seed)
}

fn select(
    config: &Config,
    gathered: Gathered,
    cutoff: NaiveDate,
    today: NaiveDate,
    seed: u64,
) -> Result<Selected, Error> {
    let splits = split(config, &gathered, cutoff, today);
    let Gathered { works, topics, strata, candidates, barred, literature, .. } = gathered;
    let pool = Pool::new(candidates, &splits, strata.len());
    let (quotas, alignments) = quotas(&pool, config.alpha, config.most_questions, &strata, &literature)?;
    Ok(Selected { selection: pool.choose(&quotas, seed), works, topics, barred, alignments, literature })
}

/// Candidates of papers first public after `after`, by position: the newest first, at most as many as the gate takes.
fn future(config: &Config, gathered: &Gathered, after: NaiveDate, today: NaiveDate) -> Vec<usize> {
    let splits = split(config, gathered, after, today);
    let mut found: Vec<usize> = (0..gathered.candidates.len())
        .filter(|at| {
            let candidate = &gathered.candidates[*at];
            candidate.held.is_none() && splits.get(candidate.work as usize).copied().flatten() == Some(Split::Future)
        })
        .collect();
    let day = |at: usize| gathered.works[gathered.candidates[at].work as usize].first_public;
    found.sort_by_key(|at| (std::cmp::Reverse(day(*at)), gathered.candidates[*at].id));
    if config.gate.most_n > 0 {
        found.truncate(usize::try_from(config.gate.most_n).unwrap_or(usize::MAX));
    }
    found
}

/// The questions of a split of what was drawn up, as an engine reads them.
pub(super) fn questions(config: &Config, store: &Rows, selected: &Selected, of: Split) -> Result<Vec<Question>, Error> {
    let policy = Policy::embedded();
    let mut reader = Reader::new(store, &policy, selected, Version::first(1));
    let mut questions = Vec::new();
    for (place, candidates) in selected.selection.places.iter().filter(|((_, split), _)| *split == of) {
        for candidate in candidates {
            let (row, _) = reader.read(candidate, *place)?;
            let text = shown(config, &row);
            let spec = row.answer.as_deref().and_then(|answer| serde_json::from_str(answer).ok());
            // A question whose licence keeps its text back has none to train on.
            let Some(spec) = spec.filter(|spec| row.question.is_some() && crate::grade::check(spec).is_ok()) else {
                continue;
            };
            questions.push(Question {
                id: row.id,
                prompt: text,
                spec,
                topic: row.topic,
                work: row.work.key,
                section: row.section,
                target: None,
            });
        }
    }
    Ok(questions)
}

/// The questions of the gate as they are now.
pub(super) fn future_questions(
    config: &Config,
    store: &Rows,
    today: NaiveDate,
    after: NaiveDate,
) -> Result<Vec<Question>, Error> {
    let mut gathered = eligible(config, store, today)?;
    let chosen: std::collections::HashSet<usize> = future(config, &gathered, after, today).into_iter().collect();
    for (at, candidate) in gathered.candidates.iter_mut().enumerate() {
        if !chosen.contains(&at) {
            candidate.held.get_or_insert(Held::Embargo);
        }
    }
    let selected = select(config, gathered, after, today, config.seed)?;
    questions(config, store, &selected, Split::Future)
}

fn shown(config: &Config, row: &Row) -> String {
    match config.replies {
        Replies::Reasoned => prompt(row),
        Replies::Brief => brief_prompt(row),
    }
}

fn newest_dataset(store: &Rows) -> Result<Option<Version>, Error> {
    let all = store.releases(Kind::Dataset.as_str())?;
    let newest = all.iter().rev().find(|release| release.status == ReleaseStatus::Published);
    Ok(newest.and_then(|release| release.version.parse().ok()))
}

/// As the last finished run went.
fn as_the_last(config: &Config, store: &Rows) -> Result<Option<Predicted>, Error> {
    let all = store.refreshes()?;
    let is_like =
        |plan: &Value| plan["engine"] == config.engine.as_str() && plan["base_model"] == config.base_name.as_str();
    let last = all.iter().rev().find(|refresh| {
        matches!(refresh.status, RefreshStatus::Promoted | RefreshStatus::Discarded)
            && refresh.plan.as_ref().is_some_and(is_like)
            && refresh.outcome.as_ref().is_some_and(|outcome| outcome["steps"].as_u64() > Some(0))
    });
    let Some(outcome) = last.and_then(|refresh| refresh.outcome.as_ref()) else { return Ok(None) };
    let a_step = outcome["seconds"].as_f64().zip(outcome["steps"].as_f64()).map(|(seconds, steps)| seconds / steps);
    Ok(Some(Predicted {
        seconds: a_step.map(|a_step| a_step * config.budget.max_steps as f64),
        memory_bytes: outcome["memory_bytes"].as_u64(),
        parameters: None,
    }))
}

/// From the model's size, where the built-in engine can read it.
#[cfg(feature = "candle")]
fn reckoned(config: &Config, store: &Rows, selected: &Selected, n_future: u64) -> Result<Predicted, Error> {
    /// Prompts whose length is looked at, and bytes of a token in English prose, about.
    const PROMPTS: usize = 32;
    const TOKEN_BYTES: f64 = 4.0;
    let path = config.base_model.as_deref().filter(|_| config.engine == CANDLE);
    // Whatever can not be read is said when it is to be trained.
    let Some(Ok(architecture)) = path.map(crate::llm::candle::architecture::Architecture::read) else {
        return Ok(Predicted::default());
    };
    let policy = Policy::embedded();
    let mut reader = Reader::new(store, &policy, selected, Version::first(1));
    let train = selected.selection.places.iter().filter(|((_, split), _)| *split == Split::Train);
    let (mut n, mut bytes) = (0, 0);
    for (place, candidate) in train.flat_map(|(place, all)| all.iter().map(move |one| (*place, one))).take(PROMPTS) {
        (n, bytes) = (n + 1, bytes + shown(config, &reader.read(candidate, place)?.0).len());
    }
    let prompt_tokens = bytes as f64 / f64::from(n.max(1)) / TOKEN_BYTES;
    let found = crate::refresh::train::forecast(&architecture, config, prompt_tokens, n_future);
    Ok(Predicted { seconds: found.seconds, memory_bytes: Some(found.memory_bytes), parameters: Some(found.parameters) })
}

#[cfg(not(feature = "candle"))]
fn reckoned(_: &Config, _: &Rows, _: &Selected, _: u64) -> Result<Predicted, Error> {
    Ok(Predicted::default())
}
