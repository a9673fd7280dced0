//! The pages and the API on a real loopback socket, over a real store and index; and `search` and `show`.

use std::sync::Arc;

use aludel::clock::Clock;
use aludel::index::{Change, Config as IndexConfig, EvidenceRow, Index, PassageRow, QuestionRow, WorkRow};
use aludel::model::answer::AnswerSpec;
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::{Document, Passage, PassageKind, SectionKind};
use aludel::model::id::{Ids, QuestionId};
use aludel::model::licence::{Licence, LicenceCode};
use aludel::model::question::{Accepted, Draft, Evidence, Generator, Outcome, Stage, StageResult, Tier, Verdict};
use aludel::model::status::{Notice, WorkStatus};
use aludel::release::publish::Root;
use aludel::store::{DataDir, Store};
use aludel::web::{self, Config, State};
use serde_json::Value;

use crate::support::{aludel, json_lines};

const DOI: &str = "10.5555/newt.1";
const TEXT: &str = "Newts kept a clock. TNF-α rose <b>12%</b> & fell \"again\" in newts. It ended.";

/// A store with one work of one question, and the index of it.
struct World {
    folder: tempfile::TempDir,
    store: Store,
    index: Arc<Index>,
    question: QuestionId,
    address: String,
    client: reqwest::Client,
}

fn document(version: u32) -> Document {
    Document {
        ids: Ids { doi: Some(DOI.parse().unwrap()), ..Ids::default() },
        version,
        title: "A <script>alert(1)</script> clock in the newt".into(),
        venue: Some("Journal of Newts".into()),
        licence: Licence::from_api("cc_by"),
        subjects: vec!["neuroscience".into()],
        abstract_passages: vec![Passage { text: TEXT.into(), ..Passage::default() }],
        ..Document::default()
    }
}

fn accepted() -> Outcome {
    let start = TEXT.find("TNF").unwrap();
    let end = TEXT.find(" It ended").unwrap();
    let draft = Draft {
        question: "How does TNF-α change in <newts>?".into(),
        answer: AnswerSpec::Term { value: "it \"rises\" & falls".into(), synonyms: vec![] },
        evidence: vec![Evidence::new(0, TEXT, start, end).unwrap()],
        generator: Generator { kind: "rules".into(), model: "change".into(), prompt_hash: "1".into() },
        kind: None,
    };
    let stages = Stage::ALL[..7]
        .iter()
        .map(|stage| StageResult {
            stage: *stage,
            verdict: Verdict::Pass,
            reason: "ok".into(),
            score: None,
            model: None,
        })
        .collect();
    Outcome::Accepted(Accepted::new(draft, stages).unwrap())
}

