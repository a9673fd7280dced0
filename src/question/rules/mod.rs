//! Questions by rule: result sentences are read as clauses and turned into questions whose answer the sentence holds.
//!
//! No model and no network. A sentence that is not understood, hedges, leans on its neighbours or speaks of other work gives
//! nothing: none is better than a bad one.

mod adrift;
mod article;
mod broken;
mod capitals;
mod cause;
mod check;
mod choice;
mod clause;
mod cohort;
mod context;
mod group;
mod lexicon;
mod long_form;
mod pattern;
mod refusal;
mod setting;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::model::answer::AnswerSpec;
use crate::model::document::{Document, PassageKind, PassageRef, SectionKind};
use crate::model::question::{Draft, Evidence, Generator};
use crate::text::sentence;

use super::{Error, Generate};
use context::Context;
use lexicon::Lexicon;
use pattern::Candidate;

/// The version of the rule set, kept with each question.
pub const VERSION: &str = "rules-5";

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
        // Questions answered by no and by yes, held level.
        let mut truths = [0usize; 2];
        for (ordinal, passage) in passages.iter().enumerate() {
            let readable = matches!(
                passage.section_kind,
                SectionKind::Abstract | SectionKind::Results | SectionKind::Discussion | SectionKind::Conclusions
            );
            if !readable
                || matches!(passage.kind, PassageKind::Table | PassageKind::Figure | PassageKind::Quote)
                || names_method(passage.section)
            {
                continue;
            }
            for span in sentence::split(passage.text) {
                n_sentences += 1;
                if drafts.len() >= self.config.max_drafts || n_sentences > self.config.max_sentences {
                    return drafts;
                }
                let Some(text) = passage.text.get(span.clone()) else { continue };
                let mut found = self.read(text, passage.text, &passages, &context);
                if found.is_empty() {
                    continue;
                }
                // Behind `here we …` an abstract tells what was found; conclusions do all along.
                let told = passage.section_kind == SectionKind::Conclusions
                    || ["result", "conclusion", "finding"].iter().any(|w| passage.section.to_lowercase().contains(w))
                        && passage.section_kind == SectionKind::Abstract
                    || passage.section_kind == SectionKind::Abstract
                        && passage.text.get(..span.start).is_some_and(|before| {
                            [" we ", "We ", "Here, ", "In this study", "this study"]
                                .iter()
                                .any(|own| before.contains(own))
                        });
                let own = match tells_a_finding(text, passage.section_kind, &self.lexicon, &context) {
                    Telling::Background if told => Telling::Subject,
                    own => own,
                };
                found.retain(|c| own == Telling::Own || own == Telling::Subject && c.rule != "definition");
                // More sentences affirm than deny: one that can be asked both ways is asked for the no first.
                found.sort_by_key(|c| self.rank(c, &per_type, truths[0] <= truths[1]));
                let mut taken: Vec<&'static str> = Vec::new();
                for candidate in found {
                    let kind = candidate.answer.kind();
                    // A second question of one sentence must ask for another thing: a number or a name.
                    let second = taken.len() == 1
                        && !taken.contains(&kind)
                        && (matches!(kind, "number" | "term") || matches!(taken.first(), Some(&"number" | &"term")))
                        && !taken.contains(&"choice")
                        && kind != "choice";
                    if !(taken.is_empty() || second) {
                        continue;
                    }
                    if let AnswerSpec::Boolean { value } = candidate.answer {
                        let (same, other) = (truths[usize::from(value)], truths[usize::from(!value)]);
                        if same > other {
                            continue;
                        }
                    }
                    let count = per_type.entry(kind).or_default();
                    if *count >= self.config.max_per_type || !asked.insert(candidate.ask.to_lowercase()) {
                        continue;
                    }
                    taken.push(kind);
                    let Some(evidence) = Evidence::new(ordinal, passage.text, span.start, span.end) else { continue };
                    *count += 1;
                    if let AnswerSpec::Boolean { value } = candidate.answer {
                        truths[usize::from(value)] += 1;
                    }
                    let generator = Generator {
                        kind: "rules".to_owned(),
                        model: candidate.rule.to_owned(),
                        prompt_hash: VERSION.to_owned(),
                    };
                    drafts.push(Draft {
                        question: candidate.ask,
                        answer: candidate.answer,
                        evidence: vec![evidence],
                        generator,
                        kind: None,
                    });
                }
            }
        }
        drafts
    }

    /// The order in which a sentence's questions are taken: the type with the fewest drafts so far first, then no before yes or
    /// yes before no; a choice of two sides, rarer than the others, breaks the tie, then a rule's own
    /// order.
    fn rank(
        &self,
        candidate: &Candidate,
        per_type: &BTreeMap<&'static str, usize>,
        no_first: bool,
    ) -> (usize, bool, bool) {
        let drafted = per_type.get(candidate.answer.kind()).copied().unwrap_or(0);
        let other = matches!(candidate.answer, AnswerSpec::Boolean { value } if value == no_first);
        (drafted, candidate.rule != "choice_sides", other)
    }

    /// Every finished question of one sentence.
    fn read(
        &self,
        sentence: &str,
        passage: &str,
        passages: &[PassageRef<'_>],
        context: &Context<'_>,
    ) -> Vec<Candidate> {
        if !(40..=420).contains(&sentence.len()) || !sentence.ends_with('.') {
            return Vec::new();
        }
        let Some(bare) = clause::without_brackets(sentence).filter(|bare| !bare.is_conditional()) else {
            return Vec::new();
        };
        let text = clause::statement(&bare.text);
        let Some(clause) = clause::read(&text, &self.lexicon) else { return Vec::new() };
        if !refusal::stands_alone(&clause) {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = pattern::ask(&clause, &bare, context)
            .into_iter()
            .filter_map(|c| check::finish(c, &clause, passage, context))
            .collect();
        let choices: Vec<Candidate> =
            found.iter().filter_map(|c| choice::with_distractors(c, passage, context)).collect();
        // A name that the question alone does not settle is asked for among others only.
        found.retain(|c| !c.open);
        found.extend(choices);
        found.extend(found.iter().filter_map(|c| choice::with_other_values(c, sentence, passages)).collect::<Vec<_>>());
        found
    }
}

/// Whose finding a sentence tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// The paper's own: told in the past, by `we`, or with a figure.
    Own,
    /// What is held to be so of the thing that the paper is about.
    Subject,
    /// What is held to be so of another thing.
    Background,
}

