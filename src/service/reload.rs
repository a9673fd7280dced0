//! Notices that the configuration file changed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::Watcher;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Editors write in several steps; the file is read when it has been left alone for as long.
const SETTLE: Duration = Duration::from_millis(300);

/// Tells when a file was written, created or replaced.
pub struct FileWatch {
    changes: mpsc::Receiver<()>,
    /// When the last change counts as the last, if there was one.
    settled: Option<Instant>,
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
        Ok(FileWatch { changes, settled: None, _watcher: watcher })
    }

    /// Resolves after the next change, once the file has been left alone. Dropped before, it loses no change.
    pub async fn changed(&mut self) {
        loop {
            let settled = async {
                match self.settled {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = settled => {
                    self.settled = None;
                    return;
                }
                // The sender lives in the watcher, which lives in `self`.
                Some(()) = self.changes.recv() => self.settled = Some(Instant::now() + SETTLE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_not_lost_with_the_one_who_waited() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("aludel.toml");
        let mut watch = FileWatch::start(&file).unwrap();
        std::fs::write(&file, "x").unwrap();
        // As the service does: something else comes up while it waits.
        let mut turns = 0;
        while tokio::time::timeout(SETTLE / 10, watch.changed()).await.is_err() {
            turns += 1;
            assert!(turns < 1000, "the change was lost");
        }
    }
}
