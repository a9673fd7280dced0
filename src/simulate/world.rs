//! What the invented archives hold and when each row appears: a pure function of the configuration. Texts are written
//! when asked for ([`super::text`]); here are only works, versions, links and the life of each PubMed record.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Config;
use super::catalogue::Server;
use super::day::{EPOCH, at_hour, weekday_factor};
use super::dice::Dice;
use super::preprint::{Posting, Preprint, preprint};
use super::record::{Record, RecordKind, add_delivery, kind_name, life};

/// All works and records, in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub preprints: Vec<Preprint>,
    pub records: Vec<Record>,
    by_doi: BTreeMap<String, usize>,
    by_pmid: BTreeMap<u64, usize>,
    /// In the order in which the API lists them.
    rows: BTreeMap<Server, Vec<RowKey>>,
}

/// (date, appears_at, preprint, posting).
type RowKey = (NaiveDate, DateTime<Utc>, usize, usize);

/// A record that is to enter PubMed: kind, category, seed, DOI, journal form.
type Entry = (RecordKind, String, u64, Option<String>, usize);

impl World {
    /// The world of `config`, from `history_days` before its first day to its last. A longer world begins with the same
    /// works as a shorter one.
    pub fn generate(config: &Config) -> Self {
        let mut world = World::default();
        let first = config.from - TimeDelta::days(i64::from(config.history_days));
        let days = i64::from(config.history_days) + i64::from(config.days);
        for day in (0..days).map(|day| first + TimeDelta::days(day)) {
            for server in [Server::Biorxiv, Server::Medrxiv] {
                world.post_day(config, server, day);
            }
        }
        let last = first + TimeDelta::days(days);
        world.enter_records(config, first, last);
        world.finish();
        world
    }

    /// Sorts the rows and builds the look-ups; to be called after works were added by hand.
    pub fn finish(&mut self) {
        self.by_doi = self.preprints.iter().enumerate().map(|(i, preprint)| (preprint.doi.to_lowercase(), i)).collect();
        self.by_pmid = self.records.iter().enumerate().map(|(i, record)| (record.pmid, i)).collect();
        self.rows.clear();
        for (i, preprint) in self.preprints.iter().enumerate() {
            let rows = self.rows.entry(preprint.server).or_default();
            rows.extend(preprint.postings.iter().enumerate().map(|(j, p)| (p.date, p.appears_at, i, j)));
        }
        for rows in self.rows.values_mut() {
            rows.sort_unstable();
        }
    }

    pub fn by_doi(&self, doi: &str) -> Option<&Preprint> {
        self.by_doi.get(&doi.to_lowercase()).and_then(|i| self.preprints.get(*i))
    }

    pub fn by_pmid(&self, pmid: u64) -> Option<&Record> {
        self.by_pmid.get(&pmid).and_then(|i| self.records.get(*i))
    }

    /// The rows of `server` dated `from..=to` that show at `now`, oldest first.
    pub fn rows(
        &self,
        server: Server,
        from: NaiveDate,
        to: NaiveDate,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&Preprint, &Posting)> {
        let rows = self.rows.get(&server).map_or(&[][..], Vec::as_slice);
        let begin = rows.partition_point(|(date, ..)| *date < from);
        let end = rows.partition_point(|(date, ..)| *date <= to);
        rows.get(begin..end).unwrap_or_default().iter().filter(move |(_, at, ..)| *at <= now).filter_map(
            |(_, _, i, j)| {
                let preprint = self.preprints.get(*i)?;
                Some((preprint, preprint.postings.get(*j)?))
            },
        )
    }

    fn post_day(&mut self, config: &Config, server: Server, day: NaiveDate) {
        let source = server.slug();
        let mut dice = Dice::of(config.seed, &[source, &day.to_string()]);
        let mean = match server {
            Server::Biorxiv => config.biorxiv_per_day,
            Server::Medrxiv => config.medrxiv_per_day,
        };
        let count = dice.around(mean * weekday_factor(day) * config.script.rate_factor(day, source));
        let shares = config.script.shares(day, server);
        let mut categories: Vec<String> =
            (0..count).map(|_| shares[dice.weighted(shares.iter().map(|s| s.1))].0.to_owned()).collect();
        let n_own = categories.len();
        for (category, count) in config.script.imports(day, source) {
            categories.extend((0..count).map(|_| category.to_owned()));
        }
        for (i, category) in categories.into_iter().enumerate() {
            let dice = Dice::of(config.seed, &[source, &day.to_string(), &i.to_string()]);
            let mut preprint = preprint(config, server, day, i, category, dice);
            if i >= n_own {
                (preprint.imported, preprint.journal) = (true, None);
            }
            // Two early works can draw one number; the first keeps it.
            if self.by_doi.insert(preprint.doi.clone(), self.preprints.len()).is_none() {
                self.preprints.push(preprint);
            }
        }
    }

