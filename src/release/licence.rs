//! What a licence lets a release publish: the policy table (`config/licences.toml`) and the limits of short quotes.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::model::licence::LicenceCode;

use super::report::Balance;
use super::row::{Row, Work};

const EMBEDDED: &str = include_str!("../../config/licences.toml");

/// A part of a data set: rows under licences that ask the same of their users. A configuration on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Open,
    ShareAlike,
    NonCommercial,
    /// Ids and places, no text.
    Pointers,
}

impl Part {
    pub const ALL: [Part; 4] = [Part::Open, Part::ShareAlike, Part::NonCommercial, Part::Pointers];

    pub fn as_str(self) -> &'static str {
        match self {
            Part::Open => "open",
            Part::ShareAlike => "share_alike",
            Part::NonCommercial => "non_commercial",
            Part::Pointers => "pointers",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Part::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// What it holds, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Part::Open => "questions from CC0, public domain and CC BY papers, with quotes and passages",
            Part::ShareAlike => "questions from CC BY-SA papers, with short quotes",
            Part::NonCommercial => "questions from CC BY-NC and CC BY-NC-SA papers, with short quotes",
            Part::Pointers => "places in papers whose licence allows no text: ids and offsets, no questions",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quotes {
    Any,
    Short,
    None,
}

/// One licence's line of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub code: LicenceCode,
    pub name: String,
    pub url: Option<String>,
    pub hub: Option<String>,
    pub part: Part,
    pub quotes: Quotes,
    pub duty: String,
}

/// Limits of short quotes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Short {
    pub characters: usize,
    pub a_question: usize,
    pub a_work: usize,
    pub share: f64,
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub version: u32,
    pub short: Short,
    licence: Vec<Rule>,
}

impl Policy {
    /// The one this program was built with.
    ///
    /// # Panics
    /// Never: a test reads the same text, and finds every code.
    pub fn embedded() -> Self {
        match toml::from_str(EMBEDDED) {
            Ok(policy) => policy,
            Err(error) => unreachable!("config/licences.toml: {error}"),
        }
    }

    pub fn rule(&self, code: LicenceCode) -> &Rule {
        match self.licence.iter().find(|rule| rule.code == code) {
            Some(rule) => rule,
            None => unreachable!("config/licences.toml has no {}", code.as_str()),
        }
    }

    pub fn rules(&self) -> &[Rule] {
        &self.licence
    }

    /// Blanks in `row` what its licence keeps back. `text_characters`: length of the version's text; `spent`: characters quoted from
    /// it by earlier rows, which this adds to.
    pub fn withhold(&self, row: &mut Row, code: LicenceCode, text_characters: usize, spent: &mut usize) {
        let rule = self.rule(code);
        match rule.quotes {
            Quotes::Any => {}
            Quotes::Short => {
                row.passage = None;
                let most = self.short.a_work.min((self.short.share * text_characters as f64) as usize);
                for (at, evidence) in row.evidence.iter_mut().enumerate() {
                    let n = evidence.quote.as_ref().map_or(0, |quote| quote.chars().count());
                    if at < self.short.a_question && n <= self.short.characters && *spent + n <= most {
                        *spent += n;
                    } else {
                        evidence.quote = None;
                    }
                }
            }
            Quotes::None => {
                row.passage = None;
                row.evidence.iter_mut().for_each(|evidence| evidence.quote = None);
            }
        }
        if rule.part == Part::Pointers {
            (row.question, row.answer, row.answer_type) = (None, None, None);
            row.options.clear();
            // A stage's reason may repeat the text.
            row.verification.iter_mut().for_each(|result| result.reason.clear());
        }
    }
}

/// The page of the licence: as the version names it, else the table's.
pub fn url(rule: &Rule, received: &str) -> Option<String> {
    let lower = received.to_lowercase();
    let named = lower.match_indices("creativecommons.org/").find_map(|(at, _)| {
        let end =
            lower[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "./-_".contains(c))).unwrap_or(lower.len() - at);
        let address = lower[at..at + end].trim_end_matches(['.', '-', '_']);
        (LicenceCode::from_url(address) == Some(rule.code)).then(|| format!("https://{address}"))
    });
    named.or_else(|| rule.url.clone())
}

/// Whether a share-alike licence is of a version whose adaptations may be under a later one: 1.0 is not.
pub fn may_be_carried_on(rule: &Rule, url: Option<&str>) -> bool {
    let is_first = url.is_some_and(|url| url.trim_end_matches('/').ends_with("/1.0"));
    !(is_first && matches!(rule.code, LicenceCode::CcBySa | LicenceCode::CcByNcSa))
}

/// Authors shown before "et al.".
const MOST_AUTHORS: usize = 3;

/// The line to credit a row with.
pub fn attribution(
    rule: &Rule,
    url: Option<&str>,
    work: &Work,
    authors: &[String],
    title: &str,
    venue: Option<&str>,
    year: Option<&str>,
) -> String {
    let mut line = authors.iter().take(MOST_AUTHORS).map(String::as_str).collect::<Vec<_>>().join("; ");
    if authors.len() > MOST_AUTHORS {
        line.push_str(" et al.");
    }
    for part in [Some(title.trim_end_matches('.')), venue, year].into_iter().flatten().filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push_str(if line.ends_with('.') { " " } else { ". " });
        }
        line.push_str(part);
    }
    let place = work.url().unwrap_or_else(|| work.key.clone());
    let licence = url.map_or_else(|| rule.name.clone(), |url| format!("{} ({url})", rule.name));
    let derived =
        if rule.part == Part::Pointers { "" } else { " Questions derived from the paper; changes were made." };
    format!("{line}. {place}. {licence}.{derived}")
}

