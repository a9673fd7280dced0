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
    refused("Knockdown of Vimp2 causes not only hippocampal lactate cysts of Trenk5 astrocytes.");
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

/// What is refused, and a near form that is not.
#[test]
fn what_was_cut_is_not_asked() {
    check(
        "Favoxin3 impaired the outcomes of Vimp2 stroke in diabetic and starved hosts after cooling.",
        "In mice, did Favoxin3 impair the outcomes of Vimp2 stroke in diabetic and starved hosts after cooling?",
        "true",
    );
    refused(
        "Favoxin3 impaired the outcomes of Vimp2 stroke in diabetic, whereas Zandro7 improved them in starved hosts.",
    );
    refused(
        "Fasting reduced Vimp2 levels of Trenk5 astrocytes but increased lactate uptake in Zandro7-deficient mice.",
    );
    check(
        "Fasting reduced Vimp2 levels in Trenk5 astrocytes but increased lactate uptake in Zandro7-deficient mice.",
        "In mice, how did fasting change Vimp2 levels in Trenk5 astrocytes?",
        "decrease",
    );
    refused("The [4Fe-4S] cluster of Vimp2 increased hippocampal lactate uptake of Trenk5 astrocytes.");
    check(
        "The loop of Vimp2 [12] increased hippocampal lactate uptake of Trenk5 astrocytes.",
        "In mice, did the loop of Vimp2 increase hippocampal lactate uptake of Trenk5 astrocytes?",
        "true",
    );
    refused(
        "The Albumin locus conferred Trenk5-specificity and the Cre-ER fusion allowed for induction of Vimp2 knockout.",
    );
    refused("Contact inhibited early Trenk5 astrocytes contained only mono-phosphorylated Vimp2 of the cortex.");
    refused("Zandro7 infected patients show enhanced Trenk5 content in the plasma membrane of Vimp2 lymphocytes.");
    refused("Vimp2 candidate targets that exhibit increased occupancy are hippocampal Trenk5 genes.");
}

#[test]
fn a_remark_is_no_part_of_the_question() {
    check(
        "Vimp2 however had no effect on hippocampal lactate uptake of Trenk5 astrocytes.",
        "In mice, how did Vimp2 change hippocampal lactate uptake of Trenk5 astrocytes?",
        "no_change",
    );
    check(
        "In sum, Vimp2 inhibits the uptake of lactate by cultured Trenk5-positive astrocytes.",
        "Does Vimp2 inhibit the uptake of lactate by cultured Trenk5-positive astrocytes?",
        "true",
    );
    refused("In terms of context, Vimp2 inhibits the uptake of lactate by cultured Trenk5-positive astrocytes.");
    refused("Under specific conditions, Vimp2 interacts with the Trenk5 transporter of lactate astrocytes.");
    check(
        "Under hypoxic conditions, Vimp2 interacts with the Trenk5 transporter of lactate astrocytes.",
        "In mice, under hypoxic conditions, does Vimp2 interact with the Trenk5 transporter of lactate astrocytes?",
        "true",
    );
    refused("A similar challenge presumably limited the emergence of Vimp2 in hippocampal Trenk5 astrocytes.");
    refused("Vimp2 presumably inhibits the uptake of lactate by cultured Trenk5-positive astrocytes.");
    refused("The uptake of lactate by Trenk5 astrocytes was not globally altered following Vimp2 deletion.");
    refused("Vimp2 does not inhibit the uptake of lactate by all cultured Trenk5-positive astrocytes.");
}

#[test]
fn a_direction_is_no_comparison() {
    let directions =
        |text: &str| all(text).into_iter().filter(|(_, a)| a.contains("direction")).map(|(q, _)| q).collect::<Vec<_>>();
    let none: Vec<String> = Vec::new();
    assert_eq!(directions("Serum lactate was higher in Trenk5-deficient mice than in wild-type littermates."), none);
    assert_eq!(directions("Serum lactate was increased in VL2 patients compared to Trenk5 controls."), none);
    assert_eq!(directions("A lower Trenk5 cost per vial of Vimp2 was observed when compared to Zandro7."), none);
    check(
        "Serum lactate was increased in Trenk5-deficient mice compared to wild-type littermates.",
        "Was serum lactate lower in Trenk5-deficient mice than in wild-type littermates?",
        "false",
    );
    check(
        "Genes encoding Trenk5 transporters were upregulated in astrocytes after fasting.",
        "In mice, how did the expression of genes encoding Trenk5 transporters change in astrocytes after fasting?",
        "increase",
    );
    // The means tell which way.
    assert_eq!(directions("Vimp2 enhances the lactate load of Trenk5 astrocytes by promoting lipogenesis."), none);
    assert_eq!(
        directions("Vimp2 enhances the lactate load of Trenk5 astrocytes by binding to lipids."),
        ["In mice, how does Vimp2 change the lactate load of Trenk5 astrocytes by binding to lipids?"]
    );
}

