//! The detector and the classifier on files, as a person uses them; on the real series where they are.

use std::fs;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};
use serde_json::Value;
use tempfile::TempDir;

use aludel::app::App;
use aludel::clock::Clock;
use aludel::config::{Config, File};
use aludel::model::delivery::{Delivery, SourceName};
use aludel::model::document::Document;
use aludel::model::id::Ids;
use aludel::model::time::PartialDate;
use aludel::worker::{jobs, queue::Order};

use crate::support::{aludel, json_lines, shared};

/// `aludel drift <command> --series FILE --json`, its lines.
fn drift(command: &str, series: &Path, more: &[&str]) -> Vec<Value> {
    // Fewer draws than the default: the tests' build is slow.
    let output = aludel()
        .env("ALUDEL_DRIFT__DRAWS", "150")
        .args(["drift", command, "--json", "--series"])
        .arg(series)
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    json_lines(&output.stdout)
}

/// Two years of weekly rows; `label` gives the topic of a row from its week and a number from 0 to 99.
fn series(folder: &Path, label: impl Fn(usize, usize) -> String) -> std::path::PathBuf {
    let path = folder.join("series.csv");
    let mut text = String::from("date,subjects,source\n");
    let monday: NaiveDate = "2020-01-06".parse().unwrap();
    for week in 0..104 {
        for row in 0..100 {
            let date = monday + TimeDelta::days(7 * week as i64 + row as i64 % 7);
            // A small change from week to week, so that the weeks are no copies.
            text.push_str(&format!("{date},{},one\n", label(week, (row + week * week) % 100)));
        }
    }
    fs::write(&path, text).unwrap();
    path
}

/// Forty percent neuroscience, the rest in three parts.
fn usual(part: usize) -> &'static str {
    match part {
        0..40 => "Neuroscience",
        40..70 => "Cell biology",
        70..90 => "Genomics",
        _ => "Zoology",
    }
}

#[test]
fn a_shift_goes_through_warning_to_drift_and_is_explained() {
    let folder = TempDir::new().unwrap();
    let path =
        series(
            folder.path(),
            |week, part| {
                if week >= 60 && part < 20 { "Zoology".to_owned() } else { usual(part).to_owned() }
            },
        );
    let log = drift("history", &path, &[]);
    let states: Vec<&str> = log.iter().map(|line| line["state"].as_str().unwrap()).collect();
    let first = |state: &str| states.iter().position(|s| *s == state).unwrap();
    assert!(first("warning") < first("drifted"));
    let refreshes: Vec<&Value> = log.iter().filter(|line| line["refresh"] == true).collect();
    assert_eq!(refreshes.len(), 1, "{states:?}");
    // The shift begins in the week of 2021-03-01; three windows in a row make it drift.
    let called: NaiveDate = refreshes[0]["to"].as_str().unwrap().parse().unwrap();
    let shift: NaiveDate = "2021-03-01".parse().unwrap();
    assert!((14..=42).contains(&(called - shift).num_days()), "{called}");
    assert_eq!(refreshes[0]["moved"][0]["topic"], "neuroscience");
    let measured = &refreshes[0]["measured"];
    for key in ["distance", "corrected", "psi", "upper", "dispersion", "score", "enter", "leave", "topics"] {
        assert!(measured[key].is_number(), "{key}");
    }
    assert_eq!((refreshes[0]["n_current"].as_u64(), refreshes[0]["n_reference"].as_u64()), (Some(400), Some(2600)));
    assert_eq!(states.last(), Some(&"stable"), "the new mix is the reference after the cool-down");

    let page = folder.path().join("report.html");
    let explained = &drift("explain", &path, &["--report", page.to_str().unwrap()])[0];
    let changes = explained["changes"].as_array().unwrap();
    let zoology = changes.iter().find(|change| change["topic"] == "zoology").unwrap();
    assert!(zoology["difference"]["low"].as_f64().unwrap() > 0.0);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("drift") && !page.contains("<script"));
}

