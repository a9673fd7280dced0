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

use crate::model::answer::{AnswerSpec, Comparator};
use crate::model::document::{Document, PassageKind, PassageRef, SectionKind};
use crate::model::question::{Draft, Evidence, Generator};
use crate::text::{quantity, sentence};

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
                // The type with the fewest drafts so far first; a rule's own order breaks the tie.
                found.sort_by_key(|c| {
                    (
                        per_type.get(c.answer.kind()).copied().unwrap_or(0),
                        matches!(c.rule, "boolean" | "boolean_no") && (c.rule == "boolean_no") != turn(text),
                    )
                });
                for candidate in found.into_iter().take(1) {
                    let kind = candidate.answer.kind();
                    let count = per_type.entry(kind).or_default();
                    if *count >= self.config.max_per_type || !asked.insert(candidate.ask.to_lowercase()) {
                        continue;
                    }
                    let Some(evidence) = Evidence::new(ordinal, passage.text, span.start, span.end) else { continue };
                    *count += 1;
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
                    });
                }
            }
        }
        drafts
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
        let Some(bare) = clause::without_brackets(sentence) else { return Vec::new() };
        let text = clause::without_lead(&bare);
        let Some(clause) = clause::read(text, &self.lexicon) else { return Vec::new() };
        if !check::stands_alone(&clause) {
            return Vec::new();
        }
        let mut found: Vec<Candidate> =
            pattern::ask(&clause, context).into_iter().filter_map(|c| check::finish(c, &clause, context)).collect();
        let choices: Vec<Candidate> = found.iter().filter_map(|c| with_distractors(c, passage, context)).collect();
        found.extend(choices);
        found.extend(found.iter().filter_map(|c| with_other_values(c, sentence, passages)).collect::<Vec<_>>());
        found
    }
}

fn names_method(section: &str) -> bool {
    let section = section.to_lowercase();
    ["method", "material", "statistic", "limitation", "background", "objective", "aim", "introduction"]
        .iter()
        .any(|w| section.contains(w))
}

/// An even coin from the text, so that yes and no come equally often.
fn turn(text: &str) -> bool {
    blake3::hash(text.as_bytes()).as_bytes()[0] & 1 == 1
}

