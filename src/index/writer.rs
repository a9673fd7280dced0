//! The one writer: applies steps of the store's change log and commits how far it got.

use std::sync::{MutexGuard, PoisonError};

use chrono::Datelike;
use tantivy::indexer::UserOperation;
use tantivy::{IndexWriter, TantivyDocument, Term};

use super::row::{Change, PassageRow, QuestionRow, Record, WorkRow};
use super::schema::{Fields, key};
use super::{Error, Index, engine};

impl Index {
    /// Applies `changes` in order and commits `sequence`, the store's number of the last of them. Applying the same
    /// changes again changes nothing, so a caller that is unsure repeats from [`Index::sequence`].
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes; otherwise when the disk refuses. Nothing of a failed call stays.
    pub fn apply(&self, changes: impl IntoIterator<Item = Change>, sequence: u64) -> Result<(), Error> {
        let mut batch = self.begin()?;
        for change in changes {
            batch.push(change)?;
        }
        batch.commit(sequence)
    }

    /// Starts a batch; dropping it takes everything back.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes.
    pub fn begin(&self) -> Result<Batch<'_>, Error> {
        // A writer that panicked half-way is rolled back by the drop of its batch, so its lock is good to take.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            let bytes = self.config.writer_memory_mib.clamp(15, 2048) * 1024 * 1024;
            *writer = Some(self.inner.writer_with_num_threads(1, bytes).map_err(engine("cannot write the index"))?);
        }
        Ok(Batch { index: self, writer, is_open: true })
    }

    /// Starts a batch that first empties the index, to fill it anew from the store. Searches see the old state until
    /// the commit.
    ///
    /// # Errors
    /// As [`Index::begin`].
    pub fn begin_rebuild(&self) -> Result<Batch<'_>, Error> {
        let mut batch = self.begin()?;
        batch.writer()?.delete_all_documents().map_err(engine("cannot empty the index"))?;
        Ok(batch)
    }

    /// Gives up the writer's lock after its merges have ended.
    ///
    /// # Errors
    /// When a merge failed.
    pub fn close_writer(&self) -> Result<(), Error> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match writer {
            Some(writer) => writer.wait_merging_threads().map_err(engine("cannot merge the index's segments")),
            None => Ok(()),
        }
    }
}

/// Changes on their way into the index.
pub struct Batch<'a> {
    index: &'a Index,
    writer: MutexGuard<'a, Option<IndexWriter>>,
    is_open: bool,
}

impl Batch<'_> {
    /// Adds one step.
    ///
    /// # Errors
    /// When the writer has died (a full disk, for one).
    pub fn push(&mut self, change: Change) -> Result<(), Error> {
        let fields = self.index.fields.clone();
        let delete = |name: String| UserOperation::Delete(Term::from_field_text(fields.key, &name));
        let operations = match change {
            Change::PutQuestion(row) => {
                let name = key::question(&row.id);
                vec![delete(name), UserOperation::Add(question_document(&fields, row)?)]
            }
            Change::PutPassage(row) => {
                let name = key::passage(row.id);
                vec![delete(name), UserOperation::Add(passage_document(&fields, row)?)]
            }
            Change::DeleteQuestion(id) => vec![delete(key::question(&id))],
            Change::DeletePassage(id) => vec![delete(key::passage(id))],
            Change::DeleteWork(id) => vec![delete(key::work(id))],
        };
        self.writer()?.run(operations).map_err(engine("cannot write the index"))?;
        Ok(())
    }

    /// Makes the batch lasting and visible, with `sequence` as the mark of how far the index got.
    ///
    /// # Errors
    /// When the disk refuses; the index stays as it was before the batch.
    pub fn commit(mut self, sequence: u64) -> Result<(), Error> {
        let writer = self.writer()?;
        let mut prepared = writer.prepare_commit().map_err(engine("cannot write the index"))?;
        prepared.set_payload(&sequence.to_string());
        prepared.commit().map_err(engine("cannot commit the index"))?;
        self.is_open = false;
        self.index.reader.reload().map_err(engine("cannot read the index"))?;
        self.index.kept.follow(&self.index.reader.searcher()).map_err(engine("cannot read the index"))
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, Error> {
        self.writer.as_mut().ok_or(Error::Locked)
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let rolled_back = self.writer.as_mut().is_none_or(|writer| writer.rollback().is_ok());
        if !rolled_back {
            // A dead writer is replaced by the next batch.
            *self.writer = None;
        }
    }
}

