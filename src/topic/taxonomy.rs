use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Error;

const EMBEDDED: &str = include_str!("../../config/topics.toml");

/// A topic with a stable id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    pub id: String,
    /// As people write it; it is a label of the topic, too.
    pub name: String,
    /// Other words archives have for it.
    #[serde(default)]
    pub labels: Vec<String>,
    /// First day on which nothing new gets this topic; it stays readable.
    #[serde(default)]
    pub retired: Option<NaiveDate>,
}

/// A label that archives began or ceased to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub label: String,
    /// Id of the topic it means.
    pub topic: String,
    /// Last day on which it was in use.
    #[serde(default)]
    pub until: Option<NaiveDate>,
    /// What it is called since.
    #[serde(default)]
    pub became: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    topic: Vec<Topic>,
    #[serde(default)]
    change: Vec<Change>,
}

/// What a work's labels say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned<'a, 'b> {
    /// The id of its topic: that of its first label that is known.
    Topic(&'a str),
    /// It has no label, or only blank ones.
    Unlabelled,
    /// It has labels and none is known; the first, verbatim.
    Unknown(&'b str),
}

/// Every topic and every known label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    version: u32,
    topics: Vec<Topic>,
    changes: Vec<Change>,
    /// Folded label -> position in `topics`.
    by_label: HashMap<String, usize>,
    /// Folded label -> last day on which it was in use.
    ended: HashMap<String, NaiveDate>,
}

impl Taxonomy {
    /// The one this program was built with.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    pub fn embedded() -> Self {
        match Taxonomy::parse(EMBEDDED) {
            Ok(taxonomy) => taxonomy,
            Err(error) => unreachable!("config/topics.toml is part of the program: {error}"),
        }
    }

    /// Reads a taxonomy in the form of `config/topics.toml`.
    ///
    /// # Errors
    /// When it is not of that form, an id is not one or occurs twice, or a label has two topics or none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| Error::Syntax { reason: error.to_string() })?;
        let ended = file.change.iter().filter_map(|change| Some((fold(&change.label), change.until?))).collect();
        let (topics, changes, by_label) = (file.topic, file.change, HashMap::new());
        let mut taxonomy = Taxonomy { version: file.version, topics, changes, by_label, ended };
        let mut by_id = HashMap::new();
        for (at, topic) in taxonomy.topics.iter().enumerate() {
            let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if topic.id.is_empty() || !topic.id.chars().all(is_id) || by_id.insert(topic.id.clone(), at).is_some() {
                return Err(Error::Id { id: topic.id.clone() });
            }
        }
        let mut labels = Vec::new();
        for (at, topic) in taxonomy.topics.iter().enumerate() {
            labels.extend([&topic.id, &topic.name].into_iter().chain(&topic.labels).map(|label| (label.clone(), at)));
        }
        for change in &taxonomy.changes {
            let no_topic = || Error::NoTopic { label: change.label.clone(), topic: change.topic.clone() };
            labels.push((change.label.clone(), *by_id.get(&change.topic).ok_or_else(no_topic)?));
        }
        for (label, at) in labels {
            let before = taxonomy.by_label.insert(fold(&label), at);
            if let Some(first) = before.filter(|first| *first != at) {
                let id = |at: usize| taxonomy.topics[at].id.clone();
                return Err(Error::Ambiguous { label, first: id(first), second: id(at) });
            }
        }
        Ok(taxonomy)
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// In the order of the file.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The topic that `label` means, whatever its case, punctuation and spacing.
    pub fn topic(&self, label: &str) -> Option<&Topic> {
        self.by_label.get(&fold(label)).map(|at| &self.topics[*at])
    }

    /// Whether archives had given `label` up before `date`.
    pub fn is_past(&self, label: &str, date: NaiveDate) -> bool {
        !self.ended.is_empty() && self.ended.get(&fold(label)).is_some_and(|until| *until < date)
    }

    /// The ids of the topics of all labels that are known, each once, in the order of the labels.
    pub fn topics_of<'b>(&self, labels: impl IntoIterator<Item = &'b str>) -> Vec<&str> {
        let mut topics: Vec<&str> = Vec::new();
        for topic in labels.into_iter().filter_map(|label| self.topic(label)) {
            if !topics.contains(&topic.id.as_str()) {
                topics.push(&topic.id);
            }
        }
        topics
    }

    /// What a work's labels, in the order in which its archive gives them, say together.
    pub fn assign<'b>(&self, labels: impl IntoIterator<Item = &'b str>) -> Assigned<'_, 'b> {
        let mut first = None;
        for label in labels.into_iter().map(str::trim).filter(|label| !label.is_empty()) {
            if let Some(topic) = self.topic(label) {
                return Assigned::Topic(&topic.id);
            }
            first = first.or(Some(label));
        }
        first.map_or(Assigned::Unlabelled, Assigned::Unknown)
    }
}

/// The form in which labels are compared: compatibility forms, lower case, `&` as `and`, anything else as one space.
pub fn fold(label: &str) -> String {
    let mut folded = String::with_capacity(label.len());
    for c in label.replace('&', " and ").nfkc().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_embedded_taxonomy_knows_both_servers_words() {
        let taxonomy = Taxonomy::embedded();
        assert_eq!(taxonomy.topics().len(), 40);
        for (label, id) in [
            ("Cell biology", "cell-biology"),
            ("CELL BIOLOGY ", "cell-biology"),
            ("cell_biology", "cell-biology"),
            ("hivaids", "infectious-diseases"),
            ("HIV/AIDS", "infectious-diseases"),
            ("Pharmacology & Toxicology", "pharmacology-and-toxicology"),
            ("Pharmacology", "pharmacology-and-toxicology"),
            ("Sexual and Reproductive  Health", "mothers-and-children"),
            ("neuroscience", "neuroscience"),
        ] {
            assert_eq!(taxonomy.assign([label]), Assigned::Topic(id), "{label}");
        }
    }

    #[test]
    fn the_first_known_label_decides_and_unknown_words_are_kept() {
        let taxonomy = Taxonomy::embedded();
        assert_eq!(taxonomy.assign(["Original Article", "Zoology", "Ecology"]), Assigned::Topic("zoology"));
        assert_eq!(taxonomy.assign(["", " Original  Article"]), Assigned::Unknown("Original  Article"));
        assert_eq!(taxonomy.assign(["", "  "]), Assigned::Unlabelled);
        assert_eq!(taxonomy.assign([]), Assigned::Unlabelled);
        assert_eq!(taxonomy.topics_of(["x", "Zoology", "ecology", "ZOOLOGY"]), ["zoology", "ecology"]);
    }

    #[test]
    fn faults_are_named() {
        let topic = |id: &str, name: &str| format!("[[topic]]\nid = \"{id}\"\nname = \"{name}\"\n");
        let parse = |body: &str| Taxonomy::parse(&format!("version = 1\n{body}")).unwrap_err();
        assert_eq!(parse(&topic("A b", "x")), Error::Id { id: "A b".into() });
        assert_eq!(parse(&(topic("a", "x") + &topic("a", "y"))), Error::Id { id: "a".into() });
        assert!(matches!(parse(&(topic("a", "x") + &topic("b", "X!"))), Error::Ambiguous { .. }));
        let change = "[[change]]\nlabel = \"z\"\ntopic = \"q\"\n";
        assert!(matches!(parse(&(topic("a", "x") + change)), Error::NoTopic { .. }));
        assert!(matches!(parse("[[topics]]"), Error::Syntax { .. }));
    }

    proptest! {
        #[test]
        fn folding_is_total_and_settles(label in ".{0,60}") {
            let once = fold(&label);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
