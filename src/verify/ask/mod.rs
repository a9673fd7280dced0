//! What a question asks for, read from its words.

mod form;
mod noun;

use super::words::{Word, words};

/// The kinds of answer a question's form calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `how many`, `what percentage`, `by how much`.
    Number,
    /// `does`, `is`, `did` …
    YesNo,
    /// `does … or …`, `which …: A or B`.
    Alternatives,
    /// `how does … change`, `what effect does … have`, `what happens to`.
    Change,
    /// `which`, `what`, `who`, `where`, `in which …`.
    Thing,
    /// `rank`, `order`.
    Order,
    /// `name`, `list`.
    Listing,
    /// `how`, `why`, `when` and whatever else.
    Open,
}

/// A question taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub words: Vec<Word>,
    pub asked: Asked,
    /// Position in `words` of the word that asks.
    pub at: usize,
    /// The noun behind `which` or `what`: positions in `words`.
    pub head: std::ops::Range<usize>,
}

pub(crate) const AUXILIARIES: &[&str] = &[
    "does", "do", "did", "is", "are", "was", "were", "can", "could", "has", "have", "had", "will", "would", "should",
    "may", "might", "must",
];

impl Ask {
    pub fn of(question: &str) -> Self {
        let words = words(question);
        let (asked, at) = form::asked(&words);
        let head = noun::head(&words, at, asked);
        Ask { words, asked, at, head }
    }

    /// The words of the noun that is asked for.
    pub fn head_words(&self) -> &[Word] {
        self.words.get(self.head.clone()).unwrap_or_default()
    }

    pub fn names_quantity(&self) -> bool {
        // The whole noun phrase up to the verb: `what response rate`, `what was the hazard ratio`, `what average grain yield penalty`.
        let end = self.words.len().min(self.at + 14);
        self.words.get(self.at..end).unwrap_or_default().iter().any(noun::is_quantity)
    }

    pub fn names_thing(&self) -> bool {
        let head = self.head_words();
        head.last().is_some_and(noun::is_thing)
            && !head.iter().any(|w| matches!(w.folded.as_str(), "number" | "percentage" | "proportion" | "fraction"))
    }

    /// Whether a plural or a count asks for more than one thing (`which two proteins`).
    pub fn asks_for_count(&self) -> Option<usize> {
        let next = self.words.get(self.at + 1)?;
        let number = |w: &Word| small_number(&w.folded).filter(|_| !w.joined);
        number(next).or_else(|| {
            self.words.get(self.at + 2).filter(|_| next.is_any(&["of", "other", "the", "are", "were"])).and_then(number)
        })
    }
}

/// Two to twelve as words or digits.
pub(crate) fn small_number(word: &str) -> Option<usize> {
    let names = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    names.iter().position(|n| *n == word).map(|i| i + 2).or_else(|| word.parse().ok().filter(|n| (2..=12).contains(n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, expected: Asked) {
        assert_eq!(Ask::of(question).asked, expected, "{question}");
    }

    #[test]
    fn forms_of_questions() {
        check("How many of the 40 larvae pupated within six days?", Asked::Number);
        check("By what percentage did shading lower the yield of barley?", Asked::Number);
        check("In a trial of 90 adults, what share of them recovered?", Asked::Thing);
        check("Does loss of TAZ2 slow wound closure in zebrafish?", Asked::YesNo);
        check("In zebrafish larvae, did cooling stop regeneration?", Asked::YesNo);
        check("Is the enzyme active or inactive at pH 4?", Asked::Alternatives);
        check("How does shading change leaf area in barley?", Asked::Change);
        check("What happens to leaf area when barley is shaded?", Asked::Change);
        check("What does shading do to the leaf area of barley?", Asked::Change);
        check("Which kinase phosphorylates TAZ2?", Asked::Thing);
        check("The enzyme belongs to which family of kinases?", Asked::Thing);
        check("Rank A, B and C from largest to smallest.", Asked::Order);
        check("In frogs, order A, B and C from the most upstream to the most downstream.", Asked::Order);
        check("How do frogs breathe?", Asked::Open);
    }

    #[test]
    fn the_noun_that_is_asked_for() {
        let ask = Ask::of("In mice, which gut hormone secreted on food intake resets the clock?");
        let head: Vec<_> = ask.head_words().iter().map(|w| w.folded.as_str()).collect();
        assert_eq!(head, ["gut", "hormone"]);
    }
}
