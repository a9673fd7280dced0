use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::hub;
use crate::model::question::Tier;

/// What is released, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the schedule makes data set releases, and a patch release follows a takedown. Default true.
    pub enabled: bool,
    /// When a data set release is made: minute hour day month weekday, as in a crontab. Default monthly.
    pub schedule: String,
    /// Name of the data set, in its card, citation and package. Default `aludel-biology`.
    pub name: String,
    /// Who publishes it, for card and citation; empty: "the operator of this installation". Default empty.
    pub publisher: String,
    /// Where rights holders and users can write to; empty: the configuration's contact address. Default empty.
    pub contact: String,
    /// Page under which releases are found, for card and citation. Default empty.
    pub url: String,
    /// Lowest tier that is released: grounded, verified, reviewed. Default grounded.
    pub least_tier: Tier,
    /// Also questions that a model always answers without the passage. Default false.
    pub trivial: bool,
    /// Share of works (with their preprints) that make the validation split, 0 to 0.5. Default 0.05.
    pub validation_share: f64,
    /// The newest slice, in days: held back for one release, then the split `future`, then split as the rest. Default 28; 0 holds
    /// nothing back.
    pub future_days: u32,
    /// Whether train splits are sampled to the literature's topic shares; else every question is taken. Default true.
    pub align: bool,
    /// Exponent of those shares, 0 to 10; 1 is the literature's own mix. Default 1.
    pub alpha: f64,
    /// The literature whose topic shares count, in days before the release. Default 365.
    pub literature_days: u32,
    /// Most rows of a train split; 0 is as many as there are. Default 0.
    pub most_rows: u64,
    /// Also a part with pointers into works whose licence allows no text: ids and places, no questions. Default false.
    pub pointers: bool,
    /// Questions drawn at random from each release for people to look at. Default 200.
    pub audit_questions: usize,
    /// Seed of everything that is drawn. Default 0.
    pub seed: u64,
    /// Minor releases kept on disk, the newest first; pinned ones are kept besides. Default 12.
    pub keep: usize,
    /// What a release leaves free on the disk, in MiB. Default 1024.
    pub reserve_mib: u64,
    /// File of the minisign secret key. Default: `minisign.key` in the data directory, made on first use.
    pub key_file: Option<PathBuf>,
    /// Where releases are pushed to. Default: nowhere.
    pub hub: hub::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            enabled: true,
            schedule: "30 4 1 * *".to_owned(),
            name: "aludel-biology".to_owned(),
            publisher: String::new(),
            contact: String::new(),
            url: String::new(),
            least_tier: Tier::Grounded,
            trivial: false,
            validation_share: 0.05,
            future_days: 28,
            align: true,
            alpha: 1.0,
            literature_days: 365,
            most_rows: 0,
            pointers: false,
            audit_questions: 200,
            seed: 0,
            keep: 12,
            reserve_mib: 1024,
            key_file: None,
            hub: hub::Config::default(),
        }
    }
}
