//! Deliveries in, pictures out.

use aludel::clock::Clock;
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::{Document, Passage, Related, Relation, Section};
use aludel::model::id::{Ids, Pmid};
use aludel::model::status::{Notice, WorkStatus};
use aludel::model::time::PartialDate;
use aludel::store::delivery::{FollowUp, Novelty};
use aludel::store::picture::picture;
use aludel::store::{Error, Store};
use chrono::DateTime;
use proptest::prelude::*;

fn clock() -> Clock {
    Clock::stepped(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("aludel.db"), clock()).unwrap()
}

fn passage(text: &str) -> Passage {
    Passage { text: text.into(), ..Passage::default() }
}

fn doi(text: &str) -> Ids {
    Ids { doi: Some(text.parse().unwrap()), ..Ids::default() }
}

fn delivery(source: SourceName, ids: Ids, version: u32, abstract_text: &str) -> Delivery {
    let document = Document {
        ids,
        version,
        title: format!("Title in version {version}"),
        abstract_passages: vec![passage(abstract_text)],
        ..Document::default()
    };
    Delivery { source, origin: "test".into(), document, issues: vec![], full_text_url: None }
}

fn related(relation: Relation, ids: Ids) -> Related {
    Related { relation, ids, received: "test".into(), note: None }
}

/// Deliveries of a handful of works that cross each other in every way the store knows.
fn world() -> Vec<Delivery> {
    use SourceName::{Biorxiv, Inbox, Pubmed};
    let date = |text: &str| PartialDate::try_from(text.to_owned()).unwrap();
    let mut all = Vec::new();
    for version in 1..=3 {
        let mut d = delivery(Biorxiv, doi("10.1101/a"), version, &format!("Abstract of a, version {version}."));
        d.document.dates.insert("posted".into(), date(&format!("2026-03-{:02}", version * 5)));
        d.document.subjects = vec!["neuroscience".into()];
        d.document.related = vec![related(Relation::PublishedAs, doi("10.1000/journal.a"))];
        all.push(d);
    }
    let mut full = delivery(Inbox, doi("10.1101/a"), 3, "Abstract of a, version 3.");
    full.document.sections =
        vec![Section { title: "Results".into(), passages: vec![passage("It rose.")], ..Section::default() }];
    all.push(full);
    let both = Ids { pmid: Some(Pmid(11)), ..doi("10.1101/a") };
    all.push(delivery(Pubmed, both.clone(), 1, "Abstract of a in PubMed."));
    all.push(delivery(Pubmed, Ids { pmid: Some(Pmid(11)), ..Ids::default() }, 1, "Abstract of a in PubMed."));
    for (revised, text) in [("2026-04-01", "First record."), ("2026-05-01", "Corrected record.")] {
        let mut d = delivery(Pubmed, Ids { pmid: Some(Pmid(12)), ..doi("10.1000/journal.a") }, 1, text);
        d.document.dates.insert("revised".into(), date(revised));
        d.document.dates.insert("ppub".into(), date("2026"));
        all.push(d);
    }
    let mut withdrawn = delivery(Biorxiv, doi("10.1101/b"), 2, "The authors have withdrawn this manuscript.");
    withdrawn.document.notices = vec![Notice { status: WorkStatus::Withdrawn, origin: "type:withdrawn".into() }];
    all.push(delivery(Biorxiv, doi("10.1101/b"), 1, "Abstract of b."));
    all.push(withdrawn);
    all.push(delivery(Pubmed, Ids { pmid: Some(Pmid(20)), ..Ids::default() }, 1, "Abstract of c."));
    let mut notice = delivery(Pubmed, Ids { pmid: Some(Pmid(21)), ..Ids::default() }, 1, "");
    notice.document.abstract_passages.clear();
    notice.document.related = vec![related(Relation::Retracts, Ids { pmid: Some(Pmid(20)), ..Ids::default() })];
    all.push(notice);
    all
}

fn tell(store: &Store, deliveries: &[Delivery]) {
    for delivery in deliveries {
        let mut txn = store.write().unwrap();
        txn.record_delivery(delivery).unwrap();
        txn.commit().unwrap();
    }
}

#[test]
fn picture_of_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    tell(&store, &world());
    insta::assert_snapshot!(picture(&store.read().unwrap()).unwrap());
    let report = store.read().unwrap().check().unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_order_and_repetition_of_deliveries_ends_in_the_same_picture(
        order in Just((0..world().len()).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..world().len(), 0..12),
    ) {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (straight, mixed) = (open(&first), open(&second));
        let world = world();
        tell(&straight, &world);
        let told: Vec<Delivery> = order.iter().chain(&again).map(|i| world[*i].clone()).collect();
        tell(&mixed, &told);
        let mixed = mixed.read().unwrap();
        prop_assert_eq!(picture(&straight.read().unwrap()).unwrap(), picture(&mixed).unwrap());
        prop_assert_eq!(mixed.check().unwrap().faults, Vec::<String>::new());
    }
}

#[test]
fn the_same_delivery_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let world = world();
    tell(&store, &world);
    let (before, seq) = (picture(&store.read().unwrap()).unwrap(), store.read().unwrap().last_change().unwrap());
    for delivery in &world {
        let mut txn = store.write().unwrap();
        let recorded = txn.record_delivery(delivery).unwrap();
        assert_eq!((recorded.outcome, recorded.follow_ups), (Novelty::Unchanged, vec![]));
        txn.commit().unwrap();
    }
    assert_eq!(picture(&store.read().unwrap()).unwrap(), before);
    assert_eq!(store.read().unwrap().last_change().unwrap(), seq, "nothing for the index to follow");
}

#[test]
fn a_deleted_pmid_is_marked_before_and_after_it_arrives_and_may_return() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let record = |pmid| delivery(SourceName::Pubmed, Ids { pmid: Some(Pmid(pmid)), ..Ids::default() }, 1, "Text.");
    tell(&store, &[record(1)]);
    let mut txn = store.write().unwrap();
    txn.record_deletions(SourceName::Pubmed, &[Pmid(1), Pmid(2)]).unwrap();
    let work = txn.find_work("pmid:1").unwrap().unwrap();
    assert_eq!(txn.work(work).unwrap().unwrap().status, WorkStatus::Deleted);
    let returned = txn.record_delivery(&record(1)).unwrap();
    assert_eq!(returned.follow_ups, [FollowUp::Draft(returned.version)]);
    assert_eq!(txn.work(work).unwrap().unwrap().status, WorkStatus::Current);
}

#[test]
fn a_newer_schema_is_refused_with_a_clear_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aludel.db");
    drop(open(&folder));
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    for error in [Store::open(&path, clock()).unwrap_err(), Store::open_read(&path, clock()).unwrap_err()] {
        assert!(matches!(error, Error::NewerSchema { found: 999, .. }), "{error}");
        assert!(error.to_string().contains("newer"), "{error}");
    }
}

#[test]
fn a_document_comes_back_as_it_was_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    for delivery in world() {
        let mut txn = store.write().unwrap();
        let recorded = txn.record_delivery(&delivery).unwrap();
        txn.commit().unwrap();
        let read = store.read().unwrap();
        let version = read.version(recorded.version).unwrap().unwrap();
        if version.number == delivery.document.version && version.source == delivery.source.as_str() {
            assert_eq!(read.document(recorded.version).unwrap().unwrap(), delivery.document);
        }
    }
}
