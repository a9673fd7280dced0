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
    assert_eq!(ingest(dir.path(), "first", &first)["accepted"], 1);
    let again = first.replace("10.5555/invented.1<", "10.5555/elsewhere.1<");
    assert_eq!(ingest(dir.path(), "again", &again)["accepted"], 0, "nothing new");
    let otherwise = first.replace("10.5555/invented.1<", "10.5555/otherwise.1<");
    let otherwise = otherwise.replace("TLK1 increased in", "TLK1 decreased in");
    assert_eq!(ingest(dir.path(), "otherwise", &otherwise)["accepted"], 1, "another direction is another answer");

    let store = Store::open_read(&dir.path().join("data/aludel.db"), Clock::system()).unwrap();
    let rows = store.read().unwrap();
    let counts = rows.counts().unwrap();
    assert_eq!((counts.alike["conflict"], counts.alike["corroboration"]), (1, 1));
    let question = |doi: &str| {
        let work = rows.find_work(doi).unwrap().unwrap();
        rows.questions_of(work, QuestionStatus::Accepted).unwrap().pop().unwrap().id
    };
    let (question, other) = (question("10.5555/invented.1"), question("10.5555/otherwise.1"));
    let kin: Vec<_> = rows.kin_of(&other).unwrap().into_iter().map(|kin| (kin.relation, kin.id)).collect();
    assert_eq!(kin, [(Kinship::Conflict, question.clone())], "a conflict is seen from both sides");
    let (record, text) = show(dir.path(), question.as_str());
    let kin = &record["alike"];
    assert_eq!((&kin[0]["relation"], &kin[0]["id"]), (&"conflict".into(), &other.as_str().into()));
    assert!(text.contains(&format!("conflict: {other} (accepted)")), "{text}");
    assert_eq!((&kin[1]["relation"], &kin[1]["key"]), (&"corroboration".into(), &"10.5555/elsewhere.1".into()));
    assert_eq!(kin[1]["status"], "rejected");
    assert!(text.contains("corroboration: "), "{text}");

    // The same paper in another venue bears nothing out.
    let related = "<related-article related-article-type=\"preprint\" xlink:href=\"10.5555/invented.1\"/><abstract>";
    let venue = first.replace("10.5555/invented.1<", "10.5555/venue.1<").replace("<abstract>", related);
    ingest(dir.path(), "venue", &venue);
    let rows = store.read().unwrap();
    let kin = rows.kin_of(&question).unwrap();
    assert!(kin.iter().all(|kin| kin.key != "10.5555/venue.1"), "{kin:?}");
    let one = rows.find_work("10.5555/venue.1").unwrap().unwrap();
    assert!(!rows.questions_of(one, QuestionStatus::Rejected).unwrap().is_empty());
}
