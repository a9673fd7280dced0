//! Labelled rows out of a CSV, plain or gzipped.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, Utc};

use crate::drift::detector::Config;
use crate::drift::{Label, Series};
use crate::store::Store;
use crate::topic::{Assigned, Taxonomy, fold};

use super::super::settings::Settings;

/// Where rows come from.
#[derive(Debug, Clone, clap::Args)]
pub struct RowArgs {
    /// Labelled rows instead of the store's: a CSV (or .csv.gz) with a column date, one of topic, subjects, category or label, and perhaps source and count
    #[arg(long, value_name = "CSV")]
    series: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// What the store knew at the end of this day
    #[arg(long, value_name = "DATE", conflicts_with = "series")]
    as_of: Option<NaiveDate>,
    /// Other topics than the program's own
    #[arg(long, value_name = "FILE")]
    taxonomy: Option<PathBuf>,
    /// Take labels for topics as they are
    #[arg(long, conflicts_with = "taxonomy")]
    plain_labels: bool,
}

/// One row with a date.
pub struct Row {
    pub date: NaiveDate,
    /// Of all its known labels, each once, in their order.
    pub topics: Vec<String>,
    /// DOI or other identifier, title, and all text there is; empty where the table has none.
    pub id: String,
    pub title: String,
    pub text: String,
}

/// A table, counted.
#[derive(Default)]
pub struct Table {
    pub series: Series,
    /// Only when they were asked for.
    pub rows: Vec<Row>,
    pub n_rows: u64,
    /// Rows whose date is not known to the day; a date known to the month counts as its first day.
    pub n_undated: u64,
    pub n_by_month: u64,
    pub unknown_labels: BTreeMap<String, u64>,
    /// Labels that were used after they had been given up, with the rows.
    pub past_labels: BTreeMap<String, u64>,
}

impl RowArgs {
    pub fn taxonomy(&self) -> anyhow::Result<Option<Taxonomy>> {
        taxonomy(self.taxonomy.as_deref()).map(|taxonomy| (!self.plain_labels).then_some(taxonomy))
    }

    /// # Errors
    /// A file that can not be read or has no date or label column, a count that is no number; no store.
    pub fn read(&self, keep_rows: bool) -> anyhow::Result<Table> {
        let taxonomy = self.taxonomy()?;
        match &self.series {
            Some(path) => read(path, taxonomy.as_ref(), keep_rows),
            None => self.read_store(taxonomy.as_ref(), keep_rows),
        }
    }

    /// # Errors
    /// When there is no store, or it can not be read.
    pub fn store(&self) -> anyhow::Result<Store> {
        let config = self.settings.load()?;
        Ok(Store::open_read(&config.data_dir.store(), config.clock)?)
    }

    /// The end of the day that `--as-of` names.
    pub fn as_of_end(&self) -> Option<DateTime<Utc>> {
        self.as_of?.succ_opt()?.and_hms_opt(0, 0, 0).map(|end| end.and_utc() - chrono::TimeDelta::milliseconds(1))
    }

    fn read_store(&self, taxonomy: Option<&Taxonomy>, keep_rows: bool) -> anyhow::Result<Table> {
        let rows = self.store()?.read()?.labelled_works(self.as_of)?;
        let mut table = Table::default();
        let changes = Ended::of(taxonomy);
        for row in rows {
            let record = Record { labels: row.labels.iter().map(String::as_str).collect(), source: &row.source, n: 1 };
            if let Some(date) = table.count(&row.first_public, &record, taxonomy, &changes)
                && keep_rows
            {
                table.rows.push(Row {
                    date,
                    topics: topics_of(&record.labels, taxonomy),
                    id: row.key,
                    text: row.title.clone(),
                    title: row.title,
                });
            }
        }
        Ok(table)
    }
}

/// How the detector judges: the configuration, with what is said here.
#[derive(Debug, Clone, clap::Args)]
pub struct DetectorArgs {
    /// A calibrated detector, as `drift calibrate --write` makes it
    #[arg(long, value_name = "FILE")]
    detector: Option<PathBuf>,
    /// The first reference [default: the first full weeks]
    #[arg(long, value_name = "FROM..TO", value_parser = parse_days)]
    reference: Option<(NaiveDate, NaiveDate)>,
}

impl DetectorArgs {
    /// # Errors
    /// A configuration or file that can not be read or used.
    pub fn config(&self, rows: &RowArgs) -> anyhow::Result<Config> {
        let mut config = match &self.detector {
            None => rows.settings.load()?.drift,
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("can not read {}", path.display()))?;
                let calibration: crate::drift::calibrate::Calibration =
                    serde_json::from_str(&text).with_context(|| format!("{} is no detector", path.display()))?;
                calibration.config
            }
        };
        if let Some((from, to)) = self.reference {
            (config.reference_from, config.reference_to) = (Some(from), Some(to));
        }
        config.check()?;
        Ok(config)
    }
}

fn topics_of(labels: &[&str], taxonomy: Option<&Taxonomy>) -> Vec<String> {
    let mut topics = Vec::new();
    for label in labels.iter().map(|label| label.trim()).filter(|label| !label.is_empty()) {
        let topic = match taxonomy {
            None => Some(label),
            Some(taxonomy) => taxonomy.topic(label).map(|topic| topic.id.as_str()),
        };
        topics.extend(topic.map(str::to_owned).filter(|topic| !topics.contains(topic)));
    }
    topics
}

