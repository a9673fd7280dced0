//! The answer spec: what counts as the right answer to a question (DESIGN 2.4).

use serde::{Deserialize, Serialize};

/// The key of a question. Its JSON form is part of the data set's contract.
///
/// Any well-typed JSON deserialises; whether a spec makes sense (letter inside the options, known unit, …) is for
/// `grade` to say, with a reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerSpec {
    Number {
        value: f64,
        #[serde(default)]
        unit: Option<String>,
        tolerance: Tolerance,
        #[serde(default, skip_serializing_if = "Comparator::is_equal")]
        comparator: Comparator,
    },
    Term {
        value: String,
        #[serde(default)]
        synonyms: Vec<String>,
    },
    Choice {
        options: Vec<String>,
        correct: String,
    },
    Boolean {
        value: bool,
    },
    Direction {
        value: Direction,
    },
    Sequence {
        value: String,
        alphabet: Alphabet,
    },
    Set {
        items: Vec<Item>,
    },
    Ranking {
        items: Vec<Item>,
    },
}

impl AnswerSpec {
    /// Every `type` tag.
    pub const KINDS: [&str; 8] = ["number", "term", "choice", "boolean", "direction", "sequence", "set", "ranking"];

    /// The `type` tag: `number`, `term`, `choice`, `boolean`, `direction`, `sequence`, `set`, `ranking`.
    pub fn kind(&self) -> &'static str {
        match self {
            AnswerSpec::Number { .. } => "number",
            AnswerSpec::Term { .. } => "term",
            AnswerSpec::Choice { .. } => "choice",
            AnswerSpec::Boolean { .. } => "boolean",
            AnswerSpec::Direction { .. } => "direction",
            AnswerSpec::Sequence { .. } => "sequence",
            AnswerSpec::Set { .. } => "set",
            AnswerSpec::Ranking { .. } => "ranking",
        }
    }

    /// The compact JSON form that ids and the store use.
    pub fn to_json(&self) -> String {
        // Proof: every field is a string, bool, list or float, and serde_json writes non-finite floats as null.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The answer as a person writes it: `5.2 mg`, `increase`, `B: the liver`.
    pub fn text(&self) -> String {
        let names = |items: &[Item]| -> Vec<String> {
            let name = |item: &Item| match item {
                Item::Name(value) | Item::Term { value, .. } => value.clone(),
            };
            items.iter().map(name).collect()
        };
        match self {
            AnswerSpec::Number { value, unit, comparator, .. } => {
                let sign = match comparator {
                    Comparator::Equal => "",
                    Comparator::Less => "< ",
                    Comparator::Greater => "> ",
                };
                let unit = match unit.as_deref() {
                    Some("%") => "%".to_owned(),
                    Some(unit) => format!(" {unit}"),
                    None => String::new(),
                };
                format!("{sign}{value}{unit}")
            }
            AnswerSpec::Term { value, .. } | AnswerSpec::Sequence { value, .. } => value.clone(),
            AnswerSpec::Choice { options, correct } => {
                let letter = correct.bytes().next().filter(|_| correct.len() == 1);
                let place = letter.and_then(|letter| letter.to_ascii_uppercase().checked_sub(b'A'));
                match place.and_then(|place| options.get(usize::from(place))) {
                    Some(option) => format!("{correct}: {option}"),
                    None => correct.clone(),
                }
            }
            AnswerSpec::Boolean { value } => if *value { "yes" } else { "no" }.to_owned(),
            AnswerSpec::Direction { value } => match value {
                Direction::Increase => "increase",
                Direction::Decrease => "decrease",
                Direction::NoChange => "no change",
            }
            .to_owned(),
            AnswerSpec::Set { items } => names(items).join(", "),
            AnswerSpec::Ranking { items } => names(items).join(" > "),
        }
    }
}

/// How far a number may lie from the key, inclusive: a share of the key, or an amount in the key's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    Relative(f64),
    Absolute(f64),
}

/// Whether the key is a value or a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparator {
    #[default]
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = ">")]
    Greater,
}

impl Comparator {
    pub fn is_equal(&self) -> bool {
        *self == Comparator::Equal
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Increase,
    Decrease,
    NoChange,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Increase => "increase",
            Direction::Decrease => "decrease",
            Direction::NoChange => "no_change",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    Dna,
    Rna,
    Protein,
}

/// One item of a set or ranking: a bare string, or a term with synonyms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    Name(String),
    Term {
        value: String,
        #[serde(default)]
        synonyms: Vec<String>,
    },
}
