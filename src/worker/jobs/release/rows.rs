//! Selected questions as published rows, read from the store one after the other.

use std::collections::HashSet;

use serde_json::Value;

use super::plan::Selected;
use crate::model::answer::AnswerSpec;
use crate::model::id::WorkId;
use crate::model::licence::LicenceCode;
use crate::release::Version;
use crate::release::licence::{Part, Policy, Rule, attribution, url};
use crate::release::row::{Difficulty, Evidence, Generator, Row, Work};
use crate::release::seal::{Credit, tombstone};
use crate::release::select::{Candidate, Place};
use crate::store::passage::TextId;
use crate::store::released::Gone;
use crate::store::{self, Rows};
use crate::worker::Error;
use crate::worker::jobs::candidates::stored_topic;

/// Reads rows; those of one work one after the other cost one look at the work.
pub(in crate::worker::jobs) struct Reader<'a> {
    store: &'a Rows,
    policy: &'a Policy,
    selected: &'a Selected,
    version: Version,
    paper: Option<Paper<'a>>,
}

/// What the rows of one work have in common.
struct Paper<'a> {
    id: WorkId,
    text: TextId,
    rule: &'a Rule,
    code: LicenceCode,
    licence_url: Option<String>,
    licence_received: Option<String>,
    work: Work,
    number: i32,
    source: String,
    title: Option<String>,
    venue: Option<String>,
    first_public: Option<String>,
    attribution: String,
    credit: Credit,
    /// Length of the text and characters quoted of it so far; only for licences that limit quotes.
    text_characters: usize,
    spent: usize,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a Rows, policy: &'a Policy, selected: &'a Selected, version: Version) -> Self {
        Reader { store, policy, selected, version, paper: None }
    }

    /// The row of a candidate at its place.
    ///
    /// # Errors
    /// When the store can not be read, or is damaged.
    pub fn read(&mut self, candidate: &Candidate, (_, split): Place) -> Result<(Row, &Credit), Error> {
        let missing = |what, id: String| store::Error::Missing { what, id };
        let text = self.store.released_text(candidate.question)?;
        let text = text.ok_or_else(|| missing("question", candidate.question.to_string()))?;
        let at = candidate.work as usize;
        let known = self.selected.works.get(at).ok_or_else(|| missing("work", candidate.work.to_string()))?;
        if self.paper.as_ref().is_none_or(|paper| paper.id != known.id || paper.text != text.text) {
            self.paper = Some(self.paper(known.id, text.text)?);
        }
        let paper = self.paper.as_mut().ok_or_else(|| missing("work", known.key.clone()))?;
        let topic =
            text.topic.as_deref().and_then(stored_topic).or_else(|| self.selected.topics.get(at).cloned().flatten());
        let options = match serde_json::from_str(&text.answer) {
            Ok(AnswerSpec::Choice { options, .. }) => options,
            _ => Vec::new(),
        };
        let offset = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let mut row = Row {
            id: candidate.id.iter().map(|byte| format!("{byte:02x}")).collect(),
            work: paper.work.clone(),
            version: paper.number,
            source: paper.source.clone(),
            title: paper.title.clone(),
            venue: paper.venue.clone(),
            first_public: paper.first_public.clone(),
            section: text.section,
            passage: text.passage,
            evidence: text
                .evidence
                .into_iter()
                .map(|(passage, start, end, quote)| Evidence {
                    quote: Some(quote),
                    passage: offset(passage),
                    start: offset(start),
                    end: offset(end),
                })
                .collect(),
            question: Some(text.question),
            answer_type: Some(text.answer_type),
            answer: Some(text.answer),
            options,
            topic,
            topic_probabilities: text.topic.as_deref().map(probabilities).unwrap_or_default(),
            generator: Generator {
                kind: text.generator.kind,
                model: text.generator.model,
                prompt_hash: text.generator.prompt_hash,
            },
            verification: text.verification,
            tier: text.tier,
            difficulty: text.difficulty.as_deref().and_then(difficulty),
            licence: paper.code.as_str().to_owned(),
            licence_url: paper.licence_url.clone(),
            licence_received: paper.licence_received.clone(),
            attribution: paper.attribution.clone(),
            split: split.as_str().to_owned(),
            released_in: text.first.unwrap_or_else(|| self.version.to_string()),
            withdrawn: None,
            kind: text.kind,
        };
        self.policy.withhold(&mut row, paper.code, paper.text_characters, &mut paper.spent);
        debug_assert_eq!(paper.rule.part, candidate.part, "the part a row goes to is its licence's");
        Ok((row, &paper.credit))
    }

    fn paper(&self, id: WorkId, text: TextId) -> Result<Paper<'a>, Error> {
        let missing = |what, id: String| store::Error::Missing { what, id };
        let version =
            self.store.version_of_text(text)?.ok_or_else(|| missing("version of text", text.0.to_string()))?;
        let stored = self.store.work(id)?.ok_or_else(|| missing("work", id.to_string()))?;
        let code = self.store.effective_licence(version.id)?;
        let rule = self.policy.rule(code);
        let work = Work::of(&stored.key, stored.names.iter().map(String::as_str));
        let licence_url = url(rule, &version.licence_received);
        let authors = self.store.authors(version.id)?;
        let first_public = stored.first_public.map(|date| date.to_string());
        let year = first_public.as_deref().and_then(|date| date.get(..4));
        let venue = version.venue.as_deref();
        let attribution = attribution(rule, licence_url.as_deref(), &work, &authors, &version.title, venue, year);
        let text_characters = if rule.part == Part::Open { 0 } else { self.store.text_characters(text)? };
        Ok(Paper {
            id,
            text,
            rule,
            code,
            licence_url,
            licence_received: Some(version.licence_received).filter(|received| !received.is_empty()),
            work,
            number: i32::try_from(version.number).unwrap_or(i32::MAX),
            source: version.source,
            title: Some(version.title).filter(|title| !title.is_empty()),
            venue: version.venue,
            first_public,
            attribution,
            credit: Credit { authors, holder: version.licence_holder },
            text_characters,
            spent: 0,
        })
    }
}

