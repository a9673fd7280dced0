//! Which questions may be released, which were, and which were taken back since.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::model::id::{PassageId, QuestionId, VersionId, WorkId};
use crate::model::licence::LicenceCode;
use crate::model::question::{Generator, StageResult, Tier};
use crate::model::time::PartialDate;

use super::passage::{TextId, place};
use super::question::{hash_of, id_of, stages_from_json};
use super::release::Release;
use super::version::Version;
use super::{Error, Rows, WriteTxn};

/// A work with questions that are, or were, released or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasableWork {
    pub id: WorkId,
    pub key: String,
    /// First day on which it can have been public.
    pub first_public: Option<NaiveDate>,
    /// Its archives' subject labels.
    pub labels: Vec<String>,
    /// Where its questions were last released: the name of a split.
    pub split: Option<String>,
}

/// An accepted question of a usable work, without its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Releasable {
    /// Its row.
    pub question: i64,
    pub id: [u8; 16],
    pub work: WorkId,
    /// The version its evidence stands in.
    pub version: VersionId,
    pub tier: Option<Tier>,
    /// JSON: id and probabilities.
    pub topic: Option<String>,
    /// Its evidence stands in the text that its work has now.
    pub is_current: bool,
    /// A stage asked for a person's look, and none agreed yet.
    pub in_review: bool,
    /// It is always answered without the passage.
    pub is_trivial: bool,
    /// Its evidence is a caption that speaks of a permission or another's figure.
    pub is_third_party: bool,
    /// Release in which it was last.
    pub last: Option<i64>,
    pub answer_type: String,
}

/// The texts of a question to be released.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasedText {
    pub question: String,
    pub answer_type: String,
    /// JSON, as `AnswerSpec`.
    pub answer: String,
    pub generator: Generator,
    /// What it asks its reader to do, where its writer said so.
    pub kind: Option<String>,
    pub verification: Vec<StageResult>,
    pub tier: Option<String>,
    pub difficulty: Option<String>,
    /// JSON: id and probabilities.
    pub topic: Option<String>,
    pub text: TextId,
    /// Release in which it first appeared.
    pub first: Option<String>,
    /// Section and text of the first evidence's passage.
    pub section: Option<String>,
    pub passage: Option<String>,
    /// Ordinal of the passage, start, end, quote.
    pub evidence: Vec<(usize, usize, usize, String)>,
}

/// A question that was released and is not among those that may be any more, or a tombstone already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    pub question: i64,
    pub id: QuestionId,
    pub work: WorkId,
    pub first: String,
    /// Since when and why it is withdrawn, when it is.
    pub withdrawn: Option<(String, String)>,
    /// Date and reason of its tombstone, when it has one.
    pub tombstone: Option<(String, String)>,
}

/// Captions that say that the figure is somebody else's.
const THIRD_PARTY: &str =
    "p.body LIKE '%permission%' OR p.body LIKE '%reproduced from%' OR p.body LIKE '%reprinted from%'
    OR p.body LIKE '%adapted from%'";

