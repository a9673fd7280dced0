//! The truth: every value that survives a crash is a row in one SQLite file (WAL, one writer, short readers).
//!
//! In go deliveries, outcomes, jobs and checkpoints; out come the same as values. The search index and the releases are
//! copies that can be rebuilt from here; nothing in this room parses, drafts or judges.

mod error;
pub mod schema;
mod trial;
mod txn;
pub mod alike;
pub mod backup;
pub mod balance;
mod batch;
pub mod benchmark;
pub mod call;
pub mod change;
pub mod check;
pub mod checkpoint;
pub mod count;
pub mod data_dir;
pub mod delivery;
pub mod drift;
pub mod evaluation;
pub mod file;
mod identity;
pub mod job;
pub mod labelled;
pub mod outcome;
pub mod passage;
pub mod picture;
pub mod question;
mod record;
pub mod refresh;
pub mod release;
pub mod released;
pub mod review;
pub mod stage;
mod standing;
pub mod topic;
pub mod version;
pub mod work;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::clock::Clock;

pub use data_dir::DataDir;
pub use error::Error;
pub use schema::{Migration, migrations};
pub use txn::{ReadTxn, Rows, WriteTxn};

/// How long a writer waits for another process's write before [`Error::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers kept open between uses.
const IDLE_READERS: usize = 8;
/// The write-ahead log is folded into the file by SQLite itself beyond this many pages of 4 KiB.
const AUTO_CHECKPOINT_PAGES: i64 = 4000;

/// An open store; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    clock: Clock,
    /// `None` when opened for reading only.
    writer: Option<Mutex<Rows>>,
    readers: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.path).finish()
    }
}

impl Store {
    /// Opens the store file at `path`, creates it when absent, and brings an older schema up to date.
    ///
    /// # Errors
    /// [`Error::NewerSchema`] when a newer program wrote it, [`Error::Busy`] when another process holds it, [`Error::Open`]
    /// when it can not be opened or is no SQLite file.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, Error> {
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::refuse_newer(&writer, path)?;
        let opened = |source| Error::opening(path, source);
        let mode: String = writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(opened)?;
        if mode != "wal" {
            return Err(Error::NotWal { path: path.to_owned(), mode });
        }
        schema::migrate(&mut writer)?;
        Ok(Store::assemble(path, clock, Some(writer)))
    }

    /// Opens an existing store for reading, beside a process that may be writing to it.
    ///
    /// # Errors
    /// [`Error::Open`] when there is none, [`Error::NewerSchema`] and [`Error::OlderSchema`] when it is not this program's.
    pub fn open_read(path: &Path, clock: Clock) -> Result<Self, Error> {
        let reader = connect_reader(path)?;
        schema::refuse_newer(&reader, path)?;
        schema::refuse_older(&reader, path)?;
        let store = Store::assemble(path, clock, None);
        store.give_back(reader);
        Ok(store)
    }

    fn assemble(path: &Path, clock: Clock, writer: Option<Connection>) -> Self {
        let writer = writer.map(|connection| Mutex::new(Rows::new(connection)));
        Store(Arc::new(Inner { path: path.to_owned(), clock, writer, readers: Mutex::default() }))
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A picture of the store that does not change until it is dropped. Keep it short: it holds back the log's folding.
    ///
    /// # Errors
    /// When the file can not be read.
    pub fn read(&self) -> Result<ReadTxn, Error> {
        let idle = lock(&self.0.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect_reader(&self.0.path)?,
        };
        ReadTxn::begin(self.clone(), connection)
    }

    /// The one writing transaction; waits for the one before. Nothing is kept without [`WriteTxn::commit`].
    ///
    /// # Errors
    /// [`Error::ReadOnly`] on a store opened with [`Store::open_read`]; [`Error::Busy`] when another process writes for long.
    pub fn write(&self) -> Result<WriteTxn<'_>, Error> {
        let writer = self.0.writer.as_ref().ok_or_else(|| Error::ReadOnly { path: self.0.path.clone() })?;
        WriteTxn::begin(lock(writer), self.0.clock.clone())
    }

    /// Folds the write-ahead log into the file and truncates it; for idle moments. Does nothing while readers are open.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn fold_log(&self) -> Result<(), Error> {
        if let Some(writer) = &self.0.writer {
            lock(writer).find("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    fn give_back(&self, connection: Connection) {
        let mut readers = lock(&self.0.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
    }
}

/// A poisoned lock only says that a thread panicked; its transaction was rolled back when it unwound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect_reader(path: &Path) -> Result<Connection, Error> {
    let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match reader.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)) {
        Ok(_) => Ok(reader),
        Err(error) => {
            // A log-mode file in a folder without write permission opens only when it is promised not to change.
            let no_log = !schema::sibling(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
            if no_log && error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) {
                let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                let uri = format!("file:{escaped}?immutable=1");
                return connect(Path::new(&uri), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI);
            }
            Err(Error::opening(path, error))
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let opened = |source| Error::opening(path, source);
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(opened)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(opened)?;
    connection.set_prepared_statement_cache_capacity(128);
    // These are the connection's, not the file's: they have to be set every time.
    connection.pragma_update(None, "synchronous", "FULL").map_err(opened)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(opened)?;
    connection.pragma_update(None, "wal_autocheckpoint", AUTO_CHECKPOINT_PAGES).map_err(opened)?;
    connection.pragma_update(None, "cache_size", -16_000).map_err(opened)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(opened)?;
    Ok(connection)
}
