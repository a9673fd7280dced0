//! Fetches the full text of versions that were listed with an abstract, and delivers them again with it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::poll::{Env, Error};
use crate::fetch::Retry;
use crate::model::delivery::{Delivery, SourceName};
use crate::model::document::{ContentLevel, Document};
use crate::model::id::{Doi, VersionId};
use crate::model::licence::Licence;
use crate::source::biorxiv::full_text::FullText;
use crate::store::job::NewJob;
use crate::store::{self, WriteTxn};
use crate::worker::queue;

/// After as many failed tries the abstract has to do.
const MAX_ATTEMPTS: u32 = 6;
/// One text at a time, with a pause before it: nobody waits for longer.
const LEASE: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    version: VersionId,
    doi: Doi,
    number: u32,
    url: String,
}

fn kind(source: SourceName) -> &'static str {
    match source {
        SourceName::Medrxiv => "full_text_medrxiv",
        _ => "full_text_biorxiv",
    }
}

/// Queues the fetching of a delivery's full text, in the transaction that recorded it as `version`.
///
/// # Errors
/// When the store can not be written.
pub fn enqueue(txn: &mut WriteTxn<'_>, delivery: &Delivery, version: VersionId) -> Result<(), store::Error> {
    let (Some(url), Some(doi)) = (&delivery.full_text_url, &delivery.document.ids.doi) else { return Ok(()) };
    // A notice has no text of its own.
    if !delivery.document.notices.is_empty() || delivery.document.content_level() == ContentLevel::FullText {
        return Ok(());
    }
    let order = Order { version, doi: doi.clone(), number: delivery.document.version, url: url.clone() };
    let payload = serde_json::to_string(&order).unwrap_or_default();
    let run_after = txn.now();
    txn.enqueue(&NewJob { kind: kind(delivery.source), key: version.to_string(), payload, priority: -1, run_after })?;
    Ok(())
}

/// Fetches what is queued, at most `limit` texts; returns how many were stored.
///
/// # Errors
/// When the store fails. A text that can not be had is noted with its job.
pub async fn drain(env: Env<'_>, full_text: &FullText, limit: usize) -> Result<u64, Error> {
    let mut stored = 0;
    for _ in 0..limit {
        let now = env.clock.now();
        let job = {
            let mut txn = env.store.write()?;
            let job = txn.lease(kind(env.source.name()), now, chrono::Utc::now() + LEASE)?;
            txn.commit()?;
            job
        };
        let Some(job) = job else { break };
        let Ok(order) = serde_json::from_str::<Order>(&job.payload) else {
            let mut txn = env.store.write()?;
            txn.fail(&job, "its payload can not be read")?;
            txn.commit()?;
            continue;
        };
        let answer = full_text.fetch(&order.doi, order.number, &order.url).await;
        let listed = env.store.read()?.document(order.version)?;
        let mut txn = env.store.write()?;
        match answer {
            Ok(parsed) => {
                if let (Some(listed), Some((text, issues))) = (listed, parsed.records.into_iter().next()) {
                    let document = graft(listed, text);
                    let (source, origin) = (env.source.name(), order.url.clone());
                    let delivery = Delivery { source, origin, document, issues, full_text_url: Some(order.url) };
                    queue::deliver(&mut txn, &delivery)?;
                    stored += 1;
                }
                txn.complete(&job)?;
            }
            Err(error) => match error.retry() {
                Retry::After(wait) if job.attempts < MAX_ATTEMPTS => {
                    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
                    txn.retry(&job, Some(&error.to_string()), now + wait.max(TimeDelta::minutes(1)))?;
                }
                Retry::Backoff if job.attempts < MAX_ATTEMPTS => {
                    let wait = TimeDelta::minutes(1 << job.attempts.min(10));
                    txn.retry(&job, Some(&error.to_string()), now + wait)?;
                }
                _ => {
                    txn.fail(&job, &error.to_string())?;
                }
            },
        }
        txn.commit()?;
    }
    Ok(stored)
}

/// The listed record with the text of its JATS: what the archive says about the version stays, and the stricter licence.
fn graft(listed: Document, text: Document) -> Document {
    let abstract_passages =
        if text.abstract_passages.is_empty() { listed.abstract_passages } else { text.abstract_passages };
    let licence = if text.licence.normalised.stricter(listed.licence.normalised) == listed.licence.normalised {
        listed.licence
    } else {
        Licence { holder: text.licence.holder.or(listed.licence.holder), ..text.licence }
    };
    Document {
        abstract_passages,
        licence,
        sections: text.sections,
        tables: text.tables,
        figures: text.figures,
        keywords: if text.keywords.is_empty() { listed.keywords } else { text.keywords },
        ..listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Passage, Section};
    use crate::model::licence::LicenceCode;

    #[test]
    fn the_archive_keeps_the_last_word_on_the_record() {
        let passage = |text: &str| Passage { text: text.to_owned(), ..Passage::default() };
        let listed = Document {
            title: "Listed".to_owned(),
            version: 2,
            abstract_passages: vec![passage("of -diversity")],
            licence: Licence::from_api("cc_by_nc"),
            ..Document::default()
        };
        let text = Document {
            title: "In the text".to_owned(),
            version: 1,
            abstract_passages: vec![passage("of β-diversity")],
            licence: Licence::from_api("cc_by"),
            sections: vec![Section { passages: vec![passage("Result.")], ..Section::default() }],
            ..Document::default()
        };
        let document = graft(listed, text);
        assert_eq!((document.title.as_str(), document.version), ("Listed", 2));
        assert_eq!(document.licence.normalised, LicenceCode::CcByNc);
        assert_eq!(document.abstract_passages[0].text, "of β-diversity");
        assert_eq!(document.content_level(), ContentLevel::FullText);
    }
}
