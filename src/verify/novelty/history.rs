//! The questions seen so far, in memory, and the ones among them that a new one repeats: all of them, found without comparing each.
//!
//! A question repeats another when one's words are among the other's, or when both lack little and the answers agree. So what is
//! looked for holds all of the new one's words, hence its rarest; or has none but those, hence its own rarest (its *sign*) is one of
//! them; or misses so few that it holds one of the new one's few rarest. Lists of the questions that hold a word answer all three,
//! and the lists of rare words are short: wording that thousands of questions share costs nothing.
//!
//! Source: prefix filtering, Chaudhuri, Ganti and Kaushik 2006 (ICDE), and Bayardo, Ma and Srikant 2007 (WWW); the sign is ours.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::model::id::QuestionId;
use crate::model::question::Likeness;

use super::fingerprint::Fingerprint;
use super::meaning::Meanings;
use super::posting::Posting;
use super::{Asked, MOST_ALIKE, Seen};

/// From which similarity on two questions with a word each of their own are one, their answers agreeing.
const TWO_SIDED: f64 = 0.85;
/// Lists are built anew when more than half of the questions in them are gone, and at least so many.
const MANY_GONE: usize = 4096;

/// The questions seen so far, in memory. Deterministic: the answer depends on the questions held, not on their order.
#[derive(Debug, Default)]
pub struct History {
    slots: Vec<Slot>,
    /// The words of all slots, one after the other.
    words: Vec<u32>,
    postings: HashMap<u32, Posting>,
    by_id: HashMap<[u8; 16], u32>,
    n_gone: usize,
    meanings: Option<Meanings>,
}

/// One question.
#[derive(Debug, Clone, Copy)]
struct Slot {
    id: [u8; 16],
    exact: u64,
    answer: u64,
    mask: u64,
    start: usize,
    n_words: u32,
    gone: bool,
}

/// What [`same`] compares.
struct View<'a> {
    exact: u64,
    answer: u64,
    /// A bit for each word.
    mask: u64,
    words: &'a [u32],
}

impl<'a> View<'a> {
    fn of(fingerprint: &'a Fingerprint) -> Self {
        let Fingerprint { exact, answer, words } = fingerprint;
        let mask = words.iter().fold(0, |mask, word| mask | 1 << (word & 63));
        View { exact: *exact, answer: *answer, mask, words }
    }
}

impl History {
    pub fn new() -> Self {
        Self::default()
    }

    /// One that looks for other words, too.
    pub fn with_meanings(meanings: Meanings) -> Self {
        History { meanings: Some(meanings), ..History::default() }
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Forgets a question (withdrawn, replaced). Returns whether it was held.
    pub fn remove(&mut self, id: &QuestionId) -> bool {
        if let Some(meanings) = &mut self.meanings {
            meanings.remove(id.to_bytes());
        }
        let Some(slot) = self.by_id.remove(&id.to_bytes()) else { return false };
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.gone = true;
            self.n_gone += 1;
        }
        if self.n_gone > MANY_GONE.max(self.slots.len() / 2) {
            let meanings = self.meanings.take();
            let old = std::mem::replace(self, History { meanings, ..History::default() });
            for slot in old.slots.iter().filter(|slot| !slot.gone) {
                self.insert(slot.id, &old.view(slot));
            }
        }
        true
    }

