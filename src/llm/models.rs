use std::sync::Arc;
#[cfg(feature = "candle")]
use std::sync::{Mutex, PoisonError, Weak};

#[cfg(feature = "candle")]
use super::candle::{Candle, Computer};
use super::{Config, Engine, Error, LanguageModel, OpenAi};

/// What opens models, and knows which are computed in this process: those of one file on one device share its weights.
#[derive(Debug, Default)]
pub struct Models {
    #[cfg(feature = "candle")]
    pub(super) computed: Mutex<Vec<Weak<Computer>>>,
}

impl Models {
    /// The configured model, by its engine. `seed` spreads waits.
    ///
    /// # Errors
    /// [`Error::Config`] when the configuration has a fault, a key can not be read, or the engine is not part of this build.
    pub fn open(&self, config: &Config, seed: u64) -> Result<Arc<dyn LanguageModel>, Error> {
        match config.engine {
            Engine::Openai => Ok(Arc::new(OpenAi::new(config, seed)?)),
            #[cfg(feature = "candle")]
            Engine::Candle => Ok(Arc::new(self.candle(config)?)),
            #[cfg(not(feature = "candle"))]
            Engine::Candle => Err(Error::Config {
                reason: "this program was built without the feature `candle`: use `openai`".to_owned(),
            }),
        }
    }

    #[cfg(feature = "candle")]
    fn candle(&self, config: &Config) -> Result<Candle, Error> {
        if let Some((key, what)) = config.faults().first() {
            return Err(Error::Config { reason: format!("{key}: {what}") });
        }
        let mut computed = self.computed.lock().unwrap_or_else(PoisonError::into_inner);
        computed.retain(|computer| computer.strong_count() > 0);
        let known = computed.iter().filter_map(Weak::upgrade).find(|computer| computer.computes(&config.local));
        let computer = match known {
            Some(computer) => computer,
            None => {
                let computer = Arc::new(Computer::start(&config.local)?);
                computed.push(Arc::downgrade(&computer));
                computer
            }
        };
        Ok(Candle::new(config, computer))
    }
}
