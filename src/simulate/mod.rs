//! Archives on loopback with invented articles, a shared clock, and faults on request. A [`World`] says what each archive
//! holds and when it appears; [`Simulator`] serves it the way SOURCES describes the real ones, one path prefix per host
//! (`/api.biorxiv.org/…`, `/eutils.ncbi.nlm.nih.gov/…`). Nothing here reaches outside, and nothing in its texts is true.

pub mod catalogue;
mod artefact;
mod day;
mod dice;
mod fault;
pub mod files;
mod folder;
mod jats;
mod preprint;
mod published;
mod pubmed_xml;
mod record;
pub mod script;
mod server;
pub mod text;
mod world;

use std::path::PathBuf;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use catalogue::Server;
pub use fault::{Fault, FaultPlan, FaultRule};
pub use published::{PublishedRow, PublishedState};
pub use script::Script;
pub use server::{BaseUrls, Handle, Simulator};
pub use world::World;

/// What is simulated. Every share is a probability in `0..=1`; every mean is per weekday, weekends are quieter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Everything invented follows from it. Default 1.
    pub seed: u64,
    /// First simulated day. Default 2026-01-05.
    pub from: NaiveDate,
    /// Simulated days. Default 31.
    pub days: u32,
    /// Days before the first that the archives already hold. Default 28.
    pub history_days: u32,
    /// New bioRxiv works a weekday. Default 20.
    pub biorxiv_per_day: f64,
    /// New medRxiv works a weekday. Default 8.
    pub medrxiv_per_day: f64,
    /// New PubMed records a weekday, without those that follow from preprints. Default 20.
    pub pubmed_per_day: f64,
    /// Share of preprints that PubMed records too. Default 0.1.
    pub pubmed_preprint_share: f64,
    /// Share of postings that are followed by one more version. Default 0.28.
    pub revision_share: f64,
    /// Share of preprints that end withdrawn; the real one is near 0.001. Default 0.02.
    pub withdrawal_share: f64,
    /// Share of preprints that become a journal article. Default 0.4.
    pub published_share: f64,
    /// Share of PubMed articles that are retracted, and of those that are corrected. Default 0.02.
    pub retraction_share: f64,
    /// Share of PubMed articles that are deleted. Default 0.005.
    pub deletion_share: f64,
    /// Share of preprints with JATS full text; the others have an empty `jatsxml`. Default 0.9.
    pub full_text_share: f64,
    /// E-utilities requests a second before 429, counted in system time; 3 with `api_key` becomes 10. 0: no limit. Default 0.
    pub pubmed_per_second: u32,
    /// Milliseconds of system time that a slow body takes. Default 1500.
    pub slow_body_ms: u64,
    /// Mix, volume and outages over time. Default: none.
    pub script: Script,
    /// Faults from the start. Default: none.
    pub faults: FaultPlan,
    /// Serve the JATS and PubMed files of this folder instead of invented articles. Default: none.
    pub folder: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            seed: 1,
            from: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default(),
            days: 31,
            history_days: 28,
            biorxiv_per_day: 20.0,
            medrxiv_per_day: 8.0,
            pubmed_per_day: 20.0,
            pubmed_preprint_share: 0.1,
            revision_share: 0.28,
            withdrawal_share: 0.02,
            published_share: 0.4,
            retraction_share: 0.02,
            deletion_share: 0.005,
            full_text_share: 0.9,
            pubmed_per_second: 0,
            slow_body_ms: 1500,
            script: Script::default(),
            faults: FaultPlan::default(),
            folder: None,
        }
    }
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not a loopback address: the simulator serves only this machine, use 127.0.0.1 or ::1")]
    NotLoopback(std::net::SocketAddr),
    #[error("can not listen on {addr}")]
    Listen { addr: std::net::SocketAddr, source: std::io::Error },
    #[error("can not read {}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("can not write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0} holds no JATS or PubMed file that the simulator understands")]
    EmptyFolder(PathBuf),
    #[error("{text:?} is not a fault: {reason}; known are all, {known}")]
    BadFault { text: String, reason: &'static str, known: String },
}
