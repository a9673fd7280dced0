//! Refreshes as the API, the page and the command line show them.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::refresh::job::{Folder, Step};
use crate::store::evaluation::Evaluation;
use crate::store::refresh::Refresh;
use crate::store::{self, Rows};

/// Steps shown of a run; a longer one is thinned.
const MOST_STEPS: usize = 500;
const MOST_EVALUATIONS: usize = 200;

/// All that there is to see of refreshes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// The newest first.
    pub refreshes: Vec<Refresh>,
    /// Of the newest refresh, while its job folder is there.
    pub steps: Vec<Step>,
    /// The newest first.
    pub evaluations: Vec<Evaluation>,
    /// Of this calendar month, UTC, training and evaluation.
    pub seconds_used: f64,
    /// Refreshes that were called for and did not begin: when, what called, why not. The newest first.
    pub refused: Vec<(DateTime<Utc>, String, String)>,
}

/// Gathers it. `folder`: of the jobs.
///
/// # Errors
/// When the store can not be read.
pub fn overview(rows: &Rows, folder: &Path, now: DateTime<Utc>) -> Result<Overview, store::Error> {
    let mut refreshes = rows.refreshes()?;
    refreshes.reverse();
    let newest = refreshes.first().map(|refresh| Folder::new(folder.join(format!("job-{}", refresh.id))));
    // A folder that is gone or torn has no curve; what there is to say of it stands in the row.
    let mut steps = newest.and_then(|folder| folder.steps().ok()).unwrap_or_default();
    let every = steps.len().div_ceil(MOST_STEPS).max(1);
    let last = steps.len().saturating_sub(1);
    let mut at = 0;
    steps.retain(|_| {
        at += 1;
        (at - 1) % every == 0 || at - 1 == last
    });
    Ok(Overview {
        refreshes,
        steps,
        evaluations: rows.evaluations(MOST_EVALUATIONS)?,
        seconds_used: rows.machine_seconds_in_month(now)?,
        refused: rows.audited("refresh_refused", 20)?,
    })
}