#[test]
fn movement_inside_a_topic_is_seen_where_its_share_stands_still() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("texts.csv");
    let words = ["cortex", "neuron", "synapse", "spike", "axon", "glia"];
    let monday: NaiveDate = "2020-01-06".parse().unwrap();
    let table = |new: &str| {
        let mut text = String::from("id,date,subjects,title\n");
        for (week, row) in (0..40_usize).flat_map(|week| (0..24_usize).map(move |row| (week, row))) {
            let date = monday + TimeDelta::days(7 * week as i64 + row as i64 % 7);
            let at = row * 7 + week * 3;
            let label = if row % 3 == 0 { "Zoology" } else { "Neuroscience" };
            let news = if week >= 36 && row % 6 == 1 { new } else { words[(at / 2) % 6] };
            let (a, b) = (words[at % 6], words[(at / 6) % 6]);
            text.push_str(&format!("10.5555/{week}.{row},{date},{label},The {a} of the {b} with {news}\n"));
        }
        fs::write(&path, text).unwrap();
        drift("explain", &path, &["--permutations", "199"]).remove(0)
    };
    let quiet = &table("axon")["inside_topics"];
    assert!(quiet["p_value"].as_f64().unwrap() > 0.05, "{quiet}");
    let explained = table("organoid");
    let test = &explained["inside_topics"];
    assert!(explained["changes"].as_array().unwrap().iter().all(|change| change["q_value"].as_f64().unwrap() > 0.5));
    assert!(test["p_value"].as_f64().unwrap() < 0.02 && test["mmd2"].as_f64().unwrap() > 0.0, "{test}");
    assert_eq!(
        (test["topics"].as_u64(), test["n_current"].as_u64(), test["permutations"].as_u64()),
        (Some(2), Some(96), Some(199))
    );
    assert_eq!(test["by_topic"][0]["topic"], "neuroscience");
    assert_eq!(explained["words"]["rising"][0]["term"], "organoid");
}

#[test]
fn a_rename_and_missing_labels_are_no_drift() {
    let folder = TempDir::new().unwrap();
    let renamed = series(folder.path(), |week, part| match usual(part) {
        "Cell biology" if week >= 60 => "CELL  BIOLOGY".to_owned(),
        label => label.to_owned(),
    });
    let shown = &drift("show", &renamed, &[])[0];
    assert_eq!((shown["refreshes"].as_array().unwrap().len(), shown["state"].as_str()), (0, Some("stable")));
    // Taken as they are, the same labels are two topics, and that is a shift.
    assert_eq!(drift("show", &renamed, &["--plain-labels"])[0]["refreshes"].as_array().unwrap().len(), 1);

    // A third of one topic loses its labels, then nearly all of them.
    let missing = series(folder.path(), |week, part| match part {
        0..38 if week >= 60 => String::new(),
        part => usual(part).to_owned(),
    });
    let shown = &drift("show", &missing, &[])[0];
    assert_eq!(shown["refreshes"].as_array().unwrap().len(), 0);
    assert_eq!(shown["latest"]["reason"], "labels_missing");
    assert_eq!(shown["unlabelled"].as_u64(), Some(38 * 44));
}

#[test]
fn a_week_of_anything_is_no_drift() {
    let folder = TempDir::new().unwrap();
    let path =
        series(folder.path(), |week, part| if week == 60 { "Paleontology".to_owned() } else { usual(part).to_owned() });
    let log = drift("history", &path, &[]);
    assert!(log.iter().all(|line| line["refresh"] == false));
    let excused: Vec<&Value> = log.iter().filter(|line| line["reason"] == "one_week").collect();
    assert_eq!(excused.len(), 4);
    assert_eq!(excused[0]["measured"]["without_peak"]["week"], "2021-03-01");
}

#[test]
fn bad_input_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bad.csv");
    for (text, word) in [
        ("date,x\n2020-01-01,a\n", "no column `topic`"),
        ("topic\na\n", "no column `date`"),
        ("date,topic,count\n2020-01-01,a,-3\n", "row 1"),
        ("date,topic\nsoon,a\n", "no row with a date"),
    ] {
        fs::write(&path, text).unwrap();
        let output = aludel().args(["drift", "show", "--series"]).arg(&path).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(word) && !stderr.contains("panicked"), "{stderr}");
        assert_eq!(output.status.code(), Some(1));
    }
    fs::write(&path, "date,topic\n2020-01-01,Zoology\n").unwrap();
    let shown = &drift("show", &path, &[])[0];
    assert!(shown["state"].is_null() && shown["windows"] == 0);
}

/// bioRxiv 2013-2017: the growth of neuroscience is found and named; the 898 rows without a label are no topic.
#[test]
fn the_real_series_of_biorxiv() {
    let Some(shared) = shared() else { return };
    let path = shared.join("data/series/biorxiv_2013_2017.csv.gz");
    let shown = &drift("show", &path, &[])[0];
    assert_eq!((shown["rows"].as_u64(), shown["unlabelled"].as_u64()), (Some(7583), Some(898)));
    assert_eq!(shown["unknown_labels"].as_object().unwrap().len(), 0);
    let refreshes = shown["refreshes"].as_array().unwrap();
    assert!((1..=2).contains(&refreshes.len()), "{refreshes:?}");
    assert!(refreshes[0]["to"].as_str().unwrap().starts_with("2016-"), "{}", refreshes[0]["to"]);
    assert_eq!(refreshes[0]["moved"][0]["topic"], "neuroscience");
    let arrived: Vec<&Value> =
        shown["months"].as_array().unwrap().iter().flat_map(|month| month["arrived"].as_array().unwrap()).collect();
    assert!(arrived.iter().any(|topic| *topic == "epidemiology"), "{arrived:?}");
    // From 2017 on two in five rows have no label: nothing is judged.
    let log = drift("history", &path, &[]);
    let late = log.iter().filter(|line| line["from"].as_str().unwrap() >= "2017-01-02");
    assert!(late.clone().count() > 10 && late.clone().all(|line| line["refresh"] == false));
    assert!(late.clone().any(|line| line["reason"] == "labels_missing"));

    let folder = TempDir::new().unwrap();
    assert_eq!(drift("history", &renamed(&path, "2016-02", folder.path()), &[]), log);
}

