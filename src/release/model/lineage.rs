//! `lineage.json`: what a model was made from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::release::Version;

/// Where a model comes from. Keys that are not named here are kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// As the hub names it, or a path.
    pub base_model: String,
    #[serde(default)]
    pub base_revision: Option<String>,
    /// Licence of the released weights, in the hub's word: not laxer than the base's.
    pub licence: String,
    /// The data set it was trained on.
    #[serde(default)]
    pub dataset: Option<DatasetRef>,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRef {
    pub name: String,
    pub version: Version,
    #[serde(default)]
    pub split: Option<String>,
}
