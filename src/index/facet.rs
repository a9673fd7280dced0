//! Counts per value over everything that matches.
//!
//! Hit by hit through ten columns would take most of a search that matches much. So the first search (or commit) that meets a
//! segment notes one number a document and *group* of fields: the combination of values that it has in them. A search counts the
//! numbers and adds up at the end what they stand for. A combination may hold several values of a field, or none.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::{DocAddress, DocId, Opstamp, Score, Searcher, SegmentOrdinal, SegmentReader};

/// Counts by field: `topic`, `subject`, `source`, `licence`, `tier`, `answer_type`, `kind`, `section`, `journal`, `year`.
pub type Facets = BTreeMap<String, Vec<FacetCount>>;

/// How many matches carry a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCount {
    pub value: String,
    pub count: u64,
}

/// The fields that are counted: neighbours share groups, those with few values first.
const FIELDS: [&str; 10] =
    ["kind", "tier", "answer_type", "section", "source", "licence", "topic", YEAR, "journal", "subject"];
const YEAR: &str = "year";
/// The most frequent values that are reported a field.
const MAX_VALUES: usize = 20;
/// Dates further apart than this are not of this world; they are not counted by year.
const MAX_DAYS: i64 = 1_000_000;
/// Combinations in a group of several fields: as many counters as lie in the nearest cache.
const MAX_COMBINATIONS: usize = 4096;
/// Documents that are read or counted at once.
const BLOCK: usize = 1024;
/// How many of a segment's newest documents are kept: what paging reaches.
const MAX_NEWEST: usize = super::reader::MAX_OFFSET + super::reader::MAX_LIMIT;

/// What is kept from search to search: a segment never changes but for its deletions.
#[derive(Default)]
pub(super) struct Kept(Mutex<Held>);

#[derive(Default)]
struct Held {
    segments: HashMap<SegmentId, Arc<Segment>>,
    wholes: HashMap<(SegmentId, Option<Opstamp>), Arc<Whole>>,
    labels: Labels,
}

/// The labels of all segments.
#[derive(Default)]
struct Labels {
    ids: [HashMap<Arc<str>, u32>; FIELDS.len()],
    /// By id: the place of its field in [`FIELDS`], and itself.
    names: Vec<(usize, Arc<str>)>,
}

impl Kept {
    /// Reads the segments of `searcher` that are new, and forgets those that are no longer.
    ///
    /// # Errors
    /// When a column is not readable.
    pub fn follow(&self, searcher: &Searcher) -> tantivy::Result<()> {
        for reader in searcher.segment_readers() {
            self.segment(reader)?;
        }
        let present: HashSet<SegmentId> = searcher.segment_readers().iter().map(SegmentReader::segment_id).collect();
        let mut held = self.held();
        held.segments.retain(|id, _| present.contains(id));
        held.wholes.retain(|key, _| searcher.segment_readers().iter().any(|reader| *key == key_of(reader)));
        Ok(())
    }

