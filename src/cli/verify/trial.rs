//! Stages 8 to 10 on candidates that passed the others.

use anyhow::{Context, bail};
use chrono::NaiveDate;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::app::App;
use crate::cli::settings::Settings;
use crate::model::document::Document;
use crate::model::question::{Accepted, Draft, Outcome, Rejected, Stage};
use crate::verify::trial::{Paper as Shown, Tried};
use crate::verify::{Candidate, Report, Trial};

/// A candidate with what became of it, or the reason why its answer is none.
pub(super) struct Judged {
    pub candidate: Candidate,
    pub outcome: Result<Outcome, String>,
    pub paper: Option<Paper>,
}

impl Judged {
    pub fn report(&self) -> Report {
        match &self.outcome {
            Ok(outcome) => Report::new(self.candidate.id.clone(), outcome),
            Err(reason) => Report::failed(self.candidate.id.clone(), Stage::Shape, reason.clone()),
        }
    }
}

/// What a question is tried on, kept after its document is gone.
pub(super) struct Paper {
    title: String,
    passages: Vec<String>,
}

impl Paper {
    /// The passages that hold the draft's evidence.
    pub fn of(document: &Document, draft: &Draft) -> Self {
        let passages = document.passages();
        let mut ordinals: Vec<usize> = draft.evidence.iter().map(|span| span.passage).collect();
        ordinals.dedup();
        let texts = ordinals.iter().filter_map(|ordinal| Some(passages.get(*ordinal)?.text.to_owned()));
        Paper { title: document.title.clone(), passages: texts.collect() }
    }
}

/// The model, its calls remembered in the store of the data directory.
pub(super) struct Solver {
    trial: Trial,
    today: NaiveDate,
    runtime: tokio::runtime::Runtime,
    _app: App,
}

impl Solver {
    /// # Errors
    /// When no model is configured, or the data directory is in use.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let mut config = settings.load()?;
        if !config.solver.is_on() && !config.llm.is_on() {
            bail!("--trial needs a model: set `solver.model` and a `[[solver.endpoints]]` in the configuration");
        }
        config.verify.trial.enabled = true;
        let app =
            App::open(&config).with_context(|| format!("the data directory {}", config.data_dir.root().display()))?;
        let trial = app.env_without_archives(&config)?.trial.context("the model stages are not there")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("a runtime for the model")?;
        Ok(Solver { trial, today: config.clock.today(), runtime, _app: app })
    }

    pub fn name(&self) -> &str {
        self.trial.solver_name()
    }

    /// Tries those that were accepted, as many at a time as the model takes, and changes their outcomes.
    ///
    /// # Errors
    /// The first of the model's; what was answered before is remembered.
    pub fn try_all(&self, judged: &mut [Judged]) -> anyhow::Result<()> {
        let tries = judged.iter().enumerate().filter_map(|(at, one)| {
            let (Ok(Outcome::Accepted(accepted)), Some(paper)) = (&one.outcome, &one.paper) else { return None };
            Some(async move {
                let passages: Vec<&str> = paper.passages.iter().map(String::as_str).collect();
                let shown = Shown { title: &paper.title, passages: &passages };
                let tried = self.trial.run(accepted.draft(), shown, self.today).await?;
                Ok::<(usize, Tried), crate::llm::Error>((at, tried))
            })
        });
        let most = self.trial.waits_for().max(1);
        let tried: Vec<(usize, Tried)> = self
            .runtime
            .block_on(stream::iter(tries).buffer_unordered(most).try_collect())
            .context("asking the model")?;
        for (at, tried) in tried {
            let Some(one) = judged.get_mut(at) else { continue };
            if let Ok(outcome) = &one.outcome {
                one.outcome = Ok(with(outcome, tried));
            }
        }
        Ok(())
    }
}

/// The outcome with what the model stages said.
fn with(outcome: &Outcome, tried: Tried) -> Outcome {
    let draft = outcome.draft().clone();
    let stages: Vec<_> = outcome.stages().iter().cloned().chain(tried.stages).collect();
    match Accepted::new(draft.clone(), stages.clone()) {
        Some(accepted) => Outcome::Accepted(accepted),
        None => Outcome::Rejected(Rejected { draft, stages, alike: Vec::new() }),
    }
}
