//! What the demo says at its end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::index::{Filter, Query};
use crate::model::answer::AnswerSpec;
use crate::model::status::QuestionStatus;
use crate::service::Service;
use crate::store::count::Counts;
use crate::store::drift::KeptDecision;

use super::refresh::Refreshed;
use super::release::Released;

/// # Errors
/// When the store or the index can not be read.
pub(super) fn report(
    as_json: bool,
    url: &str,
    service: &Service,
    counts: Counts,
    released: &Released,
    refreshed: &Refreshed,
) -> anyhow::Result<()> {
    let examples = examples(service)?;
    let drift = Drift::of(&service.app().store.read()?.drift_decisions(None)?);
    if as_json {
        let examples: Vec<_> = examples
            .iter()
            .map(|(query, filters, hits)| json!({ "query": query, "where": filters, "hits": hits }))
            .collect();
        let object = json!({
            "url": url, "counts": counts, "drift": drift.to_json(), "examples": examples, "releases": released.json(),
            "refresh": refreshed.json(),
        });
        super::super::print_line(object.to_string())?;
        return Ok(());
    }
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        format!("works      {}", list(&counts.works)),
        format!("questions  {}", list(&counts.questions)),
        format!("types      {}", list(&counts.answer_types)),
        format!("withdrawn  {}", if counts.withdrawn.is_empty() { "none".to_owned() } else { list(&counts.withdrawn) }),
        String::new(),
        format!("the topics, as the service judged them week by week ({url}/drift):"),
    ];
    lines.extend(drift.lines());
    lines.extend([String::new(), released.text(), String::new(), refreshed.text(url)]);
    lines.extend([String::new(), "searches to try on the page:".to_owned()]);
    for (query, filters, hits) in &examples {
        let mut link = url::form_urlencoded::Serializer::new(String::new());
        link.append_pair("q", query);
        filters.iter().for_each(|filter| {
            link.append_pair("where", filter);
        });
        let shown =
            std::iter::once(query.as_str()).chain(filters.iter().map(String::as_str)).collect::<Vec<_>>().join("  ");
        lines.push(format!("  {shown}  ({hits} hits)\n    {url}/?{}", link.finish()));
    }
    super::super::print_line(lines.join("\n"))?;
    Ok(())
}

/// The detector's log, shortened to what happened.
struct Drift {
    windows: usize,
    /// Last day of the window with which a state began, the state and its reason.
    states: Vec<(String, String, String)>,
    /// Last day, and the topics that moved.
    refreshes: Vec<(String, Vec<String>)>,
    /// Source, week and why it was left out.
    left_out: BTreeSet<(String, String, String)>,
}

impl Drift {
    fn of(log: &[KeptDecision]) -> Self {
        let mut drift =
            Drift { windows: log.len(), states: Vec::new(), refreshes: Vec::new(), left_out: BTreeSet::new() };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for kept in log {
            if drift.states.last().is_none_or(|(_, state, _)| *state != kept.state) {
                drift.states.push((kept.window_to.clone(), kept.state.clone(), kept.reason.clone()));
            }
            for used in list(&kept.decision["sources"]) {
                let weeks = list(&used["left_out"]);
                drift.left_out.extend(weeks.iter().map(|week| (text(&used["source"]), text(&week[0]), text(&week[1]))));
            }
            if kept.refresh {
                let percent = |share: &Value| 100.0 * share.as_f64().unwrap_or(0.0);
                let moved = list(&kept.decision["moved"]);
                let words = moved.iter().take(4).map(|moved| {
                    format!(
                        "{} {:.0} -> {:.0} %",
                        text(&moved["topic"]),
                        percent(&moved["from"]),
                        percent(&moved["to"])
                    )
                });
                drift.refreshes.push((kept.window_to.clone(), words.collect()));
            }
        }
        drift
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {} windows of 28 days judged", self.windows)];
        lines.extend(self.states.iter().map(|(to, state, reason)| format!("  {to}  {state} ({reason})")));
        for (to, moved) in &self.refreshes {
            lines.push(format!("  {to}  a refresh was proposed: {}", moved.join(", ")));
        }
        for (source, week, why) in &self.left_out {
            lines.push(format!("  the week of {week} was left out of {source}: {why}"));
        }
        lines
    }

    fn to_json(&self) -> Value {
        let states =
            self.states.iter().map(|(to, state, reason)| json!({ "window_to": to, "state": state, "reason": reason }));
        let refreshes = self.refreshes.iter().map(|(to, moved)| json!({ "window_to": to, "moved": moved }));
        let left_out =
            self.left_out.iter().map(|(source, week, why)| json!({ "source": source, "week": week, "why": why }));
        json!({
            "windows": self.windows,
            "states": states.collect::<Vec<_>>(),
            "refreshes": refreshes.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        })
    }
}

/// Queries that find something in what was invented, each with its number of hits.
fn examples(service: &Service) -> anyhow::Result<Vec<(String, Vec<String>, u64)>> {
    let app = service.app();
    let mut term = None;
    let mut words = None;
    app.store.read()?.each_question(QuestionStatus::Accepted, |_, _, question, answer| {
        if term.is_none()
            && let Ok(AnswerSpec::Term { value, .. }) = serde_json::from_str(answer)
        {
            term = Some(format!("\"{}\"", value.replace('"', "")));
        }
        if words.is_none() {
            let long: Vec<&str> = question
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() > 7)
                .take(2)
                .collect();
            words = (long.len() == 2).then(|| long.join(" AND "));
        }
    })?;
    let mut found = Vec::new();
    for (text, filters) in [
        (term, &[][..]),
        (words, &[]),
        (Some("increased".to_owned()), &["answer_type:direction", "source:biorxiv"][..]),
    ] {
        let Some(text) = text else { continue };
        let parsed = filters.iter().filter_map(|filter| filter.parse::<Filter>().ok()).collect();
        let results = app.index.search(&Query { text: text.clone(), filters: parsed, ..Query::default() })?;
        found.push((text, filters.iter().map(|filter| (*filter).to_owned()).collect(), results.total));
    }
    Ok(found)
}
