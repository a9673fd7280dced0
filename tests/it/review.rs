//! People and questions: on the command line, on the page beside a running service, and in a release.

use std::path::Path;

use aludel::clock::Clock;
use aludel::model::id::QuestionId;
use aludel::model::question::Tier;
use aludel::model::review::{Decision, Sampled};
use aludel::model::status::QuestionStatus;
use aludel::release::{self, read};
use aludel::store::Store;
use aludel::store::review::NewReview;
use aludel::worker::queue::{self, Cause};
use serde_json::{Value, json};

use crate::support::service::{Serve, quiet, until};
use crate::support::station::{Station, invented, whole};
use crate::support::{aludel, article, json_lines};

fn run(dir: &Path, arguments: &[&str]) -> Result<Value, String> {
    let out = aludel().arg("review").args(arguments).args(["--json", "--data-dir"]).arg(dir).output().unwrap();
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    Ok(json_lines(&out.stdout).pop().unwrap())
}

fn ingest(dir: &Path, numbers: std::ops::RangeInclusive<u32>) {
    let paths = numbers.map(|number| {
        let path = dir.join(format!("{number}.xml"));
        std::fs::write(&path, article(number)).unwrap();
        path
    });
    let paths: Vec<_> = paths.collect();
    let out = aludel().arg("ingest").args(&paths).arg("--data-dir").arg(dir.join("data")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn question(dir: &Path, id: &str) -> aludel::store::question::Question {
    let store = Store::open_read(&dir.join("aludel.db"), Clock::system()).unwrap();
    store.read().unwrap().question(&QuestionId::parse(id).unwrap()).unwrap().unwrap()
}

#[test]
fn a_person_accepts_rejects_and_edits() {
    let folder = tempfile::tempdir().unwrap();
    ingest(folder.path(), 1..=4);
    let data = folder.path().join("data");
    let next = || run(&data, &["next", "--reviewer", "Ann"]).unwrap()["question"].clone();
    let first = next();
    assert!(first["evidence"][0]["text"].as_str().unwrap().contains(first["evidence"][0]["quote"].as_str().unwrap()));
    assert!(first.get("verification").is_none(), "what the stages said would lead the eye");
    assert_eq!(next(), first, "until it is decided the same one is next");
    let id = first["id"].as_str().unwrap();
    assert!(run(&data, &["reject", id, "--reviewer", "Ann", "--reason", " "]).unwrap_err().contains("say why"));
    assert!(run(&data, &["accept", &"0".repeat(32), "--reviewer", "Ann"]).unwrap_err().contains("no question"));
    let said = run(&data, &["accept", id, "--reviewer", "Ann"]).unwrap();
    assert_eq!((&said["status"], &said["tier"]), (&json!("accepted"), &json!("reviewed")));
    assert_eq!(question(&data, id).tier, Some(Tier::Reviewed));

    let second = next();
    let id = second["id"].as_str().unwrap();
    assert_ne!(id, first["id"]);
    let said = run(&data, &["reject", id, "--reviewer", "Ann", "--reason", "the clock is not named"]).unwrap();
    assert_eq!(said["status"], "rejected");
    assert_eq!(question(&data, id).reason.as_deref(), Some("review: rejected"));

    let third = next();
    let id = third["id"].as_str().unwrap();
    let old = third["question"].as_str().unwrap();
    let nothing = run(&data, &["edit", id, "--reviewer", "Ann", "--reason", "hm"]);
    assert!(nothing.unwrap_err().contains("changes something"));
    let better = old.replace("How did", "In which direction did");
    let said = run(&data, &["edit", id, "--reviewer", "Ann", "--reason", "plainer", "--question", &better]).unwrap();
    assert_eq!((&said["status"], &said["edit"]["verdict"]), (&json!("rejected"), &json!("accept")), "{said}");
    let new = said["edit"]["id"].as_str().unwrap();
    let edited = question(&data, new);
    assert_eq!((edited.status, edited.tier), (QuestionStatus::Accepted, Some(Tier::Grounded)));
    assert_eq!((edited.generator.kind.as_str(), edited.generator.model.as_str()), ("person", "Ann"));
    assert_eq!(question(&data, id).reason.as_deref(), Some("review: edited"));

    // An edit goes through every stage: this one gives its answer away.
    let leaky =
        "Did expression of the kinase TLK1 increase, as it must, in the tails of dwarf newts given lumirastat-1?";
    let said = run(&data, &["edit", new, "--reviewer", "Ann", "--reason", "?", "--question", leaky]).unwrap();
    assert_eq!(said["edit"]["verdict"], "reject", "{said}");

    let protocol = run(&data, &["protocol"]).unwrap();
    assert_eq!(protocol["standing"]["decisions"], json!({"accept": 1, "edit": 2, "reject": 1}));
    let shown = aludel().args(["show", id, "--data-dir"]).arg(&data).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("review: Ann ") && text.contains(&format!("edit (now {new}) plainer")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_decide_beside_a_running_service() {
    let folder = tempfile::tempdir().unwrap();
    ingest(folder.path(), 1..=3);
    let data = folder.path().join("data");
    let serve = Serve::start(&quiet(folder.path(), ""), None);
    // Fails only when another test was quicker.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let base = serve.base();
    let next = || async {
        let text =
            client.get(format!("{base}/api/v1/review/next?reviewer=Bo")).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["question"].clone()
    };
    let first = next().await;
    let id = first["id"].as_str().unwrap().to_owned();
    let form = [("reviewer", "Bo"), ("decision", "accept")];
    let post = |id: &str| client.post(format!("{base}/review/{id}")).form(&form);
    let elsewhere = post(&id).header("Origin", "http://evil.example").send().await.unwrap();
    assert_eq!(elsewhere.status(), 403, "another site can not make the browser decide");
    let bent = post(&id).header("Host", "evil.example").send().await.unwrap();
    assert_eq!(bent.status(), 403);
    assert_eq!(question(&data, &id).tier, Some(Tier::Grounded));
    let done = post(&id).send().await.unwrap();
    assert_eq!((done.status().as_u16(), done.headers()["location"].to_str().unwrap()), (303, "/review?reviewer=Bo"));
    let page = client.get(format!("{base}/review?reviewer=Bo")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("1 looked at") && page.contains("May it be kept?"), "{page}");

    // The service verifies what was proposed, and everyone finds it.
    let second = next().await;
    let id = second["id"].as_str().unwrap().to_owned();
    let better = second["question"].as_str().unwrap().replace("How did", "In which direction did");
    let body = json!({"reviewer": "Bo", "decision": "edit", "reason": "plainer", "question": better});
    let send = |body: &Value| {
        client
            .post(format!("{base}/api/v1/review/{id}"))
            .header("Content-Type", "application/json")
            .body(body.to_string())
    };
    let bad = send(&json!({"reviewer": "Bo", "decision": "edit", "reason": "x", "answer": "{}"})).send().await.unwrap();
    assert_eq!(bad.status(), 400);
    assert_eq!(send(&body).send().await.unwrap().status(), 200);
    let new = until("the edit", || {
        let into = serve.json(&format!("/api/v1/question/{id}"))?["reviews"][0]["edited_into"].as_str()?.to_owned();
        let query: String = url::form_urlencoded::byte_serialize(better.as_bytes()).collect();
        let found = serve.json(&format!("/api/v1/search?q={query}&where=kind:question"))?;
        (found["hits"][0]["id"] == json!(into)).then_some(into)
    });
    assert_eq!(question(&data, &new).status, QuestionStatus::Accepted);

    // The command line, too; what the old question asked may be asked again by the same judge.
    let said = run(&data, &["reject", &new, "--reviewer", "Cy", "--reason", "no"]).unwrap();
    assert_eq!(said["status"], "rejected");
    until("it left search", || {
        let found = serve.json("/api/v1/search?q=lumirastat&where=kind:question&where=tier:grounded")?;
        found["hits"].as_array()?.iter().all(|hit| hit["id"] != json!(new)).then_some(())
    });
    let page = client.get(format!("{base}/protocol")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Cohen") && page.contains("how many keys are right is not known"), "{page}");
    assert!(serve.stop().success());
}

#[test]
fn a_release_draws_a_sample_and_its_protocol_says_what_people_found() {
    let folder = tempfile::tempdir().unwrap();
    let station = Station::open(folder.path(), release::Config { audit_questions: 4, future_days: 0, ..whole() });
    for number in 1..=6 {
        station.deliver(aludel::model::delivery::SourceName::Biorxiv, invented(number));
    }
    let (version, release) = station.published(Cause::Command, "2026-06-01");
    let drawn = read::audit(&release).unwrap();
    assert_eq!(drawn.len(), 4);
    let protocol = std::fs::read_to_string(release.join("PROTOCOL.md")).unwrap();
    assert!(protocol.contains(&format!("{version}; every share")) && protocol.contains("is not known"), "{protocol}");
    assert!(protocol.contains("| direction | questions | share |"), "{protocol}");
    assert!(std::fs::read_to_string(release.join("README.md")).unwrap().contains("`PROTOCOL.md`"));

    let rows = station.env.store.read().unwrap();
    assert_eq!(rows.audits().unwrap()[0].1.len(), 4);
    let next = rows.reviewable(Sampled::Audit, "Ann", &[0; 16]).unwrap();
    assert_eq!(next[0].0.as_str(), drawn[0], "in the order in which they were drawn");
    drop(rows);
    for (at, (id, reviewer)) in drawn.iter().zip(["Ann", "Ann", "Bo"]).enumerate() {
        let mut txn = station.env.store.write().unwrap();
        let decision = if at == 1 { Decision::Reject } else { Decision::Accept };
        let question = QuestionId::parse(id).unwrap();
        let (reviewer, reason, sampled) = (reviewer.to_owned(), String::new(), Sampled::Audit);
        queue::review(&mut txn, &NewReview { question, reviewer, decision, reason, sampled, edit: None }).unwrap();
        txn.commit().unwrap();
    }
    let (_, second) = station.published(Cause::Command, "2026-07-01");
    let protocol = std::fs::read_to_string(second.join("PROTOCOL.md")).unwrap();
    assert!(protocol.contains("| 1.0.0 | 4 | 3 | 2 | 66.7 % (20.8 to 93.9) |"), "{protocol}");
    let report: Value = serde_json::from_slice(&std::fs::read(second.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["facts"]["review"]["audits"][0]["right"], 2);
    assert_eq!(report["balance"]["tiers"]["reviewed"], 2);
    let gone: Vec<_> = read::listing(&second).unwrap().tombstones;
    assert_eq!(gone.len(), 1, "what a person rejected is taken back: {gone:?}");
    assert_eq!((gone[0].0.as_str(), gone[0].2.as_str()), (drawn[1].as_str(), "review: rejected"));
}
