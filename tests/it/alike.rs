//! Papers that say the same, and papers that say otherwise: found over the whole history, and shown.

use std::path::Path;

use aludel::clock::Clock;
use aludel::model::status::QuestionStatus;
use aludel::store::Store;
use aludel::store::alike::Kinship;
use serde_json::Value;

use crate::support::{aludel, article, json_lines};

fn ingest(dir: &Path, name: &str, xml: &str) -> Value {
    let path = dir.join(format!("{name}.xml"));
    std::fs::write(&path, xml).unwrap();
    let out = aludel().arg("ingest").arg(&path).args(["--json", "--data-dir"]).arg(dir.join("data")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    json_lines(&out.stdout).pop().unwrap()
}

fn show(dir: &Path, id: &str) -> (Value, String) {
    let run = |more: &[&str]| {
        let out = aludel().args(["show", id]).args(more).arg("--data-dir").arg(dir.join("data")).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    (json_lines(&run(&["--json"])).pop().unwrap(), String::from_utf8(run(&[])).unwrap())
}

#[test]
fn another_paper_bears_a_question_out_or_contradicts_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = article(1);
    assert!(ingest(dir.path(), "first", &first)["accepted"].as_u64().unwrap() > 0);
    let again = first.replace("10.5555/invented.1<", "10.5555/elsewhere.1<");
    let report = ingest(dir.path(), "again", &again);
    assert_eq!(report["accepted"], 0, "nothing new: {report}");
    let otherwise = first.replace("10.5555/invented.1<", "10.5555/otherwise.1<").replace("by 13%", "by 44%");
    assert_eq!(ingest(dir.path(), "otherwise", &otherwise)["accepted"], 1, "another number is another answer");

    let store = Store::open_read(&dir.path().join("data/aludel.db"), Clock::system()).unwrap();
    let rows = store.read().unwrap();
    let counts = rows.counts().unwrap();
    assert_eq!(counts.alike["conflict"], 1);
    assert!(counts.alike["corroboration"] >= 3, "{:?}", counts.alike);
    let accepted = rows.question_ids(QuestionStatus::Accepted, None, 100).unwrap();
    let disputed: Vec<_> = accepted
        .iter()
        .filter(|id| rows.kin_of(id).unwrap().iter().any(|kin| kin.relation == Kinship::Conflict))
        .collect();
    assert_eq!(disputed.len(), 2, "a conflict is seen from both sides");
    let (record, text) = show(dir.path(), disputed[0].as_str());
    let kin = record["alike"].as_array().unwrap();
    assert_eq!((&kin[0]["relation"], &kin[0]["id"]), (&"conflict".into(), &disputed[1].as_str().into()));
    assert!(text.contains(&format!("conflict: {} (accepted)", disputed[1])), "{text}");
    let borne_out = accepted.iter().find(|id| {
        let kin = rows.kin_of(id).unwrap();
        !kin.is_empty() && kin.iter().all(|kin| kin.relation == Kinship::Corroboration)
    });
    let (record, text) = show(dir.path(), borne_out.unwrap().as_str());
    assert_eq!(record["alike"][0]["key"], "10.5555/elsewhere.1");
    assert_eq!(record["alike"][0]["status"], "rejected");
    assert!(text.contains("corroboration: "), "{text}");

    // The same paper in another venue bears nothing out.
    drop(rows);
    let related = "<related-article related-article-type=\"preprint\" xlink:href=\"10.5555/invented.1\"/><abstract>";
    let venue = first.replace("10.5555/invented.1<", "10.5555/venue.1<").replace("<abstract>", related);
    ingest(dir.path(), "venue", &venue);
    let rows = store.read().unwrap();
    let kin = rows.kin_of(borne_out.unwrap()).unwrap();
    assert!(kin.iter().all(|kin| kin.key != "10.5555/venue.1"), "{kin:?}");
    let one = rows.find_work("10.5555/venue.1").unwrap().unwrap();
    assert!(!rows.questions_of(one, QuestionStatus::Rejected).unwrap().is_empty());
}