impl Rows {
    /// Works with accepted or released questions, by key.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn releasable_works(&self) -> Result<Vec<ReleasableWork>, Error> {
        let sql = "WITH splits AS (
                       SELECT q.work AS work, min(r.split) AS split FROM released r JOIN questions q ON q.id = r.question
                       WHERE r.split IN ('train', 'validation') GROUP BY q.work)
                   SELECT w.id, w.key, w.first_public, s.split,
                       (SELECT group_concat(label, char(31)) FROM
                           (SELECT label FROM subjects WHERE work = w.id ORDER BY source, label))
                   FROM works w LEFT JOIN splits s ON s.work = w.id
                   WHERE s.split IS NOT NULL OR EXISTS (SELECT 1 FROM questions q WHERE q.work = w.id AND q.status = 'accepted')
                   ORDER BY w.key";
        self.list(sql, [], |row| {
            let date: Option<String> = row.get(2)?;
            let labels: Option<String> = row.get(4)?;
            Ok(ReleasableWork {
                id: WorkId(row.get(0)?),
                key: row.get(1)?,
                first_public: date.and_then(|date| PartialDate::try_from(date).ok()).map(PartialDate::earliest),
                labels: labels.map(|all| all.split('\u{1f}').map(str::to_owned).collect()).unwrap_or_default(),
                split: row.get(3)?,
            })
        })
    }

    /// Walks over all works that are not deleted: the first day on which each can have been public, and its subject labels.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn each_labelled_work(&self, mut visit: impl FnMut(Option<NaiveDate>, &[&str])) -> Result<(), Error> {
        let sql = "SELECT w.first_public, (SELECT group_concat(label, char(31)) FROM
                       (SELECT label FROM subjects WHERE work = w.id ORDER BY source, label))
                   FROM works w WHERE w.status <> 'deleted'";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let date: Option<String> = row.get(0)?;
            let labels = row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            let labels: Vec<&str> = labels.map(|all| all.split('\u{1f}').collect()).unwrap_or_default();
            visit(date.and_then(|date| PartialDate::try_from(date).ok()).map(PartialDate::earliest), &labels);
        }
        Ok(())
    }

    /// Pairs of works that are one paper: a preprint and its article, a text and its update. Stated by either, or by a list.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn one_paper_ties(&self) -> Result<Vec<(WorkId, WorkId)>, Error> {
        const SAME: &str = "('published_as', 'preprint_of', 'updates', 'updated_by')";
        let sql = format!(
            "SELECT r.work, i.work FROM relations r JOIN work_ids i ON i.name = r.target WHERE r.relation IN {SAME}
             UNION SELECT a.work, b.work FROM links l JOIN work_ids a ON a.name = l.name JOIN work_ids b ON b.name = l.target
             WHERE l.relation IN {SAME}"
        );
        self.list(&sql, [], |row| Ok((WorkId(row.get(0)?), WorkId(row.get(1)?))))
    }

    /// The licence of every version of works with accepted questions: the most restrictive of what its sources say about the same
    /// posted text.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn effective_licences(&self) -> Result<HashMap<VersionId, LicenceCode>, Error> {
        let mut of_posted = HashMap::<(i64, i64), LicenceCode>::new();
        let mut versions = Vec::new();
        let sql = "SELECT id, work, number, licence FROM versions v
                   WHERE EXISTS (SELECT 1 FROM questions q WHERE q.work = v.work AND q.status = 'accepted')";
        for (id, work, number, licence) in
            self.list(sql, [], |row| Ok((VersionId(row.get(0)?), row.get(1)?, row.get(2)?, row.get::<_, String>(3)?)))?
        {
            let code = LicenceCode::from_name(&licence).unwrap_or_default();
            let known = of_posted.entry((work, number)).or_default();
            *known = known.stricter(code);
            versions.push((id, (work, number)));
        }
        Ok(versions.into_iter().map(|(id, posted)| (id, of_posted.get(&posted).copied().unwrap_or_default())).collect())
    }

    /// Walks over the accepted questions of usable works.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn each_releasable(&self, mut visit: impl FnMut(Releasable)) -> Result<(), Error> {
        let sql = format!(
            "SELECT q.id, q.hash, q.work, t.version, q.tier, q.topic, w.current = v.id AND v.text = q.text,
                 instr(q.verification, ',\"review\"') > 0 AND ifnull(q.tier, '') <> 'reviewed',
                 instr(q.verification, '[\"closed_book\",\"fail\"') > 0
                     OR ifnull(json_extract(q.difficulty, '$.pass_rate'), 0) >= 1,
                 EXISTS (SELECT 1 FROM evidence e JOIN passages p ON p.id = e.passage
                     WHERE e.question = q.id AND p.kind IN ('table', 'figure') AND ({THIRD_PARTY})),
                 r.last, q.answer_type
             FROM questions q JOIN works w ON w.id = q.work JOIN texts t ON t.id = q.text JOIN versions v ON v.id = t.version
             LEFT JOIN released r ON r.question = q.id
             WHERE q.status = 'accepted' AND w.status = 'current'"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hash = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
            let id =
                hash.try_into().map_err(|_| Error::damaged("question", row.get::<_, i64>(0).unwrap_or(0), "bad id"))?;
            let tier: Option<String> = row.get(4)?;
            visit(Releasable {
                question: row.get(0)?,
                id,
                work: WorkId(row.get(2)?),
                version: VersionId(row.get(3)?),
                tier: tier.and_then(|tier| Tier::from_name(&tier)),
                topic: row.get(5)?,
                is_current: row.get(6)?,
                in_review: row.get(7)?,
                is_trivial: row.get(8)?,
                is_third_party: row.get(9)?,
                last: row.get(10)?,
                answer_type: row.get(11)?,
            });
        }
        Ok(())
    }

    /// The texts of one question, by its row.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn released_text(&self, question: i64) -> Result<Option<ReleasedText>, Error> {
        let sql = "SELECT q.question, q.answer_type, q.answer, g.kind, g.model, g.prompt_hash, q.verification, q.tier, q.difficulty,
                       q.text, r.first, q.topic, q.kind
                   FROM questions q JOIN generators g ON g.id = q.generator LEFT JOIN released r ON r.question = q.id
                   WHERE q.id = ?1";
        let found = self.find(sql, [question], |row| {
            let text = ReleasedText {
                question: row.get(0)?,
                answer_type: row.get(1)?,
                answer: row.get(2)?,
                generator: Generator { kind: row.get(3)?, model: row.get(4)?, prompt_hash: row.get(5)? },
                kind: row.get(12)?,
                verification: Vec::new(),
                tier: row.get(7)?,
                difficulty: row.get(8)?,
                text: TextId(row.get(9)?),
                first: row.get(10)?,
                topic: row.get(11)?,
                section: None,
                passage: None,
                evidence: Vec::new(),
            };
            Ok((text, row.get::<_, String>(6)?))
        })?;
        let Some((mut text, verification)) = found else { return Ok(None) };
        text.verification = stages_from_json(&verification)
            .ok_or_else(|| Error::damaged("question", question, "its verification is not understood"))?;
        let sql = "SELECT e.passage, e.start, e.\"end\", e.quote, CASE WHEN e.position = 0 THEN p.section END,
                       CASE WHEN e.position = 0 THEN p.body END
                   FROM evidence e JOIN passages p ON p.id = e.passage WHERE e.question = ?1 ORDER BY e.position";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([question])?;
        while let Some(row) = rows.next()? {
            let offset = |at| row.get::<_, i64>(at).map(|n| usize::try_from(n).unwrap_or(0));
            let (_, ordinal) = place(PassageId(row.get(0)?));
            text.evidence.push((ordinal, offset(1)?, offset(2)?, row.get(3)?));
            if let Some(body) = row.get::<_, Option<String>>(5)? {
                (text.section, text.passage) = (row.get(4)?, Some(body));
            }
        }
        Ok(Some(text))
    }

    /// Characters of a text, all passages together.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn text_characters(&self, text: TextId) -> Result<usize, Error> {
        let span = text.span();
        let sql = "SELECT ifnull(sum(length(body)), 0) FROM passages WHERE id BETWEEN ?1 AND ?2";
        let n = self.find(sql, (span.start(), span.end()), |row| row.get::<_, i64>(0))?;
        Ok(usize::try_from(n.unwrap_or(0)).unwrap_or(0))
    }

    /// Released questions that are withdrawn or whose work may not be used, and all tombstones.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn gone(&self) -> Result<Vec<Gone>, Error> {
        self.gone_where("q.status <> 'accepted' OR w.status <> 'current' OR r.gone_in IS NOT NULL", [])
    }

    /// One question that was released.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a stored value is not understood.
    pub fn released_question(&self, question: i64) -> Result<Option<Gone>, Error> {
        Ok(self.gone_where("r.question = ?1", [question])?.pop())
    }

    fn gone_where(&self, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Gone>, Error> {
        let sql = format!(
            "SELECT q.hash, r.question, q.work, r.first, q.status <> 'accepted' OR w.status <> 'current',
                 ifnull(q.withdrawn_on, ifnull(w.status_since, '')),
                 ifnull(q.reason, w.status || ': ' || ifnull(w.status_reason, '')), r.gone_in IS NOT NULL, r.gone_on, r.gone_why
             FROM released r JOIN questions q ON q.id = r.question JOIN works w ON w.id = q.work
             WHERE {condition} ORDER BY r.question"
        );
        let found = self.list(&sql, params, |row| {
            let (is_withdrawn, has_tombstone): (bool, bool) = (row.get(4)?, row.get(7)?);
            let pair = |at: usize| Ok::<(String, String), rusqlite::Error>((row.get(at)?, row.get(at + 1)?));
            let withdrawn = is_withdrawn.then(|| pair(5)).transpose()?;
            let tombstone = has_tombstone.then(|| pair(8)).transpose()?;
            Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, WorkId(row.get(2)?), row.get(3)?, withdrawn, tombstone))
        })?;
        found
            .into_iter()
            .map(|(hash, question, work, first, withdrawn, tombstone)| {
                Ok(Gone { question, id: id_of(&hash)?, work, first, withdrawn, tombstone })
            })
            .collect()
    }

    /// How many of the questions with these ids are not accepted any more, or of a work that may not be used.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn withdrawn_among<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<u64, Error> {
        let sql = "SELECT 1 FROM questions q JOIN works w ON w.id = q.work
                   WHERE q.hash = ?1 AND q.status = 'accepted' AND w.status = 'current'";
        let mut n_gone = 0;
        for id in ids {
            let stands = match QuestionId::parse(id) {
                Ok(id) => self.find(sql, [hash_of(&id)], |_| Ok(()))?.is_some(),
                Err(_) => false,
            };
            n_gone += u64::from(!stands);
        }
        Ok(n_gone)
    }

    /// How many released questions have no tombstone though their work was retracted, withdrawn or taken down.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn overdue_tombstones(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM works w JOIN questions q ON q.work = w.id JOIN released r ON r.question = q.id
                   WHERE w.status <> 'current' AND r.gone_in IS NULL";
        Ok(self.find(sql, [], |row| row.get::<_, i64>(0))?.map_or(0, i64::unsigned_abs))
    }

    /// The version that a text is of.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn version_of_text(&self, text: TextId) -> Result<Option<Version>, Error> {
        let version =
            self.find("SELECT version FROM texts WHERE id = ?1", [text.0], |row| Ok(VersionId(row.get(0)?)))?;
        version.map_or(Ok(None), |version| self.version(version))
    }

    /// The licence of one version: see [`Rows::effective_licences`].
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn effective_licence(&self, version: VersionId) -> Result<LicenceCode, Error> {
        let sql = "SELECT other.licence FROM versions v JOIN versions other ON other.work = v.work AND other.number = v.number
                   WHERE v.id = ?1";
        let codes = self.list(sql, [version.0], |row| row.get::<_, String>(0))?;
        let code = |name: &String| LicenceCode::from_name(name).unwrap_or_default();
        Ok(codes.iter().map(code).fold(LicenceCode::Unknown, LicenceCode::stricter))
    }

    /// The authors of a version.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the stored record is not understood.
    pub fn authors(&self, version: VersionId) -> Result<Vec<String>, Error> {
        let packed =
            self.find("SELECT record FROM versions WHERE id = ?1", [version.0], |row| row.get::<_, Vec<u8>>(0))?;
        packed.map_or(Ok(Vec::new()), |packed| super::record::authors(&packed))
    }
}

