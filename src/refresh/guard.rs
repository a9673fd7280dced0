//! What ends a run that has collapsed: the same rule for the trainer itself and for whoever watches an engine from outside.

use serde::{Deserialize, Serialize};

use super::job::Step;

/// When a run counts as collapsed. A measure that an engine does not report is not judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Steps in a row over a limit that end the run. Default 10.
    pub patience: u32,
    /// Least share of groups whose rewards differ, 0 to 1: without them there is nothing to learn from. Default 0.02.
    pub live_groups: f64,
    /// Most divergence from the start, nats a token. Default 2.
    pub kl: f64,
    /// Least entropy, nats a token. Default 0.005.
    pub entropy: f64,
    /// Most completions cut off at their greatest length, 0 to 1. Default 0.9.
    pub truncated: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { patience: 10, live_groups: 0.02, kl: 2.0, entropy: 0.005, truncated: 0.9 }
    }
}

impl Limits {
    /// What can not be used, each with its key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.patience == 0 {
            faults.push("`patience` is 0, not 1 or more".to_owned());
        }
        for (key, value, high) in [
            ("live_groups", self.live_groups, 1.0),
            ("kl", self.kl, f64::MAX),
            ("entropy", self.entropy, f64::MAX),
            ("truncated", self.truncated, 1.0),
        ] {
            if !(0.0..=high).contains(&value) {
                faults.push(format!("`{key}` is {value}, below 0 or too large"));
            }
        }
        faults
    }
}

/// The limits in words that the last `patience` steps all lie beyond; `None` while the run is sound.
///
/// `steps`: in order, the newest last.
pub fn collapse(limits: &Limits, steps: &[Step]) -> Option<String> {
    let patience = limits.patience as usize;
    let tail = steps.len().checked_sub(patience).map(|from| &steps[from..])?;
    let all = |is_beyond: &dyn Fn(&Step) -> bool| tail.iter().all(is_beyond);
    let below = |value: Option<f64>, limit: f64| value.is_some_and(|value| value < limit);
    let above = |value: Option<f64>, limit: f64| value.is_some_and(|value| value > limit);
    let mut reasons = Vec::new();
    // Rewards that are all 1 leave no group alive either, and there is nothing wrong with that.
    if all(&|step| below(step.live_groups, limits.live_groups) && below(step.reward_mean, 0.98)) {
        reasons.push(format!("fewer than {} of the groups had rewards that differ", limits.live_groups));
    }
    if all(&|step| above(step.kl, limits.kl)) {
        reasons.push(format!("the divergence from the start was above {} nats a token", limits.kl));
    }
    if all(&|step| below(step.entropy, limits.entropy)) {
        reasons.push(format!("the entropy was below {} nats a token", limits.entropy));
    }
    if all(&|step| above(step.truncated, limits.truncated)) {
        reasons.push(format!("more than {} of the completions were cut off", limits.truncated));
    }
    (!reasons.is_empty()).then(|| format!("for {patience} steps in a row {}", reasons.join(", and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(n: u64, of: impl Fn(u64) -> Step) -> Vec<Step> {
        (1..=n).map(|step| Step { step, ..of(step) }).collect()
    }

    #[test]
    fn only_a_run_of_steps_beyond_a_limit_ends_it() {
        let limits = Limits { patience: 3, ..Limits::default() };
        let flat = |_| Step { live_groups: Some(0.0), reward_mean: Some(0.1), ..Step::default() };
        assert_eq!(collapse(&limits, &steps(2, flat)), None, "not yet as many");
        assert!(collapse(&limits, &steps(3, flat)).unwrap().contains("rewards that differ"));
        let solved = |_| Step { live_groups: Some(0.0), reward_mean: Some(1.0), ..Step::default() };
        assert_eq!(collapse(&limits, &steps(9, solved)), None, "all right is no collapse");
        let one_good = |step| Step { kl: Some(if step == 8 { 0.1 } else { 9.0 }), ..Step::default() };
        assert_eq!(collapse(&limits, &steps(9, one_good)), None);
        assert!(collapse(&limits, &steps(11, one_good)).unwrap().contains("divergence"));
        assert_eq!(collapse(&limits, &steps(9, |_| Step::default())), None, "nothing reported, nothing judged");
        let both = |_| Step { entropy: Some(0.0), truncated: Some(1.0), ..Step::default() };
        let told = collapse(&limits, &steps(3, both)).unwrap();
        assert!(told.contains("entropy") && told.contains("cut off"), "{told}");
    }
}
