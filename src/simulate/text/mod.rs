//! Invented papers: from a seed and a subject area to a title, an abstract and a full text that agree with each other.
//! Text is XML-escaped with the inline tags `i`, `sup`, `sub` and the empty tag `c` (a citation); [`plain`] drops them.
//! Nothing here is copied from a real paper, and no finding in it is true.

mod frame;
mod names;
mod scene;
mod vocabulary;

use std::collections::BTreeSet;

pub use names::{abbreviated_term, person, place};
pub use scene::{Finding, Scene};
pub use vocabulary::{Lab, Vocabulary};

use super::catalogue::capitalise;
use super::dice::Dice;

/// One invented paper's text.
#[derive(Debug, Clone, PartialEq)]
pub struct Manuscript {
    pub title: String,
    /// (family, given), in order.
    pub authors: Vec<(String, String)>,
    pub consortium: Option<String>,
    pub institution: String,
    /// Heading and text; a single part has no heading.
    pub abstract_parts: Vec<(Option<&'static str>, String)>,
    pub sections: Vec<Part>,
    pub tables: Vec<Grid>,
    pub figures: Vec<String>,
    pub keywords: Vec<String>,
    pub references: Vec<String>,
}

/// A titled section: paragraphs, then its own parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub title: String,
    pub kind: &'static str,
    pub paragraphs: Vec<String>,
    pub parts: Vec<Part>,
}

/// A table: caption, then rows of which the first is the head.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub caption: String,
    pub rows: Vec<Vec<String>>,
}

/// Writes papers. Holds the vocabulary; equal arguments give equal papers.
#[derive(Debug, Clone)]
pub struct Writer {
    vocabulary: Vocabulary,
}

impl Default for Writer {
    fn default() -> Self {
        Writer { vocabulary: Vocabulary::embedded() }
    }
}

impl Writer {
    /// The paper of `seed` in `category`: title, people and abstract only, which is cheap.
    pub fn brief(&self, seed: u64, category: &str, version: u32) -> Manuscript {
        self.write(seed, category, version, false)
    }

    /// The same paper with its full text.
    pub fn full(&self, seed: u64, category: &str, version: u32) -> Manuscript {
        self.write(seed, category, version, true)
    }

    fn write(&self, seed: u64, category: &str, version: u32, full: bool) -> Manuscript {
        let scene = Scene::new(&self.vocabulary, seed, category, version);
        let mut pen = Pen { writer: self, scene: &scene, dice: Dice::of(seed, &["abstract"]), used: BTreeSet::new() };
        let title = pen.title();
        let abstract_parts = pen.abstract_parts();
        let mut dice = Dice::of(seed, &["people"]);
        let authors: Vec<(String, String)> = (0..dice.whole(2, 9)).map(|_| names::person(&mut dice)).collect();
        let consortium = dice.chance(0.06).then(|| format!("{} Consortium", capitalise(&scene.topics[0])));
        let institution = format!("University of {}", names::place(&mut dice));
        let keywords = vec![scene.topics[0].clone(), scene.genes[0].clone(), scene.conditions[0].clone()];
        let mut manuscript = Manuscript {
            title,
            authors,
            consortium,
            institution,
            abstract_parts,
            sections: Vec::new(),
            tables: Vec::new(),
            figures: Vec::new(),
            keywords,
            references: Vec::new(),
        };
        if full {
            pen.dice = Dice::of(seed, &["body"]);
            manuscript.sections = pen.sections();
            manuscript.tables = pen.tables();
            manuscript.figures = (0..pen.dice.whole(2, 5)).map(|i| pen.about(i as usize, "fig")).collect();
            let mut dice = Dice::of(seed, &["references"]);
            manuscript.references = (0..dice.whole(18, 46)).map(|_| self.reference(&mut dice, category)).collect();
        }
        manuscript
    }

    fn reference(&self, dice: &mut Dice, category: &str) -> String {
        let subject = self.vocabulary.subject(category);
        let topic: String = dice.pick(&subject.topics);
        let (family, given) = names::person(dice);
        let initial: String = given.chars().take(1).collect();
        format!(
            "{family} {initial}. {} in {}. J Suppos Biol. {};{}:{}.",
            capitalise(&topic),
            names::place(dice),
            dice.whole(1994, 2025),
            dice.whole(1, 80),
            dice.whole(1, 1900)
        )
    }
}

struct Pen<'a> {
    writer: &'a Writer,
    scene: &'a Scene,
    dice: Dice,
    /// Frames this paper has used, so that it does not repeat itself.
    used: BTreeSet<String>,
}

