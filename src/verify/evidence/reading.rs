//! A quote read against its question: which of its words the question shares, and where its clauses end.

use std::collections::HashSet;
use std::ops::Range;

use super::super::ask::Ask;
use super::super::prepared::Prepared;
use super::super::words::{Kind, Word, is_function_word, is_generic, words};

/// Words that stand for each other when a question rewords its source. One row is one group.
const SAME_IN_A_QUESTION: &[&[&str]] = &[
    &[
        "knockout",
        "ko",
        "null",
        "lacking",
        "lack",
        "lacked",
        "deficient",
        "deficiency",
        "deletion",
        "deleted",
        "deleting",
        "loss",
        "knocked",
        "without",
        "absence",
        "ablation",
        "ablated",
        "missing",
    ],
    &["silenced", "silencing", "knockdown", "rnai", "interference", "shrna", "sirna", "depletion", "depleted"],
    &["wt", "wild", "wildtype"],
    &[
        "control",
        "controls",
        "placebo",
        "sham",
        "untreated",
        "unstressed",
        "vehicle",
        "without",
        "usual",
        "unexposed",
        "uninfected",
        "none",
    ],
    &["overexpression", "overexpressing", "overexpressed"],
    &["adult", "adults"],
    &["elderly", "old", "older", "aged"],
    &["infant", "infants", "newborn", "newborns", "neonate", "neonatal", "neonates"],
    &["daily", "day", "days"],
    &["twice", "twofold", "double", "doubled", "two"],
    &["abundance", "amount", "level", "levels", "quantity", "expression"],
    &["bp", "nt", "nucleotide", "nucleotides", "basepairs", "bases"],
    &["h", "hour", "hours", "hr"],
    &["weeks", "week", "wk"],
    &["months", "month"],
    &["survival", "survived", "alive", "lifespan"],
    &["begin", "beginning", "start", "starts", "started", "initiate", "initiated", "onset", "initial", "baseline"],
    &["finally", "end", "final", "last"],
    &["faeces", "stool", "fecal", "faecal"],
    &["mouth", "oral"],
    &["site", "sites", "location"],
    &[
        "prolong",
        "prolonged",
        "increased",
        "extended",
        "increase",
        "raise",
        "raised",
        "rise",
        "rose",
        "elevated",
        "higher",
        "greater",
        "more",
    ],
    &[
        "decrease",
        "decreased",
        "reduce",
        "reduced",
        "lower",
        "lowered",
        "shrink",
        "fell",
        "fall",
        "decline",
        "declined",
        "less",
        "fewer",
        "drop",
        "dropped",
        "cut",
        "slow",
        "slowed",
    ],
    &["severe", "severely", "heavy", "heavily"],
    &["moderate", "medium"],
    &["mild", "light", "weak"],
    &["exclusively", "only", "solely", "alone"],
    &["combined", "combination", "together", "both", "plus"],
    &["smoker", "smokers", "smoking"],
    &["<", "below", "under", "fewer", "less", "≤", "younger", "shorter"],
    &[">", "above", "over", "more", "≥", "exceeding", "exceed", "older", "longer", "greater"],
    &["first", "initial", "initially", "1st"],
    &["third", "3rd"],
    &["tested", "examined", "screened", "assayed"],
    &["produce", "produced", "yield", "yielded", "generate", "generated"],
    &["need", "needed", "needs", "require", "required", "requires", "necessary", "depend", "depends", "dependent"],
    &["blood", "plasma", "serum", "circulating"],
    &["next", "adjacent", "near", "beside"],
];

/// A quote beside its question.
pub(crate) struct Reading<'a> {
    pub quote: &'a str,
    pub words: Vec<Word>,
    /// For every word of the quote: whether the question shares it, and how much that says (0 when not shared).
    pub shared: Vec<f64>,
    /// For every word of the quote: the number of its clause.
    pub clause: Vec<usize>,
}

