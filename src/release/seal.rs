//! Rows to a folder: data files and exports while rows stream through, then everything that describes them, the manifest last.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::review::{Draw, Figures, protocol};

use super::card::Card;
use super::diff::{Diff, diff};
use super::export::{self, prompt, trl, verl};
use super::licence::{Part, Policy};
use super::manifest::{self, Entry, Hashed, Kind, Manifest};
use super::parquet::Table;
use super::read::TOMBSTONES;
use super::report::{Balance, Facts, Report};
use super::row::{Row, Work};
use super::select::Place;
use super::sign::{PUBLIC_KEY, Signer};
use super::{Error, Version, cells, changes, citation, croissant, grader, licence, schema};

/// Rows of a data file; more are split over several.
const ROWS_A_FILE: u64 = 500_000;

/// What a data set release is, before there is a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub name: String,
    pub version: Version,
    /// The release's time: all of its files are as of then.
    pub created: DateTime<Utc>,
    pub seed: u64,
    /// Why it is made: schedule, command, takedown.
    pub cause: String,
    pub previous: Option<Version>,
    pub publisher: String,
    /// Where rights holders can write to; may be empty.
    pub contact: String,
    /// Page of the releases; may be empty.
    pub url: String,
    /// Last day of works in train and validation, and in future; `None` without such a slice.
    pub settled: Option<String>,
    pub released: Option<String>,
    pub alpha: f64,
    pub validation_share: f64,
    /// Questions drawn for people to look at.
    pub audit_questions: usize,
}

/// Who wrote a paper, for the attribution table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credit {
    pub authors: Vec<String>,
    /// Copyright statement, verbatim.
    pub holder: Option<String>,
}

/// A release being built. Dropped, it leaves a partial folder that the next one sweeps away.
pub struct Sealer {
    folder: PathBuf,
    header: Header,
    files: Vec<Entry>,
    balance: Balance,
    draw: Draw,
    credits: csv::Writer<Hashed<BufWriter<File>>>,
    open: Option<Open>,
    last_work: String,
}

struct Open {
    place: Place,
    n_rows: u64,
    file: u64,
    table: Table,
    exports: Option<(Table, Table)>,
    index: u64,
}

impl Open {
    fn n_files(&self) -> u64 {
        self.n_rows.div_ceil(ROWS_A_FILE).max(1)
    }
}

const CREDITS: &str = "attribution.csv";
/// The random sample that people look at: a column `id`.
pub(super) const AUDIT: &str = "audit.csv";