    /// The number of all documents, their facets, and a page of them, newest first.
    ///
    /// # Errors
    /// When a column is not readable.
    pub fn everything(
        &self,
        searcher: &Searcher,
        facets: bool,
        offset: usize,
        limit: usize,
    ) -> tantivy::Result<(u64, Facets, Vec<DocAddress>)> {
        let (mut counts, mut newest) = (Vec::new(), Vec::new());
        for (ordinal, reader) in (0..).zip(searcher.segment_readers()) {
            let segment = self.segment(reader)?;
            let whole = self.whole(reader, &segment)?;
            let place = |(date, doc): &(Option<i64>, DocId)| (Reverse(*date), DocAddress::new(ordinal, *doc));
            newest.extend(whole.newest.iter().take(offset + limit).map(place));
            counts.push((segment, whole.counts.clone()));
        }
        newest.sort_unstable();
        let page = newest.into_iter().skip(offset).take(limit).map(|(_, address)| address).collect();
        let facets = if facets { self.facets(&counts) } else { Facets::new() };
        Ok((searcher.num_docs(), facets, page))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn segment(&self, reader: &SegmentReader) -> tantivy::Result<Arc<Segment>> {
        let id = reader.segment_id();
        if let Some(segment) = self.held().segments.get(&id) {
            return Ok(Arc::clone(segment));
        }
        // Two searches may both read it; the second finds the same.
        let (labels, groups) = read(reader)?;
        let mut held = self.held();
        let ids = labels.iter().map(|(field, label)| held.labels.id(*field, label)).collect();
        let segment = Arc::new(Segment { groups, ids });
        held.segments.insert(id, Arc::clone(&segment));
        Ok(segment)
    }

    fn whole(&self, reader: &SegmentReader, segment: &Segment) -> tantivy::Result<Arc<Whole>> {
        let key = key_of(reader);
        if let Some(whole) = self.held().wholes.get(&key) {
            return Ok(Arc::clone(whole));
        }
        let whole = Arc::new(Whole::read(reader, segment)?);
        self.held().wholes.insert(key, Arc::clone(&whole));
        Ok(whole)
    }

    /// The facets of segments' counts by slot.
    fn facets(&self, segments: &[(Arc<Segment>, Vec<u64>)]) -> Facets {
        let held = self.held();
        let mut by_id = vec![0; held.labels.names.len()];
        for (segment, counts) in segments {
            for (id, count) in segment.ids.iter().zip(counts) {
                if let Some(sum) = by_id.get_mut(*id as usize) {
                    *sum += count;
                }
            }
        }
        let mut fields: [Vec<(u64, &str)>; FIELDS.len()] = Default::default();
        for ((field, label), count) in held.labels.names.iter().zip(by_id).filter(|(_, count)| *count > 0) {
            if let Some(values) = fields.get_mut(*field) {
                values.push((count, label));
            }
        }
        let named = FIELDS.iter().zip(fields);
        named.map(|(name, values)| ((*name).to_owned(), ranked(values, *name == YEAR))).collect()
    }
}

fn key_of(reader: &SegmentReader) -> (SegmentId, Option<Opstamp>) {
    (reader.segment_id(), reader.delete_opstamp())
}

impl Labels {
    fn id(&mut self, field: usize, label: &str) -> u32 {
        let Some(ids) = self.ids.get_mut(field) else { return u32::MAX };
        if let Some(id) = ids.get(label) {
            return *id;
        }
        let (id, label): (u32, Arc<str>) = (self.names.len() as u32, Arc::from(label));
        ids.insert(Arc::clone(&label), id);
        self.names.push((field, label));
        id
    }
}

/// The most frequent values first; years newest first.
fn ranked(mut values: Vec<(u64, &str)>, by_value: bool) -> Vec<FacetCount> {
    if by_value {
        values.sort_unstable_by_key(|(_, value)| Reverse(*value));
    } else {
        let order = |a: &(u64, &str), b: &(u64, &str)| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1));
        if values.len() > MAX_VALUES {
            values.select_nth_unstable_by(MAX_VALUES, order);
            values.truncate(MAX_VALUES);
        }
        values.sort_unstable_by(order);
    }
    values.truncate(MAX_VALUES);
    values.into_iter().map(|(count, value)| FacetCount { value: value.to_owned(), count }).collect()
}

/// The facet fields of one segment. A label of a field has a *slot*.
struct Segment {
    groups: Vec<Group>,
    /// By slot: the label's number in [`Labels`].
    ids: Vec<u32>,
}

/// Fields that are counted together.
struct Group {
    /// By document: its combination.
    codes: Codes,
    /// By combination: where its slots begin in `slots`; one more at the end.
    starts: Vec<u32>,
    slots: Vec<u32>,
}

enum Codes {
    Short(Vec<u16>),
    Long(Vec<u32>),
}

impl Segment {
    /// Counters for every group's combinations.
    fn counters(&self) -> Vec<Vec<u32>> {
        self.groups.iter().map(|group| vec![0; group.starts.len()]).collect()
    }

    fn count(&self, docs: &[DocId], counters: &mut [Vec<u32>]) {
        fn each<C: Copy + Into<u32>>(codes: &[C], docs: &[DocId], counters: &mut [u32]) {
            for doc in docs {
                let counter = codes.get(*doc as usize).and_then(|code| counters.get_mut((*code).into() as usize));
                counter.into_iter().for_each(|counter| *counter += 1);
            }
        }
        for (group, counters) in self.groups.iter().zip(counters) {
            match &group.codes {
                Codes::Short(codes) => each(codes, docs, counters),
                Codes::Long(codes) => each(codes, docs, counters),
            }
        }
    }

    /// Counts by slot.
    fn counts(&self, counters: &[Vec<u32>]) -> Vec<u64> {
        let mut counts = vec![0; self.ids.len()];
        for (group, counters) in self.groups.iter().zip(counters) {
            for (code, counter) in counters.iter().enumerate().filter(|(_, counter)| **counter > 0) {
                for slot in slots_of(&group.starts, &group.slots, code) {
                    if let Some(count) = counts.get_mut(*slot as usize) {
                        *count += u64::from(*counter);
                    }
                }
            }
        }
        counts
    }
}

