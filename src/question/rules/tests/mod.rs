//! One case for each kind of question, and one for each cause of a bad one that was found by reading.

mod choice;
mod fault;

use super::*;
use crate::model::document::{Passage, Section};
use proptest::prelude::*;

fn document(title: &str, text: &str) -> Document {
    let passage = Passage { text: text.to_owned(), ..Passage::default() };
    let section =
        Section { title: "Results".to_owned(), kind: SectionKind::Results, passages: vec![passage], sections: vec![] };
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
        "Were serum lactate concentrations higher in Trenk5-deficient mice than in wild-type littermates?",
        "true",
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
        "Which nucleoside analogue inhibits the viral polymerase of Zandrovirus?",
        "Favoxin3",
    );
}

/// One case for each cause of a bad question that was found by reading.
#[test]
fn relations_keep_their_arrow() {
    check(
        "The Trenk5 transporter is phosphorylated by Vimp2 in cortical astrocytes after fasting.",
        "In mice, what phosphorylates the Trenk5 transporter in cortical astrocytes after fasting?",
        "Vimp2",
    );
    check(
        "Vimp2 negatively regulates the expression of Trenk5 in cortical astrocytes after fasting.",
        "In mice, what negatively regulates the expression of Trenk5 in cortical astrocytes after fasting?",
        "Vimp2",
    );
    check(
        "Vimp2 negatively regulates the expression of Trenk5 in cortical astrocytes.",
        "In mice, does Vimp2 positively regulate the expression of Trenk5 in cortical astrocytes?",
        "false",
    );
    check(
        "Vimp2 failed to inhibit the uptake of lactate by cultured Trenk5-positive astrocytes.",
        "Did Vimp2 inhibit the uptake of lactate by cultured Trenk5-positive astrocytes?",
        "false",
    );
    check(
        "Vimp2 phosphorylates Trenk5 at Ser133 in cortical astrocytes.",
        "In mice, at which residue does Vimp2 phosphorylate Trenk5 in cortical astrocytes?",
        "Ser133",
    );
    check(
        "Silencing of Vimp2 increased Trenk5 phosphorylation in cortical astrocytes.",
        "In mice, silencing of which gene increased Trenk5 phosphorylation in cortical astrocytes?",
        "Vimp2",
    );
}

#[test]
fn a_receptor_of_something_is_not_called_so() {
    let text = "Favoxin3 reduced the cleavage of Trenk5 by Zandro7 in cortical astrocytes.";
    let document =
        document("Lactisol kinase in mice", &format!("The Favoxin3 receptor was cloned from astrocytes. {text}"));
    let passages = document.passages();
    let context = Context::new(&document, &passages);
    assert_eq!(context.class_of("Favoxin3"), None);
    let found = Rules::new(&Config::default()).read(text, text, &passages, &context);
    assert!(found.iter().any(|c| c.rule == "agent" && c.ask.contains("what reduced")), "{found:#?}");
}

#[test]
fn sizes() {
    check(
        "Trenk5 mRNA levels were approximately 3-fold higher in cortical astrocytes than in hepatocytes.",
        "In mice, by how many fold were Trenk5 mRNA levels higher in cortical astrocytes than in hepatocytes?",
        "3.0,\"unit\":\"fold\"",
    );
    check(
        "Loss of Vimp2 led to a 40% reduction in hippocampal lactate uptake.",
        "In mice, by what percentage did loss of Vimp2 reduce hippocampal lactate uptake?",
        "40.0,\"unit\":\"%\"",
    );
    check(
        "Vimp2 binds the Trenk5 transporter with a Kd of 12 nM in vitro.",
        "With what Kd does Vimp2 bind the Trenk5 transporter in vitro, in nM?",
        "12.0,\"unit\":\"nM\"",
    );
    check(
        "The Vimp2 allele was detected in 45% of lactate-resistant Zandro isolates.",
        "In mice, in what percentage of lactate-resistant Zandro isolates was the Vimp2 allele detected?",
        "45.0,\"unit\":\"%\"",
    );
    check(
        "The mean half-life of Trenk5 protein was 4.2 ± 0.3 h in cultured astrocytes.",
        "What was the mean half-life of Trenk5 protein in cultured astrocytes, in hours?",
        "4.2,\"unit\":\"h\"",
    );
}

#[test]
fn statistics_in_brackets() {
    // A p-value or the size of a sample is one of an experiment that no question can name.
    let sentence =
        "Serum lactate was higher in Trenk5-deficient mice (n = 12) than in wild-type littermates (p = 0.003).";
    assert!(all(sentence).iter().all(|(_, answer)| !answer.contains("number")));
    check(
        "The rate of hypolactemia was higher in Trenk5-deficient mice (32%, 7 of 22) than in wild-type littermates (4%).",
        "What was the rate of hypolactemia in Trenk5-deficient mice, in per cent?",
        "32.0,\"unit\":\"%\"",
    );
    check(
        "Deletion of Vimp2 increased hippocampal Trenk5 expression (2.5-fold, p < 0.01).",
        "In mice, by how many fold did deletion of Vimp2 increase hippocampal Trenk5 expression?",
        "2.5,\"unit\":\"fold\"",
    );
    // A dose in the bracket is no result.
    let dosed =
        all("Serum lactate levels were higher in mice treated with Favoxin3 (60 mg) than in mice given saline.");
    assert!(dosed.iter().all(|(_, answer)| !answer.contains("60")), "{dosed:#?}");
}

