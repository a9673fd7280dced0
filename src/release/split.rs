//! Which split a work goes to: a preprint and its article always to the same one, the newest works to none yet.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    Train,
    Validation,
    /// The slice that was newest one release ago.
    Future,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Future];

    pub fn as_str(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Future => "future",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Split::ALL.into_iter().find(|split| split.as_str() == name)
    }
}

/// The days between which the slices lie. A work counts by the first day it can have been public, with its preprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cuts {
    /// Works up to this day are for training and validation.
    pub settled: NaiveDate,
    /// Works after `settled` up to this day are the split `future`; later ones are held back.
    pub released: NaiveDate,
}

impl Cuts {
    /// Cuts for a release on `day` that holds back `future_days`. `before`: the `released` day of the release before.
    pub fn on(day: NaiveDate, future_days: u32, before: Option<NaiveDate>) -> Self {
        if future_days == 0 {
            return Cuts { settled: NaiveDate::MAX, released: NaiveDate::MAX };
        }
        let slice = Days::new(u64::from(future_days));
        let earlier = |day: NaiveDate| day.checked_sub_days(slice).unwrap_or(NaiveDate::MIN);
        let newest = earlier(day);
        match before {
            // A clock that went back, or a longer slice: nothing that was out is held back again.
            Some(before) if before < NaiveDate::MAX => Cuts { settled: before, released: newest.max(before) },
            // The first release, or one after a release that held nothing back.
            _ => Cuts { settled: earlier(newest), released: newest },
        }
    }
}

/// What is known of a work when it is split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Strongest identifier.
    pub key: String,
    /// First day on which it can have been public.
    pub first_public: Option<NaiveDate>,
    /// Split its questions were released in.
    pub before: Option<Split>,
}

/// The split of every work; `None` is held back until the next release. `ties`: pairs of positions that are one paper.
///
/// A family of works is drawn by `seed` and the smallest of its keys. What was released for training stays there, and so does what
/// was released for validation, unless it turns out to be one paper with something for training.
pub fn splits(
    works: &[Member],
    ties: &[(usize, usize)],
    cuts: Cuts,
    validation_share: f64,
    seed: u64,
) -> Vec<Option<Split>> {
    let families = families(works.len(), ties);
    let mut heads: HashMap<usize, Family<'_>> = HashMap::new();
    for (work, family) in works.iter().zip(&families) {
        let head = heads.entry(*family).or_insert(Family { key: &work.key, first_public: None, before: None });
        head.key = head.key.min(&work.key);
        head.first_public = [head.first_public, work.first_public].into_iter().flatten().min();
        let settled = work.before.filter(|split| *split != Split::Future);
        head.before = [head.before, settled].into_iter().flatten().min();
    }
    families.iter().map(|family| heads.get(family).and_then(|head| head.split(cuts, validation_share, seed))).collect()
}

struct Family<'a> {
    key: &'a str,
    first_public: Option<NaiveDate>,
    before: Option<Split>,
}

impl Family<'_> {
    fn split(&self, cuts: Cuts, validation_share: f64, seed: u64) -> Option<Split> {
        if self.before.is_some() {
            return self.before;
        }
        // Without a date nobody can say that a model has not seen it.
        match self.first_public {
            Some(day) if day > cuts.released => None,
            Some(day) if day > cuts.settled => Some(Split::Future),
            _ if draw(seed, "split", self.key.as_bytes()) < validation_share => Some(Split::Validation),
            _ => Some(Split::Train),
        }
    }
}

/// A number in `[0, 1)` that follows from its arguments alone.
pub fn draw(seed: u64, purpose: &str, of: &[u8]) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    hasher.update(&[0]);
    hasher.update(of);
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    // 53 bits, as many as a double holds exactly.
    (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
}

/// For every work the position of one member of its family, the same for all of them.
fn families(n: usize, ties: &[(usize, usize)]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..n).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (a, b) in ties {
        if *a < n && *b < n {
            let (a, b) = (root(&mut parent, *a), root(&mut parent, *b));
            parent[a.max(b)] = a.min(b);
        }
    }
    (0..n).map(|at| root(&mut parent, at)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn member(key: &str, date: &str, before: Option<Split>) -> Member {
        Member { key: key.to_owned(), first_public: date.parse().ok(), before }
    }

    #[test]
    fn the_newest_slice_waits_one_release_and_is_future_for_one() {
        let first = Cuts::on(day("2026-03-01"), 28, None);
        assert_eq!(first, Cuts { settled: day("2026-01-04"), released: day("2026-02-01") });
        let second = Cuts::on(day("2026-04-01"), 28, Some(first.released));
        assert_eq!(second, Cuts { settled: day("2026-02-01"), released: day("2026-03-04") });
        let at = |cuts, date: &str| splits(&[member("10.1/a", date, None)], &[], cuts, 0.0, 0)[0];
        assert_eq!(at(first, "2026-02-20"), None);
        assert_eq!(at(second, "2026-02-20"), Some(Split::Future));
        let third = Cuts::on(day("2026-05-01"), 28, Some(second.released));
        assert_eq!(at(third, "2026-02-20"), Some(Split::Train));
        assert_eq!(at(first, ""), Some(Split::Train), "a work without a date is not new");
        let none = Cuts::on(day("2026-03-01"), 0, None);
        assert_eq!(at(none, "2026-02-28"), Some(Split::Train));
        assert_eq!(Cuts::on(day("2026-03-01"), 28, Some(none.released)), first, "holding back can begin again");
        let back = Cuts::on(day("2026-01-01"), 28, Some(day("2026-02-01")));
        assert_eq!(back, Cuts { settled: day("2026-02-01"), released: day("2026-02-01") });
    }

    #[test]
    fn what_was_for_training_stays_there_with_its_family() {
        let cuts = Cuts::on(day("2026-03-01"), 28, None);
        let works = [
            member("10.1/preprint", "2025-01-01", Some(Split::Train)),
            member("10.1/article", "2026-02-27", None),
            member("10.1/other", "2025-01-01", Some(Split::Validation)),
        ];
        let split = |ties: &[(usize, usize)]| splits(&works, ties, cuts, 0.5, 0);
        assert_eq!(split(&[]), [Some(Split::Train), None, Some(Split::Validation)]);
        assert_eq!(split(&[(0, 1)]), [Some(Split::Train), Some(Split::Train), Some(Split::Validation)]);
        assert_eq!(split(&[(2, 1), (1, 0)]), [Some(Split::Train); 3]);
    }

    proptest! {
        #[test]
        fn families_never_straddle_and_shares_are_kept(
            n in 1_usize..300,
            ties in prop::collection::vec((0_usize..300, 0_usize..300), 0..100),
            share in 0.0_f64..0.5,
            seed in any::<u64>(),
        ) {
            let works: Vec<Member> = (0..n).map(|at| member(&format!("10.1/{at}"), "2020-01-01", None)).collect();
            let cuts = Cuts::on(day("2026-03-01"), 28, None);
            let split = splits(&works, &ties, cuts, share, seed);
            for (a, b) in &ties {
                if *a < n && *b < n {
                    prop_assert_eq!(split[*a], split[*b]);
                }
            }
            if ties.is_empty() && n > 200 {
                let n_validation = split.iter().filter(|s| **s == Some(Split::Validation)).count() as f64;
                prop_assert!((n_validation / n as f64 - share).abs() < 0.2, "{} of {}", n_validation, n);
            }
        }
    }
}
