//! A text as folded words with their places: what every stage compares.

use std::ops::Range;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Digits with their decimal point or thousands separators.
    Number,
    /// A sign or a punctuation mark, one character.
    Sign,
}

/// One word, number or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub span: Range<usize>,
    /// Lower case, typographic variants folded.
    pub folded: String,
    /// [`stem`] of `folded`; equal to it for numbers and signs.
    pub stem: String,
    pub kind: Kind,
    /// A hyphen joins it to the next word.
    pub joined: bool,
}

impl Word {
    pub fn is(&self, text: &str) -> bool {
        self.folded == text
    }

    pub fn is_any(&self, texts: &[&str]) -> bool {
        texts.contains(&self.folded.as_str())
    }

    /// A word or number that carries meaning of its own.
    pub fn is_content(&self) -> bool {
        self.kind != Kind::Sign && !is_function_word(&self.folded)
    }
}

/// The words of `text` in order. A hyphen separates words, so that `odor-vs-air` is three; letters and digits that
/// touch stay together (`16S`, `CD4`); a possessive `'s` is dropped.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut all = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() || is_hyphen(first) {
            continue;
        }
        if !first.is_alphanumeric() {
            if is_apostrophe(first) {
                continue;
            }
            let end = start + first.len_utf8();
            let folded = first.to_string();
            all.push(Word { span: start..end, stem: folded.clone(), folded, kind: Kind::Sign, joined: false });
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut numeric = first.is_ascii_digit();
        let mut previous = first;
        while let Some(&(at, next)) = chars.peek() {
            if next.is_alphanumeric() {
                numeric &= next.is_ascii_digit();
            } else if previous.is_ascii_digit() && numeric && matches!(next, '.' | ',' | '·') {
                let after = text.get(at + next.len_utf8()..).and_then(|rest| rest.chars().next());
                if !after.is_some_and(|c| c.is_ascii_digit()) {
                    break;
                }
            } else if is_apostrophe(next) {
                // `shark's`: the mark and its s are no part of the word.
                let mut rest = text.get(at + next.len_utf8()..).unwrap_or_default().chars();
                let possessive =
                    matches!(rest.next(), Some('s' | 'S')) && !rest.next().is_some_and(char::is_alphanumeric);
                if possessive {
                    chars.next();
                    chars.next();
                }
                break;
            } else {
                break;
            }
            end = at + next.len_utf8();
            previous = next;
            chars.next();
        }
        // Proof: `start` and `end` are positions of characters of `text`.
        let folded = fold(text.get(start..end).unwrap_or_default());
        let kind = if numeric { Kind::Number } else { Kind::Word };
        let stem = if numeric { folded.clone() } else { stem(&folded) };
        let joined = text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(is_hyphen);
        all.push(Word { span: start..end, folded, stem, kind, joined });
    }
    all
}

fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'µ' => folded.push('μ'),
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{00ad}')
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2032}')
}

/// Endings removed by [`stem`], longest first.
const ENDINGS: &[&str] = &[
    "izations", "ization", "ational", "ications", "ication", "ations", "ation", "ically", "ities", "ments", "ingly",
    "ively", "ances", "ences", "ously", "ized", "izes", "izing", "ized", "ement", "ment", "ness", "ings", "edly",
    "able", "ible", "ally", "ical", "ance", "ence", "ants", "ents", "ions", "ates", "ated", "ivity", "ity", "ies",
    "ing", "ion", "ive", "ous", "ize", "ers", "ors", "ate", "ant", "ent", "ial", "al", "ic", "er", "or", "ed", "ly",
    "es", "s", "e",
];

/// A crude common root of English word forms (`vaccine`, `vaccination`, `vaccinated` share one). Words of four letters
/// or with digits keep their form but for a plural s; British spellings become American ones.
pub(crate) fn stem(word: &str) -> String {
    if word.chars().any(|c| c.is_ascii_digit()) || !word.is_ascii() {
        return word.to_owned();
    }
    if let Some(regular) = irregular(word) {
        return regular.to_owned();
    }
    let mut root = american(word);
    if root.len() <= 4 {
        if root.len() == 4 && root.ends_with('s') && !root.ends_with("ss") && !root.ends_with("us") {
            root.pop();
        }
        return root;
    }
    for _ in 0..4 {
        let Some(ending) = ENDINGS.iter().find(|e| {
            root.ends_with(*e)
                && root.len() - e.len() >= if e.len() <= 2 { 3 } else { 4 }
                && !(**e == "s" && (root.ends_with("ss") || root.ends_with("us") || root.ends_with("is")))
        }) else {
            break;
        };
        root.truncate(root.len() - ending.len());
        if root.len() <= 4 {
            break;
        }
    }
    // `stopped`, `stop`; `apoptosis`, `apoptotic`; `study`, `studies`.
    let bytes = root.as_bytes();
    if let [.., a, b] = bytes
        && a == b
        && root.len() > 4
        && !matches!(b, b's' | b'l')
    {
        root.pop();
    }
    if root.len() > 4 && (root.ends_with('y') || root.ends_with('i')) {
        root.pop();
    }
    root
}

