//! Topics for every work: its archive's own label where there is a known one, else what the newest classifier is sure of.

use chrono::NaiveDate;
use serde_json::json;

use crate::model::id::WorkId;
use crate::store::topic::{NewClassifier, TopicOf, WorkTopic};
use crate::store::{self, Rows};
use crate::topic::{self, Assigned, Classifier, Example, Taxonomy};
use crate::worker::topics::{MOST_TEXT_BYTES, read_texts, table};
use crate::worker::{Env, Error};

/// Works looked at in one transaction.
const PAGE: usize = 200;
/// The setting that holds which classifier has labelled everything.
const DONE: &str = "topics:classifier";

/// Labels what is new; `train`: with a new classifier, which then labels everything again that has no label of its own.
///
/// # Errors
/// When the store fails.
pub fn run(env: &Env, train: bool) -> Result<(), Error> {
    let taxonomy = Taxonomy::embedded();
    if train {
        learn(env, &taxonomy)?;
    }
    label(env, &taxonomy)
}

/// Trains a classifier on the store's labelled works and keeps it. With too few of them the old one stays.
fn learn(env: &Env, taxonomy: &Taxonomy) -> Result<(), Error> {
    let config = &env.topics;
    let read = env.store.read()?;
    let mut table = table(&read, Some(taxonomy), None)?;
    table.end_on(env.clock.today());
    // Only an archive's own words teach.
    let classified = classified(&read)?;
    table.rows.retain(|row| !row.topics.is_empty() && !classified.contains(&row.id));
    table.rows.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| a.id.cmp(&b.id)));
    table.rows.truncate(config.most_texts);
    if table.rows.len() < config.least_texts {
        tracing::info!(
            texts = table.rows.len(),
            least = config.least_texts,
            "too few labelled texts to learn topics from"
        );
        return Ok(());
    }
    read_texts(&read, &mut table, &[(NaiveDate::MIN, NaiveDate::MAX)])?;
    drop(read);
    let examples: Vec<Example> =
        table.rows.into_iter().map(|row| Example { date: row.date, text: row.text, topics: row.topics }).collect();
    let model = match Classifier::train(&examples, taxonomy.version(), &config.classifier) {
        Ok(model) => model,
        Err(error @ topic::Error::TooFew { .. }) => {
            tracing::info!(%error, "no classifier was trained");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let (scores, from, to) = (&model.scores, model.from, model.to);
    tracing::info!(n = model.n, %from, %to, scores.top_1, scores.macro_f1, scores.coverage, "a classifier of topics was trained");
    let new = NewClassifier {
        taxonomy: model.taxonomy,
        from,
        to,
        n: model.n,
        scores: json!(scores),
        model: model.to_bytes()?,
    };
    let mut txn = env.store.write()?;
    txn.keep_classifier(&new)?;
    Ok(txn.commit()?)
}

/// The works whose topic a classifier gave.
fn classified(rows: &Rows) -> Result<std::collections::HashSet<String>, store::Error> {
    let works = rows.labelled_works(None)?;
    Ok(works.into_iter().filter(|work| work.classified.is_some()).map(|work| work.key).collect())
}

/// Gives every work the topic it should have now.
///
/// # Errors
/// When the store fails.
pub(super) fn label(env: &Env, taxonomy: &Taxonomy) -> Result<(), Error> {
    let (newest, done) = {
        let read = env.store.read()?;
        (read.newest_classifier()?, read.setting(DONE)?)
    };
    let model = match &newest {
        None => None,
        Some((id, bytes)) => match Classifier::from_bytes(bytes) {
            Ok(model) => Some((*id, model)),
            Err(error) => {
                tracing::warn!(%error, classifier = id, "the classifier is of no use until another is trained");
                None
            }
        },
    };
    let newest = newest.map(|(id, _)| id.to_string());
    let everything = done != newest;
    let (mut after, mut n_changed) = (WorkId(0), 0_usize);
    while !env.is_stopping() {
        let read = env.store.read()?;
        let page = read.topics_after(after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.work;
        let mut wanted = Vec::new();
        for work in &page {
            if let Some(topic) = topic_for(&read, work, taxonomy, model.as_ref(), everything)? {
                wanted.push((work.work, topic));
            }
        }
        drop(read);
        if wanted.is_empty() {
            continue;
        }
        let mut txn = env.store.write()?;
        for (work, topic) in &wanted {
            n_changed += usize::from(txn.set_topic(*work, topic)?);
        }
        txn.commit()?;
    }
    if let Some(newest) = newest.filter(|_| everything && !env.is_stopping()) {
        let mut txn = env.store.write()?;
        txn.set_setting(DONE, &newest)?;
        txn.commit()?;
    }
    if n_changed > 0 {
        tracing::info!(works = n_changed, "works have another topic than before");
    }
    Ok(())
}

/// The topic of a work, unless it is known to hold already.
fn topic_for(
    rows: &Rows,
    work: &TopicOf,
    taxonomy: &Taxonomy,
    model: Option<&(i64, Classifier)>,
    everything: bool,
) -> Result<Option<WorkTopic>, store::Error> {
    let own = work.labels.iter().find_map(|labels| match taxonomy.assign(labels.iter().map(String::as_str)) {
        Assigned::Topic(id) => Some(id.to_owned()),
        Assigned::Unlabelled | Assigned::Unknown(_) => None,
    });
    let held = work.topic.as_ref();
    if own.is_some() {
        let holds = held.is_some_and(|held| held.classifier.is_none() && held.id == own);
        return Ok((!holds).then(|| WorkTopic { id: own, classifier: None, probabilities: Default::default() }));
    }
    let Some((id, model)) = model else { return Ok(None) };
    if held.is_some_and(|held| held.classifier.is_some()) && !everything {
        return Ok(None);
    }
    let text = rows.short_text(work.work, MOST_TEXT_BYTES)?;
    let guess = model.guess(&text);
    let probabilities = guess.probabilities.into_iter().collect();
    Ok(Some(WorkTopic { id: guess.topic, classifier: Some(*id), probabilities }))
}
