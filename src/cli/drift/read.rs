//! Labelled rows out of a CSV, plain or gzipped.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, Utc};

use crate::drift::detector::Config;
use crate::drift::explanation::Days;
use crate::drift::table::Row;
use crate::drift::{Overview, Table};
use crate::model::document::ContentLevel;
use crate::store::Store;
use crate::topic::Taxonomy;
use crate::worker::topics::{self, Labelled};

use super::super::settings::Settings;

/// Whose texts are read.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    None,
    All,
    /// Of the rows in these stretches. A file's are all read: it is read to the end anyway.
    Of(&'a [Days]),
}

/// Where rows come from.
#[derive(Debug, Clone, clap::Args)]
pub struct RowArgs {
    /// Labelled rows instead of the store's: a CSV (or .csv.gz) with a column date, one of topic, subjects, category or label, and perhaps source, level and count
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

impl RowArgs {
    pub fn taxonomy(&self) -> anyhow::Result<Option<Taxonomy>> {
        taxonomy(self.taxonomy.as_deref()).map(|taxonomy| (!self.plain_labels).then_some(taxonomy))
    }

    /// # Errors
    /// A file that can not be read or has no date or label column, a count that is no number; no store.
    pub fn read(&self, texts: Texts<'_>) -> anyhow::Result<Table> {
        let taxonomy = self.taxonomy()?;
        match &self.series {
            Some(path) => read(path, taxonomy.as_ref(), !matches!(texts, Texts::None)),
            None => self.read_store(taxonomy.as_ref(), texts),
        }
    }

    /// Judges the rows.
    ///
    /// # Errors
    /// As [`RowArgs::read`].
    pub fn overview(&self, config: Config) -> anyhow::Result<Overview> {
        let table = self.read(Texts::None)?;
        let trained = match self.series {
            Some(_) => Vec::new(),
            None => {
                let store = self.store()?;
                let end = self.as_of_end().unwrap_or_else(|| store.clock().now());
                topics::trained(&*store.read()?, end)?
            }
        };
        Ok(Overview::of(table, config, &trained)?)
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

    fn read_store(&self, taxonomy: Option<&Taxonomy>, texts: Texts<'_>) -> anyhow::Result<Table> {
        let store = self.store()?;
        let read = store.read()?;
        let mut table = topics::table(&read, taxonomy, self.as_of)?;
        let today = store.clock().today();
        let yesterday = today.pred_opt().unwrap_or(today);
        table.end_on(self.as_of.map_or(yesterday, |day| day.min(yesterday)));
        match texts {
            Texts::None => table.rows.clear(),
            Texts::All => topics::read_texts(&read, &mut table, &[(NaiveDate::MIN, NaiveDate::MAX)])?,
            Texts::Of(stretches) => topics::read_texts(&read, &mut table, stretches)?,
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
    let level_column = column(&["level", "content_level"]);
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
        let labels: Vec<&str> = field(Some(label_column)).split(';').collect();
        let (date, level) = (field(Some(date_column)), ContentLevel::from_name(field(level_column)));
        let counted = Labelled { date, source, level, labels: &labels, n: n.into() };
        if let Some(date) = topics::count(&mut table, taxonomy, &counted)
            && keep_rows
        {
            let text: Vec<&str> = text_columns.iter().map(|column| field(Some(*column))).collect();
            let (id, title) = (field(id_column).to_owned(), field(title_column).to_owned());
            let (source, topics) = (source.to_owned(), topics::topics_of(&labels, taxonomy));
            table.rows.push(Row { date, source, topics, id, title, text: text.join(" . ") });
        }
    }
    if table.series.span().is_none() {
        bail!("{}: no row with a date", path.display());
    }
    Ok(table)
}
