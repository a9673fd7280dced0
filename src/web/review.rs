//! What people say through the page and the API: who may, and the record.

use std::io::Read;

use axum::http::{HeaderMap, header};
use serde::Deserialize;

use super::{Config, Error, State, view};
use crate::model::answer::AnswerSpec;
use crate::model::id::QuestionId;
use crate::model::review::{Decision, Edit, is_reviewer};
use crate::store::review::{NewReview, Recorded};
use crate::worker::queue;

/// Longest word that reviewers give, in bytes.
const MOST_TOKEN_BYTES: u64 = 4096;

/// A decision as it comes in.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub reviewer: String,
    /// accept, reject, edit.
    pub decision: String,
    #[serde(default)]
    pub reason: String,
    /// The question in other words; the old ones when empty.
    #[serde(default)]
    pub question: String,
    /// The key as an answer spec, JSON; the old one when empty.
    #[serde(default)]
    pub answer: String,
    /// A sentence of the paper that bears it out; the old ones when empty.
    #[serde(default)]
    pub evidence: String,
    /// The word in the file that `web.review_token_file` names, when the page is asked for it.
    #[serde(default)]
    pub token: String,
}

/// Records a decision, and queues what follows.
pub(super) async fn decide(state: &State, headers: &HeaderMap, id: String, given: Given) -> Result<Recorded, Error> {
    may_review(&state.config, headers, &given.token)?;
    let bad = |text: &str| Error::BadRequest(text.to_owned());
    let question = QuestionId::parse(&id).map_err(|error| Error::BadRequest(error.to_string()))?;
    let reviewer = given.reviewer.trim().to_owned();
    if !is_reviewer(&reviewer) {
        return Err(bad("reviewer: give a name of at most 80 characters"));
    }
    let decision = Decision::from_name(&given.decision).ok_or_else(|| bad("decision: accept, reject or edit"))?;
    if decision != Decision::Accept && given.reason.trim().is_empty() {
        return Err(bad("reason: say why, others will ask"));
    }
    let (asked, missing) = (question.clone(), id);
    let old = state.read(move |rows, _| Ok(rows.question(&asked)?)).await?;
    let old = old.ok_or(Error::NotFound { what: "question", id: missing })?;
    let edit = (decision == Decision::Edit)
        .then(|| -> Result<Edit, Error> {
            let answer = match given.answer.trim() {
                "" => old.answer.clone(),
                text => serde_json::from_str::<AnswerSpec>(text)
                    .map_err(|error| Error::BadRequest(format!("answer: no answer spec: {error}")))?,
            };
            let text = match given.question.trim() {
                "" => old.question.clone(),
                text => text.to_owned(),
            };
            let evidence = Some(given.evidence.trim()).filter(|text| !text.is_empty());
            if text == old.question && answer == old.answer && evidence.is_none() {
                return Err(Error::BadRequest("an edit changes question, answer or evidence".to_owned()));
            }
            Ok(Edit { question: text, answer, evidence: evidence.map(str::to_owned).into_iter().collect() })
        })
        .transpose()?;
    state
        .write(move |store| {
            let sampled = view::review::sampled_for(&*store.read()?, &reviewer, &question)?;
            let reason = given.reason.trim().to_owned();
            let mut txn = store.write()?;
            let recorded = queue::review(&mut txn, &NewReview { question, reviewer, decision, reason, sampled, edit })?;
            txn.commit()?;
            Ok(recorded)
        })
        .await
}

/// Who may: with a word file those who give the word; without one whoever sits at this machine. A page elsewhere that makes a browser
/// on this machine send a form is told apart by what browsers say of it.
fn may_review(config: &Config, headers: &HeaderMap, token: &str) -> Result<(), Error> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let is_own =
        text(header::ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, from)| from == host));
    if !is_own {
        return Err(Error::Forbidden("reviews are taken from this service's own page only".to_owned()));
    }
    if let Some(path) = &config.review_token_file {
        let mut word = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MOST_TOKEN_BYTES).read_to_string(&mut word));
        if let Err(error) = read {
            tracing::error!(%error, path = %path.display(), "the reviewers' word can not be read");
            return Err(Error::Forbidden("reviews are not taken: the log says why".to_owned()));
        }
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let given = bearer.unwrap_or(token).trim();
        // Hashes are compared in constant time.
        return if !word.trim().is_empty() && blake3::hash(given.as_bytes()) == blake3::hash(word.trim().as_bytes()) {
            Ok(())
        } else {
            Err(Error::Forbidden("the word is not the one in web.review_token_file".to_owned()))
        };
    }
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host });
    let is_here = name == "localhost"
        || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if config.listen.ip().is_loopback() && is_here {
        Ok(())
    } else {
        Err(Error::Forbidden(
            "reviews are taken on the service's own machine only: set web.review_token_file".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(header::HeaderName, &str)], token: &str, config: &Config) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        may_review(config, &headers, token).is_ok()
    }

    #[test]
    fn only_this_machine_or_who_has_the_word() {
        use header::{AUTHORIZATION, HOST, ORIGIN};
        let here = Config::default();
        for host in ["127.0.0.1:8642", "localhost:8642", "[::1]:8642", "localhost"] {
            assert!(asked(&[(HOST, host)], "", &here), "{host}");
        }
        assert!(asked(&[(HOST, "127.0.0.1:8642"), (ORIGIN, "http://127.0.0.1:8642")], "", &here));
        assert!(!asked(&[(HOST, "127.0.0.1:8642"), (ORIGIN, "http://evil.example")], "", &here));
        assert!(!asked(&[(HOST, "127.0.0.1:8642"), (ORIGIN, "null")], "", &here));
        assert!(!asked(&[(HOST, "evil.example:8642")], "", &here), "a name that was bent to this machine");
        assert!(!asked(&[], "", &here));
        let open = Config { listen: "0.0.0.0:8642".parse().unwrap(), ..Config::default() };
        assert!(!asked(&[(HOST, "127.0.0.1:8642")], "", &open));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("word");
        let with = Config { review_token_file: Some(path.clone()), ..open };
        assert!(!asked(&[(HOST, "a.example")], "", &with));
        std::fs::write(&path, "\n").unwrap();
        assert!(!asked(&[(HOST, "a.example")], "", &with), "an empty word opens nothing");
        std::fs::write(&path, "newt tail\n").unwrap();
        assert!(asked(&[(HOST, "a.example")], "newt tail", &with));
        assert!(asked(&[(HOST, "a.example"), (AUTHORIZATION, "Bearer newt tail")], "", &with));
        assert!(!asked(&[(HOST, "a.example")], "newt", &with));
        assert!(!asked(&[(HOST, "a.example"), (ORIGIN, "https://b.example")], "newt tail", &with));
    }
}
