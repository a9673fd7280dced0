//! The configuration file as it is written: one field a key, every key optional.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clock::Scale;
use crate::{document, drift, fetch, index, llm, question, refresh, release, source, telemetry, verify, web, worker};

/// The whole file. A room's part is the room's own `Config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Mail address that archives can write to. Without one only archives on this machine are asked.
    pub contact: String,
    /// Page that describes this installation, for the archives.
    pub url: String,
    /// Folder of the store, the index and the inbox. Default `./aludel-data`.
    pub data_dir: PathBuf,
    /// The zone in which schedules are read, an IANA name. Default UTC.
    pub time_zone: Option<String>,
    pub log: telemetry::Config,
    pub web: web::Config,
    pub worker: worker::Config,
    pub fetch: fetch::Config,
    pub sources: source::Config,
    pub document: document::Limits,
    pub question: question::Config,
    pub llm: llm::Config,
    /// The model that tries to break questions; none: that of `llm`. Its budget is that of `llm`.
    pub solver: llm::Config,
    pub verify: verify::Config,
    pub index: index::Config,
    pub topics: worker::topics::Config,
    pub drift: drift::detector::Config,
    pub release: release::Config,
    pub refresh: refresh::Config,
    /// Simulated time, as `aludel simulate` prints it; for tests. Default: the system's.
    pub clock: Option<Scale>,
}

impl Default for File {
    fn default() -> Self {
        File {
            contact: String::new(),
            url: String::new(),
            data_dir: PathBuf::from("./aludel-data"),
            time_zone: None,
            log: telemetry::Config::default(),
            web: web::Config::default(),
            worker: worker::Config::default(),
            fetch: fetch::Config::default(),
            sources: source::Config::default(),
            document: document::Limits::default(),
            question: question::Config::default(),
            llm: llm::Config::default(),
            solver: llm::Config::default(),
            verify: verify::Config::default(),
            index: index::Config::default(),
            topics: worker::topics::Config::default(),
            drift: drift::detector::Config::default(),
            release: release::Config::default(),
            refresh: refresh::Config::default(),
            clock: None,
        }
    }
}
