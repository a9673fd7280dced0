//! Who or what a paper studied, to be put before a question that does not say so itself.

use crate::model::document::{Document, PassageRef, SectionKind};

use super::cohort::{PEOPLE, cohort_of_abstract, cohort_of_title, has_bare_cohort};
use super::context::is_name;

/// `In mice`, `In patients with sepsis`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    phrase: String,
    /// Whether it names people.
    people: bool,
    /// Told by the title or the keywords; else read from the abstract, which may speak of several things.
    told: bool,
    /// Whether the abstract names it more than once.
    often: bool,
}

/// Who or what was studied, with the words that say so.
const ORGANISMS: &[(&str, &str)] = &[
    ("mice", "mice"),
    ("mouse", "mice"),
    ("murine", "mice"),
    ("rats", "rats"),
    ("rat", "rats"),
    ("zebrafish", "zebrafish"),
    ("Drosophila", "Drosophila"),
    ("Arabidopsis", "Arabidopsis"),
    ("budding yeast", "budding yeast"),
    ("Saccharomyces cerevisiae", "budding yeast"),
    ("fission yeast", "fission yeast"),
    ("Schizosaccharomyces pombe", "fission yeast"),
    ("yeast", "yeast"),
    ("Xenopus", "Xenopus"),
    ("C. elegans", "Caenorhabditis elegans"),
    ("Caenorhabditis elegans", "Caenorhabditis elegans"),
    ("E. coli", "Escherichia coli"),
    ("Escherichia coli", "Escherichia coli"),
    ("macaques", "macaques"),
    ("monkeys", "monkeys"),
    ("pigs", "pigs"),
    ("piglets", "piglets"),
    ("rice", "rice"),
    ("maize", "maize"),
    ("honeybees", "honeybees"),
    ("honey bees", "honey bees"),
    ("mosquitoes", "mosquitoes"),
    ("mosquito larvae", "mosquitoes"),
    ("chickens", "chickens"),
    ("cattle", "cattle"),
    ("goats", "goats"),
    ("sheep", "sheep"),
    ("dogs", "dogs"),
    ("rabbits", "rabbits"),
    ("hamsters", "hamsters"),
    ("planarians", "planarians"),
    ("Plasmodium falciparum", "Plasmodium falciparum"),
    ("Mycobacterium tuberculosis", "Mycobacterium tuberculosis"),
    ("Staphylococcus aureus", "Staphylococcus aureus"),
    ("Pseudomonas aeruginosa", "Pseudomonas aeruginosa"),
    ("Bacillus subtilis", "Bacillus subtilis"),
    ("tomato", "tomato"),
    ("wheat", "wheat"),
    ("soybean", "soybean"),
    ("barley", "barley"),
];

/// Words that say whom or what a clause is about.
const NAMED: &[&str] = &[
    "human",
    "participants",
    "males",
    "females",
    "girls",
    "boys",
    "larvae",
    "worms",
    "flies",
    "mosquitoes",
    "plants",
    "animals",
    "embryos",
    "vitro",
    "mouse",
    "rat",
    "yeast",
    "bacteria",
    "cultured",
    "macrophages",
    "fibroblasts",
    "proteins",
    "purified",
    "recombinant",
    "reconstituted",
    "liposomes",
    "lysates",
    "extracts",
    "affinity",
    "kd",
    "ec50",
    "ic50",
    "hela",
    "hek",
    "jurkat",
    "cos",
    "cho",
];

/// Words for living things that no setting is made of.
const OTHERS: &[&str] = &[
    "millet",
    "sorghum",
    "cotton",
    "potato",
    "tobacco",
    "medaka",
    "porcine",
    "bovine",
    "ovine",
    "canine",
    "feline",
    "avian",
    "chick",
    "frog",
    "fly",
    "ferret",
    "ferrets",
    "macaque",
    "monkey",
    "insect",
    "insects",
    "virus",
    "viral",
    "phage",
    "fungus",
    "fungal",
    "primate",
    "primates",
    "mammals",
    "mammalian",
    "vertebrates",
];

