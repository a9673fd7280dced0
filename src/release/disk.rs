use std::path::Path;

use super::Error;

/// Bytes a row takes while a release is built, exports and all, when nothing better is known.
const BYTES_A_ROW: u64 = 3000;

/// Bytes that a release of so many rows may need. `previous`: bytes and rows of the release before.
pub fn expected_bytes(n_rows: u64, previous: Option<(u64, u64)>) -> u64 {
    let bytes_a_row = match previous {
        // Half as much again: texts differ.
        Some((bytes, rows)) if rows > 0 => (bytes / rows).saturating_mul(3) / 2,
        _ => BYTES_A_ROW,
    };
    n_rows.saturating_mul(bytes_a_row.max(200))
}

/// Refuses to begin a release that might fill the disk.
///
/// # Errors
/// [`Error::NoSpace`].
pub fn guard(root: &Path, bytes: u64, reserve_mib: u64) -> Result<(), Error> {
    // What describes a release takes some space whatever its rows take.
    let needed = bytes.saturating_add(1 << 20);
    let stat = rustix::fs::statvfs(root).map_err(|error| Error::io(root)(error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let reserve = reserve_mib << 20;
    if free.saturating_sub(reserve) < needed {
        let (needed_mib, free_mib) = (needed >> 20, free.saturating_sub(reserve) >> 20);
        return Err(Error::NoSpace { path: root.to_owned(), needed_mib, free_mib, reserve_mib });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_that_might_fill_the_disk_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        guard(folder.path(), 10, 0).unwrap();
        for (bytes, reserve) in [(u64::MAX, 0), (10, 1 << 40), (expected_bytes(10, Some((u64::MAX / 4, 1))), 0)] {
            let error = guard(folder.path(), bytes, reserve).unwrap_err();
            assert!(matches!(error, Error::NoSpace { .. }) && error.is_passing(), "{error}");
        }
    }
}
