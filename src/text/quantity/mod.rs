//! Quantities in prose: numbers with their unit, bound and role, as byte spans.
//!
//! Numbers that name something (`p53`, `IL-6`, `Figure 2`, `in 2019`, `[12]`) are not quantities and are not returned.

mod numeral;
mod role;
mod unit;

use std::ops::Range;

pub use role::Role;

/// A number in prose with what belongs to it. Spans are bytes of the scanned text.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Number and unit, without the bound before it.
    pub span: Range<usize>,
    /// The number as written.
    pub number: Range<usize>,
    pub value: f64,
    pub bound: Bound,
    /// The bound's sign or words (`<`, `less than`), when there is one.
    pub bound_span: Option<Range<usize>>,
    /// "about", "~", "nearly" stands before it.
    pub approximate: bool,
    /// The unit as written (`mg/kg`, `%`, `-fold` gives `fold`), when a known one follows.
    pub unit: Option<Range<usize>>,
    pub kind: Kind,
    pub role: Role,
    /// Written in words (`twelve`).
    pub in_words: bool,
    /// Digits after the decimal point as written; 0 for whole numbers.
    pub decimals: usize,
    /// Joined to its unit by a hyphen, as an adjective (`8-year follow-up`).
    pub adjective: bool,
    /// The symbol of `symbol = number` (`HR`, `r`, `p`), when there is one.
    pub label: Option<Range<usize>>,
}

/// Whether the number is a value or a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Bound {
    #[default]
    None,
    /// `<`, "less than", "fewer than", "below", "under".
    Below,
    /// `≤`, "at most", "up to", "no more than".
    AtMost,
    /// `>`, "more than", "over", "above", "exceeding".
    Above,
    /// `≥`, "at least".
    AtLeast,
}

/// What the number measures, as its unit tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No unit: a count or a bare number.
    #[default]
    Bare,
    Percent,
    Fold,
    Unit,
}

impl Quantity {
    /// The unit as written, when there is one.
    pub fn unit_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.unit.clone().and_then(|span| text.get(span))
    }

    /// Whether it is one measured or counted value: no spread, interval, range member, p-value or ratio.
    pub fn is_value(&self) -> bool {
        matches!(self.role, Role::Value | Role::Labelled)
    }
}

/// The quantities of `text` in order, not overlapping. Linear in the text.
pub fn scan(text: &str) -> Vec<Quantity> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut debris_end = None;
    while at < bytes.len() {
        let byte = bytes[at];
        let starts_digit = byte.is_ascii_digit() || (byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit));
        if starts_digit && (byte != b'.' || role::opens_number(text, at)) {
            if role::is_glued_before(text, at) {
                at = numeral::end_of_name(bytes, at);
                continue;
            }
            let Some(numeral) = numeral::digits(text, at) else {
                at = numeral::end_of_name(bytes, at);
                continue;
            };
            let end = numeral.end;
            if role::is_label(text, at, &numeral, &mut debris_end) {
                at = end.max(at + 1);
                continue;
            }
            match finish(text, numeral) {
                Some(quantity) => {
                    at = quantity.span.end.max(end);
                    found.push(quantity);
                }
                None => at = numeral::end_of_name(bytes, end),
            }
        } else if byte.is_ascii_alphabetic() && !role::is_word_byte_before(text, at) {
            match numeral::words(text, at) {
                Some(numeral) => {
                    let end = numeral.end;
                    match finish(text, numeral) {
                        Some(quantity) => {
                            at = quantity.span.end.max(end);
                            found.push(quantity);
                        }
                        None => at = end,
                    }
                }
                None => at = numeral::end_of_letters(bytes, at),
            }
        } else {
            at += 1;
        }
    }
    role::relate(text, &mut found);
    found
}

