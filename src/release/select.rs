//! Which questions a release takes, and where each goes: from light candidates, so that all of them fit into memory.

use std::collections::BTreeMap;

use super::licence::Part;
use super::split::{Split, draw};

/// An accepted question of a usable work, as far as selection needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `QuestionId`'s bytes.
    pub id: [u8; 16],
    /// Row in the store.
    pub question: i64,
    /// Position of its work; works are in the order of their keys.
    pub work: u32,
    pub part: Part,
    /// Position of its topic among the strata; the last stratum is "none".
    pub stratum: u16,
    /// Why it is not released.
    pub held: Option<Held>,
    /// Whether it was in the release before.
    pub before: bool,
}

/// Why an accepted question stays out of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// Its licence allows no text, or no share-alike of its version.
    Licence,
    /// Its tier is below the least one released.
    Tier,
    /// A model always knows the answer.
    Trivial,
    /// A stage asked for a person's look.
    Review,
    /// Its evidence stands in a text that another took the place of, and it was not judged again yet.
    Superseded,
    /// Its evidence is a caption of something reproduced with permission.
    ThirdParty,
    /// Its paper is too new.
    Embargo,
    /// Its answer is of a type that is not asked for.
    AnswerType,
    /// A patch release takes nothing new.
    NotBefore,
    /// Its topic has more than its share.
    Alignment,
}

impl Held {
    pub fn as_str(self) -> &'static str {
        match self {
            Held::Licence => "licence",
            Held::Tier => "tier",
            Held::Trivial => "trivial",
            Held::Review => "review",
            Held::Superseded => "superseded",
            Held::ThirdParty => "third_party",
            Held::Embargo => "embargo",
            Held::AnswerType => "answer_type",
            Held::NotBefore => "not_before",
            Held::Alignment => "alignment",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Held::Licence => "the licence of the paper allows no text",
            Held::Tier => "tested less than this data set asks",
            Held::Trivial => "always answered without the passage",
            Held::Review => "a person should look first",
            Held::Superseded => "the paper has a newer text, against which it was not judged yet",
            Held::ThirdParty => "the evidence is a caption of something reproduced with permission",
            Held::Embargo => "the paper is newer than the slice that is released",
            Held::AnswerType => "its answer is of a type that is not asked for",
            Held::NotBefore => "new since the last release; a patch release takes nothing new",
            Held::Alignment => "its topic has more questions than its share of the literature",
        }
    }
}

/// Where a question goes.
pub type Place = (Part, Split);

/// Training rows to take of every part that is sampled, by stratum.
pub type Quotas = BTreeMap<Part, Vec<u64>>;

/// Whether a row is new, its draw, its position: the smaller is taken first.
type Rank = (bool, f64, usize);

/// The candidates with their places, before sampling.
#[derive(Debug)]
pub struct Pool {
    candidates: Vec<Candidate>,
    /// Of each candidate.
    places: Vec<Option<Place>>,
    n_strata: usize,
    held: BTreeMap<Held, u64>,
}

/// What a release takes.
#[derive(Debug, Default)]
pub struct Selection {
    /// By place, in the order of work and id.
    pub places: BTreeMap<Place, Vec<Candidate>>,
    /// Accepted questions that stay out, by reason.
    pub held: BTreeMap<Held, u64>,
}

impl Selection {
    pub fn n_rows(&self) -> u64 {
        self.places.values().map(|rows| rows.len() as u64).sum()
    }
}

impl Pool {
    /// `splits`: of every work; `n_strata`: topics and "none".
    pub fn new(candidates: Vec<Candidate>, splits: &[Option<Split>], n_strata: usize) -> Self {
        let mut held = BTreeMap::new();
        let places = candidates
            .iter()
            .map(|candidate| {
                let split = splits.get(candidate.work as usize).copied().flatten();
                let reason = candidate.held.or(split.is_none().then_some(Held::Embargo));
                if let Some(reason) = reason {
                    *held.entry(reason).or_default() += 1;
                    return None;
                }
                Some((candidate.part, split?))
            })
            .collect();
        Pool { candidates, places, n_strata, held }
    }

    /// Training rows of a part by stratum: what alignment samples from.
    pub fn available(&self, part: Part) -> Vec<u64> {
        let mut counts = vec![0; self.n_strata];
        for (candidate, place) in self.candidates.iter().zip(&self.places) {
            if *place == Some((part, Split::Train))
                && let Some(count) = counts.get_mut(usize::from(candidate.stratum))
            {
                *count += 1;
            }
        }
        counts
    }

