//! Whether the store is what it should be: SQLite's own checks, every quote, every id, every state.

use rusqlite::Connection;
use serde::Serialize;

use crate::model::id::{QuestionId, WorkId};
use crate::model::status::{JobStatus, QuestionStatus, VersionStatus, WorkStatus};

use super::question::id_of;
use super::{Error, Rows};

/// What a check went through, and what was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub passages: u64,
    pub questions: u64,
    /// Evidence rows for which `passage.text[start..end] == quote` was tried.
    pub evidence: u64,
    /// Evidence rows of accepted questions among them.
    pub evidence_of_accepted: u64,
    /// One sentence each; at most [`MOST_FAULTS`] are kept.
    pub faults: Vec<String>,
    pub n_faults: u64,
}

/// Faults named one by one; more are only counted.
pub const MOST_FAULTS: usize = 100;

impl Report {
    fn fault(&mut self, fault: String) {
        self.n_faults += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// SQLite's integrity and foreign-key checks: one sentence a fault.
pub(super) fn integrity(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    faults.extend(lines.into_iter().filter(|line| line != "ok"));
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        faults.push(format!("{table} row {} points to no row of {parent}", id.unwrap_or_default()));
        if faults.len() > MOST_FAULTS {
            break;
        }
    }
    Ok(faults)
}

impl Rows {
    /// Checks everything, in one pass over each table.
    ///
    /// # Errors
    /// When the store can not be read at all; what is wrong in it goes into the report.
    pub fn check(&self) -> Result<Report, Error> {
        let mut report = Report::default();
        for fault in integrity(self.connection())? {
            report.fault(fault);
        }
        report.passages =
            self.find("SELECT count(*) FROM passages", [], |row| row.get::<_, i64>(0))?.unwrap_or(0) as u64;
        self.check_evidence(&mut report)?;
        self.check_questions(&mut report)?;
        self.check_states(&mut report)?;
        Ok(report)
    }

    fn check_evidence(&self, report: &mut Report) -> Result<(), Error> {
        let sql = "SELECT e.question, e.passage, e.start, e.\"end\", e.quote, p.body, q.status, q.text
                   FROM evidence e LEFT JOIN passages p ON p.id = e.passage LEFT JOIN questions q ON q.id = e.question
                   ORDER BY e.passage";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (question, passage): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (start, end): (i64, i64) = (row.get(2)?, row.get(3)?);
            let quote = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
            let body = row.get_ref(5)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            let status = row.get_ref(6)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            let text: Option<i64> = row.get(7)?;
            report.evidence += 1;
            report.evidence_of_accepted += u64::from(status == Some(QuestionStatus::Accepted.as_str()));
            let span = usize::try_from(start).ok().zip(usize::try_from(end).ok());
            let held = span.zip(body).and_then(|((start, end), body)| body.get(start..end));
            if held != Some(quote) {
                report.fault(format!(
                    "question {question}: passage {passage}[{start}..{end}] is not its quote {quote:?}"
                ));
            }
            if text != Some(passage >> 16) {
                report.fault(format!("question {question}: passage {passage} is not of the text it was drafted from"));
            }
        }
        Ok(())
    }

    fn check_questions(&self, report: &mut Report) -> Result<(), Error> {
        let sql = "SELECT q.hash, q.work, q.question, q.answer, q.status, q.id, w.status,
                       (SELECT count(*) FROM evidence e WHERE e.question = q.id)
                   FROM questions q JOIN works w ON w.id = q.work ORDER BY q.work";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut names: (Option<WorkId>, Vec<String>) = (None, Vec::new());
        while let Some(row) = rows.next()? {
            report.questions += 1;
            let id = id_of(&row.get::<_, Vec<u8>>(0)?)?;
            let work = WorkId(row.get(1)?);
            let (question, answer): (String, String) = (row.get(2)?, row.get(3)?);
            let (status, standing): (String, String) = (row.get(4)?, row.get(6)?);
            if names.0 != Some(work) {
                names = (Some(work), self.names_of(work)?);
            }
            // A work may have got a stronger name since; the id stays as it was.
            if !names.1.iter().any(|name| QuestionId::of(name, &question, &answer) == id) {
                report.fault(format!("question {id}: its id does not follow from its work, question and answer"));
            }
            match QuestionStatus::from_name(&status) {
                None => report.fault(format!("question {id}: unknown status {status:?}")),
                Some(QuestionStatus::Accepted) => {
                    if row.get::<_, i64>(7)? == 0 {
                        report.fault(format!("question {id} is accepted without evidence"));
                    }
                    if !WorkStatus::from_name(&standing).is_some_and(WorkStatus::is_usable) {
                        report.fault(format!("question {id} is accepted though its work is {standing}"));
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn check_states(&self, report: &mut Report) -> Result<(), Error> {
        let known: [(&str, Vec<&str>); 3] = [
            ("works", WorkStatus::ALL.iter().map(|s| s.as_str()).collect()),
            ("versions", VersionStatus::ALL.iter().map(|s| s.as_str()).collect()),
            ("jobs", JobStatus::ALL.iter().map(|s| s.as_str()).collect()),
        ];
        for (table, known) in known {
            let found =
                self.list(&format!("SELECT DISTINCT status FROM {table}"), [], |row| row.get::<_, String>(0))?;
            for status in found.iter().filter(|status| !known.contains(&status.as_str())) {
                report.fault(format!("{table}: unknown status {status:?}"));
            }
        }
        let sql = "SELECT w.id FROM works w LEFT JOIN versions v ON v.id = w.current WHERE v.work IS NOT w.id
                   AND EXISTS (SELECT 1 FROM versions o WHERE o.work = w.id)";
        for id in self.list(sql, [], |row| row.get::<_, i64>(0))? {
            report.fault(format!("work {id}: its current version is not its own"));
        }
        Ok(())
    }
}