impl WriteTxn<'_> {
    /// Records that the questions with these ids are in a release, each with its split; others that are tombstones, each with date
    /// and reason.
    ///
    /// # Errors
    /// [`Error::Missing`] when a question is not in the store.
    pub fn record_released(
        &mut self,
        release: &Release,
        rows: impl IntoIterator<Item = (String, String)>,
        tombstones: impl IntoIterator<Item = (String, String, String)>,
    ) -> Result<(), Error> {
        let row_of = |txn: &Self, id: &str| -> Result<i64, Error> {
            let missing = || Error::Missing { what: "question", id: id.to_owned() };
            let parsed = QuestionId::parse(id).map_err(|_| missing())?;
            txn.find("SELECT id FROM questions WHERE hash = ?1", [hash_of(&parsed)], |row| row.get(0))?
                .ok_or_else(missing)
        };
        for (id, split) in rows {
            let row = row_of(self, &id)?;
            let sql = "INSERT INTO released (question, first, last, split) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET last = excluded.last, split = excluded.split, gone_in = NULL, gone_on = NULL,
                           gone_why = NULL";
            self.execute(sql, (row, &release.version, release.id, split))?;
        }
        for (id, date, reason) in tombstones {
            let row = row_of(self, &id)?;
            let sql =
                "UPDATE released SET gone_in = ?2, gone_on = ?3, gone_why = ?4 WHERE question = ?1 AND gone_in IS NULL";
            self.execute(sql, (row, &release.version, date, reason))?;
        }
        Ok(())
    }
}
