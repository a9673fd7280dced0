//! Stages 8 to 10: a model that did not write a question tries to break it.
//!
//! *Open book*: it answers several times from the passage; too few answers that the grader takes for the key reject the question.
//! *Closed book*: the same without the passage; the share that is right is the question's difficulty, and never rejects.
//! *Judge*, if wanted: marks against a rubric. Which model that is, and what its calls cost, is the caller's.

mod answer;
mod config;
mod marks;
mod prompt;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use futures_util::future;

use crate::grade::Grader;
use crate::llm::{self, LanguageModel, Request};
use crate::model::question::{Difficulty, Draft, Stage, StageResult, Verdict};

use answer::{Answer, Answers};
pub use config::Config;
use prompt::Prompts;

/// The model stages with their settings.
pub struct Trial {
    config: Config,
    prompts: Prompts,
    max_repairs: u32,
    solver: Solver,
}

/// One model, as each stage asks it: apart, so that each stage's calls are accounted for apart.
#[derive(Clone)]
pub struct Solver {
    pub open_book: Arc<dyn LanguageModel>,
    pub closed_book: Arc<dyn LanguageModel>,
    pub judge: Arc<dyn LanguageModel>,
}

/// What the model stages say of one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// In the order in which they ran; the last one may have failed.
    pub stages: Vec<StageResult>,
    /// `None` when the closed book was not reached.
    pub difficulty: Option<Difficulty>,
    /// How long each stage waited for its answers, on the machine's own clock.
    pub took: Vec<(Stage, Duration)>,
}

/// What a question is tried on.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    pub title: &'a str,
    /// The texts of the passages that hold the evidence.
    pub passages: &'a [&'a str],
}

impl Trial {
    /// `max_repairs`: how often the judge is told what was wrong with its reply; see [`llm::Config`].
    ///
    /// # Errors
    /// When a prompt file can not be read: its path and the cause.
    pub fn new(config: &Config, solver: Solver, max_repairs: u32) -> Result<Self, String> {
        Ok(Trial { prompts: Prompts::read(config)?, config: config.clone(), max_repairs, solver })
    }

    /// How many questions are worth trying at a time.
    pub fn waits_for(&self) -> usize {
        self.solver.open_book.concurrency()
    }

    /// The model's name.
    pub fn solver_name(&self) -> &str {
        self.solver.open_book.name()
    }

    /// Tries one question. `today`: the date of the difficulty.
    ///
    /// # Errors
    /// When the model gives no reply: nothing is decided then.
    pub async fn run(&self, draft: &Draft, paper: Paper<'_>, today: NaiveDate) -> Result<Tried, llm::Error> {
        let mut tried = Tried { stages: Vec::new(), difficulty: None, took: Vec::new() };
        let mut since = Instant::now();
        let mut lap = || std::mem::replace(&mut since, Instant::now()).elapsed();
        let Ok(grader) = Grader::new(&draft.answer) else { return Ok(tried) };
        // Who wrote a question finds its own slips harder to see: it may try it, but not unnamed.
        let Solver { open_book, closed_book, judge } = &self.solver;
        let name = open_book.name();
        let by = if draft.generator.model == name { format!("{name} (wrote it)") } else { name.to_owned() };
        let say = |stage, verdict, reason: String, score| StageResult {
            stage,
            verdict,
            reason,
            score: Some(score),
            model: Some(by.clone()),
        };

        let open =
            self.ask(open_book, &grader, self.prompts.open_book(draft, paper), self.config.open_book_samples).await?;
        let agreement = open.share_right();
        let holds = agreement >= self.config.least_agreement;
        let reason = if holds { String::new() } else { format!("disagrees: {open}") };
        let verdict = if holds { Verdict::Pass } else { Verdict::Fail };
        tried.stages.push(say(Stage::OpenBook, verdict, reason, agreement));
        tried.took.push((Stage::OpenBook, lap()));
        if !holds {
            return Ok(tried);
        }

        let closed =
            self.ask(closed_book, &grader, self.prompts.closed_book(draft), self.config.closed_book_samples).await?;
        let pass_rate = closed.share_right();
        let reason =
            if closed.all_right() { "trivial: it is known without the paper".to_owned() } else { String::new() };
        tried.stages.push(say(Stage::ClosedBook, Verdict::Pass, reason, pass_rate));
        tried.took.push((Stage::ClosedBook, lap()));
        tried.difficulty = Some(Difficulty { pass_rate, k: closed.n(), solver: name.to_owned(), date: today });

        if self.config.judge {
            let request = self.prompts.judge(draft, paper).shaped(marks::schema());
            let marks = llm::ask(judge.as_ref(), request, self.max_repairs, marks::read).await?;
            let (lowest, word) = marks.lowest();
            let passes = lowest >= self.config.least_mark;
            let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
            let reason = if passes { String::new() } else { format!("{word}: {}", marks.reason()) };
            tried.stages.push(say(Stage::Judge, verdict, reason, f64::from(lowest)));
            tried.took.push((Stage::Judge, lap()));
        }
        Ok(tried)
    }

    /// What the model would be asked about a question that holds, by stage, repairs left out: for a projection of what it costs.
    pub fn requests(&self, draft: &Draft, paper: Paper<'_>) -> Vec<(Stage, Request)> {
        let Config { open_book_samples, closed_book_samples, .. } = self.config;
        let samples = |request: Request, n: u32| {
            let request = self.bounded(request);
            (0..n).map(move |sample| Request { sample, ..request.clone() })
        };
        let open = samples(self.prompts.open_book(draft, paper), open_book_samples);
        let closed = samples(self.prompts.closed_book(draft), closed_book_samples);
        let judge = self.config.judge.then(|| self.prompts.judge(draft, paper).shaped(marks::schema()));
        let open = open.map(|request| (Stage::OpenBook, request));
        let closed = closed.map(|request| (Stage::ClosedBook, request));
        open.chain(closed).chain(judge.map(|request| (Stage::Judge, request))).collect()
    }

    fn bounded(&self, request: Request) -> Request {
        request.sampled(self.config.temperature, self.config.seed).bounded(self.config.max_reply_tokens)
    }

    async fn ask(
        &self,
        model: &Arc<dyn LanguageModel>,
        grader: &Grader,
        request: Request,
        samples: u32,
    ) -> Result<Answers, llm::Error> {
        let request = self.bounded(request);
        let asked = (0..samples).map(|sample| {
            let request = Request { sample, ..request.clone() };
            async move { model.complete(&request).await.map(|reply| Answer::of(grader, &reply)) }
        });
        Ok(future::try_join_all(asked).await?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
