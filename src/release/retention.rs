//! Which releases are kept on disk.

use std::collections::BTreeSet;

use super::Version;

/// The versions that go: all but the newest `keep` minor releases (each with its newest patch), the newest release of all, and
/// those in `pinned`. `keep` 0 keeps only the newest.
pub fn superfluous(versions: &[Version], pinned: &BTreeSet<Version>, keep: usize) -> Vec<Version> {
    let mut sorted = versions.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    let mut lines = BTreeSet::new();
    let mut kept = 0;
    sorted
        .into_iter()
        .filter(|version| {
            // The first of a line is its newest patch.
            let is_newest_patch = lines.insert((version.major, version.minor));
            let stays = is_newest_patch && kept < keep.max(1);
            kept += usize::from(stays);
            !stays && !pinned.contains(version)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_patch_of_the_newest_minors_stays() {
        let read = |texts: &[&str]| -> Vec<Version> { texts.iter().map(|text| text.parse().unwrap()).collect() };
        let all = read(&["1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.10.0", "1.10.1"]);
        let gone = |pinned: &[&str], keep| {
            let pinned = read(pinned).into_iter().collect();
            superfluous(&all, &pinned, keep).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(gone(&[], 2), "1.10.0 1.1.1 1.1.0 1.0.0");
        assert_eq!(gone(&["1.1.0"], 2), "1.10.0 1.1.1 1.0.0");
        assert_eq!(gone(&[], 0), "1.10.0 1.2.0 1.1.1 1.1.0 1.0.0");
        assert_eq!(gone(&[], 9), "1.10.0 1.1.0");
    }
}
