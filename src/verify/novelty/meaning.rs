//! Questions that mean the same in other words: vectors of a static embedding model, and what else has to agree.
//!
//! Such a vector is blind to who does what to whom: exchange one gene for another and it hardly moves. So two questions are compared
//! only when their names, numbers, senses and negations are the same; then exactly, each with each that shares them.

use std::collections::HashMap;

use crate::grade::grade;
use crate::llm::Embed;
use crate::model::answer::AnswerSpec;
use crate::model::id::QuestionId;
use crate::model::question::Likeness;

use super::super::lexicon::{direction_of, is_plain_negation};
use super::super::words::{Kind, words};
use super::fingerprint::hash64;
use super::posting::Posting;

/// What is kept of a question beside its vector: identifier, answer, and its places in the lists.
const BESIDE_BYTES: usize = 200;

/// What a question means, as far as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The vector, its largest number as 127.
    values: Vec<i8>,
    /// Length 1 divided by the length of `values`.
    scale: f32,
    /// Hash of what must be the same.
    fixed: u64,
    answer: AnswerSpec,
}

impl Meaning {
    /// `None` when the model knows nothing of `question`.
    pub fn of(question: &str, answer: &AnswerSpec, model: &dyn Embed) -> Option<Self> {
        let vector = model.embed(question)?;
        let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let values: Vec<i8> = vector.iter().map(|number| (number / largest * 127.0).round() as i8).collect();
        let length = values.iter().map(|value| f32::from(*value).powi(2)).sum::<f32>().sqrt();
        (length > 0.0).then(|| Meaning {
            values,
            scale: length.recip(),
            fixed: fixed(question),
            answer: answer.clone(),
        })
    }
}

/// Names, numbers, senses and negations of a question, in no order; short forms in brackets are their long forms again.
fn fixed(question: &str) -> u64 {
    let mut all: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for (at, word) in words(question).iter().enumerate() {
        match word.folded.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 0 {
            continue;
        }
        let written = question.get(word.span.clone()).unwrap_or_default();
        let name = written.chars().skip(usize::from(at == 0)).any(|c| c.is_uppercase() || c.is_ascii_digit());
        let sense = direction_of(word).map(|(direction, _)| format!("{direction:?}"));
        if let Some(sense) = sense {
            all.push(sense);
        } else if name
            || word.kind == Kind::Number
            || is_plain_negation(word)
            || word.is_any(&["before", "after", "above", "below"])
        {
            all.push(word.stem.clone());
        }
    }
    all.sort();
    all.dedup();
    hash64(&all.join(" "))
}

/// The meanings of the questions seen so far.
#[derive(Debug)]
pub struct Meanings {
    dimension: usize,
    /// From which cosine on two questions mean the same.
    least: f64,
    /// So many questions are kept, the newest.
    most: usize,
    values: Vec<i8>,
    slots: Vec<Slot>,
    postings: HashMap<u64, Posting>,
    by_id: HashMap<[u8; 16], u32>,
}

#[derive(Debug, Clone)]
struct Slot {
    id: [u8; 16],
    scale: f32,
    fixed: u64,
    /// JSON, as `AnswerSpec`.
    answer: Box<str>,
    gone: bool,
}

impl Meanings {
    /// `dimension`: numbers of a vector; `least`: a cosine; `memory_mib`: about as much memory is used at most.
    pub fn new(dimension: usize, least: f64, memory_mib: usize) -> Self {
        let most = (memory_mib << 20) / (dimension + BESIDE_BYTES);
        Meanings {
            dimension,
            least,
            most: most.clamp(16, 1 << 31),
            values: Vec::new(),
            slots: Vec::new(),
            postings: HashMap::new(),
            by_id: HashMap::new(),
        }
    }

    pub fn add(&mut self, id: [u8; 16], meaning: &Meaning) {
        self.remove(id);
        if meaning.values.len() != self.dimension {
            return;
        }
        if self.slots.len() >= self.most {
            tracing::warn!(
                questions = self.most,
                "meanings fill their memory: the older half of them is forgotten, see verify.novelty.memory_mib"
            );
            self.keep_from(self.slots.len() / 2);
        }
        let answer = meaning.answer.to_json().into_boxed_str();
        self.insert(Slot { id, scale: meaning.scale, fixed: meaning.fixed, answer, gone: false }, &meaning.values);
    }

    fn insert(&mut self, slot: Slot, values: &[i8]) {
        let Ok(at) = u32::try_from(self.slots.len()) else { return };
        self.by_id.insert(slot.id, at);
        self.postings
            .entry(slot.fixed)
            .and_modify(|posting| posting.push(at, false))
            .or_insert_with(|| Posting::new(at, false));
        self.values.extend_from_slice(values);
        self.slots.push(slot);
    }

    /// Forgets every slot before `first`, and those that are gone.
    fn keep_from(&mut self, first: usize) {
        let values = std::mem::take(&mut self.values);
        let slots = std::mem::take(&mut self.slots);
        self.postings.clear();
        self.by_id.clear();
        for (slot, values) in slots.into_iter().zip(values.chunks(self.dimension)).skip(first) {
            if !slot.gone {
                self.insert(slot, values);
            }
        }
    }

