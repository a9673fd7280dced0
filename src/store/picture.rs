//! One text picture of the whole store, for tests to compare: no row numbers, no times, every list sorted.

use std::fmt::Write;

use crate::model::id::WorkId;
use crate::model::status::QuestionStatus;

use super::question::Question;
use super::version::Version;
use super::work::{Tie, Work};
use super::{Error, Rows};

/// The picture. Two stores that were told the same have the same one.
///
/// # Errors
/// When the store can not be read.
pub fn picture(rows: &Rows) -> Result<String, Error> {
    let mut works = Vec::new();
    let mut after = WorkId(0);
    loop {
        let page = rows.works_after(after, 1000)?;
        let Some(last) = page.last() else { break };
        after = *last;
        for id in page {
            works.push(picture_of(rows, id)?);
        }
    }
    works.sort();
    Ok(works.concat())
}

fn picture_of(rows: &Rows, id: WorkId) -> Result<String, Error> {
    let Some(work) = rows.work(id)? else {
        return Ok(String::new());
    };
    let mut out = String::new();
    // Every field is named, so that a new one asks to be shown.
    let Work { id: _, key, names, title, status, status_reason, status_since: _, first_public, current, subjects } =
        work;
    let status_text = status.as_str();
    let reason = status_reason.unwrap_or_default();
    let public = first_public.map_or("-".to_owned(), |date| date.to_string());
    // Writing to a string does not fail.
    let _ = writeln!(out, "{key} {status_text} {reason:?} public {public} {title:?} {names:?} {subjects:?}");
    let mut versions = Vec::new();
    for version in rows.versions_of(id)? {
        let n_passages = version.text.map_or(Ok(0), |text| rows.passages(text).map(|p| p.len()))?;
        let mark = if Some(version.id) == current { "*" } else { " " };
        let Version { id: _, work: _, source, number, status, content_level, text: _, title, article_type, .. } =
            &version;
        let (status, level, licence) = (status.as_str(), content_level.as_str(), &version.licence);
        versions.push(format!(
            "  {mark}{source} v{number} {status} {level} {n_passages} passages {licence} {article_type:?} {title:?}\n"
        ));
    }
    out.extend(versions);
    for Tie { relation, name, work, stated_by_other } in rows.ties(id)? {
        let known = if work.is_some() { "" } else { " (unknown)" };
        let side = if stated_by_other { "stated by" } else { "states" };
        let _ = writeln!(out, "  {side} {} {name}{known}", relation.as_str());
    }
    for status in QuestionStatus::ALL {
        let mut lines = Vec::new();
        for question in rows.questions_of(id, *status)? {
            let Question { id, question, answer, evidence, tier, reason, .. } = question;
            let tier = tier.map_or("-", |tier| tier.as_str());
            let reason = reason.unwrap_or_default();
            let quotes: Vec<&str> = evidence.iter().map(|span| span.quote.as_str()).collect();
            let answer = answer.to_json();
            let mut kin = rows.kin_of(&id)?;
            kin.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
            let kin: String = kin.iter().map(|kin| format!(" {} {}", kin.relation.as_str(), kin.id)).collect();
            lines.push(format!("  {} {id} {tier} {reason:?} {question:?} {answer} {quotes:?}{kin}\n", status.as_str()));
        }
        lines.sort();
        out.extend(lines);
    }
    Ok(out)
}
