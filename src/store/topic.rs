//! The topic of each work, who said so, and the classifiers that were trained.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::id::WorkId;

use super::{Error, Rows, WriteTxn};

/// A classifier as it was trained. `scores` and `model` are its own room's.
#[derive(Debug, Clone, PartialEq)]
pub struct NewClassifier {
    /// Version of the set of topics.
    pub taxonomy: u32,
    /// First and last day of the training texts, and their number.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub n: usize,
    pub scores: Value,
    pub model: Vec<u8>,
}

/// A classifier that was kept, without its model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeptClassifier {
    pub id: i64,
    pub trained_at: DateTime<Utc>,
    pub taxonomy: u32,
    pub from: String,
    pub to: String,
    pub n: i64,
    pub scores: Value,
}

/// A work's topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkTopic {
    /// Id in the taxonomy; `None`: the classifier was not sure enough.
    pub id: Option<String>,
    /// Row of the classifier that says so; `None`: the archive's own label.
    pub classifier: Option<i64>,
    /// The classifier's, of every topic with at least 0.01.
    pub probabilities: BTreeMap<String, f64>,
}

impl WorkTopic {
    /// `archive` or `classifier`.
    pub fn by(&self) -> &'static str {
        if self.classifier.is_some() { "classifier" } else { "archive" }
    }

    /// As a question carries it; null when it is unassigned.
    fn to_json(&self) -> Option<String> {
        let id = self.id.as_ref()?;
        let probabilities = &self.probabilities;
        Some(
            json!({ "id": id, "by": self.by(), "classifier": self.classifier, "probabilities": probabilities })
                .to_string(),
        )
    }
}

/// A work and the topic it has now, if any.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicOf {
    pub work: WorkId,
    /// The labels that its sources give now, by source, each verbatim and in its order.
    pub labels: Vec<Vec<String>>,
    pub topic: Option<WorkTopic>,
}

/// Works by who said what their topic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TopicCounts {
    pub archive: i64,
    pub classifier: i64,
    pub unassigned: i64,
}

impl Rows {
    /// The topic a work has now.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn topic_of(&self, work: WorkId) -> Result<Option<WorkTopic>, Error> {
        let sql = "SELECT topic, classifier, probabilities FROM topics WHERE work = ?1 ORDER BY id DESC LIMIT 1";
        let found = self.find(sql, [work.0], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
        found.map(|(id, classifier, probabilities)| work_topic(work, id, classifier, &probabilities)).transpose()
    }

    /// The works after `after` in the order of their rows, at most `limit`, with their labels and topics.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn topics_after(&self, after: WorkId, limit: usize) -> Result<Vec<TopicOf>, Error> {
        let mut found = Vec::new();
        for work in self.works_after(after, limit)? {
            let sql =
                "SELECT labels FROM labels WHERE id IN (SELECT max(id) FROM labels WHERE work = ?1 GROUP BY source)
                       ORDER BY source";
            let labels = self
                .list(sql, [work.0], |row| row.get::<_, String>(0))?
                .iter()
                .map(|labels| {
                    serde_json::from_str(labels).map_err(|error| Error::damaged("the labels of a work", work.0, error))
                })
                .collect::<Result<_, _>>()?;
            found.push(TopicOf { work, labels, topic: self.topic_of(work)? });
        }
        Ok(found)
    }

    /// # Errors
    /// When the store can not be read.
    pub fn topic_counts(&self) -> Result<TopicCounts, Error> {
        let sql = "SELECT count(*) FILTER (WHERE classifier IS NULL),
                          count(*) FILTER (WHERE classifier IS NOT NULL AND topic IS NOT NULL),
                          count(*) FILTER (WHERE topic IS NULL)
                   FROM topics WHERE id IN (SELECT max(id) FROM topics GROUP BY work)";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(TopicCounts { archive: row.get(0)?, classifier: row.get(1)?, unassigned: row.get(2)? })
        };
        Ok(self.find(sql, [], read)?.unwrap_or_default())
    }

    /// Every classifier that was trained, the newest first.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn classifiers(&self) -> Result<Vec<KeptClassifier>, Error> {
        let sql =
            "SELECT id, trained_at, taxonomy, trained_from, trained_to, n, scores FROM classifiers ORDER BY id DESC";
        let found = self.list(sql, [], |row| {
            let kept = KeptClassifier {
                id: row.get(0)?,
                trained_at: DateTime::from_timestamp_millis(row.get(1)?).unwrap_or_default(),
                taxonomy: row.get(2)?,
                from: row.get(3)?,
                to: row.get(4)?,
                n: row.get(5)?,
                scores: Value::Null,
            };
            Ok((kept, row.get::<_, String>(6)?))
        })?;
        found
            .into_iter()
            .map(|(kept, scores)| {
                let scores = serde_json::from_str(&scores)
                    .map_err(|error| Error::damaged("the scores of a classifier", kept.id, error))?;
                Ok(KeptClassifier { scores, ..kept })
            })
            .collect()
    }

    /// The newest classifier: its row and its model.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn newest_classifier(&self) -> Result<Option<(i64, Vec<u8>)>, Error> {
        let sql = "SELECT id, model FROM classifiers WHERE model IS NOT NULL ORDER BY id DESC LIMIT 1";
        self.find(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

fn work_topic(
    work: WorkId,
    id: Option<String>,
    classifier: Option<i64>,
    probabilities: &str,
) -> Result<WorkTopic, Error> {
    let probabilities =
        serde_json::from_str(probabilities).map_err(|error| Error::damaged("the topic of a work", work.0, error))?;
    Ok(WorkTopic { id, classifier, probabilities })
}

impl WriteTxn<'_> {
    /// Keeps a classifier; of the older ones only the last keeps its model. Returns its row.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn keep_classifier(&mut self, new: &NewClassifier) -> Result<i64, Error> {
        let sql = "INSERT INTO classifiers (trained_at, taxonomy, trained_from, trained_to, n, scores, model)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
        let (now, from, to) = (self.now_ms(), new.from.to_string(), new.to.to_string());
        let values = (now, new.taxonomy, &from, &to, new.n as i64, new.scores.to_string(), &new.model);
        let missing = || Error::Missing { what: "classifier", id: to.clone() };
        let id: i64 = self.find(sql, values, |row| row.get(0))?.ok_or_else(missing)?;
        self.execute("UPDATE classifiers SET model = NULL WHERE id < ?1 - 1 AND model IS NOT NULL", [id])?;
        Ok(id)
    }

    /// Gives a work its topic, and its questions with it. False when it had that topic already, from the same side.
    ///
    /// # Errors
    /// When the store can not be written.
    pub fn set_topic(&mut self, work: WorkId, topic: &WorkTopic) -> Result<bool, Error> {
        if self.topic_of(work)?.is_some_and(|held| held.id == topic.id && held.by() == topic.by()) {
            return Ok(false);
        }
        let sql = "INSERT INTO topics (work, known_at, topic, classifier, probabilities) VALUES (?1, ?2, ?3, ?4, ?5)";
        let now = self.now_ms();
        let probabilities = json!(topic.probabilities).to_string();
        self.execute(sql, (work.0, now, &topic.id, topic.classifier, probabilities))?;
        self.execute("UPDATE questions SET topic = ?2 WHERE work = ?1", (work.0, topic.to_json()))?;
        self.touch(work);
        Ok(true)
    }

    /// The topic that a new question of `work` has.
    pub(super) fn topic_json(&self, work: WorkId) -> Result<Option<String>, Error> {
        Ok(self.topic_of(work)?.and_then(|topic| topic.to_json()))
    }
}