    fn view(&self, slot: &Slot) -> View<'_> {
        let words = self.words.get(slot.start..slot.start + slot.n_words as usize).unwrap_or_default();
        View { exact: slot.exact, answer: slot.answer, mask: slot.mask, words }
    }

    fn insert(&mut self, id: [u8; 16], view: &View<'_>) {
        // 2^32 questions would take a terabyte.
        let Ok(slot) = u32::try_from(self.slots.len()) else { return };
        let pseudo = [pseudo_word(view.exact)];
        let listed = if view.words.is_empty() { &pseudo } else { view.words };
        let n_held = |word: &u32| self.postings.get(word).map_or(0, |posting| posting.slots().len());
        let sign = listed.iter().copied().min_by_key(|word| (n_held(word), *word));
        for word in listed {
            let signs = Some(*word) == sign;
            self.postings
                .entry(*word)
                .and_modify(|posting| posting.push(slot, signs))
                .or_insert_with(|| Posting::new(slot, signs));
        }
        let (start, n_words) = (self.words.len(), u32::try_from(view.words.len()).unwrap_or(u32::MAX));
        self.words.extend_from_slice(view.words);
        let View { exact, answer, mask, words: _ } = *view;
        self.slots.push(Slot { id, exact, answer, mask, start, n_words, gone: false });
        self.by_id.insert(id, slot);
    }

    /// The slots of every question that [`same`] may call the same as `asked`, some others among them.
    fn candidates(&self, asked: &View<'_>, near: f64) -> Vec<u32> {
        if asked.words.is_empty() {
            let held = self.postings.get(&pseudo_word(asked.exact));
            return held.map(|posting| posting.slots().to_vec()).unwrap_or_default();
        }
        let mut lists: Vec<Option<&Posting>> = asked.words.iter().map(|word| self.postings.get(word)).collect();
        let mut found: Vec<u32> = lists.iter().flatten().flat_map(|posting| posting.signed()).copied().collect();
        lists.sort_by_key(|posting| posting.map_or(0, |posting| posting.slots().len()));
        let mut rarest = lists.iter().map(|posting| posting.map_or([].as_slice(), Posting::slots));
        found.extend(rarest.next().into_iter().flatten());
        // Both lack a word: the common ones are at least this share of a union that is longer than either.
        let n = asked.words.len();
        let fewest = (near.max(TWO_SIDED) * (n as f64 + 1.0) - 1e-9).ceil() as usize;
        for slot in rarest.take(n.saturating_sub(fewest)).flatten() {
            if self.slots.get(*slot as usize).is_some_and(|held| held.answer == asked.answer) {
                found.push(*slot);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Seen for History {
    fn find(&self, asked: &Asked, own: &QuestionId, near: f64) -> Vec<Likeness> {
        let own = own.to_bytes();
        let meant =
            self.meanings.as_ref().zip(asked.meaning.as_ref()).map(|(meanings, asked)| meanings.find(asked, own));
        let asked = View::of(&asked.fingerprint);
        let mut alike = Vec::new();
        for slot in self.candidates(&asked, near) {
            let Some(held) = self.slots.get(slot as usize).filter(|held| !held.gone && held.id != own) else {
                continue;
            };
            if let Some(similarity) = same(&asked, &self.view(held), near) {
                let (id, same_answer) = (QuestionId::from_bytes(held.id), held.answer == asked.answer);
                alike.push(Likeness { id, same_answer, similarity, paraphrase: false });
            }
        }
        for likeness in meant.unwrap_or_default() {
            if alike.iter().all(|found| found.id != likeness.id) {
                alike.push(likeness);
            }
        }
        // Most similar first; the same answer before another; then by id, so that the order of entry does not matter.
        alike.sort_by(|a, b| {
            let key = |one: &Likeness| (one.similarity, one.same_answer);
            key(b).partial_cmp(&key(a)).unwrap_or(Ordering::Equal).then_with(|| b.id.as_str().cmp(a.id.as_str()))
        });
        alike.truncate(MOST_ALIKE);
        alike
    }

    fn add(&mut self, id: QuestionId, asked: Asked) {
        self.remove(&id);
        self.insert(id.to_bytes(), &View::of(&asked.fingerprint));
        if let Some((meanings, meaning)) = self.meanings.as_mut().zip(asked.meaning) {
            meanings.add(id.to_bytes(), &meaning);
        }
    }
}

/// What a question without words is listed under.
fn pseudo_word(exact: u64) -> u32 {
    (exact >> 32) as u32
}

/// The similarity of two questions that are the same; `None` when they are two.
fn same(a: &View<'_>, b: &View<'_>, near: f64) -> Option<f64> {
    if a.exact == b.exact {
        return Some(1.0);
    }
    let same_answer = a.answer == b.answer;
    // One that says no more than the other has no bit that the other lacks.
    if !same_answer && a.mask & !b.mask != 0 && b.mask & !a.mask != 0 {
        return None;
    }
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.words.get(i), b.words.get(j)) {
        match x.cmp(y) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let (only_a, only_b) = (a.words.len() - common, b.words.len() - common);
    let union = common + only_a + only_b;
    if union == 0 || common < 3 {
        return None;
    }
    let similarity = common as f64 / union as f64;
    // A word on each side that the other lacks is a swap of what is asked about, unless the answers agree as well.
    let one_sided = only_a == 0 || only_b == 0;
    let duplicate = similarity >= near && (one_sided || same_answer && similarity >= near.max(TWO_SIDED));
    duplicate.then_some(similarity)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::answer::AnswerSpec;

    fn term(value: &str) -> AnswerSpec {
        AnswerSpec::Term { value: value.to_owned(), synonyms: Vec::new() }
    }

    fn id(n: u32) -> QuestionId {
        QuestionId::of("work", &n.to_string(), "")
    }

    /// Compared by words alone.
    fn asked(fingerprint: Fingerprint) -> Asked {
        Asked { fingerprint, meaning: None }
    }

    fn load(rows: impl IntoIterator<Item = (QuestionId, Fingerprint)>) -> History {
        let mut history = History::new();
        rows.into_iter().for_each(|(id, fingerprint)| history.add(id, asked(fingerprint)));
        history
    }

    fn find(history: &History, question: &str, answer: &str) -> Option<bool> {
        history
            .find(&asked(Fingerprint::of(question, &term(answer))), &id(99), 0.8)
            .first()
            .map(|likeness| likeness.same_answer)
    }

    #[test]
    fn the_same_question_is_a_duplicate_or_a_conflict() {
        let mut history = History::new();
        let question = "Which kinase phosphorylates TAZ2 in zebrafish heart cells during cooling?";
        history.add(id(1), asked(Fingerprint::of(question, &term("TLK1"))));
        assert_eq!(
            find(&history, "Which kinase phosphorylates TAZ2 in zebrafish heart cells during cooling?", "TLK1"),
            Some(true)
        );
        assert_eq!(
            find(&history, "In zebrafish heart cells, which kinase phosphorylates TAZ2 during cooling?", "tlk-1"),
            Some(true)
        );
        assert_eq!(
            find(&history, "In zebrafish heart cells, which kinase phosphorylates TAZ2 during cooling?", "PKA"),
            Some(false)
        );
        assert_eq!(
            find(&history, "Which kinase phosphorylates TAZ3 in zebrafish heart cells during cooling?", "PKA"),
            None
        );
        assert_eq!(
            find(&history, "Which kinase phosphorylates TAZ2 in zebrafish liver cells during cooling?", "PKA"),
            None
        );
        assert!(history.remove(&id(1)));
        assert_eq!(
            find(&history, "Which kinase phosphorylates TAZ2 in zebrafish heart cells during cooling?", "TLK1"),
            None
        );
        assert!(history.is_empty());
    }

    #[test]
    fn a_history_is_the_same_in_any_order_of_entry() {
        let questions: Vec<String> = (0..40)
            .map(|n| format!("Which enzyme number {n} splits the sugar of the invented moss Bryum {n}?"))
            .collect();
        let rows = |rev: bool| {
            let mut rows: Vec<_> =
                questions.iter().enumerate().map(|(n, q)| (id(n as u32), Fingerprint::of(q, &term("x")))).collect();
            if rev {
                rows.reverse();
            }
            rows
        };
        let (a, b) = (load(rows(false)), load(rows(true)));
        for question in &questions {
            let fingerprint = asked(Fingerprint::of(question, &term("y")));
            assert_eq!(a.find(&fingerprint, &id(99), 0.8), b.find(&fingerprint, &id(99), 0.8));
            assert!(!a.find(&fingerprint, &id(99), 0.8).is_empty());
        }
    }

    #[test]
    fn forgetting_many_builds_the_lists_anew() {
        let fingerprint =
            |n: u32| Fingerprint::of(&format!("Which enzyme splits sugar number {n} of mosses?"), &term("x"));
        let mut history = load((0..10_000).map(|n| (id(n), fingerprint(n))));
        for n in 0..9_000 {
            assert!(history.remove(&id(n)));
        }
        assert!(history.slots.len() < 6_000, "{}", history.slots.len());
        assert_eq!(history.len(), 1_000);
        let own = id(20_000);
        assert!(history.find(&asked(fingerprint(5)), &own, 0.8).is_empty());
        let found = history.find(&asked(fingerprint(9_500)), &own, 0.8);
        assert_eq!(found.first().map(|likeness| likeness.id.clone()), Some(id(9_500)));
    }

    proptest! {
        /// Nothing that comparing every pair would find is missed, and nothing else is found.
        #[test]
        fn the_lists_miss_nothing(
            sets in prop::collection::vec((prop::collection::btree_set(0_u32..24, 0..22), 0_u64..3), 1..60),
            near in 0.5_f64..1.0,
        ) {
            let fingerprint = |(words, answer): &(std::collections::BTreeSet<u32>, u64)| {
                let words: Vec<u32> = words.iter().copied().collect();
                let exact = words.iter().fold(7_u64, |hash, word| hash.wrapping_mul(31).wrapping_add(u64::from(*word))) << 32;
                Fingerprint { exact, answer: *answer, words }
            };
            let all: Vec<Fingerprint> = sets.iter().map(fingerprint).collect();
            let mut history = History::new();
            for (n, one) in all.iter().enumerate() {
                history.add(id(n as u32), asked(one.clone()));
            }
            for (n, one) in all.iter().enumerate() {
                let mut expected: Vec<QuestionId> = all
                    .iter()
                    .enumerate()
                    .filter(|(m, other)| *m != n && same(&View::of(one), &View::of(other), near).is_some())
                    .map(|(m, _)| id(m as u32))
                    .collect();
                let found: Vec<QuestionId> =
                    history.find(&asked(one.clone()), &id(n as u32), near).into_iter().map(|likeness| likeness.id).collect();
                prop_assert_eq!(found.len(), expected.len().min(MOST_ALIKE));
                expected.retain(|id| found.contains(id));
                prop_assert_eq!(expected.len(), found.len());
            }
        }
    }
}
