use std::path::Path;

use super::{Fill, Stop, Template};
use crate::refresh::Error;
use crate::refresh::evaluate::Responses;
use crate::refresh::evaluate::ask::{Model, Settings};
use crate::refresh::job::{Folder, Plan, Question};
use crate::release::publish::replace;

/// Has a template's command answer the samples that are missing of `model`, into its responses file in the job folder.
///
/// # Errors
/// When it can not be run, fails, is told to end, or leaves answers out.
pub fn answer(
    folder: &Folder,
    plan: &Plan,
    template: &Template,
    settings: &Settings,
    model: &Model,
    questions: &[Question],
    stop: Stop<'_>,
) -> Result<(), Error> {
    let here = std::path::absolute(folder.evaluation_path()).map_err(Error::io(folder.path()))?;
    let path = std::path::absolute(folder.responses_path(&model.name)).map_err(Error::io(folder.path()))?;
    let log = folder.log_path();
    let missing = Responses::open(&path)?.missing(questions, settings.samples);
    if missing.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for (question, _) in missing {
        if ids.last() != Some(&question.id.as_str()) {
            ids.push(&question.id);
            // Proof: two strings.
            let line = serde_json::json!({ "id": question.id, "prompt": question.prompt });
            lines.extend(line.to_string().into_bytes());
            lines.push(b'\n');
        }
    }
    let asked = path.with_extension("asked.jsonl");
    replace(&asked, &lines)?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let job = text(&std::path::absolute(folder.path()).map_err(Error::io(folder.path()))?);
    let base = text(&plan.base_model.path);
    let weights = model.weights.as_deref().map(text).unwrap_or_default();
    let (asked, responses) = (text(&asked), text(&path));
    let (samples, temperature) = (settings.samples.to_string(), settings.temperature.to_string());
    let (seed, max_tokens) = (settings.seed.to_string(), settings.max_tokens.to_string());
    let fill = Fill {
        values: vec![
            ("job", &job),
            ("base", &base),
            ("adapter", &weights),
            ("questions", &asked),
            ("responses", &responses),
            ("samples", &samples),
            ("temperature", &temperature),
            ("seed", &seed),
            ("max_tokens", &max_tokens),
        ],
    };
    template.run(&fill.words(&template.answer, &template.folder), &here, &log, stop)?;
    let left = Responses::open(&path)?.missing(questions, settings.samples).len();
    if left > 0 {
        return Err(Error::damaged(&path, format!("{left} answers are missing; {} says why", log.display())));
    }
    Ok(())
}
