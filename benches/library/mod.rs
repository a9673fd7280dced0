//! An invented library: works with questions and passages whose words are spread as in English, and what people ask of it.
//!
//! Each work follows from its number alone, so that queries can be taken from any of them without keeping them.

use std::sync::Arc;

use aludel::index::{EvidenceRow, PassageRow, QuestionRow, WorkRow};
use aludel::model::delivery::SourceName;
use aludel::model::document::{PassageKind, SectionKind};
use aludel::model::licence::LicenceCode;
use aludel::model::question::Tier;
use chrono::{Days, NaiveDate};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Zipf};

pub const QUESTIONS_A_WORK: u64 = 8;
pub const PASSAGES_A_WORK: u64 = 4;
const VOCABULARY: usize = 120_000;
const SKIPPED_RANKS: usize = 10;
/// How often each word of a text is one of these: as in English prose.
const COMMON_SHARE: f64 = 0.4;
const COMMON: [&str; 16] =
    ["the", "of", "and", "in", "to", "a", "with", "was", "were", "for", "by", "that", "is", "from", "on", "at"];
pub const TOPICS: [&str; 24] = [
    "Neuroscience",
    "Microbiology",
    "Bioinformatics",
    "Cell Biology",
    "Evolutionary Biology",
    "Genomics",
    "Ecology",
    "Immunology",
    "Cancer Biology",
    "Biophysics",
    "Genetics",
    "Biochemistry",
    "Developmental Biology",
    "Molecular Biology",
    "Plant Biology",
    "Bioengineering",
    "Systems Biology",
    "Physiology",
    "Animal Behavior",
    "Synthetic Biology",
    "Pharmacology",
    "Zoology",
    "Pathology",
    "Paleontology",
];
const JOURNALS: [&str; 6] = ["bioRxiv", "medRxiv", "eLife", "J Suppos Biol", "Acta Ficta", "Proc Imag Soc"];
const SECTIONS: [SectionKind; 4] =
    [SectionKind::Results, SectionKind::Abstract, SectionKind::Discussion, SectionKind::Methods];

pub struct Library {
    words: Vec<String>,
    zipf: Zipf<f64>,
}

/// A work's questions and passages.
pub struct Shelf {
    pub questions: Vec<QuestionRow>,
    pub passages: Vec<PassageRow>,
}

impl Shelf {
    /// Bytes of text that are searched; a title counts once.
    pub fn text_bytes(&self) -> usize {
        let questions = self.questions.iter().map(|row| {
            row.question.len() + row.answer.len() + row.evidence.iter().map(|piece| piece.quote.len()).sum::<usize>()
        });
        let title = self.questions.first().map_or(0, |row| row.work.title.len());
        questions.sum::<usize>() + self.passages.iter().map(|row| row.text.len()).sum::<usize>() + title
    }
}

