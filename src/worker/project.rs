//! What a run would ask of models, before it is made: calls, tokens and money, with nothing asked.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde::Serialize;

use super::calls::key_of;
use super::ingest::Fault;
use super::take::{Piece, take};
use super::{Env, Error};
use crate::llm::{Prices, Request};
use crate::model::answer::AnswerSpec;
use crate::model::document::Document;
use crate::model::question::{Draft, Generator, Outcome, Stage};
use crate::store::Rows;
use crate::store::call::{Spend, StageSpend};
use crate::verify::trial::Paper;
use crate::verify::{Examined, Trial};

/// So many calls of a stage that were made tell how long its replies are.
const TELLING_CALLS: u64 = 10;
/// Before there are as many, a reply is taken to fill this part of what it may.
const REPLY_PART: f64 = 0.25;
/// Before there are as many, so many questions of a request are taken to be accepted.
const ACCEPTED_PER_REQUEST: f64 = 2.0;

/// What one stage would ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StageProjection {
    pub calls: u64,
    /// Of them those whose answers are known already, and cost nothing.
    pub remembered: u64,
    /// About as many; for new calls only, like all that follows.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub completion_tokens_at_most: u64,
    /// Millionths of the configured currency.
    pub cost_micros: u64,
    pub cost_micros_at_most: u64,
}

/// What a run would ask.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Projection {
    pub articles: u64,
    /// By stage: `draft`, `open_book`, …
    pub stages: BTreeMap<String, StageProjection>,
    pub total: StageProjection,
    /// What had to be supposed.
    pub assumptions: Vec<String>,
}

