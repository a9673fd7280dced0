//! Refreshes as rows, and what they used of the machine.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use rusqlite::Row;
use serde::Serialize;
use serde_json::Value;

use crate::model::status::RefreshStatus;

use super::{Error, Rows, WriteTxn};

/// A refresh as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refresh {
    pub id: i64,
    pub status: RefreshStatus,
    /// `drift`, `questions`, `schedule` or `command`.
    pub cause: String,
    pub created_at: DateTime<Utc>,
    /// What called for it.
    pub reasons: Vec<String>,
    pub model: String,
    /// What it is made with; `None` until it is prepared.
    pub plan: Option<Value>,
    /// Starts of the engine since it last got further, and the steps done by then.
    pub attempts: u32,
    pub progress: u64,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// How training ended.
    pub outcome: Option<Value>,
    /// What the gate found.
    pub decision: Option<Value>,
    /// Under which it was released.
    pub version: Option<String>,
    pub reason: Option<String>,
    /// `pause`, `promote` or `discard`, asked for by a person and not yet done.
    pub wish: Option<String>,
}

const COLUMNS: &str = "id, status, cause, created_at, reasons, model, plan, attempts, progress, started_at, ended_at, outcome, \
                       decision, version, reason, wish";

fn read(row: &Row<'_>) -> rusqlite::Result<Refresh> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|ms| ms.and_then(DateTime::from_timestamp_millis));
    let json = |at: usize| {
        row.get::<_, Option<String>>(at).map(|text| text.map(|text| serde_json::from_str(&text).unwrap_or(Value::Null)))
    };
    Ok(Refresh {
        id: row.get(0)?,
        status: RefreshStatus::from_name(&row.get::<_, String>(1)?).unwrap_or(RefreshStatus::Failed),
        cause: row.get(2)?,
        created_at: time(3)?.unwrap_or_default(),
        reasons: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
        model: row.get(5)?,
        plan: json(6)?,
        attempts: row.get(7)?,
        progress: row.get::<_, i64>(8)?.unsigned_abs(),
        started_at: time(9)?,
        ended_at: time(10)?,
        outcome: json(11)?,
        decision: json(12)?,
        version: row.get(13)?,
        reason: row.get(14)?,
        wish: row.get(15)?,
    })
}

/// What is written beside a move.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'a> {
    pub plan: Option<&'a Value>,
    pub outcome: Option<&'a Value>,
    pub decision: Option<&'a Value>,
    pub version: Option<&'a str>,
    pub reason: Option<&'a str>,
}

impl Rows {
    /// All refreshes, oldest first.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn refreshes(&self) -> Result<Vec<Refresh>, Error> {
        self.list(&format!("SELECT {COLUMNS} FROM refreshes ORDER BY id"), [], read)
    }

    /// One refresh.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn refresh(&self, id: i64) -> Result<Option<Refresh>, Error> {
        self.find(&format!("SELECT {COLUMNS} FROM refreshes WHERE id = ?1"), [id], read)
    }

    /// The one that is not ended.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn open_refresh(&self) -> Result<Option<Refresh>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM refreshes WHERE status NOT IN ('promoted', 'discarded', 'failed')");
        self.find(&sql, [], read)
    }

    /// Seconds of the machine that refreshes used in the calendar month of `now`, UTC.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn machine_seconds_in_month(&self, now: DateTime<Utc>) -> Result<f64, Error> {
        let first = NaiveDate::from_ymd_opt(now.year(), now.month(), 1).unwrap_or(now.date_naive());
        let next = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
        let [from, to] = [first, next].map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let sql = "SELECT total(seconds) FROM machine_time WHERE at >= ?1 AND at < ?2";
        let found = self.find(sql, (from.timestamp_millis(), to.timestamp_millis()), |row| row.get(0))?;
        Ok(found.unwrap_or(0.0))
    }

    /// Seconds of the machine that one refresh used for a purpose.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn machine_seconds_of(&self, refresh: i64, purpose: &str) -> Result<f64, Error> {
        let sql = "SELECT total(seconds) FROM machine_time WHERE refresh = ?1 AND purpose = ?2";
        Ok(self.find(sql, (refresh, purpose), |row| row.get(0))?.unwrap_or(0.0))
    }

    /// Questions accepted since `since` (all without it) that are accepted still.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn accepted_since(&self, since: Option<DateTime<Utc>>) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM questions WHERE status = 'accepted' AND created_at > ?1";
        let since = since.map_or(-1, |since| since.timestamp_millis());
        Ok(self.find(sql, [since], |row| row.get::<_, i64>(0))?.unwrap_or(0).unsigned_abs())
    }
}