impl Library {
    pub fn new() -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        let words = (0..VOCABULARY).map(|rank| invented_word(rank, &mut chance)).collect();
        // Proof: both arguments are positive constants.
        let zipf = Zipf::new((VOCABULARY + SKIPPED_RANKS) as f64, 1.05).expect("a Zipf distribution");
        Library { words, zipf }
    }

    fn word(&self, chance: &mut ChaCha8Rng) -> &str {
        if chance.random_bool(COMMON_SHARE) {
            return COMMON.choose(chance).copied().unwrap_or("the");
        }
        loop {
            // The very first ranks are the common words' above; what is left gives the first word one place in a hundred, as in
            // papers on cells.
            let rank = self.zipf.sample(chance) as usize;
            if let Some(word) = rank.checked_sub(SKIPPED_RANKS + 1).and_then(|rank| self.words.get(rank)) {
                return word;
            }
        }
    }

    fn text(&self, words: usize, end: &str, chance: &mut ChaCha8Rng) -> String {
        let mut text = String::with_capacity(words * 8);
        for i in 0..words {
            if i > 0 {
                text.push_str(if i % 14 == 13 { ", " } else { " " });
            }
            text.push_str(self.word(chance));
        }
        text + end
    }

    /// The work with this number.
    pub fn shelf(&self, number: u64) -> Shelf {
        let chance = &mut ChaCha8Rng::seed_from_u64(1000 + number);
        let day = NaiveDate::from_ymd_opt(2014, 1, 1).unwrap_or_default() + Days::new(chance.random_range(0..4500));
        let topic =
            *TOPICS.get(chance.random_range(0..TOPICS.len()).min(chance.random_range(0..TOPICS.len()))).unwrap_or(&"");
        let n_words = chance.random_range(8..18);
        let work = Arc::new(WorkRow {
            work: number as i64 + 1,
            version: 1,
            title: self.text(n_words, "", chance),
            journal: JOURNALS.choose(chance).map(|name| (*name).to_owned()),
            topic: Some(topic.to_owned()),
            subjects: self.subjects(topic, number, chance),
            source: *SourceName::ALL.choose(chance).unwrap_or(&SourceName::Inbox),
            licence: *LicenceCode::ALL.choose(chance).unwrap_or(&LicenceCode::CcBy),
            first_public: Some(day),
            doi: Some(format!("10.5555/invented.{number}")),
            pmid: number.is_multiple_of(3).then_some(10_000_000 + number),
            pmcid: None,
        });
        let questions = (0..QUESTIONS_A_WORK).map(|i| {
            let n_words = chance.random_range(20..45);
            let quote = self.text(n_words, ".", chance);
            let n_words = chance.random_range(10..24);
            let is_number = chance.random_bool(0.4);
            QuestionRow {
                id: blake3::hash(format!("{number} {i}").as_bytes()).to_hex()[..16].to_owned(),
                question: self.text(n_words, "?", chance),
                answer: if is_number { format!("{}.{} %", number % 90, i) } else { self.text(2, "", chance) },
                answer_type: if is_number { "number" } else { "term" }.to_owned(),
                tier: if i == 0 { Tier::Verified } else { Tier::Grounded },
                evidence: vec![EvidenceRow { end: quote.len(), start: 0, quote }],
                section: *SECTIONS.choose(chance).unwrap_or(&SectionKind::Results),
                work: work.clone(),
            }
        });
        let questions = questions.collect();
        let passages = (0..PASSAGES_A_WORK).map(|i| {
            let n_words = chance.random_range(60..180);
            PassageRow {
                id: (number * PASSAGES_A_WORK + i) as i64 + 1,
                text: self.text(n_words, ".", chance),
                kind: PassageKind::Paragraph,
                section: *SECTIONS.choose(chance).unwrap_or(&SectionKind::Results),
                work: work.clone(),
            }
        });
        let passages = passages.collect();
        Shelf { questions, passages }
    }

    /// A preprint has one subject, every third work the ten or so of a catalogue's many.
    fn subjects(&self, topic: &str, number: u64, chance: &mut ChaCha8Rng) -> Vec<String> {
        if !number.is_multiple_of(3) {
            return vec![topic.to_lowercase()];
        }
        (0..chance.random_range(6..14))
            .map(|_| {
                format!("{} subject", self.words.get(self.zipf.sample(chance) as usize / 4).map_or("", String::as_str))
            })
            .collect()
    }

    /// Words and neighbours to ask for, of a work below `works`: what a person remembers of a question.
    pub fn remembered(&self, works: u64, chance: &mut ChaCha8Rng) -> Remembered {
        loop {
            let shelf = self.shelf(chance.random_range(0..works.max(1)));
            let Some(row) = shelf.questions.choose(chance) else { continue };
            let all: Vec<&str> = row
                .evidence
                .iter()
                .flat_map(|piece| piece.quote.split([' ', ',', '.']))
                .filter(|w| !w.is_empty())
                .collect();
            let telling = |word: &&&str| !COMMON.contains(word);
            let words: Vec<String> = all.iter().filter(telling).map(|word| (*word).to_owned()).collect();
            let pair = all.windows(2).find(|pair| pair.iter().all(|word| telling(&word)));
            if let (true, Some([one, two])) = (words.len() >= 6, pair) {
                return Remembered { phrase: format!("{one} {two}"), words, work: row.work.clone() };
            }
        }
    }
}

pub struct Remembered {
    pub phrase: String,
    pub words: Vec<String>,
    pub work: Arc<WorkRow>,
}

/// Syllables; every twelfth word is written like a gene.
fn invented_word(rank: usize, chance: &mut ChaCha8Rng) -> String {
    const ONSETS: [&str; 18] =
        ["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "st", "pr", "gl", "ph"];
    const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ae", "io", "y"];
    const ENDS: [&str; 10] = ["n", "s", "l", "t", "r", "se", "tion", "ing", "ed", ""];
    let syllable = |chance: &mut ChaCha8Rng| {
        format!("{}{}", ONSETS.choose(chance).unwrap_or(&"b"), VOWELS.choose(chance).unwrap_or(&"a"))
    };
    if rank % 12 == 11 {
        let name = syllable(chance).to_uppercase();
        return match rank % 3 {
            0 => format!("{name}-{}", chance.random_range(1..40)),
            1 => format!("{name}{}+", chance.random_range(1..400)),
            _ => format!("{name}{}", chance.random_range(1..900)),
        };
    }
    let n_syllables = if rank < 400 { chance.random_range(2..4) } else { chance.random_range(2..5) };
    let mut word: String = (0..n_syllables).map(|_| syllable(chance)).collect();
    word.push_str(ENDS.choose(chance).unwrap_or(&""));
    word
}
