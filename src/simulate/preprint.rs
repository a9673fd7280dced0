//! A preprint with its versions, and how one comes about.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Config;
use super::catalogue::{CLOSED, Server};
use super::day::{EPOCH, at_hour};
use super::dice::Dice;

/// A preprint with every version it will ever have.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprint {
    pub server: Server,
    pub doi: String,
    pub category: String,
    pub seed: u64,
    pub postings: Vec<Posting>,
    pub journal: Option<JournalLink>,
    /// It came with many others at once; what became of it elsewhere became so long ago.
    pub imported: bool,
    /// Its record in PubMed, when it has one.
    pub pmid: Option<u64>,
    /// Index into the folder's files, when the text is a real file's.
    pub file: Option<usize>,
}

/// One posted version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub version: u32,
    /// The row's date: the US Eastern posting day.
    pub date: NaiveDate,
    /// When the API begins to show it. Sometimes after the Eastern midnight, rarely days later.
    pub appears_at: DateTime<Utc>,
    pub withdrawn: bool,
    pub licence: String,
    pub has_full_text: bool,
}

/// The journal article a preprint became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLink {
    pub doi: String,
    pub date: NaiveDate,
    /// When the preprint server notices; about two weeks after the article, without a new version.
    pub appears_at: DateTime<Utc>,
    pub journal_form: usize,
}

impl Preprint {
    /// The newest version that shows at `now`.
    pub fn newest(&self, now: DateTime<Utc>) -> Option<&Posting> {
        self.postings.iter().rev().find(|posting| posting.appears_at <= now)
    }

    /// The journal DOI that the server's rows name at `now`.
    pub fn published(&self, now: DateTime<Utc>) -> Option<&JournalLink> {
        self.journal.as_ref().filter(|link| link.appears_at <= now)
    }

    /// The DOI's part after the registrant.
    pub fn suffix(&self) -> &str {
        self.doi.split_once('/').map_or(self.doi.as_str(), |(_, suffix)| suffix)
    }
}

pub(super) fn preprint(
    config: &Config,
    server: Server,
    day: NaiveDate,
    index: usize,
    category: String,
    mut dice: Dice,
) -> Preprint {
    let dice = &mut dice;
    let seed = dice.whole(0, i64::MAX) as u64;
    let received = day - TimeDelta::days(dice.whole(1, 4));
    let prefix = if received >= NEW_PREFIX { "10.64898" } else { "10.1101" };
    let number = (day - EPOCH).num_days().max(0) * 5000 + index as i64;
    // Now and then an early work comes back with a high version number.
    let early = server == Server::Biorxiv && dice.chance(0.02);
    let doi = if early {
        format!("10.1101/{:06}", 100_000 + ((number / 5000) * 100 + number % 100) % 899_999)
    } else {
        match server {
            Server::Biorxiv => format!("{prefix}/{}.{:06}", received.format("%Y.%m.%d"), 700_000 + number % 299_999),
            Server::Medrxiv => format!("{prefix}/{}.{:08}", received.format("%Y.%m.%d"), 26_000_000 + number),
        }
    };
    let category = if early && dice.chance(0.3) { CLOSED[dice.position(CLOSED.len())].to_owned() } else { category };
    let licence = |dice: &mut Dice| {
        let licences = server.licences();
        licences[dice.weighted(licences.iter().map(|l| l.1))].0.to_owned()
    };
    let first_licence = licence(dice);
    let mut postings: Vec<Posting> = Vec::new();
    let mut add = |version: u32, date: NaiveDate, appears_at, withdrawn, licence: String, has_full_text| {
        postings.push(Posting { version, date, appears_at, withdrawn, licence, has_full_text });
    };
    let full_text = dice.chance(config.full_text_share);
    let mut version = 0;
    if early {
        // Versions from before this world began, years apart; the range query of no simulated day lists them.
        let older = dice.whole(2, 12);
        for i in 0..older {
            version += 1;
            let date = day - TimeDelta::days((older - i) * 170 + 400);
            add(version, date, at_hour(date, dice), false, first_licence.clone(), full_text);
        }
    }
    version += 1;
    let first_appears = appearance(day, dice);
    add(version, day, first_appears, false, first_licence.clone(), full_text);
    let mut date = day;
    while dice.chance(config.revision_share) && version < 14 {
        date += TimeDelta::days(if dice.chance(0.2) { 1 } else { dice.whole(2, 40) });
        version += 1;
        let licence = if dice.chance(0.05) { licence(dice) } else { first_licence.clone() };
        let at = appearance(date, dice);
        add(version, date, at, false, licence, full_text);
    }
    let withdrawn = dice.chance(config.withdrawal_share);
    if withdrawn {
        date += TimeDelta::days(dice.whole(2, 20));
        add(version + 1, date, appearance(date, dice), true, first_licence, false);
    }
    // A later version never shows before an earlier one.
    let mut latest = DateTime::<Utc>::MIN_UTC;
    for posting in &mut postings {
        posting.appears_at = posting.appears_at.max(latest + TimeDelta::seconds(1));
        latest = posting.appears_at;
    }
    let journal = (!withdrawn && dice.chance(config.published_share)).then(|| {
        let article = day + TimeDelta::days(dice.whole(6, 70));
        JournalLink {
            doi: format!("10.5555/journal.{}.{}{index}", day.format("%Y%m%d"), &server.slug()[..1]),
            date: article,
            appears_at: at_hour(article + TimeDelta::days(dice.whole(4, 24)), dice),
            journal_form: dice.whole(0, 4) as usize,
        }
    });
    Preprint { server, doi, category, seed, postings, journal, imported: false, pmid: None, file: None }
}

/// From this day on new works carry the prefix 10.64898.
const NEW_PREFIX: NaiveDate = match NaiveDate::from_ymd_opt(2025, 12, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// When a row of `day` appears: mostly on the day, at times after midnight UTC, rarely one to three days late.
fn appearance(day: NaiveDate, dice: &mut Dice) -> DateTime<Utc> {
    let at = at_hour(day, dice);
    let fate = dice.real(0.0, 1.0);
    if fate < 0.05 {
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::days(1);
        midnight + TimeDelta::minutes(dice.whole(1, 230))
    } else if fate < 0.07 {
        at + TimeDelta::days(dice.whole(1, 3))
    } else {
        at
    }
}
