//! The words of each subject, and the sentence frames they go into. Both are data files beside this one.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How a subject's papers work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lab {
    Bench,
    Clinic,
    Field,
    Compute,
}

/// How a subject writes gene names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Genes {
    #[default]
    Human,
    Mouse,
    Fly,
    Plant,
    Bacterial,
}

/// One subject's words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub lab: Lab,
    #[serde(default)]
    pub genes: Genes,
    pub topics: Vec<String>,
    pub systems: Vec<String>,
    #[serde(default)]
    pub counted: Vec<String>,
    pub parts: Vec<String>,
    pub measures: Vec<Measure>,
    pub conditions: Vec<String>,
}

/// Something that papers of a subject measure: name, unit, plausible range, decimals.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Measure {
    pub name: String,
    pub unit: String,
    pub low: f64,
    pub high: f64,
    pub decimals: usize,
}

impl TryFrom<String> for Measure {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text:?} is not name|unit|low|high|decimals");
        let parts: Vec<&str> = text.split('|').collect();
        let [name, unit, low, high, decimals] = parts.as_slice() else { return Err(bad()) };
        Ok(Measure {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            low: low.parse().map_err(|_| bad())?,
            high: high.parse().map_err(|_| bad())?,
            decimals: decimals.parse().map_err(|_| bad())?,
        })
    }
}

/// All subjects by their archive's name in lower case, and all frames by kind.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    subjects: BTreeMap<String, Subject>,
    frames: BTreeMap<String, Vec<String>>,
}

impl Vocabulary {
    /// The built-in words.
    pub fn embedded() -> Self {
        // Proof: the file is part of the build, and `embedded_words_are_complete` reads it.
        let mut subjects: BTreeMap<String, Subject> =
            toml::from_str(include_str!("vocabulary.toml")).unwrap_or_else(|error| panic!("vocabulary.toml: {error}"));
        for subject in subjects.values_mut() {
            if subject.counted.is_empty() {
                subject.counted = ["patients", "participants"].map(str::to_owned).to_vec();
            }
        }
        let mut frames: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut kind = String::new();
        for line in include_str!("frames.txt").lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.strip_prefix("# ") {
                Some(name) => kind = name.to_owned(),
                None => frames.entry(kind.clone()).or_default().push(line.to_owned()),
            }
        }
        Vocabulary { subjects, frames }
    }

    /// The words of `category`; an unknown one writes like cell biology.
    pub fn subject(&self, category: &str) -> &Subject {
        // Proof: `embedded_words_are_complete` pins that cell biology is there.
        self.subjects.get(category).unwrap_or_else(|| &self.subjects["cell biology"])
    }

    pub fn has_subject(&self, category: &str) -> bool {
        self.subjects.contains_key(category)
    }

    /// The frames of one kind; none for an unknown kind.
    pub fn frames(&self, kind: &str) -> &[String] {
        self.frames.get(kind).map_or(&[], Vec::as_slice)
    }

    pub fn frame_kinds(&self) -> impl Iterator<Item = &str> {
        self.frames.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_words_are_complete() {
        let vocabulary = Vocabulary::embedded();
        for category in crate::simulate::catalogue::all_categories() {
            assert!(vocabulary.has_subject(category), "no words for {category}");
            let subject = vocabulary.subject(category);
            assert!(subject.measures.len() >= 2 && !subject.parts.is_empty(), "{category}");
            assert!(subject.topics.len() >= 2 && !subject.systems.is_empty() && !subject.conditions.is_empty());
            assert!(subject.measures.iter().all(|m| m.low < m.high), "{category}");
        }
        assert!(vocabulary.frame_kinds().map(|kind| vocabulary.frames(kind).len()).sum::<usize>() >= 300);
    }
}
