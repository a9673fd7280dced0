//! Why a window differs from its reference: the topics' shares, the words, the papers, and whether the texts moved inside the topics.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;

use super::explain::{Change, Paper, Words, changes, words};
use super::statistic::{TextTest, TopicTexts, text_test};
use super::table::{Row, Table};
use super::terms::Term;

/// Topics that are listed for a person.
const MOST_CHANGES: usize = 15;
/// Movement inside a topic is named below this false-discovery rate.
const RATE: f64 = 0.05;

/// First and last day.
pub type Days = (NaiveDate, NaiveDate);

/// What is asked of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Terms each way.
    pub terms: usize,
    /// Of the texts, for the test of movement inside the topics.
    pub permutations: u32,
    pub seed: u64,
}

/// A stretch of days with its labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stretch {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub n: u64,
}

/// Why two stretches differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub reference: Stretch,
    pub window: Stretch,
    /// Every topic of either side, the largest change first.
    pub changes: Vec<Change>,
    /// `None` when the rows have no texts.
    pub words: Option<Words>,
    /// `None` when no topic has enough texts on both sides.
    pub inside_topics: Option<TextTest>,
}

/// Explains the difference of the rows in `window` from those in `reference`. `None` when either has no labelled row.
pub fn explain(table: &Table, reference: Days, window: Days, wish: &Wish) -> Option<Explanation> {
    let series = &table.series;
    let (old, new) = (series.window(reference.0, reference.1).pooled(), series.window(window.0, window.1).pooled());
    if old.n_labelled() == 0 || new.n_labelled() == 0 {
        return None;
    }
    let within = |days: Days| table.rows.iter().filter(move |row| (days.0..=days.1).contains(&row.date));
    let papers = |days: Days| -> Vec<Paper<'_>> {
        within(days).map(|row| Paper { id: &row.id, title: &row.title, text: &row.text }).collect()
    };
    let stretch = |days: Days, n| Stretch { from: days.0, to: days.1, n };
    Some(Explanation {
        reference: stretch(reference, old.n_labelled()),
        window: stretch(window, new.n_labelled()),
        changes: changes(&series.topics(), &old.topics, &new.topics),
        words: table.has_text().then(|| words(&papers(reference), &papers(window), wish.terms)),
        inside_topics: text_test(&by_topic(within(reference), within(window)), wish.permutations, wish.seed),
    })
}

/// The texts of the topics, each under its first one.
fn by_topic<'a>(
    reference: impl Iterator<Item = &'a Row>,
    current: impl Iterator<Item = &'a Row>,
) -> Vec<TopicTexts<'a>> {
    let mut topics: BTreeMap<&str, TopicTexts<'_>> = BTreeMap::new();
    for (row, is_current) in reference.map(|row| (row, false)).chain(current.map(|row| (row, true))) {
        let Some(topic) = row.topics.first() else { continue };
        let texts = topics.entry(topic).or_default();
        texts.topic = topic;
        if is_current { texts.current.push(&row.text) } else { texts.reference.push(&row.text) }
    }
    topics.into_values().collect()
}

/// Terms with their z, for reading.
pub(super) fn listed(terms: &[Term]) -> String {
    terms.iter().map(|term| format!("{} ({:+.1})", term.term, term.z)).collect::<Vec<_>>().join(", ")
}

impl Explanation {
    pub fn heading(&self) -> String {
        let (reference, window) = (&self.reference, &self.window);
        format!("{} to {} against {} to {}", window.from, window.to, reference.from, reference.to)
    }

    /// The changes that are shown to a person.
    pub(super) fn main_changes(&self) -> &[Change] {
        self.changes.get(..MOST_CHANGES).unwrap_or(&self.changes)
    }

    /// What the texts say, in a sentence; `None` without a test.
    pub fn inside_topics_in_words(&self) -> Option<String> {
        let test = self.inside_topics.as_ref()?;
        let moved: Vec<String> = test
            .by_topic
            .iter()
            .filter(|topic| topic.q_value < RATE)
            .map(|topic| format!("{} (q {:.3})", topic.topic, topic.q_value))
            .collect();
        let moved = if moved.is_empty() { "no topic by itself".to_owned() } else { moved.join(", ") };
        Some(format!(
            "texts inside the topics: MMD^2 {:.5}, p {:.3}, AUC {:.2} ({} texts against {}, {} topics, {} permutations); moved: {moved}",
            test.mmd2, test.p_value, test.auc, test.n_current, test.n_reference, test.topics, test.permutations
        ))
    }

    /// For a terminal.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "{}\n\n{:<34} {:>15}  {:>15}  {:>24}  q\n",
            self.heading(),
            "topic",
            "from",
            "to",
            "difference (95 %)"
        );
        for change in self.main_changes() {
            // Writing to a String can not fail, here and below.
            let _ = writeln!(
                text,
                "{:<34} {:>6.1} % ({:>5})  {:>6.1} % ({:>5})  {:>+7.1} ({:+.1} to {:+.1})  {:.1e}",
                change.topic,
                100.0 * change.from.value,
                change.n_reference,
                100.0 * change.to.value,
                change.n_current,
                100.0 * change.difference.value,
                100.0 * change.difference.low,
                100.0 * change.difference.high,
                change.q_value
            );
        }
        match &self.words {
            None => text.push_str("\nno texts: the rows have no title, keywords or abstract\n"),
            Some(words) => {
                let (new, old) = (words.n_current, words.n_reference);
                let _ = writeln!(text, "\nrising   ({new} texts against {old}): {}", listed(&words.rising));
                let _ = writeln!(text, "falling  {}", listed(&words.falling));
                for example in &words.examples {
                    let _ = writeln!(text, "  {}  {}", example.id, example.title);
                }
            }
        }
        if let Some(sentence) = self.inside_topics_in_words() {
            let _ = writeln!(text, "{sentence}");
        }
        text
    }
}
