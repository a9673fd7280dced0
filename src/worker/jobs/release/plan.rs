//! Which number the next release gets, between which days its slices lie, and which questions it takes.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Ask, now, number};
use crate::drift::alignment::{Wish, align};
use crate::model::status::ReleaseStatus;
use crate::release::catalog::Listed;
use crate::release::licence::Part;
use crate::release::manifest::Kind;
use crate::release::report;
use crate::release::seal::Header;
use crate::release::select::{Held, Pool, Quotas, Selection};
use crate::release::split::{Cuts, Member, Split, splits};
use crate::release::{Config, Version, schema};
use crate::store::Rows;
use crate::store::release::{NewRelease, Release};
use crate::store::released::ReleasableWork;
use crate::worker::jobs::candidates::{Gathered, Literature, Rules, gather};
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
            // A column that came since the newest release was made comes with a minor one.
            let has_grown = published.iter().max_by_key(|listed| listed.manifest.version);
            let has_grown = has_grown.is_some_and(|listed| schema::has_grown_since(&listed.folder));
            let version = if has_grown { newest.next_minor() } else { newest.next_patch() };
            (version, Plan { previous, is_patch, ..last })
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
pub(in crate::worker::jobs) struct Selected {
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

pub(super) fn select(store: &Rows, config: &Config, plan: &Plan, release: &Release) -> Result<Selected, Error> {
    let rules = Rules {
        least_tier: config.least_tier,
        trivial: config.trivial,
        pointers: config.pointers,
        literature_days: config.literature_days,
        only_known: plan.is_patch,
        answer_types: Vec::new(),
    };
    let gathered = gather(store, &rules, release.created_at.date_naive())?;
    let members: Vec<Member> = gathered
        .works
        .iter()
        .map(|work| Member {
            key: work.key.clone(),
            first_public: work.first_public,
            before: work.split.as_deref().and_then(Split::from_name),
        })
        .collect();
    let cuts = Cuts { settled: plan.settled, released: plan.released };
    let splits = splits(&members, &gathered.ties, cuts, config.validation_share, plan.seed);
    let Gathered { works, topics, strata, candidates, barred, literature, .. } = gathered;
    let pool = Pool::new(candidates, &splits, strata.len());
    let (quotas, alignments) = if plan.is_patch || !config.align {
        (BTreeMap::new(), Vec::new())
    } else {
        quotas(&pool, config.alpha, config.most_rows, &strata, &literature)?
    };
    let selection = pool.choose(&quotas, plan.seed);
    Ok(Selected { selection, works, topics, barred, alignments, literature })
}

/// How many training rows each part takes of each topic. Rows without a topic are taken whole: nothing says what their share is.
pub(in crate::worker::jobs) fn quotas(
    pool: &Pool,
    alpha: f64,
    most_rows: u64,
    strata: &[String],
    literature: &Literature,
) -> Result<(Quotas, Vec<report::Alignment>), Error> {
    let topics: Vec<&String> = strata.iter().filter(|topic| !topic.is_empty()).collect();
    let shares: Vec<u64> = topics.iter().map(|topic| literature.topics.get(*topic).copied().unwrap_or(0)).collect();
    let (mut quotas, mut alignments) = (BTreeMap::new(), Vec::new());
    for part in Part::ALL {
        let mut available = pool.available(part);
        // The last stratum is "no topic".
        let most = if most_rows == 0 { u64::MAX } else { most_rows };
        let unlabelled = available.pop().unwrap_or(0).min(most);
        let all: u64 = available.iter().sum();
        if all == 0 || shares.iter().sum::<u64>() == 0 {
            continue;
        }
        let size = all.min(most - unlabelled);
        let aligned = align(&shares, &available, &Wish { size, alpha, repeats: 1 })?;
        alignments.push(report::Alignment {
            part: part.as_str().to_owned(),
            alpha,
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
