//! The inbox folder: files that stand still become jobs, then move to `done/` or, with a reason beside them, to `failed/`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::queue::{self, Order};
use super::{Env, Error};

/// What a file looked like; it is taken when it looks the same twice.
type Look = (u64, Option<SystemTime>);

/// Files seen at the last scan.
#[derive(Debug, Default)]
pub struct Inbox {
    seen: BTreeMap<PathBuf, Look>,
}

impl Inbox {
    /// Looks through the folder (made when absent) and queues every file that has not changed since the last look. Returns how many
    /// are still changing.
    ///
    /// # Errors
    /// When the folder can not be read or the store not written.
    pub fn scan(&mut self, env: &Env) -> Result<usize, Error> {
        let folder = env.data_dir.inbox();
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let mut now = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            // Links are not followed: they may lead out of the folder.
            let Ok(meta) = path.symlink_metadata() else { continue };
            if meta.is_file() && !is_partial(&path) {
                now.insert(path, (meta.len(), meta.modified().ok()));
            }
        }
        let still: Vec<&PathBuf> =
            now.iter().filter(|(path, look)| self.seen.get(*path) == Some(look)).map(|(path, _)| path).collect();
        if !still.is_empty() {
            let mut txn = env.store.write()?;
            for path in &still {
                queue::enqueue(&mut txn, &Order::File { path: path.to_string_lossy().into_owned() })?;
            }
            txn.commit()?;
            env.wake();
        }
        let changing = now.len() - still.len();
        self.seen = now;
        Ok(changing)
    }
}

/// Names that programs give to files they are still writing.
fn is_partial(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.starts_with('.') || [".part", ".partial", ".tmp", ".crdownload", "~"].iter().any(|end| name.ends_with(end))
}

/// Moves a file that was taken in to `done/`.
///
/// # Errors
/// When it can not be moved.
pub fn finish(env: &Env, path: &Path) -> Result<(), Error> {
    move_into(&env.data_dir.inbox().join("done"), path).map(|_| ())
}

/// Moves a file that could not be taken in to `failed/`, with the reason in a file beside it.
///
/// # Errors
/// When it can not be moved.
pub fn park(env: &Env, path: &Path, reason: &str) -> Result<(), Error> {
    let to = move_into(&env.data_dir.inbox().join("failed"), path)?;
    let mut name = to.clone().into_os_string();
    name.push(".reason");
    std::fs::write(&name, format!("{reason}\n")).map_err(Error::io(to))
}

fn move_into(folder: &Path, path: &Path) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let name = sanitise(path.file_name().unwrap_or_default());
    let free = (0..10_000)
        .map(|n| folder.join(if n == 0 { name.clone() } else { format!("{n}-{name}") }))
        .find(|to| !to.exists());
    let to = free.unwrap_or_else(|| folder.join(&name));
    match std::fs::rename(path, &to) {
        // An earlier run of this job moved it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !path.exists() => Ok(to),
        Err(error) => Err(Error::io(path)(error)),
        Ok(()) => Ok(to),
    }
}

/// A name without control characters and path separators, of bounded length, whose end is kept.
fn sanitise(name: &OsStr) -> String {
    const MOST_CHARS: usize = 120;
    let clean: Vec<char> = name
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_control() || matches!(c, '/' | '\\' | '\u{fffd}') { '_' } else { c })
        .collect();
    let start = clean.len().saturating_sub(MOST_CHARS);
    let text: String = clean.iter().skip(start).collect();
    let text = text.trim_start_matches('.').to_owned();
    if text.is_empty() { "unnamed".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe() {
        for (given, expected) in
            [("a.xml", "a.xml"), ("..", "unnamed"), ("a\nb\\c.xml", "a_b_c.xml"), (".hidden", "hidden")]
        {
            assert_eq!(sanitise(OsStr::new(given)), expected);
        }
        assert_eq!(sanitise(OsStr::new(&("é".repeat(500) + ".xml"))).chars().count(), 120);
        assert!(is_partial(Path::new("x/a.xml.part")) && !is_partial(Path::new("x/a.xml")));
    }
}
