//! The index's fields. The folder's name carries a hash of them, so that a changed schema starts an index of its own.

use tantivy::schema::{Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions};

use super::word::Words;

/// Raised when rows are analysed or stored differently although the fields are the same.
const REVISION: u32 = 1;
const ANALYSER: &str = "biology";
pub(super) const FOLDER_PREFIX: &str = "schema-";

/// Text that is searched by words; the order is that of the default weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum TextField {
    Question,
    Answer,
    Title,
    /// Evidence quotes of a question, or the text of a passage.
    Body,
}

impl TextField {
    pub const ALL: [TextField; 4] = [TextField::Question, TextField::Answer, TextField::Title, TextField::Body];

    /// How much a match in this field counts in a search over all fields.
    ///
    /// Evidence and passages share a field; evidence counts more because it is shorter.
    pub fn weight(self) -> f32 {
        match self {
            TextField::Question => 3.0,
            TextField::Answer => 2.5,
            TextField::Title => 1.5,
            TextField::Body => 1.0,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// Exact keys, several a document: see [`key`].
    pub key: Field,
    pub question: Field,
    pub answer: Field,
    pub title: Field,
    pub body: Field,
    pub kind: Field,
    pub topic: Field,
    pub subject: Field,
    pub source: Field,
    pub licence: Field,
    pub tier: Field,
    pub answer_type: Field,
    pub section: Field,
    pub journal: Field,
    /// Days since 0001-01-01.
    pub first_public: Field,
    pub record: Field,
}

impl Fields {
    pub fn text(&self, field: TextField) -> Field {
        match field {
            TextField::Question => self.question,
            TextField::Answer => self.answer,
            TextField::Title => self.title,
            TextField::Body => self.body,
        }
    }
}

/// The forms of [`Fields::key`].
pub(super) mod key {
    pub fn question(id: &str) -> String {
        format!("question:{id}")
    }
    pub fn passage(id: i64) -> String {
        format!("passage:{id}")
    }
    pub fn work(id: i64) -> String {
        format!("work:{id}")
    }
    pub fn doi(doi: &str) -> String {
        format!("doi:{}", doi.to_lowercase())
    }
    pub fn pmid(pmid: u64) -> String {
        format!("pmid:{pmid}")
    }
    pub fn pmcid(pmcid: &str) -> String {
        format!("pmcid:{}", pmcid.to_uppercase())
    }
}

pub(super) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default().set_tokenizer(ANALYSER).set_index_option(IndexRecordOption::WithFreqsAndPositions),
    );
    let label = || {
        TextOptions::default().set_fast("raw").set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic),
        )
    };
    let key = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    );
    let fields = Fields {
        key: schema.add_text_field("key", key),
        question: schema.add_text_field("question", text.clone()),
        answer: schema.add_text_field("answer", text.clone()),
        title: schema.add_text_field("title", text.clone()),
        body: schema.add_text_field("body", text),
        kind: schema.add_text_field("kind", label()),
        topic: schema.add_text_field("topic", label()),
        subject: schema.add_text_field("subject", label()),
        source: schema.add_text_field("source", label()),
        licence: schema.add_text_field("licence", label()),
        tier: schema.add_text_field("tier", label()),
        answer_type: schema.add_text_field("answer_type", label()),
        section: schema.add_text_field("section", label()),
        journal: schema.add_text_field("journal", label()),
        first_public: schema.add_i64_field("first_public", NumericOptions::default().set_fast()),
        record: schema.add_bytes_field("record", STORED),
    };
    (schema.build(), fields)
}

pub(super) fn register(index: &mut tantivy::Index) {
    index.tokenizers().register(ANALYSER, Words::default());
}

/// `schema-` and a hash of the fields and of how text is cut into words.
pub(super) fn folder_name() -> String {
    let (schema, _) = build();
    let described = serde_json::to_string(&schema).unwrap_or_default();
    let hash = blake3::hash(format!("{REVISION} {} {described}", super::word::REVISION).as_bytes());
    format!("{FOLDER_PREFIX}{}", &hash.to_hex()[..12])
}