impl Pen<'_> {
    fn clinical(&self) -> bool {
        self.scene.subject.lab == Lab::Clinic
    }

    fn kind(&self, kind: &str) -> String {
        if self.clinical() { format!("{kind}_clinic") } else { kind.to_owned() }
    }

    fn title(&mut self) -> String {
        let text = self.general(&self.kind("title"));
        text.trim_end_matches('.').to_owned()
    }

    fn abstract_parts(&mut self) -> Vec<(Option<&'static str>, String)> {
        let mut background = vec![self.general(&self.kind("background"))];
        if self.dice.chance(0.5) {
            background.push(self.general(&self.kind("gap")));
        }
        let aim = self.general(&self.kind("aim"));
        let mut results = Vec::new();
        let wanted = self.dice.whole(3, 6) as usize;
        for finding in self.scene.findings.iter().take(wanted) {
            results.push(self.sentence(finding));
        }
        let conclusion = self.general(&self.kind("conclusion"));
        let structured = self.dice.chance(if self.clinical() { 0.75 } else { 0.15 });
        if structured {
            vec![
                (Some("BACKGROUND"), background.join(" ")),
                (Some("METHODS"), format!("{aim} {}", self.general(self.methods()))),
                (Some("RESULTS"), results.join(" ")),
                (Some("CONCLUSIONS"), conclusion),
            ]
        } else {
            vec![(None, format!("{} {aim} {} {conclusion}", background.join(" "), results.join(" ")))]
        }
    }

    fn methods(&self) -> &'static str {
        match self.scene.subject.lab {
            Lab::Bench => "methods_bench",
            Lab::Clinic => "methods_clinic",
            Lab::Field => "methods_field",
            Lab::Compute => "methods_compute",
        }
    }

    fn sections(&mut self) -> Vec<Part> {
        let mut introduction = Vec::new();
        for _ in 0..self.dice.whole(2, 4) {
            let mut sentences = vec![self.general(&self.kind("background"))];
            for _ in 0..self.dice.whole(2, 4) {
                if self.has_fresh("intro") {
                    sentences.push(self.general("intro"));
                }
            }
            introduction.push(sentences.join(" "));
        }
        introduction.push(format!("{} {}", self.general(&self.kind("gap")), self.general(&self.kind("aim"))));

        let mut results = Vec::new();
        let findings = self.scene.findings.clone();
        for (i, group) in findings.chunks(3).enumerate() {
            let mut paragraphs = Vec::new();
            for finding in group {
                let mut sentences = vec![self.sentence(finding)];
                if self.dice.chance(0.6) {
                    sentences.push(self.about(i, "transition"));
                }
                sentences.push(format!("{} (Fig. {}).", self.observation(finding), i + 1));
                paragraphs.push(sentences.join(" "));
            }
            let title = self.general(&self.kind("title")).trim_end_matches('.').to_owned();
            results.push(Part { title, kind: "", paragraphs, parts: Vec::new() });
        }

        let mut methods = Vec::new();
        for heading in ["Materials and setting", "Measurements", "Statistical analysis"] {
            let wanted = self.dice.whole(3, 5);
            let mut fresh = Vec::new();
            for _ in 0..wanted {
                if self.has_fresh(self.methods()) {
                    fresh.push(self.general(self.methods()));
                }
            }
            if fresh.is_empty() {
                continue;
            }
            methods.push(Part {
                title: heading.to_owned(),
                kind: "",
                paragraphs: vec![fresh.join(" ")],
                parts: Vec::new(),
            });
        }

        let mut discussion = Vec::new();
        for i in 0..self.dice.whole(3, 5) as usize {
            let mut sentences = Vec::new();
            for j in 0..self.dice.whole(3, 5) as usize {
                let kind = if self.clinical() && j.is_multiple_of(2) { "discussion_clinic" } else { "discussion" };
                if self.has_fresh(kind) {
                    sentences.push(self.about(i + j, kind));
                }
            }
            if !sentences.is_empty() {
                discussion.push(sentences.join(" "));
            }
        }
        discussion.push(self.general(&self.kind("conclusion")));

        let part = |title: &str, kind, paragraphs, parts| Part { title: title.to_owned(), kind, paragraphs, parts };
        vec![
            part("Introduction", "intro", introduction, Vec::new()),
            part("Results", "results", Vec::new(), results),
            part("Discussion", "discussion", discussion, Vec::new()),
            part("Methods", "methods", Vec::new(), methods),
        ]
    }

    /// A second look at a finding, without its numbers.
    fn observation(&mut self, finding: &Finding) -> String {
        let system = finding.slot("system").unwrap_or("the samples").to_owned();
        let n = finding.slot("n").unwrap_or("6").to_owned();
        let counted = finding.slot("counted").unwrap_or("samples").to_owned();
        let frames = [
            format!("This was seen in each of {n} {counted} of {system}"),
            format!("The same held when {system} were examined again with {n} {counted}"),
            format!("The pattern was stable across {n} {counted}"),
            format!("Two observers scored {n} {counted} and agreed"),
        ];
        self.dice.pick(&frames)
    }

    fn tables(&mut self) -> Vec<Grid> {
        let changes: Vec<&Finding> =
            self.scene.findings.iter().filter(|f| f.kind.starts_with("c") && f.kind != "count").collect();
        let mut rows = vec![["Measure", "Control", "Changed", "P"].map(str::to_owned).to_vec()];
        for finding in changes.iter().take(6) {
            let cell = |name| finding.slot(name).unwrap_or_default().to_owned();
            rows.push(vec![
                frame::capitalise_sentence(&cell("measure")),
                cell("v0"),
                cell("v1"),
                cell("p").replace("p ", "").replace("P ", ""),
            ]);
        }
        let caption = format!("Measurements in {}, before and after each change.", self.scene.systems[0]);
        vec![Grid { caption, rows }]
    }

    fn sentence(&mut self, finding: &Finding) -> String {
        let frame = self.frame(finding.kind);
        self.fill(&frame, finding)
    }

    /// A sentence of `kind` about finding number `index`.
    fn about(&mut self, index: usize, kind: &str) -> String {
        let frame = self.frame(kind);
        match self.scene.findings.get(index % self.scene.findings.len().max(1)).cloned() {
            Some(finding) => self.fill(&frame, &finding),
            None => frame,
        }
    }

    fn general(&mut self, kind: &str) -> String {
        self.about(0, kind)
    }

    /// Whether a frame of `kind` is left that this paper has not used.
    fn has_fresh(&self, kind: &str) -> bool {
        self.writer.vocabulary.frames(kind).iter().any(|frame| !self.used.contains(frame))
    }

    fn frame(&mut self, kind: &str) -> String {
        let frames = self.writer.vocabulary.frames(kind);
        let fresh: Vec<&String> = frames.iter().filter(|f| !self.used.contains(*f)).collect();
        let frame = match fresh.get(self.dice.position(fresh.len())) {
            Some(frame) => (*frame).clone(),
            None => self.dice.pick(frames),
        };
        self.used.insert(frame.clone());
        frame
    }

    fn fill(&mut self, frame: &str, finding: &Finding) -> String {
        let scene = self.scene;
        let text = frame::expand(frame, &mut self.dice, &mut |name, dice| {
            finding.slot(name).map(str::to_owned).or_else(|| general_slot(scene, name, dice))
        });
        frame::capitalise_sentence(&text)
    }
}