fn tells_a_finding(sentence: &str, section: SectionKind, lexicon: &Lexicon, context: &Context<'_>) -> Telling {
    let Some(bare) = clause::without_brackets(sentence) else { return Telling::Background };
    if clause::is_own(sentence, &bare) {
        return Telling::Own;
    }
    let Some(clause) = clause::read(&clause::statement(&bare.text), lexicon) else { return Telling::Background };
    match clause.tense {
        clause::Tense::Past => Telling::Own,
        // An experiment told in the present.
        clause::Tense::Present if section == SectionKind::Results && is_experiment(&clause.subject) => Telling::Own,
        clause::Tense::Present if context.is_subject(&clause.subject) => Telling::Subject,
        clause::Tense::Present if section == SectionKind::Results && context.names_subject(&clause.rest) => {
            Telling::Subject
        }
        clause::Tense::Present => Telling::Background,
    }
}

/// `Silencing of Vimp2`, `Trenk5 knockdown`, `loss of Vimp2`.
fn is_experiment(subject: &str) -> bool {
    const DONE: &[&str] = &[
        "silencing",
        "knockdown",
        "knockout",
        "deletion",
        "overexpression",
        "ablation",
        "depletion",
        "loss",
        "inhibition",
        "treatment",
        "mutation",
        "deficiency",
        "blockade",
        "inactivation",
        "disruption",
        "addition",
        "stimulation",
    ];
    subject.split(' ').any(|w| DONE.iter().any(|done| w.eq_ignore_ascii_case(done)))
}

fn names_method(section: &str) -> bool {
    let section = section.to_lowercase();
    ["method", "material", "statistic", "limitation", "background", "objective", "aim", "introduction"]
        .iter()
        .any(|w| section.contains(w))
}

#[cfg(test)]
mod tests;