/// Words that put a clause into a dish: an abstract may name an animal beside it.
const DISHES: &[&str] = &[
    "cell",
    "cells",
    "culture",
    "cultures",
    "line",
    "lines",
    "assay",
    "assays",
    "promoter",
    "organoids",
    "explants",
    "neurons",
    "patients",
    "tumor",
    "tumors",
    "tumour",
    "tumours",
    "cancer",
    "in-vitro",
    "residue",
    "residues",
    "crystal",
    "peptide",
    "vesicles",
    "membranes",
];

impl Setting {
    /// From the title, else the keywords, else the abstract.
    pub fn of(document: &Document, passages: &[PassageRef<'_>]) -> Option<Self> {
        let titled =
            cohort_of_title(&document.title).map(|phrase| Setting { phrase, people: true, told: true, often: true });
        let organism =
            |name: &str, told: bool| Setting { phrase: format!("In {name}"), people: false, told, often: told };
        titled
            .or_else(|| only_organism(&[&document.title]).map(|name| organism(name, true)))
            .or_else(|| organism_of(&document.keywords).map(|name| organism(name, true)))
            .or_else(|| {
                let texts: Vec<&str> =
                    passages.iter().filter(|p| p.section_kind == SectionKind::Abstract).map(|p| p.text).collect();
                if let Some((phrase, count)) = cohort_of_abstract(&texts) {
                    return Some(Setting { phrase, people: true, told: false, often: count > 1 });
                }
                let of_people = texts.iter().any(|text| {
                    text.split(|c: char| !c.is_alphanumeric())
                        .any(|word| PEOPLE.contains(&word) || matches!(word, "human" | "participants" | "clinical"))
                });
                only_organism(&texts).filter(|_| !of_people).map(|name| organism(name, false))
            })
    }

    /// The words to put before `clause`, a sentence of `passage`, when it does not say itself whom or what it is about.
    pub fn before(&self, clause: &str, passage: &str) -> Option<&str> {
        let words: Vec<String> = clause.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
        let is_any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let bare = has_bare_cohort(clause);
        // `patients` alone leaves open which; `patients with sepsis` does not.
        let people = is_any(PEOPLE) && !(self.people && bare);
        let organism = ORGANISMS.iter().any(|(cue, _)| contains_word(clause, cue));
        // `U87 cells`: a cell line has its own species.
        let line = words
            .windows(2)
            .any(|pair| matches!(pair[1].as_str(), "cells" | "cell") && pair[0].bytes().any(|b| b.is_ascii_digit()));
        // What the abstract names holds where the text around names it, too.
        let elsewhere = !self.told
            && if self.people {
                !bare && (!self.often || clause.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(is_name))
            } else {
                is_any(DISHES) || only_organism(&[passage]).is_none_or(|name| !self.phrase.ends_with(name))
            };
        let named = people || organism || line || elsewhere || is_any(NAMED) || is_any(OTHERS) || names_taxon(clause);
        (!named).then_some(self.phrase.as_str())
    }
}

/// `E. coli`, `Anopheles gambiae`, `Diplogastridae`.
pub(super) fn names_taxon(clause: &str) -> bool {
    let words: Vec<&str> = clause.split(' ').map(|w| w.trim_end_matches([',', '?', ':'])).collect();
    let capital = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let family = |word: &str| capital(word) && ["idae", "aceae", "inae"].iter().any(|end| word.ends_with(end));
    let genus = |word: &str| {
        capital(word) && word.len() > 4 && word[1..].bytes().all(|b| b.is_ascii_lowercase())
            || word.len() == 2 && capital(word) && word.ends_with('.')
    };
    let epithet = |word: &str| {
        word.len() > 4
            && word.bytes().all(|b| b.is_ascii_lowercase())
            && ["a", "us", "um", "is", "i", "ae", "ens", "ans"].iter().any(|end| word.ends_with(end))
    };
    words.iter().any(|word| family(word))
        || words.windows(2).any(|pair| genus(pair[0]) && (epithet(pair[1]) || pair[0].ends_with('.')))
}

/// The one research organism among the keywords, as eLife and others give it; none when there are several, or people.
fn organism_of(keywords: &[String]) -> Option<&'static str> {
    const RESEARCH: &[(&str, &str)] = &[
        ("mouse", "mice"),
        ("rat", "rats"),
        ("d. melanogaster", "Drosophila"),
        ("drosophila", "Drosophila"),
        ("c. elegans", "Caenorhabditis elegans"),
        ("zebrafish", "zebrafish"),
        ("arabidopsis", "Arabidopsis"),
        ("a. thaliana", "Arabidopsis"),
        ("s. cerevisiae", "budding yeast"),
        ("s. pombe", "fission yeast"),
        ("xenopus", "Xenopus"),
        ("chicken", "chickens"),
        ("rhesus macaque", "macaques"),
        ("e. coli", "Escherichia coli"),
        ("human", ""),
        ("viruses", ""),
        ("other", ""),
    ];
    let mut found: Vec<&'static str> = keywords
        .iter()
        .filter_map(|k| {
            let k = k.to_lowercase();
            RESEARCH.iter().find(|(name, _)| *name == k).map(|(_, plural)| *plural)
        })
        .collect();
    found.dedup();
    match found.as_slice() {
        [one] if !one.is_empty() => Some(one),
        _ => None,
    }
}