/// Cell lines, strains, reagents and abbreviations of methods: names, but no rivals of a gene or protein.
fn is_material(name: &str) -> bool {
    const STARTS: &[&str] = &[
        "MCF", "MDA", "HeLa", "HEK", "NIH", "CHO", "COS", "Na", "KCl", "Mg", "Ca", "DTT", "UTR", "ORF", "C57", "BALB",
        "U2OS", "HCT", "PC12", "Fig", "S1", "S2", "S3", "S4", "S5", "CO2", "H2O", "IC50", "EC50", "LD50", "CD45", "SD",
        "P0", "E1", "T7", "Q20", "RT", "CA1", "CA3", "DMSO", "SH-", "A549", "K562", "Jurkat", "THP", "INS-1", "BL21",
        "W303",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || name.starts_with('P') && name[1..].bytes().all(|b| b.is_ascii_digit())
}

/// A term question as a choice: three other names of the paper, of the same shape, that the whole passage does not hold.
fn with_distractors(candidate: &Candidate, passage: &str, context: &Context<'_>) -> Option<Candidate> {
    let AnswerSpec::Term { value, .. } = &candidate.answer else { return None };
    if !matches!(candidate.rule, "agent" | "patient")
        || !context::is_name(value)
        || !value.bytes().any(|b| b.is_ascii_digit())
    {
        return None;
    }
    let shape = |name: &str| {
        let small = name.bytes().any(|b| b.is_ascii_lowercase());
        (name.starts_with("miR"), name.bytes().any(|b| b.is_ascii_digit()), small, name.contains('-'))
    };
    let mut others: Vec<(&str, usize)> = context
        .names
        .iter()
        .filter(|(name, count)| {
            **count >= 3 && shape(name) == shape(value) && !passage.contains(**name) && !is_material(name)
        })
        .filter(|(name, _)| {
            !lexicon::COMMON.contains(name)
                && context
                    .abbreviations
                    .long_form(name)
                    .is_none_or(|long| !long.contains(' ') || long.ends_with(char::is_numeric))
        })
        .filter(|(name, _)| {
            !name.to_lowercase().starts_with(&value.to_lowercase())
                && !value.to_lowercase().starts_with(&name.to_lowercase())
        })
        .map(|(name, count)| (*name, *count))
        .collect();
    others.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let mut options: Vec<String> = Vec::new();
    for (name, _) in others {
        let stem =
            |text: &str| text.to_lowercase().trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        if options.len() < 3 && options.iter().all(|o| stem(o) != stem(name)) && stem(name) != stem(value) {
            options.push(name.to_owned());
        }
    }
    if options.len() < 3 {
        return None;
    }
    let place = usize::from(blake3::hash(candidate.ask.as_bytes()).as_bytes()[1] % 4);
    options.insert(place, value.clone());
    let correct = ["A", "B", "C", "D"].get(place)?.to_string();
    Some(Candidate {
        rule: "choice_names",
        ask: candidate.ask.clone(),
        answer: AnswerSpec::Choice { options, correct },
    })
}

/// A number question as a choice: three other values of the paper in the same unit, well apart from the key and each other.
fn with_other_values(candidate: &Candidate, sentence: &str, passages: &[PassageRef<'_>]) -> Option<Candidate> {
    let AnswerSpec::Number { value, unit: Some(unit), comparator: Comparator::Equal, .. } = &candidate.answer else {
        return None;
    };
    let mut values = vec![*value];
    let apart = |values: &[f64], new: f64| values.iter().all(|v| (v - new).abs() > 0.15 * v.abs().max(new.abs()));
    let in_sentence: Vec<f64> = quantity::scan(sentence).iter().map(|q| q.value).collect();
    let readable = |p: &&PassageRef<'_>| {
        matches!(p.section_kind, SectionKind::Abstract | SectionKind::Results | SectionKind::Discussion)
    };
    'all: for passage in passages.iter().filter(readable) {
        for q in quantity::scan(passage.text) {
            let same = match q.kind {
                quantity::Kind::Percent => unit == "%",
                quantity::Kind::Fold => unit == "fold",
                quantity::Kind::Unit => q.unit_in(passage.text) == Some(unit),
                quantity::Kind::Bare => false,
            };
            let near =
                q.value > 0.0 && q.value < value * 30.0 && q.value > value / 30.0 && (unit != "%" || q.value <= 100.0);
            if same
                && q.is_value()
                && q.bound == quantity::Bound::None
                && near
                && apart(&values, q.value)
                && !in_sentence.contains(&q.value)
            {
                values.push(q.value);
                if values.len() == 4 {
                    break 'all;
                }
            }
        }
    }
    if values.len() < 4 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let place = values.iter().position(|v| v == value)?;
    let space = if unit == "%" {
        ""
    } else if unit == "fold" {
        "-"
    } else {
        " "
    };
    let options = values.iter().map(|v| format!("{v}{space}{unit}")).collect();
    let correct = ["A", "B", "C", "D"].get(place)?.to_string();
    Some(Candidate {
        rule: "choice_values",
        ask: candidate.ask.clone(),
        answer: AnswerSpec::Choice { options, correct },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Passage, Section};
    use proptest::prelude::*;

    fn document(title: &str, text: &str) -> Document {
        let passage = Passage { text: text.to_owned(), ..Passage::default() };
        let section = Section {
            title: "Results".to_owned(),
            kind: SectionKind::Results,
            passages: vec![passage],
            sections: vec![],
        };
        Document { title: title.to_owned(), sections: vec![section], ..Document::default() }
    }

    /// The questions of one sentence in a paper on mice, before one is chosen.
    fn all(text: &str) -> Vec<(String, String)> {
        let document = document("Lactisol kinase in mice", text);
        let passages = document.passages();
        let context = Context::new(&document, &passages);
        let found = Rules::new(&Config::default()).read(text, text, &passages, &context);
        found.into_iter().map(|c| (c.ask, c.answer.to_json())).collect()
    }

    fn check(text: &str, question: &str, answer: &str) {
        let found = all(text);
        assert!(
            found.iter().any(|(q, a)| q == question && a.contains(answer)),
            "{question:?} with {answer} not in {found:#?}"
        );
    }

    fn refused(text: &str) {
        assert_eq!(all(text), vec![], "{text:?}");
    }

    #[test]
    fn numbers() {
        check(
            "We found that 42% of Vimp2-positive astrocytes expressed the Trenk5 transporter (Figure 2A).",
            "In mice, what percentage of Vimp2-positive astrocytes expressed the Trenk5 transporter?",
            "42.0,\"unit\":\"%\"",
        );
        check(
            "Deletion of Trenk5 reduced hippocampal lactate uptake by 37% in adult mice (p < 0.001).",
            "By what percentage did deletion of Trenk5 reduce hippocampal lactate uptake in adult mice?",
            "37.0,\"unit\":\"%\"",
        );
        check(
            "Hepatic Lactisol1 abundance increased 3.2-fold in mice after fasting.",
            "By how many fold did hepatic Lactisol1 abundance increase in mice after fasting?",
            "3.2,\"unit\":\"fold\"",
        );
        check(
            "The median survival of Trenk5-deficient mice was 212 days.",
            "What was the median survival of Trenk5-deficient mice, in days?",
            "212.0,\"unit\":\"days\"",
        );
    }

    #[test]
    fn directions_and_truths() {
        check(
            "In contrast, deletion of Trenk5 significantly reduced hippocampal lactate uptake.",
            "In mice, how did deletion of Trenk5 change hippocampal lactate uptake?",
            "decrease",
        );
        check(
            "Deletion of Trenk5 did not affect the hippocampal lactate uptake of neurons.",
            "In mice, how did deletion of Trenk5 change the hippocampal lactate uptake of neurons?",
            "no_change",
        );
        check(
            "Deletion of Trenk5 reduced hippocampal lactate uptake in mice.",
            "Did deletion of Trenk5 increase hippocampal lactate uptake in mice?",
            "false",
        );
        check(
            "Serum lactate concentrations were higher in Trenk5-deficient mice than in wild-type littermates.",
            "How did serum lactate concentrations in Trenk5-deficient mice compare with those in wild-type littermates?",
            "increase",
        );
    }

    #[test]
    fn terms() {
        check(
            "The kinase Vimp2 phosphorylates the Trenk5 transporter in astrocytes.",
            "In mice, which kinase phosphorylates the Trenk5 transporter in astrocytes?",
            "Vimp2",
        );
        check(
            "Favoxin3 is a nucleoside analogue that inhibits the viral polymerase of Zandrovirus.",
            "In mice, which nucleoside analogue inhibits the viral polymerase of Zandrovirus?",
            "Favoxin3",
        );
    }

    #[test]
    fn none_is_better_than_a_bad_one() {
        refused("These results suggest that Trenk5 may reduce hippocampal lactate uptake.");
        refused("It reduced hippocampal lactate uptake by 37% in adult mice.");
        refused("The treatment reduced lactate uptake by 37% compared with the control.");
        refused("Smith et al. reported that Trenk5 reduced hippocampal lactate uptake by 37%.");
        refused("Trenk5 and Vimp2 levels were 12% and 15% in mice and rats, respectively.");
    }

    proptest! {
        #[test]
        fn any_text_gives_drafts_that_hold(text in "\\PC{0,200}|([A-Z][a-z]{2,8}( (the|of|in|by|was|were|reduced|increased|inhibits|Trenk5|mice|42%|3-fold|\\(Fig\\)|,|and)){3,14}\\. ){1,4}") {
            let document = document("Lactisol kinase in mice", &text);
            let rules = Rules::new(&Config::default());
            let drafts = rules.draft(&document);
            for draft in &drafts {
                for evidence in &draft.evidence {
                    prop_assert!(evidence.holds_in(document.passages()[evidence.passage].text));
                }
            }
            prop_assert_eq!(drafts, rules.draft(&document));
        }
    }
}
