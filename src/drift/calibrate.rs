//! How often the detector is wrong, how late it is right, and the enter level that keeps a promise about both.

use serde::{Deserialize, Serialize};

use super::bands::Bands;
use super::detector::{Config, Names, decisions};
use super::reality::{Events, Reality, Shift, simulate, start};
use super::{Decision, Error};

const EMBEDDED: &str = include_str!("../../config/detector.json");

/// What a simulation costs, and its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Simulated years in all, and per run; each run has its own reference and reality.
    pub years: u32,
    pub years_per_run: u32,
    /// Bootstrap draws a band.
    pub draws: u32,
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { years: 1000, years_per_run: 10, draws: 400, seed: 7 }
    }
}

/// How often nothing was called something.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FalseAlarms {
    /// Refreshes that were proposed in so many judged years in which nothing moved.
    pub refreshes: u64,
    pub years: f64,
    /// Judged windows outside the band (not above the enter level), as a share.
    pub outside_band: f64,
}

impl FalseAlarms {
    pub fn per_year(&self) -> f64 {
        self.refreshes as f64 / self.years.max(f64::MIN_POSITIVE)
    }
}

/// A threshold and what it was chosen by. Kept beside the detector that uses it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub enter: f64,
    /// The promise: at most so many false refreshes a year.
    pub promised: f64,
    /// Per volume (rows a week) what the threshold gave.
    pub found: Vec<(f64, FalseAlarms)>,
    pub effort: Effort,
    /// The detector it holds for; `enter` in it is the one above.
    pub config: Config,
    /// What was assumed, at the first volume.
    pub reality: Reality,
}

impl Calibration {
    /// What the default detector was calibrated by: its promise, what was assumed and what was found.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    pub fn embedded() -> Self {
        match serde_json::from_str(EMBEDDED) {
            Ok(calibration) => calibration,
            Err(error) => unreachable!("config/detector.json is part of the program: {error}"),
        }
    }
}

/// Runs the detector over `effort.years` simulated years in which nothing moves but the rhythms, and `events`.
///
/// # Errors
/// [`Error::Setting`] when the configuration can not be used.
pub fn false_alarms(
    reality: &Reality,
    events: &Events,
    config: &Config,
    effort: &Effort,
) -> Result<FalseAlarms, Error> {
    let runs = runs(reality, |_| events.clone(), config, effort)?;
    let (mut refreshes, mut judged, mut measured, mut outside) = (0, 0_u64, 0_u64, 0_u64);
    for run in &runs {
        refreshes += run.iter().filter(|decision| decision.refresh).count() as u64;
        judged += run.len() as u64;
        for found in run.iter().filter_map(|decision| decision.measured.as_ref()) {
            measured += 1;
            outside += u64::from(found.distance > found.upper);
        }
    }
    let years = judged as f64 * 7.0 / 365.25;
    Ok(FalseAlarms { refreshes, years, outside_band: outside as f64 / measured.max(1) as f64 })
}

/// Weeks from the beginning of a shift to the refresh it caused, one a run; `None` where there was none within a year. Runs with a false
/// refresh before the shift are left out.
///
/// # Errors
/// [`Error::Setting`] when the configuration can not be used.
pub fn delays(
    reality: &Reality,
    over: usize,
    distance: f64,
    config: &Config,
    effort: &Effort,
) -> Result<Vec<Option<usize>>, Error> {
    let week = config.reference_weeks + 52;
    let shift = Some(Shift { week, over, distance });
    let effort = Effort { years_per_run: (week as u32 + 52).div_ceil(52), ..*effort };
    let runs = runs(reality, |_| Events { shift, ..Events::default() }, config, &effort)?;
    let delay = |run: &Vec<Decision>| {
        let refresh = run.iter().find(|decision| decision.refresh);
        // The last week of the window, as simulated weeks are counted.
        match refresh.map(|decision| ((decision.to - start()).num_days() / 7) as usize) {
            Some(at) if at < week => None,
            Some(at) if at < week + 52 => Some(Some(at - week + 1)),
            _ => Some(None),
        }
    };
    Ok(runs.iter().filter_map(delay).collect())
}