fn question_document(fields: &Fields, row: QuestionRow) -> Result<TantivyDocument, Error> {
    let mut document = TantivyDocument::default();
    document.add_text(fields.key, key::question(&row.id));
    document.add_text(fields.kind, "question");
    document.add_text(fields.question, &row.question);
    document.add_text(fields.answer, &row.answer);
    for evidence in &row.evidence {
        document.add_text(fields.body, &evidence.quote);
    }
    document.add_text(fields.tier, row.tier.as_str());
    document.add_text(fields.answer_type, &row.answer_type);
    document.add_text(fields.section, row.section.as_str());
    add_work(fields, &mut document, &row.work);
    document.add_bytes(fields.record, &serde_json::to_vec(&Record::Question(row))?);
    Ok(document)
}

fn passage_document(fields: &Fields, row: PassageRow) -> Result<TantivyDocument, Error> {
    let mut document = TantivyDocument::default();
    document.add_text(fields.key, key::passage(row.id));
    document.add_text(fields.kind, "passage");
    document.add_text(fields.body, &row.text);
    document.add_text(fields.section, row.section.as_str());
    add_work(fields, &mut document, &row.work);
    document.add_bytes(fields.record, &serde_json::to_vec(&Record::Passage(row))?);
    Ok(document)
}

fn add_work(fields: &Fields, document: &mut TantivyDocument, work: &WorkRow) {
    document.add_text(fields.key, key::work(work.work));
    if let Some(doi) = &work.doi {
        document.add_text(fields.key, key::doi(doi));
    }
    if let Some(pmid) = work.pmid {
        document.add_text(fields.key, key::pmid(pmid));
    }
    if let Some(pmcid) = &work.pmcid {
        document.add_text(fields.key, key::pmcid(pmcid));
    }
    document.add_text(fields.title, &work.title);
    document.add_text(fields.source, work.source.as_str());
    document.add_text(fields.licence, work.licence.as_str());
    if let Some(topic) = &work.topic {
        document.add_text(fields.topic, super::filter::label(topic));
    }
    for subject in &work.subjects {
        document.add_text(fields.subject, super::filter::label(subject));
    }
    if let Some(journal) = &work.journal {
        document.add_text(fields.journal, super::filter::label(journal));
    }
    if let Some(date) = work.first_public {
        document.add_i64(fields.first_public, i64::from(date.num_days_from_ce()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::row::sample;
    use super::super::{Config, Query};
    use super::*;

    /// What the index must equal: the text of each key.
    type Model = BTreeMap<String, String>;

    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, u8),
        PutPassage(u8, u8),
        Delete(u8),
        DeletePassage(u8),
        DeleteWork(u8),
        Commit,
        /// The program dies before it commits.
        Crash,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..6_u8, any::<u8>()).prop_map(|(id, text)| Step::Put(id, text)),
            4 => (0..6_u8, any::<u8>()).prop_map(|(id, text)| Step::PutPassage(id, text)),
            1 => (0..6_u8).prop_map(Step::Delete),
            1 => (0..6_u8).prop_map(Step::DeletePassage),
            1 => (1..3_u8).prop_map(Step::DeleteWork),
            2 => Just(Step::Commit),
            1 => Just(Step::Crash),
        ]
    }

    fn change(step: &Step) -> Option<Change> {
        Some(match step {
            Step::Put(id, text) => {
                Change::PutQuestion(sample::question(&id.to_string(), &format!("word{text}"), "yes", "quote"))
            }
            Step::PutPassage(id, text) => Change::PutPassage(sample::passage(i64::from(*id), &format!("word{text}"))),
            Step::Delete(id) => Change::DeleteQuestion(id.to_string()),
            Step::DeletePassage(id) => Change::DeletePassage(i64::from(*id)),
            Step::DeleteWork(id) => Change::DeleteWork(i64::from(*id)),
            Step::Commit | Step::Crash => return None,
        })
    }

    fn apply_to_model(model: &mut Model, step: &Step) {
        match step {
            Step::Put(id, text) => drop(model.insert(format!("question:{id}"), format!("word{text}"))),
            Step::PutPassage(id, text) => drop(model.insert(format!("passage:{id}"), format!("word{text}"))),
            Step::Delete(id) => drop(model.remove(&format!("question:{id}"))),
            Step::DeletePassage(id) => drop(model.remove(&format!("passage:{id}"))),
            // The samples put every question in work 1 and every passage in work 2.
            Step::DeleteWork(1) => model.retain(|name, _| !name.starts_with("question:")),
            Step::DeleteWork(_) => model.retain(|name, _| !name.starts_with("passage:")),
            Step::Commit | Step::Crash => {}
        }
    }

    fn contents(index: &Index) -> Model {
        let results = index.search(&Query { limit: 100, ..Query::default() }).unwrap();
        assert_eq!(results.total as usize, results.hits.len());
        let text = |hit: &crate::index::Hit| hit.question.clone().unwrap_or_else(|| hit.snippet.text.clone());
        let name = |hit: &crate::index::Hit| match hit.kind {
            crate::index::Kind::Question => format!("question:{}", hit.id),
            crate::index::Kind::Passage => format!("passage:{}", hit.id),
        };
        results.hits.iter().map(|hit| (name(hit), text(hit))).collect()
    }

    /// Replays the log from where the index stands, as a caller does at start.
    fn replay(index: &Index, log: &[Step]) {
        let done = index.sequence().unwrap().unwrap_or(0) as usize;
        index.apply(log[done..].iter().filter_map(change), log.len() as u64).unwrap();
    }

    fn open(folder: &Path) -> Index {
        Index::open(folder, &Config { writer_memory_mib: 15 }).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn any_order_of_steps_and_crashes_ends_equal_to_the_model(log in prop::collection::vec(step(), 1..40)) {
            let folder = tempfile::tempdir().unwrap();
            let mut index = open(folder.path());
            let mut model = Model::new();
            let mut done = 0;
            for (at, step) in log.iter().enumerate() {
                apply_to_model(&mut model, step);
                match step {
                    Step::Commit => {
                        index.apply(log[done..=at].iter().filter_map(change), at as u64 + 1).unwrap();
                        done = at + 1;
                        prop_assert_eq!(&contents(&index), &model);
                    }
                    Step::Crash => {
                        let mut batch = index.begin().unwrap();
                        for change in log[done..=at].iter().filter_map(change) {
                            batch.push(change).unwrap();
                        }
                        drop(batch);
                        drop(index);
                        index = open(folder.path());
                        prop_assert_eq!(index.sequence().unwrap().unwrap_or(0) as usize, done);
                    }
                    _ => {}
                }
            }
            replay(&index, &log);
            prop_assert_eq!(&contents(&index), &model);
            // Once more from the beginning: nothing changes.
            index.apply(log.iter().filter_map(change), log.len() as u64).unwrap();
            prop_assert_eq!(&contents(&index), &model);
        }
    }

    #[test]
    fn a_broken_index_starts_empty_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        index.apply([Change::PutPassage(sample::passage(1, "mice"))], 7).unwrap();
        assert_eq!(index.sequence().unwrap(), Some(7));
        assert!(index.discarded().is_none());
        let home = index.folder().unwrap().to_owned();
        drop(index);
        std::fs::write(home.join("meta.json"), "{ not json").unwrap();
        let index = open(folder.path());
        assert_eq!(index.sequence().unwrap(), None);
        assert!(index.discarded().is_some());
        index.apply([Change::PutPassage(sample::passage(1, "mice"))], 7).unwrap();
        assert_eq!(contents(&index).len(), 1);
        assert!(index.damaged_files().unwrap().is_empty());
    }

    #[test]
    fn another_schema_is_removed_and_readers_need_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("schema-000000000000")).unwrap();
        assert!(matches!(Index::open_existing(folder.path()), Err(Error::Missing { .. })));
        let index = open(folder.path());
        assert!(index.discarded().is_some_and(|reason| reason.contains("schema-000000000000")));
        assert!(!folder.path().join("schema-000000000000").exists());
        index.apply([Change::PutPassage(sample::passage(1, "mice"))], 1).unwrap();
        let reader = Index::open_existing(folder.path()).unwrap();
        assert_eq!(contents(&reader).len(), 1);
        assert!(matches!(reader.apply([], 2), Err(Error::Locked)));
        index.close_writer().unwrap();
        assert!(reader.apply([], 2).is_ok());
    }

    #[test]
    fn a_rebuild_replaces_everything_at_its_commit() {
        let index = Index::in_memory().unwrap();
        index.apply([Change::PutPassage(sample::passage(1, "old"))], 1).unwrap();
        let mut batch = index.begin_rebuild().unwrap();
        batch.push(Change::PutPassage(sample::passage(2, "new"))).unwrap();
        assert!(contents(&index).contains_key("passage:1"));
        batch.commit(9).unwrap();
        assert_eq!(contents(&index).into_keys().collect::<Vec<_>>(), ["passage:2"]);
        assert_eq!(index.sequence().unwrap(), Some(9));
    }
}
