//! The queue as the rest of the program sees it: what can be queued, under which key, and what becomes of a failed job.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use crate::fetch::Retry;
use crate::model::delivery::{Delivery, SourceName};
use crate::model::id::{JobId, VersionId, WorkId};
use crate::model::review::Decision;
use crate::store::delivery::{FollowUp, Recorded};
use crate::store::job::{Job, NewJob};
use crate::store::review::{self, NewReview};
use crate::store::{self, WriteTxn};

/// A job's work order. Its JSON is the stored payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Order {
    /// Take in a file of the inbox.
    File { path: String },
    /// Draft questions from a version and judge them.
    Draft { version: VersionId },
    /// Judge a work's older questions against its present text.
    Recheck { work: WorkId },
    /// Verify the question that a person made of another.
    Edit { review: i64 },
    /// Let a model try to break the accepted questions that none has tried.
    Trial {},
    /// Give works their topics; with a new classifier, when `train`.
    Topics { train: bool },
    /// Judge the topic mix.
    Drift {},
    /// Release a data set.
    Release { cause: Cause },
    /// Push the newest releases to the hub.
    Push {},
    /// Take the refresh a step further, or see whether one is due.
    Refresh {},
    /// Read a source, by its schedule.
    Poll { source: SourceName },
}

/// Why a release is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Schedule,
    /// Somebody asked for it.
    Command,
    /// Something that was released has to be taken back.
    Takedown,
}

impl Cause {
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Schedule => "schedule",
            Cause::Command => "command",
            Cause::Takedown => "takedown",
        }
    }
}

/// The kinds of orders, in the order in which the runner looks for work.
pub const KINDS: [&str; 11] =
    ["poll", "file", "recheck", "edit", "topics", "drift", "draft", "trial", "release", "push", "refresh"];

impl Order {
    pub fn kind(&self) -> &'static str {
        match self {
            Order::File { .. } => "file",
            Order::Draft { .. } => "draft",
            Order::Recheck { .. } => "recheck",
            Order::Edit { .. } => "edit",
            Order::Trial {} => "trial",
            Order::Topics { .. } => "topics",
            Order::Drift {} => "drift",
            Order::Release { .. } => "release",
            Order::Push {} => "push",
            Order::Refresh {} => "refresh",
            Order::Poll { .. } => "poll",
        }
    }

    fn key(&self) -> String {
        match self {
            Order::File { path } => path.clone(),
            Order::Draft { version } => version.to_string(),
            Order::Recheck { work } => work.to_string(),
            Order::Edit { review } => review.to_string(),
            Order::Drift {} | Order::Trial {} | Order::Push {} | Order::Refresh {} => "all".to_owned(),
            Order::Topics { train: true } => "train".to_owned(),
            Order::Topics { train: false } => "label".to_owned(),
            Order::Release { cause } => cause.as_str().to_owned(),
            Order::Poll { source } => source.to_string(),
        }
    }

    /// Reads a stored payload.
    ///
    /// # Errors
    /// When it is not an order of this program.
    pub fn of(job: &Job) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&job.payload)
    }
}

/// Queues an order, to run as soon as it can.
///
/// # Errors
/// When the store can not be written.
pub fn enqueue(txn: &mut WriteTxn<'_>, order: &Order) -> Result<JobId, store::Error> {
    let now = txn.now();
    enqueue_at(txn, order, now)
}

/// Queues an order, to run at `run_after` or later.
///
/// # Errors
/// When the store can not be written.
pub fn enqueue_at(txn: &mut WriteTxn<'_>, order: &Order, run_after: DateTime<Utc>) -> Result<JobId, store::Error> {
    // Proof: an order is made of strings and numbers.
    let payload = serde_json::to_string(order).unwrap_or_default();
    txn.enqueue(&NewJob { kind: order.kind(), key: order.key(), payload, priority: 0, run_after })
}

/// Takes a delivery in and queues what follows from it, in the caller's transaction.
///
/// # Errors
/// As [`WriteTxn::record_delivery`].
pub fn deliver(txn: &mut WriteTxn<'_>, delivery: &Delivery) -> Result<Recorded, store::Error> {
    let recorded = txn.record_delivery(delivery)?;
    follow_up(txn, &recorded.follow_ups)?;
    Ok(recorded)
}

/// Records a person's word on a question and queues what follows from it, in the caller's transaction.
///
/// # Errors
/// As [`WriteTxn::record_review`].
pub fn review(txn: &mut WriteTxn<'_>, new: &NewReview) -> Result<review::Recorded, store::Error> {
    let recorded = txn.record_review(new)?;
    if new.decision == Decision::Edit {
        enqueue(txn, &Order::Edit { review: recorded.row })?;
    }
    Ok(recorded)
}

/// Queues what follows from a change to a work.
///
/// # Errors
/// When the store can not be written.
pub fn follow_up(txn: &mut WriteTxn<'_>, follow_ups: &[FollowUp]) -> Result<(), store::Error> {
    for follow_up in follow_ups {
        let order = match follow_up {
            FollowUp::Draft(version) => Order::Draft { version: *version },
            FollowUp::Recheck(work) => Order::Recheck { work: *work },
        };
        enqueue(txn, &order)?;
    }
    Ok(())
}

/// Attempts after which a job that keeps failing is parked as failed.
pub const MOST_ATTEMPTS: u32 = 10;
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(15);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);

/// When to try a job again that failed for the `attempts`-th time; `None` when it is parked.
///
/// A wait that was named (a budget, a server that is down) says nothing about the job: it is never parked for it.
pub fn next_attempt(retry: Retry, attempts: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let backoff = LONGEST_PAUSE.min(FIRST_PAUSE * (1_i32 << attempts.saturating_sub(1).min(20)));
    match retry {
        Retry::Never => None,
        Retry::Backoff if attempts >= MOST_ATTEMPTS => None,
        Retry::Backoff => Some(now + backoff),
        Retry::After(pause) => Some(now + TimeDelta::from_std(pause).unwrap_or(LONGEST_PAUSE)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn pauses_double_to_a_limit_and_end() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let pause = |retry, attempts| next_attempt(retry, attempts, now).map(|at| (at - now).num_seconds());
        assert_eq!(pause(Retry::Backoff, 1), Some(15));
        assert_eq!(pause(Retry::Backoff, 2), Some(30));
        assert_eq!(pause(Retry::Backoff, 9), Some(3840));
        assert_eq!(pause(Retry::Backoff, 10), None);
        assert_eq!(pause(Retry::Never, 1), None);
        assert_eq!(pause(Retry::After(Duration::from_secs(7)), 3), Some(7));
        assert_eq!(pause(Retry::After(Duration::from_secs(7)), 30), Some(7));
    }

    #[test]
    fn orders_name_their_kind() {
        for order in [
            Order::File { path: "a.xml".into() },
            Order::Draft { version: VersionId(1) },
            Order::Recheck { work: WorkId(2) },
            Order::Topics { train: true },
            Order::Edit { review: 3 },
            Order::Drift {},
            Order::Trial {},
            Order::Release { cause: Cause::Takedown },
            Order::Push {},
            Order::Refresh {},
            Order::Poll { source: SourceName::Biorxiv },
        ] {
            assert!(KINDS.contains(&order.kind()));
            let json = serde_json::to_value(&order).unwrap();
            assert_eq!(json["kind"], order.kind());
        }
    }
}
