//! Stage 5, novelty: exact and near duplicates over the whole history, pair by pair, never by transitive clusters.
//!
//! A question is the set of its word hashes. Near candidates come from MinHash bands; every candidate is then compared
//! exactly. Two questions are one when one says what the other says and little more; a word on either side that the other
//! lacks (another tissue, another drug) makes them two.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::grade::term::fold;
use crate::model::answer::{AnswerSpec, Direction};
use crate::model::id::QuestionId;
use crate::model::question::Likeness;

use super::lexicon::{Force, direction_of, is_plain_negation};
use super::words::{Kind, words};

const N_BANDS: usize = 8;
const ROWS: usize = 3;

/// What the history keeps of a question; what the store writes beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hash of the folded question.
    pub exact: u64,
    /// Hash of the folded answer.
    pub answer: u64,
    /// Sorted hashes of the content words.
    pub words: Vec<u32>,
}

impl Fingerprint {
    pub fn of(question: &str, answer: &AnswerSpec) -> Self {
        let mut folded = String::with_capacity(question.len());
        let mut hashes = Vec::new();
        for word in words(question) {
            if word.kind == Kind::Sign && !word.is_any(&["%", "<", ">", "+", "≥", "≤"]) {
                continue;
            }
            folded.push_str(&word.folded);
            folded.push(' ');
            if word.is_content()
                || is_plain_negation(&word)
                || word.is_any(&["more", "without", "before", "after", "above", "below"])
            {
                // `raise` and `increase` are one word here; `raise` and `lower` are not.
                let canonical = match direction_of(&word) {
                    Some((Direction::Increase, Force::Plain)) => "+",
                    Some((Direction::Decrease, Force::Plain)) => "-",
                    _ => word.stem.as_str(),
                };
                hashes.push(hash32(canonical));
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        Fingerprint { exact: hash64(&folded), answer: hash64(&folded_answer(answer)), words: hashes }
    }

    /// The compact form that a store row holds: both hashes, then the words, little endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.words.len() * 4);
        bytes.extend(self.exact.to_le_bytes());
        bytes.extend(self.answer.to_le_bytes());
        bytes.extend(self.words.iter().flat_map(|w| w.to_le_bytes()));
        bytes
    }

    /// `None` when `bytes` is not what [`Fingerprint::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (exact, rest) = bytes.split_first_chunk::<8>()?;
        let (answer, rest) = rest.split_first_chunk::<8>()?;
        let (chunks, tail) = rest.as_chunks::<4>();
        let words = chunks.iter().map(|c| u32::from_le_bytes(*c)).collect();
        tail.is_empty().then(|| Fingerprint {
            exact: u64::from_le_bytes(*exact),
            answer: u64::from_le_bytes(*answer),
            words,
        })
    }
}

/// What the novelty stage asks; the in-memory [`History`] answers it.
pub trait Seen {
    /// The earlier questions that are the same as this one, the closest first, at most [`MOST_ALIKE`]. `own` is left out.
    fn find(&self, fingerprint: &Fingerprint, own: &QuestionId, near: f64) -> Vec<Likeness>;
    fn add(&mut self, id: QuestionId, fingerprint: Fingerprint);
}

/// The questions seen so far, in memory. Deterministic: the answer depends on the questions held, not on their order.
#[derive(Debug, Default)]
pub struct History {
    entries: Vec<Option<(QuestionId, Fingerprint)>>,
    free: Vec<u32>,
    by_id: HashMap<QuestionId, u32>,
    exact: HashMap<u64, Vec<u32>>,
    bands: HashMap<u64, Vec<u32>>,
}

/// So many earlier questions are named at most.
pub const MOST_ALIKE: usize = 16;
/// More candidates than this in one band are generic wording; the rest of the bands decide.
const MAX_CANDIDATES: usize = 512;

impl History {
    pub fn new() -> Self {
        Self::default()
    }