fn general_slot(scene: &Scene, name: &str, dice: &mut Dice) -> Option<String> {
    let measure = scene.subject.measures.first();
    let chosen: &str = match name {
        "geneA" => &scene.genes[0],
        "geneB" => &scene.genes[1],
        "geneC" => &scene.genes[2],
        "protein" => &scene.protein,
        "drug" => &scene.drugs[0],
        "drug2" => &scene.drugs[1],
        "latin" => return Some(scene::italic(&scene.latin)),
        "latin_bare" => &scene.latin,
        "system2" => &scene.systems[1],
        "a_part" => return Some(format!("the {}", scene.parts[0])),
        "topic" => &scene.topics[0],
        "topic2" => &scene.topics[1],
        "condition" => &scene.conditions[0],
        "condition2" => &scene.conditions[1],
        "abbr_long" => &scene.abbreviation.0,
        "abbr" => &scene.abbreviation.1,
        "place" => &scene.place,
        "binds0" => &scene.verb[0],
        "Y0" => &scene.genes[1],
        "measure0" => return measure.map(|m| m.name.clone()),
        "v0d" => return measure.map(|m| format!("{} {}", scene::number((m.low + m.high) / 2.0, m.decimals), m.unit)),
        "above" => dice.pick(&["above", "below"]),
        "a_proteinkind" => dice.pick(&[
            "a serine hydrolase",
            "a zinc-finger protein",
            "a membrane transporter",
            "a small GTPase",
            "an RNA helicase",
            "a scaffold protein",
        ]),
        "cleaves" => dice.pick(&["cleaves", "binds", "oxidises", "transports", "unfolds"]),
        "substrate" => {
            dice.pick(&["sphingolipids", "short peptides", "nuclear RNA", "glycoproteins", "acyl-CoA", "histone tails"])
        }
        "a_drugkind" => {
            dice.pick(&["a covalent inhibitor", "a macrocyclic peptide", "a small molecule", "a monoclonal antibody"])
        }
        "blocks" => dice.pick(&["blocks", "degrades", "stabilises", "occupies"]),
        "a_taxon" => dice.pick(&[
            "a filamentous fungus",
            "a gram-negative bacterium",
            "an annual grass",
            "a burrowing mollusc",
            "a freshwater alga",
        ]),
        "habitat" => dice.pick(&["alkaline soils", "tidal pools", "leaf litter", "hot springs", "alpine streams"]),
        "a_assay" => dice.pick(&[
            "a colorimetric assay",
            "flow cytometry",
            "automated image analysis",
            "an enzyme-linked assay",
            "a calibrated probe",
        ]),
        "ref" => dice.pick(&["two reference genes", "total protein", "a spike-in control"]),
        _ => return numeric_slot(name, scene.subject.lab, dice),
    };
    Some(chosen.to_owned())
}