#[test]
fn places() {
    check(
        "Vimp2 localizes to the nucleus in Trenk5-deficient astrocytes.",
        "In mice, to which part of the cell does Vimp2 localize in Trenk5-deficient astrocytes?",
        "nucleus",
    );
    check(
        "The Trenk5 transporter is predominantly expressed in the hippocampus.",
        "In mice, in which tissue is the Trenk5 transporter predominantly expressed?",
        "hippocampus",
    );
}

#[test]
fn no_difference() {
    let sentence =
        "There was no significant difference in serum lactate between Trenk5-deficient mice and wild-type littermates.";
    check(
        sentence,
        "Did serum lactate differ significantly between Trenk5-deficient mice and wild-type littermates?",
        "false",
    );
    check(
        "Overexpression of Vimp2 had no effect on hippocampal lactate uptake.",
        "In mice, how did overexpression of Vimp2 change hippocampal lactate uptake?",
        "no_change",
    );
    check(
        "Trenk5 is dispensable for hippocampal lactate uptake by Vimp2-positive astrocytes.",
        "In mice, is Trenk5 required for hippocampal lactate uptake by Vimp2-positive astrocytes?",
        "false",
    );
}

#[test]
fn the_statement_ends_where_it_ends() {
    check(
        "Deletion of Vimp2 reduced hippocampal Trenk5 expression and co-precipitated the Zandro subunit.",
        "In mice, how did deletion of Vimp2 change hippocampal Trenk5 expression?",
        "decrease",
    );
    check(
        "Although fasting changed little, deletion of Vimp2 reduced hippocampal lactate uptake despite normal feeding.",
        "In mice, how did deletion of Vimp2 change hippocampal lactate uptake?",
        "decrease",
    );
    check(
        "Using slice recordings, we found that deletion of Vimp2 reduced hippocampal lactate uptake, denoting a shift.",
        "In mice, how did deletion of Vimp2 change hippocampal lactate uptake?",
        "decrease",
    );
    // The noun that both directions share comes last.
    refused("Deletion of Vimp2 increased chiral but not polar flow of hippocampal Trenk5.");
    refused("The elevated frequency of Vimp2-positive astrocytes trait was mapped.");
}

#[test]
fn long_forms_take_the_number_of_the_short_form() {
    let text = "Deletion of Vimp2 reduced LD abundance in Trenk5-positive hepatocytes.";
    let document = document("Lactisol kinase in mice", &format!("Cells store fat in lipid droplets (LDs). {text}"));
    let passages = document.passages();
    let context = Context::new(&document, &passages);
    let found = Rules::new(&Config::default()).read(text, text, &passages, &context);
    let wanted = "how did deletion of Vimp2 change lipid droplet (LD) abundance in Trenk5-positive hepatocytes?";
    assert!(found.iter().any(|c| c.ask.ends_with(wanted)), "{found:#?}");
}

#[test]
fn steps_of_the_work_are_no_findings() {
    refused("Forty-two patients were included in the final Trenk5 analysis.");
    refused("Twelve new versions of the Vimp2 construct were designed for Trenk5 expression.");
}

/// The questions of a paper, one sentence each chosen.
fn drafted(title: &str, text: &str) -> Vec<String> {
    Rules::new(&Config::default()).draft(&document(title, text)).into_iter().map(|d| d.question).collect()
}

#[test]
fn background_is_not_asked_for() {
    let background = "Zandro7 inhibits the uptake of lactate by cultured Trenk5-positive astrocytes.";
    assert_eq!(drafted("Lactisol kinase in mice", background), Vec::<String>::new());
    // The same told as a finding, or of what the paper is about.
    assert!(!drafted("Lactisol kinase in mice", &format!("Thus, {background}")).is_empty());
    assert!(!drafted("Zandro7 in the brain", background).is_empty());
    assert!(!drafted("Lactisol kinase in mice", &background.replace("inhibits", "inhibited")).is_empty());
    refused("For example, Zandro7 inhibits the uptake of lactate by cultured Trenk5-positive astrocytes.");
}

