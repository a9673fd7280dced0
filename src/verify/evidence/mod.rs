//! Stage 2, evidence: the quote is a span of a passage and the answer follows from it.
//!
//! Reads the quote word by word against the question: what they share, clause by clause. It knows no biology; what a reader
//! needs knowledge for is left to the open-book stage.

mod choice;
mod direction;
mod number;
mod polarity;
mod reading;
mod standing;
mod term;

use std::ops::Range;

use crate::model::answer::{AnswerSpec, Item};
use crate::model::document::SectionKind;
use crate::model::question::{Draft, Evidence, QuestionKind};

use super::ask::Ask;
use super::prepared::Prepared;
use super::words::words;
pub(crate) use reading::Reading;

pub(crate) use term::places;

/// The evidence as exact passage slices.
///
/// # Errors
/// The reason when a quote is nowhere in the article, or there is none.
pub(crate) fn locate(draft: &Draft, prepared: &Prepared<'_>) -> Result<Vec<Evidence>, String> {
    if draft.evidence.is_empty() {
        return Err("no_evidence".to_owned());
    }
    draft
        .evidence
        .iter()
        .map(|evidence| {
            prepared.locate(evidence).ok_or_else(|| {
                let start: String = evidence.quote.chars().take(60).collect();
                format!("quote_not_in_article: {start:?}")
            })
        })
        .collect()
}