fn slots_of<'a>(starts: &[u32], slots: &'a [u32], code: usize) -> &'a [u32] {
    let (Some(start), Some(end)) = (starts.get(code), starts.get(code + 1)) else { return &[] };
    slots.get(*start as usize..*end as usize).unwrap_or_default()
}

/// What a search for everything finds in a segment, as of its last deletion.
struct Whole {
    /// By slot.
    counts: Vec<u64>,
    /// As many as paging reaches; those without a date last.
    newest: Vec<(Option<i64>, DocId)>,
}

impl Whole {
    fn read(reader: &SegmentReader, segment: &Segment) -> tantivy::Result<Self> {
        let column = reader.fast_fields().column_opt::<i64>("first_public")?;
        let mut counters = segment.counters();
        let mut newest: Vec<(Reverse<Option<i64>>, DocId)> = Vec::new();
        let mut alive = reader.doc_ids_alive();
        let mut dates = Vec::new();
        loop {
            let docs: Vec<DocId> = alive.by_ref().take(BLOCK).collect();
            if docs.is_empty() {
                break;
            }
            segment.count(&docs, &mut counters);
            dates.clear();
            dates.resize(docs.len(), None);
            if let Some(column) = &column {
                column.first_vals(&docs, &mut dates);
            }
            newest.extend(dates.iter().map(|date| Reverse(*date)).zip(docs));
            if newest.len() > 4 * MAX_NEWEST {
                newest.select_nth_unstable(MAX_NEWEST);
                newest.truncate(MAX_NEWEST);
            }
        }
        newest.sort_unstable();
        newest.truncate(MAX_NEWEST);
        let newest = newest.into_iter().map(|(Reverse(date), doc)| (date, doc)).collect();
        Ok(Whole { counts: segment.counts(&counters), newest })
    }
}

/// A field's labels, the sets of them that documents have, and each document's set.
#[derive(Default)]
struct Values {
    labels: Vec<String>,
    /// The first is that of a document without any.
    sets: Vec<Vec<u32>>,
    by_doc: Vec<u32>,
}

impl Values {
    /// Each label alone is a set; the label stands at the set's number less one.
    fn single(labels: Vec<String>) -> Self {
        let sets = std::iter::once(Vec::new()).chain((0..labels.len() as u32).map(|label| vec![label])).collect();
        Values { labels, sets, by_doc: Vec::new() }
    }

    fn of_labels(reader: &SegmentReader, name: &str) -> tantivy::Result<Option<Self>> {
        let Some(column) = reader.fast_fields().str(name)? else { return Ok(None) };
        let mut labels = Vec::with_capacity(column.num_terms());
        let mut terms = column.dictionary().stream()?;
        while terms.advance() {
            labels.push(String::from_utf8_lossy(terms.key()).into_owned());
        }
        let mut values = Values::single(labels);
        let column = column.ords();
        if !column.get_cardinality().is_multivalue() {
            values.by_doc = first_values(column, reader.max_doc(), |label| label as u32 + 1);
            return Ok(Some(values));
        }
        let mut known: HashMap<Vec<u32>, u32> = (0..).zip(&values.sets).map(|(id, set)| (set.clone(), id)).collect();
        let (mut set, mut before, mut id) = (Vec::new(), Vec::new(), 0);
        for doc in 0..reader.max_doc() {
            set.clear();
            set.extend(column.values_for_doc(doc).map(|label| label as u32));
            set.sort_unstable();
            set.dedup();
            // The documents of a work lie together and have the same.
            if set != before {
                id = known.get(&set).copied().unwrap_or_else(|| {
                    let id = values.sets.len() as u32;
                    known.insert(set.clone(), id);
                    values.sets.push(set.clone());
                    id
                });
                before.clone_from(&set);
            }
            values.by_doc.push(id);
        }
        Ok(Some(values))
    }

