//! What the store says about whether a refresh is due.

use chrono::{DateTime, Utc};

use crate::model::status::RefreshStatus;
use crate::refresh::trigger::Situation;
use crate::store::Rows;
use crate::store::refresh::Refresh;
use crate::worker::{Error, Refreshes};

/// The setting that holds when this store first looked at its schedule.
pub(super) const SINCE: &str = "refresh:since";

/// Reads the situation at `now`.
///
/// # Errors
/// When the store can not be read.
pub fn situation(refreshes: &Refreshes, store: &Rows, now: DateTime<Utc>, by_hand: bool) -> Result<Situation, Error> {
    let all = store.refreshes()?;
    let last_begun = all.last().map(|refresh| refresh.created_at);
    let first_look = store.setting(SINCE)?.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    let since = last_begun.max(first_look.map(|time| time.to_utc()));
    let due = refreshes.schedule.as_ref().zip(since).and_then(|(schedule, since)| schedule.next_after(since));
    let drifted = store
        .drift_decisions(None)?
        .into_iter()
        .rev()
        .find(|decision| decision.refresh && last_begun.is_none_or(|begun| decision.decided_at > begun));
    Ok(Situation {
        now,
        by_hand,
        is_scheduled: due.is_some_and(|due| due <= now),
        drifted: drifted.map(|decision| decision.window_to),
        new_questions: store.accepted_since(last_begun)?,
        last_ended: all.iter().filter_map(|refresh| refresh.ended_at).max(),
        refused: refused_in_a_row(&all),
        seconds_used: store.machine_seconds_in_month(now)?,
    })
}

/// Refreshes up to the last that promoted nothing.
fn refused_in_a_row(all: &[Refresh]) -> u32 {
    let ended = all.iter().rev().filter(|refresh| refresh.status.is_final());
    let refused = ended.take_while(|refresh| refresh.status != RefreshStatus::Promoted).count();
    u32::try_from(refused).unwrap_or(u32::MAX)
}
