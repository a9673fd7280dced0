//! A crude common root of English word forms.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
