//! Nucleotide and protein sequences: exact after spaces, case and end marks are gone.

use super::spec::{BadSpec, MAX_ANSWER_BYTES};
use super::term::is_hyphen;
use crate::model::answer::Alphabet;

#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    letters: String,
    alphabet: Alphabet,
}

impl Sequence {
    pub(crate) fn new(value: &str, alphabet: Alphabet) -> Result<Self, BadSpec> {
        if value.len() > MAX_ANSWER_BYTES {
            return Err(BadSpec::TooLong);
        }
        let letters = compact(value);
        // IUPAC codes, with the ambiguous ones: a key may hold them, an answer must then spell them.
        let allowed = match alphabet {
            Alphabet::Dna => "ACGTRYSWKMBDHVN",
            Alphabet::Rna => "ACGURYSWKMBDHVN",
            Alphabet::Protein => "ACDEFGHIKLMNPQRSTVWYBJZXUO*",
        };
        match letters.chars().find(|c| !allowed.contains(*c)) {
            Some(c) => Err(BadSpec::Alphabet(c)),
            None if letters.is_empty() => Err(BadSpec::EmptyForm),
            None => Ok(Sequence { letters, alphabet }),
        }
    }

    /// Whether `text`, free of dress, spells the sequence.
    pub(crate) fn accept(&self, text: &str) -> bool {
        let mut text = text.trim();
        let nucleotides = self.alphabet != Alphabet::Protein;
        if text.starts_with('>') {
            text = text.split_once('\n').map_or("", |(_, rest)| rest).trim();
        }
        let unpointed = text.strip_suffix('.').filter(|rest| !rest.ends_with('.'));
        let text = without_end_marks(unpointed.unwrap_or(text));
        if !nucleotides {
            return compact(text) == self.letters;
        }
        let letters: String = text
            .lines()
            .map(|line| compact(line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit())))
            .collect();
        letters == self.letters
    }
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// Without `5'-` in front and `-3'` behind, when both are there.
fn without_end_marks(text: &str) -> &str {
    let prime = |c: char| matches!(c, '\'' | '′' | '’' | '`' | '´');
    let inside = text.strip_prefix('5').and_then(|rest| rest.strip_prefix(prime));
    let Some(inside) = inside.and_then(|rest| rest.strip_suffix(prime)).and_then(|rest| rest.strip_suffix('3')) else {
        return text;
    };
    let inside = inside.trim();
    let inside = inside.strip_prefix(is_hyphen).unwrap_or(inside);
    inside.strip_suffix(is_hyphen).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_but_for_spaces_and_case() {
        let dna = Sequence::new("ATGGCC", Alphabet::Dna).unwrap();
        for text in [
            "ATGGCC",
            "atg gcc",
            "ATG\nGCC",
            "5'-ATGGCC-3'",
            "5′ ATGGCC 3′",
            ">seq 1\nATGGCC",
            "1 atggcc",
            "1 atg\n4 gcc",
            "ATGGCC.",
        ] {
            assert!(dna.accept(text), "{text}");
        }
        for text in [
            "ATGGC",
            "AUGGCC",
            "3'-ATGGCC-5'",
            "ATG-GCC",
            "ATG...",
            "ATGGCN",
            "the ATGGCC",
            "5'-ATGGCC",
            "",
            "ATGGCC or ATGGCA",
            "GGTACC",
        ] {
            assert!(!dna.accept(text), "{text}");
        }
        let protein = Sequence::new("MKT", Alphabet::Protein).unwrap();
        assert!(protein.accept("mkt"));
        assert!(!protein.accept("1 MKT"));
        assert!(!protein.accept("Met-Lys-Thr"));
    }
}