/// The rows of a table with every label written otherwise from a month on.
fn renamed(path: &Path, from: &str, folder: &Path) -> std::path::PathBuf {
    let renamed = folder.join("renamed.csv");
    let plain = flate2::read::GzDecoder::new(fs::File::open(path).unwrap());
    let mut reader = csv::Reader::from_reader(plain);
    let mut writer = csv::Writer::from_path(&renamed).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (date, subjects) = (column("date"), column("subjects"));
    writer.write_record(&headers).unwrap();
    for record in reader.records().map(Result::unwrap) {
        let other = record[subjects].to_uppercase().replace(' ', "_");
        let is_after = &record[date] >= from;
        writer
            .write_record(
                record.iter().enumerate().map(|(at, field)| if at == subjects && is_after { &other } else { field }),
            )
            .unwrap();
    }
    writer.flush().unwrap();
    renamed
}

/// eLife 2012-2024: the subject that came in November 2014 is named; its 29 rows without a label and a change of every label's letters are no
/// drift. PMC's trials have article types for subjects: they are kept as they are and reported.
#[test]
fn the_real_series_of_elife_and_of_trials() {
    let Some(shared) = shared() else { return };
    let elife = shared.join("data/series/elife_2012_2024.csv.gz");
    let shown = &drift("show", &elife, &[])[0];
    assert_eq!((shown["rows"].as_u64(), shown["unlabelled"].as_u64()), (Some(1309), Some(29)));
    assert_eq!((shown["n_unknown_labels"].as_u64(), shown["refreshes"].as_array().unwrap().len()), (Some(0), 0));
    let arrived =
        shown["months"].as_array().unwrap().iter().find(|month| month["arrived"][0] == "systems-biology").unwrap();
    assert_eq!(arrived["from"], "2014-11-01");
    let folder = TempDir::new().unwrap();
    assert_eq!(drift("history", &renamed(&elife, "2014-09", folder.path()), &[]), drift("history", &elife, &[]));

    let trials = &drift("show", &shared.join("data/series/pmc_rct_to_2018.csv.gz"), &[])[0];
    assert_eq!(
        (trials["rows"].as_u64(), trials["unknown_labels"]["Original Article"].as_u64()),
        (Some(2947), Some(532))
    );
    assert!(trials["state"].is_null() && trials["refreshes"].as_array().unwrap().is_empty());
}

#[test]
fn a_classifier_is_trained_evaluated_forward_and_used() {
    let folder = TempDir::new().unwrap();
    let (table, model) = (folder.path().join("texts.csv"), folder.path().join("topics.model"));
    let words = [
        ("Neuroscience", "cortex neuron synapse spike"),
        ("Genomics", "genome contig variant reads"),
        ("Ecology", "forest habitat predator island"),
    ];
    let mut text = String::from("id,date,subjects,title,abstract\n");
    let first: NaiveDate = "2020-01-01".parse().unwrap();
    for at in 0..150_usize {
        let (label, words) = words[at % 3];
        let words: Vec<&str> = words.split(' ').collect();
        let label = if at == 149 { "" } else { label };
        text.push_str(&format!(
            "10.5555/{at},{},{label},The {} and the {},Of {} we know\n",
            first + TimeDelta::days(at as i64),
            words[at % 4],
            words[(at / 2) % 4],
            words[(at + 1) % 4]
        ));
    }
    fs::write(&table, text).unwrap();
    let topics = |arguments: &[&str]| {
        let output = aludel().arg("topics").args(arguments).arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        json_lines(&output.stdout)
    };
    let (table, model) = (table.to_str().unwrap(), model.to_str().unwrap());
    let trained = &topics(&["train", "--series", table, "--model", model, "--until", "2020-04-10"])[0];
    assert_eq!((trained["n"].as_u64(), trained["to"].as_str()), (Some(100), Some("2020-04-09")));
    let scores = &topics(&["eval", "--series", table, "--model", model])[0]["scores"];
    assert_eq!((scores["n"].as_u64(), scores["top_1"].as_f64()), (Some(49), Some(1.0)));
    let labelled = topics(&["label", "--series", table, "--model", model]);
    assert_eq!((labelled.len(), labelled[0]["by"].as_str()), (150, Some("archive")));
    assert_eq!((labelled[149]["by"].as_str(), labelled[149]["topic"].as_str()), (Some("classifier"), Some("ecology")));
    assert_eq!(topics(&["list"]).len(), 40);
    let refused = aludel().args(["topics", "eval", "--series", table, "--model", table]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("can not be read"));
}

