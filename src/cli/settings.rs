//! The options with which a command finds its configuration and its data directory.

use std::path::PathBuf;

use crate::config::{Config, Error, Overrides};
use crate::store::DataDir;

#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "ALUDEL_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the store, the index and the inbox [default: the configuration's, else ./aludel-data]
    #[arg(long, value_name = "DIR", env = "ALUDEL_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// As [`Settings`], for commands that ask archives.
#[derive(Debug, Clone, clap::Args)]
pub struct ArchiveSettings {
    #[command(flatten)]
    settings: Settings,
    /// Mail address that archives can write to; without one only loopback is asked
    #[arg(long, value_name = "MAIL", env = "ALUDEL_CONTACT")]
    contact: Option<String>,
}

impl Settings {
    /// # Errors
    /// A configuration that can not be read or used.
    pub fn load(&self) -> Result<Config, Error> {
        self.load_with(None)
    }

    /// Where the data directory is.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn data_dir(&self) -> Result<DataDir, Error> {
        Ok(self.load()?.data_dir)
    }

    fn load_with(&self, contact: Option<String>) -> Result<Config, Error> {
        // A variable that is not UTF-8 can not be one of ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let overrides = Overrides { data_dir: self.data_dir.clone(), contact };
        Config::load(self.config.as_deref(), environment, overrides)
    }
}

impl ArchiveSettings {
    /// # Errors
    /// As [`Settings::load`].
    pub fn load(&self) -> Result<Config, Error> {
        self.settings.load_with(self.contact.clone())
    }
}