    /// Takes of every part's training rows as many as its quotas say, by stratum: those of the release before first, then by draw.
    /// A part without quotas is taken whole, as are validation and future.
    pub fn choose(self, quotas: &Quotas, seed: u64) -> Selection {
        let Pool { candidates, places, mut held, .. } = self;
        let mut ranked: BTreeMap<(Part, u16), Vec<Rank>> = BTreeMap::new();
        for (at, (candidate, place)) in candidates.iter().zip(&places).enumerate() {
            if let Some((part, Split::Train)) = place
                && quotas.contains_key(part)
            {
                let rank = (!candidate.before, draw(seed, "alignment", &candidate.id), at);
                ranked.entry((*part, candidate.stratum)).or_default().push(rank);
            }
        }
        let mut left_out = vec![false; candidates.len()];
        for ((part, stratum), mut rows) in ranked {
            let quota = quotas.get(&part).and_then(|quotas| quotas.get(usize::from(stratum))).copied().unwrap_or(0);
            rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
            for (_, _, at) in rows.iter().skip(usize::try_from(quota).unwrap_or(usize::MAX)) {
                left_out[*at] = true;
            }
        }
        let mut chosen: BTreeMap<Place, Vec<Candidate>> = BTreeMap::new();
        for ((candidate, place), left_out) in candidates.into_iter().zip(places).zip(left_out) {
            match place {
                Some(_) if left_out => *held.entry(Held::Alignment).or_default() += 1,
                Some(place) => chosen.entry(place).or_default().push(candidate),
                None => {}
            }
        }
        for rows in chosen.values_mut() {
            rows.sort_by(|a, b| a.work.cmp(&b.work).then(a.id.cmp(&b.id)));
        }
        Selection { places: chosen, held }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(n: u64, work: u32, stratum: u16) -> Candidate {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        Candidate { id, question: n as i64, work, part: Part::Open, stratum, held: None, before: false }
    }

    #[test]
    fn what_stays_out_is_counted_by_reason() {
        let mut candidates: Vec<Candidate> = (0..10).map(|n| candidate(n, n as u32 % 3, 0)).collect();
        candidates[0].held = Some(Held::Licence);
        let splits = [Some(Split::Train), Some(Split::Validation), None];
        let pool = Pool::new(candidates, &splits, 2);
        assert_eq!(pool.available(Part::Open), [3, 0]);
        let selection = pool.choose(&BTreeMap::from([(Part::Open, vec![1, 0])]), 0);
        assert_eq!(selection.held, BTreeMap::from([(Held::Licence, 1), (Held::Embargo, 3), (Held::Alignment, 2)]));
        assert_eq!(selection.n_rows(), 4);
    }

    #[test]
    fn rows_of_the_release_before_stay_as_far_as_the_quota_goes() {
        let mut candidates: Vec<Candidate> = (0..100).map(|n| candidate(n, 0, 0)).collect();
        candidates.iter_mut().skip(40).step_by(2).for_each(|candidate| candidate.before = true);
        let pool = Pool::new(candidates, &[Some(Split::Train)], 1);
        let selection = pool.choose(&BTreeMap::from([(Part::Open, vec![35])]), 3);
        let rows = &selection.places[&(Part::Open, Split::Train)];
        assert_eq!((rows.len(), rows.iter().filter(|row| row.before).count()), (35, 30));
    }

    proptest! {
        /// The order in which the store gives candidates does not matter.
        #[test]
        fn selection_follows_from_the_candidates_alone(
            strata in prop::collection::vec(0_u16..4, 1..200),
            seed in any::<u64>(),
            turn in 0_usize..200,
        ) {
            let mut candidates: Vec<Candidate> =
                strata.iter().enumerate().map(|(n, stratum)| candidate(n as u64, n as u32 / 5, *stratum)).collect();
            let splits = vec![Some(Split::Train); 40];
            let quotas = BTreeMap::from([(Part::Open, vec![3, 10, 0, 40])]);
            let chosen = |candidates: Vec<Candidate>| {
                let selection = Pool::new(candidates, &splits, 4).choose(&quotas, seed);
                selection.places.get(&(Part::Open, Split::Train)).cloned().unwrap_or_default()
            };
            let first = chosen(candidates.clone());
            let n = candidates.len();
            candidates.rotate_left(turn % n);
            prop_assert_eq!(&first, &chosen(candidates));
            prop_assert!(first.iter().filter(|row| row.stratum == 0).count() <= 3);
            prop_assert!(first.iter().all(|row| row.stratum != 2));
        }
    }
}