/// Word forms that no rule of endings joins.
fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "mice" | "mouse" | "murine" => "mouse",
        "women" | "woman" | "female" | "females" | "girls" | "girl" => "female",
        "men" | "man" | "male" | "males" | "boys" | "boy" => "male",
        "children" | "child" | "childhood" | "pediatric" | "paediatric" => "child",
        "died" | "die" | "dies" | "dying" | "death" | "deaths" | "dead" | "mortality" => "death",
        "feet" | "foot" => "foot",
        "teeth" | "tooth" => "tooth",
        "larvae" | "larva" | "larval" => "larva",
        "bacteria" | "bacterium" | "bacterial" => "bacteri",
        "mitochondria" | "mitochondrion" | "mitochondrial" => "mitochondri",
        "fungi" | "fungus" | "fungal" => "fung",
        "nuclei" | "nucleus" | "nuclear" => "nucle",
        "loci" | "locus" => "locus",
        "genera" | "genus" => "genus",
        "grew" | "grow" | "grows" | "grown" | "growing" | "growth" => "grow",
        "rose" | "rise" | "rises" | "risen" | "rising" => "rise",
        "fell" | "fall" | "falls" | "fallen" | "falling" => "fall",
        "lost" | "lose" | "loses" | "losing" | "loss" | "losses" => "loss",
        "bound" | "bind" | "binds" | "binding" => "bind",
        "shown" | "show" | "shows" | "showed" | "showing" => "show",
        "found" | "find" | "finds" | "finding" | "findings" => "find",
        "led" | "lead" | "leads" | "leading" => "lead",
        "fed" | "feed" | "feeds" | "feeding" => "feed",
        "ate" | "eat" | "eats" | "eaten" | "eating" => "eat",
        "slept" | "sleep" | "sleeps" | "sleeping" | "asleep" => "sleep",
        "years" | "year" | "yr" | "yrs" => "year",
        "days" | "day" | "daily" => "day",
        "longer" | "long" | "longest" | "length" | "lengths" => "long",
        "analyses" | "analysis" | "analyze" | "analyse" | "analyzed" | "analysed" => "analys",
        "species" => "species",
        "series" => "series",
        "sera" | "serum" => "serum",
        "taxa" | "taxon" => "taxon",
        "hypotheses" | "hypothesis" => "hypothes",
        "gut" | "intestine" | "intestinal" => "gut",
        "heart" | "cardiac" => "heart",
        "liver" | "hepatic" => "liver",
        "kidney" | "renal" | "kidneys" => "kidney",
        "lung" | "lungs" | "pulmonary" => "lung",
        "brain" | "cerebral" => "brain",
        "sex" | "sexual" | "sexes" => "sex",
        _ => return None,
    })
}

fn american(word: &str) -> String {
    const PAIRS: [(&str, &str); 27] = [
        ("haem", "hem"),
        ("aemi", "emi"),
        ("oedem", "edem"),
        ("oestr", "estr"),
        ("oesoph", "esoph"),
        ("foet", "fet"),
        ("paed", "ped"),
        ("faec", "fec"),
        ("caec", "cec"),
        ("anaes", "anes"),
        ("gynaec", "gynec"),
        ("coel", "cel"),
        ("tumour", "tumor"),
        ("behaviour", "behavior"),
        ("colour", "color"),
        ("odour", "odor"),
        ("favour", "favor"),
        ("labour", "labor"),
        ("neighbour", "neighbor"),
        ("vapour", "vapor"),
        ("centre", "center"),
        ("fibre", "fiber"),
        ("litre", "liter"),
        ("metre", "meter"),
        ("sulph", "sulf"),
        ("grey", "gray"),
        ("ageing", "aging"),
    ];
    let mut out = word.to_owned();
    for (british, american) in PAIRS {
        if out.contains(british) {
            out = out.replace(british, american);
        }
    }
    for (british, american) in [
        ("isation", "ization"),
        ("ising", "izing"),
        ("ised", "ized"),
        ("ises", "izes"),
        ("ise", "ize"),
        ("lling", "ling"),
        ("lled", "led"),
        ("yse", "yze"),
        ("ysed", "yzed"),
    ] {
        if out.len() > british.len() + 3
            && let Some(root) = out.strip_suffix(british)
        {
            out = format!("{root}{american}");
            break;
        }
    }
    out
}

/// Words that carry no meaning of their own: articles, prepositions, auxiliaries, pronouns, conjunctions, question words.
pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Sorted, for the binary search.
const FUNCTION_WORDS: &[&str] = &[
    "a",
    "about",
    "above",
    "according",
    "across",
    "after",
    "again",
    "against",
    "all",
    "also",
    "although",
    "among",
    "amongst",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "besides",
    "between",
    "both",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "doing",
    "down",
    "due",
    "during",
    "each",
    "either",
    "et",
    "for",
    "from",
    "further",
    "given",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "him",
    "his",
    "how",
    "however",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "just",
    "made",
    "make",
    "makes",
    "many",
    "may",
    "might",
    "more",
    "most",
    "much",
    "must",
    "neither",
    "no",
    "nor",
    "not",
    "of",
    "off",
    "on",
    "once",
    "one",
    "only",
    "onto",
    "or",
    "other",
    "others",
    "our",
    "out",
    "over",
    "own",
    "per",
    "same",
    "shall",
    "she",
    "should",
    "so",
    "some",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "thus",
    "to",
    "too",
    "toward",
    "towards",
    "under",
    "until",
    "up",
    "upon",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "whereas",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "with",
    "within",
];

