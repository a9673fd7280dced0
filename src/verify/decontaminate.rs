//! Stage 6, decontamination: no question repeats a registered benchmark.
//!
//! The rule is the usual one of language-model evaluation, a shared run of 13 words; benchmark questions shorter than that are
//! compared as whole sets of words weighted by their rarity.

use std::collections::HashMap;

use super::config::Config;
use super::novelty::hash64;
use super::words::{Kind, words};

const RUN: usize = 13;
/// Share of a benchmark question's words, by weight, from which a question is that one in other words.
const NEAR: f64 = 0.75;
/// Least share of common words among all words of both.
const LEAST_OVERLAP: f64 = 0.5;
const MIN_WORDS: usize = 5;

/// The questions of the registered benchmarks, as hashes.
#[derive(Debug, Clone, Default)]
pub struct Benchmarks {
    names: Vec<String>,
    /// Hash of a run of words, and the benchmark's number.
    runs: HashMap<u64, u32>,
    /// Word sets, with the benchmark's number.
    sets: Vec<(u32, Vec<u64>)>,
    /// Positions in `sets` by word.
    by_word: HashMap<u64, Vec<u32>>,
}

impl Benchmarks {
    /// From benchmark names and texts: the question on the first line, what else belongs to it below. Runs of words are looked for in
    /// both, rewordings of the question alone.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut benchmarks = Benchmarks::default();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for (name, text) in texts {
            let number = *numbers.entry(name.to_owned()).or_insert_with(|| {
                benchmarks.names.push(name.to_owned());
                u32::try_from(benchmarks.names.len() - 1).unwrap_or(u32::MAX)
            });
            benchmarks.add(number, text);
        }
        benchmarks
    }

    fn add(&mut self, number: u32, text: &str) {
        let (question, answer) = text.split_once('\n').unwrap_or((text, ""));
        for run in runs(question).into_iter().chain(runs(answer)) {
            self.runs.entry(run).or_insert(number);
        }
        let set = word_set(question);
        if set.len() >= MIN_WORDS {
            let position = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
            for word in &set {
                self.by_word.entry(*word).or_default().push(position);
            }
            self.sets.push((number, set));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many benchmark texts are held for whole comparison.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    /// The benchmark a text shares 13 words in a row with, and how many such runs.
    fn shared_runs(&self, text: &str) -> (usize, Option<&str>) {
        let found: Vec<u32> = runs(text).into_iter().filter_map(|run| self.runs.get(&run).copied()).collect();
        (found.len(), found.first().map(|n| self.name(*n)))
    }

    /// The benchmark that holds nearly the same question, and how much of that question's words, by weight, are here too.
    fn near(&self, text: &str) -> Option<(&str, f64)> {
        let own = word_set(text);
        if own.len() < MIN_WORDS {
            return None;
        }
        // What each question shares: how many words, and their weight.
        let mut shared: HashMap<u32, (usize, f64)> = HashMap::new();
        for word in &own {
            let weight = self.weight(word);
            for position in self.by_word.get(word).into_iter().flatten() {
                let (n, sum) = shared.entry(*position).or_default();
                *n += 1;
                *sum += weight;
            }
        }
        let mut best: Option<(f64, u32, u32)> = None;
        for (position, (n, sum)) in shared {
            let Some((number, set)) = self.sets.get(position as usize) else { continue };
            let overlap = n as f64 / (set.len() + own.len() - n) as f64;
            let held =
                if overlap < LEAST_OVERLAP { 0.0 } else { sum / set.iter().map(|word| self.weight(word)).sum::<f64>() };
            if held >= NEAR && best.is_none_or(|(most, at, _)| held > most || held == most && position < at) {
                best = Some((held, position, *number));
            }
        }
        best.map(|(held, _, number)| (self.name(number), held))
    }

    /// A word in few questions tells more: the logarithm of their inverse share.
    fn weight(&self, word: &u64) -> f64 {
        let n = self.by_word.get(word).map_or(0, Vec::len);
        (1.0 + self.sets.len() as f64 / n.max(1) as f64).ln()
    }
}

/// # Errors
/// The reason, naming the benchmark.
pub(super) fn check<'q>(
    question: &str,
    quotes: impl IntoIterator<Item = &'q str>,
    benchmarks: &Benchmarks,
    config: &Config,
) -> Result<(), String> {
    if benchmarks.is_empty() {
        return Ok(());
    }
    let limit = config.contaminated_runs.max(1);
    if let (n, Some(name)) = benchmarks.shared_runs(question)
        && n >= limit
    {
        return Err(format!("benchmark_overlap: {n} runs of {RUN} words shared with {name}"));
    }
    for quote in quotes {
        // Abstracts are the contexts of several benchmarks: one long sentence may be shared by chance of citation, the item not.
        if let (n, Some(name)) = benchmarks.shared_runs(quote)
            && n >= limit
        {
            return Err(format!("benchmark_overlap: the quote shares {n} runs of {RUN} words with {name}"));
        }
    }
    if let Some((name, similarity)) = benchmarks.near(question) {
        return Err(format!("benchmark_near_duplicate: {similarity:.2} like a question of {name}"));
    }
    Ok(())
}

fn tokens(text: &str) -> Vec<u64> {
    words(text).iter().filter(|w| w.kind != Kind::Sign).map(|w| hash64(&w.folded)).collect()
}

fn runs(text: &str) -> Vec<u64> {
    tokens(text)
        .windows(RUN)
        .map(|run| run.iter().fold(RUN as u64, |key, w| key.rotate_left(7).wrapping_mul(0x100_0000_01B3) ^ w))
        .collect()
}

fn word_set(text: &str) -> Vec<u64> {
    let mut set: Vec<u64> =
        words(text).iter().filter(|w| w.kind != Kind::Sign && w.is_content()).map(|w| hash64(&w.stem)).collect();
    set.sort_unstable();
    set.dedup();
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejects(question: &str) -> Option<String> {
        let texts = [
            (
                "moss-qa",
                "Does the invented moss Bryum ficticium lose its green colour when it is kept in complete darkness for three weeks?",
            ),
            ("moss-qa", "Which enzyme splits trehalose in moss spores?"),
        ];
        let benchmarks = Benchmarks::from_texts(texts);
        check(question, [], &benchmarks, &Config::default()).err()
    }

    #[test]
    fn runs_and_rewordings_are_found() {
        assert!(
            rejects("Say: does the invented moss Bryum ficticium lose its green colour when it is kept cold?")
                .unwrap()
                .contains("moss-qa")
        );
        assert!(
            rejects("In moss spores, which enzyme splits trehalose?").unwrap().starts_with("benchmark_near_duplicate")
        );
        assert_eq!(rejects("Which enzyme splits sucrose in fern roots after rain?"), None);
        assert_eq!(rejects("Does the invented moss keep its green colour?"), None);
    }
}
