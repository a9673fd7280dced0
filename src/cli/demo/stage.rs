//! What the demo plays: the invented world, and the service's settings in each act.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};

use crate::config::File;
use crate::model::delivery::SourceName;
use crate::simulate::script::Rate;
use crate::simulate::{self, BaseUrls, Script};
use crate::{fetch, source, worker};

use super::Args;

pub(super) const SOURCES: [SourceName; 3] = [SourceName::Biorxiv, SourceName::Medrxiv, SourceName::Pubmed];
/// Hour of the daily polls, UTC.
pub(super) const POLL_HOUR: u32 = 6;
/// Days that pass fast: eleven months.
const PAST_DAYS: i64 = 333;
/// Part of the last days' articles that a day has until then.
const BEFORE: f64 = 0.44;
/// Works that come to bioRxiv at once: a month's.
const IMPORTED: u32 = 170;
/// Bootstrap draws a band: fewer than usual, since every week of the year is judged in a minute.
const DRAWS: u32 = 400;
/// Texts that the classifier learns from.
const MOST_TEXTS: usize = 1500;

/// Which part of the play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Abstracts only and no questions, as fast as they can be read.
    Past,
    /// Full texts too.
    Live,
    /// Nothing more is to come in.
    Over,
}

/// The days of the play.
pub(super) struct Stage {
    pub from: NaiveDate,
    pub live_from: NaiveDate,
    /// The day after the last one.
    pub until: NaiveDate,
    seed: u64,
}

impl Stage {
    pub fn of(args: &Args) -> Self {
        let from = simulate::Config::default().from;
        let live_from = from + TimeDelta::days(if args.short { 0 } else { PAST_DAYS });
        Stage { from, live_from, until: live_from + TimeDelta::days(i64::from(args.days)), seed: args.seed }
    }

    pub fn days(&self) -> u32 {
        u32::try_from((self.until - self.from).num_days()).unwrap_or(0)
    }

    /// Simulated seconds a second, when the last days take `seconds`.
    pub fn rate(&self, seconds: u32) -> f64 {
        (self.until - self.live_from).num_seconds() as f64 / f64::from(seconds)
    }

    /// The year of the script, with fewer articles until the last days.
    pub fn world(&self) -> simulate::Config {
        let mut script = Script::of_a_year(self.from, IMPORTED);
        script.rate = [(NaiveDate::MIN, BEFORE), (self.live_from, 1.0 / BEFORE)]
            .map(|(from, factor)| Rate { from, source: None, factor })
            .to_vec();
        simulate::Config {
            from: self.from,
            days: self.days(),
            seed: self.seed,
            biorxiv_per_day: 16.0,
            medrxiv_per_day: 8.0,
            pubmed_per_day: 8.0,
            script,
            ..simulate::Config::default()
        }
    }

    /// Daily polls of archives on this machine, with nobody to be polite to.
    pub fn configuration(&self, urls: &BaseUrls, data_dir: PathBuf, listen: SocketAddr, act: Act) -> File {
        let schedule = match act {
            Act::Past | Act::Live => format!("0 {POLL_HOUR} * * *"),
            Act::Over => "0 6 1 1 *".to_owned(),
        };
        let since = Some(self.from);
        let preprints = |base: &str, www: &str| source::biorxiv::Config {
            base_url: Some(base.to_owned()),
            full_text_url: Some(www.to_owned()),
            full_text: act != Act::Past,
            links_days: if act == Act::Past { 0 } else { source::biorxiv::Config::default().links_days },
            full_text_spacing_ms: 0,
            spacing_ms: 0,
            schedule: schedule.clone(),
            since,
            feed_minutes: 0,
            ..source::biorxiv::Config::default()
        };
        let mut file = File { data_dir, ..File::default() };
        file.web.listen = listen;
        file.fetch = fetch::Config { backoff_ms: 10, ..fetch::Config::default() };
        file.worker = worker::Config { drain_seconds: 10, ..worker::Config::default() };
        // One classifier, in time for the last days.
        file.topics.train = "0 3 1 12 *".to_owned();
        file.topics.most_texts = MOST_TEXTS;
        file.drift.draws = DRAWS;
        if act == Act::Past {
            // These months are counted; questions are drafted from the last days' articles.
            file.question.generators.clear();
        }
        file.sources = source::Config {
            biorxiv: preprints(&urls.biorxiv, &urls.biorxiv_www),
            medrxiv: preprints(&urls.medrxiv, &urls.medrxiv_www),
            pubmed: source::pubmed::Config {
                base_url: urls.pubmed.clone(),
                spacing_ms: Some(0),
                schedule,
                since,
                ..source::pubmed::Config::default()
            },
        };
        file
    }
}
