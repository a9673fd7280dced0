//! The grader's closed lists, read once from the tab-separated files in `data/`, which the Python port reads too.

use std::sync::LazyLock;

/// The phrases of `data/words.tsv`, by kind, in file order.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub approximators: Vec<&'static str>,
    pub less: Vec<&'static str>,
    pub greater: Vec<&'static str>,
    pub numbers: Vec<(&'static str, f64)>,
    pub scales: Vec<(&'static str, f64)>,
    pub specials: Vec<(&'static str, f64)>,
    pub quantities: Vec<&'static str>,
    pub tail_stops: Vec<&'static str>,
    pub lead_fillers: Vec<&'static str>,
    pub lead_ins: Vec<&'static str>,
    pub option_words: Vec<&'static str>,
    pub hedges: Vec<&'static str>,
    pub yes: Vec<&'static str>,
    pub no: Vec<&'static str>,
    pub increase: Vec<&'static str>,
    pub decrease: Vec<&'static str>,
    pub no_change: Vec<&'static str>,
    pub negations: Vec<&'static str>,
}

/// The closed word lists of GRADER.md part C.
pub(crate) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    for row in rows(include_str!("data/words.tsv")) {
        let mut fields = row.split('\t');
        let (Some(kind), Some(phrase)) = (fields.next(), fields.next()) else { continue };
        let value = fields.next().and_then(|field| field.parse().ok()).unwrap_or(0.0);
        match kind {
            "approximator" => words.approximators.push(phrase),
            "less" => words.less.push(phrase),
            "greater" => words.greater.push(phrase),
            "number" => words.numbers.push((phrase, value)),
            "scale" => words.scales.push((phrase, value)),
            "special" => words.specials.push((phrase, value)),
            "quantity" => words.quantities.push(phrase),
            "tail_stop" => words.tail_stops.push(phrase),
            "lead_filler" => words.lead_fillers.push(phrase),
            "lead_in" => words.lead_ins.push(phrase),
            "option_word" => words.option_words.push(phrase),
            "hedge" => words.hedges.push(phrase),
            "true" => words.yes.push(phrase),
            "false" => words.no.push(phrase),
            "increase" => words.increase.push(phrase),
            "decrease" => words.decrease.push(phrase),
            "no_change" => words.no_change.push(phrase),
            "negation" => words.negations.push(phrase),
            _ => {}
        }
    }
    words
});

/// The lines of a table that hold data: neither empty nor a remark.
pub(crate) fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The first two fields of each row.
pub(crate) fn pairs(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    rows(table).filter_map(|row| row.split_once('\t'))
}

/// `text` without `phrase` at its start, compared without case; `None` when it does not start so or when a letter or
/// digit goes straight on from the phrase's last letter.
pub(crate) fn strip_phrase<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let head = text.get(..phrase.len())?;
    let rest = text.get(phrase.len()..)?;
    if !head.eq_ignore_ascii_case(phrase) {
        return None;
    }
    let goes_on = phrase.ends_with(|c: char| c.is_alphanumeric()) && rest.starts_with(|c: char| c.is_alphanumeric());
    (!goes_on).then_some(rest)
}

/// `text` without the longest of `phrases` that it starts with.
pub(crate) fn strip_longest<'a>(text: &'a str, phrases: &[&str]) -> Option<&'a str> {
    phrases.iter().filter_map(|phrase| strip_phrase(text, phrase)).min_by_key(|rest| rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_word_list_has_a_kind_that_is_read() {
        let words = &*WORDS;
        let n_read = words.approximators.len()
            + words.less.len()
            + words.greater.len()
            + words.numbers.len()
            + words.scales.len()
            + words.specials.len()
            + words.quantities.len()
            + words.tail_stops.len()
            + words.lead_fillers.len()
            + words.lead_ins.len()
            + words.option_words.len()
            + words.hedges.len()
            + words.yes.len()
            + words.no.len()
            + words.increase.len()
            + words.decrease.len()
            + words.no_change.len()
            + words.negations.len();
        assert_eq!(n_read, rows(include_str!("data/words.tsv")).count());
    }
}