impl Sealer {
    /// Begins in an empty folder, which [`super::publish::Root::begin`] makes.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn begin(folder: PathBuf, header: Header) -> Result<Self, Error> {
        let path = folder.join(CREDITS);
        let file = File::create_new(&path).map_err(Error::io(&path))?;
        let mut credits = csv::Writer::from_writer(Hashed::new(BufWriter::new(file)));
        let columns =
            ["work", "title", "authors", "venue", "first_public", "url", "licence", "licence_url", "rights_holder"];
        credits.write_record(columns).map_err(|error| Error::damaged(&path, error))?;
        let (files, balance) = (Vec::new(), Balance::default());
        let draw = Draw::new(header.seed, header.audit_questions);
        Ok(Sealer { folder, header, files, balance, draw, credits, open: None, last_work: String::new() })
    }

    /// Begins the rows of a part's split: as many as `n_rows`, those of one work together.
    ///
    /// # Errors
    /// When a file can not be made.
    pub fn place(&mut self, place: Place, n_rows: u64) -> Result<(), Error> {
        self.close_place()?;
        let table = self.table(place, 0, n_rows.div_ceil(ROWS_A_FILE).max(1))?;
        let exports = if place.0 == Part::Open {
            let path = |form: &str| self.folder.join(export_path(form, place));
            Some((Table::create(&path("trl"), trl::SCHEMA)?, Table::create(&path("verl"), verl::SCHEMA)?))
        } else {
            None
        };
        self.open = Some(Open { place, n_rows, file: 0, table, exports, index: 0 });
        Ok(())
    }

    fn table(&self, place: Place, file: u64, n_files: u64) -> Result<Table, Error> {
        Table::create(&self.folder.join(data_path(place, file, n_files)), schema::QUESTIONS)
    }

    /// Adds a row to the place begun last.
    ///
    /// # Errors
    /// When a file can not be written.
    pub fn push(&mut self, row: &Row, credit: &Credit) -> Result<(), Error> {
        let is_new_work = self.last_work != row.work.key;
        if is_new_work {
            self.last_work.clone_from(&row.work.key);
            self.credit(row, credit)?;
        }
        let Some(mut open) = self.open.take() else {
            return Err(Error::damaged(&self.folder, "a row came before its place"));
        };
        self.balance.add(open.place, row, is_new_work);
        self.draw.offer(&row.id);
        if open.table.n_rows() == ROWS_A_FILE {
            let (place, n_files) = (open.place, open.n_files());
            let next = self.table(place, open.file + 1, n_files)?;
            let full = std::mem::replace(&mut open.table, next);
            self.files.push(full.finish(&data_path(place, open.file, n_files))?);
            open.file += 1;
        }
        open.table.push(|to| cells::fill(row, to))?;
        if let Some((trl, verl)) = &mut open.exports {
            let shown = prompt(row);
            trl.push(|to| trl::fill(row, &shown, to))?;
            let index = i64::try_from(open.index).unwrap_or(i64::MAX);
            verl.push(|to| verl::fill(row, &self.header.name, &shown, index, to))?;
        }
        open.index += 1;
        self.open = Some(open);
        Ok(())
    }

    fn credit(&mut self, row: &Row, credit: &Credit) -> Result<(), Error> {
        let authors = credit.authors.join("; ");
        let url = row.work.url().unwrap_or_default();
        let record = [
            row.work.key.as_str(),
            row.title.as_deref().unwrap_or_default(),
            &authors,
            row.venue.as_deref().unwrap_or_default(),
            row.first_public.as_deref().unwrap_or_default(),
            &url,
            &row.licence,
            row.licence_url.as_deref().unwrap_or_default(),
            credit.holder.as_deref().unwrap_or_default(),
        ];
        self.credits.write_record(record).map_err(|error| Error::damaged(&self.folder.join(CREDITS), error))
    }

    fn close_place(&mut self) -> Result<(), Error> {
        if let Some(open) = self.open.take() {
            let n_files = open.n_files();
            self.files.push(open.table.finish(&data_path(open.place, open.file, n_files))?);
            if let Some((trl, verl)) = open.exports {
                self.files.push(trl.finish(&export_path("trl", open.place))?);
                self.files.push(verl.finish(&export_path("verl", open.place))?);
            }
        }
        Ok(())
    }

    /// Writes the tombstones: what was released once and must not be used any more.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn tombstones(&mut self, rows: &[Row]) -> Result<(), Error> {
        self.close_place()?;
        if rows.is_empty() {
            return Ok(());
        }
        let name = format!("data/{TOMBSTONES}/tombstone-00000-of-00001.parquet");
        let mut table = Table::create(&self.folder.join(&name), schema::QUESTIONS)?;
        for row in rows {
            table.push(|to| cells::fill(row, to))?;
        }
        self.balance.tombstones = rows.len() as u64;
        self.files.push(table.finish(&name)?);
        Ok(())
    }

    /// The counts so far, for what is still to be said of them.
    pub fn balance_mut(&mut self) -> &mut Balance {
        &mut self.balance
    }

    /// Compares with the release in `previous`, describes, lists and signs.
    ///
    /// # Errors
    /// When a file can not be read or written.
    pub fn finish(mut self, facts: &Facts, previous: Option<&Path>, signer: &Signer) -> Result<Sealed, Error> {
        self.close_place()?;
        let path = self.folder.join(CREDITS);
        let sink = self.credits.into_inner().map_err(|error| Error::damaged(&path, error.to_string()))?;
        let (mut file, entry) = sink.finish(CREDITS);
        file.flush().map_err(Error::io(&path))?;
        file.get_ref().sync_all().map_err(Error::io(&path))?;
        self.files.push(entry);
        let (header, balance) = (&self.header, &self.balance);

        let figures = Figures {
            subject: format!("{} {}", header.name, header.version),
            balance: balance.for_review(),
            standing: facts.review.clone(),
        };
        let audit: String = ["id".to_owned()].into_iter().chain(self.draw.finish()).map(|id| id + "\n").collect();
        let changed = previous.map_or(Ok(None), |previous| compared(previous, &self.folder))?;
        let changed = changed.as_ref();
        let policy = Policy::embedded();
        let data: Vec<Entry> = self.files.iter().filter(|entry| entry.path.starts_with("data/")).cloned().collect();
        let card = Card { header, balance, facts, policy: &policy, diff: changed };
        let mut files: Vec<(String, Vec<u8>)> = vec![
            ("README.md".to_owned(), card.to_string().into_bytes()),
            ("LICENSES.md".to_owned(), licence::text(&policy, balance).into_bytes()),
            ("PROTOCOL.md".to_owned(), protocol::markdown(&figures).into_bytes()),
            (AUDIT.to_owned(), audit.into_bytes()),
            (
                "CHANGES.md".to_owned(),
                changes::text(&header.name, header.previous, header.version, balance.rows, changed).into_bytes(),
            ),
            ("changes.jsonl".to_owned(), changed.map(changes::lines).unwrap_or_default()),
            ("schema.json".to_owned(), pretty(&schema::description())),
            ("report.json".to_owned(), Report { balance, facts, interval_level: crate::interval::LEVEL }.to_bytes()),
            ("croissant.json".to_owned(), pretty(&croissant::describe(header, balance, &policy, &data)?)),
            ("CITATION.cff".to_owned(), citation::text(header).into_bytes()),
            ("grader.py".to_owned(), grader::SOURCE.as_bytes().to_vec()),
            (PUBLIC_KEY.to_owned(), signer.public_key()?.into_bytes()),
        ];
        files.extend(export::verifiers::files(&header.name, &header.version.to_string()));
        for (name, bytes) in files {
            self.files.push(write(&self.folder, &name, &bytes)?);
        }
        let more = summary(header, balance, changed);
        let manifest = Manifest::new(Kind::Dataset, &header.name, header.version, header.created, self.files, more);
        let diff = changed.cloned();
        Sealed::sign(self.folder, manifest, diff, signer)
    }
}

