//! Whether a clause stands alone, and the last dress of a question: setting, long forms, spaces, capital, question mark.

use crate::model::answer::AnswerSpec;
use crate::text::quantity;

use super::clause::Clause;
use super::context::{Context, is_name};
use super::lexicon::{COMMON, GENERIC, REFUSED};
use super::pattern::Candidate;

const MAX_WORDS: usize = 40;

/// Whether no word of the clause leans on a neighbour, hedges, or speaks of other work.
pub(super) fn stands_alone(clause: &Clause) -> bool {
    let front = clause.front.as_deref().unwrap_or("");
    let alike = clause.subject == "There" || clause.subject.starts_with("No ");
    let subject =
        if alike { clause.subject.trim_start_matches("There").trim_start_matches("No ") } else { &clause.subject };
    [front, subject, &clause.rest].iter().flat_map(|part| part.split(' ')).all(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let refused = REFUSED.contains(&word.as_str());
        !refused && !word.starts_with("fig") && !word.contains("respectively")
    }) && (alike || !part_starts_badly(&clause.subject))
        && !vague_front(front)
}

/// `In wild-type`, `For all three lines`: a front that names nothing by itself.
fn vague_front(front: &str) -> bool {
    if front.split(' ').any(|w| matches!(w, "too" | "contrast" | "addition" | "particular")) {
        return true;
    }
    let words: Vec<&str> = front.split(' ').collect();
    let last = words.last().copied().unwrap_or("");
    words.len() == 2
        && matches!(
            last,
            "wild-type"
                | "controls"
                | "general"
                | "particular"
                | "contrast"
                | "turn"
                | "example"
                | "vivo"
                | "vitro"
                | "addition"
                | "patients"
                | "cells"
                | "total"
                | "mutants"
                | "treatment"
                | "WT"
                | "baseline"
        )
        || words.iter().any(|w| {
            matches!(
                *w,
                "all"
                    | "case"
                    | "cases"
                    | "doing"
                    | "agreement"
                    | "accordance"
                    | "line"
                    | "comparison"
                    | "two"
                    | "three"
                    | "our"
                    | "contrast"
            )
        })
}

fn part_starts_badly(subject: &str) -> bool {
    let first = subject.split(' ').next().unwrap_or("").to_lowercase();
    matches!(
        first.as_str(),
        "there"
            | "no"
            | "not"
            | "many"
            | "several"
            | "some"
            | "both"
            | "one"
            | "further"
            | "also"
            | "to"
            | "using"
            | "other"
            | "another"
            | "similar"
            | "most"
            | "all"
            | "any"
            | "each"
            | "either"
            | "when"
            | "same"
            | "more"
            | "less"
            | "few"
            | "most,"
            | "comparison"
            | "what"
            | "who"
            | "only"
            | "results"
            | "analysis"
            | "data"
            | "findings"
            | "evidence"
            | "that"
            | "nearly"
            | "in"
            | "at"
            | "for"
            | "on"
            | "by"
            | "during"
            | "after"
            | "almost"
            | "additional"
            | "subsequent"
            | "remaining"
            | "resulting"
            | "observed"
            | "such"
            | "again"
            | "while"
            | "although"
            | "even"
            | "overall"
            | "multiple"
            | "numerous"
            | "different"
            | "treatment"
            | "with"
            | "without"
            | "besides"
            | "unlike"
            | "like"
            | "consistent"
            | "thus"
            | "therefore"
            | "every"
            | "much"
            | "additionally"
            | "its"
            | "second"
            | "third"
            | "because"
            | "once"
            | "as"
            | "since"
            | "if"
    )
}

