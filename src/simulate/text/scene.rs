//! What one invented paper is about: its genes, systems and conditions, and the findings it reports, each with one set of
//! numbers, so that abstract and results agree.

use super::frame::with_article;
use super::names;
use super::vocabulary::{Lab, Measure, Subject, Vocabulary};
use crate::simulate::dice::Dice;

/// The cast of one paper.
#[derive(Debug, Clone)]
pub struct Scene {
    pub subject: Subject,
    pub genes: [String; 3],
    pub protein: String,
    pub drugs: [String; 2],
    pub latin: String,
    pub systems: [String; 2],
    pub parts: [String; 2],
    pub topics: [String; 2],
    pub conditions: [String; 2],
    pub abbreviation: (String, String),
    pub place: String,
    pub verb: [String; 3],
    pub findings: Vec<Finding>,
}

/// One thing a paper found, as the words its sentences need.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The frame section: `change`, `contrast`, `relation`, …
    pub kind: &'static str,
    pub slots: Vec<(&'static str, String)>,
}

impl Finding {
    pub fn slot(&self, name: &str) -> Option<&str> {
        self.slots.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

impl Scene {
    /// The scene of the paper with this `seed`. A `version` above 1 changes one finding's numbers and adds one finding.
    pub fn new(vocabulary: &Vocabulary, seed: u64, category: &str, version: u32) -> Self {
        let dice = &mut Dice::of(seed, &["scene"]);
        let subject = vocabulary.subject(category).clone();
        let two = |dice: &mut Dice, list: &[String]| {
            let all = dice.shuffled(list);
            let first = all.first().cloned().unwrap_or_default();
            [first.clone(), all.get(1).cloned().unwrap_or(first)]
        };
        let genes = [(); 3].map(|()| names::gene(dice, subject.genes));
        let mut scene = Scene {
            protein: names::protein(dice),
            drugs: [(); 2].map(|()| names::compound(dice)),
            latin: names::organism(dice),
            systems: two(dice, &subject.systems),
            parts: two(dice, &subject.parts),
            topics: two(dice, &subject.topics),
            conditions: two(dice, &subject.conditions),
            abbreviation: names::abbreviated_term(dice),
            place: names::place(dice),
            verb: [(); 3].map(|()| dice.pick(VERBS).to_owned()),
            genes,
            subject,
            findings: Vec::new(),
        };
        scene.findings = findings(&scene, seed, version);
        scene
    }
}

pub const VERBS: &[&str] = &[
    "inhibits",
    "activates",
    "binds",
    "phosphorylates",
    "stabilises",
    "represses",
    "recruits",
    "degrades",
    "cleaves",
    "methylates",
    "ubiquitinates",
    "sequesters",
    "antagonises",
    "transports",
];

fn findings(scene: &Scene, seed: u64, version: u32) -> Vec<Finding> {
    let dice = &mut Dice::of(seed, &["findings"]);
    let measures = dice.shuffled(&scene.subject.measures);
    let measure = |i: usize| measures[i % measures.len().max(1)].clone();
    let kinds: &[&'static str] = match scene.subject.lab {
        Lab::Bench => &[
            "change",
            "relation",
            "change",
            "property",
            "contrast",
            "necessity",
            "count",
            "locate",
            "correlation",
            "nochange",
            "change",
            "relation",
            "definition",
            "contrast",
        ],
        Lab::Clinic => &[
            "contrast",
            "risk",
            "change",
            "risk",
            "correlation",
            "nochange",
            "contrast",
            "change",
            "definition",
            "risk",
            "count",
            "change",
        ],
        Lab::Field => &[
            "change",
            "contrast",
            "correlation",
            "count",
            "nochange",
            "change",
            "definition",
            "contrast",
            "change",
            "locate",
            "relation",
        ],
        Lab::Compute => &[
            "contrast",
            "change",
            "correlation",
            "nochange",
            "change",
            "count",
            "contrast",
            "change",
            "definition",
            "property",
        ],
    };
    let fewer = dice.whole(0, 3) as usize;
    let extra = version.saturating_sub(1).min(3) as usize;
    let wanted = (kinds.len() - fewer + extra).min(kinds.len());
    let causes = causes(scene, dice);
    let mut all: Vec<Finding> = kinds[..wanted]
        .iter()
        .enumerate()
        .map(|(i, kind)| {
            let cause = causes.get(i % causes.len().max(1)).cloned().unwrap_or_default();
            // A stream of its own: one more finding in version 2 leaves the others as they were.
            finding(
                scene,
                kind,
                i,
                &cause,
                &measure(i),
                &measure(i + 1),
                &mut Dice::of(seed, &["finding", &i.to_string()]),
            )
        })
        .collect();
    if version > 1 && scene.subject.measures.len() > 1 {
        // The first finding was measured again for the new version.
        let kind = kinds[0];
        let cause = causes.first().cloned().unwrap_or_default();
        let dice = &mut Dice::of(seed, &["finding again", &version.to_string()]);
        if let Some(first) = all.first_mut() {
            *first = finding(scene, kind, 0, &cause, &measure(0), &measure(1), dice);
        }
    }
    all
}

/// What may have caused a change, each once.
fn causes(scene: &Scene, dice: &mut Dice) -> Vec<String> {
    let [a, b, c] = &scene.genes;
    let [condition, condition2] = &scene.conditions;
    let [drug, drug2] = &scene.drugs;
    let dose = dose(dice, scene.subject.lab);
    let mut causes = match scene.subject.lab {
        Lab::Bench => vec![
            format!("loss of {a}"),
            format!("treatment with {drug} ({dose})"),
            condition.clone(),
            format!("overexpression of {b}"),
            format!("knockdown of {c}"),
            condition2.clone(),
            format!("treatment with {drug2}"),
            format!("a point mutation in {a}"),
            format!("inhibition of {b}"),
        ],
        Lab::Clinic => vec![
            condition.clone(),
            format!("{drug} ({dose} daily)"),
            condition2.clone(),
            format!("{condition} combined with {drug2}"),
            format!("a high {}", scene.abbreviation.1),
            format!("carriage of a {a} variant"),
        ],
        Lab::Field => vec![
            condition.clone(),
            condition2.clone(),
            format!("the presence of {}", italic(&scene.latin)),
            format!("removal of {}", italic(&scene.latin)),
            format!("{condition} followed by {condition2}"),
        ],
        Lab::Compute => vec![
            condition.clone(),
            condition2.clone(),
            format!("adding {} to the pipeline", scene.abbreviation.1),
            format!("replacing the default model with {}", scene.abbreviation.1),
            format!("{condition} with {condition2}"),
        ],
    };
    causes.rotate_left(dice.position(3));
    causes
}

fn finding(
    scene: &Scene,
    kind: &'static str,
    index: usize,
    cause: &str,
    measure: &Measure,
    measure2: &Measure,
    dice: &mut Dice,
) -> Finding {
    let [a, b, c] = &scene.genes;
    let mut slots: Vec<(&'static str, String)> = Vec::with_capacity(48);
    let up = dice.chance(0.5);
    let span = measure.high - measure.low;
    let low = measure.low + span * dice.real(0.02, 0.4);
    let high = (low * dice.real(1.25, 3.2) + span * 0.04).min(measure.high);
    let (low_text, high_text) = (number(low, measure.decimals), number(high, measure.decimals));
    // What follows is computed from the numbers as printed, so that a reader who checks finds them right.
    let (low, high) = (value(&low_text), value(&high_text));
    let (from, to) = if up { (low, high) } else { (high, low) };
    let (from_text, to_text) = if up { (&low_text, &high_text) } else { (&high_text, &low_text) };
    let unit = &measure.unit;
    slots.push(("cause", cause.to_owned()));
    slots.push(("measure", measure.name.clone()));
    slots.push(("measure2", measure2.name.clone()));
    slots.push(("v0", with_unit(from_text, unit)));
    slots.push(("v1", with_unit(to_text, unit)));
    slots.push(("v0b", with_unit(&number(from * 1.02, measure.decimals), unit)));
    let spread = |v: f64, dice: &mut Dice| number((v * dice.real(0.05, 0.18)).max(0.01), measure.decimals.max(1));
    slots.push(("v0sd", with_unit(&format!("{from_text} ± {}", spread(from, dice)), unit)));
    slots.push(("v1sd", with_unit(&format!("{to_text} ± {}", spread(to, dice)), unit)));
    let fold = if low > 0.0 { high / low } else { 2.0 };
    let fold_text = format!("{}-fold", number(fold, 1));
    let percent = if from > 0.0 { (to - from).abs() / from * 100.0 } else { 40.0 };
    let percent_text = format!("{}%", number(percent, 0));
    slots.push(("a_fold", with_article(&fold_text)));
    slots.push(("fold", fold_text));
    slots.push(("a_pct", with_article(&percent_text)));
    slots.push(("pct", percent_text));
    let (raised, rise, rose, risen, higher): (&str, &str, &str, &str, &str) = if up {
        (
            dice.pick(&["increased", "raised", "elevated"]),
            "increase",
            dice.pick(&["increased", "rose"]),
            "increased",
            "higher",
        )
    } else {
        (
            dice.pick(&["reduced", "decreased", "lowered"]),
            "decrease",
            dice.pick(&["decreased", "fell"]),
            "decreased",
            "lower",
        )
    };
    for (key, word) in [("raised", raised), ("rise", rise), ("rose", rose), ("risen", risen), ("higher", higher)] {
        slots.push((key, word.to_owned()));
    }
    slots.push(("p", p_value(dice)));
    slots.push(("pns", format!("p = 0.{}", dice.whole(12, 88))));
    slots.push(("n", dice.whole(5, 64).to_string()));
    slots.push(("nbig", thousands(dice.whole(120, 9800))));
    slots.push(("counted", dice.pick(&scene.subject.counted)));
    let system = scene.systems[usize::from(index % 3 == 2)].clone();
    let (group, control) = match scene.subject.lab {
        Lab::Bench => [
            (format!("{a}-deficient samples"), "wild-type controls".to_owned()),
            (format!("samples expressing {b}"), "samples with an empty vector".to_owned()),
            (format!("{}-treated samples", scene.drugs[0]), "vehicle-treated samples".to_owned()),
        ][index % 3]
            .clone(),
        Lab::Clinic => (format!("{system} given {}", scene.drugs[index % 2]), "those given placebo".to_owned()),
        Lab::Field => {
            (format!("{system} exposed to {}", scene.conditions[index % 2]), "unexposed reference sites".to_owned())
        }
        Lab::Compute => {
            (format!("runs with {}", scene.conditions[index % 2]), "runs with the default settings".to_owned())
        }
    };
    slots.push(("group", group));
    slots.push(("control", control));
    slots.push(("system", system));
    slots.push(("part", scene.parts[index % 2].clone()));
    slots.push(("part2", scene.parts[(index + 1) % 2].clone()));
    let (x, y, z) = match index % 3 {
        0 => (a, b, c),
        1 => (b, c, a),
        _ => (a, c, b),
    };
    let verb = &scene.verb[index % 3];
    slots.push(("X", x.clone()));
    slots.push(("Y", y.clone()));
    slots.push(("Z", z.clone()));
    slots.push(("binds", verb.clone()));
    slots.push(("bound", participle(verb)));
    let property = dice.pick(PROPERTIES);
    let (name, unit, decimals, low, high) = property;
    let first = dice.real(low, high);
    slots.push(("a_property", with_article(name)));
    slots.push(("property", name.to_owned()));
    slots.push(("value", with_unit(&number(first, decimals), unit)));
    slots.push(("value2", with_unit(&number(first * dice.real(1.3, 2.6), decimals), unit)));
    slots.push((
        "ci",
        format!("95% CI {}–{} {unit}", number(first * 0.86, decimals.max(1)), number(first * 1.17, decimals.max(1))),
    ));
    slots.push(("times", format!("{} times", number(dice.real(1.6, 9.0), 1))));
    slots.push(("share", format!("{}%", dice.whole(11, 89))));
    let big = dice.whole(180, 9600);
    let some = dice.whole(6, big / 6);
    slots.push(("big", thousands(big)));
    slots.push(("some", thousands(some)));
    slots.push(("somepct", format!("{}%", number(some as f64 / big as f64 * 100.0, 1))));
    slots.push(("few", dice.whole(2, (some / 2).max(3)).to_string()));
    slots.push(("things", dice.pick(THINGS).to_owned()));
    slots.push(("r", format!("0.{}", dice.whole(31, 94))));
    let harm = dice.chance(0.5);
    let ratio = if harm { dice.real(1.25, 4.2) } else { dice.real(0.28, 0.82) };
    slots.push(("or", number(ratio, 2)));
    slots.push(("orci", format!("95% CI {}–{}", number(ratio * 0.81, 2), number(ratio * 1.22, 2))));
    slots.push(("higherrisk", if harm { "higher" } else { "lower" }.to_owned()));
    let control_rate = dice.whole(8, 21) as f64;
    slots.push(("pa", format!("{}%", number(control_rate * ratio, 1))));
    slots.push(("pb", format!("{}%", number(control_rate, 1))));
    slots.push((
        "orci2",
        format!("95% CI {}–{}%", number(control_rate * ratio * 0.9, 1), number(control_rate * ratio * 1.1, 1)),
    ));
    slots.push(("diff", format!("{} percentage points", number((control_rate - control_rate * ratio).abs(), 1))));
    slots.push(("event", dice.pick(EVENTS).to_owned()));
    let kind = if kind == "contrast" && !up { "contrast_down" } else { kind };
    Finding { kind, slots }
}

const PROPERTIES: &[(&str, &str, usize, f64, f64)] = &[
    ("dissociation constant", "nM", 0, 3.0, 850.0),
    ("half-life", "h", 1, 0.6, 38.0),
    ("IC<sub>50</sub>", "µM", 1, 0.2, 48.0),
    ("melting temperature", "°C", 1, 41.0, 72.0),
    ("molecular mass", "kDa", 0, 14.0, 240.0),
    ("catalytic rate", "s<sup>-1</sup>", 1, 0.8, 90.0),
];
const THINGS: &[&str] = &["genes", "compounds", "transcripts", "variants", "samples", "records", "sites", "proteins"];
const EVENTS: &[&str] =
    &["readmission", "relapse", "treatment failure", "death from any cause", "serious infection", "loss of response"];

pub fn dose(dice: &mut Dice, lab: Lab) -> String {
    let (low, high, unit) = match lab {
        Lab::Clinic => (5, 400, "mg"),
        Lab::Field => (1, 40, "mg/L"),
        Lab::Bench | Lab::Compute => dice.pick(&[(1, 90, "µM"), (5, 900, "nM"), (2, 60, "µg/mL")]),
    };
    format!("{} {unit}", dice.whole(low, high))
}

pub fn p_value(dice: &mut Dice) -> String {
    let sign: &str = dice.pick(&["p", "p", "P"]);
    match dice.whole(0, 3) {
        0 => format!("{sign} &lt; 0.001"),
        1 => format!("{sign} &lt; 0.01"),
        2 => format!("{sign} = 0.0{}", dice.whole(11, 48)),
        _ => format!("{sign} = 0.00{}", dice.whole(1, 9)),
    }
}

pub fn italic(latin: &str) -> String {
    format!("<i>{latin}</i>")
}

fn participle(verb: &str) -> String {
    let base = verb.strip_suffix('s').unwrap_or(verb);
    match base {
        "bind" => "bound".to_owned(),
        _ if base.ends_with('e') => format!("{base}d"),
        _ => format!("{base}ed"),
    }
}

/// `value` with `decimals` places and commas from 10,000 on.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if value >= 10_000.0 && decimals == 0 { thousands(value.round() as i64) } else { text }
}

fn value(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap_or(0.0)
}

pub fn thousands(value: i64) -> String {
    if value < 1000 {
        return value.to_string();
    }
    format!("{},{:03}", thousands(value / 1000), value % 1000)
}

fn with_unit(number: &str, unit: &str) -> String {
    if unit.starts_with('%') { format!("{number}{unit}") } else { format!("{number} {unit}") }
}
