//! The words the rules know: verbs with their forms, and lists of what a question must not hold.

use std::collections::HashMap;

/// What a verb says about its object or subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// A named relation: `X inhibits Y`.
    Relation,
    Up,
    Down,
    /// `alter`, `affect`, `change`: a direction only when negated.
    Change,
    /// `show`, `have`, `remain`: marks the clause, asks nothing of itself.
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    Third,
    /// Past tense and participle.
    Past,
    /// Participle only (`shown`, `bound` is both).
    Participle,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub base: &'static str,
    pub past: &'static str,
    pub third: &'static str,
    pub sense: Sense,
    /// The verb's opposite in meaning, for questions whose answer is no.
    pub opposite: Option<&'static str>,
}

macro_rules! verbs {
    ($($base:literal $third:literal $past:literal $sense:ident $($opposite:literal)?;)*) => {
        &[$(Verb { base: $base, third: $third, past: $past, sense: Sense::$sense, opposite: verbs!(@ $($opposite)?) }),*]
    };
    (@ $opposite:literal) => { Some($opposite) };
    (@) => { None };
}

const VERBS: &[Verb] = verbs! {
    "increase" "increases" "increased" Up "decrease"; "elevate" "elevates" "elevated" Up "reduce"; "enhance" "enhances" "enhanced" Up "reduce";
    "raise" "raises" "raised" Up "lower"; "upregulate" "upregulates" "upregulated" Up "downregulate"; "up-regulate" "up-regulates" "up-regulated" Up "down-regulate";
    "decrease" "decreases" "decreased" Down "increase"; "reduce" "reduces" "reduced" Down "increase"; "lower" "lowers" "lowered" Down "raise";
    "diminish" "diminishes" "diminished" Down "increase"; "downregulate" "downregulates" "downregulated" Down "upregulate";
    "down-regulate" "down-regulates" "down-regulated" Down "up-regulate"; "decline" "declines" "declined" Down; "rise" "rises" "rose" Up;
    "affect" "affects" "affected" Change; "alter" "alters" "altered" Change; "change" "changes" "changed" Change; "influence" "influences" "influenced" Change;
    "differ" "differs" "differed" Plain;
    "inhibit" "inhibits" "inhibited" Relation "activate"; "activate" "activates" "activated" Relation "inhibit"; "bind" "binds" "bound" Relation;
    "regulate" "regulates" "regulated" Relation; "induce" "induces" "induced" Relation "suppress"; "promote" "promotes" "promoted" Relation "inhibit";
    "suppress" "suppresses" "suppressed" Relation "promote"; "repress" "represses" "repressed" Relation "activate"; "phosphorylate" "phosphorylates" "phosphorylated" Relation "dephosphorylate";
    "mediate" "mediates" "mediated" Relation; "control" "controls" "controlled" Relation; "encode" "encodes" "encoded" Relation; "block" "blocks" "blocked" Relation "promote";
    "stabilize" "stabilizes" "stabilized" Relation "destabilize"; "stabilise" "stabilises" "stabilised" Relation "destabilise"; "recruit" "recruits" "recruited" Relation;
    "cleave" "cleaves" "cleaved" Relation; "degrade" "degrades" "degraded" Relation "stabilize"; "catalyze" "catalyzes" "catalyzed" Relation; "catalyse" "catalyses" "catalysed" Relation;
    "stimulate" "stimulates" "stimulated" Relation "inhibit"; "trigger" "triggers" "triggered" Relation "prevent"; "prevent" "prevents" "prevented" Relation "promote";
    "impair" "impairs" "impaired" Relation "improve"; "improve" "improves" "improved" Relation "impair"; "abolish" "abolishes" "abolished" Relation "enhance";
    "attenuate" "attenuates" "attenuated" Relation "exacerbate"; "accelerate" "accelerates" "accelerated" Relation "delay"; "delay" "delays" "delayed" Relation "accelerate";
    "restore" "restores" "restored" Relation; "rescue" "rescues" "rescued" Relation; "drive" "drives" "drove" Relation; "facilitate" "facilitates" "facilitated" Relation "inhibit";
    "target" "targets" "targeted" Relation; "modulate" "modulates" "modulated" Relation; "disrupt" "disrupts" "disrupted" Relation; "infect" "infects" "infected" Relation;
    "potentiate" "potentiates" "potentiated" Relation "inhibit"; "antagonize" "antagonizes" "antagonized" Relation; "protect" "protects" "protected" Relation;
    "eliminate" "eliminates" "eliminated" Relation; "ubiquitinate" "ubiquitinates" "ubiquitinated" Relation; "methylate" "methylates" "methylated" Relation;
    "secrete" "secretes" "secreted" Relation; "produce" "produces" "produced" Relation; "cause" "causes" "caused" Relation "prevent"; "require" "requires" "required" Plain;
    "contain" "contains" "contained" Plain; "express" "expresses" "expressed" Plain; "show" "shows" "showed" Plain; "exhibit" "exhibits" "exhibited" Plain;
    "display" "displays" "displayed" Plain; "remain" "remains" "remained" Plain; "reveal" "reveals" "revealed" Plain; "lead" "leads" "led" Plain; "result" "results" "resulted" Plain;
    "receive" "receives" "received" Plain; "report" "reports" "reported" Plain; "identify" "identifies" "identified" Plain; "die" "dies" "died" Plain; "survive" "survives" "survived" Plain;
    "develop" "develops" "developed" Plain; "complete" "completes" "completed" Plain; "achieve" "achieves" "achieved" Plain; "reach" "reaches" "reached" Plain; "occur" "occurs" "occurred" Plain;
    "include" "includes" "included" Plain; "respond" "responds" "responded" Plain; "experience" "experiences" "experienced" Plain; "interact" "interacts" "interacted" Plain;
    "localize" "localizes" "localized" Plain; "form" "forms" "formed" Plain; "harbor" "harbors" "harbored" Plain; "account" "accounts" "accounted" Plain; "correlate" "correlates" "correlated" Plain;
    "play" "plays" "played" Plain; "provide" "provides" "provided" Plain; "make" "makes" "made" Plain; "fail" "fails" "failed" Plain; "undergo" "undergoes" "underwent" Plain; "carry" "carries" "carried" Plain;
    "appear" "appears" "appeared" Plain; "seem" "seems" "seemed" Plain; "use" "uses" "used" Plain; "contribute" "contributes" "contributed" Plain; "allow" "allows" "allowed" Plain; "depend" "depends" "depended" Plain;
    "begin" "begins" "began" Plain; "become" "becomes" "became" Plain; "find" "finds" "found" Plain; "demonstrate" "demonstrates" "demonstrated" Plain; "act" "acts" "acted" Plain; "serve" "serves" "served" Plain;
};