impl WriteTxn<'_> {
    /// Proposes a refresh; returns its number.
    ///
    /// # Errors
    /// When one is not ended yet, or the store can not be written.
    pub fn propose_refresh(&mut self, cause: &str, reasons: &[String], model: &str) -> Result<i64, Error> {
        let sql = "INSERT INTO refreshes (status, cause, created_at, reasons, model) VALUES ('proposed', ?1, ?2, ?3, ?4) RETURNING id";
        // Proof: a list of strings.
        let reasons = serde_json::to_string(reasons).unwrap_or_default();
        let id = self.find(sql, (cause, self.now_ms(), reasons, model), |row| row.get(0))?;
        let id = id.ok_or_else(|| Error::Missing { what: "refresh", id: "new".to_owned() })?;
        self.audit("refresh_proposed", &format!("refresh {id}"), cause)?;
        Ok(id)
    }

    /// Notes in the log that a refresh was called for and did not begin; once a day for one reason. Returns whether it is new.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_refused(&mut self, model: &str, cause: &str, reasons: &str) -> Result<bool, Error> {
        let subject = format!("{model}: {cause}");
        let today = self.now().date_naive();
        let last = self.audited("refresh_refused", 1)?.pop();
        if last.is_some_and(|(at, whom, why)| at.date_naive() == today && whom == subject && why == reasons) {
            return Ok(false);
        }
        self.audit("refresh_refused", &subject, reasons)?;
        Ok(true)
    }

    /// Moves a refresh on.
    ///
    /// # Errors
    /// [`Error::IllegalMove`], also when another move was made since `refresh` was read.
    pub fn move_refresh(&mut self, refresh: &Refresh, to: RefreshStatus, facts: &Facts<'_>) -> Result<(), Error> {
        let (from, word) = (refresh.status.as_str(), to.as_str());
        let illegal = || Error::IllegalMove { what: "refresh", id: refresh.id.to_string(), from, to: word };
        if !refresh.status.next().contains(&to) {
            return Err(illegal());
        }
        let now = self.now_ms();
        let started = (to == RefreshStatus::Running).then_some(now);
        let ended = to.is_final().then_some(now);
        let sql = "UPDATE refreshes SET status = ?3, plan = ifnull(?4, plan), outcome = ifnull(?5, outcome),
                       decision = ifnull(?6, decision), version = ifnull(?7, version), reason = ifnull(?8, reason),
                       started_at = ifnull(started_at, ?9), ended_at = ?10
                   WHERE id = ?1 AND status = ?2";
        let text = |value: Option<&Value>| value.map(Value::to_string);
        let (plan, outcome, decision) = (text(facts.plan), text(facts.outcome), text(facts.decision));
        let params = (refresh.id, from, word, plan, outcome, decision, facts.version, facts.reason, started, ended);
        if self.execute(sql, params)? == 0 {
            return Err(illegal());
        }
        self.audit(&format!("refresh_{word}"), &format!("refresh {}", refresh.id), facts.reason.unwrap_or_default())
    }

    /// Notes how training ended, before anything is evaluated; starts are counted anew from there.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_refresh_outcome(&mut self, id: i64, outcome: &Value) -> Result<(), Error> {
        self.execute("UPDATE refreshes SET outcome = ?2, attempts = 0 WHERE id = ?1", (id, outcome.to_string()))?;
        Ok(())
    }

    /// Notes a start of the engine; `progress`: steps done so far. Returns the starts since it last got further, this one included.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_refresh_attempt(&mut self, id: i64, progress: u64) -> Result<u32, Error> {
        let sql = "UPDATE refreshes SET attempts = iif(?2 > progress, 1, attempts + 1), progress = max(progress, ?2)
                   WHERE id = ?1 RETURNING attempts";
        let progress = i64::try_from(progress).unwrap_or(i64::MAX);
        let attempts = self.find(sql, (id, progress), |row| row.get(0))?;
        attempts.ok_or_else(|| Error::Missing { what: "refresh", id: id.to_string() })
    }

    /// Sets or takes back what a person asks of a refresh.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn wish_of_refresh(&mut self, id: i64, wish: Option<&str>) -> Result<(), Error> {
        self.execute("UPDATE refreshes SET wish = ?2 WHERE id = ?1", (id, wish))?;
        self.audit("refresh_wish", &format!("refresh {id}"), wish.unwrap_or("none"))
    }

    /// Notes that the champion is another one again.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn note_rollback(&mut self, model: &str, version: &str) -> Result<(), Error> {
        self.audit("refresh_rolled_back", model, version)
    }

    /// Notes what a refresh used of the machine, up to now.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn spend_machine_time(&mut self, refresh: i64, purpose: &str, seconds: f64) -> Result<(), Error> {
        let sql = "INSERT INTO machine_time (refresh, purpose, at, seconds) VALUES (?1, ?2, ?3, ?4)";
        let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
        self.execute(sql, (refresh, purpose, self.now_ms(), seconds))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::Store;

    #[test]
    fn one_is_open_at_a_time_and_moves_as_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let store = Store::open(&folder.path().join("s.db"), Clock::stepped(now)).unwrap();
        let mut txn = store.write().unwrap();
        let id = txn.propose_refresh("drift", &["the topics have moved".into()], "m").unwrap();
        assert!(txn.propose_refresh("command", &[], "m").is_err(), "one at a time");
        let refresh = txn.open_refresh().unwrap().unwrap();
        assert!(txn.move_refresh(&refresh, RefreshStatus::Promoted, &Facts::default()).is_err());
        txn.move_refresh(&refresh, RefreshStatus::Prepared, &Facts::default()).unwrap();
        assert!(
            txn.move_refresh(&refresh, RefreshStatus::Prepared, &Facts::default()).is_err(),
            "someone else moved it meanwhile"
        );
        assert_eq!([0, 0, 5, 5].map(|steps| txn.note_refresh_attempt(id, steps).unwrap()), [1, 2, 1, 2]);
        txn.spend_machine_time(id, "training", 90.5).unwrap();
        txn.spend_machine_time(id, "evaluation", f64::NAN).unwrap();
        assert_eq!(txn.machine_seconds_in_month(now).unwrap(), 90.5);
        assert_eq!(txn.machine_seconds_in_month(now + Months::new(1)).unwrap(), 0.0);
        let refresh = txn.refresh(id).unwrap().unwrap();
        let facts = Facts { reason: Some("enough"), ..Facts::default() };
        txn.move_refresh(&refresh, RefreshStatus::Discarded, &facts).unwrap();
        assert_eq!(txn.open_refresh().unwrap(), None);
        txn.propose_refresh("command", &[], "m").unwrap();
        txn.commit().unwrap();
    }
}