/// Reads unit, bound and label around a number; `None` when the number is part of a name (`5-HT`, `16S`, `2nd`).
fn finish(text: &str, numeral: numeral::Numeral) -> Option<Quantity> {
    let after = unit::after(text, numeral.end, numeral.in_words);
    let (unit, kind, span_end, adjective) = match after {
        unit::After::Name => return None,
        unit::After::Nothing if numeral.needs_unit => return None,
        unit::After::Nothing => (None, Kind::Bare, numeral.end, false),
        unit::After::Unit { span, kind, adjective } => {
            let end = span.end;
            (Some(span), kind, end, adjective)
        }
    };
    let (unit, kind) = match numeral.fold {
        true => (Some(numeral.unit_start..numeral.end), Kind::Fold),
        false => (unit, kind),
    };
    let before = role::before(text, numeral.start);
    Some(Quantity {
        span: numeral.start..span_end,
        number: numeral.start..if numeral.fold { numeral.unit_start } else { numeral.end },
        value: numeral.value,
        bound: before.bound,
        bound_span: before.bound_span,
        approximate: before.approximate,
        unit,
        kind,
        role: before.role,
        in_words: numeral.in_words,
        decimals: numeral.decimals,
        adjective,
        label: before.label,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each quantity as `bound number|unit|role`, joined by `; `.
    fn picture(text: &str) -> String {
        scan(text)
            .iter()
            .map(|q| {
                let bound = match q.bound {
                    Bound::None => "",
                    Bound::Below => "<",
                    Bound::AtMost => "<=",
                    Bound::Above => ">",
                    Bound::AtLeast => ">=",
                };
                let role = match q.role {
                    Role::Value => String::new(),
                    other => format!("|{other:?}"),
                };
                format!("{bound}{}|{}{role}", q.value, q.unit_in(text).unwrap_or(""))
            })
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(picture(text), expected, "in {text:?}");
    }

    #[test]
    fn values_with_units() {
        check("Mice received 5 mg/kg of drug.", "5|mg/kg");
        check("Mice received 5 mg kg⁻¹ day⁻¹ of drug.", "5|mg kg⁻¹ day⁻¹");
        check("Survival rose by 46% in 24h.", "46|%; 24|h");
        check("It weighed 50kDa and 1,234.5 g.", "50|kDa; 1234.5|g");
        check("a 3.2-fold increase and an 8-year follow-up", "3.2|fold; 8|year");
        check(
            "a twofold rise, twelve mice, 43.5 ± 2.1 %",
            "2|fold; 12|; 43.5||; 2.1|%|Spread".replace("||", "|").as_str(),
        );
        check("at 37 °C for 2 h with 10 µM", "37|°C; 2|h; 10|µM");
        check("3.5 million people", "3500000|");
        check("twenty-five percent of cells", "25|percent");
    }

    #[test]
    fn powers_of_ten() {
        check("5 × 10⁻⁸ M", "0.00000005|M");
        check("2.1 × 10^6 cells", "2100000|cells");
        check("2.1 x 10^{6} cells", "2100000|cells");
        check("10⁵ CFU", "100000|CFU");
        check("p = 3.2e-5", "0.000032||PValue");
    }

    #[test]
    fn bounds() {
        check("fewer than 5% of cells", "<5|%");
        check("p < 0.001", "<0.001||PValue");
        check("at least 30 min, up to 40%", ">=30|min; <=40|%");
        check("≥200 cells/µl", ">=200|cells/µl");
    }

    #[test]
    fn spreads_and_intervals() {
        check(
            "HR 1.43 (95% CI 1.06–1.92; p = 0.02)",
            "1.43||Labelled; 95|%|Level; 1.06||Interval; 1.92||Interval; 0.02||PValue",
        );
        check("from 57% to 46%", "57|%|From; 46|%|To");
        check("between 20 and 60 g", "20||RangeLow; 60|g|RangeHigh");
        check("20–30 cm", "20||RangeLow; 30|cm|RangeHigh");
        check("(n = 12 mice)", "12||SampleSize");
        check("12 mg (SD 3.1)", "12|mg; 3.1||Spread");
        check("14/60 (23%)", "14||Ratio; 60||Ratio; 23|%");
    }

    #[test]
    fn names_are_not_quantities() {
        check("p53 and IL-6 bind H3K27 (Figure 2A and 3B) in 2019 [12,13]", "");
        check("5-HT, 16S rRNA, 14-3-3 proteins, the 2nd dose, CD4+ T cells, COVID-19", "");
        check("Tables 1 and 2, Fig. 3, type 2 diabetes, exon 7, chromosome 21", "");
    }

    proptest! {
        #[test]
        fn spans_hold_on_any_text(text in "\\PC{0,80}|[0-9a-z .,%×⁻⁵±<>=()-]{0,60}") {
            let mut end = 0;
            for quantity in scan(&text) {
                prop_assert!(text.get(quantity.span.clone()).is_some());
                prop_assert!(text.get(quantity.number.clone()).is_some());
                prop_assert!(quantity.span.start >= end && quantity.span.end > quantity.span.start);
                prop_assert!(quantity.value.is_finite());
                end = quantity.span.end;
            }
        }
    }
}
