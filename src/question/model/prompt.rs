//! What a model is asked: the template, the passages as data, and what was asked before.

use crate::llm::{Request, Schema, quoted};
use crate::model::document::{Document, PassageKind};
use crate::model::question::Draft;

use super::Config;
use super::passage::{Shown, Sort};
use super::reply::schema;

/// Earlier questions that are shown at most.
const MOST_SEEN: usize = 40;

/// A template, and the hash under which it stands in the record.
#[derive(Debug, Clone)]
pub(super) struct Template {
    text: String,
    pub hash: String,
}

impl Template {
    pub fn new(text: &str) -> Self {
        Template { text: text.to_owned(), hash: blake3::hash(text.as_bytes()).to_hex().to_string() }
    }
}

/// The templates by what they are about.
#[derive(Debug, Clone)]
pub(super) struct Templates {
    pub text: Template,
    pub exhibits: Template,
}

impl Templates {
    pub fn of(&self, sort: Sort) -> &Template {
        match sort {
            Sort::Text => &self.text,
            Sort::Exhibits => &self.exhibits,
        }
    }
}

/// The request for at most `wanted` questions about what is shown. The paper stands between two lines of equals signs, as data; nothing
/// of it can look like such a line or like the number of a passage.
pub(super) fn request(
    config: &Config,
    template: &Template,
    document: &Document,
    shown: &Shown<'_>,
    seen: &[Draft],
    wanted: usize,
) -> Request {
    let mut user = format!("==========\nTitle: {}\n", quoted(&document.title));
    for (ordinal, passage) in &shown.passages {
        let kind = match passage.kind {
            PassageKind::Table => "table",
            PassageKind::Figure => "figure",
            _ => passage.section_kind.as_str(),
        };
        if passage.kind == PassageKind::Table {
            user.push_str(&format!("[{ordinal}] ({kind})\n"));
            // A row is a line; the bar in front keeps it from looking like anything else.
            passage.text.lines().for_each(|line| user.push_str(&format!("| {}\n", quoted(line))));
        } else {
            user.push_str(&format!("[{ordinal}] ({kind}) {}\n", quoted(passage.text)));
        }
    }
    user.push_str("==========\n");
    if !seen.is_empty() {
        user.push_str(
            "Asked of this paper already; ask nothing of the kind again, and nothing with one of these answers:\n",
        );
        for draft in seen.iter().rev().take(MOST_SEEN).rev() {
            user.push_str(&format!("- {} {}\n", quoted(&draft.question), quoted(&draft.answer.to_json())));
        }
    }
    let system = template.text.replace("{max_questions}", &wanted.to_string());
    let schema = Schema { name: "questions", schema: schema(wanted) };
    let request = Request::new(system, user).shaped(schema);
    request.sampled(config.temperature, config.seed).bounded(config.max_reply_tokens)
}
