//! Where a command's data directory is.

use std::path::PathBuf;

use crate::store::DataDir;

#[derive(Debug, Clone, clap::Args)]
pub struct DataArgs {
    /// Folder of the store, the index and the inbox
    #[arg(long, env = "ALUDEL_DATA_DIR", default_value = "./aludel-data", value_name = "DIR")]
    data_dir: PathBuf,
}

impl DataArgs {
    pub fn dir(&self) -> DataDir {
        DataDir::new(&self.data_dir)
    }
}
