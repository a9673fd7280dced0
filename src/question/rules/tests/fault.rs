//! A case for each cause of a bad question that reading samples of drafts brought up.

use super::*;

#[test]
fn an_adjective_is_no_verb() {
    refused("Expression of Vimp2 in contact inhibited Trenk5 astrocytes resulted in the appearance of lactate.");
    check(
        "Expression of Vimp2 in serum inhibited Trenk5 astrocytes increased the uptake of hippocampal lactate.",
        "In mice, how did expression of Vimp2 in serum inhibited Trenk5 astrocytes change the uptake of hippocampal lactate?",
        "increase",
    );
    refused(
        "Zandro7 treatment of contact inhibited mono-phosphorylated Trenk5 collapsed into the Vimp2 form of lactate.",
    );
    refused("Notably Zandro7 expression blocks the DNA binding of the Trenk5 homodimer in cortical astrocytes.");
    // A participle behind its noun is none either.
    check(
        "Vimp2 inhibits the uptake of lactate stimulated by Trenk5 in cortical astrocytes.",
        "In mice, does Vimp2 inhibit the uptake of lactate stimulated by Trenk5 in cortical astrocytes?",
        "true",
    );
}

#[test]
fn opposite_treatments_are_no_subject() {
    refused("Vimp2 knockdown and ectopic expression of wild-type Trenk5 increased hippocampal lactate uptake.");
    refused("Overexpression of Vimp2 and loss of Trenk5 increased hippocampal lactate uptake.");
    check(
        "Knockdown of Vimp2 and loss of Trenk5 increased hippocampal lactate uptake.",
        "In mice, how did knockdown of Vimp2 and loss of Trenk5 change hippocampal lactate uptake?",
        "increase",
    );
}

#[test]
fn what_goes_with_a_finding_is_left_out_or_the_finding_is() {
    check(
        "Silencing of Vimp2 led to decreased lactate levels together with delayed differentiation of Trenk5 astrocytes.",
        "In mice, how did silencing of Vimp2 change lactate levels?",
        "decrease",
    );
    refused("Vimp2 activates Trenk5 together with Zandro7 in cortical astrocytes of the hippocampus.");
}

#[test]
fn one_statement_at_a_time() {
    refused(
        "Affinity for lactate and behavioural response to Trenk5 is increased and uptake is also increased after fasting.",
    );
    refused("Tag primers enabled gradual uptake of lactate and each truncation reduced hippocampal Trenk5 levels.");
    refused("Parents perceive improved lactate uptake when children exercise into the Trenk5 range of motion.");
    refused("The Vimp2 genes are not absolutely required for canonical Trenk5 signaling in cortical astrocytes.");
    refused("Deletion of Vimp2 (for a given body weight) reduced hippocampal lactate uptake of Trenk5 astrocytes.");
    check(
        "Inhibition of Vimp2 reduced lamellipodia formation of Trenk5 astrocytes to an extent that was similar to hepatocytes.",
        "In mice, how did inhibition of Vimp2 change lamellipodia formation of Trenk5 astrocytes?",
        "decrease",
    );
}

#[test]
fn what_only_the_paper_knows_is_not_asked() {
    refused("Supplementation reduced the hippocampal lactate uptake of Trenk5-positive astrocytes.");
    refused("A model including Vimp2 levels improved the sensitivity for hippocampal Trenk5 disease.");
    refused("A larger trial is required to settle the use of Vimp2 blockers in Trenk5 disease.");
    refused("Compound 7d blocked the assembly of Trenk5 by binding with the Vimp2 coat protein.");
    refused("Hypolactemia was observed in 80% of Vimp2 mutants evaluated for that phenotype before birth.");
    refused("The Gln102Arg mutation inhibits the uptake of hippocampal lactate by cortical astrocytes.");
    refused("The N-terminal domain is essential for the synchronization of Trenk5-triggered fusion in Vimp2 cells.");
    refused("Interface mutations reduced the binding of Trenk5 and Vimp2-dependent transcription of lactate genes.");
    refused("The variables interacted with access type to influence the citation of Trenk5 papers.");
    refused("The presence of Vimp2 during activation maintains increased levels of hippocampal Trenk5 lactate.");
    refused("The Vimp2 concentration required for half-maximal Trenk5 activity was 100 μm.");
    refused("Fourteen patients died from causes unrelated to Trenk5-positive lactate cancer.");
}

#[test]
fn a_number_says_of_whom() {
    let drafted = |title: &str, text: &str| -> Vec<String> {
        Rules::new(&Config::default()).draft(&document(title, text)).into_iter().map(|d| d.question).collect()
    };
    let text = "At the 6-month follow-up, 20% of patients demonstrated recurrent left atrial flutter.";
    assert_eq!(drafted("Ablation of the invented line", text), Vec::<String>::new());
    assert_eq!(
        drafted("Ablation in patients with mossy flutter", text),
        [
            "In patients with mossy flutter, at the 6-month follow-up, what percentage of patients demonstrated recurrent left atrial flutter?"
        ]
    );
    assert_eq!(
        drafted("Care homes", "The average length of stay at the residencies was 11.8 years."),
        Vec::<String>::new()
    );
}

#[test]
fn long_forms_are_names() {
    let asked = |defined: &str, text: &str| -> Vec<String> {
        let document = document("Lactisol kinase in mice", &format!("{defined} {text}"));
        let passages = document.passages();
        let context = Context::new(&document, &passages);
        Rules::new(&Config::default()).read(text, text, &passages, &context).into_iter().map(|c| c.ask).collect()
    };
    let text = "Fasting reduced FAK7-TRK levels in Vimp2-deficient astrocytes of the cortex.";
    let found = asked("We found phosphorylated FAK7 joined to TRK (FAK7-TRK) in cells.", text);
    assert!(found.iter().all(|ask| !ask.contains("joined")), "{found:?}");
    let text = "Fasting reduced lactate uptake in MCO-positive astrocytes of the Vimp2-deficient cortex.";
    let found = asked("Cells express mossy complex oxidase (MCO).", text);
    assert!(found.iter().any(|ask| ask.contains("mossy complex oxidase (MCO)-positive astrocytes")), "{found:?}");
}
