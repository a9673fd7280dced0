//! Stage 3, self-contained: the question can be asked alone, asks for biology, and has one answer.

use std::collections::HashSet;
use std::ops::Range;

use crate::model::answer::AnswerSpec;
use crate::model::document::SectionKind;
use crate::model::question::{Draft, Evidence};

use super::ask::{Ask, Asked};
use super::evidence::places;
use super::prepared::Prepared;
use super::words::{Kind, Word, is_generic, words};

/// # Errors
/// The reason: what needs the paper beside it, is administration rather than biology, or leaves several answers open.
pub(crate) fn check(draft: &Draft, evidence: &[Evidence], ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    refers_to_paper(ask, &draft.question)?;
    dangling(ask, &draft.question)?;
    abbreviations(ask, &draft.question, draft, prepared)?;
    enough(ask, &draft.question)?;
    trivia(draft, ask, evidence, prepared)?;
    evidence.iter().try_for_each(|e| unique(draft, e, ask, prepared))
}

/// Nouns of the paper itself and its parts.
const PAPER: &[&str] = &[
    "study",
    "paper",
    "article",
    "work",
    "manuscript",
    "report",
    "passage",
    "text",
    "abstract",
    "section",
    "excerpt",
    "dataset",
    "datasets",
    "experiment",
    "experiments",
    "investigation",
    "survey",
    "trial",
    "analysis",
    "analyses",
    "data",
    "result",
    "results",
    "finding",
    "findings",
    "figure",
    "table",
    "review",
    "model",
    "assay",
    "screen",
    "preprint",
    "research",
    "publication",
    "quote",
    "sentence",
    "statement",
    "series",
    "cohort",
];

fn refers_to_paper(ask: &Ask, question: &str) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let found = |what: &str| Err(format!("needs_the_paper: {what:?}"));
    for i in 0..words.len() {
        let word = text(i);
        let next = text(i + 1);
        match word {
            "author" | "authors" | "researchers" | "investigators"
                if i > 0 && matches!(text(i - 1), "the" | "these" | "study" | "this") =>
            {
                return found(&format!("the {word}"));
            }
            "our" | "we" | "us" if question.get(words[i].span.clone()) != Some("US") => return found(word),
            "fig" | "figs" | "figure" | "figures" | "table" | "tables" | "supplementary"
                if words.get(i + 1).is_some_and(|w| {
                    w.folded.starts_with(|c: char| c.is_ascii_digit())
                        || matches!(w.folded.as_str(), "." | "s" | "figure" | "table")
                }) =>
            {
                return found(word);
            }
            "this" | "these" | "present" | "current" => {
                let noun = if matches!(next, "two" | "three" | "same" | "new" | "small" | "large") {
                    text(i + 2)
                } else {
                    next
                };
                let data_set = noun == "data" && matches!(text(i + 2), "set" | "sets") || text(i + 2) == "data";
                if (PAPER.contains(&noun) || data_set)
                    && (word == "this" || word == "these" || i > 0 && matches!(text(i - 1), "the" | "in" | "this"))
                {
                    return found(&format!("{word} {noun}"));
                }
            }
            "study" | "trial" | "experimental" | "intervention" | "treatment" | "survey"
                if matches!(
                    next,
                    "group"
                        | "groups"
                        | "period"
                        | "area"
                        | "site"
                        | "sites"
                        | "population"
                        | "cohort"
                        | "arm"
                        | "participants"
                        | "subjects"
                        | "patients"
                        | "team"
                ) && i > 0
                    && matches!(text(i - 1), "the" | "this" | "both" | "all") =>
            {
                // `the treatment group of mice given X` explains itself.
                let explained = matches!(
                    text(i + 2),
                    "of" | "given" | "receiving" | "that" | "who" | "treated" | "in" | "on" | "with" | "at" | "from"
                );
                if matches!(word, "study" | "survey") && !matches!(text(i + 2), "of") || !explained {
                    return found(&format!("the {word} {next}"));
                }
            }
            "used" | "described" | "presented" | "reported" | "studied" | "tested" | "shown" | "examined"
            | "investigated"
                if next == "here" || next == "above" || next == "below" =>
            {
                return found(&format!("{word} {next}"));
            }
            "the"
                if matches!(next, "former" | "latter")
                    || matches!(
                        next,
                        "passage" | "excerpt" | "abstract" | "manuscript" | "article" | "paper" | "text" | "quote"
                    ) =>
            {
                return found(&format!("the {next}"));
            }
            "aforementioned" | "abovementioned" | "hereafter" | "herein" => return found(word),
            "above" | "below" if matches!(next, "mentioned" | "described") => return found(&format!("{word} {next}")),
            _ => {}
        }
    }
    Ok(())
}