impl<'a> Reading<'a> {
    pub fn new(quote: &'a str, ask: &Ask, prepared: &Prepared<'_>) -> Self {
        let words = words(quote);
        let asked_forms = forms(&ask.words, quote, &words, prepared);
        let shared = words.iter().map(|w| weight(w, &asked_forms)).collect();
        let clause = clauses(quote, &words);
        Reading { quote, words, shared, clause }
    }

    pub fn text(&self, i: usize) -> &str {
        self.words.get(i).map_or("", |w| w.folded.as_str())
    }

    /// The words inside a byte span of the quote.
    pub fn words_in(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.words.partition_point(|w| w.span.end <= span.start);
        let end = self.words.partition_point(|w| w.span.start < span.end);
        start..end.max(start)
    }

    /// The words of clause number `clause`.
    pub fn clause_words(&self, clause: usize) -> Range<usize> {
        let start = self.clause.partition_point(|c| *c < clause);
        let end = self.clause.partition_point(|c| *c <= clause);
        start..end
    }

    /// Whether no sentence ends between two words.
    pub fn same_sentence(&self, from: usize, to: usize) -> bool {
        !(from..to).any(|i| self.ends_sentence(i))
    }

    /// Whether word `i` is the point behind a sentence: a capital follows, and it is no initial's.
    pub fn ends_sentence(&self, i: usize) -> bool {
        let next = self.words.get(i + 1).and_then(|w| self.quote.get(w.span.clone())).and_then(|t| t.chars().next());
        let initial = i
            .checked_sub(1)
            .and_then(|before| self.words.get(before))
            .is_some_and(|w| w.kind == Kind::Word && w.folded.chars().count() == 1);
        self.text(i) == "." && next.is_some_and(char::is_uppercase) && !initial
    }

    pub fn n_clauses(&self) -> usize {
        self.clause.last().map_or(0, |c| c + 1)
    }
}

fn weight(word: &Word, forms: &HashSet<String>) -> f64 {
    if word.kind == Kind::Sign && !matches!(word.folded.as_str(), "<" | ">" | "≥" | "≤") {
        return 0.0;
    }
    if word.kind == Kind::Word && is_function_word(&word.folded) {
        return 0.0;
    }
    if !forms.contains(&word.stem) && !forms.contains(&word.folded) {
        return 0.0;
    }
    if word.kind == Kind::Number {
        2.0
    } else if is_generic(word) {
        0.3
    } else {
        1.0
    }
}

/// The forms under which a quote may hold the words of a question.
fn forms(asked: &[Word], quote: &str, quote_words: &[Word], prepared: &Prepared<'_>) -> HashSet<String> {
    let mut forms: HashSet<String> = HashSet::with_capacity(asked.len() * 3);
    for word in asked {
        if word.is_content()
            || word.is_any(&[
                "no", "not", "without", "more", "less", "fewer", "below", "above", "under", "over", "both", "only",
            ])
        {
            for group in SAME_IN_A_QUESTION {
                if group.contains(&word.folded.as_str()) {
                    forms.extend(group.iter().map(|g| (*g).to_owned()));
                }
            }
        }
        if word.is_content() {
            forms.insert(word.stem.clone());
            forms.insert(word.folded.clone());
        }
    }
    let mut more = Vec::new();
    for abbreviation in prepared.abbreviations() {
        let long_asked =
            !abbreviation.long_stems.is_empty() && abbreviation.long_stems.iter().all(|s| forms.contains(s));
        let short_asked =
            abbreviation.short_words.len() == 1 && abbreviation.short_words.iter().all(|s| forms.contains(s));
        if long_asked {
            more.extend(abbreviation.short_words.iter().cloned());
        }
        if short_asked {
            more.extend(abbreviation.long_stems.iter().cloned());
        }
    }
    forms.extend(more);
    // Initials in the quote that the question spells out, whether or not the article defines them.
    let initials: String = asked
        .iter()
        .map(|w| if w.is_content() { w.folded.chars().next().unwrap_or(' ') } else { ' ' })
        .filter(|c| *c != ' ')
        .collect();
    for word in quote_words {
        let written = quote.get(word.span.clone()).unwrap_or_default();
        let n_letters = written.chars().filter(|c| c.is_uppercase()).count();
        if (2..=6).contains(&n_letters)
            && n_letters == written.chars().count()
            && (initials.contains(word.folded.as_str()) || n_letters >= 3 && abbreviates(&word.folded, asked))
        {
            forms.insert(word.folded.clone());
        }
    }
    forms
}

