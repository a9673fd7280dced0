//! `aludel drift score` on files, as a script uses it.

use std::fs;

use tempfile::TempDir;

use crate::support::{aludel, json_lines};

#[test]
fn labelled_rows_and_counts_are_one_thing() {
    let folder = TempDir::new().unwrap();
    let counts = folder.path().join("counts.csv");
    let rows = folder.path().join("rows.csv");
    let shifted = folder.path().join("shifted.csv");
    fs::write(&counts, "topic,count\ncell biology,300\nneuroscience,500\nzoology,200\n").unwrap();
    let mut lines = String::from("doi,topic\n");
    for (topic, count) in [("neuroscience", 50), ("zoology", 20), ("cell biology", 30), ("", 9)] {
        lines.push_str(&format!("10.5555/x,{topic}\n").repeat(count));
    }
    fs::write(&rows, lines).unwrap();
    fs::write(&shifted, "topic,count\ncell biology,300\nneuroscience,300\nzoology,400\n").unwrap();

    let score = |current: &std::path::Path| {
        aludel()
            .args(["drift", "score", "--json", "--reference"])
            .arg(&counts)
            .arg("--current")
            .arg(current)
            .output()
            .unwrap()
    };
    let same = score(&rows);
    let report = &json_lines(&same.stdout)[0];
    assert_eq!(same.status.code(), Some(0));
    assert_eq!(
        (report["n_current"].as_u64(), report["topics"].as_u64()),
        (Some(100), Some(3)),
        "blank labels are left out"
    );
    assert!(report["statistic"]["jensen_shannon"].as_f64().unwrap() < 1e-9);
    assert_eq!(report["verdict"], "inside_band");

    let moved = score(&shifted);
    let report = &json_lines(&moved.stdout)[0];
    assert_eq!(moved.status.code(), Some(0));
    assert_eq!(report["verdict"], "outside_band");
    assert_eq!(report["moved"][0]["topic"], "neuroscience");
    assert!((report["moved"][0]["from"].as_f64().unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn a_table_that_is_not_one_says_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let wrong = folder.path().join("wrong.csv");
    for (text, word) in
        [("subject\nx\n", "no column `topic`"), ("topic,count\na,many\n", "row 1"), ("topic\n\n", "empty")]
    {
        fs::write(&wrong, text).unwrap();
        let output =
            aludel().args(["drift", "score", "--reference"]).arg(&wrong).arg("--current").arg(&wrong).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(word) && !stderr.contains("panicked"), "{stderr}");
        assert_eq!(output.status.code(), Some(1));
    }
}