/// A release that is whole, and not yet where readers look.
#[derive(Debug)]
pub struct Sealed {
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// What differs from the release before; `None` when there was none to compare with.
    pub diff: Option<Diff>,
}

impl Sealed {
    /// Writes signature and manifest, and makes the folder durable.
    pub(super) fn sign(
        folder: PathBuf,
        manifest: Manifest,
        diff: Option<Diff>,
        signer: &Signer,
    ) -> Result<Self, Error> {
        let bytes = manifest.to_bytes();
        write(&folder, manifest::SIGNATURE, signer.sign(&manifest, &bytes)?.as_bytes())?;
        write(&folder, manifest::FILE, &bytes)?;
        super::publish::sync_folders(&folder)?;
        Ok(Sealed { folder, manifest, diff })
    }
}

/// What differs; `None` when the release before can not be read any more: the new one is no worse for it.
fn compared(previous: &Path, folder: &Path) -> Result<Option<Diff>, Error> {
    match diff(previous, folder) {
        Err(error) if error.path().is_some_and(|path| path.starts_with(previous)) => {
            tracing::warn!(%error, "the release before is damaged: what changed since is not listed");
            Ok(None)
        }
        other => other.map(Some),
    }
}

fn summary(header: &Header, balance: &Balance, diff: Option<&Diff>) -> Map<String, Value> {
    let value = json!({
        "schema": schema::MAJOR,
        "previous": header.previous,
        "cause": header.cause,
        "seed": header.seed,
        "works_until": header.settled,
        "future_until": header.released,
        "rows": balance.rows,
        "works": balance.works,
        "tombstones": balance.tombstones,
        "places": balance.places,
        "changes": diff.map(Diff::counts),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Writes a whole file durably.
pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<Entry, Error> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    let file = File::create_new(&path).map_err(Error::io(&path))?;
    let mut sink = Hashed::new(file);
    sink.write_all(bytes).map_err(Error::io(&path))?;
    let (file, entry) = sink.finish(name);
    file.sync_all().map_err(Error::io(&path))?;
    Ok(entry)
}

fn pretty(value: &Value) -> Vec<u8> {
    // Proof: a value is made of values.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn data_path((part, split): Place, file: u64, n_files: u64) -> String {
    format!("data/{}/{}-{file:05}-of-{n_files:05}.parquet", part.as_str(), split.as_str())
}

fn export_path(form: &str, (_, split): Place) -> String {
    format!("export/{form}/{}.parquet", split.as_str())
}

/// A row that says no more than that its question was taken back.
pub fn tombstone(id: String, work: Work, released_in: String, date: String, reason: String) -> Row {
    Row {
        id,
        work,
        version: 0,
        source: String::new(),
        title: None,
        venue: None,
        first_public: None,
        section: None,
        passage: None,
        evidence: Vec::new(),
        question: None,
        answer_type: None,
        answer: None,
        options: Vec::new(),
        topic: None,
        topic_probabilities: Vec::new(),
        generator: super::row::Generator::default(),
        verification: Vec::new(),
        tier: None,
        difficulty: None,
        licence: String::new(),
        licence_url: None,
        licence_received: None,
        attribution: String::new(),
        split: "tombstone".to_owned(),
        released_in,
        withdrawn: Some(super::row::Withdrawn { date, reason }),
        kind: None,
    }
}

/// A time as a release writes it.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
