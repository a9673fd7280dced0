//! The topic mix of everything in the store, judged week by week; what is new in the verdicts is kept, and a report of all of it.

use crate::drift::explanation::Wish;
use crate::drift::{Decision, Overview, page};
use crate::store::drift::NewDecision;
use crate::topic::Taxonomy;
use crate::worker::topics::{read_texts, table, trained};
use crate::worker::{Env, Error};

use super::topics;

/// Terms each way in the report.
const TERMS: usize = 15;

/// Labels what has no label yet, then judges all full weeks anew, from the rows as they are now.
///
/// # Errors
/// When the store fails.
pub fn run(env: &Env) -> Result<(), Error> {
    let taxonomy = Taxonomy::embedded();
    topics::label(env, &taxonomy)?;
    let (mut table, trained) = {
        let rows = env.store.read()?;
        (table(&rows, Some(&taxonomy), None)?, trained(&rows, env.clock.now())?)
    };
    let today = env.clock.today();
    table.end_on(today.pred_opt().unwrap_or(today));
    let mut overview = Overview::of(table, env.drift.clone(), &trained)?;
    if let Some(chosen) = overview.chosen(None) {
        read_texts(&*env.store.read()?, &mut overview.table, &[chosen.0, chosen.1])?;
        let wish = Wish { terms: TERMS, permutations: env.drift.draws - 1, seed: env.drift.seed };
        overview.explain(chosen, &wish);
    }
    let kept: Vec<NewDecision> = overview.decisions.iter().map(kept).collect();
    let (report, html) = (overview.to_json(), page::content(&overview));
    let mut txn = env.store.write()?;
    let n_new = txn.record_drift_decisions(&kept)?;
    txn.keep_drift_report(&report, &html)?;
    txn.commit()?;
    if let Some(last) = overview.decisions.last() {
        let (state, reason) = (last.state.as_str(), word(last));
        tracing::info!(windows = n_new, state, reason, window.to = %last.to, n = last.n_current, "the topic mix was judged");
        if last.refresh {
            tracing::warn!(window.to = %last.to, n = last.n_current, "the topics have moved: a refresh is due");
        }
    }
    Ok(())
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
