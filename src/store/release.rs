//! Releases as rows: a number is taken before the first file is written, and recorded as published after the last.

use chrono::{DateTime, Utc};
use rusqlite::Row;
use serde::Serialize;
use serde_json::Value;

use crate::model::status::ReleaseStatus;

use super::{Error, Rows, WriteTxn};

/// A release whose number is to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelease {
    /// `dataset` or `model`.
    pub kind: &'static str,
    pub name: String,
    pub version: String,
    pub cause: String,
    pub created_at: DateTime<Utc>,
    /// JSON, what it is made with.
    pub plan: Value,
}

/// A release as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    #[serde(skip)]
    pub id: i64,
    pub kind: String,
    pub name: String,
    pub version: String,
    pub status: ReleaseStatus,
    pub cause: String,
    pub created_at: DateTime<Utc>,
    #[serde(skip)]
    pub plan: Value,
    pub summary: Option<Value>,
    pub published_at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub pinned: bool,
    pub removed_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "id, kind, name, version, status, cause, created_at, plan, summary, published_at, reason, pinned, removed_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Release> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|ms| ms.and_then(DateTime::from_timestamp_millis));
    let json = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Release {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        status: ReleaseStatus::from_name(&row.get::<_, String>(4)?).unwrap_or(ReleaseStatus::Staged),
        cause: row.get(5)?,
        created_at: time(6)?.unwrap_or_default(),
        plan: json(row.get(7)?),
        summary: row.get::<_, Option<String>>(8)?.map(json),
        published_at: time(9)?,
        reason: row.get(10)?,
        pinned: row.get(11)?,
        removed_at: time(12)?,
    })
}

/// The setting that holds what was pushed last.
fn pushed(kind: &str, name: &str) -> String {
    format!("pushed:{kind}:{name}")
}

impl Rows {
    /// All releases of a kind, in the order in which their numbers were taken.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn releases(&self, kind: &str) -> Result<Vec<Release>, Error> {
        self.list(&format!("SELECT {COLUMNS} FROM releases WHERE kind = ?1 ORDER BY id"), [kind], read)
    }

    /// One release.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn release(&self, kind: &str, name: &str, version: &str) -> Result<Option<Release>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM releases WHERE kind = ?1 AND name = ?2 AND version = ?3");
        self.find(&sql, (kind, name, version), read)
    }

    /// What of a kind and name was pushed last, as [`WriteTxn::note_release_pushed`] was told.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn pushed_release(&self, kind: &str, name: &str) -> Result<Option<String>, Error> {
        self.setting(&pushed(kind, name))
    }

    /// The last `n` events of the log that are called `event`, newest first: time, subject, reason.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn audited(&self, event: &str, n: usize) -> Result<Vec<(DateTime<Utc>, String, String)>, Error> {
        let sql = "SELECT at, subject, reason FROM audit WHERE event = ?1 ORDER BY seq DESC LIMIT ?2";
        self.list(sql, (event, n as i64), |row| {
            Ok((DateTime::from_timestamp_millis(row.get(0)?).unwrap_or_default(), row.get(1)?, row.get(2)?))
        })
    }
}

impl WriteTxn<'_> {
    /// Takes a number.
    ///
    /// # Errors
    /// When it is taken, or the store can not be written.
    pub fn stage_release(&mut self, new: &NewRelease) -> Result<(), Error> {
        let sql = "INSERT INTO releases (kind, name, version, status, cause, created_at, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let status = ReleaseStatus::Staged.as_str();
        let (created, plan) = (new.created_at.timestamp_millis(), new.plan.to_string());
        self.execute(sql, (new.kind, &new.name, &new.version, status, &new.cause, created, plan))?;
        Ok(())
    }

    /// Gives a number back that nothing was published under, and notes why in the log.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn skip_release(&mut self, release: &Release, reason: &str) -> Result<(), Error> {
        self.execute("DELETE FROM releases WHERE id = ?1 AND status IN ('staged', 'sealed')", [release.id])?;
        self.note_skipped(&release.kind, &release.name, reason)
    }

    /// Notes in the log that no release of this kind and name was made, and why; once a day for one reason.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_skipped(&mut self, kind: &str, name: &str, reason: &str) -> Result<(), Error> {
        let subject = format!("{kind} {name}");
        let today = self.now().date_naive();
        let last = self.audited("release_skipped", 1)?.pop();
        if last.is_some_and(|(at, whom, why)| at.date_naive() == today && whom == subject && why == reason) {
            return Ok(());
        }
        self.audit("release_skipped", &subject, reason)
    }

    /// Moves a release on. `summary`: JSON, kept when it is given; `reason`: of a yank.
    ///
    /// # Errors
    /// [`Error::IllegalMove`].
    pub fn move_release(
        &mut self,
        release: &Release,
        to: ReleaseStatus,
        summary: Option<&Value>,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        if !release.status.next().contains(&to) {
            let (from, to) = (release.status.as_str(), to.as_str());
            return Err(Error::IllegalMove { what: "release", id: release.version.clone(), from, to });
        }
        let published = (to == ReleaseStatus::Published).then(|| self.now_ms());
        let sql =
            "UPDATE releases SET status = ?2, summary = ifnull(?3, summary), published_at = ifnull(?4, published_at),
                   reason = ifnull(?5, reason) WHERE id = ?1";
        self.execute(sql, (release.id, to.as_str(), summary.map(Value::to_string), published, reason))?;
        let subject = format!("{} {} {}", release.kind, release.name, release.version);
        match to {
            ReleaseStatus::Published => self.audit("release_published", &subject, &release.cause),
            ReleaseStatus::Yanked => self.audit("release_yanked", &subject, reason.unwrap_or_default()),
            ReleaseStatus::Staged | ReleaseStatus::Sealed => Ok(()),
        }
    }

    /// Notes what of a kind and name was pushed, as `state` says it, and where it is.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_release_pushed(&mut self, kind: &str, name: &str, state: &str, place: &str) -> Result<(), Error> {
        self.set_setting(&pushed(kind, name), state)?;
        self.audit("release_pushed", &format!("{kind} {name} {state}"), place)
    }

    /// Keeps a release's folder from retention, or no longer.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn pin_release(&mut self, release: &Release, pinned: bool) -> Result<(), Error> {
        self.execute("UPDATE releases SET pinned = ?2 WHERE id = ?1", (release.id, pinned))?;
        Ok(())
    }

    /// Notes that retention takes a release's folder.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_release_removed(&mut self, release: &Release) -> Result<(), Error> {
        let now = self.now_ms();
        self.execute("UPDATE releases SET removed_at = ?2 WHERE id = ?1", (release.id, now))?;
        self.audit("release_removed", &format!("{} {} {}", release.kind, release.name, release.version), "retention")
    }
}
