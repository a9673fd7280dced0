//! What a question asks for, read from its words.

use super::words::{Word, is_function_word, words};

/// The kinds of answer a question's form calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `how many`, `what percentage`, `by how much`.
    Number,
    /// `does`, `is`, `did` …
    YesNo,
    /// `does … or …`, `which …: A or B`.
    Alternatives,
    /// `how does … change`, `what effect does … have`, `what happens to`.
    Change,
    /// `which`, `what`, `who`, `where`, `in which …`.
    Thing,
    /// `rank`, `order`.
    Order,
    /// `name`, `list`.
    Listing,
    /// `how`, `why`, `when` and whatever else.
    Open,
}

/// A question taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub words: Vec<Word>,
    pub asked: Asked,
    /// Position in `words` of the word that asks.
    pub at: usize,
    /// The noun behind `which` or `what`: positions in `words`.
    pub head: std::ops::Range<usize>,
}

pub(crate) const AUXILIARIES: &[&str] = &[
    "does", "do", "did", "is", "are", "was", "were", "can", "could", "has", "have", "had", "will", "would", "should",
    "may", "might", "must",
];
const PREPOSITIONS: &[&str] = &[
    "in",
    "on",
    "at",
    "by",
    "to",
    "from",
    "with",
    "of",
    "for",
    "under",
    "through",
    "within",
    "into",
    "above",
    "below",
    "between",
    "among",
    "during",
    "via",
    "over",
    "against",
    "along",
    "down",
    "up",
    "after",
    "before",
    "about",
    "per",
    "than",
    "roughly",
    "approximately",
];
/// Nouns whose value is a number.
const QUANTITIES: &[&str] = &[
    "percentage",
    "percent",
    "proportion",
    "fraction",
    "share",
    "number",
    "rate",
    "rates",
    "ratio",
    "concentration",
    "dose",
    "dosage",
    "temperature",
    "age",
    "year",
    "day",
    "time",
    "level",
    "size",
    "length",
    "mass",
    "weight",
    "frequency",
    "incidence",
    "prevalence",
    "score",
    "coefficient",
    "value",
    "duration",
    "density",
    "distance",
    "speed",
    "velocity",
    "volume",
    "area",
    "probability",
    "risk",
    "expectancy",
    "penalty",
    "magnitude",
    "factor",
    "increase",
    "decrease",
    "reduction",
    "decline",
    "rise",
    "difference",
    "count",
    "lifetime",
    "lag",
    "delay",
    "period",
    "interval",
    "threshold",
    "limit",
    "depth",
    "height",
    "ph",
    "fold",
    "degree",
    "amount",
    "quantity",
    "yield",
    "efficiency",
    "accuracy",
    "sensitivity",
    "specificity",
    "power",
    "correlation",
    "slope",
    "heritability",
    "cost",
    "range",
    "diameter",
    "width",
    "thickness",
    "survival",
    "p",
    "r",
    "n",
    "variance",
    "constant",
    "affinity",
    "kd",
    "ic50",
    "ec50",
    "auc",
    "resolution",
    "mean",
    "median",
    "average",
    "maximum",
    "minimum",
    "odds",
    "hazard",
    "extent",
    "pressure",
    "dilution",
    "half",
    "molarity",
    "capacity",
    "index",
    "error",
    "power",
    "gain",
    "loss",
    "change",
    "dates",
    "date",
    "release",
    "version",
    "titre",
    "titer",
    "intensity",
    "energy",
    "wavelength",
    "altitude",
    "elevation",
    "latitude",
    "hour",
    "hours",
    "minutes",
    "days",
    "weeks",
    "months",
    "years",
    "generation",
    "generations",
    "position",
    "residue",
    "codon",
    "kilobases",
    "sum",
    "total",
    "quantile",
    "loads",
    "load",
    "body",
    "potency",
    "similarity",
    "identity",
    "estimate",
    "spacing",
    "period",
    "stage",
];
/// Nouns that name a thing, never a number, a direction or a yes.
const THINGS: &[&str] = &[
    "protein",
    "proteins",
    "gene",
    "genes",
    "enzyme",
    "enzymes",
    "drug",
    "drugs",
    "species",
    "cell",
    "cells",
    "tissue",
    "tissues",
    "receptor",
    "receptors",
    "pathway",
    "pathways",
    "hormone",
    "hormones",
    "compound",
    "compounds",
    "molecule",
    "molecules",
    "region",
    "regions",
    "organ",
    "organs",
    "bacterium",
    "bacteria",
    "virus",
    "viruses",
    "strain",
    "strains",
    "treatment",
    "treatments",
    "chaperone",
    "transporter",
    "kinase",
    "phosphatase",
    "factor",
    "channel",
    "channels",
    "organelle",
    "structure",
    "structures",
    "domain",
    "domains",
    "family",
    "organism",
    "animal",
    "animals",
    "plant",
    "plants",
    "hormone",
    "cytokine",
    "chemokine",
    "antibody",
    "antibiotic",
    "vaccine",
    "method",
    "technique",
    "substance",
    "precursor",
    "moiety",
    "lipid",
    "lipids",
    "neurotransmitter",
    "neuron",
    "neurons",
    "nerve",
    "muscle",
    "bone",
    "disease",
    "disorder",
    "syndrome",
    "parasite",
    "host",
    "vector",
    "allele",
    "polymorphism",
    "metabolite",
    "metabolites",
    "chemical",
    "ion",
    "metal",
    "vitamin",
    "nutrient",
    "sugar",
    "acid",
    "peptide",
    "motif",
    "sequence",
    "country",
    "habitat",
    "ecosystem",
    "phylum",
    "genus",
    "clade",
    "lineage",
    "chromosome",
    "chromosomes",
    "mutation",
    "mechanism",
    "process",
    "signal",
    "ligand",
    "agonist",
    "antagonist",
    "inhibitor",
    "activator",
    "regulator",
    "microrna",
    "rna",
    "hypothesis",
    "model",
];

