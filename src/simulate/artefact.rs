//! What the preprint servers' exports do to an abstract: fused headings, figure blocks, placeholders for letters, lost
//! letters and apostrophes. About a third of all rows carry one.

use super::dice::Dice;
use super::text::plain;

/// The abstract as a details row carries it.
pub fn export(parts: &[(Option<&'static str>, String)], seed: u64) -> String {
    let dice = &mut Dice::of(seed, &["artefact"]);
    let mut text = match parts {
        [(None, only)] => plain(only),
        _ => {
            let spoken = |heading: &str| super::catalogue::capitalise(&heading.to_lowercase());
            // Headings are fused to the next word after a line break.
            let parts = parts
                .iter()
                .map(|(heading, text)| format!("{}{}", heading.map(spoken).unwrap_or_default(), plain(text)));
            parts.collect::<Vec<_>>().join("\n\n")
        }
    };
    if !dice.chance(0.337) {
        return text;
    }
    match dice.whole(0, 5) {
        0 => {
            let letters = [
                ("α", "{alpha}"),
                ("β", "{beta}"),
                ("γ", "{gamma}"),
                ("µ", "{micro}"),
                ("±", "{+/-}"),
                ("°", "{degrees}"),
                ("–", "{-}"),
            ];
            for (letter, placeholder) in letters {
                text = text.replace(letter, placeholder);
            }
        }
        1 => text = text.replace(" ≥ ", " [&ge;] ").replace(" < ", " [&lt;] ").replace("about ", "[~]"),
        2 => {
            let block = "\n\nO_FIG O_LINKSMALLFIG WIDTH=200 HEIGHT=118 SRC=\"FIGDIR/small/700001v1_ufig1.gif\" ALT=\"Figure 1\">\nView larger version (31K):\norg.highwire.dtl.DTLVardef@1f4cd2e_HPS_FORMAT_FIGEXP  M_FIG C_FIG";
            text.push_str(block);
        }
        3 => text.push_str("\n\nO_TBL View this table:\norg.highwire.dtl.DTLVardef@9a1 C_TBL"),
        // Letters lost altogether, as in "of -diversity".
        4 => text = text.replace(['α', 'β', 'γ', 'µ', '’'], ""),
        _ => text = text.replace('–', "[x2013]").replace('→', "[-&gt;]"),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_fuse_and_a_third_is_damaged() {
        let parts = [(Some("RESULTS"), "Insulin rose by 3.2 ± 0.1 µM – a lot.".to_owned())];
        let whole = "ResultsInsulin rose by 3.2 ± 0.1 µM – a lot.";
        let damaged = (0..1000).filter(|seed| export(&parts, *seed) != whole).count();
        assert!((150..450).contains(&damaged), "{damaged}");
        assert!((0..1000).all(|seed| export(&parts, seed).starts_with("ResultsInsulin")));
    }
}