/// A classifier's probabilities, whether it names them in an object or a list of pairs.
fn probabilities(json: &str) -> Vec<(String, f64)> {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    match &value["probabilities"] {
        Value::Object(map) => map.iter().filter_map(|(topic, p)| Some((topic.clone(), p.as_f64()?))).collect(),
        Value::Array(list) => {
            list.iter().filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_f64()?))).collect()
        }
        _ => Vec::new(),
    }
}

fn difficulty(json: &str) -> Option<Difficulty> {
    let value: Value = serde_json::from_str(json).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    Some(Difficulty {
        pass_rate: value["pass_rate"].as_f64()?,
        k: value["k"].as_i64().and_then(|k| i32::try_from(k).ok()),
        solver: text("solver"),
        date: text("date"),
    })
}

/// What was released once and must not be used any more, by work and id. `day`: on which it is noticed, where no other is known.
pub(super) fn tombstones(store: &Rows, selected: &Selected, day: &str) -> Result<Vec<Row>, Error> {
    let mut gone = store.gone()?;
    let known: HashSet<i64> = gone.iter().map(|gone| gone.question).collect();
    for (question, reason) in &selected.barred {
        if !known.contains(question)
            && let Some(barred) = store.released_question(*question)?
        {
            let why = format!("{}: {}", reason.as_str(), reason.meaning());
            gone.push(Gone { withdrawn: Some((day.to_owned(), why)), ..barred });
        }
    }
    let chosen: HashSet<i64> =
        selected.selection.places.values().flatten().map(|candidate| candidate.question).collect();
    let mut rows = Vec::new();
    for gone in gone.into_iter().filter(|gone| !chosen.contains(&gone.question)) {
        let (date, reason) = match (gone.tombstone, gone.withdrawn) {
            // Said once, it stays as it was said.
            (Some((date, reason)), _) | (None, Some((date, reason))) => (date, reason),
            (None, None) => continue,
        };
        let date = if date.is_empty() { day.to_owned() } else { date };
        let names = store.names_of(gone.work)?;
        let key = store.work(gone.work)?.map(|work| work.key).unwrap_or_default();
        let work = Work::of(&key, names.iter().map(String::as_str));
        rows.push(tombstone(gone.id.to_string(), work, gone.first, date, reason));
    }
    rows.sort_by(|a, b| (&a.work.key, &a.id).cmp(&(&b.work.key, &b.id)));
    Ok(rows)
}