    /// From stored rows, in any order.
    pub fn load(rows: impl IntoIterator<Item = (QuestionId, Fingerprint)>) -> Self {
        let rows = rows.into_iter();
        let mut history = History::new();
        let expected = rows.size_hint().0;
        history.entries.reserve(expected);
        history.by_id.reserve(expected);
        history.exact.reserve(expected);
        history.bands.reserve(expected * N_BANDS);
        for (id, fingerprint) in rows {
            history.add(id, fingerprint);
        }
        history
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Forgets a question (withdrawn, replaced). Returns whether it was held.
    pub fn remove(&mut self, id: &QuestionId) -> bool {
        let Some(slot) = self.by_id.remove(id) else { return false };
        let Some((_, fingerprint)) = self.entries.get_mut(slot as usize).and_then(Option::take) else { return false };
        let drop_from = |map: &mut HashMap<u64, Vec<u32>>, key: u64| {
            if let Some(slots) = map.get_mut(&key) {
                slots.retain(|s| *s != slot);
                if slots.is_empty() {
                    map.remove(&key);
                }
            }
        };
        drop_from(&mut self.exact, fingerprint.exact);
        for band in bands(&fingerprint.words) {
            drop_from(&mut self.bands, band);
        }
        self.free.push(slot);
        true
    }
}

impl Seen for History {
    fn find(&self, fingerprint: &Fingerprint, own: &QuestionId, near: f64) -> Vec<Likeness> {
        let mut candidates: Vec<u32> = self.exact.get(&fingerprint.exact).cloned().unwrap_or_default();
        for band in bands(&fingerprint.words) {
            if let Some(slots) = self.bands.get(&band) {
                candidates.extend(slots.iter().take(MAX_CANDIDATES));
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut alike = Vec::new();
        for slot in candidates {
            let Some((id, earlier)) = self.entries.get(slot as usize).and_then(Option::as_ref) else { continue };
            if id == own {
                continue;
            }
            if let Some(similarity) = same(fingerprint, earlier, near) {
                alike.push(Likeness { id: id.clone(), same_answer: earlier.answer == fingerprint.answer, similarity });
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

    fn add(&mut self, id: QuestionId, fingerprint: Fingerprint) {
        self.remove(&id);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        });
        self.exact.entry(fingerprint.exact).or_default().push(slot);
        for band in bands(&fingerprint.words) {
            self.bands.entry(band).or_default().push(slot);
        }
        self.by_id.insert(id.clone(), slot);
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            *entry = Some((id, fingerprint));
        }
    }
}

/// The similarity of two questions that are the same; `None` when they are two.
fn same(a: &Fingerprint, b: &Fingerprint, near: f64) -> Option<f64> {
    if a.exact == b.exact {
        return Some(1.0);
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
    let same_answer = a.answer == b.answer;
    let duplicate = similarity >= near && (one_sided || same_answer && similarity >= near.max(0.85));
    duplicate.then_some(similarity)
}

/// The keys of the bands a word set falls into.
fn bands(words: &[u32]) -> impl Iterator<Item = u64> {
    let mut minima = [u64::MAX; N_BANDS * ROWS];
    for word in words {
        let mut state = u64::from(*word) ^ 0x9E37_79B9_7F4A_7C15;
        for minimum in &mut minima {
            state = mix(state);
            *minimum = (*minimum).min(state);
        }
    }
    let empty = words.is_empty();
    (0..N_BANDS)
        .filter(move |_| !empty)
        .map(move |band| minima[band * ROWS..(band + 1) * ROWS].iter().fold(band as u64, |key, m| mix(key ^ m)))
}

/// SplitMix64's finaliser.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a, then mixed: stable over releases, since stored rows hold it.
pub(crate) fn hash64(text: &str) -> u64 {
    mix(text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)))
}

fn hash32(text: &str) -> u32 {
    (hash64(text) >> 32) as u32
}

/// The answer in one folded line: synonyms and tolerances do not make it another answer.
fn folded_answer(answer: &AnswerSpec) -> String {
    match answer {
        AnswerSpec::Number { value, unit, comparator, .. } => {
            format!("{value:e} {} {comparator:?}", unit.as_deref().map(fold).unwrap_or_default())
        }
        AnswerSpec::Term { value, .. } => fold(value),
        AnswerSpec::Choice { options, correct } => {
            let index = correct
                .trim()
                .bytes()
                .next()
                .map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
            options.get(index).map(|o| fold(o)).unwrap_or_default()
        }
        AnswerSpec::Boolean { value } => value.to_string(),
        AnswerSpec::Direction { value } => format!("{value:?}"),
        AnswerSpec::Sequence { value, .. } => {
            value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
        }
        AnswerSpec::Set { items } => {
            let mut all: Vec<String> =
                items.iter().filter_map(|i| super::evidence::item_forms(i).first().map(|f| fold(f))).collect();
            all.sort();
            all.join("|")
        }
        AnswerSpec::Ranking { items } => items
            .iter()
            .filter_map(|i| super::evidence::item_forms(i).first().map(|f| fold(f)))
            .collect::<Vec<_>>()
            .join(">"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(value: &str) -> AnswerSpec {
        AnswerSpec::Term { value: value.to_owned(), synonyms: Vec::new() }
    }

    fn id(n: u32) -> QuestionId {
        QuestionId::of("work", &n.to_string(), "")
    }

    fn find(history: &History, question: &str, answer: &str) -> Option<bool> {
        history
            .find(&Fingerprint::of(question, &term(answer)), &id(99), 0.8)
            .first()
            .map(|likeness| likeness.same_answer)
    }

    #[test]
    fn the_same_question_is_a_duplicate_or_a_conflict() {
        let mut history = History::new();
        history.add(
            id(1),
            Fingerprint::of("Which kinase phosphorylates TAZ2 in zebrafish heart cells during cooling?", &term("TLK1")),
        );
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
        let (a, b) = (History::load(rows(false)), History::load(rows(true)));
        for question in &questions {
            let fingerprint = Fingerprint::of(question, &term("y"));
            assert_eq!(a.find(&fingerprint, &id(99), 0.8), b.find(&fingerprint, &id(99), 0.8));
            assert!(!a.find(&fingerprint, &id(99), 0.8).is_empty());
        }
    }

    #[test]
    fn a_fingerprint_survives_its_row() {
        let fingerprint = Fingerprint::of("How many mice slept less than 4 h?", &AnswerSpec::Boolean { value: true });
        assert_eq!(Fingerprint::from_bytes(&fingerprint.to_bytes()), Some(fingerprint));
        assert_eq!(Fingerprint::from_bytes(&[1, 2, 3]), None);
    }
}