/// What a demonstrative may stand for when the question named it before: general nouns with the endings of their kinds.
fn named_before(noun: &str, before: &[&Word]) -> bool {
    let stem = super::words::stem(noun);
    let kinds: &[(&[&str], &[&str])] = &[
        (
            &["cell", "cells"],
            &[
                "cyte",
                "cytes",
                "blast",
                "blasts",
                "phage",
                "phages",
                "neurons",
                "neuron",
                "cells",
                "cell",
                "fibroblasts",
                "astrocytes",
                "platelets",
                "oocytes",
                "sperm",
                "glia",
                "microglia",
                "line",
            ],
        ),
        (
            &["animal", "animals"],
            &[
                "mice",
                "mouse",
                "rats",
                "rat",
                "fish",
                "birds",
                "bats",
                "bat",
                "bird",
                "sheep",
                "pigs",
                "monkeys",
                "monkey",
                "dogs",
                "frogs",
                "zebrafish",
                "flies",
                "animals",
                "shark",
                "sharks",
                "larvae",
            ],
        ),
        (
            &["pathway", "process", "cascade"],
            &[
                "oxidation",
                "signalling",
                "signaling",
                "glycolysis",
                "pathway",
                "synthesis",
                "biosynthesis",
                "degradation",
                "repair",
                "autophagy",
                "metabolism",
                "photosynthesis",
            ],
        ),
        (
            &[
                "patient",
                "patients",
                "people",
                "individuals",
                "adults",
                "children",
                "women",
                "men",
                "subjects",
                "participants",
            ],
            &[
                "patients",
                "people",
                "adults",
                "children",
                "women",
                "men",
                "individuals",
                "volunteers",
                "recipients",
                "infants",
                "smokers",
                "villagers",
                "participants",
                "subjects",
            ],
        ),
        (
            &["protein", "enzyme", "factor", "gene", "molecule", "receptor", "kinase"],
            &["protein", "enzyme", "factor", "gene", "kinase", "receptor", "hormone", "ase"],
        ),
        (
            &["disease", "disorder", "condition", "infection"],
            &[
                "disease",
                "syndrome",
                "cancer",
                "infection",
                "itis",
                "osis",
                "emia",
                "diabetes",
                "malaria",
                "tuberculosis",
                "disorder",
                "tumour",
                "tumor",
            ],
        ),
        (
            &[
                "virus",
                "viruses",
                "pathogen",
                "parasite",
                "bacterium",
                "bacteria",
                "species",
                "organism",
                "insect",
                "plant",
                "plants",
            ],
            &["virus", "viruses", "parasite", "bacterium", "bacteria", "fungus", "species", "plants", "plant", "trees"],
        ),
        (
            &["drug", "compound", "agent", "treatment", "hormone"],
            &["drug", "compound", "antibiotic", "inhibitor", "hormone", "in", "ol", "ine"],
        ),
        (
            &["tissue", "organ"],
            &["tissue", "liver", "kidney", "lung", "heart", "brain", "muscle", "skin", "bone", "leaf", "root"],
        ),
    ];
    if before.iter().any(|w| w.stem == stem || w.folded == noun) {
        return true;
    }
    kinds.iter().any(|(nouns, endings)| {
        nouns.contains(&noun) && before.iter().any(|w| endings.iter().any(|e| w.folded.ends_with(e)))
    })
}

