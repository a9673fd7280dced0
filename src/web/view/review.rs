//! Which question a person is asked about next, as it is shown to them, and what people have said so far.

use serde::Serialize;

use super::{EvidenceView, KinView, QuestionView, question};
use crate::model::answer::AnswerSpec;
use crate::model::id::QuestionId;
use crate::model::review::Sampled;
use crate::review::{Candidate, Figures, Standing, pick, turn};
use crate::store::alike::Kinship;
use crate::store::{Error, Rows};

/// A question before a person: without what verification said of it, which would lead the eye.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewView {
    pub id: QuestionId,
    pub question: String,
    pub options: Vec<String>,
    /// The key as a person reads it.
    pub answer: String,
    pub answer_spec: AnswerSpec,
    pub evidence: Vec<EvidenceView>,
    pub title: String,
    pub work: String,
    /// Questions that ask the same and are answered otherwise.
    pub conflicts: Vec<KinView>,
}

/// The question that `reviewer` looks at next, of one kind of sampling or in turn; `None` when there is none left.
///
/// # Errors
/// When the store can not be read.
pub fn next_review(rows: &Rows, reviewer: &str, only: Option<Sampled>) -> Result<Option<ReviewView>, Error> {
    let order = match only {
        Some(only) => vec![only],
        None => turn(rows.reviews_by(reviewer)?).to_vec(),
    };
    for sampled in order {
        if let Some(id) = next_of(rows, reviewer, sampled)? {
            return review(rows, &id);
        }
    }
    Ok(None)
}

/// Why `reviewer` sees this question: which kind of sampling has it next, those in turn first; else because they asked for it. Found
/// anew, so that nobody has to be told.
///
/// # Errors
/// When the store can not be read.
pub fn sampled_for(rows: &Rows, reviewer: &str, id: &QuestionId) -> Result<Sampled, Error> {
    for sampled in turn(rows.reviews_by(reviewer)?) {
        if next_of(rows, reviewer, sampled)?.as_ref() == Some(id) {
            return Ok(sampled);
        }
    }
    Ok(Sampled::Asked)
}

fn next_of(rows: &Rows, reviewer: &str, sampled: Sampled) -> Result<Option<QuestionId>, Error> {
    let hash = blake3::hash(format!("{reviewer}\n{}", rows.reviews_by(reviewer)?).as_bytes());
    let mut start = [0; 16];
    start.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    let candidates: Vec<Candidate> = rows
        .reviewable(sampled, reviewer, &start)?
        .into_iter()
        .map(|(id, stages, topic)| Candidate { id, stages, topic })
        .collect();
    let looked_at = if sampled == Sampled::Topic { rows.reviews_by_topic()? } else { Default::default() };
    Ok(pick(sampled, &candidates, &looked_at).map(|candidate| candidate.id.clone()))
}

/// A question as a person sees it; `None` when there is none with this id.
///
/// # Errors
/// When the store can not be read.
pub fn review(rows: &Rows, id: &QuestionId) -> Result<Option<ReviewView>, Error> {
    let Some(view) = question(rows, id)? else { return Ok(None) };
    let QuestionView { id, question, options, answer, answer_spec, evidence, alike, work, .. } = view;
    let conflicts = alike.into_iter().filter(|one| one.kin.relation == Kinship::Conflict).collect();
    Ok(Some(ReviewView {
        id,
        question,
        options,
        answer,
        answer_spec,
        evidence,
        title: work.title,
        work: work.key,
        conflicts,
    }))
}

/// What people have found so far.
///
/// # Errors
/// When the store can not be read.
pub fn standing(rows: &Rows) -> Result<Standing, Error> {
    Ok(Standing::of(&rows.last_words()?, &rows.audits()?))
}

/// What the protocol is filled in with on the web.
///
/// # Errors
/// When the store can not be read.
pub fn figures(rows: &Rows) -> Result<Figures, Error> {
    let balance = rows.balance()?;
    let subject = format!("the {} accepted questions in the store", balance.questions);
    Ok(Figures { subject, balance, standing: standing(rows)? })
}
