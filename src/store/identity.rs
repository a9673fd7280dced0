//! Which work a record belongs to: finding, naming and merging.

use crate::model::id::{VersionId, WorkId};

use super::{Error, Rows, WriteTxn};

/// How strong an identifier is, by its form: DOI, PMID, PMCID, PPR id, then a hash of the record.
pub(super) fn strength(name: &str) -> usize {
    const FORMS: [&str; 4] = ["10.", "pmid:", "PMC", "PPR"];
    FORMS.iter().position(|form| name.starts_with(form)).unwrap_or(FORMS.len())
}

impl Rows {
    /// The work that has the identifier `name`, in the form of [`crate::model::id::Ids::key`].
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn find_work(&self, name: &str) -> Result<Option<WorkId>, Error> {
        self.find("SELECT work FROM work_ids WHERE name = ?1", [name], |row| Ok(WorkId(row.get(0)?)))
    }

    /// All identifiers of a work, strongest first.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn names_of(&self, work: WorkId) -> Result<Vec<String>, Error> {
        let mut names = self
            .list("SELECT name FROM work_ids WHERE work = ?1 ORDER BY name", [work.0], |row| row.get::<_, String>(0))?;
        names.sort_by_key(|name| strength(name));
        Ok(names)
    }
}

impl WriteTxn<'_> {
    /// The work of a record with these names: found by the strongest that is known, merged with the others' works unless
    /// their DOIs differ, created when none is known. Returns whether it was created too.
    pub(super) fn claim_work(&mut self, names: &[String], title: &str) -> Result<(WorkId, bool), Error> {
        let mut found: Option<WorkId> = None;
        let mut unclaimed = Vec::new();
        let doi = names.iter().find(|name| strength(name) == 0);
        for name in names {
            match (self.find_work(name)?, found) {
                (Some(work), None) => {
                    // A weaker identifier does not override a DOI: the record and the work then are two papers.
                    let other_doi = self.names_of(work)?.iter().any(|known| strength(known) == 0 && Some(known) != doi);
                    if strength(name) == 0 || doi.is_none() || !other_doi {
                        found = Some(work);
                    }
                }
                (Some(other), Some(work)) if other != work => {
                    if self.may_merge(work, other)? {
                        self.merge(work, other)?;
                    }
                }
                (Some(_), Some(_)) => {}
                (None, _) => unclaimed.push(name),
            }
        }
        let created = found.is_none();
        let work = match found {
            Some(work) => work,
            None => {
                // Only a name nobody has can be the key; a record whose names all belong to others got one of those works.
                let key = unclaimed.iter().min_by_key(|name| strength(name)).map_or("", |name| name.as_str());
                let sql =
                    "INSERT INTO works (key, title, status, created_at) VALUES (?1, ?2, 'current', ?3) RETURNING id";
                self.find(sql, (key, title, self.now_ms()), |row| Ok(WorkId(row.get(0)?)))?
                    .ok_or_else(|| Error::Missing { what: "work", id: key.to_owned() })?
            }
        };
        for name in &unclaimed {
            self.execute("INSERT INTO work_ids (name, work) VALUES (?1, ?2)", (name, work.0))?;
        }
        if !unclaimed.is_empty() {
            self.renew_key(work)?;
        }
        Ok((work, created))
    }

    fn renew_key(&mut self, work: WorkId) -> Result<(), Error> {
        if let Some(key) = self.names_of(work)?.first() {
            self.execute("UPDATE works SET key = ?2 WHERE id = ?1 AND key <> ?2", (work.0, key))?;
        }
        Ok(())
    }

    fn may_merge(&self, a: WorkId, b: WorkId) -> Result<bool, Error> {
        let dois = |work| -> Result<Vec<String>, Error> {
            Ok(self.names_of(work)?.into_iter().filter(|name| strength(name) == 0).collect())
        };
        let (a, b) = (dois(a)?, dois(b)?);
        Ok(a.is_empty() || b.is_empty() || a == b)
    }

    /// Moves everything of `from` to `into`: a record has shown that they are one.
    fn merge(&mut self, into: WorkId, from: WorkId) -> Result<(), Error> {
        let clashes = self.list(
            "SELECT a.id, b.id, (b.level, b.revised, b.received_at) > (a.level, a.revised, a.received_at)
             FROM versions a JOIN versions b ON a.source = b.source AND a.number = b.number
             WHERE a.work = ?1 AND b.work = ?2",
            (into.0, from.0),
            |row| Ok((VersionId(row.get(0)?), VersionId(row.get(1)?), row.get::<_, bool>(2)?)),
        )?;
        self.execute("UPDATE works SET current = NULL WHERE id IN (?1, ?2)", (into.0, from.0))?;
        for (a, b, b_is_better) in clashes {
            let (keep, lose) = if b_is_better { (b, a) } else { (a, b) };
            self.merge_version(keep, lose)?;
        }
        for sql in [
            "UPDATE versions SET work = ?1 WHERE work = ?2",
            "UPDATE questions SET work = ?1 WHERE work = ?2",
            "UPDATE work_ids SET work = ?1 WHERE work = ?2",
            "UPDATE OR IGNORE statements SET work = ?1 WHERE work = ?2",
            "UPDATE OR IGNORE relations SET work = ?1 WHERE work = ?2",
            "UPDATE OR IGNORE subjects SET work = ?1 WHERE work = ?2",
            "UPDATE labels SET work = ?1 WHERE work = ?2",
            "UPDATE topics SET work = ?1 WHERE work = ?2",
        ] {
            self.execute(sql, (into.0, from.0))?;
        }
        let (full, partial) = self.dates_of(from)?;
        self.add_dates(into, full, partial)?;
        let key = self.find("SELECT key FROM works WHERE id = ?1", [from.0], |row| row.get::<_, String>(0))?;
        for table in ["statements", "relations", "subjects"] {
            self.execute(&format!("DELETE FROM {table} WHERE work = ?1"), [from.0])?;
        }
        self.execute("DELETE FROM works WHERE id = ?1", [from.0])?;
        self.renew_key(into)?;
        self.note_labels(into, None)?;
        self.touch(into);
        self.touch(from);
        self.audit("merged", &key.unwrap_or_default(), &format!("one with {}", self.names_of(into)?.join(" ")))
    }

    /// Moves the texts, and what hangs on them, from one version row to another of the same source and number.
    fn merge_version(&mut self, keep: VersionId, lose: VersionId) -> Result<(), Error> {
        let twins = self.list(
            "SELECT a.id, b.id FROM texts a JOIN texts b ON a.hash = b.hash WHERE a.version = ?1 AND b.version = ?2",
            (keep.0, lose.0),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        for (kept, twin) in twins {
            let (first, last) = (twin << 16, (twin << 16) | 0xffff);
            let sql = "UPDATE evidence SET passage = passage + ?1 WHERE passage BETWEEN ?2 AND ?3";
            self.execute(sql, ((kept - twin) << 16, first, last))?;
            self.execute("UPDATE questions SET text = ?1 WHERE text = ?2", (kept, twin))?;
            self.execute("DELETE FROM passages WHERE id BETWEEN ?1 AND ?2", (first, last))?;
            self.execute("UPDATE versions SET text = NULL WHERE text = ?1", [twin])?;
            self.execute("DELETE FROM texts WHERE id = ?1", [twin])?;
        }
        self.execute("UPDATE texts SET version = ?1 WHERE version = ?2", (keep.0, lose.0))?;
        self.execute("UPDATE OR IGNORE seen SET version = ?1 WHERE version = ?2", (keep.0, lose.0))?;
        self.execute("DELETE FROM seen WHERE version = ?1", [lose.0])?;
        self.execute("DELETE FROM versions WHERE id = ?1", [lose.0])?;
        Ok(())
    }
}