fn dangling(ask: &Ask, question: &str) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let found = |what: &str| Err(format!("dangling_reference: {what:?}"));
    for i in 0..words.len() {
        let before: Vec<&Word> = words.iter().take(i).filter(|w| w.is_content() && w.kind == Kind::Word).collect();
        let specific = before.iter().filter(|w| is_specific(w, question)).count();
        let word = text(i);
        match word {
            "this" | "these" => {
                let mut noun = i + 1;
                while words.get(noun).is_some_and(|w| {
                    super::ask::small_number(&w.folded).is_some()
                        || w.is_any(&["same", "other", "particular", "specific", "new"])
                }) {
                    noun += 1;
                }
                let noun = text(noun);
                if !(named_before(noun, &before) && specific >= 1 || before.len() >= 6 && specific >= 2) {
                    return found(&format!("{word} {noun}"));
                }
            }
            "those"
                if !matches!(
                    text(i + 1),
                    "who"
                        | "with"
                        | "without"
                        | "of"
                        | "in"
                        | "that"
                        | "not"
                        | "given"
                        | "treated"
                        | "from"
                        | "which"
                        | "whose"
                        | "on"
                        | "receiving"
                        | "emitting"
                        | "silenced"
                        | "at"
                        | "lacking"
                        | "having"
                        | "carrying"
                        | "for"
                        | "under"
                        | "exposed"
                        | "fed"
                        | "living"
                        | "aged"
                        | "born"
                        | "between"
                ) && (before.len() < 4 || specific == 0) =>
            {
                return found(&format!("those {}", text(i + 1)));
            }
            "it" | "they" | "them" | "he" | "she" if (before.len() < 2 || specific == 0 && before.len() < 3) => {
                return found(word);
            }
            "its" | "their" => {
                // `does a bat change its calls`: something stands before, or follows (`on its surface, E. coli`).
                let after = words.iter().skip(i + 2).filter(|w| is_specific(w, question)).count();
                if before.is_empty() && after == 0 {
                    return found(word);
                }
            }
            "other" if text(i.wrapping_sub(1)) == "the" => {
                // `the other one`, `the other target genes`: other than what?
                let compared = before.iter().any(|w| words.get(i + 1).is_some_and(|n| n.stem == w.stem))
                    || words.iter().any(|w| w.is_any(&["one", "two"])) && text(i + 1) != "one";
                if text(i + 1) == "one" && before.len() < 6 || !compared && specific == 0 {
                    return found(&format!("the other {}", text(i + 1)));
                }
            }
            "both" => {
                let follows_pair = words.iter().skip(i + 1).take(8).any(|w| w.is("and"));
                let noun = text(i + 1);
                let two_before = words.iter().take(i).any(|w| w.is_any(&["and", "two", ","]));
                if !follows_pair
                    && !two_before
                    && matches!(
                        noun,
                        "vectors"
                            | "groups"
                            | "conditions"
                            | "treatments"
                            | "constructs"
                            | "cases"
                            | "cohorts"
                            | "strains"
                            | "lines"
                            | "mutants"
                            | "assays"
                            | "experiments"
                            | "models"
                            | "drugs"
                            | "arms"
                            | "methods"
                            | "species"
                    )
                    && specific < 2
                {
                    return found(&format!("both {noun}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A word that names something in particular: a name, a symbol, a Latin or technical word.
fn is_specific(word: &Word, question: &str) -> bool {
    if word.kind != Kind::Word || !word.is_content() || is_generic(word) {
        return false;
    }
    let written = question.get(word.span.clone()).unwrap_or_default();
    let capital = written.chars().any(char::is_uppercase) && word.span.start > 0;
    let digit = written.chars().any(|c| c.is_ascii_digit());
    capital
        || digit
        || word.folded.chars().count() >= 9
        || !written.is_ascii()
        || TECHNICAL.iter().any(|end| word.folded.ends_with(end))
        || NAMED.contains(&word.folded.as_str())
}

const TECHNICAL: &[&str] = &[
    "cyte", "cytes", "ase", "ases", "itis", "osis", "emia", "aemia", "oma", "omas", "virus", "viruses", "ella",
    "coccus", "phage", "phages", "genic", "gene", "tumour", "tumor", "ine", "idae", "cidal", "kinase", "plasma",
    "axon", "neuron", "neurons", "synapse", "synapses", "genome", "fish", "malaria", "cancer", "ol", "ide", "glycan",
    "lipid", "lipids", "peptide", "insulin", "leptin", "enzyme",
];
const NAMED: &[&str] = &[
    "mice",
    "mouse",
    "rat",
    "rats",
    "human",
    "yeast",
    "wheat",
    "rice",
    "maize",
    "barley",
    "honeybees",
    "bees",
    "bats",
    "frogs",
    "sheep",
    "cattle",
    "pigs",
    "dogs",
    "cats",
    "birds",
    "flies",
    "ants",
    "shark",
    "sharks",
    "coral",
    "corals",
    "algae",
    "mosquito",
    "mosquitoes",
    "larvae",
    "heart",
    "liver",
    "kidney",
    "lung",
    "brain",
    "retina",
    "cortex",
    "muscle",
    "leaf",
    "root",
    "stroke",
    "asthma",
    "obesity",
    "diabetes",
    "sepsis",
    "soil",
    "lakes",
    "forest",
    "ocean",
    "tundra",
    "crop",
    "tick",
    "ticks",
    "worms",
    "worm",
    "spider",
    "spiders",
    "pain",
    "coffee",
    "serum",
    "plasma",
    "blood",
    "bone",
    "skin",
    "gut",
    "sperm",
    "eggs",
    "embryo",
    "embryos",
    "placenta",
    "antibody",
    "vaccine",
    "fungi",
    "fungus",
    "bacteria",
    "virus",
    "parasite",
    "gull",
    "horse",
    "horses",
    "cow",
    "cows",
    "calves",
    "chicken",
    "chickens",
    "salmon",
    "trout",
    "newt",
    "newts",
];

/// Abbreviations everyone in the field reads without a definition.
const WELL_KNOWN: &[&str] = &[
    "dna", "rna", "mrna", "trna", "rrna", "mirna", "sirna", "shrna", "lncrna", "cdna", "sgrna", "pcr", "qpcr", "rtpcr",
    "hiv", "aids", "atp", "adp", "amp", "camp", "gtp", "gdp", "nad", "nadh", "nadph", "ph", "mri", "fmri", "eeg",
    "ecg", "ct", "pet", "bmi", "us", "usa", "uk", "eu", "who", "icu", "ros", "no", "gfp", "crispr", "snp", "snps",
    "gwas", "ldl", "hdl", "vldl", "crp", "tnf", "il", "ifn", "tgf", "vegf", "egf", "fgf", "igf", "ngf", "bdnf", "gaba",
    "nmda", "ampa", "lps", "elisa", "ige", "igg", "igm", "iga", "hla", "mhc", "tcr", "bcr", "nk", "cd", "copd",
    "covid", "sars", "mers", "hbv", "hcv", "hpv", "ebv", "cmv", "hsv", "rsv", "tb", "mdr", "adhd", "ptsd", "psa", "hb",
    "ros", "uv", "ii", "iii", "iv", "vi", "er", "cns", "pns", "csf", "gi", "sd", "se", "ci", "auc", "nf", "jak",
    "stat", "mapk", "erk", "akt", "mtor", "ampk", "pi", "pkc", "pka", "jnk", "wnt", "yap", "taz", "myc", "ras", "raf",
    "pml", "escrt", "rnai", "mtdna", "rdna", "dsdna", "ssdna", "dsrna", "nmr", "hplc", "ms", "facs", "wt", "gc", "at",
    "dht", "acth", "tsh", "lh", "fsh", "gh", "hcg", "updrs", "dsm", "icd", "nyha", "iq", "pm", "co", "fda", "nih",
    "ddt", "pcb", "bcg", "dtp", "mmr", "opv", "nsaid", "ssri", "ace", "tpa", "iv", "im", "hsp", "bcl", "brca", "kras",
    "egfr", "her", "pd", "pdl", "ctla", "vista", "pbs", "dmso", "edta", "bsa", "fbs",
];

/// Heads of long forms that are names everyone can look up, not labels the paper coined.
const NAMED_THINGS: &[&str] = &[
    "virus",
    "protein",
    "kinase",
    "receptor",
    "gene",
    "transporter",
    "channel",
    "polypeptide",
    "enzyme",
    "hormone",
    "peptide",
    "ligand",
    "phosphatase",
    "synthase",
    "polymerase",
    "reductase",
    "dehydrogenase",
    "transferase",
    "antigen",
    "scale",
    "syndrome",
    "disease",
    "inventory",
    "questionnaire",
    "index",
    "homolog",
    "homologue",
    "ase",
    "complex",
    "database",
    "consortium",
    "antagonist",
    "agonist",
    "oxygenase",
    "hydrolase",
    "ligase",
    "chloride",
    "oxide",
    "sulfate",
];

fn abbreviations(ask: &Ask, question: &str, draft: &Draft, prepared: &Prepared<'_>) -> Result<(), String> {
    let stems: HashSet<&str> = ask.words.iter().map(|w| w.stem.as_str()).collect();
    for abbreviation in prepared.abbreviations() {
        let short = abbreviation.short.as_str();
        let core = short.strip_suffix('s').unwrap_or(short);
        let letters = core.chars().filter(|c| c.is_alphabetic()).count();
        let capitals = core.chars().filter(|c| c.is_uppercase()).count();
        if !(2..=6).contains(&letters)
            || capitals < 2
            || core.chars().any(|c| c.is_ascii_digit())
            || core.chars().any(|c| !c.is_ascii() || c == '-')
        {
            continue;
        }
        if WELL_KNOWN.contains(&core.to_lowercase().as_str())
            || !stands_in(question, short) && !stands_in(question, core)
        {
            continue;
        }
        let spelled = abbreviation.long_stems.iter().filter(|s| stems.contains(s.as_str())).count();
        if abbreviation.long_stems.is_empty() || spelled * 2 >= abbreviation.long_stems.len() {
            continue;
        }
        let long_words = words(&abbreviation.long);
        let named = long_words.iter().any(|w| {
            NAMED_THINGS.iter().any(|n| {
                w.folded == *n || w.folded.strip_suffix('s') == Some(n) || n.len() >= 5 && w.folded.ends_with(n)
            }) || w.folded.ends_with("ase")
        });
        let proper =
            abbreviation.long.split_whitespace().filter(|w| w.chars().next().is_some_and(char::is_uppercase)).count()
                * 2
                > abbreviation.long.split_whitespace().count();
        let coined_antigen = capitals < letters;
        if (named || proper) && !coined_antigen {
            continue;
        }
        // `the adhesin PfMA`: the noun before says what it is.
        let introduced = ask.words.windows(2).any(|pair| {
            question.get(pair[1].span.clone()).is_some_and(|t| t == short || t == core)
                && pair[0].kind == Kind::Word
                && pair[0].is_content()
                && !is_generic(&pair[0])
                && super::lexicon::direction_of(&pair[0]).is_none()
        });
        if introduced {
            continue;
        }
        // A label that comes with what it measures (`as measured by MATH values`) in an otherwise full question is fine.
        let specific = ask
            .words
            .iter()
            .filter(|w| is_specific(w, question) && question.get(w.span.clone()) != Some(short))
            .count();
        if specific >= 4 && !is_answer_free(draft) {
            continue;
        }
        if specific >= 5 {
            continue;
        }
        return Err(format!("undefined_abbreviation: {short} ({})", abbreviation.long));
    }
    // `L&E`: an ampersand label is always a paper's own.
    for token in question.split_whitespace() {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some((a, b)) = token.split_once('&')
            && a.len() <= 2
            && b.len() <= 2
            && a.chars().chain(b.chars()).all(char::is_uppercase)
            && !matches!(token, "R&D" | "H&E" | "Q&A" | "D&C" | "T&T")
        {
            return Err(format!("undefined_abbreviation: {token}"));
        }
    }
    Ok(())
}

fn is_answer_free(draft: &Draft) -> bool {
    matches!(draft.answer, AnswerSpec::Boolean { .. })
}

/// `short` as a whole word of `question`.
fn stands_in(question: &str, short: &str) -> bool {
    question.match_indices(short).any(|(at, _)| {
        let before = question.get(..at).and_then(|t| t.chars().next_back());
        let after = question.get(at + short.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
            && !after.is_some_and(|c| c.is_alphanumeric() && c != 's' || c == '-')
    })
}

/// Enough words that name something, so that the question has a subject without its paper.
fn enough(ask: &Ask, question: &str) -> Result<(), String> {
    let telling: HashSet<&str> = ask
        .words
        .iter()
        .filter(|w| {
            w.kind == Kind::Word && w.is_content() && !is_generic(w) && super::lexicon::direction_of(w).is_none()
        })
        .filter(|w| {
            !w.is_any(&["which", "substance", "thing", "happen", "happens", "question", "answer", "main", "key"])
        })
        .map(|w| w.stem.as_str())
        .collect();
    let specific = ask.words.iter().filter(|w| is_specific(w, question)).count();
    if telling.len() < 3 && specific < 2 || specific == 0 && telling.len() < 5 {
        return Err(format!("too_little_context: {} telling words", telling.len()));
    }
    Ok(())
}

/// What belongs to a paper's administration and laboratory, not to biology.
fn trivia(draft: &Draft, ask: &Ask, evidence: &[Evidence], prepared: &Prepared<'_>) -> Result<(), String> {
    let words = &ask.words;
    let text = |i: usize| words.get(i).map_or("", |w| w.folded.as_str());
    let has = |texts: &[&str]| words.iter().any(|w| w.is_any(texts));
    let found = |what: &str| Err(format!("trivia: {what}"));
    // The noun asked for, and what stands close behind the asking word.
    let near = words.get(ask.at..words.len().min(ask.at + 8)).unwrap_or_default();
    let asks = |texts: &[&str]| near.iter().any(|w| w.is_any(texts));
    if asks(&[
        "identifier",
        "identifiers",
        "accession",
        "registration",
        "registry",
        "catalogue",
        "catalog",
        "doi",
        "url",
        "website",
        "email",
        "grant",
        "licence",
        "license",
        "barcode",
    ]) && !has(&["grantee"])
        || (asks(&["id", "number", "code"])
            && has(&[
                "accession",
                "catalogue",
                "catalog",
                "collection",
                "registration",
                "registered",
                "grant",
                "deposited",
                "repository",
                "voucher",
                "approval",
                "protocol",
                "genbank",
                "lot",
                "batch",
            ]))
        || asks(&["under"]) && has(&["registered", "deposited", "catalogued"])
        || has(&["registered", "deposited", "archived"])
            && asks(&["which", "what", "where"])
            && asks(&["identifier", "number", "repository", "database", "registry", "archive"])
    {
        return found("a record's number");
    }
    let programs = ["software", "program", "package", "programme", "toolbox", "script", "plugin", "app", "programs"];
    if asks(&programs)
        && has(&[
            "software",
            "used",
            "version",
            "analysed",
            "analyzed",
            "performed",
            "statistical",
            "toolbox",
            "implemented",
            "run",
            "assign",
            "computed",
            "fitted",
        ])
        || asks(&["version", "release", "edition", "build"])
            && (has(&programs)
                || has(&[
                    "algorithm",
                    "library",
                    "database",
                    "pipeline",
                    "tool",
                    "matlab",
                    "r",
                    "spss",
                    "sas",
                    "stata",
                    "python",
                    "imagej",
                    "prism",
                ]))
        || has(&["software"]) && asks(&["software", "tool", "version"])
    {
        return found("software");
    }
    if asks(&[
        "company",
        "manufacturer",
        "supplier",
        "vendor",
        "firm",
        "brand",
        "funder",
        "agency",
        "foundation",
        "funding",
        "sponsor",
    ]) || has(&["funded", "purchased", "manufactured", "supplied"])
        && asks(&["who", "which", "what"])
        && !has(&["blood"])
    {
        return found("a supplier or funder");
    }
    if asks(&[
        "author",
        "authors",
        "university",
        "institution",
        "institute",
        "laboratory",
        "committee",
        "journal",
        "editor",
        "reviewer",
        "department",
    ]) && !has(&["strain"])
    {
        return found("people and places of the work");
    }
    if asks(&[
        "microscope",
        "instrument",
        "sequencer",
        "sequencing",
        "kit",
        "centrifuge",
        "spectrometer",
        "cytometer",
        "scanner",
        "camera",
        "platform",
        "buffer",
        "reagent",
        "antibody",
        "medium",
        "machine",
        "device",
        "objective",
        "magnification",
        "thermocycler",
        "primer",
    ]) && has(&[
        "used",
        "kit",
        "instrument",
        "microscope",
        "sequencer",
        "platform",
        "performed",
        "acquired",
        "captured",
        "stained",
        "purchased",
        "imaged",
        "sequenced",
        "extracted",
        "camera",
        "centrifuge",
        "run",
    ]) && !has(&["bound", "neutralized", "neutralised", "neutralising", "neutralizing"])
    {
        return found("equipment or reagents");
    }
    let storage = has(&[
        "stored",
        "store",
        "frozen",
        "storage",
        "kept",
        "shipped",
        "thawed",
        "transported",
        "incubated",
        "centrifuged",
    ]) && has(&[
        "sample",
        "samples",
        "swab",
        "swabs",
        "specimen",
        "specimens",
        "tissue",
        "tissues",
        "plates",
        "extracts",
        "extract",
        "sera",
        "plasma",
        "laboratory",
        "freezer",
        "aliquots",
        "blood",
        "supernatant",
        "stocks",
        "stock",
        "slides",
        "tubes",
        "collected",
    ]);
    if storage
        && matches!(draft.answer, AnswerSpec::Number { .. })
        && (asks(&["temperature", "long", "speed", "degrees"]) || has(&["temperature"]))
    {
        return found("how samples were handled");
    }
    if has(&["holotype", "paratype", "voucher"])
        && asks(&["number", "museum", "collection", "kept", "deposited", "under"])
    {
        return found("a record's number");
    }
    if has(&[
        "wells",
        "well",
        "plate",
        "plates",
        "microplate",
        "microplates",
        "flask",
        "flasks",
        "cuvette",
        "tube",
        "tubes",
    ]) && matches!(draft.answer, AnswerSpec::Number { .. })
        && (asks(&["wells", "well", "plates", "volume", "size", "format"]) && asks(&["many", "how", "what", "which"]))
    {
        return found("labware");
    }
    // The answer itself is a record's number.
    if let AnswerSpec::Term { value, .. } = &draft.answer
        && is_record_number(value)
    {
        return found("a record's number");
    }
    let methods = evidence
        .iter()
        .any(|e| prepared.passage(e.passage).is_some_and(|p| matches!(p.section_kind, SectionKind::DataAvailability)));
    if methods && matches!(draft.answer, AnswerSpec::Term { .. }) {
        return found("where the data lie");
    }
    let _ = text;
    Ok(())
}

/// Registry, accession and grant numbers by their forms.
fn is_record_number(value: &str) -> bool {
    let value = value.trim();
    let (letters, digits): (String, String) = (
        value.chars().take_while(char::is_ascii_alphabetic).collect(),
        value.chars().skip_while(char::is_ascii_alphabetic).collect(),
    );
    let n_digits = digits.chars().filter(char::is_ascii_digit).count();
    let known = [
        "NCT", "ISRCTN", "ACTRN", "ChiCTR", "PRJNA", "PRJEB", "PRJDB", "GSE", "GSM", "SRP", "SRR", "SRX", "ERP", "ERR",
        "EGAS", "PXD", "EMD", "MSV", "CRD", "UMIN", "SAMN", "PDB", "GCA", "GCF", "DRKS", "JPRN", "EUCTR", "CTRI",
        "PACTR", "NTR",
    ];
    known.contains(&letters.as_str()) && n_digits >= 3
        || value.starts_with("10.") && value.contains('/')
        || value.starts_with("http")
}

/// One answer only: no sibling of the answer in the quote fits the question as well.
fn unique(draft: &Draft, evidence: &Evidence, ask: &Ask, prepared: &Prepared<'_>) -> Result<(), String> {
    let AnswerSpec::Term { value, synonyms } = &draft.answer else { return Ok(()) };
    if !matches!(ask.asked, Asked::Thing) || ask.asks_for_count().is_some() {
        return Ok(());
    }
    let forms: Vec<&str> = std::iter::once(value.as_str()).chain(synonyms.iter().map(String::as_str)).collect();
    let reading = super::evidence::Reading::new(&evidence.quote, ask, prepared);
    let found = places(&forms, &reading, prepared);
    // Named more than once, some statement may single it out.
    let [place] = found.as_slice() else { return Ok(()) };
    if reading.words.iter().any(|w| w.is("respectively")) {
        return respectively(place, ask, &reading);
    }
    let Some(sibling) = sibling(place, &reading) else { return Ok(()) };
    // `Besides A, which …` and questions that name the sibling have told it apart.
    let named = sibling.clone().any(|i| reading.shared[i] >= 1.0);
    let except = ask.words.iter().any(|w| {
        w.is_any(&[
            "besides",
            "apart",
            "other",
            "another",
            "addition",
            "alongside",
            "else",
            "most",
            "largest",
            "highest",
        ])
    });
    if named || except {
        return Ok(());
    }
    let text: Vec<&str> = sibling.map(|i| reading.text(i)).collect();
    Err(format!("not_unique: the quote names {:?} beside it", text.join(" ")))
}

/// The item joined to the answer by `and`, `or` or a comma of a list, when it is of its kind.
fn sibling(place: &Range<usize>, reading: &super::evidence::Reading<'_>) -> Option<Range<usize>> {
    let text = |i: usize| reading.text(i);
    let is_break = |i: usize| {
        let w = &reading.words[i];
        w.is_any(&[
            ";", ".", "(", ")", "[", "]", ":", "that", "which", "whereas", "while", "but", "by", "when", "where",
            "who", "as", "than",
        ])
    };
    let verb = |i: usize| {
        let w = &reading.words[i];
        super::ask::AUXILIARIES.contains(&w.folded.as_str())
            || super::lexicon::direction_of(w).is_some()
            || w.folded.ends_with("ing") && i > 0 && matches!(text(i - 1), "," | "and")
    };
    // The end of the answer's noun phrase, brackets skipped.
    let mut end = place.end;
    if text(end) == "(" {
        let close = (end..reading.words.len().min(end + 6)).find(|i| text(*i) == ")")?;
        end = close + 1;
    }
    let item = |from: usize| -> Option<Range<usize>> {
        let mut stop = from;
        while stop < reading.words.len()
            && stop - from < 8
            && !is_break(stop)
            && !matches!(text(stop), "," | "and" | "or" | "in" | "for" | "with" | "on" | "at" | "to" | "from")
        {
            if verb(stop) {
                return None;
            }
            stop += 1;
        }
        let content = (from..stop).filter(|i| reading.words[*i].is_content()).count();
        (content >= 1).then_some(from..stop)
    };
    let skip_article = |i: usize| if matches!(text(i), "the" | "a" | "an" | "in" | "of") { i + 1 } else { i };
    // Answer first: `answer and B`, `answer, B, and C`.
    if matches!(text(end), "and" | "or") {
        let found = item(skip_article(end + 1))?;
        // `A and B verb…`: a second statement has its verb right behind its subject; an item is followed by the list's verb or nothing.
        return statement_follows(&found, reading).then_some(()).map_or(Some(found), |()| None);
    }
    if text(end) == "," {
        let next = if matches!(text(end + 1), "and" | "or") { end + 2 } else { end + 1 };
        let found = item(skip_article(next))?;
        let closes = matches!(text(found.end), "and" | "or")
            || text(found.end) == "," && matches!(text(found.end + 1), "and" | "or")
            || next == end + 2 && !statement_follows(&found, reading);
        return closes.then_some(found);
    }
    // Answer last or in the middle: `A and answer`, `A, answer`.
    let mut before = place.start;
    while before > 0 && matches!(text(before - 1), "the" | "a" | "an" | "in" | "of") {
        before -= 1;
    }
    // Adjectives that belong to the answer's own noun phrase.
    let link = before.checked_sub(1)?;
    if !matches!(text(link), "and" | "or" | ",") {
        return None;
    }
    let mut to = link;
    while to > 0 && matches!(text(to - 1), "," | "and" | "or") {
        to -= 1;
    }
    let mut from = to;
    if from > 0 && text(from - 1) == ")" {
        from = (0..from).rev().take(8).find(|i| text(*i) == "(")?;
        to = from;
    }
    while from > 0
        && to - from < 4
        && !is_break(from - 1)
        && !matches!(
            text(from - 1),
            "," | "and" | "or" | "the" | "of" | "in" | "for" | "with" | "on" | "to" | "from" | "a" | "an" | "between"
        )
        && !verb(from - 1)
    {
        from -= 1;
    }
    let content = (from..to).filter(|i| reading.words[*i].is_content()).count();
    if content == 0 {
        return None;
    }
    // A comma alone joins clauses more often than items: it needs a further `and` or `or` behind the answer.
    if text(link) == "," && !matches!(text(end), "and" | "or" | ",") {
        return None;
    }
    // `X increases A and answer-verb`: the answer is the subject of a new statement.
    (!statement_follows(&(place.start..end), reading) || before_verb(from, reading)).then_some(from..to)
}

/// Whether the words behind an item are a verb of its own: `A rose and B fell`.
fn statement_follows(item: &Range<usize>, reading: &super::evidence::Reading<'_>) -> bool {
    let next = item.end;
    reading.words.get(next).is_some_and(|w| {
        super::ask::AUXILIARIES.contains(&w.folded.as_str())
            || w.folded.ends_with("ed")
            || w.folded.ends_with('s') && super::lexicon::direction_of(w).is_some()
    })
}

/// Whether no verb stands between the start of the clause and `at`: then the items are one subject.
fn before_verb(at: usize, reading: &super::evidence::Reading<'_>) -> bool {
    let clause = reading.clause_words(reading.clause.get(at).copied().unwrap_or_default());
    (clause.start..at).all(|i| {
        !super::ask::AUXILIARIES.contains(&reading.text(i)) && super::lexicon::direction_of(&reading.words[i]).is_none()
    })
}

/// `(P and Q) are shown by A and B, respectively`: the question must single out the answer's partner.
fn respectively(place: &Range<usize>, ask: &Ask, reading: &super::evidence::Reading<'_>) -> Result<(), String> {
    let ands: Vec<usize> = (0..reading.words.len()).filter(|i| matches!(reading.text(*i), "and" | "or")).collect();
    let own = ands.iter().copied().find(|i| i.abs_diff(place.start) <= 6 || i.abs_diff(place.end) <= 6);
    let Some(own) = own else { return Ok(()) };
    let first = place.end <= own;
    let Some(other) = ands.iter().copied().filter(|i| *i != own).min_by_key(|i| i.abs_diff(own)) else { return Ok(()) };
    let item = |range: Range<usize>| -> f64 {
        let mut asked: Vec<&str> = ask.words.iter().filter(|w| w.is_content()).map(|w| w.stem.as_str()).collect();
        let mut n = 0.0;
        let mut total = 0.0;
        for i in range.filter(|i| reading.words[*i].is_content()) {
            total += 1.0;
            if let Some(at) = asked.iter().position(|s| *s == reading.words[i].stem) {
                asked.remove(at);
                n += 1.0;
            } else if reading.shared[i] > 0.0 {
                n += 0.5;
            }
        }
        if total == 0.0 { 0.0 } else { n / total }
    };
    let stops = |i: usize| {
        matches!(
            reading.text(i),
            "," | "(" | ")" | "of" | "in" | "for" | "the" | ";" | "was" | "were" | "are" | "by" | "." | "between"
        )
    };
    let mut left = other;
    while left > 0 && other - left < 5 && !stops(left - 1) {
        left -= 1;
    }
    let mut right = other + 1;
    while right < reading.words.len() && right - other <= 5 && !stops(right) {
        right += 1;
    }
    let (a, b) = (item(left..other), item(other + 1..right));
    let (mine, theirs) = if first { (a, b) } else { (b, a) };
    if theirs > mine + 0.2 {
        return Err("not_unique: the question singles out the other of two".to_owned());
    }
    if mine <= theirs {
        return Err("not_unique: two answers fit, told apart only by what the question leaves out".to_owned());
    }
    Ok(())
}