/// # Errors
/// The reason when the answer does not follow from any of the quotes.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let mut first = None;
    for evidence in evidence {
        match check_one(draft, evidence, ask, prepared) {
            Ok(()) => return Ok(()),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    if draft.kind == Some(QuestionKind::Quantity)
        && let AnswerSpec::Number { value, unit, tolerance, comparator } = &draft.answer
    {
        let key = number::Key { value: *value, unit: unit.as_deref(), tolerance: *tolerance, comparator: *comparator };
        return reckoned(&key, draft, evidence, ask, prepared);
    }
    Err(first.unwrap_or_else(|| "no_evidence".to_owned()))
}

/// A number that the quotes do not state follows from two that they do, both of them findings of the paper.
fn reckoned(
    key: &number::Key<'_>,
    draft: &Draft,
    evidence: &[Evidence],
    ask: &Ask,
    prepared: &Prepared<'_>,
) -> Result<(), String> {
    let readings: Vec<Reading<'_>> =
        evidence.iter().map(|evidence| Reading::new(&evidence.quote, ask, prepared)).collect();
    for (at, span) in number::derived::check(key, &draft.question, &readings)? {
        if let (Some(evidence), Some(reading)) = (evidence.get(at), readings.get(at)) {
            stands(&reading.words_in(&span), true, evidence, ask, reading, prepared)?;
        }
    }
    Ok(())
}

fn check_one(draft: &Draft, evidence: &Evidence, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let reading = Reading::new(&evidence.quote, ask, prepared);
    let (place, measured) = match &draft.answer {
        AnswerSpec::Number { value, unit, tolerance, comparator } => {
            let key =
                number::Key { value: *value, unit: unit.as_deref(), tolerance: *tolerance, comparator: *comparator };
            let span = number::check(&key, ask, &draft.question, &reading, number::Cells::of(evidence, prepared))?;
            (reading.words_in(&span), true)
        }
        AnswerSpec::Term { value, synonyms } => {
            let forms: Vec<&str> = std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect();
            (term_place(&forms, ask, &reading, prepared)?, false)
        }
        AnswerSpec::Choice { options, correct } => {
            let index = correct
                .trim()
                .bytes()
                .next()
                .map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
            let place = choice::check(options, index, ask, &reading, prepared)?;
            (place, options.get(index).is_some_and(|o| o.chars().any(|c| c.is_ascii_digit())))
        }
        AnswerSpec::Boolean { value } => {
            let at = polarity::check(*value, ask, &reading)?;
            (statement_place(at, &reading), false)
        }
        AnswerSpec::Direction { value } => {
            let at = direction::check(*value, ask, &reading)?;
            (at..at + 1, false)
        }
        AnswerSpec::Sequence { value, .. } => (sequence_place(value, &reading)?, true),
        AnswerSpec::Set { items } | AnswerSpec::Ranking { items } => {
            let mut place = 0..1;
            for item in items {
                let forms = item_forms(item);
                let places = places(&forms, &reading, prepared);
                let Some(first) = places.first() else {
                    return Err(format!("item_not_in_quote: {:?}", forms.first().copied().unwrap_or_default()));
                };
                place = first.clone();
            }
            (place, false)
        }
    };
    stands(&place, measured, evidence, ask, &reading, prepared)
}

/// Whether what stands at `place` is the paper's own finding, without a hedge.
fn stands(
    place: &Range<usize>,
    measured: bool,
    evidence: &Evidence,
    ask: &Ask,
    reading: &Reading<'_>,
    prepared: &Prepared<'_>,
) -> Result<(), String> {
    let section = prepared.passage(evidence.passage).map_or(SectionKind::Other, |p| p.section_kind);
    standing::hedged(place, measured, ask, reading)?;
    let background = section == SectionKind::Abstract && precedes_own_work(evidence, prepared);
    standing::other_work(place, ask, section, background, reading)
}

/// Whether the abstract speaks of its own work only behind the quote.
fn precedes_own_work(evidence: &Evidence, prepared: &Prepared<'_>) -> bool {
    let own = |text: &str| words(text).iter().any(|w| w.is_any(&["we", "our", "here"]));
    let Some(passage) = prepared.passage(evidence.passage) else { return false };
    let before = prepared.passages().iter().take(evidence.passage).any(|p| own(p.text));
    let behind = passage.text.get(evidence.end..).unwrap_or_default();
    !before && !passage.text.get(..evidence.end).is_some_and(own) && own(behind)
}

fn term_place(
    forms: &[&str],
    ask: &Ask,
    reading: &Reading<'_>,
    prepared: &Prepared<'_>,
) -> Result<Range<usize>, String> {
    let places = places(forms, reading, prepared);
    let mut first = None;
    // A name that is the yardstick of the comparison is not what is more, wherever else it stands.
    let yardstick = places.iter().find_map(|place| {
        let reason = term::check_statement(place, ask, reading).err().filter(|r| r.starts_with("yardstick"))?;
        Some((reading.clause.get(place.start).copied(), reason))
    });
    for place in &places {
        if let Some((clause, reason)) = &yardstick
            && reading.clause.get(place.start).copied() != *clause
        {
            first.get_or_insert_with(|| reason.clone());
            continue;
        }
        match term::check_statement(place, ask, reading) {
            Ok(()) => return Ok(place.clone()),
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    Err(first.unwrap_or_else(|| format!("term_not_in_quote: {:?}", forms.first().copied().unwrap_or_default())))
}

/// The words of the clause at `at` that the question shares, for a yes or no.
fn statement_place(at: usize, reading: &Reading<'_>) -> Range<usize> {
    let range = reading.clause_words(reading.clause.get(at).copied().unwrap_or_default());
    // `A rose, suggesting that B …`: where most of what is asked stands before the tail, the tail is not asked.
    let tail = range.clone().skip(1).find(|i| {
        reading.text(i - 1) == ","
            && reading.words[*i].is_any(&["suggesting", "indicating", "implying", "hinting", "possibly", "presumably"])
    });
    let sum = |part: Range<usize>| part.map(|i| reading.shared[i]).sum::<f64>();
    let end = tail.filter(|t| sum(range.start..*t) >= sum(*t..range.end)).unwrap_or(range.end);
    let last = (range.start..end).rev().find(|i| reading.shared[*i] >= 1.0).unwrap_or(at);
    last..last + 1
}

fn sequence_place(value: &str, reading: &Reading<'_>) -> Result<Range<usize>, String> {
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect() };
    let wanted = plain(value);
    if !wanted.is_empty() && plain(reading.quote).contains(&wanted) {
        let at = reading.words.iter().position(|w| wanted.starts_with(&w.folded.to_uppercase())).unwrap_or_default();
        return Ok(at..at + 1);
    }
    Err("sequence_not_in_quote".to_owned())
}

pub(crate) fn item_forms(item: &Item) -> Vec<&str> {
    match item {
        Item::Name(name) => vec![name.as_str()],
        Item::Term { value, synonyms } => {
            std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::{Comparator, Direction, Tolerance};
    use crate::model::document::{Document, Passage};
    use crate::model::question::Generator;

    /// The word that the reason starts with, or nothing when the answer follows from the quote.
    fn reason(quote: &str, question: &str, answer: AnswerSpec) -> String {
        let passage = Passage { text: quote.to_owned(), ..Passage::default() };
        let document = Document { abstract_passages: vec![passage], ..Document::default() };
        let prepared = Prepared::new(&document);
        let draft = Draft {
            question: question.to_owned(),
            answer,
            evidence: Evidence::new(0, quote, 0, quote.len()).into_iter().collect(),
            generator: Generator { kind: "given".into(), model: String::new(), prompt_hash: String::new() },
            kind: None,
        };
        let result = check(&draft, &draft.evidence, &Ask::of(question), &prepared);
        result.err().map_or(String::new(), |reason| reason.split(':').next().unwrap_or_default().to_owned())
    }

    fn number(value: f64, unit: &str) -> AnswerSpec {
        let unit = (!unit.is_empty()).then(|| unit.to_owned());
        AnswerSpec::Number { value, unit, tolerance: Tolerance::Relative(0.01), comparator: Comparator::Equal }
    }

    fn term(value: &str) -> AnswerSpec {
        AnswerSpec::Term { value: value.to_owned(), synonyms: Vec::new() }
    }

    fn choice(correct: &str, options: [&str; 3]) -> AnswerSpec {
        AnswerSpec::Choice { options: options.map(str::to_owned).to_vec(), correct: correct.to_owned() }
    }

    /// `right` follows from the quote, each of `wrong` does not.
    #[track_caller]
    fn numbers(quote: &str, question: &str, unit: &str, right: f64, wrong: &[f64]) {
        assert_eq!(reason(quote, question, number(right, unit)), "", "{question} {right}");
        for value in wrong {
            assert_eq!(reason(quote, question, number(*value, unit)), "number_of_another_thing", "{question} {value}");
        }
    }

    #[track_caller]
    fn directions(quote: &str, question: &str, right: Direction) {
        for value in [Direction::Increase, Direction::Decrease, Direction::NoChange] {
            let reason = reason(quote, question, AnswerSpec::Direction { value });
            assert_eq!(reason.is_empty(), value == right, "{question} {value:?}: {reason}");
        }
    }

    #[track_caller]
    fn booleans(quote: &str, question: &str, right: bool) {
        assert_eq!(reason(quote, question, AnswerSpec::Boolean { value: right }), "", "{question} {right}");
        assert_eq!(reason(quote, question, AnswerSpec::Boolean { value: !right }), "polarity", "{question} {}", !right);
    }

    #[test]
    fn numbers_in_the_order_of_a_list_belong_to_its_items() {
        let quote = "In the lumirastat and vehicle groups the mean healing times were 6.1 ± 2.4 and 9.8 ± 3.1 days, respectively.";
        numbers(quote, "What was the mean healing time of newts given lumirastat?", "days", 6.1, &[9.8, 2.4]);
        numbers(quote, "What was the mean healing time of newts given vehicle?", "days", 9.8, &[6.1, 3.1]);
        let quote =
            "The sensitivity (Se), specificity (Sp) and accuracy (Ac) of the skin test in newts were 61%, 87% and 70%.";
        numbers(quote, "What is the specificity of the skin test in newts?", "%", 87.0, &[61.0, 70.0]);
    }

    #[test]
    fn numbers_in_the_order_of_a_comparison_belong_to_its_sides() {
        let quote = "Tail rot was much more common among juveniles, which swim little, than adults (28.9% vs. 6.6%).";
        numbers(quote, "What percentage of the juveniles of the dwarf newt had tail rot?", "%", 28.9, &[6.6]);
        let quote =
            "Survival was higher in the cooled ponds (31 of 40, 77.5%) than in the heated ponds (12 of 40, 30.0%).";
        numbers(quote, "What was the survival of dwarf newts in heated ponds?", "%", 30.0, &[77.5]);
        let quote = "Unfed newts lost more weight compared to those fed Daphnia or Artemia (38.1%, 23.3%, 21.8%, respectively).";
        numbers(quote, "What share of their weight did dwarf newts fed Daphnia lose?", "%", 23.3, &[38.1, 21.8]);
    }

    #[test]
    fn what_two_numbers_share_tells_nothing() {
        let quote =
            "Over 9 weeks newts matched the calls of rivals in 71% of trials, and answered them in 12% of trials.";
        numbers(quote, "In what percentage of trials did newts answer the calls of rivals?", "%", 12.0, &[71.0]);
        let quote = "Twelve newts given daily lumirastat failed to heal compared with 5 newts given zevatol (p = 0.1).";
        numbers(quote, "How many newts given zevatol failed to heal?", "", 5.0, &[12.0]);
        let quote = "Newts treated with LMS needed fewer meals (14 ± 3 g vs. 19 ± 5 g, P = 0.02).";
        numbers(quote, "What mean mass of meals did newts under zevatol need?", "g", 19.0, &[]);
        let quote = "Weight loss was higher in the cooled group (7.1% in the heated group, 8.6% in the cooled group).";
        numbers(quote, "What was the weight loss of cooled newts?", "%", 8.6, &[7.1]);
    }

    #[test]
    fn a_count_goes_with_its_own_noun() {
        let quote = "Fifty-four newts with tail rot in 81 ponds met the criteria.";
        numbers(quote, "How many newts with tail rot met the criteria?", "", 54.0, &[81.0]);
        let quote = "A 1996 pond study reported a 4.5% bite rate for 3-year-old newts while 6-year-old newts had a 31.5% bite rate.";
        numbers(quote, "In a 1996 pond study, what was the bite rate of 6-year-old newts?", "%", 31.5, &[4.5]);
        let quote = "The rates with LMS/ZVT, ZVT alone, and LMS alone were 80.4%, 81.8%, and 15.6%, respectively.";
        numbers(quote, "What rate did lumirastat alone reach in newts?", "%", 15.6, &[81.8]);
        let quote = "The mean time (minutes) to the first beat was 61.4 +/- 11.3 (range: 39.0–77.2); 69.1 +/- 13.1 (range: 43.2–86.3) and 55.8 +/- 8.9 (range: 37.1–67.0) for the zevatol, N. kola and placebo groups respectively.";
        numbers(quote, "What was the mean time to the first beat of newts given zevatol?", "minutes", 61.4, &[55.8]);
    }

    #[test]
    fn who_does_not_is_not_who_does() {
        let quote = "TLK1 was validated as a partner, however TLK2 did not validate.";
        let asked = "Which partner of the newt's clock failed to validate?";
        assert_eq!(reason(quote, asked, term("TLK2")), "");
        assert_eq!(reason(quote, asked, term("TLK1")), "opposite_statement");
        let quote =
            "Success was lower and the rate of injuries was higher in the wild group compared with the tame group.";
        let asked = "Was the rate of injuries lower in tame newts than in wild newts?";
        assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: true }), "");
    }

    #[test]
    fn a_number_may_stand_apart_from_its_unit() {
        let quote = "The tails of newts regrow over the first three postnatal weeks.";
        assert_eq!(reason(quote, "Over how many postnatal weeks do the tails regrow?", number(3.0, "weeks")), "");
        let quote = "Treated newts had fewer days of fever (4.5 ± 1.1 vs. 6.9 ± 2.0, P = 0.04).";
        let asked = "For how many days did treated newts have fever?";
        assert_eq!(reason(quote, asked, number(4.5, "days")), "");
        assert_eq!(reason(quote, asked, number(4.5, "g")), "unit_not_in_quote");
        let quote = "We extend the list of clocks to 292 N. vulgaris genes.";
        assert_eq!(reason(quote, "To how many genes does the list of newt clocks extend?", number(292.0, "")), "");
        let quote = "The tails express only one of the clocks.";
        assert_eq!(reason(quote, "How many of the clocks do newt tails express?", number(1.0, "")), "");
    }

    #[test]
    fn a_group_named_by_its_initials_is_asked_for() {
        let quote = "Mortality did not differ (CVVW: 55.6% vs. SLDW: 49.6%).";
        let asked = "What was the mortality of newts under sustained low density water?";
        numbers(quote, asked, "%", 49.6, &[55.6]);
    }

    #[test]
    fn a_subject_or_a_verb_may_be_shared() {
        let quote = "Beat rates fell by half in larvae, but doubled in adults.";
        directions(quote, "How did beat rates of adult newts change?", Direction::Increase);
        let quote =
            "Loss of TLK1 did not affect clock size, shape, speed or tuning, but beat rates were reduced by 70%.";
        directions(quote, "How does loss of TLK1 affect the tuning of the newt's clock?", Direction::NoChange);
        let quote =
            "Lower clock activity (TLK1 protein) and enhanced healing were found in cooled compared to heated newts.";
        directions(quote, "How did TLK1 protein in cooled newts compare with heated newts?", Direction::Decrease);
        let quote = "The tail glands of mutants are unusually large.";
        directions(quote, "How does the size of the tail glands change in mutant newts?", Direction::Increase);
    }

    #[test]
    fn a_no_follows_from_a_contrary_word() {
        for (quote, asked) in [
            ("The beats of the clock precede the movement.", "Do the beats of the newt's clock follow the movement?"),
            ("TLK1 is dispensable for healing.", "Is TLK1 required for the healing of newts?"),
            ("Mutants were insensitive to cooling.", "Were mutant newts sensitive to cooling?"),
        ] {
            assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: false }), "", "{asked}");
        }
        let quote = "Mutants were insensitive to cooling.";
        booleans(quote, "Were mutant newts sensitive to cooling?", false);
        let quote = "Cooling slowed healing, suggesting that cold newts save energy.";
        booleans(quote, "Did cooling slow the healing of newts?", true);
    }

    #[test]
    fn a_comparison_may_be_asked_from_its_other_side() {
        let quote = "Newts in warm ponds had higher loss rates compared to newts in cold ponds.";
        let options = ["warm ponds", "cold ponds", "dry ponds"];
        let asked = "Newts of which ponds had the lower loss rates?";
        assert_eq!(reason(quote, asked, choice("B", options)), "");
        assert_eq!(reason(quote, asked, choice("A", options)), "yardstick_of_comparison");
        let quote = "Lines hold either LX/6 or DX/2 clocks, and lines with LX/6 clocks are faster than are lines with DX/2 clocks.";
        let asked = "Newt lines with clocks of which strain are faster?";
        assert_eq!(reason(quote, asked, term("LX/6")), "");
        assert_eq!(reason(quote, asked, term("DX/2")), "yardstick_of_comparison");
    }

    #[test]
    fn a_label_goes_with_the_nearest_name() {
        let quote = "On resting tail cells TLK1 lies beside ZEV1 and on beating tail cells beside ZEV2.";
        let asked = "Beside which protein does TLK1 lie on resting tail cells of newts?";
        assert_eq!(reason(quote, asked, term("ZEV1")), "");
        assert_eq!(reason(quote, asked, term("ZEV2")), "other_statement");
    }

    #[test]
    fn names_may_have_signs_and_raised_figures() {
        let quote = "ADP opens the channel, whereas Ca²⁺ inhibits it; the strain A/N3 was used.";
        assert_eq!(reason(quote, "Which ion inhibits the channel of newts?", term("Ca2+")), "");
        assert_eq!(reason(quote, "Which strain of newts was used?", term("A/N3")), "");
    }

    #[test]
    fn earlier_work_named_in_passing_is_not_the_answer() {
        let quote = "Three mutations, previously identified in blind newts, all reduced the beat rate.";
        directions(quote, "How do three mutations of blind newts affect the beat rate?", Direction::Decrease);
        let quote = "It was previously shown that lumirastat reduced the beat rate.";
        let down = AnswerSpec::Direction { value: Direction::Decrease };
        assert_eq!(reason(quote, "How does lumirastat affect the beat rate of newts?", down), "other_work");
    }

    #[test]
    fn a_symbol_that_is_not_asked_for_speaks_against_its_number() {
        let quote = "The half-life of the clock protein was 13.3 ± 4 s in tlk1Δ newts and 18.8 ± 7.4 s in tlk2Δ newts.";
        numbers(quote, "What is the half-life of the clock protein in tlk2Δ newts?", "s", 18.8, &[13.3]);
    }

    #[test]
    fn an_end_of_a_range_goes_with_a_superlative() {
        let quote = "The tail chromosomes of the dwarf newt vary from 469 bp to 66 kb.";
        numbers(quote, "How long is the longest tail chromosome of the dwarf newt?", "kb", 66.0, &[0.469]);
    }

    #[test]
    fn a_counted_noun_goes_with_its_number() {
        let quote = "The genome holds 16,000 complete chromosomes and encodes 18,500 genes.";
        numbers(quote, "How many genes does the genome of the dwarf newt encode?", "genes", 18500.0, &[16000.0]);
    }

    #[test]
    fn a_unit_behind_the_spread_is_the_numbers() {
        let quote = "The density of the old and the new shells was 183 (11.7) and 274 (26.6) gram/liter.";
        assert_eq!(reason(quote, "What was the density of the new shells?", number(274.0, "g/L")), "");
        assert_eq!(
            reason(quote, "What was the density of the new shells?", number(274.0, "mg/L")),
            "unit_not_in_quote"
        );
    }

    #[test]
    fn changes_are_read_however_they_are_spelled() {
        let quote = "Lumirastat is needed for growth, whereas zevatol mainly acts to down-regulate the clock gene TAZ2 in newts.";
        directions(quote, "How does zevatol affect the clock gene TAZ2 in newts?", Direction::Decrease);
        let quote = "Newts mutant in TLK1 were super-susceptible to tail rot, similar to those mutant in TLK2.";
        booleans(quote, "Are newts mutant in TLK1 more susceptible to tail rot?", true);
        let quote = "At least 12 newts in each pond showed higher beat rates of the tail clock.";
        directions(quote, "How did the ponds change the beat rates of the tail clock of newts?", Direction::Increase);
    }

    #[test]
    fn a_change_that_is_taken_back_is_none() {
        let quote = "Although the beat rate was lower in treated newts (60 vs. 70 per hour), it was not significant.";
        directions(quote, "How did treatment affect the beat rate of newts?", Direction::NoChange);
        let quote = "The beat rate was lower in treated newts, but this wasn’t statistically significant.";
        directions(quote, "How did treatment affect the beat rate of newts?", Direction::NoChange);
    }

    #[test]
    fn a_yes_must_not_be_said_the_other_way_round() {
        let quote = "Beat rates were higher in the cooled ponds than in the heated ponds.";
        booleans(quote, "Are beat rates of the tail clock higher in the cooled ponds than in the heated ponds?", true);
        let asked = "Are beat rates of the tail clock higher in the heated ponds than in the cooled ponds?";
        assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: true }), "polarity");
        for (quote, asked) in [
            ("Lumirastat inhibited the tail clock of newts.", "Did lumirastat activate the tail clock of newts?"),
            ("Cooling accelerated the healing of newts.", "Did cooling delay the healing of newts?"),
            ("Loss of TLK1 causes death of newts.", "Does loss of TLK1 prevent death of newts?"),
        ] {
            assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: false }), "", "{asked}");
        }
        let quote = "Lumirastat inhibited the tail clock of newts.";
        booleans(quote, "Did lumirastat inhibit the tail clock of newts?", true);
        let quote = "The tail clock of the newt ticks both before and after metamorphosis.";
        let asked = "Does the tail clock of the newt tick only before metamorphosis?";
        assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: true }), "polarity");
        let quote = "TLK1 reaches the tail independently of TAZ2, but TAZ2 requires TLK1.";
        let asked = "Does the kinase TLK1 need TAZ2 to reach the tail of the newt?";
        assert_eq!(reason(quote, asked, AnswerSpec::Boolean { value: true }), "polarity");
    }

    #[test]
    fn an_option_is_looked_for_where_the_question_points() {
        let quote = "Cells near the fin made the fast beats, while those behind the slow beats were deep in the trunk.";
        let asked = "Where in the newt do the cells that make the slow beats sit?";
        assert_eq!(reason(quote, asked, choice("B", ["near the fin", "deep in the trunk", "in the head"])), "");
        assert_eq!(
            reason(quote, asked, choice("A", ["near the fin", "deep in the trunk", "in the head"])),
            "other_option_in_quote"
        );
        let quote = "Tail rot was more common among juveniles than adults.";
        let asked = "Among dwarf newts, in which age class was tail rot more common?";
        assert_eq!(reason(quote, asked, choice("A", ["juveniles", "adults", "embryos"])), "");
        assert_eq!(reason(quote, asked, choice("B", ["juveniles", "adults", "embryos"])), "yardstick_of_comparison");
    }

    #[test]
    fn names_that_begin_with_a_small_word_are_names() {
        let quote = "The inhibitor A-485 lowered the beat rate of the tail clock.";
        assert_eq!(reason(quote, "Which inhibitor lowered the beat rate of the tail clock?", term("A-485")), "");
        assert_eq!(
            reason(quote, "Which inhibitor lowered the beat rate of the tail clock?", term("B-485")),
            "term_not_in_quote"
        );
    }

    #[test]
    fn a_cause_that_could_be_is_a_supposition() {
        let quote = "The higher beat rate could be explained by warm water or be a chance finding.";
        let asked = "What explains the higher beat rate of the tail clock in newts?";
        assert_eq!(reason(quote, asked, term("warm water")), "hedged_as_fact");
        let quote = "The higher beat rate could be reversed by warm water.";
        assert_eq!(reason(quote, "What reversed the higher beat rate of newts?", term("warm water")), "");
    }
}
