//! Prometheus: the process's recorder, its upkeep, and the gauges that are read from the store now and then.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::index::Index;
use crate::model::status::{DriftState, RefreshStatus};
use crate::refresh::job::Folder;
use crate::store::{self, Store};
use crate::web;

/// Samples of histograms stay in memory until they are drained; nobody may ever scrape.
const UPKEEP: Duration = Duration::from_secs(5);
/// Cheap gauges every third upkeep, full counts every sixtieth: five minutes.
const GAUGES_EVERY: u64 = 3;
const COUNTS_EVERY: u64 = 60;

/// Upper bounds of `…_seconds` histograms.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];

/// The process's metrics.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Makes a recorder the process's own, once; a later one only renders what it was given itself.
    ///
    /// # Errors
    /// When the exporter refuses its buckets.
    pub fn install() -> Result<Self, BuildError> {
        let builder =
            PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("the process has a metrics recorder already");
        }
        describe();
        Ok(Metrics(handle))
    }

    pub(super) fn render(&self) -> web::RenderMetrics {
        let handle = self.0.clone();
        Arc::new(move || handle.render())
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("aludel_jobs_total", "Jobs that ended, by kind and result");
    describe_counter!("aludel_refreshes_total", "Refreshes that ended, by result");
    describe_counter!("aludel_refreshes_refused_total", "Refreshes that were called for and did not begin, by cause");
    describe_gauge!(
        "aludel_refresh_state",
        "Of the open refresh: 0 none, 1 proposed, 2 prepared, 3 running, 4 evaluated"
    );
    describe_gauge!("aludel_refresh_step", "Optimiser steps done of the newest refresh");
    describe_gauge!("aludel_refresh_measure", "Measures of its last step, by name");
    describe_gauge!("aludel_refresh_machine_seconds", "Seconds of the machine that refreshes used this month");
    describe_histogram!("aludel_job_seconds", "How long jobs ran, by kind");
    describe_gauge!("aludel_jobs", "Jobs in the queue, by state");
    describe_counter!(
        "aludel_passages_quarantined_total",
        "Passages that instruct their reader and were not shown to a model"
    );
    describe_counter!("aludel_stage_total", "Verdicts of the verification stages, by stage and verdict");
    describe_counter!("aludel_stage_microseconds_total", "Time that the verification stages took, by stage");
    describe_counter!("aludel_questions_total", "Questions judged, by outcome");
    describe_gauge!("aludel_questions", "Questions in the store, by state");
    describe_gauge!("aludel_works", "Works in the store, by standing");
    describe_gauge!("aludel_index_changes_behind", "Changes of the store that the index does not hold yet");
    describe_gauge!("aludel_source_seconds_since_news", "Since the source's last row or finished day");
    describe_counter!("aludel_source_rows_total", "Rows received, by source");
    describe_counter!("aludel_source_gap_rows_total", "Rows announced and not received, by source");
    describe_counter!("aludel_source_errors_total", "Days that could not be read, by source");
    describe_gauge!("aludel_drift_state", "State of the topic mix: 0 stable, 1 warning, 2 drifted");
    describe_gauge!("aludel_drift_distance", "Jensen-Shannon distance of the newest window from the reference");
    describe_gauge!("aludel_drift_distance_corrected", "The same with the bias of small samples taken off");
    describe_gauge!("aludel_drift_band", "Upper end of the band of chance for the newest window");
    describe_gauge!("aludel_drift_documents", "Labelled works in the newest window");
    describe_counter!("aludel_releases_total", "Releases that were made or skipped, by kind and result");
    describe_counter!("aludel_release_pushes_total", "Releases that were pushed to the hub, by kind and result");
    describe_gauge!(
        "aludel_release_progress",
        "Share of its questions that the release being made, or the last one, has written"
    );
    describe_gauge!("aludel_release_rows", "Questions in the newest data set");
    describe_gauge!("aludel_release_seconds_since", "Since the newest data set was published");
    describe_gauge!(
        "aludel_release_overdue_tombstones",
        "Released questions that have to be taken back and are not yet"
    );
    describe_gauge!("aludel_process_resident_bytes", "Memory that the process holds");
    describe_gauge!("aludel_store_bytes", "Size of the store's file");
    describe_histogram!("aludel_search_seconds", "How long searches took inside the index");
    describe_histogram!("aludel_http_request_seconds", "How long requests took, by route");
    describe_counter!("aludel_http_requests_total", "Requests answered, by route and status");
}

