//! Which number the next release gets, between which days its slices lie, and which questions it takes.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Ask, now, number};
use crate::drift::alignment::{Wish, align};
use crate::model::status::ReleaseStatus;
use crate::release::catalog::Listed;
use crate::release::licence::{Part, Policy, may_be_carried_on, url};
use crate::release::manifest::Kind;
use crate::release::report;
use crate::release::seal::Header;
use crate::release::select::{Candidate, Held, Pool, Quotas, Selection};
use crate::release::split::{Cuts, Member, Split, splits};
use crate::release::{Config, Version, schema};
use crate::store::Rows;
use crate::store::release::{NewRelease, Release};
use crate::store::released::ReleasableWork;
use crate::topic::{Assigned, Taxonomy};
use crate::worker::queue::{Cause, Retry};
use crate::worker::{Env, Error};

/// What a release is made with; kept with its number, so that a run after a kill makes the same one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub previous: Option<Version>,
    pub settled: NaiveDate,
    pub released: NaiveDate,
    pub seed: u64,
    pub is_patch: bool,
}

impl Plan {
    pub fn of(release: &Release) -> Result<Self, Error> {
        serde_json::from_value(release.plan.clone()).map_err(|error| Error::Parked {
            reason: format!("the plan of release {} is not understood: {error}", release.version),
            retry: Retry::Never,
        })
    }

    pub fn header(&self, config: &Config, release: &Release, version: Version) -> Header {
        let day = |day: NaiveDate| (day < NaiveDate::MAX).then(|| day.to_string());
        Header {
            name: release.name.clone(),
            version,
            created: release.created_at,
            seed: self.seed,
            cause: release.cause.clone(),
            previous: self.previous,
            publisher: config.publisher.clone(),
            contact: config.contact.clone(),
            url: config.url.clone(),
            settled: day(self.settled),
            released: day(self.released),
            alpha: config.alpha,
            validation_share: config.validation_share,
            audit_questions: config.audit_questions,
        }
    }
}

/// Takes the next number. The reason when there is nothing a release could be made for. `published`: what lies in the folder, which a
/// store that was put back from a backup may not know of.
pub(super) fn next(env: &Env, ask: Ask, published: &[Listed]) -> Result<Result<Release, String>, Error> {
    let config = &env.release;
    let created_at = now(env, ask);
    let mut txn = env.store.write()?;
    let all = txn.releases(Kind::Dataset.as_str())?;
    if let Some(sealed) = all.iter().find(|release| release.status == ReleaseStatus::Sealed) {
        let version = &sealed.version;
        return Ok(Err(format!(
            "{version} is sealed and waits: publish it, or discard it, with `aludel release publish`"
        )));
    }
    let known = all.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let newest = known.into_iter().chain(published.iter().map(|listed| listed.manifest.version)).max();
    // A release that was taken back is no one's to compare with, but its days count: what was out is out.
    let standing =
        all.iter().rev().find(|release| release.status == ReleaseStatus::Published).map(number).transpose()?;
    let previous = published.iter().rev().find(|listed| listed.yanked.is_none()).map(|listed| listed.manifest.version);
    let previous = previous.or(standing);
    let last = all.last().map(Plan::of).transpose()?;
    let is_patch = ask.cause == Cause::Takedown;
    let (version, plan) = match (is_patch, newest, last) {
        (true, None, _) | (true, _, None) => return Ok(Err("there is no release to take anything out of".to_owned())),
        (true, Some(newest), Some(last)) => {
            if txn.overdue_tombstones()? == 0 {
                return Ok(Err("nothing that was released has to be taken back".to_owned()));
            }
            (newest.next_patch(), Plan { previous, is_patch, ..last })
        }
        (false, newest, last) => {
            let version = match newest {
                Some(newest) if newest.major == schema::MAJOR => newest.next_minor(),
                _ => Version::first(schema::MAJOR),
            };
            let before = last.as_ref().map(|last| last.released);
            let Cuts { settled, released } = Cuts::on(created_at.date_naive(), config.future_days, before);
            (version, Plan { previous, settled, released, seed: config.seed, is_patch })
        }
    };
    // Proof: dates, numbers and names.
    let value = serde_json::to_value(&plan).unwrap_or_default();
    let version = version.to_string();
    txn.stage_release(&NewRelease {
        kind: Kind::Dataset.as_str(),
        name: config.name.clone(),
        version: version.clone(),
        cause: ask.cause.as_str().to_owned(),
        created_at,
        plan: value,
    })?;
    let staged = txn.release(Kind::Dataset.as_str(), &config.name, &version)?;
    txn.commit()?;
    staged
        .map(Ok)
        .ok_or_else(|| Error::Parked { reason: "a release's number was not kept".to_owned(), retry: Retry::Never })
}