/// The organism that `texts` speak of, when it is one only.
fn only_organism(texts: &[&str]) -> Option<&'static str> {
    let capital = |cue: &str| cue[..1].to_uppercase() + &cue[1..];
    let named = |cue: &str| texts.iter().any(|text| contains_word(text, cue) || contains_word(text, &capital(cue)));
    let mut found: Vec<&'static str> = ORGANISMS.iter().filter(|(cue, _)| named(cue)).map(|(_, name)| *name).collect();
    found.dedup();
    if found.iter().any(|name| name.ends_with(" yeast")) {
        found.retain(|name| *name != "yeast");
    }
    match found.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = &text[at + word.len()..];
        // `anti-mouse IgG`, `mouse monoclonal`: a reagent.
        let reagent =
            text[..at].ends_with("anti-") || [" monoclonal", " anti-", " IgG"].iter().any(|r| behind.starts_with(r));
        before.is_none_or(|c| !c.is_alphanumeric())
            && behind.chars().next().is_none_or(|c| !c.is_alphanumeric())
            && !reagent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_stands_where_nothing_else_says() {
        let setting = |people, told| Setting { phrase: "In newts with mice".into(), people, told, often: told };
        let animal = setting(false, true);
        assert!(animal.before("how did cooling change lactate uptake", "").is_some());
        assert!(animal.before("what percentage demonstrated lactate uptake", "").is_some(), "no rat");
        assert!(animal.before("how did cooling change lactate uptake in rats", "").is_none());
        assert!(animal.before("how did body length change in Plethodontidae", "").is_none());
        assert!(animal.before("how did cooling change uptake in Triturus cristatus", "").is_none());
        let read = setting(false, false);
        assert!(
            read.before("how did cooling change lactate uptake", "").is_none(),
            "the passage may be about other things"
        );
        assert!(read.before("how did cooling change lactate uptake", "Mice slept.").is_some());
        assert!(read.before("how did cooling change lactate uptake of tail cells", "Mice slept.").is_none());
        let people = setting(true, false);
        assert!(people.before("what percentage of patients slept", "").is_some());
        assert!(people.before("what percentage of patients with fever slept", "").is_none());
        assert!(people.before("what percentage of febrile women slept", "").is_none());
    }

    #[test]
    fn a_reagent_is_no_animal() {
        assert_eq!(only_organism(&["Zebrafish were stained with anti-mouse IgG."]), Some("zebrafish"));
        assert_eq!(only_organism(&["Cells of budding yeast, a yeast, divide."]), Some("budding yeast"));
        assert_eq!(only_organism(&["Mice and rats slept."]), None);
    }
}
