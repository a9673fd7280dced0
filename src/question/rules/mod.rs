//! Questions by rule: result sentences are read as clauses and turned into questions whose answer the sentence holds.
//!
//! No model and no network. A sentence that is not understood, hedges, leans on its neighbours or speaks of other work gives
//! nothing: none is better than a bad one.

mod check;
mod clause;
mod context;
mod lexicon;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::model::answer::AnswerSpec;
use crate::model::document::{Document, PassageKind, SectionKind};
use crate::model::question::{Draft, Evidence, Generator};
use crate::text::sentence;

use super::{Error, Generate};
use context::Context;
use lexicon::Lexicon;
use pattern::Candidate;

/// The version of the rule set, kept with each question.
pub const VERSION: &str = "rules-1";

/// What the embedded generator may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most drafts of one article. Default 40.
    pub max_drafts: usize,
    /// Most drafts of one answer type in one article. Default 12.
    pub max_per_type: usize,
    /// Most sentences read of one article. Default 4000.
    pub max_sentences: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_drafts: 40, max_per_type: 12, max_sentences: 4000 }
    }
}

/// The embedded generator.
pub struct Rules {
    config: Config,
    lexicon: Lexicon,
}

impl Generate for Rules {
    fn draft<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Vec<Draft>, Error>> {
        std::future::ready(Ok(Rules::draft(self, document))).boxed()
    }
}

impl Rules {
    pub fn new(config: &Config) -> Self {
        Rules { config: config.clone(), lexicon: Lexicon::new() }
    }

    /// The questions the rules find in `document`, in reading order, evidence in place. The same document always gives the same.
    pub fn draft(&self, document: &Document) -> Vec<Draft> {
        let passages = document.passages();
        let context = Context::new(document, &passages);
        let mut drafts = Vec::new();
        let mut per_type: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut asked = BTreeSet::new();
        let mut n_sentences = 0;
        for (ordinal, passage) in passages.iter().enumerate() {
            let readable = matches!(passage.section_kind, SectionKind::Abstract | SectionKind::Results | SectionKind::Discussion | SectionKind::Conclusions);
            if !readable || matches!(passage.kind, PassageKind::Table | PassageKind::Figure | PassageKind::Quote) || names_method(passage.section) {
                continue;
            }
            for span in sentence::split(passage.text) {
                n_sentences += 1;
                if drafts.len() >= self.config.max_drafts || n_sentences > self.config.max_sentences {
                    return drafts;
                }
                let Some(text) = passage.text.get(span.clone()) else { continue };
                let mut found = self.read(text, &context);
                // The type with the fewest drafts so far first; a rule's own order breaks the tie.
                found.sort_by_key(|c| (per_type.get(c.answer.kind()).copied().unwrap_or(0), c.rule == "boolean_no" && !turn(text)));
                for candidate in found.into_iter().take(1) {
                    let kind = candidate.answer.kind();
                    let count = per_type.entry(kind).or_default();
                    if *count >= self.config.max_per_type || !asked.insert(candidate.ask.to_lowercase()) {
                        continue;
                    }
                    let Some(evidence) = Evidence::new(ordinal, passage.text, span.start, span.end) else { continue };
                    *count += 1;
                    let generator = Generator { kind: "rules".to_owned(), model: candidate.rule.to_owned(), prompt_hash: VERSION.to_owned() };
                    drafts.push(Draft { question: candidate.ask, answer: candidate.answer, evidence: vec![evidence], generator });
                }
            }
        }
        drafts
    }

    /// Every finished question of one sentence.
    fn read(&self, sentence: &str, context: &Context<'_>) -> Vec<Candidate> {
        if !(40..=420).contains(&sentence.len()) || !sentence.ends_with('.') {
            return Vec::new();
        }
        let Some(bare) = clause::without_brackets(sentence) else { return Vec::new() };
        let text = clause::without_lead(&bare);
        let Some(clause) = clause::read(text, &self.lexicon) else { return Vec::new() };
        if !check::stands_alone(&clause) {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = pattern::ask(&clause, context).into_iter().filter_map(|c| check::finish(c, &clause, context)).collect();
        let choices: Vec<Candidate> = found.iter().filter_map(|c| with_distractors(c, sentence, context)).collect();
        found.extend(choices);
        found
    }
}

fn names_method(section: &str) -> bool {
    let section = section.to_lowercase();
    ["method", "material", "statistic", "limitation", "background", "objective", "aim", "introduction"].iter().any(|w| section.contains(w))
}

/// An even coin from the text, so that yes and no come equally often.
fn turn(text: &str) -> bool {
    blake3::hash(text.as_bytes()).as_bytes()[0] & 1 == 1
}

/// A term question as a choice: three other names of the paper that the sentence does not hold.
fn with_distractors(candidate: &Candidate, sentence: &str, context: &Context<'_>) -> Option<Candidate> {
    let AnswerSpec::Term { value, .. } = &candidate.answer else { return None };
    if !context::is_name(value) {
        return None;
    }
    let shape = |name: &str| (name.starts_with("miR"), name.bytes().any(|b| b.is_ascii_digit()), name.bytes().any(|b| b.is_ascii_lowercase()));
    let mut others: Vec<(&str, usize)> = context
        .names
        .iter()
        .filter(|(name, count)| **count >= 3 && shape(name) == shape(value) && !sentence.contains(**name) && !candidate.ask.contains(**name))
        .filter(|(name, _)| !lexicon::COMMON.contains(name) && context.abbreviations.long_form(name).is_none_or(|long| !long.contains(' ') || long.ends_with(char::is_numeric)))
        .filter(|(name, _)| !name.to_lowercase().starts_with(&value.to_lowercase()) && !value.to_lowercase().starts_with(&name.to_lowercase()))
        .map(|(name, count)| (*name, *count))
        .collect();
    others.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut options: Vec<String> = others.iter().take(3).map(|(name, _)| (*name).to_owned()).collect();
    if options.len() < 3 {
        return None;
    }
    let place = usize::from(blake3::hash(candidate.ask.as_bytes()).as_bytes()[1] % 4);
    options.insert(place, value.clone());
    let correct = ["A", "B", "C", "D"].get(place)?.to_string();
    Some(Candidate { rule: "choice_names", ask: candidate.ask.clone(), answer: AnswerSpec::Choice { options, correct } })
}
