//! The stages' work as metrics.

use crate::store::stage::StageTally;

/// Counts what was just recorded.
pub(super) fn measure(work: &StageTally) {
    for (stage, verdict, n, took) in work.entries() {
        metrics::counter!("aludel_stage_total", "stage" => stage.as_str(), "verdict" => verdict).increment(n);
        let micros = u64::try_from(took.as_micros()).unwrap_or(0);
        metrics::counter!("aludel_stage_microseconds_total", "stage" => stage.as_str()).increment(micros);
    }
}
