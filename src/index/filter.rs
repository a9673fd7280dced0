//! What a search is narrowed to: `topic:neuroscience`, `first_public:[2024-01-01 TO 2024-12-31]`, `since:2024`.

use std::fmt;
use std::ops::Bound;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use tantivy::Term;
use tantivy::query::{ConstScoreQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::{Fields, key};

/// One condition. Conditions on the same field are alternatives, those on different fields must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter {
    name: Name,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Topic,
    Subject,
    Source,
    Licence,
    Tier,
    AnswerType,
    Kind,
    Section,
    Journal,
    FirstPublic,
    Question,
    Passage,
    Work,
    Doi,
    Pmid,
    Pmcid,
}

const NAMES: [(&str, Name); 23] = [
    ("topic", Name::Topic),
    ("subject", Name::Subject),
    ("source", Name::Source),
    ("licence", Name::Licence),
    ("license", Name::Licence),
    ("tier", Name::Tier),
    ("answer_type", Name::AnswerType),
    ("type", Name::AnswerType),
    ("kind", Name::Kind),
    ("section", Name::Section),
    ("journal", Name::Journal),
    ("venue", Name::Journal),
    ("first_public", Name::FirstPublic),
    ("date", Name::FirstPublic),
    ("year", Name::FirstPublic),
    ("since", Name::FirstPublic),
    ("until", Name::FirstPublic),
    ("id", Name::Question),
    ("passage", Name::Passage),
    ("work", Name::Work),
    ("doi", Name::Doi),
    ("pmid", Name::Pmid),
    ("pmcid", Name::Pmcid),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// The exact term.
    Is(String),
    /// Days from and to, both included.
    Between(Option<NaiveDate>, Option<NaiveDate>),
}

/// Why a condition was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("{0:?} is not a filter: write field:value, as in tier:grounded or first_public:[2024-01-01 TO 2024-12-31]")]
    Form(String),
    #[error(
        "there is no filter {0:?}; there are topic, subject, source, licence, tier, answer_type, kind, section, journal, first_public, since, until, work, doi, pmid and pmcid"
    )]
    Name(String),
    #[error("{0:?} is not a date or range: write 2024, 2024-03, 2024-03-15 or [2024-01-01 TO 2024-12-31]")]
    Date(String),
    #[error("{0:?} is not an identifier of that kind")]
    Id(String),
}

impl Filter {
    /// Whether `name` is a field that filters know.
    pub(super) fn knows(name: &str) -> bool {
        NAMES.iter().any(|(known, _)| *known == name)
    }

    /// A condition from a field's name and a value as a person writes it.
    ///
    /// # Errors
    /// When there is no such field, or the value is not of its form.
    pub fn new(name: &str, value: &str) -> Result<Self, FilterError> {
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        let shown = |value: &str| value.chars().take(80).collect::<String>();
        let Some((_, field)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(FilterError::Name(shown(&name)));
        };
        if value.is_empty() || value.len() > 400 {
            return Err(FilterError::Form(shown(&format!("{name}:{value}"))));
        }
        let value = match field {
            Name::FirstPublic => {
                let (from, to) = dates(value).ok_or_else(|| FilterError::Date(shown(value)))?;
                match name.as_str() {
                    "since" => Value::Between(from, None),
                    "until" => Value::Between(None, to),
                    _ => Value::Between(from, to),
                }
            }
            Name::Doi => Value::Is(
                value
                    .parse::<crate::model::id::Doi>()
                    .map(|doi| key::doi(doi.as_str()))
                    .map_err(|_| FilterError::Id(shown(value)))?,
            ),
            Name::Pmid => Value::Is(
                value
                    .parse::<crate::model::id::Pmid>()
                    .map(|pmid| key::pmid(pmid.0))
                    .map_err(|_| FilterError::Id(shown(value)))?,
            ),
            Name::Pmcid => Value::Is(
                value
                    .parse::<crate::model::id::Pmcid>()
                    .map(|pmcid| key::pmcid(pmcid.as_str()))
                    .map_err(|_| FilterError::Id(shown(value)))?,
            ),
            Name::Work => Value::Is(key::work(value.parse().map_err(|_| FilterError::Id(shown(value)))?)),
            Name::Passage => Value::Is(key::passage(value.parse().map_err(|_| FilterError::Id(shown(value)))?)),
            Name::Question => Value::Is(key::question(value)),
            Name::Licence => Value::Is(label(value).replace(['-', ' '], "_")),
            _ => Value::Is(label(value)),
        };
        Ok(Filter { name: *field, value })
    }

