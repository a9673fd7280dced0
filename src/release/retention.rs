//! Which releases are kept on disk.

use std::collections::BTreeSet;

use super::Version;

/// The versions that go: all but the newest `keep` minor releases with their patches, and those in `pinned`. `keep` 0 is 1.
pub fn superfluous(versions: &[Version], pinned: &BTreeSet<Version>, keep: usize) -> Vec<Version> {
    let lines: BTreeSet<(u32, u32)> = versions.iter().map(|version| (version.major, version.minor)).collect();
    let kept: BTreeSet<(u32, u32)> = lines.into_iter().rev().take(keep.max(1)).collect();
    let mut gone: Vec<Version> = versions
        .iter()
        .filter(|version| !kept.contains(&(version.major, version.minor)) && !pinned.contains(version))
        .copied()
        .collect();
    gone.sort_unstable();
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_minors_stay_with_their_patches() {
        let read = |texts: &[&str]| -> Vec<Version> { texts.iter().map(|text| text.parse().unwrap()).collect() };
        let all = read(&["1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.10.0", "1.10.1"]);
        let gone = |pinned: &[&str], keep| {
            let pinned = read(pinned).into_iter().collect();
            superfluous(&all, &pinned, keep).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(gone(&[], 2), "1.0.0 1.1.0 1.1.1");
        assert_eq!(gone(&["1.1.0"], 2), "1.0.0 1.1.1");
        assert_eq!(gone(&[], 0), "1.0.0 1.1.0 1.1.1 1.2.0");
        assert_eq!(gone(&[], 9), "");
    }
}
