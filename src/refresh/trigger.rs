//! Whether a refresh shall begin: what calls for one, and what speaks against it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Config;

/// What is known when the question is asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Situation {
    pub now: DateTime<Utc>,
    /// A person asks.
    pub by_hand: bool,
    /// The cron schedule came round since the last refresh.
    pub is_scheduled: bool,
    /// Last day of the newest window that became drift and that no refresh began after.
    pub drifted: Option<String>,
    /// Questions accepted since the last refresh began.
    pub new_questions: u64,
    /// When the last refresh ended, whatever came of it.
    pub last_ended: Option<DateTime<Utc>>,
    /// Refreshes in a row, up to the last, that promoted nothing.
    pub refused: u32,
    /// Of this month so far.
    pub seconds_used: f64,
}

/// Why a refresh begins, or does not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// `drift`, `questions`, `schedule` or `command`; `None` when nothing calls for one.
    pub cause: Option<&'static str>,
    pub reasons: Vec<String>,
    /// What speaks against it, each a sentence.
    pub refusals: Vec<String>,
}

impl Verdict {
    pub fn begins(&self) -> bool {
        self.cause.is_some() && self.refusals.is_empty()
    }
}

/// Judges a situation. A person's wish overrides the cool-down, never the budget.
pub fn judge(config: &Config, situation: &Situation) -> Verdict {
    let mut reasons = Vec::new();
    let mut causes = Vec::new();
    if situation.by_hand {
        causes.push("command");
        reasons.push("somebody asked for it".to_owned());
    }
    if let Some(window) = situation.drifted.as_ref().filter(|_| config.on_drift) {
        causes.push("drift");
        reasons.push(format!("the topics have moved, in the window that ends on {window}"));
    }
    if config.new_questions > 0 && situation.new_questions >= config.new_questions {
        causes.push("questions");
        reasons.push(format!(
            "{} questions were accepted since the last refresh, {} call for one",
            situation.new_questions, config.new_questions
        ));
    }
    if situation.is_scheduled {
        causes.push("schedule");
        reasons.push("the schedule came round".to_owned());
    }
    let mut refusals = Vec::new();
    if let Some(until) = cool_down_ends(config, situation).filter(|until| *until > situation.now && !situation.by_hand)
    {
        let back_off = match situation.refused {
            0 => String::new(),
            n => format!(", longer because {n} in a row promoted nothing"),
        };
        refusals.push(format!(
            "the last refresh ended too recently: the cool-down ends on {}{back_off}",
            until.format("%Y-%m-%d")
        ));
    }
    let budget = &config.budget;
    let (used, most) = (situation.seconds_used / 3600.0, budget.monthly_hours);
    let needed = budget.max_seconds as f64 / 3600.0;
    if most > 0.0 && used + needed > most {
        refusals.push(format!(
            "the month's budget is {most} hours, {used:.2} are used, and this refresh may take {needed:.2}"
        ));
    }
    Verdict { cause: causes.first().copied(), reasons, refusals }
}

/// When the cool-down after the last refresh ends: doubled for every refusal in a row, at most eightfold.
pub fn cool_down_ends(config: &Config, situation: &Situation) -> Option<DateTime<Utc>> {
    let days = i64::from(config.cool_down_days) << situation.refused.min(3);
    situation.last_ended.and_then(|ended| ended.checked_add_signed(TimeDelta::days(days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0).unwrap()
    }

    #[test]
    fn what_calls_for_a_refresh_and_what_speaks_against_it() {
        let config = Config { new_questions: 100, ..Config::default() };
        let quiet = Situation { now: at(100), ..Situation::default() };
        assert_eq!(judge(&config, &quiet).cause, None);
        let drifted = Situation { drifted: Some("2026-11-01".into()), new_questions: 99, ..quiet.clone() };
        let verdict = judge(&config, &drifted);
        assert!(verdict.begins() && verdict.cause == Some("drift") && verdict.reasons.len() == 1, "{verdict:?}");
        let many = Situation { new_questions: 100, is_scheduled: true, ..quiet };
        assert_eq!((judge(&config, &many).cause, judge(&config, &many).reasons.len()), (Some("questions"), 2));
        let early = Situation { last_ended: Some(at(80)), ..drifted.clone() };
        let verdict = judge(&config, &early);
        assert!(!verdict.begins() && verdict.refusals[0].contains("cool-down"), "{verdict:?}");
        assert!(judge(&config, &Situation { by_hand: true, ..early.clone() }).begins(), "a person may");
        assert!(judge(&config, &Situation { now: at(108), ..early.clone() }).begins());
        let refused = Situation { refused: 2, now: at(108), ..early };
        assert!(judge(&config, &refused).refusals[0].contains("2 in a row"));
        assert!(judge(&config, &Situation { now: at(80 + 4 * 28), ..refused }).begins());
    }

    #[test]
    fn the_month_s_budget_holds_for_everybody() {
        let mut config = Config::default();
        config.budget = crate::refresh::Budget { monthly_hours: 2.5, max_seconds: 3600, ..config.budget };
        let by_hand = |seconds_used| Situation { now: at(1), by_hand: true, seconds_used, ..Situation::default() };
        assert!(judge(&config, &by_hand(3600.0)).begins());
        assert!(judge(&config, &by_hand(7200.0)).refusals[0].contains("2.00 are used"));
    }
}