    fn of_years(reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let Some(column) = reader.fast_fields().column_opt::<i64>("first_public")? else { return Ok(None) };
        let (first, last) = (column.min_value(), column.max_value());
        if !last.checked_sub(first).is_some_and(|days| (0..MAX_DAYS).contains(&days)) {
            return Ok(None);
        }
        let mut labels: Vec<String> = Vec::new();
        let mut year_before = None;
        let set_of_day: Vec<u32> = (first..=last)
            .map(|day| {
                let date = i32::try_from(day).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
                // A day of no calendar is no date.
                let Some(year) = date.map(|date| date.year()) else { return 0 };
                if year_before.replace(year) != Some(year) {
                    labels.push(year.to_string());
                }
                labels.len() as u32
            })
            .collect();
        let set = |day: i64| usize::try_from(day - first).ok().and_then(|at| set_of_day.get(at).copied()).unwrap_or(0);
        let by_doc = first_values(&column, reader.max_doc(), set);
        Ok(Some(Values { by_doc, ..Values::single(labels) }))
    }
}

/// By document: the set of its first value; 0 without one.
fn first_values<T>(column: &Column<T>, max_doc: DocId, set: impl Fn(T) -> u32) -> Vec<u32>
where
    T: Copy + PartialOrd + std::fmt::Debug + Send + Sync + 'static,
{
    let mut sets = Vec::with_capacity(max_doc as usize);
    let (mut docs, mut values) = (Vec::new(), Vec::new());
    for start in (0..max_doc).step_by(BLOCK) {
        docs.clear();
        docs.extend(start..max_doc.min(start + BLOCK as u32));
        values.clear();
        values.resize(docs.len(), None);
        column.first_vals(&docs, &mut values);
        sets.extend(values.iter().map(|value| value.map_or(0, &set)));
    }
    sets
}

/// The labels of a segment by slot, each with its field, and its groups.
type Reading = (Vec<(usize, String)>, Vec<Group>);

fn read(reader: &SegmentReader) -> tantivy::Result<Reading> {
    let (mut labels, mut groups) = (Vec::new(), Vec::new());
    let mut open: Option<Values> = None;
    for (field, name) in FIELDS.iter().enumerate() {
        let values = if *name == YEAR { Values::of_years(reader)? } else { Values::of_labels(reader, name)? };
        let Some(mut values) = values else { continue };
        let first_slot = labels.len() as u32;
        labels.extend(values.labels.drain(..).map(|label| (field, label)));
        values.sets.iter_mut().flatten().for_each(|label| *label += first_slot);
        open = match open {
            None => Some(values),
            Some(before) => Some(together(&before, &values).unwrap_or_else(|| {
                groups.push(group(before));
                values
            })),
        };
    }
    groups.extend(open.map(group));
    Ok((labels, groups))
}

/// The combinations of two fields or groups; `None` when they are too many.
fn together(a: &Values, b: &Values) -> Option<Values> {
    let mut both = Values::default();
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    let mut before = None;
    for pair in a.by_doc.iter().copied().zip(b.by_doc.iter().copied()) {
        // The documents of a work lie together and have most values in common.
        let id = match before {
            Some((same, id)) if same == pair => id,
            _ => *known.entry(pair).or_insert_with(|| {
                let set = |values: &Values, id: u32| values.sets.get(id as usize).cloned().unwrap_or_default();
                both.sets.push([set(a, pair.0), set(b, pair.1)].concat());
                both.sets.len() as u32 - 1
            }),
        };
        if both.sets.len() > MAX_COMBINATIONS {
            return None;
        }
        before = Some((pair, id));
        both.by_doc.push(id);
    }
    Some(both)
}

fn group(values: Values) -> Group {
    let (mut starts, mut slots) = (vec![0], Vec::new());
    for set in &values.sets {
        slots.extend_from_slice(set);
        starts.push(slots.len() as u32);
    }
    let short: Result<Vec<u16>, _> = values.by_doc.iter().map(|code| u16::try_from(*code)).collect();
    let codes = short.map_or_else(|_| Codes::Long(values.by_doc), Codes::Short);
    Group { codes, starts, slots }
}

/// The number of matches, and the facets when asked for.
pub(super) struct Count<'a> {
    pub facets: Option<&'a Kept>,
}

/// What one segment gives: matches, and counts by slot.
pub(super) struct SegmentCounts {
    total: u64,
    counts: Option<(Arc<Segment>, Vec<u64>)>,
}

pub(super) struct SegmentCount {
    total: u64,
    counting: Option<Counting>,
}

struct Counting {
    segment: Arc<Segment>,
    counters: Vec<Vec<u32>>,
    /// Matches that are not counted yet.
    pending: Vec<DocId>,
}

