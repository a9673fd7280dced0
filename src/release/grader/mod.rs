//! The grader as one Python file, for those who train on a release: standard library only, the same rulings, reasons and
//! extracted answers as [`crate::grade`]. Its closed lists are the tables of `grade/data`, letter for letter.

/// The text of `grader.py`.
pub const SOURCE: &str = include_str!("grader.py");

#[cfg(test)]
mod tests {
    use unicode_normalization::char::is_combining_mark;

    use super::*;

    fn base_36(mut number: u32) -> String {
        let mut digits = Vec::new();
        loop {
            digits.push(char::from_digit(number % 36, 36).unwrap());
            number /= 36;
            if number == 0 {
                return digits.into_iter().rev().collect();
            }
        }
    }

    /// Alternating gaps and lengths of the runs of chars from U+0080 on that have the property.
    fn table(has: impl Fn(char) -> bool) -> String {
        let has = |point: u32| char::from_u32(point).is_some_and(&has);
        let (mut numbers, mut end, mut point) = (Vec::new(), 0, 0x80);
        while point < 0x11_0000 {
            if has(point) {
                let start = point;
                while has(point) {
                    point += 1;
                }
                numbers.extend([base_36(start - end), base_36(point - start)]);
                end = point;
            } else {
                point += 1;
            }
        }
        numbers.join(" ")
    }

    /// The text of the string constant `name`.
    fn constant(name: &str) -> String {
        let (_, rest) = SOURCE.split_once(&format!("\n{name} = (\n")).expect(name);
        let (rows, _) = rest.split_once("\n)").expect(name);
        rows.lines().map(|row| row.trim().trim_matches('"')).collect()
    }

    #[test]
    fn the_closed_lists_are_those_of_the_grader() {
        for (name, list) in [
            ("_WORDS_TSV", include_str!("../../grade/data/words.tsv")),
            ("_UNITS_TSV", include_str!("../../grade/data/units.tsv")),
            ("_PLURALS_TSV", include_str!("../../grade/data/plurals.tsv")),
            ("_SPELLING_TSV", include_str!("../../grade/data/spelling.tsv")),
            ("_GREEK_TSV", include_str!("../../grade/data/greek.tsv")),
        ] {
            assert!(SOURCE.contains(&format!("{name} = \"\"\"{list}\"\"\"\n")), "{name}");
        }
    }

    #[test]
    fn the_properties_of_characters_are_those_of_this_compiler() {
        assert_eq!(constant("_ALPHABETIC"), table(char::is_alphabetic));
        assert_eq!(constant("_NUMERIC"), table(char::is_numeric));
        assert_eq!(constant("_UPPERCASE"), table(char::is_uppercase));
        assert_eq!(constant("_MARKS"), table(is_combining_mark));
    }
}
