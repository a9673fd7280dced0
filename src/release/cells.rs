//! A row to the cells of the data set's schema, in its order.

use super::parquet::{Cell, Filler};
use super::row::Row;

/// Fills a row of [`super::schema::QUESTIONS`].
pub fn fill(row: &Row, to: &mut Filler<'_>) {
    to.text(&row.id);
    to.text(&row.work.key);
    to.maybe_text(row.work.doi.as_deref());
    to.cell(row.work.pmid.map(Cell::Long), false);
    to.maybe_text(row.work.pmcid.as_deref());
    to.maybe_text(row.work.ppr.as_deref());
    to.int(row.version);
    to.text(&row.source);
    to.maybe_text(row.title.as_deref());
    to.maybe_text(row.venue.as_deref());
    to.maybe_text(row.first_public.as_deref());
    to.maybe_text(row.section.as_deref());
    to.maybe_text(row.passage.as_deref());
    to.list(row.evidence.iter().map(|evidence| evidence.quote.as_deref().map(Cell::Text)));
    to.list(row.evidence.iter().map(|evidence| Some(Cell::Int(evidence.passage))));
    to.list(row.evidence.iter().map(|evidence| Some(Cell::Int(evidence.start))));
    to.list(row.evidence.iter().map(|evidence| Some(Cell::Int(evidence.end))));
    to.maybe_text(row.question.as_deref());
    to.maybe_text(row.answer_type.as_deref());
    to.maybe_text(row.answer.as_deref());
    to.texts(row.options.iter().map(String::as_str));
    to.maybe_text(row.topic.as_deref());
    to.texts(row.topic_probabilities.iter().map(|(topic, _)| topic.as_str()));
    to.list(row.topic_probabilities.iter().map(|(_, probability)| Some(Cell::Double(*probability))));
    to.text(&row.generator.kind);
    to.text(&row.generator.model);
    to.text(&row.generator.prompt_hash);
    to.texts(row.verification.iter().map(|result| result.stage.as_str()));
    to.texts(row.verification.iter().map(|result| result.verdict.as_str()));
    to.list(row.verification.iter().map(|result| (!result.reason.is_empty()).then_some(Cell::Text(&result.reason))));
    to.list(row.verification.iter().map(|result| result.score.map(Cell::Double)));
    to.list(row.verification.iter().map(|result| result.model.as_deref().map(Cell::Text)));
    to.maybe_text(row.tier.as_deref());
    let difficulty = row.difficulty.as_ref();
    let is_absent = difficulty.is_none();
    to.cell(difficulty.map(|difficulty| Cell::Double(difficulty.pass_rate)), is_absent);
    to.cell(difficulty.and_then(|difficulty| difficulty.k).map(Cell::Int), is_absent);
    to.cell(difficulty.and_then(|difficulty| difficulty.solver.as_deref()).map(Cell::Text), is_absent);
    to.cell(difficulty.and_then(|difficulty| difficulty.date.as_deref()).map(Cell::Text), is_absent);
    to.text(&row.licence);
    to.maybe_text(row.licence_url.as_deref());
    to.maybe_text(row.licence_received.as_deref());
    to.text(&row.attribution);
    to.text(&row.split);
    to.text(&row.released_in);
    let withdrawn = row.withdrawn.as_ref();
    to.cell(withdrawn.map(|withdrawn| Cell::Text(&withdrawn.date)), withdrawn.is_none());
    to.cell(withdrawn.map(|withdrawn| Cell::Text(&withdrawn.reason)), withdrawn.is_none());
    to.maybe_text(row.kind.as_deref());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::question::{Stage, StageResult, Verdict};
    use crate::release::parquet::Table;
    use crate::release::read;
    use crate::release::row::{Difficulty, Evidence, Withdrawn};
    use crate::release::schema;
    use crate::release::tests::row;

    #[test]
    fn rows_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/open/train.parquet");
        let mut full = row("a", "10.5555/a");
        full.difficulty = Some(Difficulty { pass_rate: 0.25, k: None, solver: Some("m".into()), date: None });
        full.kind = Some("mechanism".into());
        full.options = vec!["one".into(), String::new()];
        full.topic_probabilities = vec![("x".into(), 0.75), ("y".into(), 0.25)];
        full.evidence.push(Evidence { quote: None, passage: 3, start: 1, end: 4 });
        full.verification = vec![
            StageResult {
                stage: Stage::Shape,
                verdict: Verdict::Pass,
                reason: String::new(),
                score: None,
                model: None,
            },
            StageResult {
                stage: Stage::OpenBook,
                verdict: Verdict::Pass,
                reason: "r".into(),
                score: Some(0.5),
                model: Some("m".into()),
            },
        ];
        let mut bare = row("b", "10.5555/b");
        bare.evidence.clear();
        bare.passage = None;
        bare.withdrawn = Some(Withdrawn { date: "2026-01-02".into(), reason: "retracted".into() });
        let mut table = Table::create(&path, schema::QUESTIONS).unwrap();
        for row in [&full, &bare, &full] {
            table.push(|to| fill(row, to)).unwrap();
        }
        let entry = table.finish("data/open/train.parquet").unwrap();
        assert_eq!(entry.bytes, std::fs::metadata(&path).unwrap().len());
        let rows: Vec<serde_json::Value> = read::rows(&path).unwrap().map(|row| row.unwrap().to_json_value()).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0], rows[2]);
        assert_eq!(rows[0]["id"], "a");
        assert_eq!(
            rows[0]["difficulty"],
            serde_json::json!({ "pass_rate": 0.25, "k": null, "solver": "m", "date": null })
        );
        assert_eq!(rows[0]["options"], serde_json::json!(["one", ""]));
        assert_eq!(rows[0]["evidence"][1], serde_json::json!({ "quote": null, "passage": 3, "start": 1, "end": 4 }));
        assert_eq!(rows[0]["verification"][1]["score"], 0.5);
        assert_eq!(rows[0]["withdrawn"], serde_json::Value::Null);
        assert_eq!((&rows[0]["kind"], &rows[1]["kind"]), (&"mechanism".into(), &serde_json::Value::Null));
        assert_eq!(rows[1]["evidence"], serde_json::json!([]));
        assert_eq!(rows[1]["passage"], serde_json::Value::Null);
        assert_eq!(rows[1]["difficulty"], serde_json::Value::Null);
        assert_eq!(rows[1]["withdrawn"], serde_json::json!({ "date": "2026-01-02", "reason": "retracted" }));
    }
}
