//! How the subject mix and the volume move over time: read from TOML, so that a test or a demo can stage a drift.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::catalogue::Server;

/// What happens in a simulated world besides its ordinary days. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Changes of the subject mix; all that have begun multiply.
    pub mix: Vec<Mix>,
    /// Times in which a server posts nothing or does not answer.
    pub outage: Vec<Outage>,
    /// Many works on one day.
    pub bulk_import: Vec<BulkImport>,
    /// Changes of volume; all that have begun multiply.
    pub rate: Vec<Rate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    pub from: NaiveDate,
    /// Days until the factors have their full size; default 0: at once.
    #[serde(default)]
    pub over_days: u32,
    /// Subject area in lower case -> factor on its usual share.
    pub factors: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// `biorxiv`, `medrxiv`, `pubmed`; none: all.
    pub source: Option<String>,
    pub kind: OutageKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageKind {
    /// The server answers, but posts nothing new on these days.
    Silent,
    /// The server's API is down on these days; what was posted shows afterwards.
    Down,
}

/// Works of long ago, posted on one day: none of them becomes a journal article or a PubMed record afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkImport {
    pub date: NaiveDate,
    /// `biorxiv`, `medrxiv` or `pubmed`.
    pub source: String,
    pub category: String,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub from: NaiveDate,
    /// `biorxiv`, `medrxiv`, `pubmed`; none: all.
    pub source: Option<String>,
    pub factor: f64,
}

impl Script {
    /// Weeks, from 0, in which something happens in [`Script::of_a_year`].
    pub const OUTAGE_WEEK: i64 = 32;
    pub const IMPORT_WEEK: i64 = 37;
    pub const SHIFT_WEEK: i64 = 45;

    /// A year that begins on `from`, a Monday: medRxiv is silent for two weeks; `imported` works in zoology come to bioRxiv on one day; and
    /// one real shift, at once and for good, toward ecology, plants and infections and away from neuroscience and epidemiology.
    pub fn of_a_year(from: NaiveDate, imported: u32) -> Self {
        let week = |number: i64| from + TimeDelta::weeks(number);
        let factors = [
            ("neuroscience", 0.4),
            ("ecology", 6.0),
            ("plant biology", 4.0),
            ("epidemiology", 0.4),
            ("infectious diseases", 4.0),
        ];
        Script {
            mix: vec![Mix {
                from: week(Self::SHIFT_WEEK),
                over_days: 0,
                factors: factors.map(|(name, factor)| (name.to_owned(), factor)).into(),
            }],
            outage: vec![Outage {
                from: week(Self::OUTAGE_WEEK),
                to: week(Self::OUTAGE_WEEK + 2) - TimeDelta::days(1),
                source: Some(Server::Medrxiv.slug().to_owned()),
                kind: OutageKind::Silent,
            }],
            bulk_import: vec![BulkImport {
                date: week(Self::IMPORT_WEEK) + TimeDelta::days(2),
                source: Server::Biorxiv.slug().to_owned(),
                category: "zoology".to_owned(),
                count: imported,
            }],
            rate: Vec::new(),
        }
    }

    /// Reads a script.
    ///
    /// # Errors
    /// What TOML or the fields do not allow, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The factor on `category`'s usual share on `date`.
    pub fn mix_factor(&self, date: NaiveDate, category: &str) -> f64 {
        let begun = self.mix.iter().filter(|mix| mix.from <= date);
        begun
            .filter_map(|mix| {
                let full = *mix.factors.get(category)?;
                let days = (date - mix.from).num_days() as f64 + 1.0;
                let share = (days / f64::from(mix.over_days.max(1))).min(1.0);
                Some(1.0 + (full - 1.0) * share)
            })
            .product()
    }

    /// The factor on `source`'s volume on `date`; 0 in a silent outage.
    pub fn rate_factor(&self, date: NaiveDate, source: &str) -> f64 {
        if self.in_outage(date, source, OutageKind::Silent) {
            return 0.0;
        }
        let begun = self.rate.iter().filter(|rate| rate.from <= date);
        begun.filter(|rate| rate.source.as_deref().is_none_or(|s| s == source)).map(|rate| rate.factor).product()
    }

    pub fn in_outage(&self, date: NaiveDate, source: &str, kind: OutageKind) -> bool {
        self.outage.iter().any(|outage| {
            outage.kind == kind
                && (outage.from..=outage.to).contains(&date)
                && outage.source.as_deref().is_none_or(|s| s == source)
        })
    }

    /// (category, count) of what is imported into `source` on `date`.
    pub fn imports(&self, date: NaiveDate, source: &str) -> Vec<(&str, u32)> {
        let here = self.bulk_import.iter().filter(|import| import.date == date && import.source == source);
        here.map(|import| (import.category.as_str(), import.count)).collect()
    }

    /// The server's usual shares on `date`, as (category, weight).
    pub fn shares(&self, date: NaiveDate, server: Server) -> Vec<(&'static str, f64)> {
        server.categories().iter().map(|(name, share)| (*name, share * self.mix_factor(date, name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_ramp_and_outages_silence() {
        let script = Script::parse(
            "[[mix]]\nfrom = 2026-02-01\nover_days = 10\nfactors = { ecology = 3.0 }\n\
             [[outage]]\nfrom = 2026-03-01\nto = 2026-03-02\nsource = \"biorxiv\"\nkind = \"silent\"\n",
        );
        // TOML dates need quotes here.
        assert!(script.is_err());
        let script = Script::parse(
            "[[mix]]\nfrom = \"2026-02-01\"\nover_days = 10\nfactors = { ecology = 3.0 }\n\
             [[outage]]\nfrom = \"2026-03-01\"\nto = \"2026-03-02\"\nsource = \"biorxiv\"\nkind = \"silent\"\n",
        )
        .unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(script.mix_factor(day("2026-01-31"), "ecology"), 1.0);
        assert!((script.mix_factor(day("2026-02-05"), "ecology") - 2.0).abs() < 1e-9);
        assert_eq!(script.mix_factor(day("2026-04-05"), "ecology"), 3.0);
        assert_eq!(script.rate_factor(day("2026-03-02"), "biorxiv"), 0.0);
        assert_eq!(script.rate_factor(day("2026-03-02"), "medrxiv"), 1.0);
    }
}