impl Ask {
    pub fn of(question: &str) -> Self {
        let words = words(question);
        let (asked, at) = asked(&words);
        let head = head(&words, at, asked);
        Ask { words, asked, at, head }
    }

    /// The words of the noun that is asked for.
    pub fn head_words(&self) -> &[Word] {
        self.words.get(self.head.clone()).unwrap_or_default()
    }

    pub fn names_quantity(&self) -> bool {
        // The whole noun phrase up to the verb: `what response rate`, `what was the hazard ratio`, `what average grain yield penalty`.
        let end = self.words.len().min(self.at + 14);
        self.words.get(self.at..end).unwrap_or_default().iter().any(|w| QUANTITIES.contains(&w.folded.as_str()))
    }

    pub fn names_thing(&self) -> bool {
        let head = self.head_words();
        head.last().is_some_and(|w| THINGS.contains(&w.folded.as_str()))
            && !head.iter().any(|w| matches!(w.folded.as_str(), "number" | "percentage" | "proportion" | "fraction"))
    }

    /// Whether a plural or a count asks for more than one thing (`which two proteins`).
    pub fn asks_for_count(&self) -> Option<usize> {
        let next = self.words.get(self.at + 1)?;
        let number = |w: &Word| small_number(&w.folded).filter(|_| !w.joined);
        number(next).or_else(|| {
            self.words.get(self.at + 2).filter(|_| next.is_any(&["of", "other", "the", "are", "were"])).and_then(number)
        })
    }
}

/// Two to twelve as words or digits.
pub(crate) fn small_number(word: &str) -> Option<usize> {
    let names = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    names.iter().position(|n| *n == word).map(|i| i + 2).or_else(|| word.parse().ok().filter(|n| (2..=12).contains(n)))
}