pub(super) struct Lexicon {
    forms: HashMap<&'static str, (usize, Form)>,
}

impl Lexicon {
    pub fn new() -> Self {
        let mut forms = HashMap::new();
        for (at, verb) in VERBS.iter().enumerate() {
            forms.insert(verb.base, (at, Form::Base));
            forms.insert(verb.third, (at, Form::Third));
            forms.insert(verb.past, (at, Form::Past));
        }
        forms.insert("driven", (forms["drive"].0, Form::Participle));
        forms.insert("shown", (forms["show"].0, Form::Participle));
        Lexicon { forms }
    }

    pub fn verb(&self, word: &str) -> Option<(&'static Verb, Form)> {
        self.forms.get(word).map(|(at, form)| (&VERBS[*at], *form))
    }
}

/// Words that make a sentence no source of a fact that stands alone.
pub(super) const REFUSED: &[&str] = &[
    "may", "might", "could", "would", "should", "suggest", "suggests", "suggested", "suggesting", "possibly", "perhaps", "presumably", "likely", "unlikely", "putative", "seems", "seemed", "appears", "appeared",
    "hypothesize", "hypothesized", "hypothesis", "speculate", "believed", "thought", "expected", "predicted", "potentially", "whether", "if", "previous", "previously", "recently", "et", "al", "reported", "others",
    "this", "these", "those", "it", "its", "they", "their", "them", "he", "she", "his", "her", "we", "our", "us", "i", "my", "here", "herein", "above", "below", "former", "latter", "respectively", "such", "figure", "fig", "figs",
    "table", "supplementary", "article", "paper", "authors", "manuscript", "aforementioned", "same", "other", "another", "both", "each", "either", "neither", "one", "ones", "there", "then", "thus", "therefore", "hence", "similarly", "likewise", "also",
    "respective", "corresponding", "following", "latest", "see", "shown", "aim", "aimed", "objective", "investigate", "investigated", "examined", "assess", "assessed", "analyzed", "analysed", "calculated", "using", "described", "literature",
    "approximately", "tended", "trend", "partially", "generally", "often", "sometimes", "some", "many", "several", "various", "certain", "different", "further", "moreover", "indeed", "instead", "otherwise", "not", "no", "without",
    "study", "studies", "experiment", "experiments", "section", "equation", "dataset", "datasets", "so", "what", "how", "why", "?", "formula",
];