    pub fn remove(&mut self, id: [u8; 16]) {
        if let Some(slot) = self.by_id.remove(&id).and_then(|at| self.slots.get_mut(at as usize)) {
            slot.gone = true;
        }
        if self.slots.len() > 4096 && self.by_id.len() < self.slots.len() / 2 {
            self.keep_from(0);
        }
    }

    /// The earlier questions that mean the same, but for `own`. Answers agree when the grader takes one for the other.
    pub fn find(&self, asked: &Meaning, own: [u8; 16]) -> Vec<Likeness> {
        let held = self.postings.get(&asked.fixed).map(Posting::slots).unwrap_or_default();
        let mut alike = Vec::new();
        for at in held {
            let Some(slot) = self.slots.get(*at as usize).filter(|slot| !slot.gone && slot.id != own) else { continue };
            let start = *at as usize * self.dimension;
            let Some(values) = self.values.get(start..start + self.dimension) else { continue };
            let similarity = f64::from(dot(&asked.values, values) as f32 * asked.scale * slot.scale).min(1.0);
            if similarity >= self.least
                && let Ok(answer) = serde_json::from_str::<AnswerSpec>(&slot.answer)
                && answer.kind() == asked.answer.kind()
            {
                let same_answer =
                    grade(&answer, &told(&asked.answer)).score == 1 || grade(&asked.answer, &told(&answer)).score == 1;
                alike.push(Likeness { id: QuestionId::from_bytes(slot.id), same_answer, similarity, paraphrase: true });
            }
        }
        alike
    }
}

/// An answer as someone would give it.
fn told(answer: &AnswerSpec) -> String {
    match answer {
        AnswerSpec::Choice { options, correct } => {
            let place =
                ('A'..='Z').position(|letter| correct.trim().eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4])));
            place.and_then(|place| options.get(place)).cloned().unwrap_or_default()
        }
        other => other.text(),
    }
}

fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Invented;

    impl Embed for Invented {
        fn dimension(&self) -> usize {
            3
        }

        /// Two wordings of one thing, another thing, and the rest.
        fn embed(&self, text: &str) -> Option<Vec<f32>> {
            let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
            Some(if has(&["splits", "breaks down"]) {
                vec![1.0, 0.02, 0.0]
            } else if has(&["binds"]) {
                vec![0.0, 1.0, 0.0]
            } else {
                vec![0.0, 0.0, 1.0]
            })
        }
    }

    fn term(value: &str) -> AnswerSpec {
        AnswerSpec::Term { value: value.to_owned(), synonyms: Vec::new() }
    }

    fn id(n: u32) -> [u8; 16] {
        QuestionId::of("work", &n.to_string(), "").to_bytes()
    }

    /// Whether what is found for a question has the same answer; `None` for nothing found.
    fn find(meanings: &Meanings, question: &str, answer: &AnswerSpec) -> Option<bool> {
        let asked = Meaning::of(question, answer, &Invented).unwrap();
        meanings.find(&asked, id(99)).first().map(|likeness| likeness.same_answer)
    }

    #[test]
    fn other_words_for_the_same_are_found() {
        let mut meanings = Meanings::new(3, 0.9, 1);
        let held =
            Meaning::of("Which enzyme of newts splits lactate (LCT) after TLK1?", &term("TLK2 protein"), &Invented)
                .unwrap();
        meanings.add(id(1), &held);
        let other = "By which enzyme is it, in newts, that breaks down lactate after TLK1?";
        assert_eq!(find(&meanings, other, &term("the TLK2 protein")), Some(true), "as the grader takes it");
        assert_eq!(find(&meanings, other, &term("PKA")), Some(false));
        assert_eq!(find(&meanings, &other.replace("TLK1", "TLK3"), &term("TLK2 protein")), None, "another name");
        assert_eq!(
            find(&meanings, &other.replace("breaks", "never breaks"), &term("TLK2 protein")),
            None,
            "a negation"
        );
        assert_eq!(
            find(&meanings, &other.replace("breaks down", "binds"), &term("TLK2 protein")),
            None,
            "another meaning"
        );
        assert_eq!(find(&meanings, other, &AnswerSpec::Boolean { value: true }), None, "another type of answer");
        assert!(meanings.find(&held, id(1)).is_empty(), "itself");
        meanings.remove(id(1));
        assert_eq!(find(&meanings, other, &term("TLK2 protein")), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut meanings = Meanings::new(3, 0.9, 0);
        let question = |n: u32| format!("Which enzyme splits lactate in newt {n}?");
        for n in 0..40 {
            meanings.add(id(n), &Meaning::of(&question(n), &term("TLK2"), &Invented).unwrap());
            assert!(meanings.slots.len() <= 16 && meanings.values.len() == 3 * meanings.slots.len());
        }
        assert_eq!(find(&meanings, &question(39), &term("TLK2")), Some(true), "the newest is held");
        assert_eq!(find(&meanings, &question(0), &term("TLK2")), None, "the oldest is not");
    }
}
