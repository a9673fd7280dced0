//! The verbs the rules know, with their forms, what they say and their opposites.

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
    "observe" "observes" "observed" Plain; "detect" "detects" "detected" Plain; "see" "sees" "seen" Plain; "associate" "associates" "associated" Plain; "affect" "affects" "affected" Change; "alter" "alters" "altered" Change; "change" "changes" "changed" Change; "influence" "influences" "influenced" Change;
    "differ" "differs" "differed" Plain;
    "inhibit" "inhibits" "inhibited" Relation "enhance"; "activate" "activates" "activated" Relation "inhibit"; "bind" "binds" "bound" Relation;
    "regulate" "regulates" "regulated" Relation; "induce" "induces" "induced" Relation "suppress"; "promote" "promotes" "promoted" Relation "inhibit";
    "suppress" "suppresses" "suppressed" Relation "promote"; "repress" "represses" "repressed" Relation "activate"; "phosphorylate" "phosphorylates" "phosphorylated" Relation "dephosphorylate";
    "mediate" "mediates" "mediated" Relation; "control" "controls" "controlled" Relation; "encode" "encodes" "encoded" Relation; "block" "blocks" "blocked" Relation "enhance";
    "stabilize" "stabilizes" "stabilized" Relation "destabilize"; "stabilise" "stabilises" "stabilised" Relation "destabilise"; "recruit" "recruits" "recruited" Relation;
    "cleave" "cleaves" "cleaved" Relation; "degrade" "degrades" "degraded" Relation "stabilize"; "catalyze" "catalyzes" "catalyzed" Relation; "catalyse" "catalyses" "catalysed" Relation;
    "stimulate" "stimulates" "stimulated" Relation "inhibit"; "trigger" "triggers" "triggered" Relation; "prevent" "prevents" "prevented" Relation "promote";
    "impair" "impairs" "impaired" Relation "improve"; "improve" "improves" "improved" Relation "impair"; "abolish" "abolishes" "abolished" Relation "enhance";
    "attenuate" "attenuates" "attenuated" Relation "exacerbate"; "accelerate" "accelerates" "accelerated" Relation "suppress"; "delay" "delays" "delayed" Relation "accelerate";
    "restore" "restores" "restored" Relation; "rescue" "rescues" "rescued" Relation; "drive" "drives" "drove" Relation; "facilitate" "facilitates" "facilitated" Relation "inhibit";
    "target" "targets" "targeted" Relation; "modulate" "modulates" "modulated" Relation; "disrupt" "disrupts" "disrupted" Relation; "infect" "infects" "infected" Relation;
    "potentiate" "potentiates" "potentiated" Relation "inhibit"; "antagonize" "antagonizes" "antagonized" Relation; "protect" "protects" "protected" Relation;
    "eliminate" "eliminates" "eliminated" Relation; "ubiquitinate" "ubiquitinates" "ubiquitinated" Relation; "methylate" "methylates" "methylated" Relation;
    "secrete" "secretes" "secreted" Relation; "produce" "produces" "produced" Relation; "cause" "causes" "caused" Relation; "require" "requires" "required" Plain;
    "contain" "contains" "contained" Plain; "express" "expresses" "expressed" Plain; "show" "shows" "showed" Plain; "exhibit" "exhibits" "exhibited" Plain;
    "display" "displays" "displayed" Plain; "remain" "remains" "remained" Plain; "reveal" "reveals" "revealed" Plain; "lead" "leads" "led" Plain; "result" "results" "resulted" Plain;
    "receive" "receives" "received" Plain; "report" "reports" "reported" Plain; "identify" "identifies" "identified" Plain; "die" "dies" "died" Plain; "survive" "survives" "survived" Plain;
    "develop" "develops" "developed" Plain; "complete" "completes" "completed" Plain; "achieve" "achieves" "achieved" Plain; "reach" "reaches" "reached" Plain; "occur" "occurs" "occurred" Plain;
    "include" "includes" "included" Plain; "respond" "responds" "responded" Plain; "experience" "experiences" "experienced" Plain; "interact" "interacts" "interacted" Plain;
    "localize" "localizes" "localized" Plain; "form" "forms" "formed" Plain; "harbor" "harbors" "harbored" Plain; "account" "accounts" "accounted" Plain; "correlate" "correlates" "correlated" Plain;
    "play" "plays" "played" Plain; "provide" "provides" "provided" Plain; "make" "makes" "made" Plain; "fail" "fails" "failed" Plain; "undergo" "undergoes" "underwent" Plain; "carry" "carries" "carried" Plain;
    "appear" "appears" "appeared" Plain; "seem" "seems" "seemed" Plain; "use" "uses" "used" Plain; "contribute" "contributes" "contributed" Plain; "allow" "allows" "allowed" Plain; "depend" "depends" "depended" Plain;
    "begin" "begins" "began" Plain; "alleviate" "alleviates" "alleviated" Relation "exacerbate"; "confer" "confers" "conferred" Relation; "dampen" "dampens" "dampened" Relation; "abrogate" "abrogates" "abrogated" Relation "enhance"; "shorten" "shortens" "shortened" Relation "prolong"; "prolong" "prolongs" "prolonged" Relation "shorten"; "augment" "augments" "augmented" Up "reduce"; "ameliorate" "ameliorates" "ameliorated" Relation "exacerbate"; "exacerbate" "exacerbates" "exacerbated" Relation "attenuate";
    "deacetylate" "deacetylates" "deacetylated" Relation "acetylate"; "acetylate" "acetylates" "acetylated" Relation "deacetylate"; "dephosphorylate" "dephosphorylates" "dephosphorylated" Relation "phosphorylate"; "hydrolyze" "hydrolyzes" "hydrolyzed" Relation; "sequester" "sequesters" "sequestered" Relation; "sensitize" "sensitizes" "sensitized" Relation; "silence" "silences" "silenced" Relation "activate"; "destabilize" "destabilizes" "destabilized" Relation "stabilize"; "compromise" "compromises" "compromised" Relation; "weaken" "weakens" "weakened" Relation "strengthen"; "strengthen" "strengthens" "strengthened" Relation "weaken"; "limit" "limits" "limited" Relation; "restrict" "restricts" "restricted" Relation; "perturb" "perturbs" "perturbed" Relation; "counteract" "counteracts" "counteracted" Relation; "transport" "transports" "transported" Relation; "reside" "resides" "resided" Plain; "accumulate" "accumulates" "accumulated" Plain; "localise" "localises" "localised" Plain; "enrich" "enriches" "enriched" Plain; "concentrate" "concentrates" "concentrated" Plain; "drop" "drops" "dropped" Down; "comprise" "comprises" "comprised" Plain; "colocalize" "colocalizes" "colocalized" Plain; "co-localize" "co-localizes" "co-localized" Plain; "represent" "represents" "represented" Plain; "constitute" "constitutes" "constituted" Plain; "cover" "covers" "covered" Plain; "fall" "falls" "fell" Down; "become" "becomes" "became" Plain; "find" "finds" "found" Plain; "demonstrate" "demonstrates" "demonstrated" Plain; "act" "acts" "acted" Plain; "serve" "serves" "served" Plain;
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