    /// The field it narrows, by its first name.
    pub fn field(&self) -> &'static str {
        NAMES.iter().find(|(_, name)| *name == self.name).map_or("", |(text, _)| text)
    }

    /// Whether two conditions are alternatives of each other.
    pub(super) fn same_field(&self, other: &Filter) -> bool {
        self.name == other.name
    }

    pub(super) fn to_query(&self, fields: &Fields) -> Box<dyn Query> {
        let query: Box<dyn Query> = match &self.value {
            Value::Is(text) => {
                Box::new(TermQuery::new(Term::from_field_text(self.place(fields), text), IndexRecordOption::Basic))
            }
            Value::Between(from, to) => {
                let bound = |date: &Option<NaiveDate>| match date {
                    Some(date) => {
                        Bound::Included(Term::from_field_i64(fields.first_public, i64::from(date.num_days_from_ce())))
                    }
                    None => Bound::Unbounded,
                };
                // A range without any bound still means "has a date".
                let lowest = Bound::Included(Term::from_field_i64(fields.first_public, i64::MIN));
                let lower = if from.is_none() { lowest } else { bound(from) };
                Box::new(RangeQuery::new(lower, bound(to)))
            }
        };
        Box::new(ConstScoreQuery::new(query, 0.0))
    }

    fn place(&self, fields: &Fields) -> Field {
        match self.name {
            Name::Topic => fields.topic,
            Name::Subject => fields.subject,
            Name::Source => fields.source,
            Name::Licence => fields.licence,
            Name::Tier => fields.tier,
            Name::AnswerType => fields.answer_type,
            Name::Kind => fields.kind,
            Name::Section => fields.section,
            Name::Journal => fields.journal,
            Name::FirstPublic => fields.first_public,
            Name::Question | Name::Passage | Name::Work | Name::Doi | Name::Pmid | Name::Pmcid => fields.key,
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (name, value) =
            text.split_once([':', '=']).ok_or_else(|| FilterError::Form(text.chars().take(80).collect()))?;
        Filter::new(name, value)
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;
    fn try_from(text: String) -> Result<Self, FilterError> {
        text.parse()
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> String {
        filter.to_string()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |date: &Option<NaiveDate>| date.map_or("*".to_owned(), |date| date.to_string());
        match &self.value {
            Value::Is(text) if self.name >= Name::Question => {
                write!(f, "{}:{}", self.field(), text.split_once(':').map_or("", |(_, id)| id))
            }
            Value::Is(text) => write!(f, "{}:{text}", self.field()),
            Value::Between(from, to) => write!(f, "{}:[{} TO {}]", self.field(), day(from), day(to)),
        }
    }
}

/// How labels are compared: lower case, single spaces.
pub(super) fn label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// First and last day that `text` means.
fn dates(text: &str) -> Option<(Option<NaiveDate>, Option<NaiveDate>)> {
    let bare = text.trim().trim_start_matches(['[', '{']).trim_end_matches([']', '}']).trim();
    let pair = bare.split_once(" TO ").or_else(|| bare.split_once(" to ")).or_else(|| bare.split_once(".."));
    if let Some((from, to)) = pair {
        let side = |text: &str| match text.trim() {
            "" | "*" => Some(None),
            text => span(text).map(Some),
        };
        let (from, to) = (side(from)?, side(to)?);
        return Some((from.map(|span| span.0), to.map(|span| span.1)));
    }
    for (sign, exclusive) in [(">=", false), ("<=", false), (">", true), ("<", true)] {
        if let Some(rest) = bare.strip_prefix(sign) {
            let (first, last) = span(rest.trim())?;
            return Some(match (sign.starts_with('>'), exclusive) {
                (true, false) => (Some(first), None),
                (true, true) => (last.checked_add_days(Days::new(1)), None),
                (false, false) => (None, Some(last)),
                (false, true) => (None, first.checked_sub_days(Days::new(1))),
            });
        }
    }
    let (first, last) = span(bare)?;
    Some((Some(first), Some(last)))
}

/// The days of a year, a month or a day.
fn span(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return (1500..=2200).contains(&day.year()).then_some((day, day));
    }
    let date: crate::model::time::PartialDate = text.to_owned().try_into().ok()?;
    let first = date.earliest();
    let after = if text.contains('-') {
        first.checked_add_months(chrono::Months::new(1))?
    } else {
        first.checked_add_months(chrono::Months::new(12))?
    };
    Some((first, after.pred_opt()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_shown() {
        for (text, shown) in [
            ("topic:Cell  Biology", "topic:cell biology"),
            ("license:CC-BY", "licence:cc_by"),
            ("type=number", "answer_type:number"),
            ("first_public:[2024-01-01 TO 2024-12-31]", "first_public:[2024-01-01 TO 2024-12-31]"),
            ("year:2024", "first_public:[2024-01-01 TO 2024-12-31]"),
            ("date:2024-02", "first_public:[2024-02-01 TO 2024-02-29]"),
            ("since:2024-03-05", "first_public:[2024-03-05 TO *]"),
            ("until:2023", "first_public:[* TO 2023-12-31]"),
            ("date:>2023", "first_public:[2024-01-01 TO *]"),
            ("date:2021..2022", "first_public:[2021-01-01 TO 2022-12-31]"),
            ("doi:https://doi.org/10.1101/ABC", "doi:10.1101/abc"),
        ] {
            let filter: Filter = text.parse().unwrap();
            assert_eq!(filter.to_string(), shown, "{text}");
            assert_eq!(shown.parse::<Filter>().unwrap(), filter, "{text}");
        }
    }

    #[test]
    fn nonsense_is_named() {
        for text in ["", "plain", "colour:red", "date:yesterday", "pmid:abc", "topic:", "first_public:[2024-13 TO x]"] {
            assert!(text.parse::<Filter>().is_err(), "{text}");
        }
    }
}
