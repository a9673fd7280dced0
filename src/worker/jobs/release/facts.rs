//! What a release's card says beyond its rows: how questions were judged, against what, and how close the topics come.

use std::collections::BTreeMap;

use super::plan::Selected;
use crate::interval::Share;
use crate::model::question::Stage;
use crate::release::report::{Balance, Facts};
use crate::review::Standing;
use crate::store::Rows;
use crate::worker::Error;

pub(super) fn gather(store: &Rows, selected: &Selected, balance: &Balance) -> Result<Facts, Error> {
    let counts = store.counts()?;
    let of = |state: &str| counts.questions.get(state).copied().unwrap_or(0);
    let (accepted, rejected, withdrawn) = (of("accepted"), of("rejected"), of("withdrawn"));
    let judged = accepted + rejected + withdrawn;
    let mut by_stage: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, n) in &counts.rejected {
        *by_stage.entry(reason.split(':').next().unwrap_or_default()).or_default() += n;
    }
    let failed = |stage: &str| by_stage.get(stage).copied().unwrap_or(0);
    let tier = |names: &[&str]| names.iter().filter_map(|name| balance.tiers.get(*name)).sum::<u64>();
    let benchmarks = store.benchmarks()?;
    let n_literature: u64 = selected.literature.topics.values().sum();
    let unlabelled = selected.literature.topics.get("").copied().unwrap_or(0);
    Ok(Facts {
        judged,
        accepted: Share::new(accepted + withdrawn, judged),
        rejected: Stage::ALL
            .into_iter()
            .map(Stage::as_str)
            // People object after the stages.
            .chain(["review"])
            .filter_map(|stage| Some((stage.to_owned(), Share::new(failed(stage), judged)?)))
            .filter(|(_, share)| share.count > 0)
            .collect(),
        verified: Share::new(tier(&["verified", "reviewed"]), balance.rows),
        reviewed: Share::new(tier(&["reviewed"]), balance.rows),
        withdrawn: Share::new(withdrawn, accepted + withdrawn),
        contaminated: if benchmarks.is_empty() {
            None
        } else {
            Share::new(failed(Stage::Decontamination.as_str()), judged)
        },
        benchmarks,
        literature: selected
            .literature
            .topics
            .iter()
            .filter(|(topic, _)| !topic.is_empty())
            .map(|(topic, n)| (topic.clone(), *n as f64 / (n_literature - unlabelled).max(1) as f64))
            .collect(),
        literature_works: n_literature,
        literature_unlabelled: unlabelled,
        literature_from: selected.literature.from.clone(),
        taxonomy_version: selected.literature.taxonomy_version,
        alignments: selected.alignments.clone(),
        works: counts.works,
        review: Standing::of(&store.last_words()?, &store.audits()?),
    })
}