/// What taking these files in would ask. Files that were taken in before ask nothing; what can not be read is left out, with its reason.
/// `prices`: the dearest of all endpoints.
///
/// # Errors
/// When the store can not be read.
pub fn project(env: &Env, files: &[PathBuf], prices: Prices) -> Result<(Projection, Vec<Fault>), Error> {
    let rows = env.store.read()?;
    let mut projector = Projector::new(env, &rows, prices)?;
    let mut faults = Vec::new();
    for path in files {
        let mut failed = None;
        let taken = take(env, path, &mut |piece| {
            let Piece::Article(taken) = piece else { return ControlFlow::Continue(()) };
            match projector.add(&taken.delivery.document, taken.examined) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        match (failed, taken) {
            (Some(error), _) | (None, Err(error @ Error::Store(_))) => return Err(error),
            (None, Err(error)) => faults.push(Fault { path: path.clone(), reason: error.to_string() }),
            (None, Ok(())) => {}
        }
    }
    Ok((projector.finish()?, faults))
}

/// Adds up what documents would ask.
struct Projector<'a> {
    env: &'a Env,
    rows: &'a Rows,
    prices: Prices,
    known: Vec<StageSpend>,
    projection: Projection,
    requests: u64,
    /// Accepted questions that no model wrote, with what they would be asked.
    tried: u64,
    asked: BTreeMap<Stage, Spend>,
}

impl<'a> Projector<'a> {
    fn new(env: &'a Env, rows: &'a Rows, prices: Prices) -> Result<Self, Error> {
        let known = rows.spend_by_stage()?;
        let projection = Projection::default();
        Ok(Projector { env, rows, prices, known, projection, requests: 0, tried: 0, asked: BTreeMap::new() })
    }

    /// Counts one document. `examined`: what the generators in this process wrote about it, which cost nothing.
    fn add(&mut self, document: &Document, examined: Vec<Examined>) -> Result<(), Error> {
        self.projection.articles += 1;
        for generator in &self.env.generators {
            let (model, requests) = (generator.model().to_owned(), generator.requests(document));
            for request in requests {
                self.requests += 1;
                self.count("draft", &model, &request)?;
            }
        }
        let Some(trial) = &self.env.trial else { return Ok(()) };
        let mut deciding = self.env.judge.deciding()?;
        // Dropped without being kept: the history forgets them.
        let outcomes = deciding.decide("projection", examined);
        drop(deciding);
        let passages = document.passages();
        for outcome in outcomes {
            if let Outcome::Accepted(accepted) = outcome {
                let draft: &Draft = accepted.draft();
                let texts: Vec<&str> =
                    draft.evidence.iter().filter_map(|span| Some(passages.get(span.passage)?.text)).collect();
                let paper = Paper { title: &document.title, passages: &texts };
                self.tried += 1;
                for (stage, request) in trial.requests(draft, paper) {
                    let asked = self.asked.entry(stage).or_default();
                    asked.calls += 1;
                    asked.prompt_tokens += request.prompt_tokens_about();
                    asked.completion_tokens += u64::from(request.max_tokens);
                    self.count(stage.as_str(), trial.solver_name(), &request)?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, stage: &str, model: &str, request: &Request) -> Result<(), Error> {
        let is_known = match key_of(model, request) {
            Ok((key, _)) => self.rows.has_model_response(&key)?,
            Err(_) => false,
        };
        let most = u64::from(request.max_tokens);
        let usual = self.usual_reply(stage, model).unwrap_or((REPLY_PART * most as f64).ceil() as u64).min(most);
        let prompt = request.prompt_tokens_about();
        let of = self.projection.stages.entry(stage.to_owned()).or_default();
        of.calls += 1;
        if is_known {
            of.remembered += 1;
            return Ok(());
        }
        of.prompt_tokens += prompt;
        of.completion_tokens += usual;
        of.completion_tokens_at_most += most;
        Ok(())
    }

    /// Mean tokens of this model's replies at this stage, once enough were paid for.
    fn usual_reply(&self, stage: &str, model: &str) -> Option<u64> {
        let known = self.known.iter().find(|known| known.stage == stage && known.model == model)?;
        (known.spend.calls >= TELLING_CALLS).then(|| known.spend.completion_tokens.div_ceil(known.spend.calls))
    }

    /// The sum.
    fn finish(mut self) -> Result<Projection, Error> {
        let drafted: Vec<&StageSpend> = self.known.iter().filter(|known| known.stage == "draft").collect();
        let calls: u64 = drafted.iter().map(|known| known.spend.calls).sum();
        if self.requests > 0 && calls < TELLING_CALLS {
            let part = REPLY_PART * 100.0;
            self.projection.assumptions.push(format!(
                "replies fill {part:.0} % of what they may: fewer than {TELLING_CALLS} calls were made so far"
            ));
        }
        if let Some(trial) = &self.env.trial
            && self.requests > 0
        {
            let accepted = self.rows.accepted_by_models()?;
            let per_request =
                if calls >= TELLING_CALLS { accepted as f64 / calls as f64 } else { ACCEPTED_PER_REQUEST };
            let expected = (per_request * self.requests as f64).ceil() as u64;
            self.projection.assumptions.push(format!(
                "{per_request:.1} questions of a request are accepted and tried ({})",
                if calls >= TELLING_CALLS { "as so far" } else { "a guess" }
            ));
            for (stage, requests, (prompt, most)) in self.usual_trial(trial) {
                let reply = self.usual_reply(stage.as_str(), trial.solver_name());
                let reply = reply.unwrap_or((REPLY_PART * most as f64).ceil() as u64).min(most);
                let of = self.projection.stages.entry(stage.as_str().to_owned()).or_default();
                of.calls += expected * requests;
                of.prompt_tokens += expected * requests * prompt;
                of.completion_tokens += expected * requests * reply;
                of.completion_tokens_at_most += expected * requests * most;
            }
        }
        let mut total = StageProjection::default();
        for of in self.projection.stages.values_mut() {
            of.cost_micros = self.prices.cost_micros(of.prompt_tokens, of.completion_tokens);
            of.cost_micros_at_most = self.prices.cost_micros(of.prompt_tokens, of.completion_tokens_at_most);
            total.calls += of.calls;
            total.remembered += of.remembered;
            total.prompt_tokens += of.prompt_tokens;
            total.completion_tokens += of.completion_tokens;
            total.completion_tokens_at_most += of.completion_tokens_at_most;
            total.cost_micros += of.cost_micros;
            total.cost_micros_at_most += of.cost_micros_at_most;
        }
        self.projection.total = total;
        Ok(self.projection)
    }

    /// What a question is asked at each stage: calls, and prompt and most reply tokens of one.
    fn usual_trial(&self, trial: &Trial) -> Vec<(Stage, u64, (u64, u64))> {
        if self.tried > 0 {
            let of = |(stage, asked): (&Stage, &Spend)| {
                let calls = asked.calls.max(1);
                (*stage, asked.calls / self.tried, (asked.prompt_tokens / calls, asked.completion_tokens / calls))
            };
            return self.asked.iter().map(of).collect();
        }
        // No question of the rules to measure by: an empty one gives the prompts without the passage.
        let draft = Draft {
            question: String::new(),
            answer: AnswerSpec::Boolean { value: true },
            evidence: Vec::new(),
            generator: Generator { kind: String::new(), model: String::new(), prompt_hash: String::new() },
            kind: None,
        };
        let mut by_stage: BTreeMap<Stage, (u64, (u64, u64))> = BTreeMap::new();
        for (stage, request) in trial.requests(&draft, Paper { title: "", passages: &[] }) {
            let passage = if stage == Stage::ClosedBook { 0 } else { USUAL_PASSAGE_TOKENS };
            let size = (request.prompt_tokens_about() + passage, u64::from(request.max_tokens));
            let of = by_stage.entry(stage).or_insert((0, size));
            of.0 += 1;
        }
        by_stage.into_iter().map(|(stage, (calls, size))| (stage, calls, size)).collect()
    }
}

/// Tokens of a usual passage.
const USUAL_PASSAGE_TOKENS: u64 = 400;

impl fmt::Display for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} articles that are new", self.articles)?;
        if self.stages.is_empty() {
            return writeln!(f, "no model would be asked");
        }
        let money = |micros: u64| format!("{:.2}", micros as f64 / 1e6);
        writeln!(
            f,
            "{:<12} {:>8} {:>10} {:>13} {:>13} {:>13} {:>9} {:>9}",
            "stage", "calls", "remembered", "tokens in", "tokens out", "at most", "cost", "at most"
        )?;
        let all = self.stages.iter().map(|(stage, of)| (stage.as_str(), of)).chain([("all", &self.total)]);
        for (stage, of) in all {
            writeln!(
                f,
                "{stage:<12} {:>8} {:>10} {:>13} {:>13} {:>13} {:>9} {:>9}",
                of.calls,
                of.remembered,
                of.prompt_tokens,
                of.completion_tokens,
                of.completion_tokens_at_most,
                money(of.cost_micros),
                money(of.cost_micros_at_most)
            )?;
        }
        self.assumptions.iter().try_for_each(|assumption| writeln!(f, "supposed: {assumption}"))
    }
}