/// The finished question, or `None` when it would not stand alone, gives its answer away or is too long.
pub(super) fn finish(candidate: Candidate, clause: &Clause, context: &Context<'_>) -> Option<Candidate> {
    let candidate = shuffle_sides(candidate);
    let mut ask = candidate.ask.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = match &clause.front {
        Some(front) => format!("{front} {ask}"),
        None => ask.clone(),
    };
    if let Some(front) = &clause.front {
        ask = format!("{}, {ask}", capital(front));
        if !quantity::scan(front).iter().all(|q| q.is_value()) {
            return None;
        }
    }
    if let Some(setting) = context.setting_for(&named).filter(|_| clause.front.is_none()) {
        ask = format!("{setting}, {ask}");
    }
    let checks = ask.clone();
    if !articles_are_anchored(&checks) {
        return None;
    }
    if !is_specific(&named, matches!(candidate.answer, AnswerSpec::Term { .. }), context) {
        return None;
    }
    if leaks(&candidate.answer, &checks) {
        return None;
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && (options.iter().any(|o| !articles_are_anchored(o))
            || candidate.rule == "choice_sides" && options.iter().take(2).any(|o| o.len() < 3))
    {
        return None;
    }
    let ask = expand(&ask, context)?;
    let ask = capital(ask.trim_end_matches([',', ' ', '.'])) + "?";
    let n_words = ask.split(' ').count();
    let odd = ask.contains(['[', ';', '"', '“', '|', '\\', '=', '\n']) || ask.matches('{').count() > 2;
    let fewest = if matches!(candidate.answer, AnswerSpec::Term { .. } | AnswerSpec::Number { .. }) { 7 } else { 6 };
    if !(fewest..=MAX_WORDS).contains(&n_words) || odd || ask.len() > 320 || ask.contains(" ,") || ask.contains("..") {
        return None;
    }
    let last = ask.trim_end_matches('?').rsplit(' ').next().unwrap_or("");
    if super::lexicon::PREPOSITIONS.contains(&last) || matches!(last, "the" | "a" | "an" | "significantly" | "not") {
        return None;
    }
    Some(Candidate { ask, ..candidate })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // A name such as `miR-21` or `p53` keeps its small letter.
        Some(first)
            if !text
                .split(' ')
                .next()
                .is_some_and(|w| w.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit())) =>
        {
            first.to_uppercase().collect::<String>() + chars.as_str()
        }
        _ => text.to_owned(),
    }
}

/// Puts the sides of a two-sided choice in an order that the text decides, and names them in the question.
fn shuffle_sides(mut candidate: Candidate) -> Candidate {
    if candidate.rule != "choice_sides" {
        return candidate;
    }
    let swap = blake3::hash(candidate.ask.as_bytes()).as_bytes()[2] & 1 == 1;
    if let AnswerSpec::Choice { options, correct } = &mut candidate.answer
        && swap
        && options.len() >= 2
    {
        options.swap(0, 1);
        if correct == "A" {
            *correct = "B".to_owned();
        }
    }
    if let AnswerSpec::Choice { options, .. } = &candidate.answer
        && let [one, two, ..] = options.as_slice()
    {
        candidate.ask = format!("{}: {one} or {two}", candidate.ask);
    }
    candidate
}