fn asked(words: &[Word]) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let clause_start = |i: usize| {
        i == 0 || matches!(text(i - 1), "," | ":" | ";" | "." | ")" | "?" | "!" | "and" | "then" | "so" | ">")
    };
    if matches!(text(0), "rank" | "order" | "arrange" | "sort") {
        return (Asked::Order, 0);
    }
    if matches!(text(0), "name" | "list" | "give" | "identify") {
        return (Asked::Listing, 0);
    }
    if let Some(i) = (0..words.len()).find(|i| clause_start(*i) && matches!(text(*i), "rank" | "arrange" | "order")) {
        return (Asked::Order, i);
    }
    // The asking word is the first one that is not a relative pronoun: at the start, behind a comma or behind prepositions,
    // or anywhere when the sentence is turned round ("X belongs to which class?").
    let mut relative = None;
    for i in 0..words.len() {
        let behind_preposition = i > 0 && (PREPOSITIONS.contains(&text(i - 1)) || matches!(text(i - 1), "one" | "any"));
        match text(i) {
            "how" => return how(words, i),
            "which" | "what" | "whose" | "who" | "where" | "whom" => {
                let first = clause_start(i)
                    && !(i > 0 && text(i - 1) == "," && text(i) == "which" && is_verb_like(words, i + 1));
                if first || behind_preposition && !is_relative(words, i) || text(i) == "what" {
                    return wh(words, i);
                }
                if i > 0 && matches!(text(i), "which" | "what") && !is_relative(words, i) {
                    return wh(words, i);
                }
                relative.get_or_insert(i);
            }
            "why" | "when" if clause_start(i) && (text(i) == "why" || AUXILIARIES.contains(&text(i + 1))) => {
                return (Asked::Open, i);
            }
            word if clause_start(i) && AUXILIARIES.contains(&word) => {
                let alternatives = words.iter().skip(i).any(|w| w.is("or"));
                return (if alternatives { Asked::Alternatives } else { Asked::YesNo }, i);
            }
            _ => {}
        }
    }
    match relative {
        Some(i) => wh(words, i),
        None => (Asked::Open, 0),
    }
}

/// `, which drives …`: the word behind is a verb.
fn is_verb_like(words: &[Word], at: usize) -> bool {
    words.get(at).is_some_and(|w| {
        AUXILIARIES.contains(&w.folded.as_str())
            || (w.folded.ends_with('s') && !w.folded.ends_with("ss"))
            || w.folded.ends_with("ed")
    })
}

/// `a gene in which mutations …` against `in which gene …`: a noun stands before the preposition.
fn is_relative(words: &[Word], at: usize) -> bool {
    let Some(before) = at.checked_sub(2).and_then(|i| words.get(i)) else { return false };
    let preposition =
        at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| PREPOSITIONS.contains(&w.folded.as_str()));
    let behind = words.get(at + 1).map_or("", |w| w.folded.as_str());
    preposition
        && before.is_content()
        && (is_function_word(behind) || AUXILIARIES.contains(&behind))
        && !super::ask::AUXILIARIES.contains(&before.folded.as_str())
}

fn how(words: &[Word], at: usize) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    if matches!(
        text(at + 1),
        "many"
            | "much"
            | "long"
            | "old"
            | "often"
            | "far"
            | "high"
            | "large"
            | "fast"
            | "deep"
            | "frequent"
            | "soon"
            | "low"
            | "big"
            | "small"
            | "quickly"
            | "late"
            | "early"
            | "strongly"
            | "wide"
            | "heavy"
            | "tall"
            | "common"
            | "short"
    ) {
        return (Asked::Number, at);
    }
    let changes = words.iter().skip(at + 1).any(|w| {
        w.is_any(&[
            "change",
            "changes",
            "changed",
            "affect",
            "affects",
            "affected",
            "alter",
            "alters",
            "altered",
            "influence",
            "influences",
            "influenced",
            "modify",
            "impact",
            "respond",
            "responded",
            "vary",
            "varies",
            "shift",
            "differ",
            "differs",
            "develop",
            "act",
            "compare",
            "compares",
            "relate",
            "evolve",
            "modulate",
            "modulates",
            "shape",
        ])
    });
    (if changes { Asked::Change } else { Asked::Open }, at)
}

fn wh(words: &[Word], at: usize) -> (Asked, usize) {
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let behind = words.get(at + 1..words.len().min(at + 4)).unwrap_or_default();
    if behind.iter().any(|w| w.is_any(&["percentage", "percent", "proportion", "fraction", "fold"])) {
        return (Asked::Number, at);
    }
    if text(at) == "what" || text(at) == "which" {
        // `what happens to …`, `what did knockdown do to …`, `what effect …`, `in what direction …`.
        let does = matches!(text(at + 1), "does" | "did" | "do" | "will" | "would" | "can")
            && (at + 2..words.len())
                .any(|i| text(i) == "do" && words.get(i + 1).is_some_and(|w| w.is_any(&["to", "with"])));
        let happens = matches!(text(at + 1), "happens" | "happened" | "becomes");
        let effect = words.get(at + 1..words.len().min(at + 6)).unwrap_or_default().iter().any(|w| {
            w.is_any(&["effect", "effects", "direction", "impact", "influence", "change", "changes", "trend"])
        });
        if does || happens || effect {
            return (Asked::Change, at);
        }
    }
    // `which plants bore more: emitters or silenced plants?`
    if let Some(colon) = (at..words.len()).find(|i| matches!(text(*i), ":" | "—"))
        && words.iter().skip(colon).any(|w| w.is("or"))
    {
        return (Asked::Alternatives, at);
    }
    (Asked::Thing, at)
}