/// Whether `short` takes its letters in order from neighbouring words, of each the first (`CVVH`: continuous venovenous
/// haemofiltration), or all from one long word (`FMS`: fimasartan).
fn abbreviates(short: &str, asked: &[Word]) -> bool {
    (0..asked.len()).any(|start| {
        let mut letters = short.chars().peekable();
        let mut used = 0;
        for word in asked.iter().skip(start).take(6) {
            let mut chars = word.folded.chars();
            if word.kind != Kind::Word || chars.next() != letters.peek().copied() {
                break;
            }
            letters.next();
            used += 1;
            for c in chars {
                let next_word = letters.clone().count() == 1 && used > 1;
                if letters.peek() == Some(&c) && !next_word {
                    letters.next();
                }
            }
            if letters.peek().is_none() {
                break;
            }
        }
        let long = asked.get(start).is_some_and(|w| w.folded.chars().count() >= 8);
        (used >= 2 || used == 1 && long) && letters.peek().is_none()
    })
}

/// Clause numbers: a new one starts behind a sentence, a semicolon, and at a word that sets one statement against another.
fn clauses(quote: &str, words: &[Word]) -> Vec<usize> {
    let mut clause = 0;
    let mut depth = 0_i32;
    let mut numbers = Vec::with_capacity(words.len());
    for (i, word) in words.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|b| words.get(b));
        match word.folded.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = (depth - 1).max(0),
            _ => {}
        }
        let starts = match word.folded.as_str() {
            ";" => depth == 0,
            // `X- but not Y-deficient`: one phrase.
            "but" if before.is_some_and(|b| b.joined) => false,
            "whereas" | "while" | "although" | "though" | "but" | "however" | "yet" | "versus" | "vs" | "whilst"
            | "despite" => true,
            "than" => false,
            "compared" | "relative" | "opposed" => words.get(i + 1).is_some_and(|w| w.is_any(&["to", "with"])),
            "contrast" => {
                words.get(i + 1).is_some_and(|w| w.is_any(&["to", "with"])) && before.is_some_and(|b| b.is("in"))
            }
            "and" | "or" => before.is_some_and(|b| b.is(",")) && is_clause(words, i + 1),
            _ => false,
        };
        let sentence = before.is_some_and(|b| b.is_any(&[".", "?", "!"])) && word.kind != Kind::Sign && {
            let capital = quote.get(word.span.clone()).and_then(|t| t.chars().next()).is_some_and(char::is_uppercase);
            // `E. coli`: one letter before the point.
            let initial = i >= 2 && words[i - 2].folded.chars().count() == 1 && words[i - 2].kind == Kind::Word;
            capital && !initial
        };
        if (starts || sentence) && i > 0 {
            clause += 1;
        }
        numbers.push(clause);
    }
    numbers
}

/// Whether the words from `at` on have a verb before the next comma: a statement, not one more item of a list.
fn is_clause(words: &[Word], at: usize) -> bool {
    for word in words.iter().skip(at).take(14) {
        if word.is_any(&[",", ";", "."]) {
            return false;
        }
        if word.is_any(&[
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "had",
            "did",
            "does",
            "do",
            "can",
            "could",
            "will",
            "may",
            "might",
            "showed",
            "shows",
            "show",
            "increased",
            "decreased",
            "reduced",
            "enhanced",
            "remained",
            "induced",
            "inhibited",
            "died",
            "became",
            "required",
            "promoted",
            "improved",
        ]) || super::super::lexicon::direction_of(word).is_some()
        {
            return true;
        }
    }
    false
}
