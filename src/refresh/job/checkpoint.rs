use std::path::{Path, PathBuf};

use crate::refresh::Error;

const PARTIAL: &str = ".partial";

/// A whole checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The step after which it was taken.
    pub step: u64,
    pub path: PathBuf,
}

/// The whole checkpoints in `folder`, oldest first.
pub(super) fn list(folder: &Path) -> Result<Vec<Checkpoint>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder)(error)),
    };
    let mut checkpoints = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io(folder))?;
        let step = entry.file_name().to_str().and_then(|name| name.strip_prefix("step-")?.parse().ok());
        if let Some(step) = step.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            checkpoints.push(Checkpoint { step, path: entry.path() });
        }
    }
    checkpoints.sort_by_key(|checkpoint| checkpoint.step);
    Ok(checkpoints)
}

/// An empty folder to fill; what was left in it by a run that was killed is gone.
pub(super) fn begin(folder: &Path) -> Result<PathBuf, Error> {
    let partial = folder.join(PARTIAL);
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(Error::io(&partial))?;
    }
    std::fs::create_dir_all(&partial).map_err(Error::io(&partial))?;
    Ok(partial)
}

/// Takes what [`begin`] gave off the disk, so that there is room for a word about what happened.
pub(super) fn abandon(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder.join(PARTIAL));
}

/// Makes what [`begin`] gave durable and puts it in place; drops all but the newest `keep`.
pub(super) fn commit(folder: &Path, step: u64, keep: u32) -> Result<Checkpoint, Error> {
    let partial = folder.join(PARTIAL);
    for entry in std::fs::read_dir(&partial).map_err(Error::io(&partial))? {
        let path = entry.map_err(Error::io(&partial))?.path();
        super::folder::sync(&path)?;
    }
    super::folder::sync(&partial)?;
    let path = folder.join(format!("step-{step}"));
    if path.exists() {
        std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
    }
    std::fs::rename(&partial, &path).map_err(Error::io(&path))?;
    super::folder::sync(folder)?;
    let all = list(folder)?;
    for old in &all[..all.len().saturating_sub(keep.max(1) as usize)] {
        std::fs::remove_dir_all(&old.path).map_err(Error::io(&old.path))?;
    }
    Ok(Checkpoint { step, path })
}
