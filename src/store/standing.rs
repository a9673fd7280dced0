//! What follows for a work from everything recorded about it: its standing, the version that owns its text, its first
//! public date. Computed anew from the rows each time, so the order in which they arrived does not matter.

use rusqlite::Row;

use crate::model::document::Relation;
use crate::model::id::{VersionId, WorkId};
use crate::model::status::{VersionStatus, WorkStatus};
use crate::model::time::PartialDate;

use super::passage::TextId;
use super::{Error, Rows, WriteTxn, record};

/// Work that a change to a work's standing causes; the caller queues it in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FollowUp {
    /// The version owns its work's text and no questions were drafted from it.
    Draft(VersionId),
    /// The work has accepted questions whose evidence lies in a text that another took the place of.
    Recheck(WorkId),
}

struct Candidate {
    id: VersionId,
    source: String,
    number: i64,
    level: i64,
    withheld: bool,
    text: Option<TextId>,
    title: String,
    status: String,
}

impl Candidate {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Candidate {
            id: VersionId(row.get(0)?),
            source: row.get(1)?,
            number: row.get(2)?,
            level: row.get(3)?,
            withheld: row.get(4)?,
            text: row.get::<_, Option<i64>>(5)?.map(TextId),
            title: row.get(6)?,
            status: row.get(7)?,
        })
    }

    /// The version with the greatest rank owns the work's text: a real text before a notice, a text before none, the
    /// later posted version, the fuller text. PubMed does not post versions: its number says nothing beside another source's.
    fn rank(&self) -> (bool, bool, i64, i64, bool, i64, &str) {
        let posted = if self.source == "pubmed" { 0 } else { self.number };
        (!self.withheld, self.level > 0, posted, self.level, self.source != "pubmed", self.number, &self.source)
    }
}

impl Rows {
    pub(super) fn dates_of(&self, work: WorkId) -> Result<(Option<PartialDate>, Option<PartialDate>), Error> {
        let date = |text: Option<String>| text.and_then(|text| PartialDate::try_from(text).ok());
        let sql = "SELECT first_full, first_partial FROM works WHERE id = ?1";
        Ok(self.find(sql, [work.0], |row| Ok((date(row.get(0)?), date(row.get(1)?))))?.unwrap_or_default())
    }

    /// The gravest standing that any record states, with what states it.
    fn stated_standing(&self, work: WorkId) -> Result<(WorkStatus, Option<String>), Error> {
        let mut stated: Vec<(WorkStatus, String)> = self
            .list("SELECT status, origin FROM statements WHERE work = ?1", [work.0], |row| {
                Ok((WorkStatus::from_name(&row.get::<_, String>(0)?), row.get(1)?))
            })?
            .into_iter()
            .filter_map(|(status, origin)| Some((status?, origin)))
            .collect();
        for name in self.names_of(work)? {
            let notices = self.list(
                "SELECT relation, w.key FROM relations r JOIN works w ON w.id = r.work
                 WHERE target = ?1 AND relation IN (?2, ?3) AND r.work <> ?4",
                (&name, Relation::Retracts.as_str(), Relation::RaisesConcernAbout.as_str(), work.0),
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )?;
            for (relation, notice) in notices {
                let retracts = relation == Relation::Retracts.as_str();
                let status = if retracts { WorkStatus::Retracted } else { WorkStatus::Concern };
                stated.push((status, format!("notice {notice}")));
            }
            let deleted =
                self.find("SELECT source FROM deletions WHERE name = ?1", [&name], |row| row.get::<_, String>(0))?;
            stated.extend(deleted.map(|source| (WorkStatus::Deleted, format!("{name} deleted by {source}"))));
        }
        let gravest =
            stated.into_iter().max_by_key(|(status, origin)| (gravity(*status), std::cmp::Reverse(origin.clone())));
        Ok(gravest.map_or((WorkStatus::Current, None), |(status, origin)| (status, Some(origin))))
    }
}

fn gravity(status: WorkStatus) -> usize {
    const ORDER: [WorkStatus; 5] =
        [WorkStatus::Current, WorkStatus::Concern, WorkStatus::Withdrawn, WorkStatus::Retracted, WorkStatus::Deleted];
    ORDER.iter().position(|s| *s == status).unwrap_or(0)
}