/// The service's job on a store: what is decided is kept once, and shown by status, the log and the page.
#[test]
fn the_store_is_judged_and_what_was_decided_is_kept() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().join("data");
    let drift = aludel::drift::detector::Config { draws: 150, ..Default::default() };
    let mut config = Config::of(File { data_dir: data_dir.clone(), drift, ..File::default() }).unwrap();
    let monday: NaiveDate = "2020-01-06".parse().unwrap();
    // The Tuesday after so many weeks.
    let tuesday = |weeks: i64| (monday + TimeDelta::days(7 * weeks + 1)).and_hms_opt(0, 0, 0).unwrap().and_utc();
    let clock = Clock::stepped(tuesday(32));
    config.clock = clock.clone();
    let app = App::open(&config).unwrap();
    let env = app.env_without_archives(&config).unwrap();
    jobs::run(&env, &Order::Drift {}).unwrap();
    assert_eq!(app.store.read().unwrap().latest_drift_decision().unwrap(), None, "nothing to judge yet");

    let deliver = |weeks: std::ops::Range<usize>| {
        let mut txn = app.store.write().unwrap();
        for (week, row) in weeks.flat_map(|week| (0..36_usize).map(move |row| (week, row))) {
            let date = monday + TimeDelta::days(7 * week as i64 + row as i64 % 7);
            let part = row * 100 / 36;
            let label = if week >= 34 && part < 30 { "Zoology" } else { usual((part + week) % 100) };
            let mut document = Document {
                ids: Ids { doi: Some(format!("10.1101/{week}.{row}").parse().unwrap()), ..Ids::default() },
                version: 1,
                title: format!("Title {week} {row}"),
                subjects: vec![label.to_owned()],
                ..Document::default()
            };
            document.dates.insert("posted".into(), PartialDate::try_from(date.to_string()).unwrap());
            let origin = "test".to_owned();
            let delivery =
                Delivery { source: SourceName::Biorxiv, origin, document, issues: vec![], full_text_url: None };
            txn.record_delivery(&delivery).unwrap();
        }
        txn.commit().unwrap();
    };
    deliver(0..32);
    jobs::run(&env, &Order::Drift {}).unwrap();
    let log = app.store.read().unwrap().drift_decisions(None).unwrap();
    assert_eq!((log.len(), log.last().unwrap().state.as_str()), (3, "stable"));
    deliver(32..44);
    clock.advance_to(tuesday(44));
    jobs::run(&env, &Order::Drift {}).unwrap();
    jobs::run(&env, &Order::Drift {}).unwrap();
    let log = app.store.read().unwrap().drift_decisions(None).unwrap();
    assert_eq!(log.len(), 15, "a second run adds nothing");
    assert_eq!(log.iter().filter(|kept| kept.refresh).count(), 1);
    let long_ago = chrono::DateTime::from_timestamp(0, 0);
    assert_eq!(app.store.read().unwrap().drift_decisions(long_ago).unwrap(), []);
    drop((env, app));

    let run = |arguments: &[&str]| {
        let output = aludel().args(arguments).arg("--data-dir").arg(&data_dir).arg("--json").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        json_lines(&output.stdout)
    };
    let status = &run(&["status"])[0]["drift"];
    assert_eq!((status["state"].as_str(), status["window"]["n"].as_u64()), (Some("drifted"), Some(144)));
    assert!(status["jensen_shannon"].as_f64().unwrap() > status["band_upper"].as_f64().unwrap());
    assert_eq!(run(&["drift", "history", "--recorded"]).len(), 15);
    // Read years later: the first four weeks of the silence that followed.
    assert_eq!(run(&["drift", "history"]).len(), 19);
    assert_eq!(run(&["drift", "history", "--as-of", "2019-12-31"]).len(), 0);
    let counts = run(&["drift", "counts"]);
    assert_eq!((counts.len(), counts[0]["n"].as_u64(), counts[0]["level"].as_str()), (44, Some(36), Some("metadata")));
    assert_eq!(run(&["drift", "counts", "--trailing"])[0]["n"].as_u64(), Some(144));
    let shown = &run(&["drift", "show"])[0];
    assert_eq!((shown["state"].as_str(), shown["rows"].as_u64()), (Some("drifted"), Some(44 * 36)));
    assert_eq!(run(&["drift", "show", "--as-of", "2020-01-01"])[0]["rows"].as_u64(), Some(0));
}
