//! Choices: their sides, and that neither place nor length nor alphabet tells the right option.

use super::*;

/// The question, its options, and the place of the right one.
fn choice(text: &str) -> (String, Vec<String>, usize) {
    let (question, answer) = all(text).into_iter().find(|(_, answer)| answer.contains("choice")).unwrap();
    let AnswerSpec::Choice { options, correct } = serde_json::from_str(&answer).unwrap() else { panic!("{answer}") };
    (question, options, usize::from(correct.as_bytes()[0] - b'A'))
}

#[test]
fn a_choice_names_both_sides_and_asks_for_either() {
    let mut asked = BTreeSet::new();
    for drug in ["Favoxin3", "Lactisol1", "Zandro7", "Vimp2", "Trenk5", "Favoxin9", "Bryol4", "Mossin2"] {
        let (question, options, right) =
            choice(&format!("Serum lactate was higher in {drug}-deficient mice than in wild-type littermates."));
        let (mutants, controls) = (format!("{drug}-deficient mice"), "wild-type littermates");
        assert!(question.contains(&mutants) && question.contains(controls), "{question}");
        let lower = question.contains(" lower:");
        assert_eq!(options[right], if lower { controls } else { &mutants }, "{question}");
        asked.insert(lower);
    }
    assert_eq!(asked.len(), 2, "the treated side is not always the right one");
    let (_, options, right) = choice(
        "There was no significant difference in serum lactate between Trenk5-deficient mice and wild-type littermates.",
    );
    assert!(options[right].starts_with("neither"));
    // Labels that only the paper explains are no sides.
    let labels = all("Serum lactate was higher in the P-N group than in the N-P group of Trenk5-deficient mice.");
    assert!(labels.iter().all(|(_, answer)| !answer.contains("choice")), "{labels:#?}");
}

/// Chi-square of counts against equal shares.
fn chi_square(counts: &[f64]) -> f64 {
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

#[test]
fn the_place_of_the_right_option_tells_nothing() {
    let mut places = [0.0; 3];
    let (mut longest, mut first) = ([0.0; 2], [0.0; 2]);
    for number in 0..300 {
        let measure = ["lactate", "Trenk5 protein", "sodium"][number % 3];
        let sentence = format!(
            "Serum {measure} was higher in Vimp{number}-deficient mice than in wild-type Bryol{number} littermates."
        );
        let (_, options, right) = choice(&sentence);
        places[right] += 1.0;
        let sides: Vec<&String> = options.iter().filter(|o| !o.starts_with("neither")).collect();
        let others = sides.iter().filter(|o| ***o != options[right]);
        longest[usize::from(others.clone().all(|o| o.len() < options[right].len()))] += 1.0;
        first[usize::from(others.clone().all(|o| o.to_lowercase() > options[right].to_lowercase()))] += 1.0;
    }
    // The critical values at 0.001 for two degrees of freedom and for one.
    assert!(chi_square(&places) < 13.82, "{places:?}");
    assert!(chi_square(&longest) < 10.83 && chi_square(&first) < 10.83, "{longest:?} {first:?}");
}