#[test]
fn a_name_is_asked_for_when_the_question_settles_it() {
    let terms = |text: &str| -> Vec<String> {
        all(text).into_iter().filter(|(_, answer)| answer.contains("term")).map(|(question, _)| question).collect()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(terms("Vimp2 deficiency reduced stem cell self-renewal capacity."), none);
    assert_eq!(terms("Vimp2 is essential for the activation of nuclear lactate sensors."), none);
    assert_eq!(terms("TRKs reduced the formation of lactate by Zandro7-positive astrocytes of the cortex."), none);
    assert_eq!(terms("Inhibition of QRS reduced lactate uptake by Zandro7-positive astrocytes of the cortex."), none);
    assert_eq!(terms("The Trenk5 transporter is highly expressed in the hippocampus."), none);
}

#[test]
fn opposites_fit_what_stands_beside_the_verb() {
    let opposites = |text: &str| all(text).into_iter().any(|(q, a)| a.contains("false") && q.contains("inhibit"));
    assert!(opposites("Vimp2 activates Trenk5 in cortical astrocytes of the hippocampus."));
    assert!(!opposites("Vimp2 activates Trenk5 in cortical astrocytes to restore lactate uptake."));
    assert!(!opposites("Vimp2 activates Trenk5 in cortical astrocytes without changing lactate uptake."));
    assert!(!opposites("Vimp2 completely activates Trenk5 in cortical astrocytes of the hippocampus."));
    assert!(!opposites("Vimp2 promotes degradation of Trenk5 in cortical astrocytes of the hippocampus."));
    refused("Vimp2 induced a progressive higher frequency of Trenk5 spikes in cortical astrocytes.");
}

#[test]
fn broken_and_empty_changes() {
    refused("Vimp2 activates both the Trenk5 transporter in cortical astrocytes.");
    refused("Vimp2 therefore helps reduce the lactate load of Trenk5 astrocytes.");
    refused("Lactate uptake fell short in Trenk5 astrocytes relative to Vimp2 hepatocytes.");
    refused("The diverse shapes of Trenk5 astrocytes raise a host of questions about lactate uptake.");
    refused("Lactate uptake decreased less after fasting in Trenk5 astrocytes.");
    refused("Trenk5 and Vimp2 localization was also unaffected at lactate channels.");
    refused("Inhibition of Vimp2 reduced the percentage of CD86⁺.");
    refused("(±)-Favoxin3 inhibited the growth of Trenk5-positive astrocytes.");
    refused("Trenk5 uptake in cortical astrocytes increased indicating that Vimp2 is active.");
    refused("Vimp2 restored lactate uptake at astrocytes and to reduce Trenk5 distances.");
    refused("Vimp2 produced active Trenk5 and Zandro7 production in cultured hepatocytes entirely failed to work.");
    refused("Inhibition of Vimp2 increased Trenk5 uptake in astrocytes linking lactate to fasting.");
    refused("Independent analysis of Vimp2 or Trenk5 targets confirmed Zandro7 as the main lactate sensor.");
    refused("The number of Trenk5 newborns limited the possibility for comparison with the Vimp2 group.");
    refused("Trenk5 numbers in cortical astrocytes were unchanged between Vimp2 mutants.");
    refused("Adjusting for baseline Trenk5 levels reduced the difference in lactate between Vimp2 groups.");
    refused("The majority of Vimp2 target showed reduced Trenk5 expression after fasting.");
    check(
        "FK7 blocked the production of Trenk5 and Vimp2 induced by Zandro7 in astrocytes.",
        "In mice, did FK7 block the production of Trenk5 and Vimp2 induced by Zandro7 in astrocytes?",
        "true",
    );
    check(
        "Inhibition of Vimp2 led to a higher number of Trenk5-positive astrocytes.",
        "In mice, how did inhibition of Vimp2 change the number of Trenk5-positive astrocytes?",
        "increase",
    );
}

#[test]
fn a_first_word_loses_its_capital() {
    let text = "Exon inclusion was higher in Trenk5-deficient mice than in wild-type littermates.";
    let document = document("Lactisol kinase in mice", &format!("All exons were counted in the Exon column. {text}"));
    let passages = document.passages();
    let context = Context::new(&document, &passages);
    let found = Rules::new(&Config::default()).read(text, text, &passages, &context);
    assert!(found.iter().any(|c| c.ask.starts_with("Was exon inclusion higher in")), "{found:#?}");
}

#[test]
fn yes_and_no_are_held_level() {
    let verbs = ["reduced", "increased", "enhanced", "lowered", "elevated", "diminished"];
    let text: String = verbs
        .iter()
        .flat_map(|verb| {
            ["Vimp2", "Lactisol1", "Zandro7"]
                .map(|n| format!("Deletion of {n} {verb} lactate uptake by Trenk5 cells. "))
        })
        .collect();
    let drafts = Rules::new(&Config::default()).draft(&document("Lactisol kinase in mice", text.trim()));
    let truth = |wanted: bool| drafts.iter().filter(|d| d.answer == AnswerSpec::Boolean { value: wanted }).count();
    assert!(truth(true) + truth(false) >= 2 && truth(true).abs_diff(truth(false)) <= 1, "{drafts:#?}");
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

#[test]
fn no_question_ends_before_its_noun() {
    let found = all("Trenk5 modulates the Lactisol1 kinase via calcium-dependent but Vimp2 independent mechanisms.");
    assert!(found.iter().all(|(q, _)| !q.ends_with("-dependent?")), "{found:#?}");
}