/// Every `the X` must say which X: by `of`/`in`/…, a name, a superlative, or because there is only one.
fn articles_are_anchored(text: &str) -> bool {
    const UNIQUE: &[&str] = &[
        "brain",
        "liver",
        "heart",
        "kidney",
        "lung",
        "lungs",
        "cytoplasm",
        "nucleus",
        "hippocampus",
        "cortex",
        "gut",
        "retina",
        "presence",
        "absence",
        "spleen",
        "intestine",
        "colon",
        "blood",
        "membrane",
        "skin",
        "spinal",
        "cerebellum",
        "placenta",
        "hypothalamus",
        "amygdala",
        "striatum",
        "thymus",
        "pancreas",
        "genome",
        "prefrontal",
        "plasma",
        "nervous",
        "endoplasmic",
        "mitochondrial",
        "bone",
        "ovary",
        "uterus",
        "stomach",
        "epidermis",
        "cerebral",
        "visual",
        "immune",
        "world",
        "united",
        "dentate",
        "nucleolus",
        "golgi",
        "tumor",
        "tumour",
        "elderly",
    ];
    /// Nouns that name nothing without what was said before.
    const DEICTIC: &[&str] = &[
        "group",
        "groups",
        "arm",
        "arms",
        "treatment",
        "treatments",
        "intervention",
        "interventions",
        "model",
        "models",
        "network",
        "mutation",
        "mutations",
        "construct",
        "cohort",
        "condition",
        "conditions",
        "task",
        "protocol",
        "program",
        "programme",
        "system",
        "sample",
        "samples",
        "fragment",
        "mutant",
        "mutants",
        "strain",
        "strains",
        "allele",
        "alleles",
        "line",
        "lines",
        "drug",
        "compound",
        "compounds",
        "procedure",
        "test",
        "training",
        "population",
        "control",
        "controls",
        "gene",
        "genes",
        "protein",
        "proteins",
        "peptide",
        "ongoing",
        "effect",
        "effects",
        "phenotype",
        "value",
        "values",
        "site",
        "sites",
        "score",
        "patients",
        "participants",
        "animals",
        "subjects",
        "mice",
        "cells",
        "reaction",
        "complex",
        "variant",
        "variants",
        "enzyme",
        "sequence",
        "substrate",
        "ligand",
        "antibody",
        "virus",
        "stimulus",
        "stimuli",
        "simulation",
        "trial",
        "device",
        "variables",
        "combination",
        "inhibitor",
        "procedures",
        "species",
        "region",
        "regions",
        "domain",
        "loop",
        "helix",
        "residue",
        "residues",
        "experimental",
        "native",
        "remaining",
        "corresponding",
        "resulting",
        "latter",
        "former",
        "two",
        "three",
        "four",
        "entire",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    words.iter().enumerate().all(|(at, word)| {
        if !word.eq_ignore_ascii_case("the") {
            return true;
        }
        let mut n_words = 0;
        let mut deictic = false;
        let mut technical = false;
        for next in words.iter().skip(at + 1).take(8) {
            let bare = next.trim_matches(|c: char| !c.is_alphanumeric());
            let lower = bare.to_lowercase();
            if matches!(lower.as_str(), "of" | "that" | "between" | "for")
                || UNIQUE.contains(&lower.as_str())
                || lower.ends_with("est")
                || matches!(lower.as_str(), "most" | "first" | "last")
                || bare.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
            {
                return true;
            }
            let then = words.iter().skip_while(|w| !std::ptr::eq(**w, *next)).nth(1).copied().unwrap_or("");
            if lower == "cell"
                && !matches!(
                    then.trim_end_matches('?'),
                    "line" | "lines" | "population" | "populations" | "type" | "types" | ""
                )
            {
                return true;
            }
            let closes = matches!(
                lower.as_str(),
                "was"
                    | "were"
                    | "is"
                    | "are"
                    | "and"
                    | "or"
                    | "by"
                    | "to"
                    | "with"
                    | "than"
                    | "after"
                    | "change"
                    | "affect"
                    | "differ"
                    | "compare"
                    | "increase"
                    | "decrease"
                    | "reduce"
                    | "higher"
                    | "lower"
                    | "before"
                    | "from"
                    | "via"
                    | "during"
            );
            let placed = matches!(lower.as_str(), "in" | "at" | "on" | "within" | "across" | "among");
            if placed {
                return n_words >= 1 && (!deictic || n_words >= 3) || at == 0;
            }
            if closes || lower.len() > 4 && lower.ends_with("ed") && n_words > 0 {
                break;
            }
            n_words += 1;
            deictic |= DEICTIC.contains(&lower.as_str());
            technical |= lower.len() >= 10;
            if next.ends_with([',', '?', ':']) {
                break;
            }
        }
        !deictic && (n_words >= 3 || technical)
    })
}

/// Two names, or three content words with a name or two technical ones among them.
fn is_specific(text: &str, for_name: bool, context: &Context<'_>) -> bool {
    let mut content = 0;
    let mut strong = 0;
    let mut named = 0;
    let mut measures = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
        let lower = word.to_lowercase();
        let names = is_name(word)
            || word.split('-').any(is_name)
            || !word.is_ascii() && word.chars().any(|c| c.is_uppercase() || c.is_ascii_digit());
        if word.len() < 4 && !names || GENERIC.contains(&lower.as_str()) {
            continue;
        }
        if super::lexicon::MEASURES.contains(&lower.as_str()) {
            measures += 1;
            continue;
        }
        content += 1;
        if names {
            named += 1;
        }
        if names || context.in_title(&lower) || word.len() >= 9 {
            strong += 1;
        }
    }
    // A name is asked for: many would fit unless the question says much.
    if for_name {
        let vague = text
            .split(' ')
            .any(|w| matches!(w, "multiple" | "several" | "various" | "different" | "numerous" | "additional"));
        return !vague
            && (named >= 2
                || content >= 5 && strong >= 2
                || text.contains("which cells ")
                || text.contains("which tissue ")
                || text.contains("which part ") && named >= 1);
    }
    named >= 2 || named >= 1 && content + measures >= 3 || content >= 3 && (strong >= 2 || named >= 1)
}

fn leaks(answer: &AnswerSpec, ask: &str) -> bool {
    let lower = ask.to_lowercase();
    match answer {
        AnswerSpec::Number { value, .. } => quantity::scan(ask).iter().any(|q| (q.value - value).abs() < 1e-9),
        AnswerSpec::Term { value, .. } => lower.contains(&value.to_lowercase()),
        AnswerSpec::Direction { .. } => lower.split(|c: char| !c.is_alphanumeric()).any(|w| {
            [
                "increas",
                "decreas",
                "reduc",
                "elevat",
                "higher",
                "lower",
                "upregulat",
                "downregulat",
                "unchanged",
                "greater",
                "declin",
                "diminish",
            ]
            .iter()
            .any(|s| w.starts_with(s))
        }),
        _ => false,
    }
}

