//! The folder a running program owns: the store, the index, the inbox, and a lock so that one process writes at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::Error;

/// Where everything lies inside the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Held while this process may write to the data directory; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl DataDir {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        DataDir(root.into())
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    pub fn store(&self) -> PathBuf {
        self.0.join("aludel.db")
    }

    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    pub fn inbox(&self) -> PathBuf {
        self.0.join("inbox")
    }

    pub fn releases(&self) -> PathBuf {
        self.0.join("releases")
    }

    pub fn refreshes(&self) -> PathBuf {
        self.0.join("refresh")
    }

    /// Creates the directory when absent and takes its lock.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process holds the lock; [`Error::Io`] when the directory can not be made or written.
    pub fn lock(&self) -> Result<Lock, Error> {
        let io = |what: &'static str, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { what, path, source }
        };
        std::fs::create_dir_all(&self.0).map_err(io("the data directory", &self.0))?;
        let path = self.0.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(io("the lock file", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The number is for the message only; a lock held without one is reported as well.
                let _ = (&mut file).take(20).read_to_string(&mut holder);
                return Err(Error::InUse { path: self.0.clone(), holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(Error::Io { what: "the lock file", path, source }),
        }
        let written = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        written.map_err(io("the lock file", &path))?;
        Ok(Lock { _file: file })
    }
}
