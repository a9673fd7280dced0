//! Verdicts against labels: what was accepted and rejected, by defect class, by stage and by answer type.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::interval::Share;

use super::candidate::{Candidate, Label};
use super::report::Report;

/// Counts over labelled candidates. A candidate with two defects counts in both classes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Confusion {
    pub candidates: usize,
    /// Lines that were no candidate, or whose article could not be read.
    pub malformed: usize,
    pub unlabelled: usize,
    /// Candidates to accept.
    pub good: Counts,
    /// Candidates to reject, by defect class.
    pub defects: BTreeMap<String, Counts>,
    pub answer_types: BTreeMap<String, TypeCounts>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub items: usize,
    pub accepted: usize,
    pub rejected: usize,
    /// Rejections by the stage that failed.
    pub rejected_by: BTreeMap<String, usize>,
    /// What share was rejected, with its 95 % interval (Wilson).
    #[serde(rename = "share_rejected", serialize_with = "share_of")]
    shares: Shares,
}

/// Filled in while counting: rejected, of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shares(u64, u64);

fn share_of<S: Serializer>(shares: &Shares, serializer: S) -> Result<S::Ok, S::Error> {
    Share::new(shares.0, shares.1).serialize(serializer)
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct TypeCounts {
    pub good: usize,
    pub good_accepted: usize,
    pub bad: usize,
    pub bad_rejected: usize,
}

impl Confusion {
    pub fn add(&mut self, candidate: &Candidate, report: &Report) {
        self.candidates += 1;
        let Some(label) = candidate.label() else {
            self.unlabelled += 1;
            return;
        };
        let accepted = report.is_accept();
        let by_type = self.answer_types.entry(candidate.answer_type().to_owned()).or_default();
        match label {
            Label::Accept => {
                by_type.good += 1;
                by_type.good_accepted += usize::from(accepted);
                self.good.add(report);
            }
            Label::Reject => {
                by_type.bad += 1;
                by_type.bad_rejected += usize::from(!accepted);
                let mut classes: Vec<&str> = candidate.defects().iter().map(String::as_str).collect();
                classes.sort_unstable();
                classes.dedup();
                if classes.is_empty() {
                    classes.push("(no class)");
                }
                for class in classes {
                    self.defects.entry(class.to_owned()).or_default().add(report);
                }
            }
        }
    }

    pub fn add_malformed(&mut self) {
        self.malformed += 1;
    }
}

impl Counts {
    fn add(&mut self, report: &Report) {
        self.items += 1;
        match report.failed_stage() {
            Some(failed) => {
                self.rejected += 1;
                *self.rejected_by.entry(failed.stage.as_str().to_owned()).or_default() += 1;
            }
            None => self.accepted += 1,
        }
        self.shares = Shares(self.rejected as u64, self.items as u64);
    }

    /// `98.2 % (93.6 to 99.5)` of `n` of all.
    fn share(&self, n: usize) -> String {
        Share::new(n as u64, self.items as u64).map_or_else(|| "-".to_owned(), |share| share.to_string())
    }

    fn stages(&self) -> String {
        let all: Vec<String> = self.rejected_by.iter().map(|(stage, n)| format!("{stage} {n}")).collect();
        all.join(", ")
    }
}

/// The table that `--summary` prints.
impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let good = &self.good;
        let head = |f: &mut fmt::Formatter<'_>, what, passed, share| {
            writeln!(f, "{what:<22} {:>5} {passed:>8} {:>8}  {share:<24}  rejected by", "items", "rejected")
        };
        head(f, "to accept", "accepted", "accepted")?;
        let (share, stages) = (good.share(good.accepted), good.stages());
        writeln!(
            f,
            "{:<22} {:>5} {:>8} {:>8}  {share:<24}  {stages}",
            "good", good.items, good.accepted, good.rejected
        )?;
        writeln!(f)?;
        head(f, "to reject", "missed", "rejected")?;
        for (class, counts) in &self.defects {
            let (items, missed, rejected) = (counts.items, counts.accepted, counts.rejected);
            let (share, stages) = (counts.share(rejected), counts.stages());
            writeln!(f, "{class:<22} {items:>5} {missed:>8} {rejected:>8}  {share:<24}  {stages}")?;
        }
        writeln!(f)?;
        writeln!(f, "{:<22} {:>16} {:>16}", "answer type", "good accepted", "bad rejected")?;
        let share = |part: usize, whole: usize| format!("{part} of {whole}");
        for (kind, counts) in &self.answer_types {
            let (good, bad) = (share(counts.good_accepted, counts.good), share(counts.bad_rejected, counts.bad));
            writeln!(f, "{kind:<22} {good:>16} {bad:>16}")?;
        }
        let sum = |of: fn(&TypeCounts) -> usize| self.answer_types.values().map(of).sum::<usize>();
        let (good, bad) =
            (share(sum(|c| c.good_accepted), sum(|c| c.good)), share(sum(|c| c.bad_rejected), sum(|c| c.bad)));
        writeln!(f, "{:<22} {good:>16} {bad:>16}", "all")?;
        writeln!(f)?;
        let (n, unlabelled, malformed) = (self.candidates, self.unlabelled, self.malformed);
        writeln!(f, "{n} candidates, {unlabelled} without a label, {malformed} malformed lines")
    }
}
