//! Where topics, the detector's tables and the store meet: rows with their labels out of the store, counted by the taxonomy.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::drift::explanation::Days;
use crate::drift::table::{Entry, Row};
use crate::drift::{Label, Table, Trained};
use crate::model::document::ContentLevel;
use crate::model::status::RefreshStatus;
use crate::store::labelled::LabelledWork;
use crate::store::refresh::Refresh;
use crate::store::{self, Rows};
use crate::topic::{Assigned, Taxonomy, classifier};

/// How works without a label of their own get a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// When a new classifier is trained, a crontab line. Default `0 3 1 * *`: monthly.
    pub train: String,
    /// Labelled texts that training takes at least. Default 500.
    pub least_texts: usize,
    /// And at most, the newest ones. Default 20000.
    pub most_texts: usize,
    pub classifier: classifier::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            train: "0 3 1 * *".to_owned(),
            least_texts: 500,
            most_texts: 20_000,
            classifier: classifier::Config::default(),
        }
    }
}

/// Bytes of title and abstract that are read of a work.
pub const MOST_TEXT_BYTES: usize = 6000;

/// A row as an archive gives it.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    pub date: &'a str,
    pub source: &'a str,
    pub level: Option<ContentLevel>,
    pub labels: &'a [&'a str],
    /// How many rows it stands for.
    pub n: u64,
}

/// Counts a row under the topic that its labels mean; without a taxonomy the first label is the topic. Gives its date, unless it is not
/// known.
pub fn count(table: &mut Table, taxonomy: Option<&Taxonomy>, row: &Labelled<'_>) -> Option<NaiveDate> {
    let mut labels = row.labels.iter().map(|label| label.trim()).filter(|label| !label.is_empty());
    let label = match taxonomy {
        None => labels.next().map_or(Label::Unlabelled, Label::Topic),
        Some(taxonomy) => match taxonomy.assign(labels) {
            Assigned::Topic(id) => Label::Topic(id),
            Assigned::Unlabelled => Label::Unlabelled,
            Assigned::Unknown(label) => {
                *table.unknown_labels.entry(label.to_owned()).or_default() += row.n;
                Label::Unknown
            }
        },
    };
    let date = table.add(&Entry { date: row.date, source: row.source, level: row.level, label, n: row.n })?;
    for label in row.labels.iter().filter(|label| taxonomy.is_some_and(|taxonomy| taxonomy.is_past(label, date))) {
        *table.past_labels.entry(label.trim().to_owned()).or_default() += row.n;
    }
    Some(date)
}

/// The ids of all topics that the labels mean, each once; without a taxonomy the labels themselves.
pub fn topics_of(labels: &[&str], taxonomy: Option<&Taxonomy>) -> Vec<String> {
    match taxonomy {
        Some(taxonomy) => taxonomy.topics_of(labels.iter().copied()).into_iter().map(str::to_owned).collect(),
        None => {
            let mut own: Vec<String> = Vec::new();
            for label in labels.iter().map(|label| label.trim()).filter(|label| !label.is_empty()) {
                if !own.iter().any(|known| known == label) {
                    own.push(label.to_owned());
                }
            }
            own
        }
    }
}

/// Every work of the store, counted, as it was known at the end of the day `as_of`; the rows are kept without their texts.
///
/// An archive that labels most of its works is counted by its own labels, and a missing one is missing. What an archive without labels
/// gives is counted by the classifier's topics, those it was not sure of as unlabelled: so each source is labelled by one side, and more or
/// fewer labels are no shift of topics.
///
/// # Errors
/// When the store can not be read.
pub fn table(rows: &Rows, taxonomy: Option<&Taxonomy>, as_of: Option<NaiveDate>) -> Result<Table, store::Error> {
    let works = rows.labelled_works(as_of)?;
    let by_classifier = without_labels(&works, taxonomy);
    let mut table = Table::default();
    for work in works {
        let labels: Vec<&str> = work.labels.iter().map(String::as_str).collect();
        let mut topics = topics_of(&labels, taxonomy);
        let (date, source, level) = (work.first_public.as_str(), work.source.as_str(), Some(work.level));
        let date = match &work.classified {
            Some(topic) if topics.is_empty() && by_classifier.contains(source) => {
                let label = topic.as_deref().map_or(Label::Unlabelled, Label::Topic);
                table.add(&Entry { date, source, level, label, n: 1 })
            }
            _ => count(&mut table, taxonomy, &Labelled { date, source, level, labels: &labels, n: 1 }),
        };
        if topics.is_empty() && by_classifier.contains(source) {
            topics.extend(work.classified.flatten());
        }
        if let Some(date) = date {
            let (source, id, title) = (work.source, work.key, work.title);
            table.rows.push(Row { date, source, topics, id, title, text: String::new() });
        }
    }
    Ok(table)
}

/// The models that refreshes and rollbacks made the current one by `until`, each with the papers whose mix it was trained on.
///
/// # Errors
/// When the store can not be read.
pub fn trained(rows: &Rows, until: DateTime<Utc>) -> Result<Vec<Trained>, store::Error> {
    /// Rollbacks that are looked at.
    const MOST: usize = 1000;
    let promoted: Vec<Refresh> =
        rows.refreshes()?.into_iter().filter(|refresh| refresh.status == RefreshStatus::Promoted).collect();
    let since = |refresh: &Refresh, at: DateTime<Utc>| {
        let day = |key: &str| refresh.plan.as_ref()?[key].as_str()?.parse::<NaiveDate>().ok();
        Some((at, Trained { since: at.date_naive(), from: day("literature_from")?, to: day("cutoff")? }))
    };
    let mut all: Vec<(DateTime<Utc>, Trained)> =
        promoted.iter().filter_map(|refresh| since(refresh, refresh.ended_at?)).collect();
    for (at, model, version) in rows.audited("refresh_rolled_back", MOST)? {
        let was = |refresh: &&Refresh| refresh.model == model && refresh.version.as_deref() == Some(version.as_str());
        all.extend(promoted.iter().rev().find(was).and_then(|refresh| since(refresh, at)));
    }
    all.retain(|(at, _)| *at <= until);
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, trained)| trained).collect())
}

/// The sources of which fewer than half of the works have a label that is known.
fn without_labels(works: &[LabelledWork], taxonomy: Option<&Taxonomy>) -> BTreeSet<String> {
    let mut sources: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for work in works {
        let labels: Vec<&str> = work.labels.iter().map(String::as_str).collect();
        let counts = sources.entry(&work.source).or_default();
        counts.0 += u64::from(!topics_of(&labels, taxonomy).is_empty());
        counts.1 += 1;
    }
    sources.into_iter().filter(|(_, (own, all))| 2 * own < *all).map(|(source, _)| source.to_owned()).collect()
}

/// Reads title and abstract of the rows that lie in one of `stretches`.
///
/// # Errors
/// When the store can not be read.
pub fn read_texts(rows: &Rows, table: &mut Table, stretches: &[Days]) -> Result<(), store::Error> {
    let is_wanted = |date: NaiveDate| stretches.iter().any(|(from, to)| (*from..=*to).contains(&date));
    for row in table.rows.iter_mut().filter(|row| is_wanted(row.date)) {
        if let Some(work) = rows.find_work(&row.id)? {
            row.text = rows.short_text(work, MOST_TEXT_BYTES)?;
        }
    }
    Ok(())
}
