//! Job rows: queued with the row that causes them, leased while they run, back in the queue when a lease runs out.
//! What a job does is `worker`'s business.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::model::id::JobId;
use crate::model::status::JobStatus;

use super::{Error, Rows, WriteTxn};

/// A job to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub kind: &'static str,
    /// While a job of this kind and key is queued, another is not added.
    pub key: String,
    /// JSON.
    pub payload: String,
    /// The greater goes first.
    pub priority: i64,
    /// Not before this time of the service's clock.
    pub run_after: DateTime<Utc>,
}

/// A job that was handed out, or looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub key: String,
    pub payload: String,
    pub status: JobStatus,
    /// How often it was handed out, this time included.
    pub attempts: u32,
    pub run_after_ms: i64,
    pub error: Option<String>,
}

/// Queued jobs of a kind that failed and wait for another try, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingJobs {
    pub kind: String,
    pub reason: String,
    pub jobs: u64,
    /// When the first of them is tried again.
    pub until: DateTime<Utc>,
}

const COLUMNS: &str = "id, kind, key, payload, status, attempts, run_after, error";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        status: JobStatus::from_name(&row.get::<_, String>(4)?).unwrap_or(JobStatus::Failed),
        attempts: row.get(5)?,
        run_after_ms: row.get(6)?,
        error: row.get(7)?,
    })
}

impl Rows {
    /// One job.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, Error> {
        self.find(&format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1"), [id.0], read)
    }

    /// Jobs with this status, oldest first.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn jobs(&self, status: JobStatus, limit: usize) -> Result<Vec<Job>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE status = ?1 ORDER BY id LIMIT ?2");
        self.list(&sql, (status.as_str(), limit as i64), read)
    }

    /// When the next queued job of these kinds may run.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn next_run_after(&self, kinds: &[&str]) -> Result<Option<DateTime<Utc>>, Error> {
        let mut next: Option<i64> = None;
        for kind in kinds {
            let sql = "SELECT min(run_after) FROM jobs WHERE status = 'queued' AND kind = ?1";
            let first = self.find(sql, [kind], |row| row.get::<_, Option<i64>>(0))?.flatten();
            next = [next, first].into_iter().flatten().min();
        }
        Ok(next.and_then(DateTime::from_timestamp_millis))
    }

    /// Why queued jobs wait, the reason of most first, at most `limit`. The numbers in reasons are folded, so that one reason is one.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn waiting_jobs(&self, limit: usize) -> Result<Vec<WaitingJobs>, Error> {
        let sql =
            "SELECT kind, error, run_after FROM jobs WHERE status = 'queued' AND error IS NOT NULL ORDER BY run_after";
        let mut found: BTreeMap<(String, String), WaitingJobs> = BTreeMap::new();
        for (kind, reason, run_after) in
            self.list(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)))?
        {
            let folded = reason.replace(|c: char| c.is_ascii_digit(), "");
            let until = DateTime::from_timestamp_millis(run_after).unwrap_or_default();
            let waiting = found.entry((kind.clone(), folded));
            waiting.or_insert_with(|| WaitingJobs { kind, reason, jobs: 0, until }).jobs += 1;
        }
        let mut found: Vec<WaitingJobs> = found.into_values().collect();
        found.sort_by_key(|waiting| std::cmp::Reverse(waiting.jobs));
        found.truncate(limit);
        Ok(found)
    }

    /// How many jobs are in each state.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn jobs_by_state(&self) -> Result<BTreeMap<String, u64>, Error> {
        let sql = "SELECT status, count(*) FROM jobs GROUP BY status";
        let rows = self.list(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.into_iter().collect())
    }

    /// How many jobs of this kind are queued or running.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn open_jobs(&self, kind: &str) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running') AND kind = ?1";
        Ok(self.find(sql, [kind], |row| row.get::<_, i64>(0))?.unwrap_or(0) as u64)
    }
}