fn numeric_slot(name: &str, lab: Lab, dice: &mut Dice) -> Option<String> {
    let (low, high, unit) = match name {
        "share" | "pct0" => (12, 88, "%"),
        "years" => (2, 9, ""),
        "year" => (2012, 2019, ""),
        "year2" => (2020, 2025, ""),
        "hours" => (2, 72, " h"),
        "mins" => (3, 55, " min"),
        "weeks" => (4, 52, ""),
        "temp" => (18, 37, " °C"),
        "temp2" => (39, 55, " °C"),
        "deg" => (4, 29, " °C"),
        "rpm" => (8, 20, ",000"),
        "micro" => (10, 60, " µg"),
        "micron" => (5, 200, ""),
        "dil" => (5, 40, "00"),
        "mag" => (20, 100, ""),
        "pix" => (60, 320, " nm"),
        "depth" => (12, 80, ""),
        "d1" => (1, 9, ""),
        "khz" => (1, 5, ""),
        "khz2" => (10, 50, ""),
        "plot" => (4, 100, ""),
        "far" => (20, 900, ""),
        "bp" => (150, 900, ""),
        "visits" => (3, 14, ""),
        "centres" => (3, 21, ""),
        "cores" => (8, 96, ""),
        "gb" => (32, 512, ""),
        "epochs" => (10, 200, ""),
        "batch" => (16, 512, ""),
        "fold5" => (3, 10, ""),
        "seeds" => (3, 10, ""),
        "dose" => return Some(scene::dose(dice, lab)),
        "lr" => return Some(format!("{} × 10<sup>−4</sup>", dice.whole(1, 9))),
        "step" => return Some(format!("0.{}", dice.whole(1, 9))),
        _ => return None,
    };
    Some(format!("{}{unit}", dice.whole(low, high)))
}

/// `rich` without tags and with its entities resolved.
pub fn plain(rich: &str) -> String {
    let mut out = String::with_capacity(rich.len());
    let mut rest = rich;
    while let Some((before, from)) = rest.split_once('<') {
        out.push_str(before);
        match from.split_once('>') {
            Some((_, after)) => rest = after,
            None => rest = "",
        }
    }
    out.push_str(rest);
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_fill_every_slot() {
        let writer = Writer::default();
        for (i, category) in crate::simulate::catalogue::all_categories().into_iter().enumerate() {
            let full = writer.full(i as u64, category, 1);
            assert!(!full.title.contains(['{', '[', '|']), "{}", full.title);
            assert!(full.figures.iter().all(|f| !f.contains(['{', '['])), "{:?}", full.figures);
            for part in &full.sections {
                for paragraph in part.paragraphs.iter().chain(part.parts.iter().flat_map(|p| &p.paragraphs)) {
                    assert!(!paragraph.contains(['{', '}', '[', '|']), "{paragraph}");
                    assert!(paragraph.ends_with('.'), "{paragraph}");
                }
            }
            assert!(full.abstract_parts.iter().all(|(_, text)| !text.contains(['{', '[', '|'])), "{full:?}");
            assert_eq!(writer.brief(i as u64, category, 1).abstract_parts, full.abstract_parts);
        }
    }

    #[test]
    fn a_new_version_changes_the_text_but_not_the_subject() {
        let writer = Writer::default();
        let [one, two] = [1, 2].map(|version| writer.full(9, "ecology", version));
        assert_eq!(one.title, two.title);
        assert_ne!(one.abstract_parts, two.abstract_parts);
    }

    #[test]
    fn sentences_rarely_repeat_between_papers() {
        let writer = Writer::default();
        let mut seen = BTreeSet::new();
        let (mut total, mut repeated) = (0, 0);
        for seed in 0..200 {
            for (_, text) in writer.brief(seed, "neuroscience", 1).abstract_parts {
                for sentence in text.split(". ") {
                    total += 1;
                    repeated += u32::from(!seen.insert(sentence.to_owned()));
                }
            }
        }
        assert!(repeated * 20 < total, "{repeated} of {total}");
    }

    #[test]
    fn plain_drops_markup() {
        assert_eq!(plain("p &lt; 0.05 in <i>A. b</i><c/>"), "p < 0.05 in A. b");
    }
}
