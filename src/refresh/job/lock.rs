use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::Folder;
use crate::refresh::Error;

/// Held while this process trains; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// The processes that hold a job folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// `aludel train`; it may have ended, if an engine goes on without it.
    pub process: Option<i32>,
    pub engine: Option<i32>,
}

impl Lock {
    /// Notes the process group of an engine that holds the lock, too.
    pub(in crate::refresh) fn note_engine(&self, pid: u32) -> Result<(), Error> {
        use std::os::unix::fs::FileExt;
        let line = format!("{} {pid}\n", std::process::id());
        self.file.write_all_at(line.as_bytes(), 0).map_err(Error::io(Path::new("the job folder's lock")))
    }

    /// The same lock once more: it is held until all of them are gone.
    pub(in crate::refresh) fn share(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(Error::io(Path::new("the job folder's lock")))
    }
}

impl Folder {
    /// Takes the folder for training.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it.
    pub fn lock(&self) -> Result<Lock, Error> {
        let path = self.path().join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: self.path().to_owned() }),
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
        let written = file.set_len(0).and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes()));
        written.map_err(Error::io(&path))?;
        Ok(Lock { file })
    }

    /// Who trains here: a process, and the group of its engine, if it has one; `None` when nobody does.
    ///
    /// # Errors
    /// When the lock can not be read.
    pub fn holder(&self) -> Result<Option<Holder>, Error> {
        match self.lock() {
            Ok(_) => Ok(None),
            Err(Error::InUse { .. }) => {
                let path = self.path().join("lock");
                let mut text = String::new();
                File::open(&path)
                    .and_then(|file| file.take(100).read_to_string(&mut text))
                    .map_err(Error::io(&path))?;
                let mut pids = text.split_whitespace().map(|pid| pid.parse::<i32>().ok());
                Ok(Some(Holder { process: pids.next().flatten(), engine: pids.next().flatten() }))
            }
            Err(error) => Err(error),
        }
    }
}
