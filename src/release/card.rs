//! `README.md`: the card that the hub and people read, every figure from the release or the store.

use std::collections::BTreeMap;
use std::fmt;

use super::changes;
use super::citation::{line, publisher, quoted};
use super::datasheet;
use super::diff::Diff;
use super::licence::{Part, Policy};
use super::report::{Balance, Facts};
use super::schema;
use super::seal::Header;
use super::split::Split;

/// What a card is made from.
pub struct Card<'a> {
    pub header: &'a Header,
    pub balance: &'a Balance,
    pub facts: &'a Facts,
    pub policy: &'a Policy,
    pub diff: Option<&'a Diff>,
}

impl fmt::Display for Card<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.front(f)?;
        self.head(f)?;
        self.parts(f)?;
        self.columns(f)?;
        self.quality(f)?;
        self.decontamination(f)?;
        self.topics(f)?;
        self.sources(f)?;
        self.limits(f)?;
        datasheet::write(self, f)?;
        self.check(f)
    }
}

impl Card<'_> {
    /// The YAML front matter that the hub reads.
    fn front(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Card { header, balance, policy, .. } = self;
        writeln!(f, "---\npretty_name: {}\nlanguage:\n- en\nlicense:", quoted(&header.name))?;
        let mut licences: Vec<&str> = policy
            .rules()
            .iter()
            .filter(|rule| balance.licences.contains_key(rule.code.as_str()))
            .map(|rule| rule.hub.as_deref().unwrap_or("other"))
            .collect();
        licences.dedup();
        if licences.is_empty() {
            licences.push("other");
        }
        licences.iter().try_for_each(|licence| writeln!(f, "- {licence}"))?;
        writeln!(
            f,
            "task_categories:\n- question-answering\n- text-generation\nannotations_creators:\n- machine-generated"
        )?;
        writeln!(f, "source_datasets:\n- original\nsize_categories:\n- {}", size_category(balance.rows))?;
        writeln!(
            f,
            "tags:\n- biology\n- reinforcement-learning\n- verifiable-rewards\n- reasoning\n- grounded\n- aludel"
        )?;
        writeln!(f, "configs:")?;
        for (at, part) in balance.parts().into_iter().enumerate() {
            writeln!(f, "- config_name: {}", part.as_str())?;
            if at == 0 {
                writeln!(f, "  default: true")?;
            }
            writeln!(f, "  data_files:")?;
            for split in Split::ALL.into_iter().filter(|split| self.rows(part, *split) > 0) {
                let split = split.as_str();
                writeln!(f, "  - split: {split}\n    path: data/{}/{split}-*.parquet", part.as_str())?;
            }
        }
        if balance.tombstones > 0 {
            let path = "data/tombstones/tombstone-*.parquet";
            writeln!(f, "- config_name: tombstones\n  data_files:\n  - split: tombstone\n    path: {path}")?;
        }
        writeln!(f, "---\n")
    }

    fn rows(&self, part: Part, split: Split) -> u64 {
        self.balance
            .places
            .get(part.as_str())
            .and_then(|splits| splits.get(split.as_str()))
            .map_or(0, |count| count.rows)
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Card { header, balance, diff, .. } = self;
        let day = header.created.date_naive();
        writeln!(
            f,
            "# {} {}\n\n{} questions with checkable answers from {} biology papers, each with the place in the paper that bears \
             it out. Made by machine, as of {day}, published by {}.\n",
            header.name,
            header.version,
            balance.rows,
            balance.works,
            publisher(header)
        )?;
        if let (Some(previous), Some(diff)) = (header.previous, diff) {
            writeln!(f, "Changes since {previous} (all of them in `CHANGES.md`, row by row in `changes.jsonl`):\n")?;
            writeln!(f, "{}", changes::summary(diff))?;
        }
        let first = balance.parts().first().map_or("open", |part| part.as_str());
        writeln!(
            f,
            "```python\nfrom datasets import load_dataset\nrows = load_dataset(\"path/to/this/folder\", \"{first}\")\n\n\
             import json\n\
             from grader import grade          # grader.py lies beside this card\n\
             grade(json.loads(rows[\"train\"][0][\"answer\"]), \"<answer>12 %</answer>\")[\"score\"]\n```\n"
        )
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Card { header, balance, .. } = self;
        writeln!(f, "## Parts and splits\n\n| part | split | questions | papers | |\n|---|---|---|---|---|")?;
        for part in balance.parts() {
            for (split, count) in balance.places.get(part.as_str()).into_iter().flatten() {
                writeln!(f, "| {} | {split} | {} | {} | {} |", part.as_str(), count.rows, count.works, part.meaning())?;
            }
        }
        if balance.tombstones > 0 {
            writeln!(
                f,
                "| tombstones | tombstone | {} | | released once, taken back since: do not use |",
                balance.tombstones
            )?;
        }
        writeln!(
            f,
            "\nSplits are by paper: a preprint and its journal article are one. {:.1} % of papers are for validation.",
            header.validation_share * 100.0
        )?;
        match (&header.settled, &header.released) {
            (Some(settled), Some(released)) => writeln!(
                f,
                "`train` and `validation` hold papers first public up to {settled}; `future` those after it, up to {released}; newer \
                 ones wait for the next release. A model trained on an earlier release has seen nothing of `future`.\n"
            )?,
            _ => writeln!(f)?,
        }
        if !balance.held_back.is_empty() {
            writeln!(f, "Accepted questions that stay out:\n\n| reason | questions |\n|---|---|")?;
            for (reason, n) in &balance.held_back {
                writeln!(f, "| {} | {n} |", reason.replace('_', " "))?;
            }
            writeln!(f)?;
        }
        writeln!(f, "`export/trl` and `export/verl` hold the part `open` again in those trainers' forms.\n")
    }

    fn columns(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## Columns\n\nAlso in `schema.json`. `?` marks what may be null.\n\n| column | type | |\n|---|---|---|"
        )?;
        for column in schema::COLUMNS {
            writeln!(f, "| `{}` | `{}` | {} |", column.name, column.kind, column.meaning)?;
        }
        writeln!(f)
    }

    fn quality(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts;
        writeln!(
            f,
            "## Quality\n\nEvery question passed stages 1 to 7 below; its tier says what else was tried. Grounded: the quote is in the \
             paper and bears the answer out, the question can be asked alone and does not give the answer away, it is new, and it \
             overlaps with no registered benchmark. Verified: besides, a model that did not write it agreed with the key from the \
             passage, and it was tried without the passage. Reviewed: a person agreed. Shares are of all {} questions judged, with \
             95 % intervals (Wilson).\n\n| | questions | share |\n|---|---|---|",
            facts.judged
        )?;
        if let Some(share) = facts.accepted {
            writeln!(f, "| accepted | {} | {} |", share.count, share)?;
        }
        for (stage, share) in &facts.rejected {
            writeln!(f, "| rejected: {} | {} | {} |", stage.replace('_', " "), share.count, share)?;
        }
        for (name, share, of) in [
            ("verified or better", facts.verified, "of those released"),
            ("reviewed", facts.reviewed, "of those released"),
            ("withdrawn since", facts.withdrawn, "of those ever accepted"),
        ] {
            if let Some(share) = share {
                writeln!(f, "| {name} | {} | {} {of} |", share.count, share)?;
            }
        }
        let unseen = facts.reviewed.is_none_or(|share| share.count == 0);
        if unseen {
            writeln!(f, "\nNo person has reviewed these questions: how many keys are right is not known.")?;
        }
        writeln!(
            f,
            "\n`PROTOCOL.md` says how accuracy and bias are estimated, with what people found so far and the balance of keys; `audit.csv` \
             is this release's random sample."
        )?;
        writeln!(f)
    }

    fn decontamination(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts;
        writeln!(f, "## Decontamination\n")?;
        if facts.benchmarks.is_empty() {
            return writeln!(f, "No benchmark was registered: questions were compared with none.\n");
        }
        writeln!(
            f,
            "Questions that share a run of 13 words with a registered benchmark, or nearly repeat an item, are rejected.\n"
        )?;
        writeln!(f, "| benchmark | items |\n|---|---|")?;
        facts.benchmarks.iter().try_for_each(|(name, n)| writeln!(f, "| {} | {n} |", cell(name)))?;
        match facts.contaminated {
            Some(share) => writeln!(f, "\nRejected for it: {} ({}).\n", share.count, share),
            None => writeln!(f),
        }
    }

    fn topics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Card { balance, facts, .. } = self;
        writeln!(
            f,
            "## Topics\n\nTaxonomy version {}. The literature: {} papers first public since {}, {} of them without a topic, which do not \
             count.\n\n\
             | topic | questions | share | share of the literature |\n|---|---|---|---|",
            facts.taxonomy_version, facts.literature_works, facts.literature_from, facts.literature_unlabelled
        )?;
        let mut topics: BTreeMap<&str, u64> = facts.literature.keys().map(|topic| (topic.as_str(), 0)).collect();
        topics.extend(balance.topics.iter().map(|(topic, n)| (topic.as_str(), *n)));
        for (topic, n) in topics {
            let share = 100.0 * n as f64 / balance.rows.max(1) as f64;
            let named = if topic.is_empty() { "none" } else { topic };
            let literature = facts.literature.get(topic);
            let literature = literature.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
            writeln!(f, "| {named} | {n} | {share:.1} % | {literature} |")?;
        }
        for alignment in &facts.alignments {
            let short: u64 = alignment.topics.iter().map(|quota| quota.wanted - quota.taken).sum();
            let distance = alignment.distance.map_or("-".to_owned(), |distance| format!("{distance:.3}"));
            write!(
                f,
                "\n`{}/train` is sampled to the literature's shares to the power {}: {} of {} questions taken, Jensen-Shannon \
                 distance {distance} from the target",
                alignment.part, alignment.alpha, alignment.taken, alignment.available
            )?;
            if short == 0 {
                writeln!(f, ".")?;
                continue;
            }
            let mut lacking: Vec<_> = alignment.topics.iter().filter(|quota| quota.wanted > quota.taken).collect();
            lacking.sort_by_key(|quota| std::cmp::Reverse(quota.wanted - quota.taken));
            let named = lacking.iter().take(5).map(|quota| {
                let topic = if quota.topic.is_empty() { "none" } else { &quota.topic };
                format!("{topic} {}", quota.wanted - quota.taken)
            });
            writeln!(f, "; {short} short of it, most in {}.", named.collect::<Vec<_>>().join(", "))?;
        }
        writeln!(f)
    }

    fn sources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let balance = self.balance;
        writeln!(f, "## Sources\n\n| | questions |\n|---|---|")?;
        for (what, counts) in [
            ("source", &balance.sources),
            ("licence", &balance.licences),
            ("answer", &balance.answer_types),
            ("tier", &balance.tiers),
            ("written by", &balance.generators),
            ("first public", &balance.years),
        ] {
            for (name, n) in counts {
                let name = if name.is_empty() { "unknown" } else { name };
                writeln!(f, "| {what}: {} | {n} |", cell(name))?;
            }
        }
        writeln!(
            f,
            "\nbioRxiv and medRxiv are operated by openRxiv. PubMed: courtesy of the U.S. National Library of Medicine, which endorses \
             nothing here. The papers are linked, not hosted.\n"
        )
    }

    fn limits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## Limits\n\n\
             - A snapshot of {}: it may not reflect the most current data available from NLM or the archives. Retractions after that day \
             are in the tombstones of a later release.\n\
             - Preprints are not peer reviewed. Those from medRxiv must not guide clinical practice or be reported as established.\n\
             - A key says what one paper states; others may disagree. That a question was accepted does not make the finding true.\n\
             - English only, and only what the licences let out: fields that publish under closed licences are thin.\n\
             - Questions written by rules ask for what a sentence says outright; they reward reading more than reasoning.\n",
            self.header.created.date_naive()
        )
    }

    fn check(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## Checking this copy\n\n```sh\naludel release verify .\n# or, without aludel:\nminisign -Vm manifest.json -p minisign.pub\n\
             python3 -c \"import hashlib, json; print([f['path'] for f in json.load(open('manifest.json'))['files'] if \
             hashlib.sha256(open(f['path'], 'rb').read()).hexdigest() != f['sha256']])\"\n```\n\nThe key in `minisign.pub` proves \
             something only when it is the one the publisher shows elsewhere.\n\n## Citing\n\n{}\n\n\
             Cite the papers, too: `attribution.csv` lists them.",
            line(self.header)
        )
    }
}

/// Text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn size_category(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        _ => "1M<n<10M",
    }
}
