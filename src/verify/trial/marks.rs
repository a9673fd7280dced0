//! Marks against a rubric.

use serde::Deserialize;
use serde_json::json;

use crate::llm::{self, Schema};

/// 1 (no) to 5 (fully) in each part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Marks {
    supported: u8,
    alone: u8,
    single: u8,
    worthwhile: u8,
    #[serde(default)]
    reason: String,
}

impl Marks {
    fn parts(&self) -> [(u8, &'static str); 4] {
        [
            (self.supported, "unsupported"),
            (self.alone, "not_alone"),
            (self.single, "not_single"),
            (self.worthwhile, "not_worthwhile"),
        ]
    }

    /// The lowest mark, and the word for what it finds missing.
    pub fn lowest(&self) -> (u8, &'static str) {
        self.parts().into_iter().min_by_key(|(mark, _)| *mark).unwrap_or((1, "unsupported"))
    }

    /// The judge's words, on one line.
    pub fn reason(&self) -> String {
        self.reason.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
    }
}

pub(super) fn schema() -> Schema {
    let mark = json!({"type": "integer", "enum": [1, 2, 3, 4, 5]});
    Schema {
        name: "marks",
        schema: json!({
            "type": "object",
            "properties": {
                "supported": mark, "alone": mark, "single": mark, "worthwhile": mark, "reason": {"type": "string"}
            },
            "required": ["supported", "alone", "single", "worthwhile", "reason"],
            "additionalProperties": false
        }),
    }
}

/// # Errors
/// What to tell the judge.
pub(super) fn read(answer: &str) -> Result<Marks, String> {
    let marks: Marks = llm::read_json(answer)?;
    if marks.parts().iter().any(|(mark, _)| !(1..=5).contains(mark)) {
        return Err("every mark is a whole number from 1 to 5".to_owned());
    }
    Ok(marks)
}
