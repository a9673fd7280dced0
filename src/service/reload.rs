//! Notices that the configuration file changed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::Watcher;
use tokio::sync::mpsc;

/// Editors write in several steps; the file is read when it has been left alone for as long.
const SETTLE: Duration = Duration::from_millis(300);

/// Tells when a file was written, created or replaced.
pub struct FileWatch {
    changes: mpsc::Receiver<()>,
    _watcher: notify::RecommendedWatcher,
}

impl FileWatch {
    /// Watches the file's folder: a watch on the file itself follows its inode and is lost with the first atomic save.
    ///
    /// # Errors
    /// When the system does not watch the folder.
    pub fn start(file: &Path) -> Result<Self, notify::Error> {
        let (noticed, changes) = mpsc::channel(1);
        let name = file.file_name().map(OsStr::to_owned);
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            let Ok(event) = event else { return };
            if !event.kind.is_access() && event.paths.iter().any(|path| path.file_name().map(OsStr::to_owned) == name) {
                // Full means that a change is waiting to be noticed already.
                let _ = noticed.try_send(());
            }
        })?;
        watcher.watch(&folder, notify::RecursiveMode::NonRecursive)?;
        Ok(FileWatch { changes, _watcher: watcher })
    }

    /// Resolves after the next change, once the file has been left alone.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            // The sender lives in the watcher, which lives in `self`.
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLE, self.changes.recv()).await {}
    }
}