async fn world() -> World {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let clock = Clock::system();
    let store = Store::open(&data.store(), clock.clone()).unwrap();
    let index = Arc::new(Index::open(&data.index(), &IndexConfig::default()).unwrap());

    let delivery = Delivery {
        source: SourceName::Biorxiv,
        origin: "test".into(),
        document: document(1),
        issues: vec![],
        full_text_url: None,
    };
    let mut txn = store.write().unwrap();
    let recorded = txn.record_delivery(&delivery).unwrap();
    txn.record_outcomes(recorded.version, &delivery.document, &[accepted()]).unwrap();
    txn.commit().unwrap();

    let Outcome::Accepted(outcome) = accepted() else { unreachable!() };
    let work = Arc::new(WorkRow {
        work: recorded.work.0,
        version: 1,
        title: delivery.document.title.clone(),
        journal: delivery.document.venue.clone(),
        topic: None,
        subjects: delivery.document.subjects.clone(),
        source: SourceName::Biorxiv,
        licence: LicenceCode::CcBy,
        first_public: chrono::NaiveDate::from_ymd_opt(2026, 2, 3),
        doi: Some(DOI.into()),
        pmid: None,
        pmcid: None,
    });
    let question = outcome.draft().id(DOI);
    let evidence = &outcome.draft().evidence[0];
    let rows = [
        Change::PutQuestion(QuestionRow {
            id: question.to_string(),
            question: outcome.draft().question.clone(),
            answer: outcome.draft().answer.text(),
            answer_type: "term".into(),
            tier: Tier::Grounded,
            evidence: vec![EvidenceRow { quote: evidence.quote.clone(), start: evidence.start, end: evidence.end }],
            section: SectionKind::Abstract,
            work: Arc::clone(&work),
        }),
        Change::PutPassage(PassageRow {
            id: 65_536,
            text: TEXT.into(),
            kind: PassageKind::Paragraph,
            section: SectionKind::Abstract,
            work,
        }),
    ];
    let sequence = store.read().unwrap().last_change().unwrap() as u64;
    index.apply(rows, sequence).unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let state = State::new(
        store.clone(),
        Arc::clone(&index),
        clock,
        Config::default(),
        (Root::new(data.releases()), Default::default()),
    )
    .with_metrics(Arc::new(|| "aludel_up 1\n".to_owned()))
    .with_status(Arc::new(|| serde_json::from_str(r#"{"lag": {"biorxiv": 3}}"#).unwrap()));
    tokio::spawn(web::serve(listener, state, std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    World { folder, store, index, question, address, client }
}

impl World {
    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.address)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_with_the_named_fields() {
    let world = world().await;
    let found = world.json("/api/v1/search?q=tnf-alpha&where=kind:question").await;
    assert_eq!(found["total"], 1);
    assert_eq!(found["hits"][0]["id"], world.question.as_str());
    let quote = found["hits"][0]["evidence"][0]["quote"].as_str().unwrap();
    assert!(found["facets"]["subject"][0]["value"] == "neuroscience" && quote.starts_with("TNF-α rose"));
    let odd = world.json("/api/v1/search?q=%22open&where=colour:red&limit=x").await;
    assert_eq!(odd["notices"].as_array().unwrap().len(), 3, "{odd}");

    let record = world.json(&format!("/api/v1/question/{}", world.question)).await;
    let evidence = &record["evidence"][0];
    let (start, end) = (evidence["start"].as_u64().unwrap() as usize, evidence["end"].as_u64().unwrap() as usize);
    assert_eq!(evidence["text"].as_str().unwrap().get(start..end), evidence["quote"].as_str());
    assert_eq!(record["verification"].as_array().unwrap().len(), 7);
    assert_eq!(record["banner"], Value::Null);

    for name in [DOI, "https%3A%2F%2Fdoi.org%2F10.5555%2FNEWT.1"] {
        let work = world.json(&format!("/api/v1/work/{name}")).await;
        assert_eq!(work["questions"][0]["id"], world.question.as_str(), "{name}");
    }
    let status = world.json("/api/v1/status").await;
    assert_eq!((&status["lag"]["biorxiv"], &status["index"]["behind"]), (&3.into(), &0.into()));
    for (path, status) in [
        ("/api/v1/question/xyz", 400),
        ("/api/v1/question/00000000000000000000000000000000", 404),
        ("/api/v1/work/10.1/none", 404),
        ("/nowhere", 404),
        ("/health", 200),
        ("/ready", 200),
        ("/metrics", 200),
    ] {
        assert_eq!(world.get(path).await.0, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_route_exists_and_every_api_route_is_documented() {
    let world = world().await;
    let document = world.json("/api/v1/openapi.json").await;
    let documented: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    for path in &documented {
        let path = path.replace("{id}", world.question.as_str());
        let (status, body) = world.get(&path).await;
        assert!(status != 404 || !body.contains("no such page"), "{path}");
    }
    // The routes as the router's source lists them: there is no way to ask a router.
    let source = include_str!("../../src/web/mod.rs");
    for line in source.lines().filter(|line| line.contains("(api::")) {
        let path = line.split('"').nth(1).unwrap().replace("{*", "{");
        assert!(documented.contains(&path), "{path} is not documented");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_escape_everything_and_carry_their_headers() {
    let world = world().await;
    let question = format!("/question/{}", world.question);
    let work = format!("/work/{DOI}");
    let paths = ["/?q=newts", "/?q=%3Cscript%3Ealert(1)%3C/script%3E", question.as_str(), work.as_str(), "/status"];
    for path in paths {
        let response = world.client.get(format!("{}{path}", world.address)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(response.headers().contains_key("x-request-id"), "{path}");
        let body = response.text().await.unwrap();
        assert!(!body.contains("<script>") && !body.contains("<b>") && !body.contains("<newts>"), "{path}");
    }
    let (_, page) = world.get(&question).await;
    assert!(page.contains("<mark>TNF-α rose &lt;b&gt;12%&lt;/b&gt; &amp; fell"), "{page}");
    assert!(!page.contains("role=\"alert\""));

    // A bare number is a PMID; the pages' own links say that they mean the row.
    let (_, page) = world.get("/?q=newts").await;
    let link = page.split('"').find(|text| text.starts_with("/work/")).unwrap().to_owned();
    assert!(link.starts_with("/work/work:"), "{link}");
    assert_eq!(world.get(&link).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_work_is_never_shown_as_plain_fact() {
    let world = world().await;
    let mut withdrawn = document(2);
    withdrawn.notices = vec![Notice { status: WorkStatus::Withdrawn, origin: "type:withdrawn".into() }];
    let delivery = Delivery {
        source: SourceName::Biorxiv,
        origin: "test".into(),
        document: withdrawn,
        issues: vec![],
        full_text_url: None,
    };
    let mut txn = world.store.write().unwrap();
    let recorded = txn.record_delivery(&delivery).unwrap();
    txn.commit().unwrap();
    let sequence = world.store.read().unwrap().last_change().unwrap() as u64;
    world.index.apply([Change::DeleteWork(recorded.work.0)], sequence).unwrap();

    assert_eq!(world.json("/api/v1/search?q=newts").await["total"], 0);
    for path in [format!("/question/{}", world.question), format!("/work/{DOI}")] {
        let (_, page) = world.get(&path).await;
        assert!(page.contains("role=\"alert\"") && page.contains("This work was withdrawn"), "{path}");
    }
    let shown = aludel().args(["show", DOI, "--data-dir"]).arg(world.folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).starts_with("!! This work was withdrawn"));
}

#[tokio::test(flavor = "multi_thread")]
async fn search_and_show_on_the_command_line() {
    let world = world().await;
    let run =
        |arguments: &[&str]| aludel().args(arguments).arg("--data-dir").arg(world.folder.path()).output().unwrap();
    let found = run(&["search", "TNFα", "newts", "--where", "tier:grounded", "--json"]);
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    assert_eq!(json_lines(&found.stdout)[0]["hits"][0]["id"], world.question.as_str());
    assert_eq!(run(&["search", "x", "--where", "colour:red"]).status.code(), Some(2));

    let shown = run(&["show", world.question.as_str()]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains(">>TNF-α rose <b>12%</b> & fell \"again\" in newts.<<"), "{text}");
    let shown = run(&["show", DOI, "--history", "--json"]);
    assert_eq!(json_lines(&shown.stdout)[0]["history"]["versions"][0]["number"], 1);
    assert_eq!(run(&["show", "10.5555/none"]).status.code(), Some(1));
    let nowhere = tempfile::tempdir().unwrap();
    let missing = aludel().args(["search", "x", "--data-dir"]).arg(nowhere.path()).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
}
