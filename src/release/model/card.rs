//! A model's `README.md`.

use std::fmt;

use super::evaluation::{Evaluation, Score};
use super::lineage::Lineage;
use super::{Checked, Form, Header, LOG};
use crate::release::citation::quoted;

pub struct Card<'a> {
    pub header: &'a Header,
    pub checked: &'a Checked,
    /// SHA-256 of the data set's manifest.
    pub dataset: Option<&'a str>,
    pub lineage: &'a Lineage,
    pub evaluation: Option<&'a Evaluation>,
}

impl fmt::Display for Card<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.front(f)?;
        let Card { header, checked, .. } = self;
        let what = match checked.form {
            Form::Adapter => "An adapter (PEFT) for",
            Form::Full => "Full weights, trained from",
        };
        writeln!(
            f,
            "# {} {}\n\n{what} `{}`, of {}, {} parameters. Trained with rewards that a program checks; made by aludel.\n",
            header.name,
            header.version,
            self.lineage.base_model,
            header.created.date_naive(),
            checked.parameters
        )?;
        self.usage(f)?;
        self.scores(f)?;
        self.origin(f)?;
        writeln!(
            f,
            "## Limits\n\n- Trained to answer short questions about single papers; a right answer here is what one paper states.\n- \
             Preprints are not peer reviewed. Not for clinical or safety decisions.\n- What the base model gets wrong, this one may, too.\n"
        )?;
        writeln!(
            f,
            "## Checking this copy\n\n```sh\naludel release verify .\nminisign -Vm manifest.json -p minisign.pub\n```\n\nThe key in \
             `minisign.pub` proves something only when it is the one the publisher shows elsewhere."
        )
    }
}

impl Card<'_> {
    fn front(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Card { header, checked, lineage, evaluation, .. } = self;
        let library = match checked.form {
            Form::Adapter => "peft",
            Form::Full => "transformers",
        };
        writeln!(f, "---\nlicense: {}\nbase_model: {}", quoted(&lineage.licence), quoted(&lineage.base_model))?;
        writeln!(f, "library_name: {library}\npipeline_tag: text-generation\nlanguage:\n- en")?;
        writeln!(f, "tags:\n- biology\n- reinforcement-learning\n- aludel")?;
        if let Some(dataset) = &lineage.dataset {
            writeln!(f, "datasets:\n- {}", quoted(&dataset.name))?;
        }
        if let Some(evaluation) = evaluation {
            writeln!(
                f,
                "model-index:\n- name: {}\n  results:\n  - task:\n      type: text-generation",
                quoted(&header.name)
            )?;
            let set = quoted(&evaluation.set);
            writeln!(f, "    dataset:\n      name: {set}\n      type: {set}")?;
            let metric = quoted(&evaluation.metric);
            writeln!(
                f,
                "    metrics:\n    - type: {metric}\n      value: {:.4}\n      name: {metric}",
                evaluation.overall.value
            )?;
        }
        writeln!(f, "---\n")
    }

    fn usage(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = quoted(&self.lineage.base_model);
        match self.checked.form {
            Form::Adapter => writeln!(
                f,
                "```python\nfrom peft import PeftModel\nfrom transformers import AutoModelForCausalLM\n\n\
                 model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained({base}), \"path/to/this/folder\")\n```\n"
            ),
            Form::Full => writeln!(
                f,
                "```python\nfrom transformers import AutoModelForCausalLM\n\nmodel = AutoModelForCausalLM.from_pretrained(\"path/to/this/folder\")\n```\n"
            ),
        }
    }

    fn scores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(evaluation) = self.evaluation else {
            return writeln!(f, "## Evaluation\n\nNot evaluated: how good it is is not known.\n");
        };
        writeln!(f, "## Evaluation\n\n{} on {}, with intervals.\n", evaluation.metric, evaluation.set)?;
        writeln!(
            f,
            "| | score | questions |\n|---|---|---|\n| all | {} | {} |",
            shown(evaluation.overall),
            evaluation.overall.n
        )?;
        for topic in &evaluation.topics {
            writeln!(f, "| {} | {} | {} |", topic.topic.replace('|', "\\|"), shown(topic.score), topic.score.n)?;
        }
        if let Some(champion) = &evaluation.champion {
            let difference = champion.difference;
            writeln!(
                f,
                "\nThe champion of the day, {}, had {} on the same questions: a difference of {:+.3} ({:+.3} to {:+.3}).",
                champion.version,
                shown(champion.overall),
                difference.value,
                difference.low,
                difference.high
            )?;
        }
        writeln!(f)
    }

    fn origin(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lineage { base_model, base_revision, licence, dataset, more } = self.lineage;
        let revision = base_revision.as_deref().map_or(String::new(), |revision| format!(", revision `{revision}`"));
        writeln!(
            f,
            "## Lineage\n\n| | |\n|---|---|\n| base model | `{base_model}`{revision} |\n| licence | {licence} |"
        )?;
        match dataset {
            Some(dataset) => {
                let split = dataset.split.as_deref().map_or(String::new(), |split| format!(", split {split}"));
                writeln!(f, "| data set | {} {}{split} |", dataset.name, dataset.version)?;
            }
            None => writeln!(f, "| data set | not stated |")?,
        }
        if let Some(hash) = self.dataset {
            writeln!(f, "| its manifest's SHA-256 | `{hash}` |")?;
        }
        for (name, value) in more {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(f, "| {} | {} |", name.replace('|', "\\|"), value.replace('|', "\\|").replace('\n', " "))?;
        }
        if self.checked.log.is_some() {
            writeln!(f, "\n![curves](curves.svg)\n\nEvery step is in `{LOG}`.")?;
        }
        writeln!(f)
    }
}

fn shown(score: Score) -> String {
    format!("{:.3} ({:.3} to {:.3})", score.value, score.low, score.high)
}