/// Keeps gauges current and histograms drained, for as long as it is polled.
pub(super) async fn watch(store: Store, index: Arc<Index>, metrics: Metrics) {
    for turn in 0_u64.. {
        metrics.0.run_upkeep();
        if turn % GAUGES_EVERY == 0 {
            let (store, index) = (store.clone(), Arc::clone(&index));
            let full = turn % COUNTS_EVERY == 0;
            let read = tokio::task::spawn_blocking(move || gauges(&store, &index, full)).await;
            if let Ok(Err(error)) = read {
                tracing::warn!(%error, "the gauges could not be read");
            }
        }
        tokio::time::sleep(UPKEEP).await;
    }
}

fn gauges(store: &Store, index: &Index, full: bool) -> Result<(), store::Error> {
    let rows = store.read()?;
    for (state, n) in rows.jobs_by_state()? {
        metrics::gauge!("aludel_jobs", "state" => state).set(n as f64);
    }
    let last = u64::try_from(rows.last_change()?).unwrap_or(0);
    // A copy that can not be read is reported by whoever follows it.
    let held = index.sequence().ok().flatten().unwrap_or(0);
    metrics::gauge!("aludel_index_changes_behind").set(last.saturating_sub(held) as f64);
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("aludel_process_resident_bytes").set(bytes as f64);
    }
    // The jobs lie beside the store.
    refreshes(&rows, &store.path().with_file_name("refresh"), store.clock().now())?;
    if let Ok(meta) = store.path().metadata() {
        metrics::gauge!("aludel_store_bytes").set(meta.len() as f64);
    }
    if full {
        drift(&rows)?;
        releases(&rows, store.clock().now().timestamp_millis())?;
        let counts = rows.counts()?;
        for (state, n) in counts.questions {
            metrics::gauge!("aludel_questions", "state" => state).set(n as f64);
        }
        for (standing, n) in counts.works {
            metrics::gauge!("aludel_works", "standing" => standing).set(n as f64);
        }
        let now = store.clock().now().timestamp_millis();
        for (source, count) in counts.sources {
            if let Some(at) = count.last_received_ms.max(count.checkpoint_moved_ms) {
                let seconds = (now - at).max(0) as f64 / 1000.0;
                metrics::gauge!("aludel_source_seconds_since_news", "source" => source).set(seconds);
            }
        }
    }
    Ok(())
}

fn drift(rows: &store::Rows) -> Result<(), store::Error> {
    let Some(latest) = rows.latest_drift_decision()? else { return Ok(()) };
    let state = DriftState::ALL.iter().position(|state| state.as_str() == latest.state).unwrap_or(0);
    metrics::gauge!("aludel_drift_state").set(state as f64);
    let measured = &latest.decision["measured"];
    for (name, value) in [
        ("aludel_drift_distance", &measured["distance"]),
        ("aludel_drift_distance_corrected", &measured["corrected"]),
        ("aludel_drift_band", &measured["upper"]),
        ("aludel_drift_documents", &latest.decision["n_current"]),
    ] {
        if let Some(value) = value.as_f64() {
            metrics::gauge!(name).set(value);
        }
    }
    Ok(())
}

fn refreshes(rows: &store::Rows, folder: &Path, now: DateTime<Utc>) -> Result<(), store::Error> {
    metrics::gauge!("aludel_refresh_machine_seconds").set(rows.machine_seconds_in_month(now)?);
    let Some(newest) = rows.refreshes()?.pop() else { return Ok(()) };
    let state = if newest.status.is_final() {
        0
    } else {
        RefreshStatus::ALL.iter().position(|status| *status == newest.status).unwrap_or(0) + 1
    };
    metrics::gauge!("aludel_refresh_state").set(state as f64);
    let steps = Folder::new(folder.join(format!("job-{}", newest.id))).steps().unwrap_or_default();
    if let Some(step) = steps.last() {
        metrics::gauge!("aludel_refresh_step").set(step.step as f64);
        for (name, value) in step.curves() {
            metrics::gauge!("aludel_refresh_measure", "name" => name).set(value);
        }
    }
    Ok(())
}

fn releases(rows: &store::Rows, now_ms: i64) -> Result<(), store::Error> {
    metrics::gauge!("aludel_release_overdue_tombstones").set(rows.overdue_tombstones()? as f64);
    let all = rows.releases("dataset")?;
    if let Some((release, at)) = all.iter().rev().find_map(|release| Some((release, release.published_at?))) {
        let n_rows = release.summary.as_ref().and_then(|summary| summary["rows"].as_f64());
        metrics::gauge!("aludel_release_rows").set(n_rows.unwrap_or(0.0));
        let seconds = (now_ms - at.timestamp_millis()).max(0) as f64 / 1000.0;
        metrics::gauge!("aludel_release_seconds_since").set(seconds);
    }
    Ok(())
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
