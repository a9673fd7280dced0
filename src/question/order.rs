//! The order of a choice's options: every order as likely, and the same every time for the same question.

use crate::model::answer::AnswerSpec;

/// A choice between `options`, the right one at `right`, in an order that `seed` decides; `None` without a letter for it.
///
/// Source: Fisher and Yates's shuffle (Durstenfeld 1964), its dice the extended output of BLAKE3 on `seed`.
pub(super) fn choice(seed: &str, mut options: Vec<String>, mut right: usize) -> Option<AnswerSpec> {
    let mut stream = blake3::Hasher::new().update(seed.as_bytes()).finalize_xof();
    for last in (1..options.len()).rev() {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        // 2^64 is no multiple of most numbers: some places are likelier, by less than one in 10^18.
        let place = usize::try_from(u64::from_le_bytes(bytes) % (last as u64 + 1)).unwrap_or(0);
        options.swap(last, place);
        right = match right {
            _ if right == last => place,
            _ if right == place => last,
            _ => right,
        };
    }
    let letter = ('A'..='Z').nth(right).filter(|_| right < options.len())?;
    Some(AnswerSpec::Choice { options, correct: letter.to_string() })
}

/// Whether an option speaks of the others by their place or letter: such a list keeps its order.
pub(super) fn is_ordered(options: &[String]) -> bool {
    options.iter().any(|option| {
        let lower = option.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        words.any(|word| matches!(word, "above" | "below" | "options" | "foregoing" | "preceding"))
            || option
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| matches!(*word, "B" | "C" | "D" | "E"))
                .count()
                >= 1
                && lower.contains(" and ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the right one of `n` options lands over 6,000 invented questions: chi-square against equal shares.
    fn chi_square(n: usize, right: usize) -> f64 {
        let mut counts = vec![0.0; n];
        for number in 0..6_000 {
            let options = (0..n).map(|o| format!("Trenk{o}")).collect();
            let Some(AnswerSpec::Choice { options, correct }) =
                choice(&format!("Which kinase splits lactate in newt {number}?"), options, right)
            else {
                panic!("no choice")
            };
            let place = usize::from(correct.as_bytes()[0] - b'A');
            assert_eq!(options[place], format!("Trenk{right}"));
            counts[place] += 1.0;
        }
        let expected = 6_000.0 / n as f64;
        counts.iter().map(|count: &f64| (count - expected).powi(2) / expected).sum()
    }

    #[test]
    fn every_place_is_as_likely() {
        // The critical values at 0.001 for 2 and 3 degrees of freedom.
        for right in 0..3 {
            assert!(chi_square(3, right) < 13.82, "{right}");
        }
        for right in 0..4 {
            assert!(chi_square(4, right) < 16.27, "{right}");
        }
    }

    #[test]
    fn a_list_that_speaks_of_itself_keeps_its_order() {
        let list = |options: &[&str]| is_ordered(&options.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>());
        assert!(list(&["Trenk1", "Trenk2", "all of the above"]));
        assert!(list(&["Trenk1", "Trenk2", "Both A and B"]));
        assert!(!list(&["vitamin B", "Trenk2", "neither: they did not differ"]));
    }
}