/// The lowest `enter` of at least 1 with which the false refreshes a year are at most `promised` at every one of `volumes` (rows a week).
///
/// # Errors
/// [`Error::Setting`]; [`Error::NoThreshold`] when even ten times the band is not enough.
pub fn calibrate(
    reality: impl Fn(f64) -> Reality,
    volumes: &[f64],
    promised: f64,
    config: &Config,
    effort: &Effort,
) -> Result<Calibration, Error> {
    let keeps = |enter: f64, volume: f64| -> Result<bool, Error> {
        let config = Config { enter, ..config.clone() };
        Ok(false_alarms(&reality(volume), &Events::default(), &config, effort)?.per_year() <= promised)
    };
    let mut enter = 1.0_f64;
    for &volume in volumes {
        if keeps(enter, volume)? {
            continue;
        }
        let (mut low, mut high) = (enter, enter * 1.25);
        while !keeps(high, volume)? {
            (low, high) = (high, high * 1.25);
            if high > 10.0 {
                return Err(Error::NoThreshold { promised, per_week: volume });
            }
        }
        while high - low > 0.005 {
            let middle = (low + high) / 2.0;
            if keeps(middle, volume)? { high = middle } else { low = middle }
        }
        enter = (high * 1000.0).ceil() / 1000.0;
    }
    let config = Config { enter, ..config.clone() };
    let found = volumes
        .iter()
        .map(|&volume| Ok((volume, false_alarms(&reality(volume), &Events::default(), &config, effort)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let first = volumes.first().copied().unwrap_or(1000.0);
    Ok(Calibration { enter, promised, found, effort: *effort, config, reality: reality(first) })
}

/// The decisions of every run, on as many threads as the machine has.
fn runs(
    reality: &Reality,
    events: impl Fn(u64) -> Events + Sync,
    config: &Config,
    effort: &Effort,
) -> Result<Vec<Vec<Decision>>, Error> {
    config.check()?;
    let n_runs = u64::from(effort.years.div_ceil(effort.years_per_run.max(1)));
    let n_weeks = config.reference_weeks + (f64::from(effort.years_per_run) * 52.18) as usize;
    let topics: Vec<String> = (0..reality.topics()).map(|k| format!("topic {k:02}")).collect();
    let sources: Vec<String> = reality.sources.iter().map(|source| source.name.clone()).collect();
    let names = Names { topics: &topics, sources: &sources };
    let one = |run: u64| {
        let seed = effort.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(run);
        let weeks = simulate(reality, &events(run), n_weeks, seed);
        decisions(&weeks, names, config, &[], Bands::pooled(config.band_level, effort.draws, config.seed))
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16) as u64;
    let mut all: Vec<(u64, Vec<Decision>)> = std::thread::scope(|scope| {
        let one = &one;
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    (thread..n_runs).step_by(threads as usize).map(|run| (run, one(run))).collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_by_key(|(run, _)| *run);
    Ok(all.into_iter().map(|(_, decisions)| decisions).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_detector_is_the_calibrated_one() {
        let kept = Calibration::embedded();
        assert_eq!((&kept.config, kept.enter), (&Config::default(), Config::default().enter));
        // As it comes back from JSON: a share such as 1/3 may differ in its last digit.
        let assumed = serde_json::to_string(&Reality::two_servers(kept.found[0].0)).unwrap();
        let assumed: Reality = serde_json::from_str(&assumed).unwrap();
        assert_eq!(kept.reality, assumed, "what is assumed has changed: calibrate again");
        assert!(kept.effort.years >= 1000 && kept.promised <= 0.5);
        assert_eq!(kept.found.iter().map(|(volume, _)| *volume).collect::<Vec<_>>(), [200.0, 1000.0, 5000.0]);
        assert!(kept.found.iter().all(|(_, alarms)| alarms.per_year() <= kept.promised), "{:?}", kept.found);
    }

    /// Twenty years in which nothing moves, in a field whose counts scatter more than multinomial ones; then a shift, an outage and an
    /// import. The release build's `aludel drift calibrate` does the same for a thousand years.
    #[test]
    fn twenty_quiet_years_have_few_false_refreshes_and_a_shift_is_found() {
        let effort = Effort { years: 20, years_per_run: 10, draws: 100, seed: 3 };
        let config = Config::default();
        let reality = Reality::two_servers(1000.0);
        let quiet = false_alarms(&reality, &Events::default(), &config, &effort).unwrap();
        assert!(quiet.years > 19.0 && quiet.per_year() <= 0.5, "{quiet:?}");
        let broken = Events {
            shift: None,
            outages: vec![(1, 70, 3), (0, 150, 1), (0, 200, 2)],
            imports: vec![(0, 100, 2, 1.0), (1, 240, 26, 8.0), (0, 300, 9, 5.0)],
        };
        let broken = false_alarms(&reality, &broken, &config, &effort).unwrap();
        assert!(broken.refreshes <= quiet.refreshes + 1, "{broken:?} {quiet:?}");
        // Four runs of three years; one with a false refresh before the shift does not count.
        let effort = Effort { years: 12, ..effort };
        let delays = delays(&reality, 0, 0.1, &config, &effort).unwrap();
        assert!(!delays.is_empty() && delays.iter().all(|delay| delay.is_some_and(|weeks| weeks <= 7)), "{delays:?}");
    }
}