/// Words so common in results that sharing one says little about what a sentence is about.
pub(crate) fn is_generic(word: &Word) -> bool {
    GENERIC.binary_search(&word.folded.as_str()).is_ok()
}

/// Sorted, for the binary search.
const GENERIC: &[&str] = &[
    "according",
    "affect",
    "affected",
    "affects",
    "alter",
    "altered",
    "amount",
    "analysed",
    "analyses",
    "analysis",
    "analyzed",
    "animal",
    "animals",
    "associated",
    "association",
    "average",
    "case",
    "cases",
    "cause",
    "caused",
    "causes",
    "cell",
    "cells",
    "change",
    "changed",
    "changes",
    "class",
    "compare",
    "compared",
    "comparison",
    "condition",
    "conditions",
    "control",
    "controls",
    "data",
    "dataset",
    "decline",
    "decrease",
    "decreased",
    "decreases",
    "detected",
    "difference",
    "differences",
    "different",
    "effect",
    "effects",
    "estimated",
    "estimates",
    "examined",
    "experiment",
    "experiments",
    "exposure",
    "factor",
    "factors",
    "family",
    "find",
    "first",
    "five",
    "followed",
    "following",
    "found",
    "four",
    "frequency",
    "gene",
    "genes",
    "greater",
    "greatest",
    "group",
    "groups",
    "had",
    "high",
    "higher",
    "highest",
    "human",
    "humans",
    "identified",
    "incidence",
    "increase",
    "increased",
    "increases",
    "individual",
    "individuals",
    "induced",
    "large",
    "largest",
    "least",
    "less",
    "level",
    "levels",
    "low",
    "lower",
    "lowered",
    "lowest",
    "made",
    "male",
    "maximum",
    "mean",
    "measured",
    "median",
    "minimum",
    "model",
    "models",
    "normal",
    "number",
    "numbers",
    "observed",
    "occur",
    "occurred",
    "occurs",
    "particularly",
    "patient",
    "patients",
    "people",
    "percent",
    "percentage",
    "period",
    "population",
    "populations",
    "present",
    "produce",
    "produced",
    "proportion",
    "protein",
    "proteins",
    "raise",
    "raised",
    "rate",
    "rates",
    "ratio",
    "reduce",
    "reduced",
    "reduces",
    "region",
    "related",
    "relative",
    "report",
    "reported",
    "respective",
    "respectively",
    "response",
    "responses",
    "result",
    "results",
    "risk",
    "sample",
    "samples",
    "second",
    "seen",
    "several",
    "share",
    "show",
    "showed",
    "shown",
    "significant",
    "significantly",
    "six",
    "size",
    "small",
    "species",
    "studied",
    "studies",
    "study",
    "subject",
    "subjects",
    "target",
    "test",
    "tested",
    "three",
    "time",
    "times",
    "total",
    "treated",
    "treatment",
    "trial",
    "two",
    "type",
    "types",
    "used",
    "using",
    "value",
    "values",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.folded).collect()
    }

    #[test]
    fn words_keep_numbers_and_glued_digits_whole() {
        assert_eq!(
            texts("Of 1,041 CD4+ cells, 6.9% grew."),
            ["of", "1,041", "cd4", "+", "cells", ",", "6.9", "%", "grew", "."]
        );
        assert_eq!(texts("odor-vs-air"), ["odor", "vs", "air"]);
        assert_eq!(texts("the shark’s pitch"), ["the", "shark", "pitch"]);
    }

    #[test]
    fn spans_are_slices_of_the_text() {
        let text = "NF‐κB’s 5′-end — 3.5 µg/mL; naïve";
        for word in words(text) {
            assert!(text.get(word.span.clone()).is_some());
        }
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (a, b) in [
            ("vaccine", "vaccination"),
            ("inhibits", "inhibition"),
            ("infected", "infection"),
            ("proliferation", "proliferate"),
            ("signalling", "signaling"),
            ("tumour", "tumors"),
            ("localisation", "localized"),
            ("coordinated", "coordination"),
            ("mutations", "mutated"),
            ("religious", "religion"),
            ("resistance", "resistant"),
            ("studies", "study"),
        ] {
            assert_eq!(stem(a), stem(b), "{a} {b}");
        }
        assert_ne!(stem("interleukin"), stem("interferon"));
        assert_ne!(stem("casp3"), stem("casp8"));
    }

    #[test]
    fn lists_are_sorted() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(GENERIC.is_sorted());
    }
}
