//! Topics in the store: labels as they were known on any day, a classifier for what has none, and counts by content level.

use aludel::app::App;
use aludel::clock::Clock;
use aludel::config::{Config, File};
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::{Document, Passage, Section};
use aludel::model::id::Ids;
use aludel::model::time::PartialDate;
use aludel::store::Store;
use aludel::topic::Taxonomy;
use aludel::worker::topics::table;
use aludel::worker::{jobs, queue::Order};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(text: &str) -> DateTime<Utc> {
    day(text).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

struct Delivered<'a> {
    source: SourceName,
    id: usize,
    version: u32,
    posted: NaiveDate,
    labels: &'a [&'a str],
    text: &'a str,
}

impl Delivered<'_> {
    fn document(&self) -> Document {
        let mut document = Document {
            ids: Ids { doi: Some(format!("10.5555/{}", self.id).parse().unwrap()), ..Ids::default() },
            version: self.version,
            title: format!("Title {}", self.id),
            subjects: self.labels.iter().map(|label| (*label).to_owned()).collect(),
            abstract_passages: vec![Passage { text: self.text.to_owned(), ..Passage::default() }],
            ..Document::default()
        };
        document.dates.insert("posted".into(), PartialDate::try_from(self.posted.to_string()).unwrap());
        document
    }
}

fn deliver(store: &Store, delivered: &Delivered<'_>, document: Document) {
    let (source, origin) = (delivered.source, "test".to_owned());
    let delivery = Delivery { source, origin, document, issues: vec![], full_text_url: None };
    let mut txn = store.write().unwrap();
    txn.record_delivery(&delivery).unwrap();
    txn.commit().unwrap();
}

fn counts(store: &Store, as_of: Option<&str>) -> Vec<(String, Option<&'static str>, String)> {
    let table = table(&store.read().unwrap(), Some(&Taxonomy::embedded()), as_of.map(day)).unwrap();
    let Some((first, last)) = table.series.span() else { return Vec::new() };
    let parts = table.series.by_level(first, last);
    let of = |part: &aludel::drift::series::LevelCounts| {
        let topics: Vec<String> = part.topics.iter().map(|(topic, n)| format!("{topic} {n}")).collect();
        let words = format!("{} / {} unlabelled {} unknown", topics.join(", "), part.unlabelled, part.unknown);
        (part.source.clone(), part.level, words)
    };
    parts.iter().map(of).collect()
}

#[test]
fn what_was_believed_on_a_day_is_what_is_told_of_it() {
    let folder = TempDir::new().unwrap();
    let clock = Clock::stepped(noon("2026-03-02"));
    let store = Store::open(&folder.path().join("aludel.db"), clock.clone()).unwrap();
    let one = Delivered {
        source: SourceName::Biorxiv,
        id: 1,
        version: 1,
        posted: day("2026-03-01"),
        labels: &["Neuroscience"],
        text: "An abstract.",
    };
    deliver(&store, &one, one.document());
    let expected = |level, words: &str| vec![("biorxiv".to_owned(), Some(level), words.to_owned())];
    let before = expected("abstract", "neuroscience 1 / 0 unlabelled 0 unknown");
    assert_eq!(counts(&store, None), before);

    // The archive moves it to another subject: the same version again, a week later. The old row does not go.
    clock.advance_to(noon("2026-03-09"));
    let moved = Delivered { labels: &["Zoology", "Ecology"], ..one };
    deliver(&store, &moved, moved.document());
    let after = expected("abstract", "zoology 1 / 0 unlabelled 0 unknown");
    assert_eq!(counts(&store, None), after);
    assert_eq!(counts(&store, Some("2026-03-08")), before);
    assert_eq!(counts(&store, Some("2026-03-09")), after);
    assert_eq!(counts(&store, Some("2026-03-01")), []);

    // Its full text comes with the journal's words for it: the archive's label holds, the level rises.
    clock.advance_to(noon("2026-03-16"));
    let mut full = Delivered { labels: &["Regular Article"], ..one }.document();
    full.sections =
        vec![Section { title: "Results".into(), passages: one.document().abstract_passages, ..Section::default() }];
    deliver(&store, &one, full);
    assert_eq!(counts(&store, None), expected("full_text", "zoology 1 / 0 unlabelled 0 unknown"));
    assert_eq!(counts(&store, Some("2026-03-15")), after);

    // A late row: posted in the first week, received now. That week's count changes, not what was believed of it.
    clock.advance_to(noon("2026-03-23"));
    let late = Delivered { id: 2, posted: day("2026-03-02"), labels: &["ecology"], ..one };
    deliver(&store, &late, late.document());
    let now: Vec<String> = counts(&store, None).into_iter().map(|(_, _, words)| words).collect();
    assert_eq!(now, ["ecology 1 / 0 unlabelled 0 unknown", "zoology 1 / 0 unlabelled 0 unknown"]);
    assert_eq!(counts(&store, Some("2026-03-08")), before);

    // A second delivery of the same adds no row to the history.
    let work = store.read().unwrap().find_work("10.5555/1").unwrap().unwrap();
    let history = || store.read().unwrap().label_history(work).unwrap();
    let labels: Vec<Vec<String>> = history().into_iter().map(|known| known.labels).collect();
    assert_eq!(labels, [vec!["Neuroscience"], vec!["Zoology", "Ecology"], vec!["Zoology", "Ecology"]]);
    deliver(&store, &moved, moved.document());
    assert_eq!(history().len(), 3);
}