impl WriteTxn<'_> {
    /// Takes the dates in; returns nothing new when others were earlier.
    pub(super) fn add_dates(
        &mut self,
        work: WorkId,
        full: Option<PartialDate>,
        partial: Option<PartialDate>,
    ) -> Result<(), Error> {
        let (known_full, known_partial) = self.dates_of(work)?;
        let full_now = [known_full, full].into_iter().flatten().min();
        let partial_now = [known_partial, partial].into_iter().flatten().min_by_key(|date| (date.latest(), *date));
        if (full_now, partial_now) == (known_full, known_partial) {
            return Ok(());
        }
        let text = |date: Option<PartialDate>| date.map(|date| date.to_string());
        let first = record::first_public(full_now, partial_now);
        let sql = "UPDATE works SET first_full = ?2, first_partial = ?3, first_public = ?4 WHERE id = ?1";
        self.execute(sql, (work.0, text(full_now), text(partial_now), text(first)))?;
        self.touch(work);
        Ok(())
    }

    /// Brings a work's standing, current version and version states up to date with what is recorded, withdraws its
    /// questions when it may no longer be used, and says what has to follow.
    pub(super) fn settle(&mut self, work: WorkId) -> Result<Vec<FollowUp>, Error> {
        let sql = "SELECT status, status_reason, current, title, key FROM works WHERE id = ?1";
        let known = self.find(sql, [work.0], |row| {
            let (status, reason): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok((status, reason, row.get::<_, Option<i64>>(2)?, row.get::<_, String>(3)?, row.get::<_, String>(4)?))
        })?;
        let Some((old_status, old_reason, old_current, old_title, key)) = known else {
            return Ok(Vec::new());
        };
        let candidates = self.list(
            "SELECT id, source, number, level, withheld, text, title, status FROM versions WHERE work = ?1",
            [work.0],
            Candidate::of,
        )?;
        let current = candidates.iter().max_by(|a, b| a.rank().cmp(&b.rank()));
        let (status, reason) = self.stated_standing(work)?;

        for version in &candidates {
            let state = match version.level {
                _ if version.withheld => VersionStatus::Withheld,
                0 => VersionStatus::Listed,
                _ if Some(version.id) == current.map(|c| c.id) => VersionStatus::Parsed,
                _ => VersionStatus::Superseded,
            };
            if version.status != state.as_str() {
                self.execute("UPDATE versions SET status = ?2 WHERE id = ?1", (version.id.0, state.as_str()))?;
                self.touch(work);
            }
        }
        let title = current.map_or(old_title.as_str(), |version| version.title.as_str());
        let current_id = current.map(|version| version.id.0);
        if (current_id, title) != (old_current, old_title.as_str()) {
            self.execute("UPDATE works SET current = ?2, title = ?3 WHERE id = ?1", (work.0, current_id, title))?;
            self.touch(work);
        }
        if (status.as_str(), &reason) != (old_status.as_str(), &old_reason) {
            let since = (status != WorkStatus::Current).then(|| self.now().date_naive().to_string());
            let sql = "UPDATE works SET status = ?2, status_reason = ?3,
                       status_since = CASE WHEN status = ?2 THEN status_since ELSE ?4 END WHERE id = ?1";
            self.execute(sql, (work.0, status.as_str(), &reason, since))?;
            self.touch(work);
        }
        if status.as_str() != old_status {
            self.audit(status.as_str(), &key, reason.as_deref().unwrap_or("no record states otherwise"))?;
            self.note_labels(work, None)?;
            if status.is_usable() {
                // What was withdrawn with the work is drafted and judged again.
                let sql = "UPDATE texts SET drafted_at = NULL
                           WHERE id = (SELECT v.text FROM works w JOIN versions v ON v.id = w.current WHERE w.id = ?1)";
                self.execute(sql, [work.0])?;
                let sql = "DELETE FROM drafted
                           WHERE text = (SELECT v.text FROM works w JOIN versions v ON v.id = w.current WHERE w.id = ?1)";
                self.execute(sql, [work.0])?;
            }
        }
        if !status.is_usable() {
            self.withdraw_questions_of(work, &format!("{}: {}", status.as_str(), reason.unwrap_or_default()))?;
            return Ok(Vec::new());
        }
        let Some(version) = current.filter(|version| !version.withheld) else {
            return Ok(Vec::new());
        };
        let mut follow_ups = Vec::new();
        if let Some(text) = version.text {
            let sql = "SELECT drafted_at IS NULL FROM texts WHERE id = ?1";
            if self.find(sql, [text.0], |row| row.get(0))?.unwrap_or(false) {
                follow_ups.push(FollowUp::Draft(version.id));
            }
            let sql = "SELECT 1 FROM questions WHERE work = ?1 AND status = 'accepted' AND text <> ?2 LIMIT 1";
            if self.find(sql, (work.0, text.0), |_| Ok(()))?.is_some() {
                follow_ups.push(FollowUp::Recheck(work));
            }
        }
        Ok(follow_ups)
    }
}
