//! The standing protocol: how accuracy and bias of the questions are estimated, and what the estimates are. One text for the release
//! folder and the web.

use std::collections::BTreeMap;

use super::{Audit, Figures, Kappa};
use crate::interval::Share;

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(&'static str),
    Text(String),
    Table { head: Vec<&'static str>, rows: Vec<Vec<String>> },
}

/// The title of the page.
pub const TITLE: &str = "How accuracy and bias are estimated";

/// The page, filled in.
pub fn blocks(figures: &Figures) -> Vec<Block> {
    let Figures { subject, balance, standing } = figures;
    let mut page = vec![
        Block::Text(format!(
            "Nobody knows how many keys are right until people have looked. This page says how they look, and what they found. Figures \
             are of {subject}; every share has its 95 % interval (Wilson's score interval)."
        )),
        Block::Heading("What is looked at"),
        Block::Text(
            "A random sample of every data set release is drawn with the release's seed (`audit.csv`): each question has the same \
             chance. Besides it people are shown, in turn: questions that conflict with another one, those that the model stages were \
             least sure of, those of topics that were looked at least, those that somebody else has looked at, and, without being told, \
             some that verification rejected. Only the random sample speaks for a whole release."
                .to_owned(),
        ),
        Block::Text(
            "A reviewer sees question, options, key and the evidence inside its passage, not what verification said, and decides: accept \
             (the question can be asked alone, has exactly one right answer, the key is it, and the passage states it), reject, or edit. \
             Name and reason are kept. An edit is verified anew as a question of its own; the old one is rejected. A question is right \
             when nobody who looked at it objected."
                .to_owned(),
        ),
        Block::Heading("Accuracy"),
    ];
    page.extend(accuracy(&standing.audits));
    if let Some(share) = &standing.rejected_wrongly {
        page.push(Block::Text(format!(
            "Of {} rejected questions drawn at random, people would have accepted {}: {share}.",
            share.of, share.count
        )));
    }
    page.push(Block::Heading("Agreement"));
    page.push(Block::Text(format!(
        "{} people have looked at {} questions. Cohen's kappa is 1 for full agreement and 0 for agreement by chance; an edit counts as an \
         objection. People are compared with verification on questions drawn at random from what it accepted and what it rejected.",
        standing.reviewers, standing.questions
    )));
    let between = standing.between.iter().map(|pair| (format!("{} and {}", pair.first, pair.second), pair.kappa));
    let verifier = standing.verifier.map(|kappa| ("people and verification".to_owned(), kappa));
    let rows: Vec<Vec<String>> = between.chain(verifier).map(|(who, kappa)| row_of(who, &kappa)).collect();
    if !rows.is_empty() {
        page.push(Block::Table { head: vec!["who", "questions", "agreed", "kappa"], rows });
    }
    page.push(Block::Heading("Balance"));
    page.push(Block::Text(
        "A model can win by habit where one kind of key is much more frequent than another: always yes, always the first option, always \
         increase. Even shares would be 50 % for yes and no, and one in the number of options for each letter."
            .to_owned(),
    ));
    for (what, counts) in [
        ("answer type", &balance.answer_types),
        ("yes or no", &balance.booleans),
        ("direction", &balance.directions),
        ("right option", &balance.positions),
        ("topic", &balance.topics),
        ("source", &balance.sources),
    ] {
        page.extend(shares(what, counts));
    }
    page
}

fn accuracy(audits: &[Audit]) -> Vec<Block> {
    let looked_at: u64 = audits.iter().map(|audit| audit.looked_at).sum();
    if looked_at == 0 {
        return vec![Block::Text(
            "No question of a random sample has been looked at yet: how many keys are right is not known.".to_owned(),
        )];
    }
    let rows = audits
        .iter()
        .map(|audit| {
            let share = Share::new(audit.right, audit.looked_at).map_or("-".to_owned(), |share| share.to_string());
            vec![
                audit.release.clone(),
                audit.drawn.to_string(),
                audit.looked_at.to_string(),
                audit.right.to_string(),
                share,
            ]
        })
        .collect();
    vec![Block::Table { head: vec!["release", "drawn", "looked at", "right", "share"], rows }]
}

fn row_of(who: String, kappa: &Kappa) -> Vec<String> {
    let value = match (kappa.kappa, kappa.low, kappa.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.2} ({low:.2} to {high:.2})"),
        _ => "- (one word only)".to_owned(),
    };
    vec![who, kappa.n.to_string(), kappa.agreed.to_string(), value]
}

fn shares(what: &'static str, counts: &BTreeMap<String, u64>) -> Option<Block> {
    let all: u64 = counts.values().sum();
    let rows: Vec<Vec<String>> = counts
        .iter()
        .filter_map(|(name, n)| {
            let name = if name.is_empty() { "none".to_owned() } else { name.replace('_', " ") };
            Some(vec![name, n.to_string(), Share::new(*n, all)?.to_string()])
        })
        .collect();
    (!rows.is_empty()).then(|| Block::Table { head: vec![what, "questions", "share"], rows })
}

/// The page as Markdown.
pub fn markdown(figures: &Figures) -> String {
    let mut text = format!("# {TITLE}\n");
    let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    for block in blocks(figures) {
        match block {
            Block::Heading(heading) => text.push_str(&format!("\n## {heading}\n")),
            Block::Text(words) => text.push_str(&format!("\n{words}\n")),
            Block::Table { head, rows } => {
                text.push_str(&format!("\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len())));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
                    text.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::{Agreement, Balance, Standing, kappa};

    #[test]
    fn the_page_says_what_is_known_and_what_is_not() {
        let mut figures =
            Figures { subject: "the store".into(), balance: Balance::default(), standing: Standing::default() };
        let empty = markdown(&figures);
        assert!(empty.contains("how many keys are right is not known"), "{empty}");
        assert!(!empty.contains("| who"), "{empty}");
        figures.balance.booleans = [("yes".to_owned(), 30), ("no".to_owned(), 10)].into();
        let audit = Audit { release: "1.2.0".into(), drawn: 200, looked_at: 100, right: 96 };
        let pairs = [(true, true), (true, true), (false, false), (false, true)];
        figures.standing = Standing {
            reviewers: 2,
            questions: 104,
            audits: vec![audit],
            rejected_wrongly: Share::new(1, 20),
            between: vec![Agreement { first: "Ann|".into(), second: "Bo".into(), kappa: kappa(pairs).unwrap() }],
            ..Standing::default()
        };
        let full = markdown(&figures);
        assert!(full.contains("| 1.2.0 | 200 | 100 | 96 | 96.0 % (90.2 to 98.4) |"), "{full}");
        assert!(full.contains("| yes | 30 | 75.0 % (59.8 to 85.8) |"), "{full}");
        assert!(full.contains("Of 20 rejected questions"), "{full}");
        assert!(full.contains("| Ann\\| and Bo | 4 | 3 | 0.50"), "{full}");
    }
}
