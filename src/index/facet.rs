//! Counts per value over everything that matches.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

/// Counts by field: `topic`, `subject`, `source`, `licence`, `tier`, `answer_type`, `kind`, `section`, `journal`, `year`.
pub type Facets = BTreeMap<String, Vec<FacetCount>>;

/// How many matches carry a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCount {
    pub value: String,
    pub count: u64,
}

/// The string fields that are counted.
const FIELDS: [&str; 9] =
    ["topic", "subject", "source", "licence", "tier", "answer_type", "kind", "section", "journal"];
const YEAR: &str = "year";
/// The most frequent values that are reported a field.
const MAX_VALUES: usize = 20;
/// Dates further apart than this are not of this world; they are not counted by year.
const MAX_DAYS: i64 = 1_000_000;

/// The number of matches, and the facets when asked for.
pub(super) struct Count {
    pub facets: bool,
}

/// What one segment gives: matches, and counts by value.
pub(super) struct SegmentCounts {
    total: u64,
    fields: Vec<HashMap<String, u64>>,
}

pub(super) struct SegmentCount {
    total: u64,
    strings: Vec<StringCount>,
    years: Option<YearCount>,
}

struct StringCount {
    column: Option<StrColumn>,
    by_ordinal: Vec<u64>,
    values: Vec<Option<u64>>,
}

struct YearCount {
    column: Column<i64>,
    first_day: i64,
    by_day: Vec<u64>,
    values: Vec<Option<i64>>,
}

impl Collector for Count {
    type Fruit = (u64, Facets);
    type Child = SegmentCount;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentCount> {
        if !self.facets {
            return Ok(SegmentCount { total: 0, strings: Vec::new(), years: None });
        }
        let mut strings = Vec::new();
        for field in FIELDS {
            let column = segment.fast_fields().str(field)?;
            let values = column.as_ref().map_or(0, |column| column.num_terms());
            strings.push(StringCount { column, by_ordinal: vec![0; values], values: Vec::new() });
        }
        let years = segment.fast_fields().column_opt::<i64>("first_public")?.and_then(|column| {
            let (first_day, last_day) = (column.min_value(), column.max_value());
            let days = last_day.checked_sub(first_day).filter(|days| (0..MAX_DAYS).contains(days))?;
            Some(YearCount { column, first_day, by_day: vec![0; days as usize + 1], values: Vec::new() })
        });
        Ok(SegmentCount { total: 0, strings, years })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<SegmentCounts>) -> tantivy::Result<(u64, Facets)> {
        let mut total = 0;
        let mut merged: Vec<HashMap<String, u64>> = vec![HashMap::new(); FIELDS.len() + 1];
        for segment in segments {
            total += segment.total;
            for (into, from) in merged.iter_mut().zip(segment.fields) {
                for (value, count) in from {
                    *into.entry(value).or_default() += count;
                }
            }
        }
        if !self.facets {
            return Ok((total, Facets::new()));
        }
        let names = FIELDS.iter().copied().chain([YEAR]);
        let facets = names.zip(merged).map(|(name, counts)| (name.to_owned(), ranked(name, counts))).collect();
        Ok((total, facets))
    }
}

/// The most frequent values first; years newest first.
fn ranked(name: &str, counts: HashMap<String, u64>) -> Vec<FacetCount> {
    let mut values: Vec<FacetCount> = counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    if name == YEAR {
        values.sort_by(|a, b| b.value.cmp(&a.value));
    } else {
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    }
    values.truncate(MAX_VALUES);
    values
}

impl SegmentCollector for SegmentCount {
    type Fruit = SegmentCounts;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.collect_block(&[doc]);
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.total += docs.len() as u64;
        for count in &mut self.strings {
            count.collect(docs);
        }
        if let Some(years) = &mut self.years {
            years.collect(docs);
        }
    }

    fn harvest(self) -> SegmentCounts {
        let mut fields: Vec<HashMap<String, u64>> = self.strings.into_iter().map(StringCount::harvest).collect();
        fields.push(self.years.map(YearCount::harvest).unwrap_or_default());
        SegmentCounts { total: self.total, fields }
    }
}

impl StringCount {
    fn collect(&mut self, docs: &[DocId]) {
        let Some(column) = &self.column else { return };
        let ordinals = column.ords();
        let mut add = |ordinal: u64| {
            if let Some(count) = self.by_ordinal.get_mut(ordinal as usize) {
                *count += 1;
            }
        };
        if ordinals.get_cardinality().is_multivalue() {
            for doc in docs {
                ordinals.values_for_doc(*doc).for_each(&mut add);
            }
        } else {
            self.values.clear();
            self.values.resize(docs.len(), None);
            ordinals.first_vals(docs, &mut self.values);
            self.values.iter().flatten().copied().for_each(add);
        }
    }

    fn harvest(self) -> HashMap<String, u64> {
        let mut counts = HashMap::new();
        let Some(column) = self.column else { return counts };
        for (ordinal, count) in self.by_ordinal.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let mut value = String::new();
            if matches!(column.ord_to_str(ordinal as u64, &mut value), Ok(true)) {
                counts.insert(value, count);
            }
        }
        counts
    }
}

impl YearCount {
    fn collect(&mut self, docs: &[DocId]) {
        self.values.clear();
        self.values.resize(docs.len(), None);
        self.column.first_vals(docs, &mut self.values);
        for day in self.values.iter().flatten() {
            if let Some(count) = self.by_day.get_mut((day - self.first_day) as usize) {
                *count += 1;
            }
        }
    }

    fn harvest(self) -> HashMap<String, u64> {
        let mut counts = HashMap::new();
        for (offset, count) in self.by_day.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let day = i32::try_from(self.first_day + offset as i64).ok();
            if let Some(date) = day.and_then(NaiveDate::from_num_days_from_ce_opt) {
                *counts.entry(date.year().to_string()).or_default() += count;
            }
        }
        counts
    }
}