/// `FROM..TO`, both days included.
///
/// # Errors
/// In words, for clap.
pub fn parse_days(text: &str) -> Result<(NaiveDate, NaiveDate), String> {
    let parsed = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match parsed {
        Some((from, to)) if from <= to => Ok((from, to)),
        _ => Err(format!("{text:?}: expected two days in order, such as 2026-01-05..2026-06-28")),
    }
}

impl Table {
    pub fn n_unlabelled(&self) -> u64 {
        self.series.span().map_or(0, |(first, last)| self.series.window(first, last).n_unlabelled())
    }

    /// Counts a row; gives its date, unless it is not known.
    fn count(
        &mut self,
        date: &str,
        record: &Record<'_>,
        taxonomy: Option<&Taxonomy>,
        ended: &Ended,
    ) -> Option<NaiveDate> {
        self.n_rows += record.n;
        let date = match (date.parse::<NaiveDate>(), format!("{date}-01").parse::<NaiveDate>()) {
            (Ok(date), _) => date,
            (_, Ok(date)) => {
                self.n_by_month += record.n;
                date
            }
            _ => {
                self.n_undated += record.n;
                return None;
            }
        };
        let first = record.labels.iter().map(|label| label.trim()).find(|label| !label.is_empty());
        let label = match taxonomy {
            None => first.map_or(Label::Unlabelled, Label::Topic),
            Some(taxonomy) => match taxonomy.assign(record.labels.iter().copied()) {
                Assigned::Topic(id) => Label::Topic(id),
                Assigned::Unlabelled => Label::Unlabelled,
                Assigned::Unknown(label) => {
                    *self.unknown_labels.entry(label.to_owned()).or_default() += record.n;
                    Label::Unknown
                }
            },
        };
        for label in &record.labels {
            if ended.before(label, date) {
                *self.past_labels.entry(label.trim().to_owned()).or_default() += record.n;
            }
        }
        self.series.add(date, record.source, label, record.n);
        Some(date)
    }
}

struct Record<'a> {
    labels: Vec<&'a str>,
    source: &'a str,
    n: u64,
}

/// The last days of labels that were given up.
struct Ended(BTreeMap<String, NaiveDate>);

impl Ended {
    fn of(taxonomy: Option<&Taxonomy>) -> Self {
        let changes = taxonomy.iter().flat_map(|taxonomy| taxonomy.changes());
        Ended(changes.filter_map(|change| Some((fold(&change.label), change.until?))).collect())
    }

    fn before(&self, label: &str, date: NaiveDate) -> bool {
        !self.0.is_empty() && self.0.get(&fold(label)).is_some_and(|until| *until < date)
    }
}

/// The taxonomy in `path`, or the program's own.
pub fn taxonomy(path: Option<&Path>) -> anyhow::Result<Taxonomy> {
    let Some(path) = path else { return Ok(Taxonomy::embedded()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("can not read {}", path.display()))?;
    Taxonomy::parse(&text).with_context(|| format!("in {}", path.display()))
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = std::fs::File::open(path).with_context(|| format!("can not read {}", path.display()))?;
    let is_gzip = path.extension().is_some_and(|ending| ending == "gz");
    Ok(if is_gzip { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn read(path: &Path, taxonomy: Option<&Taxonomy>, keep_rows: bool) -> anyhow::Result<Table> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(open(path)?);
    let headers = reader.headers().with_context(|| format!("{}: no header line", path.display()))?.clone();
    let column = |names: &[&str]| {
        names.iter().find_map(|name| {
            headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case(name))
        })
    };
    let missing = |what: &str| {
        format!("{}: no column {what}; the header is {:?}", path.display(), headers.iter().collect::<Vec<_>>())
    };
    let date_column = column(&["date", "week"]).with_context(|| missing("`date`"))?;
    let label_column = column(&["topic", "subjects", "category", "label"]).with_context(|| missing("`topic`"))?;
    let (source_column, count_column) = (column(&["source"]), column(&["count"]));
    let id_column = column(&["id", "doi", "pmid", "pmcid"]);
    let title_column = column(&["title"]);
    let text_columns: Vec<usize> =
        [column(&["title"]), column(&["keywords"]), column(&["abstract"])].into_iter().flatten().collect();
    let ended = Ended::of(taxonomy);
    let mut table = Table::default();
    for (number, record) in reader.records().enumerate() {
        let place = || format!("{}, row {}", path.display(), number + 1);
        let record = record.with_context(place)?;
        let field = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default().trim();
        let n = match field(count_column) {
            "" => 1,
            text => text
                .parse::<u32>()
                .with_context(|| format!("{}: count is {text:?}, expected a whole number", place()))?,
        };
        let source = match field(source_column) {
            "" => "all",
            source => source,
        };
        let counted = Record { labels: field(Some(label_column)).split(';').collect(), source, n: n.into() };
        if let Some(date) = table.count(field(Some(date_column)), &counted, taxonomy, &ended)
            && keep_rows
        {
            let text: Vec<&str> = text_columns.iter().map(|column| field(Some(*column))).collect();
            let (id, title) = (field(id_column).to_owned(), field(title_column).to_owned());
            table.rows.push(Row {
                date,
                topics: topics_of(&counted.labels, taxonomy),
                id,
                title,
                text: text.join(" . "),
            });
        }
    }
    if table.series.span().is_none() {
        bail!("{}: no row with a date", path.display());
    }
    Ok(table)
}
