//! The demo's releases: one in the middle of the month by the schedule, one at its end, and what lies between them.

use anyhow::Context;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::config::Config;
use crate::release::{self, catalog, changes, diff};
use crate::service::Service;
use crate::worker::jobs::release::{Ask, dataset, root};
use crate::worker::queue::Cause;

/// Releases by the schedule once, in the middle of the days that are simulated.
pub(super) fn config(from: DateTime<Utc>, days: u32) -> release::Config {
    let middle = from + TimeDelta::days(i64::from(days / 2));
    release::Config {
        name: "aludel-demo".to_owned(),
        schedule: format!("0 1 {} {} *", middle.day(), middle.month()),
        // A month is too short for four weeks' embargo.
        future_days: days / 10,
        reserve_mib: 64,
        ..release::Config::default()
    }
}

/// What was released, and how the last two differ.
pub(super) struct Released {
    versions: Vec<(String, Value)>,
    change: Option<(String, diff::Diff)>,
}

/// Makes the last release.
///
/// # Errors
/// When it can not be made or read.
pub(super) async fn finish(service: &Service, config: &Config) -> anyhow::Result<Released> {
    let env = service.app().env_without_archives(config)?;
    let made = tokio::task::spawn_blocking(move || -> anyhow::Result<Released> {
        let ask = Ask { cause: Cause::Command, at: None, stage: false };
        dataset(&env, ask, &mut |_, _| ()).context("releasing a data set")?;
        let listed = catalog::datasets(&root(&env))?;
        let versions =
            listed.iter().map(|one| (one.manifest.version.to_string(), one.manifest.more["rows"].clone())).collect();
        let change = match listed.as_slice() {
            [.., from, to] => {
                let found = diff::diff(&from.folder, &to.folder)?;
                let (name, rows) = (&to.manifest.name, to.manifest.more["rows"].as_u64().unwrap_or(0));
                let text = changes::text(name, Some(from.manifest.version), to.manifest.version, rows, Some(&found));
                Some((text, found))
            }
            _ => None,
        };
        Ok(Released { versions, change })
    });
    made.await?
}

impl Released {
    pub(super) fn json(&self) -> Value {
        let versions: Vec<Value> =
            self.versions.iter().map(|(version, rows)| json!({ "version": version, "rows": rows })).collect();
        let counts = self.change.as_ref().map(|(_, diff)| diff.counts());
        json!({ "versions": versions, "changes": counts })
    }

    /// For a terminal: the counts, and the first rows of each kind.
    pub(super) fn text(&self) -> String {
        let versions = self.versions.iter().map(|(version, rows)| format!("{version} with {rows} questions"));
        let versions = versions.collect::<Vec<_>>().join(", ");
        let mut text = format!("data sets  {}", if versions.is_empty() { "none" } else { &versions });
        if let Some((change, _)) = &self.change {
            let mut n_rows = 0;
            for line in change.lines().skip(1).filter(|line| !line.is_empty()) {
                n_rows = if line.starts_with("- `") { n_rows + 1 } else { 0 };
                if n_rows <= 3 {
                    text.push_str(&format!("\n  {line}"));
                }
            }
        }
        text
    }
}