    fn enter_records(&mut self, config: &Config, first: NaiveDate, last: NaiveDate) {
        // What is to enter, by day; PMIDs go up with the day, so that a longer world keeps the PMIDs of a shorter one.
        let mut by_day: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
        for (i, preprint) in self.preprints.iter().enumerate() {
            let mut dice = Dice::of(preprint.seed, &["pubmed"]);
            if let Some(link) = &preprint.journal
                && dice.chance(0.9)
            {
                let entry = (
                    RecordKind::JournalOf(i),
                    preprint.category.clone(),
                    preprint.seed,
                    Some(link.doi.clone()),
                    link.journal_form,
                );
                by_day.entry(link.date).or_default().push(entry);
            }
            if let Some(posting) = preprint.postings.first()
                && posting.date >= first
                && !preprint.imported
                && dice.chance(config.pubmed_preprint_share)
            {
                let day = posting.date + TimeDelta::days(dice.whole(2, 12));
                let entry = (
                    RecordKind::PreprintRecord(i),
                    preprint.category.clone(),
                    preprint.seed,
                    Some(preprint.doi.clone()),
                    0,
                );
                by_day.entry(day).or_default().push(entry);
            }
        }
        let mut day = first;
        while day < last {
            let mut dice = Dice::of(config.seed, &["pubmed", &day.to_string()]);
            let count =
                dice.around(config.pubmed_per_day * weekday_factor(day) * config.script.rate_factor(day, "pubmed"));
            let mut shares = config.script.shares(day, Server::Biorxiv);
            shares.extend(
                config.script.shares(day, Server::Medrxiv).into_iter().map(|(name, share)| (name, share * 400.0)),
            );
            let mut categories: Vec<String> =
                (0..count).map(|_| shares[dice.weighted(shares.iter().map(|s| s.1))].0.to_owned()).collect();
            for (category, count) in config.script.imports(day, "pubmed") {
                categories.extend((0..count).map(|_| category.to_owned()));
            }
            for (i, category) in categories.into_iter().enumerate() {
                let mut dice = Dice::of(config.seed, &["pubmed", &day.to_string(), &i.to_string()]);
                let seed = dice.whole(0, i64::MAX) as u64;
                let kind = if dice.chance(0.004) { RecordKind::Book } else { RecordKind::Article };
                let doi = dice.chance(0.97).then(|| format!("10.5555/invented.{day}.{i}", day = day.format("%Y%m%d")));
                by_day.entry(day).or_default().push((kind, category, seed, doi, dice.whole(0, 4) as usize));
            }
            day += TimeDelta::days(1);
        }
        let mut preprint_records: BTreeMap<usize, usize> = BTreeMap::new();
        // Notices enter on a later day: found by walking the days in order while they are added.
        while let Some((day, entries)) = by_day.pop_first() {
            let base = 90_000_000 + ((day - EPOCH).num_days().max(0) as u64) * 10_000;
            for (i, (kind, category, seed, doi, journal_form)) in entries.into_iter().enumerate() {
                let pmid = base + i as u64;
                let mut dice = Dice::of(seed, &["record", kind_name(&kind)]);
                let at = at_hour(day, &mut dice);
                let mut deliveries = life(at, &mut dice);
                let mut deleted_at = None;
                if matches!(kind, RecordKind::Article | RecordKind::JournalOf(_)) {
                    let later = day + TimeDelta::days(dice.whole(4, 25));
                    let fate = dice.real(0.0, 1.0);
                    // A notice is its own record; its PMID follows from its day and its place among that day's entries.
                    let notice = |by_day: &BTreeMap<NaiveDate, Vec<_>>| {
                        90_000_000
                            + ((later - EPOCH).num_days().max(0) as u64) * 10_000
                            + by_day.get(&later).map_or(0, Vec::len) as u64
                    };
                    if fate < config.retraction_share {
                        let number = notice(&by_day);
                        let entry =
                            (RecordKind::RetractionNotice(pmid), category.clone(), seed ^ 0x5eed, None, journal_form);
                        by_day.entry(later).or_default().push(entry);
                        add_delivery(&mut deliveries, at_hour(later, &mut dice), |d| d.retracted_by = Some(number));
                    } else if fate < config.retraction_share * 2.0 {
                        let number = notice(&by_day);
                        let entry = (RecordKind::Erratum(pmid), category.clone(), seed ^ 0xe55a, None, journal_form);
                        by_day.entry(later).or_default().push(entry);
                        add_delivery(&mut deliveries, at_hour(later, &mut dice), |d| d.corrected_by = Some(number));
                    } else if fate > 1.0 - config.deletion_share {
                        deleted_at = Some(at_hour(later, &mut dice));
                    }
                }
                match kind {
                    RecordKind::PreprintRecord(n) => {
                        preprint_records.insert(n, self.records.len());
                        if let Some(preprint) = self.preprints.get_mut(n) {
                            preprint.pmid = Some(pmid);
                        }
                    }
                    RecordKind::JournalOf(n) => {
                        let earlier = preprint_records.get(&n).copied();
                        if let Some(record) = earlier.and_then(|i| self.records.get_mut(i)) {
                            add_delivery(&mut record.deliveries, at + TimeDelta::days(3), |d| {
                                d.updated_by = Some(pmid)
                            });
                        }
                    }
                    _ => {}
                }
                let version = if dice.chance(0.003) { 2 } else { 1 };
                self.records.push(Record {
                    pmid,
                    version,
                    kind,
                    category,
                    seed,
                    doi,
                    journal_form,
                    deliveries,
                    deleted_at,
                    file: None,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Weekday};

    use super::*;

    fn config(days: u32) -> Config {
        Config { days, biorxiv_per_day: 20.0, medrxiv_per_day: 8.0, pubmed_per_day: 20.0, ..Config::default() }
    }

    #[test]
    fn a_world_is_a_function_of_its_seed_and_grows_at_the_end() {
        let short = World::generate(&config(10));
        let long = World::generate(&config(20));
        assert_eq!(short.preprints[..], long.preprints[..short.preprints.len()]);
        let last = short.preprints.last().unwrap().postings[0].date;
        let entered = |world: &World| -> Vec<u64> {
            world
                .records
                .iter()
                .filter(|r| r.entered_at().date_naive() < last - TimeDelta::days(1))
                .map(|r| r.pmid)
                .collect()
        };
        assert_eq!(entered(&short), entered(&long));
        let other = World::generate(&Config { seed: 99, ..config(10) });
        assert_ne!(short.preprints[..3], other.preprints[..3]);
    }

    #[test]
    fn every_state_of_the_archives_occurs() {
        let world = World::generate(&config(60));
        let postings = || world.preprints.iter().flat_map(|p| &p.postings);
        assert!(postings().any(|p| p.withdrawn && p.version > 1));
        assert!(postings().any(|p| p.version >= 3));
        assert!(postings().any(|p| p.licence.is_empty()));
        assert!(postings().any(|p| p.appears_at.date_naive() > p.date));
        assert!(world.preprints.iter().any(|p| p.doi.starts_with("10.64898/")));
        assert!(world.preprints.iter().any(|p| p.suffix().len() == 6));
        assert!(world.preprints.iter().any(|p| p.journal.is_some()));
        assert!(world.records.iter().any(|r| r.deleted_at.is_some()));
        assert!(world.records.iter().any(|r| r.deliveries.len() > 2));
        assert!(world.records.iter().any(|r| r.deliveries.iter().any(|d| d.updated_by.is_some())));
        let retracted: Vec<_> = world
            .records
            .iter()
            .filter_map(|r| r.deliveries.last()?.retracted_by.map(|notice| (r.pmid, notice)))
            .collect();
        assert!(!retracted.is_empty());
        for (pmid, notice) in retracted {
            assert_eq!(world.by_pmid(notice).map(|r| r.kind.clone()), Some(RecordKind::RetractionNotice(pmid)));
        }
    }

    #[test]
    fn ids_are_unique_and_versions_appear_in_order() {
        let world = World::generate(&config(90));
        assert_eq!(world.by_doi.len(), world.preprints.len());
        assert_eq!(world.by_pmid.len(), world.records.len());
        for preprint in &world.preprints {
            assert!(preprint.postings.windows(2).all(|w| w[0].appears_at < w[1].appears_at && w[0].date < w[1].date));
            assert!(preprint.postings.iter().enumerate().all(|(i, p)| p.version as usize == i + 1));
        }
    }

    #[test]
    fn weekends_are_quiet_and_rows_wait_for_their_time() {
        let world = World::generate(&config(28));
        let on = |weekday| world.preprints.iter().filter(|p| p.postings[0].date.weekday() == weekday).count();
        assert!(on(Weekday::Sun) * 2 < on(Weekday::Tue));
        let config = config(28);
        let noon = config.from.and_hms_opt(15, 0, 0).unwrap().and_utc();
        let day = config.from;
        let early = world.rows(Server::Biorxiv, day, day, noon).count();
        let late = world.rows(Server::Biorxiv, day, day, noon + TimeDelta::days(5)).count();
        assert!(0 < early && early < late, "{early} {late}");
    }
}
