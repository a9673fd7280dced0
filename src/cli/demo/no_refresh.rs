//! In the place of the demo's refresh, in a build without the engine that it takes.

use serde_json::Value;

use crate::config::Config;
use crate::service::Service;

pub(super) struct Refreshed;

/// # Errors
/// None.
pub(super) async fn finish(_: &Service, _: &Config) -> anyhow::Result<Refreshed> {
    Ok(Refreshed)
}

impl Refreshed {
    pub(super) fn json(&self) -> Value {
        Value::Null
    }

    pub(super) fn text(&self, _: &str) -> String {
        "refresh    none: this program was built without an engine of its own".to_owned()
    }
}
