//! The accepted questions that a release or a training set may take, each with why not, and the literature whose topics count.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};

use crate::model::question::Tier;
use crate::release::licence::{Part, Policy, may_be_carried_on, url};
use crate::release::manifest::Kind;
use crate::release::select::{Candidate, Held};
use crate::store::Rows;
use crate::store::released::ReleasableWork;
use crate::topic::{Assigned, Taxonomy};
use crate::worker::Error;

/// What is asked of a question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rules {
    pub least_tier: Tier,
    pub trivial: bool,
    pub pointers: bool,
    pub literature_days: u32,
    /// Only what was in the release before.
    pub only_known: bool,
    /// Answer types that are taken; none named: all.
    pub answer_types: Vec<String>,
}

/// The questions, without their texts.
pub(super) struct Gathered {
    /// By key, as candidates name them.
    pub works: Vec<ReleasableWork>,
    /// Positions of works that are one paper.
    pub ties: Vec<(usize, usize)>,
    /// Topic of each work; `None` for none.
    pub topics: Vec<Option<String>>,
    /// Topics as candidates number them; the last is `""`, none.
    pub strata: Vec<String>,
    pub candidates: Vec<Candidate>,
    /// Released questions that may not be any more for their licence or their caption: row to reason.
    pub barred: HashMap<i64, Held>,
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

pub(super) fn gather(store: &Rows, rules: &Rules, today: NaiveDate) -> Result<Gathered, Error> {
    let taxonomy = Taxonomy::embedded();
    let works = store.releasable_works()?;
    let position: HashMap<_, usize> = works.iter().enumerate().map(|(at, work)| (work.id, at)).collect();
    let ties: Vec<(usize, usize)> =
        store.one_paper_ties()?.iter().filter_map(|(a, b)| Some((*position.get(a)?, *position.get(b)?))).collect();
    let topics: Vec<Option<String>> = works
        .iter()
        .map(|work| match taxonomy.assign(work.labels.iter().map(String::as_str)) {
            Assigned::Topic(topic) => Some(topic.to_owned()),
            Assigned::Unlabelled | Assigned::Unknown(_) => None,
        })
        .collect();
    let literature = literature(store, rules.literature_days, &taxonomy, today)?;
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
        let held = if !carried || (rule.part == Part::Pointers && !rules.pointers) {
            Some(Held::Licence)
        } else if question.is_third_party {
            Some(Held::ThirdParty)
        } else if question.tier.is_none_or(|tier| tier < rules.least_tier) {
            Some(Held::Tier)
        } else if question.is_trivial && !rules.trivial {
            Some(Held::Trivial)
        } else if question.in_review {
            Some(Held::Review)
        } else if !question.is_current {
            Some(Held::Superseded)
        } else if !rules.answer_types.is_empty() && !rules.answer_types.contains(&question.answer_type) {
            Some(Held::AnswerType)
        } else if rules.only_known && !before {
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
    Ok(Gathered { works, ties, topics, strata, candidates, barred, literature })
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
fn literature(store: &Rows, literature_days: u32, taxonomy: &Taxonomy, today: NaiveDate) -> Result<Literature, Error> {
    let from = today.checked_sub_days(Days::new(u64::from(literature_days))).unwrap_or(NaiveDate::MIN);
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