/// A long form that spells a term and no piece of a sentence.
fn is_good_long_form(short: &str, long: &str) -> bool {
    const STRAY: &[&str] = &[
        "was", "were", "is", "are", "that", "which", "we", "or", "from", "using", "by", "on", "as", "we", "have",
        "has", "used", "used,", "between", "after", "when", "where", "into", "our", "their", "its", "showed", "found",
        "called", "termed", "named",
    ];
    let n_letters = short.chars().filter(|c| c.is_alphanumeric()).count();
    let words: Vec<&str> = long.split(' ').collect();
    long.len() <= 60
        && words.len() <= n_letters + 2
        && !words.iter().any(|w| STRAY.contains(w))
        && (words.len() > 1 || !long.bytes().any(|b| b.is_ascii_digit()))
        && !long.contains(". ")
        && !long.contains(['[', ']', '=', '"', '“', '{'])
}

/// The long form inside a sentence: its first word small, unless its words are written with capitals.
fn opened(long: &str, context: &Context<'_>) -> String {
    let titled = long
        .split(' ')
        .skip(1)
        .any(|w| w.len() > 2 && w.starts_with(char::is_uppercase) && w[1..].chars().all(char::is_lowercase));
    if titled { long.to_owned() } else { context.lower_first(long) }
}

/// The long form in the number of the short form: `lipid droplet (LD) abundance`, `neural progenitor cells (NPCs)`.
fn in_number_of(short: &str, long: &str, before_noun: bool) -> String {
    let many = short.ends_with('s') && !short.ends_with("SS");
    let plural =
        long.ends_with('s') && !["ss", "is", "us", "tes", "ies", "ics", "ps"].iter().any(|end| long.ends_with(end));
    match (many, plural) {
        (true, false) if !long.ends_with('s') => format!("{long}s"),
        (false, true) if before_noun => long.trim_end_matches('s').to_owned(),
        _ => long.to_owned(),
    }
}

/// Writes out the document's own abbreviations once; `None` when capitals stay that nobody defined.
fn expand(ask: &str, context: &Context<'_>) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    let words: Vec<&str> = ask.split(' ').collect();
    for (at, word) in words.iter().copied().enumerate() {
        let bare = word.trim_matches(|c: char| matches!(c, ',' | '?' | ':' | '.'));
        let n_upper = bare.bytes().filter(u8::is_ascii_uppercase).count();
        let short = n_upper >= 2 || bare.len() >= 2 && context.abbreviations.long_form(bare).is_some();
        if !short || COMMON.contains(&bare) || done.contains(&bare) {
            out.push(word.to_owned());
            continue;
        }
        done.push(bare);
        let core = bare.split(['-', '/']).next().unwrap_or(bare);
        match context.abbreviations.long_form(bare) {
            Some(long) if is_good_long_form(bare, long) && !ask.to_lowercase().contains(&long.to_lowercase()) => {
                let before_noun = words.get(at + 1).is_some_and(|next| {
                    !super::lexicon::PREPOSITIONS.contains(next)
                        && !super::clause::is_auxiliary(next)
                        && !word.ends_with(',')
                        && !next.trim_end_matches('?').ends_with("ed")
                        && !matches!(
                            *next,
                            "change" | "differ" | "compare" | "affect" | "increase" | "reduce" | "decrease"
                        )
                        && next.chars().all(|c| c.is_lowercase() || matches!(c, '-' | '?'))
                });
                let long = in_number_of(bare, long, before_noun);
                // "LYS1 lines" defined as "LYS1 knock-down lines (LYS1)": the noun would stand twice.
                let twice = words.get(at + 1).is_some_and(|next| long.ends_with(next.trim_end_matches(['?', ','])));
                if twice {
                    out.push(word.to_owned());
                } else {
                    out.push(word.replacen(bare, &format!("{} ({bare})", opened(&long, context)), 1));
                }
            }
            Some(_) => out.push(word.to_owned()),
            None => {
                let letters_only = !bare.bytes().any(|b| b.is_ascii_digit())
                    && context.class_of(bare).is_none()
                    && core.bytes().all(|b| b.is_ascii_uppercase());
                let defined = context.abbreviations.long_form(core).is_some() || COMMON.contains(&core);
                // Gene symbols carry digits or small letters; bare capitals are an abbreviation nobody explained.
                if letters_only && !defined && core.len() >= 2 && core.len() <= 6 {
                    return None;
                }
                out.push(word.to_owned());
            }
        }
    }
    Some(out.join(" "))
}
