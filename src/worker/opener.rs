use std::sync::Arc;

use super::Refreshes;
use super::batches::Batches;
use super::calls::{Calls, Ledger};
use super::yielding::Yielding;
use crate::llm::{self, Engine, Error, LanguageModel, Models, OpenAi};
use crate::model::question::Stage;
use crate::question::{self, Generate};
use crate::verify::trial::Solver;
use crate::verify::{self, Trial};

/// What opens models for drafting and for trying questions, so that every call is remembered and paid for once.
#[derive(Clone)]
pub struct Opener {
    pub ledger: Arc<Ledger>,
    pub models: Arc<Models>,
    /// What models in this process make way for.
    pub refreshes: Refreshes,
    /// Spreads waits after failures.
    pub seed: u64,
}

impl Opener {
    /// With no model open yet, and refreshes at any hour.
    pub fn new(ledger: Arc<Ledger>, seed: u64) -> Self {
        Opener { ledger, models: Arc::default(), refreshes: Refreshes::default(), seed }
    }

    /// The `openai` generator.
    ///
    /// # Errors
    /// When the configuration has a fault, or a key or the prompt can not be read.
    pub fn generator(&self, config: &question::model::Config, llm: &llm::Config) -> Result<Arc<dyn Generate>, Error> {
        let calls = self.remembered(llm, "draft")?;
        let prompts = config.prompts().map_err(|reason| Error::Config { reason })?;
        Ok(Arc::new(question::model::Model::new(config, "openai", &prompts, llm.max_repairs, calls)))
    }

    /// The model stages, asking the model of `llm`.
    ///
    /// # Errors
    /// As [`Opener::generator`].
    pub fn trial(&self, config: &verify::trial::Config, llm: &llm::Config) -> Result<Trial, Error> {
        let model = self.open(llm)?;
        let calls = |stage: Stage| -> Arc<dyn LanguageModel> {
            Arc::new(Calls::new(Arc::clone(&model), self.ledger.clone(), stage.as_str()))
        };
        let solver = Solver {
            open_book: calls(Stage::OpenBook),
            closed_book: calls(Stage::ClosedBook),
            judge: calls(Stage::Judge),
        };
        Trial::new(config, solver, llm.max_repairs).map_err(|reason| Error::Config { reason })
    }

    /// The model of `llm`, its calls for `stage` remembered.
    ///
    /// # Errors
    /// As [`Opener::generator`].
    pub fn remembered(&self, llm: &llm::Config, stage: &'static str) -> Result<Arc<dyn LanguageModel>, Error> {
        Ok(Arc::new(Calls::new(self.open(llm)?, self.ledger.clone(), stage)))
    }

    /// The model of `llm`, asked call by call or in batches; one in this process makes way for training, if it is to.
    fn open(&self, llm: &llm::Config) -> Result<Arc<dyn LanguageModel>, Error> {
        if llm.batch.enabled && llm.engine == Engine::Openai {
            let model = Arc::new(OpenAi::new(llm, self.seed)?);
            return Ok(Arc::new(Batches::new(model, llm.batch.clone(), self.ledger.store.clone())));
        }
        let model = self.models.open(llm, self.seed)?;
        if llm.engine == Engine::Candle && llm.local.yield_to_training {
            return Ok(Arc::new(Yielding::new(model, self.ledger.store.clone(), self.refreshes.clone())));
        }
        Ok(model)
    }
}
