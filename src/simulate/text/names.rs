//! Invented names of genes, proteins, compounds, organisms, people and places.

use super::vocabulary::Genes;
use crate::simulate::catalogue::capitalise;
use crate::simulate::dice::Dice;

const ONSETS: &[&str] = &[
    "b", "br", "c", "cal", "cor", "d", "dr", "f", "fen", "g", "gal", "h", "j", "k", "kel", "l", "lor", "m", "mir", "n",
    "nev", "p", "pel", "qu", "r", "ros", "s", "sil", "sk", "t", "tar", "tor", "v", "vel", "w", "x", "z", "zan",
];
const NUCLEI: &[&str] = &["a", "e", "i", "o", "u", "ae", "ia", "eo", "ai", "or", "an", "el", "in", "ul"];
const CODAS: &[&str] = &["n", "r", "l", "s", "m", "x", "th", "nd", "v", "st", "rn", "lt", "c", "p"];
const CONSONANTS: &str = "BCDFGHJKLMNPQRSTVWXZ";

fn syllables(dice: &mut Dice, count: usize) -> String {
    let mut word = String::new();
    for _ in 0..count {
        word.push_str(dice.pick::<&str>(ONSETS));
        word.push_str(dice.pick::<&str>(NUCLEI));
    }
    word.push_str(dice.pick::<&str>(CODAS));
    word
}

/// A gene symbol in the style of the field: `KRDL4`, `Krdl4`, `tarn`, `TRVN7`, `tavR`.
pub fn gene(dice: &mut Dice, style: Genes) -> String {
    let letters: Vec<char> = CONSONANTS.chars().collect();
    let upper = |dice: &mut Dice, count: usize| (0..count).map(|_| dice.pick(&letters)).collect::<String>();
    match style {
        Genes::Human | Genes::Plant => format!("{}{}", upper(dice, 4), dice.whole(1, 19)),
        Genes::Mouse => format!("{}{}", capitalise(&upper(dice, 4).to_lowercase()), dice.whole(1, 19)),
        Genes::Fly => syllables(dice, 2).chars().take(6).collect(),
        Genes::Bacterial => {
            let stem: String = syllables(dice, 1).chars().take(3).collect();
            format!("{stem}{}", upper(dice, 1))
        }
    }
}

pub fn protein(dice: &mut Dice) -> String {
    let ending: &str = dice.pick(&["inase", "idase", "ulin", "actin", "odulin", "estrin", "otransferase", "ospondin"]);
    format!("{}{ending}", syllables(dice, 2))
}

pub fn compound(dice: &mut Dice) -> String {
    let ending: &str =
        dice.pick(&["amide", "azole", "inib", "oxacin", "idine", "atrol", "imycin", "olone", "estat", "umab"]);
    format!("{}{ending}", syllables(dice, 2))
}

/// A Latin binomial without markup.
pub fn organism(dice: &mut Dice) -> String {
    let genus: &str = dice.pick(&["ella", "ium", "opsis", "ina", "odes", "era", "anthus"]);
    let species: &str = dice.pick(&["ensis", "ata", "oides", "ifera", "osa", "icola", "ula"]);
    format!("{}{genus} {}{species}", capitalise(&syllables(dice, 1)), syllables(dice, 1))
}

pub fn place(dice: &mut Dice) -> String {
    let ending: &str = dice.pick(&["avia", "ora", "mark", "ington", "esia", "holm", "berg", "ovia"]);
    format!("{}{ending}", capitalise(&syllables(dice, 1)))
}

/// Surname and given names; now and then with accents or an apostrophe.
pub fn person(dice: &mut Dice) -> (String, String) {
    let mut surname = capitalise(&syllables(dice, 2));
    if dice.chance(0.06) {
        surname = format!("O'{surname}");
    } else if dice.chance(0.08) {
        surname = surname.replacen('o', "ö", 1).replacen('e', "é", 1);
    } else if dice.chance(0.05) {
        surname = format!("van {surname}");
    }
    let first: &str = dice.pick(&[
        "Ada", "Ben", "Chidi", "Dana", "Emre", "Farah", "Goro", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mei", "Nils",
        "Olga", "Pia", "Quin", "Rosa", "Sami", "Tove", "Uma", "Vito", "Wen", "Yara", "Zoë", "Łucja", "José", "Anaïs",
    ]);
    let given = if dice.chance(0.5) {
        let middle: char =
            dice.pick(&['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T']);
        format!("{first} {middle}")
    } else {
        first.to_owned()
    };
    (surname, given)
}

/// A defined term and its abbreviation, of three or four words.
pub fn abbreviated_term(dice: &mut Dice) -> (String, String) {
    let first: Vec<&str> =
        vec!["delayed", "calcium-gated", "redox", "membrane", "graded", "nuclear", "paired", "early", "local", "tonic"];
    let second: Vec<&str> = vec![
        "release",
        "coupling",
        "transfer",
        "growth",
        "repair",
        "transport",
        "lineage",
        "contact",
        "binding",
        "turnover",
    ];
    let third: Vec<&str> =
        vec!["factor", "index", "complex", "response", "module", "score", "signal", "pathway", "cascade", "network"];
    let mut words: Vec<&str> = vec![dice.pick(&first), dice.pick(&second), dice.pick(&third)];
    if dice.chance(0.4) {
        words.insert(0, dice.pick(&["integrated", "basal", "peripheral", "synthetic", "orthogonal", "mean"]));
    }
    let long = words.join(" ");
    let short = long.split([' ', '-']).filter_map(|word| word.chars().next()).map(|c| c.to_ascii_uppercase()).collect();
    (long, short)
}
