use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where releases are pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// User or organisation whose repositories take the releases, each under the name of its data set or model. Default empty: nothing
    /// is pushed.
    pub owner: String,
    /// Address of the hub. Default `https://huggingface.co`.
    pub endpoint: String,
    /// File of an access token that may write. No default.
    pub token_file: Option<PathBuf>,
    /// Whether a repository that has to be made is private. Default false.
    pub private: bool,
    /// Whether every release is pushed when it is published; else only `aludel release push` does. Default true.
    pub automatic: bool,
    /// How often one request is tried. Default 5.
    pub max_tries: u32,
    /// First wait after a failed try, in milliseconds; doubled with each further one. Default 1000.
    pub backoff_ms: u64,
    /// How long a connection may be silent, in seconds. Default 120.
    pub silence_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            owner: String::new(),
            endpoint: "https://huggingface.co".to_owned(),
            token_file: None,
            private: false,
            automatic: true,
            max_tries: 5,
            backoff_ms: 1000,
            silence_seconds: 120,
        }
    }
}

impl Config {
    pub fn is_on(&self) -> bool {
        !self.owner.is_empty()
    }

    /// Whether `owner` can be one: letters, digits, `-`, `_` and `.`, as the hub has them.
    pub fn is_owner(owner: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=96).contains(&owner.len()) && owner.bytes().all(is_plain) && !owner.starts_with(['-', '.'])
    }
}
