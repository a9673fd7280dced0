//! The topic mix of everything in the store, judged week by week; what is new in the verdicts is kept.

use crate::drift::{Decision, Label, Names, Series, detect};
use crate::store::drift::NewDecision;
use crate::store::labelled::LabelledWork;
use crate::topic::{Assigned, Taxonomy};
use crate::worker::{Env, Error};

/// Judges all full weeks anew, from the rows as they are now.
///
/// # Errors
/// When the store fails.
pub fn run(env: &Env) -> Result<(), Error> {
    let works = env.store.read()?.labelled_works(None)?;
    let mut series = series(&works, &Taxonomy::embedded());
    series.truncate(env.clock.now().date_naive());
    drop(works);
    let (topics, sources) = (series.topics(), series.sources());
    let decisions = detect(&series.weeks(), Names { topics: &topics, sources: &sources }, &env.drift)?;
    let kept: Vec<NewDecision> = decisions.iter().map(kept).collect();
    let mut txn = env.store.write()?;
    let n_new = txn.record_drift_decisions(&kept)?;
    txn.commit()?;
    if let Some(last) = decisions.last() {
        let (state, reason) = (last.state.as_str(), word(last));
        tracing::info!(windows = n_new, state, reason, window.to = %last.to, n = last.n_current, "the topic mix was judged");
        if last.refresh {
            tracing::warn!(window.to = %last.to, n = last.n_current, "the topics have moved: a refresh is due");
        }
    }
    Ok(())
}

/// Counts works by the day on which they were first public; those whose day is not known are left out.
pub fn series(works: &[LabelledWork], taxonomy: &Taxonomy) -> Series {
    let mut series = Series::default();
    for work in works {
        let Ok(date) = work.first_public.parse() else { continue };
        let label = match taxonomy.assign(work.labels.iter().map(String::as_str)) {
            Assigned::Topic(id) => Label::Topic(id),
            Assigned::Unlabelled => Label::Unlabelled,
            Assigned::Unknown(_) => Label::Unknown,
        };
        series.add(date, &work.source, label, 1);
    }
    series
}

fn kept(decision: &Decision) -> NewDecision {
    NewDecision {
        window_to: decision.to,
        state: decision.state,
        reason: word(decision),
        refresh: decision.refresh,
        // Proof: a decision is made of numbers, dates and names.
        decision: serde_json::to_string(decision).unwrap_or_default(),
    }
}

fn word(decision: &Decision) -> String {
    decision.reason.as_str().to_owned()
}
