//! Works as values: identity, standing, ties.

use rusqlite::Row;
use serde::Serialize;

use crate::model::document::Relation;
use crate::model::id::{VersionId, WorkId};
use crate::model::status::WorkStatus;
use crate::model::time::PartialDate;

use super::{Error, Rows};

/// A work as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Work {
    pub id: WorkId,
    /// The strongest identifier, in the form of [`crate::model::id::Ids::key`].
    pub key: String,
    /// Every identifier, strongest first.
    pub names: Vec<String>,
    pub title: String,
    pub status: WorkStatus,
    /// What states a status other than current, and when we learnt it.
    pub status_reason: Option<String>,
    pub status_since: Option<String>,
    pub first_public: Option<PartialDate>,
    /// The version that owns the text.
    pub current: Option<VersionId>,
    pub subjects: Vec<String>,
}

/// A tie between two works, seen from one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tie {
    pub relation: Relation,
    /// The other work's identifier as stated.
    pub name: String,
    /// The other work, when it is known.
    pub work: Option<WorkId>,
    /// Whether the other side states it, about this work.
    pub stated_by_other: bool,
}

impl Rows {
    /// One work.
    ///
    /// # Errors
    /// When the store can not be read, or holds a value this program does not know.
    pub fn work(&self, id: WorkId) -> Result<Option<Work>, Error> {
        let sql =
            "SELECT key, title, status, status_reason, status_since, first_public, current FROM works WHERE id = ?1";
        let Some((mut work, status)) = self.find(sql, [id.0], |row| read(id, row))? else {
            return Ok(None);
        };
        work.status = WorkStatus::from_name(&status)
            .ok_or_else(|| Error::damaged("work", &work.key, format!("unknown status {status:?}")))?;
        work.names = self.names_of(id)?;
        work.subjects =
            self.list("SELECT DISTINCT label FROM subjects WHERE work = ?1 ORDER BY label", [id.0], |row| row.get(0))?;
        Ok(Some(work))
    }

    /// Every tie of a work, stated by either side or by a source's list.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn ties(&self, id: WorkId) -> Result<Vec<Tie>, Error> {
        let mut found: Vec<(String, String, bool)> =
            self.list("SELECT relation, target FROM relations WHERE work = ?1", [id.0], |row| {
                Ok((row.get(0)?, row.get(1)?, false))
            })?;
        for name in self.names_of(id)? {
            found.extend(self.list("SELECT relation, target FROM links WHERE name = ?1", [&name], |row| {
                Ok((row.get(0)?, row.get(1)?, false))
            })?);
            found.extend(self.list(
                "SELECT r.relation, w.key FROM relations r JOIN works w ON w.id = r.work WHERE r.target = ?1
                 UNION SELECT relation, name FROM links WHERE target = ?1",
                [&name],
                |row| Ok((row.get(0)?, row.get(1)?, true)),
            )?);
        }
        let mut ties = Vec::new();
        for (relation, name, stated_by_other) in found {
            if let Some(relation) = Relation::from_name(&relation) {
                ties.push(Tie { relation, work: self.find_work(&name)?, name, stated_by_other });
            }
        }
        ties.sort();
        ties.dedup();
        Ok(ties)
    }

    /// The ids of all works after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn works_after(&self, after: WorkId, limit: usize) -> Result<Vec<WorkId>, Error> {
        let sql = "SELECT id FROM works WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.list(sql, (after.0, limit as i64), |row| Ok(WorkId(row.get(0)?)))
    }
}

fn read(id: WorkId, row: &Row<'_>) -> rusqlite::Result<(Work, String)> {
    let work = Work {
        id,
        key: row.get(0)?,
        names: Vec::new(),
        title: row.get(1)?,
        status: WorkStatus::Current,
        status_reason: row.get(3)?,
        status_since: row.get(4)?,
        first_public: row.get::<_, Option<String>>(5)?.and_then(|date| PartialDate::try_from(date).ok()),
        current: row.get::<_, Option<i64>>(6)?.map(VersionId),
        subjects: Vec::new(),
    };
    Ok((work, row.get(2)?))
}
