//! What the topic mix is counted from: every work with its date, its content level and the words its archives have for it, as
//! they were known on any day.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::document::ContentLevel;
use crate::model::id::WorkId;
use crate::model::status::WorkStatus;

use super::{Error, Rows, WriteTxn};

/// A work as one source gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledWork {
    pub work: WorkId,
    /// Strongest identifier.
    pub key: String,
    pub title: String,
    pub source: String,
    /// ISO date, perhaps only to the month or year; empty when unknown.
    pub first_public: String,
    pub level: ContentLevel,
    /// The source's own subject labels, verbatim and in its order; none when it gives none.
    pub labels: Vec<String>,
    /// What a classifier said: `Some(None)` when it was not sure enough.
    pub classified: Option<Option<String>>,
}

/// What a source said of a work from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLabels {
    pub since: DateTime<Utc>,
    pub source: String,
    pub labels: Vec<String>,
}

/// Labels as a delivery gives them, and what decides whether they hold: of two sets the one of the later version holds, then the later
/// revised, then that of an archive's listing, then the later delivered.
pub(super) struct Given<'a> {
    pub source: &'a str,
    pub number: u32,
    pub revised: &'a str,
    pub is_listing: bool,
    pub labels: &'a [String],
}

/// The end of `day`, UTC, in milliseconds; the end of time without a day.
fn end_ms(day: Option<NaiveDate>) -> i64 {
    let end = day.and_then(|day| day.succ_opt()).and_then(|day| day.and_hms_opt(0, 0, 0));
    end.map_or(i64::MAX, |end| end.and_utc().timestamp_millis())
}

impl Rows {
    /// Every work and source that gave it, deleted works left out, by work and source. `as_of`: what was known at the end of that day
    /// (UTC), labels and topics included; titles are the newest ones all the same.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn labelled_works(&self, as_of: Option<NaiveDate>) -> Result<Vec<LabelledWork>, Error> {
        let sql = "SELECT w.id, w.key, w.title, l.source, ifnull(l.first_public, ''), l.level, l.labels,
                          t.classifier IS NOT NULL, t.topic
                   FROM (SELECT max(id) AS id FROM labels WHERE known_at < ?1 GROUP BY work, source) n
                   JOIN labels l ON l.id = n.id JOIN works w ON w.id = l.work
                   LEFT JOIN topics t
                       ON t.id = (SELECT max(id) FROM topics WHERE work = l.work AND known_at < ?1)
                   WHERE l.gone = 0 ORDER BY l.work, l.source";
        let found = self.list(sql, [end_ms(as_of)], |row| {
            let labels: String = row.get(6)?;
            let by_classifier: bool = row.get(7)?;
            let topic: Option<String> = row.get(8)?;
            let work = LabelledWork {
                work: WorkId(row.get(0)?),
                key: row.get(1)?,
                title: row.get(2)?,
                source: row.get(3)?,
                first_public: row.get(4)?,
                level: level(row.get(5)?),
                labels: Vec::new(),
                classified: by_classifier.then_some(topic),
            };
            Ok((work, labels))
        })?;
        found
            .into_iter()
            .map(|(work, labels)| {
                let labels = serde_json::from_str(&labels)
                    .map_err(|error| Error::damaged("the labels of a work", &work.key, error))?;
                Ok(LabelledWork { labels, ..work })
            })
            .collect()
    }

    /// Title and abstract of the text a work has now, at most `most` bytes or one passage more; empty for a work without them.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn short_text(&self, work: WorkId, most: usize) -> Result<String, Error> {
        let sql = "SELECT w.title, v.text FROM works w LEFT JOIN versions v ON v.id = w.current WHERE w.id = ?1";
        let found = self.find(sql, [work.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?)))?;
        let Some((mut text, current)) = found else { return Ok(String::new()) };
        let Some(current) = current else { return Ok(text) };
        let mut statement = self.prepare(
            "SELECT body FROM passages WHERE id BETWEEN ?1 AND ?2 AND section_kind = 'abstract' ORDER BY id LIMIT 50",
        )?;
        let span = super::passage::TextId(current).span();
        let mut rows = statement.query((span.start(), span.end()))?;
        while let Some(row) = rows.next()? {
            text.push_str(" . ");
            text.push_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
            if text.len() > most {
                break;
            }
        }
        Ok(text)
    }

    /// What was known of a work's labels over time, the oldest first. For people who ask why a count changed.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn label_history(&self, work: WorkId) -> Result<Vec<KnownLabels>, Error> {
        let sql = "SELECT known_at, source, labels FROM labels WHERE work = ?1 ORDER BY id";
        let found = self.list(sql, [work.0], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        found
            .into_iter()
            .map(|(at, source, labels)| {
                let labels = serde_json::from_str(&labels)
                    .map_err(|error| Error::damaged("the labels of a work", work.0, error))?;
                Ok(KnownLabels { since: DateTime::from_timestamp_millis(at).unwrap_or_default(), source, labels })
            })
            .collect()
    }
}

fn level(number: i64) -> ContentLevel {
    match number {
        2 => ContentLevel::FullText,
        1 => ContentLevel::Abstract,
        _ => ContentLevel::Metadata,
    }
}

impl WriteTxn<'_> {
    /// Adds a row for every source of `work` of which date, content level, standing or labels are not what the last row says.
    pub(super) fn note_labels(&mut self, work: WorkId, given: Option<&Given<'_>>) -> Result<(), Error> {
        let sql = "SELECT first_public, status FROM works WHERE id = ?1";
        let found = self.find(sql, [work.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let Some((first_public, status)): Option<(Option<String>, String)> = found else { return Ok(()) };
        let gone = status == WorkStatus::Deleted.as_str();
        let sql = "SELECT source, max(level, 0) FROM (SELECT source, max(level) AS level FROM versions WHERE work = ?1 GROUP BY source)";
        let sources = self.list(sql, [work.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        for (source, level) in sources {
            // Two works that became one bring two histories: of these, too, the better labels hold.
            let sql = "SELECT number, revised, listing, labels FROM labels WHERE work = ?1 AND source = ?2
                       ORDER BY labels <> '[]' DESC, number DESC, revised DESC, listing DESC, id DESC LIMIT 1";
            let best: (i64, String, bool, String) = self
                .find(sql, (work.0, &source), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
                .unwrap_or((0, String::new(), false, "[]".to_owned()));
            let held = match given.filter(|given| given.source == source && !given.labels.is_empty()) {
                Some(given) => {
                    let new = (i64::from(given.number), given.revised.to_owned(), given.is_listing);
                    let holds = best.3 == "[]" || new >= (best.0, best.1.clone(), best.2);
                    // Proof: texts always have a JSON form.
                    let labels = serde_json::to_string(given.labels).unwrap_or_default();
                    if holds { (new.0, new.1, new.2, labels) } else { best }
                }
                None => best,
            };
            let sql =
                "SELECT (first_public, level, gone, number, revised, listing, labels) IS (?3, ?4, ?5, ?6, ?7, ?8, ?9)
                       FROM labels WHERE work = ?1 AND source = ?2 ORDER BY id DESC LIMIT 1";
            let values = (work.0, &source, &first_public, level, gone, held.0, &held.1, held.2, &held.3);
            if self.find(sql, values, |row| row.get::<_, bool>(0))?.unwrap_or(false) {
                continue;
            }
            let sql = "INSERT INTO labels (work, source, first_public, level, gone, number, revised, listing, labels, known_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let now = self.now_ms();
            self.execute(sql, (work.0, &source, &first_public, level, gone, held.0, &held.1, held.2, &held.3, now))?;
        }
        Ok(())
    }
}