/// `LICENSES.md`: what each licence asks, and how many rows are under it.
pub fn text(policy: &Policy, balance: &Balance) -> String {
    let mut text = String::from(
        "# Licences\n\nEvery row is under the licence of the paper version it was made from, named in its columns `licence` and \
         `licence_url`, with the line to credit in `attribution`; all papers with all authors are in `attribution.csv`. Questions are \
         derived from the papers: changes were made. The grader and the exports' code are MIT OR Apache-2.0.\n\n\
         | licence | part | rows | what it asks |\n|---|---|---|---|\n",
    );
    for rule in policy.rules() {
        let n = balance.licences.get(rule.code.as_str()).copied().unwrap_or(0);
        let name = rule.url.as_ref().map_or_else(|| rule.name.clone(), |url| format!("[{}]({url})", rule.name));
        // Writing to a String does not fail, here and below.
        let _ = writeln!(text, "| {name} | {} | {n} | {} |", rule.part.as_str(), rule.duty);
    }
    let Short { characters, a_question, a_work, share } = policy.short;
    let _ = writeln!(
        text,
        "\nQuotes from papers that are not under CC0, in the public domain or under CC BY are at most {characters} characters long, \
         {a_question} a question, and together at most {a_work} characters and {} % of a paper. What is kept back is null; the columns \
         `version` and `evidence` say where it stands in the paper.\n\n\
         Records and abstracts from PubMed: courtesy of the U.S. National Library of Medicine, which endorses nothing here; this is a \
         snapshot and may not reflect the most current data available from NLM.",
        share * 100.0
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::row::Evidence;
    use crate::release::tests::row;

    #[test]
    fn every_code_has_a_rule() {
        let policy = Policy::embedded();
        for code in LicenceCode::ALL {
            let rule = policy.rule(code);
            assert_eq!(rule.part == Part::Pointers, rule.quotes == Quotes::None, "{}", code.as_str());
            assert_eq!(rule.part == Part::Pointers, rule.hub.is_none(), "{}", code.as_str());
        }
        assert_eq!(policy.rules().len(), LicenceCode::ALL.len());
    }

    #[test]
    fn short_quotes_stay_short() {
        let policy = Policy::embedded();
        let quote = |n: usize| Evidence { quote: Some("x".repeat(n)), passage: 0, start: 0, end: n as i32 };
        let kept = |lengths: &[usize], code, text, spent: &mut usize| {
            let mut row = row("a", "10.5555/a");
            row.evidence = lengths.iter().map(|n| quote(*n)).collect();
            policy.withhold(&mut row, code, text, spent);
            (
                row.passage.is_some(),
                row.evidence.iter().map(|e| e.quote.is_some()).collect::<Vec<_>>(),
                row.question.is_some(),
            )
        };
        assert_eq!(kept(&[5000], LicenceCode::CcBy, 10, &mut 0), (true, vec![true], true));
        assert_eq!(kept(&[300, 301], LicenceCode::CcByNc, 100_000, &mut 0), (false, vec![true, false], true));
        assert_eq!(kept(&[9; 4], LicenceCode::CcBySa, 100_000, &mut 0), (false, vec![true, true, true, false], true));
        // Two in a hundred of 10,000 characters are 200.
        let mut spent = 0;
        assert_eq!(kept(&[150], LicenceCode::CcByNc, 10_000, &mut spent).1, [true]);
        assert_eq!(kept(&[51, 50], LicenceCode::CcByNc, 10_000, &mut spent).1, [false, true]);
        assert_eq!(kept(&[1000 - 300; 1], LicenceCode::CcByNc, 1 << 20, &mut 400).1, [false]);
        assert_eq!(kept(&[9], LicenceCode::CcByNd, 100_000, &mut 0), (false, vec![false], false));
    }

    #[test]
    fn the_page_is_the_one_the_version_names() {
        let policy = Policy::embedded();
        let rule = policy.rule(LicenceCode::CcBy);
        for (received, expected) in [
            ("cc_by", "https://creativecommons.org/licenses/by/4.0/"),
            ("Under http://creativecommons.org/licenses/by/3.0/, with", "https://creativecommons.org/licenses/by/3.0/"),
            (
                "https://creativecommons.org/publicdomain/zero/1.0/ for data, http://creativecommons.org/licenses/by/2.0.",
                "https://creativecommons.org/licenses/by/2.0",
            ),
        ] {
            assert_eq!(url(rule, received).as_deref(), Some(expected), "{received}");
        }
        let share_alike = policy.rule(LicenceCode::CcBySa);
        assert!(!may_be_carried_on(share_alike, Some("https://creativecommons.org/licenses/by-sa/1.0/")));
        assert!(may_be_carried_on(share_alike, Some("https://creativecommons.org/licenses/by-sa/2.5/")));
    }

    #[test]
    fn a_credit_line_names_all_it_has_to() {
        let policy = Policy::embedded();
        let rule = policy.rule(LicenceCode::CcBy);
        let work = Work::of("10.5555/a", ["10.5555/a"]);
        let authors = ["Doe, Jane".to_owned()];
        let line = attribution(rule, rule.url.as_deref(), &work, &authors, "A title.", Some("J Inv"), Some("2026"));
        assert_eq!(
            line,
            "Doe, Jane. A title. J Inv. 2026. https://doi.org/10.5555/a. Creative Commons Attribution \
             (https://creativecommons.org/licenses/by/4.0/). Questions derived from the paper; changes were made."
        );
    }
}