/// What a release takes, with what is needed to say so.
pub(super) struct Selected {
    pub selection: Selection,
    /// By key, as candidates name them.
    pub works: Vec<ReleasableWork>,
    /// Topic of each work; `None` for none.
    pub topics: Vec<Option<String>>,
    /// Released questions that may not be any more for their licence or their caption: row to reason.
    pub barred: HashMap<i64, Held>,
    pub alignments: Vec<report::Alignment>,
    pub literature: Literature,
}

/// The papers whose topic shares count.
#[derive(Debug, Default)]
pub(super) struct Literature {
    /// By topic, `""` for none.
    pub topics: BTreeMap<String, u64>,
    pub from: String,
    pub taxonomy_version: u32,
}

pub(super) fn select(store: &Rows, config: &Config, plan: &Plan, release: &Release) -> Result<Selected, Error> {
    let taxonomy = Taxonomy::embedded();
    let works = store.releasable_works()?;
    let position: HashMap<_, usize> = works.iter().enumerate().map(|(at, work)| (work.id, at)).collect();
    let ties: Vec<(usize, usize)> =
        store.one_paper_ties()?.iter().filter_map(|(a, b)| Some((*position.get(a)?, *position.get(b)?))).collect();
    let members: Vec<Member> = works
        .iter()
        .map(|work| Member {
            key: work.key.clone(),
            first_public: work.first_public,
            before: work.split.as_deref().and_then(Split::from_name),
        })
        .collect();
    let cuts = Cuts { settled: plan.settled, released: plan.released };
    let splits = splits(&members, &ties, cuts, config.validation_share, plan.seed);
    let topics: Vec<Option<String>> = works
        .iter()
        .map(|work| match taxonomy.assign(work.labels.iter().map(String::as_str)) {
            Assigned::Topic(topic) => Some(topic.to_owned()),
            Assigned::Unlabelled | Assigned::Unknown(_) => None,
        })
        .collect();
    let literature = literature(store, config, &taxonomy, release.created_at.date_naive())?;
    let strata: Vec<String> = taxonomy.topics().iter().map(|topic| topic.id.clone()).chain([String::new()]).collect();
    let stratum: HashMap<&str, u16> =
        strata.iter().enumerate().map(|(at, topic)| (topic.as_str(), u16::try_from(at).unwrap_or(u16::MAX))).collect();
    let none = stratum.get("").copied().unwrap_or(0);

    let policy = Policy::embedded();
    let licences = store.effective_licences()?;
    let last = newest_row(store)?;
    let mut candidates = Vec::new();
    let mut barred = HashMap::new();
    let mut carried: HashMap<_, bool> = HashMap::new();
    let mut failed = None;
    store.each_releasable(|question| {
        let Some(work) = position.get(&question.work) else { return };
        let code = licences.get(&question.version).copied().unwrap_or_default();
        let rule = policy.rule(code);
        let carried = *carried.entry(question.version).or_insert_with(|| match store.version(question.version) {
            Ok(version) => {
                let received = version.map(|version| version.licence_received).unwrap_or_default();
                may_be_carried_on(rule, url(rule, &received).as_deref())
            }
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        let before = question.last.is_some() && question.last == last;
        let held = if !carried || (rule.part == Part::Pointers && !config.pointers) {
            Some(Held::Licence)
        } else if question.is_third_party {
            Some(Held::ThirdParty)
        } else if question.tier.is_none_or(|tier| tier < config.least_tier) {
            Some(Held::Tier)
        } else if question.is_trivial && !config.trivial {
            Some(Held::Trivial)
        } else if question.in_review {
            Some(Held::Review)
        } else if !question.is_current {
            Some(Held::Superseded)
        } else if plan.is_patch && !before {
            Some(Held::NotBefore)
        } else {
            None
        };
        if let Some(reason @ (Held::Licence | Held::ThirdParty)) = held
            && question.last.is_some()
        {
            barred.insert(question.question, reason);
        }
        let stored = question.topic.as_deref().and_then(stored_topic);
        let topic = stored.as_deref().or(topics[*work].as_deref()).unwrap_or_default();
        candidates.push(Candidate {
            id: question.id,
            question: question.question,
            work: u32::try_from(*work).unwrap_or(u32::MAX),
            part: rule.part,
            stratum: stratum.get(topic).copied().unwrap_or(none),
            held,
            before,
        });
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let pool = Pool::new(candidates, &splits, strata.len());
    let (quotas, alignments) = if plan.is_patch || !config.align {
        (BTreeMap::new(), Vec::new())
    } else {
        quotas(&pool, config, &strata, &literature)?
    };
    let selection = pool.choose(&quotas, plan.seed);
    Ok(Selected { selection, works, topics, barred, alignments, literature })
}

/// The id of a topic that a question has of its own.
pub(super) fn stored_topic(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    value["id"].as_str().map(str::to_owned)
}

/// The row of the newest data set that is or was out.
fn newest_row(store: &Rows) -> Result<Option<i64>, Error> {
    let all = store.releases(Kind::Dataset.as_str())?;
    Ok(all.iter().rev().find(|release| release.published_at.is_some()).map(|release| release.id))
}

/// Topics of the papers of the days before `today`; of all papers when there is none among those.
fn literature(store: &Rows, config: &Config, taxonomy: &Taxonomy, today: NaiveDate) -> Result<Literature, Error> {
    let from = today.checked_sub_days(Days::new(u64::from(config.literature_days))).unwrap_or(NaiveDate::MIN);
    let (mut recent, mut all) = (BTreeMap::new(), BTreeMap::new());
    let mut earliest: Option<NaiveDate> = None;
    store.each_labelled_work(|first_public, labels| {
        let topic = match taxonomy.assign(labels.iter().copied()) {
            Assigned::Topic(topic) => topic,
            Assigned::Unlabelled | Assigned::Unknown(_) => "",
        };
        if first_public.is_some_and(|day| (from..=today).contains(&day)) {
            count(&mut recent, topic);
        }
        count(&mut all, topic);
        earliest = [earliest, first_public].into_iter().flatten().min();
    })?;
    let taxonomy_version = taxonomy.version();
    Ok(if recent.is_empty() {
        let from = earliest.map_or_else(|| "ever".to_owned(), |day| day.to_string());
        Literature { topics: all, from, taxonomy_version }
    } else {
        Literature { topics: recent, from: from.to_string(), taxonomy_version }
    })
}

fn count(counts: &mut BTreeMap<String, u64>, topic: &str) {
    match counts.get_mut(topic) {
        Some(n) => *n += 1,
        None => drop(counts.insert(topic.to_owned(), 1)),
    }
}

/// How many training rows each part takes of each topic. Rows without a topic are taken whole: nothing says what their share is.
fn quotas(
    pool: &Pool,
    config: &Config,
    strata: &[String],
    literature: &Literature,
) -> Result<(Quotas, Vec<report::Alignment>), Error> {
    let topics: Vec<&String> = strata.iter().filter(|topic| !topic.is_empty()).collect();
    let shares: Vec<u64> = topics.iter().map(|topic| literature.topics.get(*topic).copied().unwrap_or(0)).collect();
    let (mut quotas, mut alignments) = (BTreeMap::new(), Vec::new());
    for part in Part::ALL {
        let mut available = pool.available(part);
        // The last stratum is "no topic".
        let most = if config.most_rows == 0 { u64::MAX } else { config.most_rows };
        let unlabelled = available.pop().unwrap_or(0).min(most);
        let all: u64 = available.iter().sum();
        if all == 0 || shares.iter().sum::<u64>() == 0 {
            continue;
        }
        let size = all.min(most - unlabelled);
        let aligned = align(&shares, &available, &Wish { size, alpha: config.alpha, repeats: 1 })?;
        alignments.push(report::Alignment {
            part: part.as_str().to_owned(),
            alpha: config.alpha,
            available: all,
            taken: aligned.taken,
            distance: aligned.distance,
            topics: topics
                .iter()
                .zip(&aligned.quotas)
                .filter(|(_, quota)| quota.wanted + quota.available > 0)
                .map(|(topic, quota)| report::TopicQuota {
                    topic: (*topic).clone(),
                    wanted: quota.wanted,
                    available: quota.available,
                    taken: quota.taken,
                })
                .collect(),
        });
        quotas.insert(part, aligned.quotas.iter().map(|quota| quota.taken).chain([unlabelled]).collect());
    }
    Ok((quotas, alignments))
}
