//! The stages that ask a model, through the real service and a chat server on loopback.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use aludel::clock::Clock;
use aludel::model::answer::{AnswerSpec, Direction};
use aludel::model::question::{Stage, Tier};
use aludel::model::status::QuestionStatus;
use aludel::store::Store;
use aludel::store::question::Question;
use serde_json::Value;

use crate::support::article;
use crate::support::chat::{Act, Chat};
use crate::support::service::{Serve, quiet, until};

/// The key as an answer that the grader takes.
fn right(answer: &AnswerSpec) -> String {
    let text = match answer {
        AnswerSpec::Number { value, unit, .. } => format!("{value} {}", unit.as_deref().unwrap_or_default()),
        AnswerSpec::Term { value, .. } | AnswerSpec::Sequence { value, .. } => value.clone(),
        AnswerSpec::Choice { correct, .. } => correct.clone(),
        AnswerSpec::Boolean { value } => if *value { "yes" } else { "no" }.to_owned(),
        AnswerSpec::Direction { value } => match value {
            Direction::Increase => "increase",
            Direction::Decrease => "decrease",
            Direction::NoChange => "no change",
        }
        .to_owned(),
        AnswerSpec::Set { .. } | AnswerSpec::Ranking { .. } => unreachable!("the rules write none"),
    };
    format!("<answer>{text}</answer>")
}

fn questions(dir: &Path, status: QuestionStatus) -> Vec<Question> {
    let store = Store::open_read(&dir.join("data/aludel.db"), Clock::system()).unwrap();
    let rows = store.read().unwrap();
    let ids = rows.question_ids(status, None, 1000).unwrap();
    ids.iter().map(|id| rows.question(id).unwrap().unwrap()).collect()
}

fn user(body: &Value) -> &str {
    body["messages"][1]["content"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_questions_are_tried_once_each_also_when_the_service_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let config = quiet(dir.path(), "");
    let serve = Serve::start(&config, None);
    for number in 1..=6 {
        let path = dir.path().join(format!("data/inbox/{number}.xml"));
        std::fs::write(path, article(number)).unwrap();
    }
    let accepted = until("the questions of six articles", || {
        let status = serve.json("/api/v1/status")?;
        let done = std::fs::read_dir(dir.path().join("data/inbox/done")).ok()?.count() == 6;
        let idle =
            status["jobs"]["queued"].as_u64().unwrap_or(0) + status["jobs"]["running"].as_u64().unwrap_or(0) == 0;
        let accepted = questions(dir.path(), QuestionStatus::Accepted);
        (done && idle && accepted.len() >= 4).then_some(accepted)
    });
    assert!(accepted.iter().all(|question| question.tier == Some(Tier::Grounded)));
    assert!(serve.stop().success());

    // One key is not borne out by its passage, one is known to everybody.
    let (broken, trivial) = (accepted[0].id.clone(), accepted[1].id.clone());
    let keys: HashMap<String, (String, bool, bool)> =
        accepted.iter().map(|q| (q.question.clone(), (right(&q.answer), q.id == broken, q.id == trivial))).collect();
    let chat = Chat::serve(Vec::new(), move |body| {
        let user = user(body);
        let asked = user.lines().find_map(|line| line.strip_prefix("Question: ")).unwrap();
        let (key, is_broken, is_trivial) = &keys[asked];
        let open = user.starts_with("==========");
        Act::Say(match (open, is_broken, is_trivial) {
            (true, true, _) => "<answer>cannot tell</answer>".to_owned(),
            (true, false, _) | (false, _, true) => key.clone(),
            (false, ..) => "I do not know that one. <answer>-12345 mm</answer>".to_owned(),
        })
    })
    .await;
    let more = format!(
        "[verify.trial]\nenabled = true\n[solver]\nmodel = \"solver-1\"\nmax_concurrency = 2\n[[solver.endpoints]]\nbase_url = {:?}\n",
        chat.base_url()
    );
    let config = quiet(dir.path(), &more);
    let mut in_flight = 0;
    for n_asked in [3, 9, 17] {
        let serve = Serve::start(&config, None);
        until("some answers", || (chat.asked() >= n_asked).then_some(()));
        serve.kill();
        // Two calls at a time.
        in_flight += 2;
    }
    let serve = Serve::start(&config, None);
    let n = accepted.len() as u64;
    until("every question tried and in search as such", || {
        let status = serve.json("/api/v1/status")?;
        let found = serve.json("/api/v1/search?where=tier:verified&kind=question")?;
        (status["tiers"]["verified"].as_u64() == Some(n - 1) && found["total"].as_u64() == Some(n - 1)).then_some(())
    });
    assert!(serve.stop().success());

    let needed = accepted.len() * 8 - 4;
    assert!((needed..=needed + in_flight).contains(&chat.asked()), "{needed} needed, {} asked", chat.asked());
    let rejected: Vec<_> =
        questions(dir.path(), QuestionStatus::Rejected).into_iter().filter(|q| q.id == broken).collect();
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].reason.as_deref(), Some("open_book: disagrees"));
    assert_eq!(rejected[0].tier, None);
    for question in questions(dir.path(), QuestionStatus::Accepted) {
        let difficulty = question.difficulty.as_ref().unwrap();
        assert_eq!((difficulty.k, difficulty.solver.as_str()), (4, "solver-1"));
        let solved = if question.id == trivial { 1.0 } else { 0.0 };
        assert_eq!(difficulty.pass_rate, solved, "{}", question.question);
        let closed = question.verification.iter().find(|stage| stage.stage == Stage::ClosedBook).unwrap();
        assert_eq!(closed.reason.starts_with("trivial"), question.id == trivial);
    }
    for seen in chat.seen() {
        let quotes = accepted.iter().flat_map(|q| &q.evidence).filter(|span| user(&seen.body).contains(&span.quote));
        assert_eq!(quotes.count() > 0, user(&seen.body).starts_with("=========="), "the closed book is closed");
    }
    // Every paid call is accounted for, by what it was for.
    let connection = rusqlite::Connection::open(dir.path().join("data/aludel.db")).unwrap();
    let mut by_stage = connection.prepare("SELECT stage, count(*) FROM model_calls GROUP BY stage").unwrap();
    let by_stage: BTreeMap<String, usize> = by_stage
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as usize)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected = [("closed_book", (accepted.len() - 1) * 4), ("open_book", accepted.len() * 4)];
    assert_eq!(by_stage, expected.map(|(stage, n)| (stage.to_owned(), n)).into());
}