#[test]
fn labels_end_the_same_whatever_the_order_of_versions() {
    let orders = [[1, 2, 3], [3, 2, 1], [2, 3, 1]];
    let found = orders.map(|order| {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("aludel.db"), Clock::stepped(noon("2026-03-02"))).unwrap();
        for version in order {
            let labels: &[&str] = [&["Genetics"][..], &["Genomics"], &[]][version as usize - 1];
            let one = Delivered {
                source: SourceName::Medrxiv,
                id: 1,
                version,
                posted: day("2026-03-01"),
                labels,
                text: "An abstract.",
            };
            deliver(&store, &one, one.document());
        }
        counts(&store, None)
    });
    // A version without labels takes none away.
    assert_eq!(found[0][0].2, "genomics 1 / 0 unlabelled 0 unknown");
    assert!(found[1] == found[0] && found[2] == found[0], "{found:?}");
}

const WORDS: [(&str, [&str; 4]); 3] = [
    ("Neuroscience", ["cortex", "neuron", "synapse", "spike"]),
    ("Genomics", ["genome", "contig", "variant", "reads"]),
    ("Ecology", ["forest", "habitat", "predator", "island"]),
];

fn sentence(topic: usize, at: usize) -> String {
    let words = WORDS[topic].1;
    format!("The {} and the {} with the {}.", words[at % 4], words[at / 4 % 4], words[(at + 1) % 4])
}

#[test]
fn what_has_no_label_gets_one_from_the_newest_classifier_or_stays_unassigned() {
    let folder = TempDir::new().unwrap();
    let mut file = File { data_dir: folder.path().join("data"), ..File::default() };
    file.topics.least_texts = 50;
    let clock = Clock::stepped(noon("2026-03-02"));
    let mut config = Config::of(file).unwrap();
    config.clock = clock.clone();
    let app = App::open(&config).unwrap();
    let env = app.env_without_archives(&config).unwrap();
    jobs::run(&env, &Order::Topics { train: true }).unwrap();
    assert_eq!(app.store.read().unwrap().classifiers().unwrap(), [], "nothing to learn from");

    let posted = |at: usize| day("2025-10-01") + TimeDelta::days(at as i64);
    for at in 0..150 {
        let (label, text) = (WORDS[at % 3].0, sentence(at % 3, at / 3));
        let one = Delivered {
            source: SourceName::Biorxiv,
            id: at,
            version: 1,
            posted: posted(at),
            labels: &[label],
            text: &text,
        };
        deliver(&app.store, &one, one.document());
    }
    let record = |id, text| Delivered {
        source: SourceName::Pubmed,
        id,
        version: 1,
        posted: day("2026-02-01"),
        labels: &["Mice", "Animals"],
        text,
    };
    let (sure, unsure) = (sentence(2, 3), "Words that nobody has seen before.".to_owned());
    for (id, text) in [(1000, &sure), (1001, &unsure)] {
        deliver(&app.store, &record(id, text), record(id, text).document());
    }
    let pubmed =
        |as_of| counts(&app.store, as_of).into_iter().filter(|(source, ..)| source == "pubmed").collect::<Vec<_>>();
    assert_eq!(pubmed(None)[0].2, " / 0 unlabelled 2 unknown", "before there is a classifier");

    clock.advance_to(noon("2026-03-09"));
    jobs::run(&env, &Order::Topics { train: true }).unwrap();
    let rows = app.store.read().unwrap();
    let kept = &rows.classifiers().unwrap()[0];
    assert_eq!((kept.n, kept.from.as_str(), kept.to.as_str()), (150, "2025-10-01", "2026-02-27"));
    assert_eq!((kept.scores["n"].as_u64(), kept.scores["top_1"].as_f64()), (Some(30), Some(1.0)), "forward in time");
    let topic = |name: &str| rows.topic_of(rows.find_work(name).unwrap().unwrap()).unwrap().unwrap();
    let own = topic("10.5555/1");
    assert_eq!((own.id.as_deref(), own.by(), own.probabilities.len()), (Some("genomics"), "archive", 0));
    let learnt = topic("10.5555/1000");
    assert_eq!((learnt.id.as_deref(), learnt.classifier), (Some("ecology"), Some(kept.id)));
    assert!(learnt.probabilities["ecology"] > 0.4);
    assert_eq!((topic("10.5555/1001").id, topic("10.5555/1001").by()), (None, "classifier"), "unassigned");
    let topics = rows.topic_counts().unwrap();
    assert_eq!((topics.archive, topics.classifier, topics.unassigned), (150, 1, 1));
    drop(rows);
    assert_eq!(pubmed(None)[0].2, "ecology 1 / 1 unlabelled 0 unknown");
    assert_eq!(pubmed(Some("2026-03-08"))[0].2, " / 0 unlabelled 2 unknown", "nobody had said so then");

    // The job may run twice; an archive's label that comes later takes the classifier's place.
    let changes = || app.store.read().unwrap().last_change().unwrap();
    let before = changes();
    jobs::run(&env, &Order::Topics { train: false }).unwrap();
    assert_eq!(changes(), before);
    let labelled = Delivered { source: SourceName::Biorxiv, labels: &["Zoology"], ..record(1000, &sure) };
    deliver(&app.store, &labelled, labelled.document());
    jobs::run(&env, &Order::Topics { train: false }).unwrap();
    let rows = app.store.read().unwrap();
    let topic = rows.topic_of(rows.find_work("10.5555/1000").unwrap().unwrap()).unwrap().unwrap();
    assert_eq!((topic.id.as_deref(), topic.by()), (Some("zoology"), "archive"));
}