/// Refusals that a negative or counting rule may lift.
pub(super) const LIFTED: &[&str] = &["not", "no", "without", "also", "both", "different", "thus", "therefore", "hence", "approximately", "using", "further", "moreover", "indeed", "respective", "similarly", "following", "reported", "other", "many", "several", "some", "one", "partially", "generally", "same", "either", "each", "neither", "assessed", "corresponding", "shown"];

pub(super) const PREPOSITIONS: &[&str] = &[
    "in", "of", "at", "on", "by", "with", "from", "to", "for", "between", "among", "after", "before", "during", "within", "into", "through", "under", "upon", "against", "via", "as", "than", "over", "across", "per", "towards", "toward", "along", "despite", "throughout", "and", "or", "but", "nor", "versus",
];

/// Participles that follow their noun as a modifier.
pub(super) const MODIFIERS: &[&str] = &[
    "treated", "infected", "exposed", "lacking", "fed", "expressing", "carrying", "transfected", "injected", "derived", "isolated", "collected", "associated", "induced", "mediated", "based", "grown", "diagnosed", "randomized", "assigned", "immunized",
    "challenged", "stimulated", "cultured", "incubated", "caused", "encoded", "produced", "obtained", "undergoing", "receiving", "having", "containing", "involving", "aged", "living", "related", "required", "evoked", "elicited",
];

/// Words too wide to say what a question is about.
pub(super) const GENERIC: &[&str] = &[
    "patients", "participants", "subjects", "individuals", "group", "groups", "cells", "animals", "mice", "rats", "treatment", "control", "controls", "levels", "level", "expression", "effect", "effects", "activity", "rate", "number", "significantly", "significant", "samples", "data", "results",
    "analysis", "model", "models", "mutant", "mutants", "protein", "proteins", "gene", "genes", "increase", "decrease", "compared", "relative", "percentage", "many", "value", "change", "years", "months", "weeks", "hours", "mean", "median", "average", "total", "overall", "higher", "lower", "between", "after",
    "during", "among", "which", "there", "their", "where", "while", "cases", "women", "children", "intervention", "condition", "conditions", "response", "baseline", "outcome", "outcomes", "population", "sites", "species", "trials", "score", "scores", "within", "before", "times", "respondents", "changes", "type",
];

/// Nouns whose value is a number.
pub(super) const MEASURES: &[&str] = &[
    "rate", "rates", "mean", "median", "average", "prevalence", "incidence", "concentration", "concentrations", "ratio", "weight", "age", "length", "survival", "sensitivity", "specificity", "accuracy", "proportion", "percentage", "frequency", "half-life", "affinity", "temperature", "duration", "diameter", "width", "height",
    "volume", "mass", "density", "time", "latency", "distance", "size", "mortality", "fraction", "speed", "velocity", "dose", "coverage", "efficiency", "yield", "depth", "thickness", "score", "coefficient", "constant", "resolution", "period", "risk", "heritability", "ic50", "ec50", "kd", "content", "number", "amplitude", "potential",
    "expectancy", "level", "levels", "area", "cost", "index", "identity", "similarity", "diversity", "abundance", "radius", "probability", "odds", "hazard", "follow-up", "seroprevalence", "lifespan", "interval", "pressure", "intake",
];

/// Capitals everyone in the field knows.
pub(super) const COMMON: &[&str] = &[
    "DNA", "RNA", "mRNA", "ATP", "ADP", "GTP", "GDP", "PCR", "HIV", "HIV-1", "COVID-19", "SARS-CoV-2", "GFP", "NADH", "NADPH", "NAD", "UV", "US", "USA", "UK", "CRISPR", "miRNA", "siRNA", "cDNA", "rRNA", "tRNA", "lncRNA", "AIDS", "MRI", "BMI", "CO2", "LDL", "HDL", "MHC", "HLA", "pH", "AMP", "cAMP", "TNF", "VEGF", "EGFR", "ELISA", "EEG", "ECG",
    "II", "III", "IV", "VI", "WHO", "snRNA", "dsRNA", "ssDNA", "dsDNA", "ROS", "GABA", "NMDA", "AMPA", "LPS", "CD4", "CD8", "NK", "SNP", "SNPs", "IgG", "IgM", "IgA", "IgE", "CI", "PBS", "CA1", "CA3", "ER", "tRNAs", "mRNAs", "miRNAs",
];
