//! Taking in what sources hand over. The same delivery twice changes nothing; any order ends in the same picture.

use crate::model::delivery::{Delivery, SourceName};
use crate::model::document::{ContentLevel, Relation};
use crate::model::id::{Ids, Pmid, VersionId, WorkId};
use crate::model::status::WorkStatus;

use super::labelled::Given;
use super::record::{self, Record};
use super::{Error, WriteTxn};

pub use super::standing::FollowUp;

/// What a delivery did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub work: WorkId,
    pub version: VersionId,
    pub outcome: Novelty,
    /// To be queued in the same transaction: for this work, and for works its notices are about.
    pub follow_ups: Vec<FollowUp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// The first record of a work.
    NewWork,
    /// The first record of this version of a known work.
    NewVersion,
    /// Another record of a known version.
    Updated,
    /// Taken in before.
    Unchanged,
}

impl WriteTxn<'_> {
    /// Takes one delivered version in: work, version, text with its passages, ids, licence, relations, notices.
    ///
    /// # Errors
    /// [`Error::TooManyPassages`]; else when the store can not be written.
    pub fn record_delivery(&mut self, delivery: &Delivery) -> Result<Recorded, Error> {
        let document = &delivery.document;
        let names = record::names(&document.ids, document);
        let record = Record::of(document)?;
        let source = delivery.source.as_str();
        let (work, created) = self.claim_work(&names, &document.title)?;
        let returned = self.undelete(&names, delivery.source)?;

        let sql = "SELECT id FROM versions WHERE work = ?1 AND source = ?2 AND number = ?3";
        let known = self.find(sql, (work.0, source, document.version), |row| Ok(VersionId(row.get(0)?)))?;
        if let Some(version) = known {
            let sql = "SELECT 1 FROM seen WHERE version = ?1 AND hash = ?2";
            if self.find(sql, (version.0, record.seen_hash()), |_| Ok(()))?.is_some() {
                let follow_ups = if returned { self.settle(work)? } else { Vec::new() };
                return Ok(Recorded { work, version, outcome: Novelty::Unchanged, follow_ups });
            }
        }
        let (version, outcome) = match known {
            Some(version) => {
                self.update_version(version, delivery, &record)?;
                (version, Novelty::Updated)
            }
            None if created => (self.insert_version(work, delivery, &record)?, Novelty::NewWork),
            None => (self.insert_version(work, delivery, &record)?, Novelty::NewVersion),
        };
        self.execute("INSERT OR IGNORE INTO seen (version, hash) VALUES (?1, ?2)", (version.0, record.seen_hash()))?;
        let (full, partial) = record::public_dates(document);
        self.add_dates(work, full, partial)?;
        let targets = self.record_statements(work, delivery)?;
        let given = Given {
            source,
            number: document.version,
            revised: &record.revised,
            is_listing: document.content_level() != ContentLevel::FullText,
            labels: &document.subjects,
        };
        self.note_labels(work, Some(&given))?;
        self.touch(work);

        let mut follow_ups = self.settle(work)?;
        for target in targets {
            follow_ups.extend(self.settle(target)?);
        }
        Ok(Recorded { work, version, outcome, follow_ups })
    }

    /// Withdraws the works of identifiers that an archive removed. An identifier never seen is kept for when it arrives.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_deletions(&mut self, source: SourceName, pmids: &[Pmid]) -> Result<(), Error> {
        for pmid in pmids {
            let name = format!("pmid:{pmid}");
            let sql = "INSERT OR IGNORE INTO deletions (name, source, deleted_at) VALUES (?1, ?2, ?3)";
            self.execute(sql, (&name, source.as_str(), self.now_ms()))?;
            if let Some(work) = self.find_work(&name)? {
                self.settle(work)?;
            }
        }
        Ok(())
    }

    /// Ties two works, known or not, as a source's own list says (a preprint and its journal article, mostly).
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn record_link(&mut self, source: SourceName, from: &Ids, relation: Relation, to: &Ids) -> Result<(), Error> {
        let (Some(name), Some(target)) = (from.key(), to.key()) else {
            return Ok(());
        };
        let sql = "INSERT OR IGNORE INTO links (name, relation, target, source) VALUES (?1, ?2, ?3, ?4)";
        if self.execute(sql, (&name, relation.as_str(), &target, source.as_str()))? > 0 {
            for name in [name, target] {
                if let Some(work) = self.find_work(&name)? {
                    self.touch(work);
                }
            }
        }
        Ok(())
    }

    /// A person's or a rights holder's order: the work's questions leave search at once, for good.
    ///
    /// # Errors
    /// [`Error::Missing`] when no work has that identifier.
    pub fn record_takedown(&mut self, name: &str, reason: &str) -> Result<WorkId, Error> {
        let work = self.find_work(name)?.ok_or_else(|| Error::Missing { what: "work", id: name.to_owned() })?;
        let sql = "INSERT OR IGNORE INTO statements (work, status, origin, source) VALUES (?1, ?2, ?3, 'takedown')";
        self.execute(sql, (work.0, WorkStatus::Deleted.as_str(), reason))?;
        self.settle(work)?;
        Ok(work)
    }

    fn undelete(&mut self, names: &[String], source: SourceName) -> Result<bool, Error> {
        let mut returned = false;
        for name in names {
            let sql = "DELETE FROM deletions WHERE name = ?1 AND source = ?2";
            returned |= self.execute(sql, (name, source.as_str()))? > 0;
        }
        Ok(returned)
    }

    fn insert_version(&mut self, work: WorkId, delivery: &Delivery, record: &Record) -> Result<VersionId, Error> {
        let document = &delivery.document;
        let sql =
            "INSERT INTO versions (work, source, number, status, level, withheld, record, record_hash, revised, title,
                       article_type, licence, licence_received, licence_origin, origin, issues, received_at)
                   VALUES (?1, ?2, ?3, 'listed', -1, 0, x'', x'', '', '', '', '', '', '', '', '[]', 0) RETURNING id";
        let id = self
            .find(sql, (work.0, delivery.source.as_str(), document.version), |row| Ok(VersionId(row.get(0)?)))?
            .ok_or_else(|| Error::Missing { what: "version", id: document.title.clone() })?;
        self.update_version(id, delivery, record)?;
        Ok(id)
    }

    /// The fuller record stands; of two equally full ones the later revised, then the later delivered.
    fn update_version(&mut self, version: VersionId, delivery: &Delivery, record: &Record) -> Result<(), Error> {
        let document = &delivery.document;
        let level = document.content_level();
        let rank = match level {
            ContentLevel::Metadata => 0,
            ContentLevel::Abstract => 1,
            ContentLevel::FullText => 2,
        };
        let sql = "SELECT (?2, ?3) >= (level, revised) FROM versions WHERE id = ?1";
        if !self.find(sql, (version.0, rank, &record.revised), |row| row.get(0))?.unwrap_or(true) {
            return Ok(());
        }
        let text = match level {
            ContentLevel::Metadata if document.tables.is_empty() && document.figures.is_empty() => None,
            _ => Some(self.insert_text(version, &record.text_hash, document)?.0),
        };
        let withheld = document.notices.iter().any(|notice| notice.status == WorkStatus::Withdrawn);
        let issues = serde_json::to_string(&delivery.issues).unwrap_or_else(|_| "[]".to_owned());
        let licence = &document.licence;
        let origin = serde_json::to_value(licence.origin).ok().and_then(|v| v.as_str().map(str::to_owned));
        self.execute(
            "UPDATE versions SET level = ?2, withheld = ?3, text = ?4, record = ?5, record_hash = ?6, revised = ?7, title = ?8,
                 article_type = ?9, venue = ?10, licence = ?11, licence_received = ?12, licence_origin = ?13, licence_holder = ?14,
                 origin = ?15, full_text_url = ?16, issues = ?17, received_at = ?18 WHERE id = ?1",
            rusqlite::params![
                version.0,
                rank,
                withheld,
                text,
                record.packed()?,
                record.record_hash,
                record.revised,
                document.title,
                document.article_type,
                document.venue,
                licence.normalised.as_str(),
                licence.received,
                origin.unwrap_or_default(),
                licence.holder,
                delivery.origin,
                delivery.full_text_url,
                issues,
                self.now_ms(),
            ],
        )?;
        Ok(())
    }

    /// Keeps what the record says about its own work and about others. Returns the known works whose standing it speaks of.
    fn record_statements(&mut self, work: WorkId, delivery: &Delivery) -> Result<Vec<WorkId>, Error> {
        let document = &delivery.document;
        let state = |status: WorkStatus, origin: &str| {
            let sql = "INSERT OR IGNORE INTO statements (work, status, origin, source) VALUES (?1, ?2, ?3, ?4)";
            self.execute(sql, (work.0, status.as_str(), origin, delivery.source.as_str()))
        };
        for notice in document.notices.iter().filter(|notice| notice.status != WorkStatus::Current) {
            state(notice.status, &notice.origin)?;
        }
        for related in &document.related {
            match related.relation {
                Relation::RetractedBy => state(WorkStatus::Retracted, &related.received)?,
                Relation::ConcernRaisedBy => state(WorkStatus::Concern, &related.received)?,
                _ => 0,
            };
        }
        for label in &document.subjects {
            let sql = "INSERT OR IGNORE INTO subjects (work, source, label) VALUES (?1, ?2, ?3)";
            self.execute(sql, (work.0, delivery.source.as_str(), label))?;
        }
        let mut targets = Vec::new();
        for related in &document.related {
            let names = related.ids.keys();
            let sql =
                "INSERT OR IGNORE INTO relations (work, relation, target, received, note) VALUES (?1, ?2, ?3, ?4, ?5)";
            for name in &names {
                self.execute(sql, (work.0, related.relation.as_str(), name, &related.received, &related.note))?;
            }
            if matches!(related.relation, Relation::Retracts | Relation::RaisesConcernAbout) {
                for name in &names {
                    targets.extend(self.find_work(name)?.filter(|target| *target != work));
                }
            }
        }
        targets.sort();
        targets.dedup();
        Ok(targets)
    }
}