impl WriteTxn<'_> {
    /// Adds a job; one already queued for the kind and key stands, and runs at the earlier time of the two.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn enqueue(&mut self, job: &NewJob) -> Result<JobId, Error> {
        let sql = "INSERT INTO jobs (kind, key, payload, status, priority, attempts, run_after, created_at)
                   VALUES (?1, ?2, ?3, 'queued', ?4, 0, ?5, ?6)
                   ON CONFLICT (kind, key) WHERE status = 'queued' DO UPDATE SET
                       run_after = min(run_after, excluded.run_after), priority = max(priority, excluded.priority),
                       payload = excluded.payload
                   RETURNING id";
        let run_after = job.run_after.timestamp_millis();
        let params = (job.kind, &job.key, &job.payload, job.priority, run_after, self.now_ms());
        let id = self.find(sql, params, |row| Ok(JobId(row.get(0)?)))?;
        id.ok_or_else(|| Error::Missing { what: "job", id: job.key.clone() })
    }

    /// Hands out the next job of `kind` that may run at `now`, until `lease_until` of the system's clock. Never one whose
    /// twin (same kind and key) is running.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn lease(&mut self, kind: &str, now: DateTime<Utc>, lease_until: DateTime<Utc>) -> Result<Option<Job>, Error> {
        let sql = format!(
            "UPDATE jobs SET status = 'running', attempts = attempts + 1, lease_until = ?3 WHERE id = (
                 SELECT id FROM jobs j WHERE status = 'queued' AND kind = ?1 AND run_after <= ?2 AND NOT EXISTS (
                     SELECT 1 FROM jobs r WHERE r.status = 'running' AND r.kind = j.kind AND r.key = j.key)
                 ORDER BY priority DESC, run_after, id LIMIT 1)
             RETURNING {COLUMNS}"
        );
        self.find(&sql, (kind, now.timestamp_millis(), lease_until.timestamp_millis()), read)
    }

    /// Extends a running job's lease; false when it was taken away.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn extend_lease(&mut self, job: &Job, lease_until: DateTime<Utc>) -> Result<bool, Error> {
        let sql = "UPDATE jobs SET lease_until = ?3 WHERE id = ?1 AND status = 'running' AND attempts = ?2";
        Ok(self.execute(sql, (job.id.0, job.attempts, lease_until.timestamp_millis()))? > 0)
    }

    /// Ends a job well; false when its lease was taken away meanwhile (another run will end it).
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn complete(&mut self, job: &Job) -> Result<bool, Error> {
        self.end(job, JobStatus::Succeeded, None)
    }

    /// Ends a job for good after an error.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn fail(&mut self, job: &Job, error: &str) -> Result<bool, Error> {
        self.end(job, JobStatus::Failed, Some(error))
    }

    /// Puts a job back in the queue after an error, or when the program stops.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn retry(&mut self, job: &Job, error: Option<&str>, run_after: DateTime<Utc>) -> Result<bool, Error> {
        let twin = "SELECT 1 FROM jobs WHERE status = 'queued' AND kind = ?1 AND key = ?2";
        if self.find(twin, (&job.kind, &job.key), |_| Ok(()))?.is_some() {
            return self.end(job, JobStatus::Cancelled, error);
        }
        let sql = "UPDATE jobs SET status = 'queued', lease_until = NULL, error = ?3, run_after = ?4
                   WHERE id = ?1 AND status = 'running' AND attempts = ?2";
        Ok(self.execute(sql, (job.id.0, job.attempts, error, run_after.timestamp_millis()))? > 0)
    }

    /// Puts jobs back whose lease ran out before `now` (the system's clock). Returns how many.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn requeue_expired(&mut self, now: DateTime<Utc>) -> Result<usize, Error> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE status = 'running' AND lease_until < ?1");
        let expired = self.list(&sql, [now.timestamp_millis()], read)?;
        let again = self.now();
        for job in &expired {
            self.retry(job, Some("its lease ran out"), again)?;
        }
        Ok(expired.len())
    }

    /// Puts every running job back: for the start of a process that holds the data directory alone.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn requeue_running(&mut self) -> Result<usize, Error> {
        self.requeue_expired(DateTime::<Utc>::MAX_UTC - TimeDelta::days(1))
    }

    /// Drops ended jobs older than `before`.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn prune_jobs(&mut self, before: DateTime<Utc>) -> Result<usize, Error> {
        let sql = "DELETE FROM jobs WHERE status IN ('succeeded', 'cancelled') AND ended_at < ?1";
        self.execute(sql, [before.timestamp_millis()])
    }

    fn end(&mut self, job: &Job, status: JobStatus, error: Option<&str>) -> Result<bool, Error> {
        let sql = "UPDATE jobs SET status = ?3, lease_until = NULL, error = ?4, ended_at = ?5
                   WHERE id = ?1 AND status = 'running' AND attempts = ?2";
        Ok(self.execute(sql, (job.id.0, job.attempts, status.as_str(), error, self.now_ms()))? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::Store;

    #[test]
    fn leases_run_out_and_twins_do_not_run_together() {
        let folder = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let store = Store::open(&folder.path().join("s.db"), Clock::stepped(now)).unwrap();
        let mut txn = store.write().unwrap();
        let new = NewJob { kind: "draft", key: "1".into(), payload: "{}".into(), priority: 0, run_after: now };
        let first = txn.enqueue(&new).unwrap();
        assert_eq!(txn.enqueue(&new).unwrap(), first, "one queued job for a key");
        let lease = now + TimeDelta::seconds(60);
        let job = txn.lease("draft", now, lease).unwrap().unwrap();
        assert_eq!((job.id, job.attempts), (first, 1));
        let second = txn.enqueue(&new).unwrap();
        assert_ne!(second, first);
        assert_eq!(txn.lease("draft", now, lease).unwrap(), None, "its twin is running");
        assert_eq!(txn.requeue_expired(lease).unwrap(), 0);
        assert_eq!(txn.requeue_expired(lease + TimeDelta::seconds(1)).unwrap(), 1);
        assert_eq!(txn.job(first).unwrap().unwrap().status, JobStatus::Cancelled, "the queued twin takes over");
        assert!(!txn.complete(&job).unwrap(), "the lease was taken away");
        let again = txn.lease("draft", now, lease).unwrap().unwrap();
        assert_eq!(again.id, second);
        assert!(txn.retry(&again, Some("busy"), now + TimeDelta::seconds(5)).unwrap());
        assert_eq!(txn.lease("draft", now, lease).unwrap(), None, "not before its time");
        let last = txn.lease("draft", now + TimeDelta::seconds(5), lease).unwrap().unwrap();
        assert_eq!((last.id, last.attempts), (second, 2));
        assert!(txn.complete(&last).unwrap());
        txn.commit().unwrap();
        assert_eq!(store.read().unwrap().open_jobs("draft").unwrap(), 0);
    }
}
