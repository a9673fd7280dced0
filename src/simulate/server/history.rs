//! The E-utilities' history: sets of ids under a `WebEnv`, kept for a while.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a set lives in system time, and how many live at once.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
const MAX_SETS: usize = 256;

#[derive(Debug, Default)]
pub struct History {
    sets: BTreeMap<String, (Instant, Vec<Vec<u64>>)>,
    made: u64,
}

impl History {
    /// Stores `ids` under `environment`, or a new one, and returns its name and the set's key, from 1.
    pub fn store(&mut self, environment: Option<&str>, ids: Vec<u64>) -> (String, usize) {
        self.sets.retain(|_, (at, _)| at.elapsed() < LIFETIME);
        while self.sets.len() >= MAX_SETS {
            let oldest = self.sets.iter().min_by_key(|(_, (at, _))| *at).map(|(name, _)| name.clone());
            match oldest {
                Some(name) => self.sets.remove(&name),
                None => break,
            };
        }
        if let Some((name, (at, sets))) =
            environment.and_then(|name| self.sets.get_mut(name).map(|entry| (name.to_owned(), entry)))
        {
            *at = Instant::now();
            sets.push(ids);
            return (name, sets.len());
        }
        self.made += 1;
        let name = format!("MCID_{:024x}", self.made);
        self.sets.insert(name.clone(), (Instant::now(), vec![ids]));
        (name, 1)
    }

    /// The set, while it lives.
    pub fn get(&self, environment: &str, key: usize) -> Option<&[u64]> {
        let (at, sets) = self.sets.get(environment)?;
        let fresh = at.elapsed() < LIFETIME;
        sets.get(key.checked_sub(1)?).filter(|_| fresh).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_found_by_key_and_their_number_is_bounded() {
        let mut history = History::default();
        let (name, key) = history.store(None, vec![1, 2]);
        assert_eq!(history.get(&name, key), Some(&[1, 2][..]));
        assert_eq!(history.store(Some(&name), vec![3]), (name.clone(), 2));
        assert_eq!(history.get(&name, 3), None);
        for _ in 0..2 * MAX_SETS {
            history.store(None, Vec::new());
        }
        assert_eq!(history.get(&name, 1), None);
    }
}
