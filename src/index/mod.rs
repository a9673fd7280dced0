//! Stored questions and passages in, ranked hits out: Tantivy, a copy of the store that can be thrown away.
//!
//! [`Index::open`] opens or creates the copy; [`Index::sequence`] says how much of the store's change log it holds, so
//! that the caller knows where to go on after a crash. A changed schema or a broken copy starts empty. What is true
//! about a question is not decided here: the caller hands over only what may be found.

mod facet;
mod filter;
mod parse;
mod query;
mod reader;
mod row;
mod schema;
mod snippet;
mod word;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::{IndexReader, ReloadPolicy, TantivyError};

pub use facet::{FacetCount, Facets};
pub use filter::{Filter, FilterError};
pub use reader::{Hit, Kind, Query, Results, Sort, Stats};
pub use row::{Change, EvidenceRow, PassageRow, QuestionRow, WorkRow};
pub use snippet::Snippet;
pub use writer::Batch;

use schema::Fields;

/// Settings of the search index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Memory the writer may fill before it writes a segment, MiB; 15 to 2048. Default 64.
    pub writer_memory_mib: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { writer_memory_mib: 64 }
    }
}

/// What went wrong in the index. Nothing is lost by it: the index is a copy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use the index folder {}: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("there is no index in {}: `aludel serve` or `aludel check --repair` builds it", path.display())]
    Missing { path: PathBuf },
    #[error("the index is being written by another process: stop it first, or ask it")]
    Locked,
    #[error("{what}: {source}; `aludel check --repair` rebuilds the index from the store")]
    Engine { what: &'static str, source: TantivyError },
    #[error("a record of the index is not readable: {0}; `aludel check --repair` rebuilds the index from the store")]
    Record(#[from] serde_json::Error),
}

fn engine(what: &'static str) -> impl Fn(TantivyError) -> Error {
    move |source| match source {
        TantivyError::LockFailure(..) => Error::Locked,
        source => Error::Engine { what, source },
    }
}

/// The search index: one writer, any number of searches.
pub struct Index {
    inner: tantivy::Index,
    fields: Fields,
    reader: IndexReader,
    /// Kept for counting facets from search to search.
    kept: facet::Kept,
    writer: Mutex<Option<tantivy::IndexWriter>>,
    config: Config,
    folder: Option<PathBuf>,
    discarded: Option<String>,
}

impl Index {
    /// Opens the index in `folder` for writing and searching, or starts an empty one.
    ///
    /// An index of another schema, or one that does not open, is removed: see [`Index::discarded`]. The writer's lock
    /// is taken by the first write.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(folder: &Path, config: &Config) -> Result<Self, Error> {
        let home = folder.join(schema::folder_name());
        let mut discarded = remove_other_schemas(folder)?;
        fs::create_dir_all(&home).map_err(|source| Error::Folder { path: home.clone(), source })?;
        let opened = match open_in(&home, true) {
            Ok(inner) => Index::of(inner, config, Some(home.clone())),
            Err(error) => Err(error),
        };
        let mut index = match opened {
            Err(Error::Engine { what, source }) => {
                discarded = Some(format!("{what}: {source}"));
                let again = |source| Error::Folder { path: home.clone(), source };
                fs::remove_dir_all(&home).map_err(again)?;
                fs::create_dir_all(&home).map_err(again)?;
                Index::of(open_in(&home, true)?, config, Some(home.clone()))?
            }
            other => other?,
        };
        index.discarded = discarded;
        Ok(index)
    }

    /// Opens an existing index for searching only, beside whatever process writes it.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none of this program's schema; otherwise when it does not open.
    pub fn open_existing(folder: &Path) -> Result<Self, Error> {
        let home = folder.join(schema::folder_name());
        if !home.join("meta.json").is_file() {
            return Err(Error::Missing { path: folder.to_owned() });
        }
        Index::of(open_in(&home, false)?, &Config::default(), Some(home))
    }

    /// An index in memory, for tests and short commands.
    ///
    /// # Errors
    /// When the engine refuses to start.
    pub fn in_memory() -> Result<Self, Error> {
        let (schema, _) = schema::build();
        Index::of(tantivy::Index::create_in_ram(schema), &Config::default(), None)
    }

    fn of(mut inner: tantivy::Index, config: &Config, folder: Option<PathBuf>) -> Result<Self, Error> {
        schema::register(&mut inner);
        let (_, fields) = schema::build();
        let reader = inner
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(engine("cannot read the index"))?;
        let config = config.clone();
        let kept = facet::Kept::default();
        Ok(Index { inner, fields, reader, kept, writer: Mutex::new(None), config, folder, discarded: None })
    }

    /// Why an earlier index was thrown away when this one was opened; the caller fills it from the store.
    pub fn discarded(&self) -> Option<&str> {
        self.discarded.as_deref()
    }

    /// Where the index lies; `None` in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The store sequence of the last commit; `None` when nothing was ever committed, so that all has to be filled in.
    ///
    /// # Errors
    /// When the index's own list of segments is not readable.
    pub fn sequence(&self) -> Result<Option<u64>, Error> {
        let meta = self.inner.load_metas().map_err(engine("cannot read the index's segment list"))?;
        Ok(meta.payload.as_deref().and_then(|payload| payload.parse().ok()))
    }

    /// Files whose bytes are not what was written, as paths inside [`Index::folder`]; empty when all is well.
    ///
    /// # Errors
    /// When a file cannot be read at all.
    pub fn damaged_files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut damaged: Vec<PathBuf> =
            self.inner.validate_checksum().map_err(engine("cannot check the index's files"))?.into_iter().collect();
        damaged.sort();
        Ok(damaged)
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn open_in(home: &Path, create: bool) -> Result<tantivy::Index, Error> {
    let directory = MmapDirectory::open(home).map_err(|error| engine("cannot open the index folder")(error.into()))?;
    if create {
        let (schema, _) = schema::build();
        tantivy::Index::open_or_create(directory, schema).map_err(engine("cannot open the index"))
    } else {
        tantivy::Index::open(directory).map_err(engine("cannot open the index"))
    }
}

/// Removes the folders of other schemas; says so when there was one.
fn remove_other_schemas(folder: &Path) -> Result<Option<String>, Error> {
    let fault = |source| Error::Folder { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(fault)?;
    let mut removed = None;
    for entry in fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(schema::FOLDER_PREFIX) && name != schema::folder_name() {
            fs::remove_dir_all(entry.path()).map_err(|source| Error::Folder { path: entry.path(), source })?;
            removed = Some(format!("its schema {name} is not this program's {}", schema::folder_name()));
        }
    }
    Ok(removed)
}
