//! The state of everything, for people and scripts: the same on the command line, in the API and on the page.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime};
use serde_json::{Map, Value, json};

use crate::index::Index;
use crate::store::Rows;
use crate::web::Error;

/// Releases shown of each kind.
const LAST_RELEASES: usize = 3;
/// Reasons shown for which jobs wait.
const MOST_WAITING: usize = 10;

/// Counts by state, sources with their lag, jobs, and how far the index is behind. `index`: `None` when there is none.
/// `now_ms`: UTC milliseconds.
///
/// # Errors
/// When the store or the index can not be read.
pub fn status(rows: &Rows, index: Option<&Index>, now_ms: i64) -> Result<Map<String, Value>, Error> {
    let counts = rows.counts()?;
    let sequence = index.map(Index::sequence).transpose()?.flatten();
    let behind = u64::try_from(counts.last_change).unwrap_or(0).saturating_sub(sequence.unwrap_or(0));
    let sources: Map<String, Value> = counts
        .sources
        .iter()
        .map(|(name, count)| {
            let received = count.last_received_ms.max(count.checkpoint_moved_ms);
            let lag = received.map(|at| (now_ms - at).max(0) / 1000);
            let value = json!({
                "versions": count.versions, "checkpoint_day": count.checkpoint_day, "seconds_since_news": lag,
            });
            (name.clone(), value)
        })
        .collect();
    let now = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    // Budgets count by days and months of UTC.
    let (day, month) = (midnight(now.date_naive()), midnight(now.date_naive().with_day(1).unwrap_or_default()));
    let mut status = Map::new();
    for (name, value) in [
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("works", json!(counts.works)),
        ("versions", json!(counts.versions)),
        ("questions", json!(counts.questions)),
        ("tiers", json!(counts.tiers)),
        ("answer_types", json!(counts.answer_types)),
        ("rejected", json!(counts.rejected)),
        ("withdrawn", json!(counts.withdrawn)),
        ("alike", json!(counts.alike)),
        ("sources", json!(sources)),
        ("jobs", json!(counts.jobs)),
        ("files", json!(counts.files)),
        ("index", json!({ "size": index.map(Index::stats).transpose()?, "sequence": sequence, "behind": behind })),
        ("topics", topics(rows)?),
        ("drift", drift(rows)?),
        ("stages", json!(rows.stage_work()?)),
        ("waiting", json!(rows.waiting_jobs(MOST_WAITING)?)),
        ("last_refresh", last_refresh(rows)?),
        ("model_calls", json!(rows.spend_by_stage()?)),
        ("last_releases", releases(rows)?),
        (
            "budgets",
            json!({
                "spent_today": rows.spend_since(day)?, "spent_this_month": rows.spend_since(month)?,
                "machine_seconds_this_month": rows.machine_seconds_in_month(now)?,
            }),
        ),
    ] {
        status.insert(name.to_owned(), value);
    }
    Ok(status)
}

/// How many works have a topic, by whose word, and the newest classifier.
fn topics(rows: &Rows) -> Result<Value, Error> {
    let newest = rows.classifiers()?.into_iter().next();
    let classifier = newest.map(|kept| {
        let scores = ["n", "top_1", "macro_f1", "calibration_error", "coverage", "covered_top_1"];
        let scores: Map<String, Value> = scores.iter().map(|name| ((*name).to_owned(), kept.scores[*name].clone())).collect();
        json!({ "id": kept.id, "trained_at": kept.trained_at, "taxonomy": kept.taxonomy, "from": kept.from, "to": kept.to,
                "n": kept.n, "scores": scores })
    });
    Ok(json!({ "works": rows.topic_counts()?, "classifier": classifier }))
}

/// The newest releases of each kind, the newest first, and why the last one was skipped, if any was.
fn releases(rows: &Rows) -> Result<Value, Error> {
    let mut newest = Vec::new();
    for kind in ["dataset", "model"] {
        let published = rows.releases(kind)?.into_iter().filter(|release| release.published_at.is_some());
        newest.extend(published.rev().take(LAST_RELEASES));
    }
    let mut values: Vec<Value> = newest
        .iter()
        .map(|release| {
            json!({
                "kind": release.kind, "name": release.name, "version": release.version, "status": release.status,
                "published_at": release.published_at, "cause": release.cause, "summary": release.summary,
            })
        })
        .collect();
    if let Some((at, subject, reason)) = rows.audited("release_skipped", 1)?.pop() {
        values.push(json!({ "skipped": subject, "at": at, "reason": reason }));
    }
    Ok(values.into())
}

/// The newest decision of the detector; null before there is one.
fn drift(rows: &Rows) -> Result<Value, Error> {
    let Some(latest) = rows.latest_drift_decision()? else { return Ok(Value::Null) };
    let (decision, measured) = (&latest.decision, &latest.decision["measured"]);
    Ok(json!({
        "state": latest.state, "reason": latest.reason, "decided_at": latest.decided_at,
        "window": { "from": decision["from"], "to": decision["to"], "n": decision["n_current"] },
        "reference": { "from": decision["reference_from"], "to": decision["reference_to"], "n": decision["n_reference"] },
        "jensen_shannon": measured["distance"], "jensen_shannon_corrected": measured["corrected"],
        "psi": measured["psi"], "band_upper": measured["upper"], "topics": measured["topics"],
    }))
}

/// The newest refresh in short; null before there was one.
fn last_refresh(rows: &Rows) -> Result<Value, Error> {
    let Some(last) = rows.refreshes()?.pop() else { return Ok(Value::Null) };
    Ok(json!({
        "id": last.id, "status": last.status, "cause": last.cause, "created_at": last.created_at, "version": last.version,
        "reason": last.reason,
    }))
}