/// The noun behind `which` or `what`, up to its verb or preposition; behind `what is the …` likewise.
fn head(words: &[Word], at: usize, asked: Asked) -> std::ops::Range<usize> {
    if !matches!(asked, Asked::Thing | Asked::Number | Asked::Alternatives) {
        return at..at;
    }
    let mut start = at + 1;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    if AUXILIARIES.contains(&text(start)) {
        start += 1;
    }
    while matches!(text(start), "the" | "a" | "an" | "of" | "many" | "much") {
        start += 1;
    }
    let mut end = start;
    while let Some(word) = words.get(end) {
        let text = word.folded.as_str();
        let breaks = !word.is_content() && !matches!(text, "one" | "other" | "own") || AUXILIARIES.contains(&text);
        let verb = end > start && (text.ends_with("ed") || THIRD_PERSON.contains(&text));
        if breaks || verb || end - start >= 7 {
            break;
        }
        end += 1;
    }
    start..end.max(start)
}

const THIRD_PERSON: &[&str] = &[
    "binds",
    "drives",
    "lowers",
    "raises",
    "reduces",
    "increases",
    "decreases",
    "mediates",
    "regulates",
    "controls",
    "causes",
    "eliminates",
    "takes",
    "shows",
    "makes",
    "promotes",
    "inhibits",
    "activates",
    "encodes",
    "produces",
    "stimulates",
    "determines",
    "depends",
    "belongs",
    "leads",
    "lasts",
    "starts",
    "helps",
    "help",
    "predict",
    "predicts",
    "leads",
    "led",
    "went",
    "bore",
    "gave",
    "has",
    "gives",
    "showed",
    "represses",
    "induces",
    "enhances",
    "suppresses",
    "blocks",
    "acts",
    "serves",
    "carries",
    "contains",
    "forms",
    "gets",
    "becomes",
    "remains",
    "must",
    "underlies",
    "allows",
    "enables",
    "plays",
    "uses",
    "responds",
    "replicates",
    "secretes",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, expected: Asked) {
        assert_eq!(Ask::of(question).asked, expected, "{question}");
    }

    #[test]
    fn forms_of_questions() {
        check("How many of the 40 larvae pupated within six days?", Asked::Number);
        check("By what percentage did shading lower the yield of barley?", Asked::Number);
        check("In a trial of 90 adults, what share of them recovered?", Asked::Thing);
        check("Does loss of TAZ2 slow wound closure in zebrafish?", Asked::YesNo);
        check("In zebrafish larvae, did cooling stop regeneration?", Asked::YesNo);
        check("Is the enzyme active or inactive at pH 4?", Asked::Alternatives);
        check("How does shading change leaf area in barley?", Asked::Change);
        check("What happens to leaf area when barley is shaded?", Asked::Change);
        check("What does shading do to the leaf area of barley?", Asked::Change);
        check("Which kinase phosphorylates TAZ2?", Asked::Thing);
        check("The enzyme belongs to which family of kinases?", Asked::Thing);
        check("Rank A, B and C from largest to smallest.", Asked::Order);
        check("In frogs, order A, B and C from the most upstream to the most downstream.", Asked::Order);
        check("How do frogs breathe?", Asked::Open);
    }

    #[test]
    fn the_noun_that_is_asked_for() {
        let ask = Ask::of("In mice, which gut hormone secreted on food intake resets the clock?");
        let head: Vec<_> = ask.head_words().iter().map(|w| w.folded.as_str()).collect();
        assert_eq!(head, ["gut", "hormone"]);
    }
}