impl Collector for Count<'_> {
    type Fruit = (u64, Facets);
    type Child = SegmentCount;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentCount> {
        let segment = self.facets.map(|kept| kept.segment(reader)).transpose()?;
        let counting = segment.map(|segment| Counting { counters: segment.counters(), segment, pending: Vec::new() });
        Ok(SegmentCount { total: 0, counting })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<SegmentCounts>) -> tantivy::Result<(u64, Facets)> {
        let total = segments.iter().map(|segment| segment.total).sum();
        let counts: Vec<_> = segments.into_iter().filter_map(|segment| segment.counts).collect();
        Ok((total, self.facets.map(|kept| kept.facets(&counts)).unwrap_or_default()))
    }
}

impl SegmentCollector for SegmentCount {
    type Fruit = SegmentCounts;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.collect_block(&[doc]);
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.total += docs.len() as u64;
        if let Some(counting) = &mut self.counting {
            counting.pending.extend_from_slice(docs);
            if counting.pending.len() >= BLOCK {
                counting.count();
            }
        }
    }

    fn harvest(self) -> SegmentCounts {
        let counts = self.counting.map(|mut counting| {
            counting.count();
            let counts = counting.segment.counts(&counting.counters);
            (counting.segment, counts)
        });
        SegmentCounts { total: self.total, counts }
    }
}

impl Counting {
    fn count(&mut self) {
        self.segment.count(&self.pending, &mut self.counters);
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::row::sample;
    use super::super::{Change, Config, Index, Query, Sort};

    /// What the facets must say, from the hits themselves.
    fn counted(index: &Index, text: &str) -> (u64, Vec<(String, u64)>) {
        let query = Query { text: text.to_owned(), limit: 100, ..Query::default() };
        let results = index.search(&query).unwrap();
        let mut by_section: Vec<(String, u64)> = Vec::new();
        for hit in &results.hits {
            match by_section.iter_mut().find(|(name, _)| name == hit.section) {
                Some((_, count)) => *count += 1,
                None => by_section.push((hit.section.to_owned(), 1)),
            }
        }
        by_section.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let given: Vec<(String, u64)> =
            results.facets["section"].iter().map(|count| (count.value.clone(), count.count)).collect();
        assert_eq!(given, by_section, "{text:?}");
        let questions = results.hits.iter().filter(|hit| hit.tier.is_some()).count() as u64;
        assert_eq!(results.facets["tier"].iter().map(|count| count.count).sum::<u64>(), questions, "{text:?}");
        let subjects: u64 = results.hits.iter().map(|hit| hit.subjects.len() as u64).sum();
        assert_eq!(results.facets["subject"].iter().map(|count| count.count).sum::<u64>(), subjects, "{text:?}");
        assert_eq!(results.facets["year"].iter().map(|count| count.count).sum::<u64>(), results.total, "{text:?}");
        (results.total, given)
    }

    /// Everything in one go, as a search that looks at every document orders it.
    fn everything(index: &Index) {
        let page = |text: &str, offset, limit| {
            let query = Query { text: text.to_owned(), sort: Sort::Date, offset, limit, ..Query::default() };
            index.search(&query).unwrap().hits.into_iter().map(|hit| (hit.id, hit.kind)).collect::<Vec<_>>()
        };
        for (offset, limit) in [(0, 100), (0, 3), (7, 5), (30, 100)] {
            assert_eq!(page("", offset, limit), page("word", offset, limit), "{offset} {limit}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Few and most of a segment's documents, over several segments, with deletions in between.
        #[test]
        fn facets_equal_what_the_hits_say(
            docs in prop::collection::vec((any::<bool>(), 0..3_u8), 1..40),
            deleted in prop::collection::vec(0..40_i64, 0..8),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let index = Index::open(folder.path(), &Config { writer_memory_mib: 15 }).unwrap();
            for (part, docs) in docs.chunks(15).enumerate() {
                let changes = docs.iter().enumerate().map(|(at, (is_question, word))| {
                    let (id, text) = (part * 15 + at, format!("word word{word}"));
                    if *is_question {
                        Change::PutQuestion(sample::question(&id.to_string(), &text, "yes", "quote"))
                    } else {
                        Change::PutPassage(sample::passage(id as i64, &text))
                    }
                });
                index.apply(changes, part as u64 + 1).unwrap();
                for text in ["", "word", "word0", "word0 OR word1", "-word2"] {
                    counted(&index, text);
                }
            }
            let all = counted(&index, "").0;
            prop_assert_eq!(all, docs.len() as u64);
            everything(&index);
            index.apply(deleted.iter().map(|id| Change::DeletePassage(*id)), 9).unwrap();
            for text in ["", "word", "word0", "word1 OR word2", "-word2"] {
                counted(&index, text);
            }
            everything(&index);
        }
    }
}