#[test]
fn unlike_things_are_not_asked_together() {
    refused("Loss of Vimp2 had no effect on the expression of Trenk5/Zandro7 and the boundary in the hippocampus.");
    refused("Vimp2 did not cause deformations or generation of hippocampal Trenk5 vesicles.");
    check(
        "Loss of Vimp2 had no effect on the expression of Trenk5 and the level of lactate in astrocytes.",
        "In mice, how did loss of Vimp2 change the expression of Trenk5 and the level of lactate in astrocytes?",
        "no_change",
    );
}

#[test]
fn what_nobody_names_is_not_asked() {
    refused("The learning impairment of mice was rescued but Vimp2 rescued the learning impairment.");
    refused("Vimp2 increased the cross-section of Trenk5 muscles without nutrition x time effects.");
    refused("The C2A domain increased the recruitment of Trenk5 to hippocampal active zones.");
    refused("Optogenetic stimulation increased the recruitment of Trenk5 to hippocampal active zones.");
    refused("Breeding of heterozygous animals failed to produce live hippocampal offspring or implanted embryos.");
    refused("Regular screening of the cornea is essential for effective management and treatment of Trenk5 disease.");
    check(
        "Screening of Vimp2 carriers is essential for the detection of hippocampal Trenk5 disease.",
        "In mice, is screening of Vimp2 carriers essential for the detection of hippocampal Trenk5 disease?",
        "true",
    );
}

#[test]
fn more_that_reading_brought_up() {
    refused("Vimp2 molecules bind the Trenk5 transporter and the complexes diffuse away quickly after fasting.");
    refused("Male-biased Vimp2 genes had a higher proportion than unbiased Trenk5 genes.");
    refused("Vimp2 treatments blocked the late Trenk5 gene expression of astrocytes by immunoblotting for lactate.");
    refused("Vimp2 fitness mediated the dose-response relationship between exercise duration and, in part, Trenk5.");
    refused("Vimp2 inhibition caused hippocampal accumulation of Trenk5 transporters only in mutant cells.");
    refused("Deletion of Vimp2 produces hippocampal Trenk5 effects that appear as lactate load.");
    refused("Previously, Vimp2 inhibited the uptake of lactate by cultured Trenk5-positive astrocytes.");
    refused("Lactate scores at rest were lower for Group IV than for Groups I-III after Trenk5 fasting.");
    refused("The cytoplasmic Vimp2 genome controlled larger changes than the nuclear Trenk5 locus of astrocytes.");
    refused("Vimp2 interacts with the Trenk5 transporter directly or indirectly in hippocampal astrocytes.");
    refused("The lesion caused a downward shift in the net Trenk5 lactate output of hippocampal astrocytes.");
    refused("Vimp2 in turn stimulates the uptake of lactate by cultured Trenk5-positive astrocytes.");
    refused(
        "Ablation of Vimp2 astrocytes in the network model modulates both hippocampal Trenk5 dynamics and lactate.",
    );
    check(
        "Ablation of Vimp2 in the hepatocytes completely abolished the lactate uptake of Trenk5 cells.",
        "Did ablation of Vimp2 in the hepatocytes completely abolish the lactate uptake of Trenk5 cells?",
        "true",
    );
    refused("The localization of Trenk5 transporters was diminished by Vimp2 stimulation.");
    check(
        "Vimp2 stimulation increased the localization of Trenk5 transporters to lactate astrocytes.",
        "In mice, how did Vimp2 stimulation change the localization of Trenk5 transporters to lactate astrocytes?",
        "increase",
    );
    check(
        "Vimp2 inhibited the relationship between Trenk5 uptake and lactate load in astrocytes.",
        "In mice, did Vimp2 inhibit the relationship between Trenk5 uptake and lactate load in astrocytes?",
        "true",
    );
}

#[test]
fn names_keep_their_capital() {
    let asked = |text: &str| all(text).into_iter().map(|(q, _)| q).collect::<Vec<_>>();
    let found = asked("Tritonella vinelandii Vimp2 reduced the hippocampal lactate uptake of Trenk5 astrocytes.");
    assert!(!found.is_empty() && found.iter().all(|q| !q.contains(" tritonella")), "{found:?}");
    let found = asked("Yki/YAP reduced the hippocampal lactate uptake of Trenk5 astrocytes.");
    assert!(!found.is_empty() && found.iter().all(|q| q.contains("Yki/YAP")), "{found:?}");
}

#[test]
fn what_goes_without_saying_is_not_asked() {
    refused("Inhibition of Vimp2 signalling in hippocampal astrocytes reduced the level of Vimp2 signalling.");
    check(
        "Inhibition of Vimp2 signalling in hippocampal astrocytes reduced the level of Trenk5 signalling.",
        "In mice, how did inhibition of Vimp2 signalling in hippocampal astrocytes change the level of Trenk5 signalling?",
        "decrease",
    );
}
