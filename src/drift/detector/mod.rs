//! The state machine: weekly windows in, one decision a window out.
//!
//! Judged is the mix of the last `window_weeks` full weeks against the reference, source by source, once a week. Nothing is proposed by a
//! bare constant: the levels are multiples of what chance gives for the very sizes at hand.

mod config;

use std::ops::Range;

use super::Error;
use super::bands::Bands;
use super::comparison::{self, Comparison, Stratum, compare, strata};
use super::decision::{Decision, Measured, Peak, Reason, Season, SourceUse};
use super::guard::{self, Volume, volumes};
use super::moved::moved_shares;
use super::trained::{self, Trained};
use super::window::{Counts, Window};
use crate::model::status::DriftState;

pub use config::Config;

/// Weeks between a week and the same one a year ago.
const YEAR: usize = 52;
/// Share of the reference's weight that has to be there.
const LEAST_WEIGHT: f64 = 0.5;

/// What the windows are windows of.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// In the order of [`Counts::topics`].
    pub topics: &'a [String],
    /// In the order of [`Window::sources`].
    pub sources: &'a [String],
}

/// Judges every week of `weeks` (full weeks in a row, same topics and sources in all) that comes after the first reference; from the day
/// on which a model of `trained` became the current one, its mix is the reference.
///
/// # Errors
/// [`Error::Setting`].
pub fn detect(
    weeks: &[Window],
    names: Names<'_>,
    config: &Config,
    trained: &[Trained],
) -> Result<Vec<Decision>, Error> {
    config.check()?;
    Ok(decisions(weeks, names, config, trained, Bands::exact(config.band_level, config.draws, config.seed)))
}

pub(super) fn decisions(
    weeks: &[Window],
    names: Names<'_>,
    config: &Config,
    trained: &[Trained],
    bands: Bands,
) -> Vec<Decision> {
    let volumes = volumes(weeks, config.outage_share, config.bulk_factor);
    let Some(reference) = first_reference(weeks, &volumes, config) else { return Vec::new() };
    let first = reference.end + config.window_weeks - 1;
    let mut detector = Detector {
        weeks,
        names,
        config,
        trained,
        current: None,
        volumes,
        bands,
        machine: Machine::NEW,
        reference: None,
    };
    detector.refer_to(reference);
    (first..weeks.len()).map(|at| detector.judge(at)).collect()
}

/// The weeks of the first reference; `None` while there are too few of them.
fn first_reference(weeks: &[Window], volumes: &[Vec<Volume>], config: &Config) -> Option<Range<usize>> {
    if let (Some(from), Some(to)) = (config.reference_from, config.reference_to) {
        let begin = weeks.iter().position(|week| week.from >= from)?;
        let end = weeks.iter().rposition(|week| week.to <= to)? + 1;
        return (begin < end).then_some(begin..end);
    }
    let labelled = |end: usize| usable(weeks, volumes, 0..end).iter().map(Counts::n_labelled).sum::<u64>();
    let begin = weeks.iter().position(|week| week.n_labelled() > 0)?;
    let end = (begin + config.reference_weeks..=weeks.len()).find(|end| labelled(*end) >= config.minimum_reference)?;
    Some(begin..end)
}

/// Per source the rows of the weeks in `range` whose volume was usual.
fn usable(weeks: &[Window], volumes: &[Vec<Volume>], range: Range<usize>) -> Vec<Counts> {
    let mut sums = vec![Counts::default(); weeks.first().map_or(0, |week| week.sources.len())];
    for at in range {
        for (source, sum) in sums.iter_mut().enumerate() {
            let counts = &weeks[at].sources[source];
            if volumes[at][source] == Volume::Usual {
                sum.add(counts);
            } else if sum.topics.is_empty() {
                *sum = Counts::of(counts.topics.len());
            }
        }
    }
    sums
}

struct Reference {
    weeks: Range<usize>,
    /// Per source.
    counts: Vec<Counts>,
    dispersion: f64,
    /// Whether it takes in further weeks until it has `reference_weeks` of them.
    begun_anew: bool,
}

struct Machine {
    state: DriftState,
    /// Windows in a row outside, and the week with which the first of them ended.
    run: u32,
    run_from: usize,
    /// Windows of a cool-down that are left.
    cooling: u32,
    /// Windows in a row below the leave level after drift.
    calm: u32,
}

impl Machine {
    const NEW: Machine = Machine { state: DriftState::Stable, run: 0, run_from: 0, cooling: 0, calm: 0 };
}

struct Detector<'a> {
    weeks: &'a [Window],
    names: Names<'a>,
    config: &'a Config,
    trained: &'a [Trained],
    /// The model whose mix is the reference.
    current: Option<Trained>,
    volumes: Vec<Vec<Volume>>,
    bands: Bands,
    machine: Machine,
    reference: Option<Reference>,
}

impl Detector<'_> {
    fn refer_to(&mut self, weeks: Range<usize>) {
        let counts = usable(self.weeks, &self.volumes, weeks.clone());
        let dispersion = guard::dispersion(&self.weeks[weeks.clone()], &self.volumes[weeks.clone()]);
        self.reference = Some(Reference { weeks, counts, dispersion, begun_anew: false });
    }

    /// Judges the window that ends with week `at`.
    fn judge(&mut self, at: usize) -> Decision {
        let window = at + 1 - self.config.window_weeks..at + 1;
        self.follow_model(at);
        self.grow_reference(window.start);
        let before = self.machine.state;
        // Proof: set before the first window is judged.
        let Some(reference) = self.reference.take() else { unreachable!("there is a reference") };
        let (found, mut decision) = self.measure(window.clone(), &reference, before);
        self.reference = Some(reference);
        decision.reason = match found {
            Err(held) => held,
            Ok(comparison) => {
                let reason = self.step(at, &decision);
                if reason == Reason::Outside || reason == Reason::Drifted {
                    decision.moved = moved_shares(
                        self.names.topics,
                        &comparison.from,
                        &comparison.to,
                        &comparison.variance,
                        self.config.false_discovery_rate,
                    );
                }
                reason
            }
        };
        decision.refresh = decision.reason == Reason::Drifted;
        decision.state = self.machine.state;
        decision.run = self.machine.run;
        // A cool-down of no window is over with the window that was drift.
        let is_cool = match decision.reason {
            Reason::CoolDown => self.machine.cooling == 0,
            Reason::Drifted => self.config.cool_down == 0,
            _ => false,
        };
        if is_cool && self.config.renew_reference {
            self.renew();
        }
        decision
    }

    /// A model that became the current one by week `at` brings its mix, if that has rows enough.
    fn follow_model(&mut self, at: usize) {
        let newest = trained::current(self.trained, self.weeks[at].to).copied();
        if newest == self.current {
            return;
        }
        self.current = newest;
        let Some(weeks) = newest.and_then(|model| model.weeks(&self.weeks[..at])) else { return };
        let labelled: u64 = usable(self.weeks, &self.volumes, weeks.clone()).iter().map(Counts::n_labelled).sum();
        if labelled >= self.config.minimum_reference {
            self.machine = Machine::NEW;
            self.bands.forget();
            self.refer_to(weeks);
        }
    }

    /// After a cool-down the mix that was called drift is the reference.
    fn renew(&mut self) {
        let begin = self.machine.run_from;
        self.machine = Machine::NEW;
        self.bands.forget();
        self.refer_to(begin..begin + 1);
        if let Some(reference) = &mut self.reference {
            reference.begun_anew = true;
        }
    }

    fn grow_reference(&mut self, window_start: usize) {
        let Some(reference) = &self.reference else { return };
        let begin = reference.weeks.start;
        let end = window_start.min(begin + self.config.reference_weeks);
        if reference.begun_anew && end > reference.weeks.end {
            self.refer_to(begin..end);
            if let Some(reference) = &mut self.reference {
                reference.begun_anew = true;
            }
        }
    }

    /// What the window says, or why it says nothing. The decision's state and reason are still to be set.
    fn measure(
        &mut self,
        window: Range<usize>,
        reference: &Reference,
        before: DriftState,
    ) -> (Result<Comparison, Reason>, Decision) {
        let config = self.config;
        let current = usable(self.weeks, &self.volumes, window.clone());
        let (compared, sources) = self.strata(&window, reference, &current);
        let strata: Vec<Stratum> = compared.iter().map(|(_, stratum)| stratum.clone()).collect();
        let sum = |of: fn(&Counts) -> u64| current.iter().map(of).sum::<u64>();
        let mut decision = Decision {
            from: self.weeks[window.start].from,
            to: self.weeks[window.end - 1].to,
            before,
            state: before,
            reason: Reason::Inside,
            refresh: false,
            run: 0,
            reference_from: self.weeks[reference.weeks.start].from,
            reference_to: self.weeks[reference.weeks.end - 1].to,
            measured: None,
            n_reference: strata.iter().flat_map(|stratum| &stratum.reference).sum(),
            n_current: strata.iter().flat_map(|stratum| &stratum.current).sum(),
            n_unlabelled: sum(|counts| counts.unlabelled),
            n_unknown: sum(|counts| counts.unknown),
            sources,
            moved: Vec::new(),
        };
        let weight: f64 = decision.sources.iter().map(|source| source.weight).sum();
        // A reference that has just begun anew, or a model's, may hold weeks of this window.
        if reference.weeks.end > window.start {
            return (Err(Reason::TooFew), decision);
        }
        if decision.n_current < config.minimum_documents || decision.n_reference < config.minimum_reference {
            // A feed that is down is not a quiet week.
            let down = weight < LEAST_WEIGHT && current.len() > 1;
            return (Err(if down { Reason::SourcesMissing } else { Reason::TooFew }), decision);
        }
        if weight < LEAST_WEIGHT {
            return (Err(Reason::SourcesMissing), decision);
        }
        // What is not compared may lack labels as it likes.
        let share = |counts: &[Counts]| {
            let of = |count: fn(&Counts) -> u64| compared.iter().map(|(at, _)| count(&counts[*at])).sum::<u64>() as f64;
            of(|counts| counts.unlabelled + counts.unknown) / of(Counts::n).max(1.0)
        };
        if share(&current) > share(&reference.counts) + config.unlabelled_excess {
            return (Err(Reason::LabelsMissing), decision);
        }
        let Some(comparison) = compare(&strata, reference.dispersion, &mut self.bands) else {
            return (Err(Reason::TooFew), decision);
        };
        let score = self.score(&comparison);
        let is_above = score > config.enter;
        decision.measured = Some(Measured {
            distance: comparison.distance,
            corrected: comparison.corrected,
            psi: comparison.psi,
            upper: comparison.upper,
            dispersion: reference.dispersion,
            topics: comparison.topics,
            score,
            enter: config.enter,
            leave: config.enter * config.leave_part,
            without_peak: if is_above { self.without_peak(&window, reference, &current) } else { None },
            season: if is_above { self.season(&window, reference, &compared) } else { None },
        });
        (Ok(comparison), decision)
    }

    fn score(&self, comparison: &Comparison) -> f64 {
        comparison.distance / (comparison.upper.powi(2) + self.config.floor.powi(2)).sqrt().max(f64::MIN_POSITIVE)
    }

    /// The sources that are on both sides by their place, with the reference's weights, and what became of each.
    fn strata(
        &self,
        window: &Range<usize>,
        reference: &Reference,
        current: &[Counts],
    ) -> (Vec<(usize, Stratum)>, Vec<SourceUse>) {
        let compared = strata(&reference.counts, current);
        let uses = (0..current.len())
            .map(|source| {
                let stratum = compared.iter().find(|(at, _)| *at == source).map(|(_, stratum)| stratum);
                SourceUse {
                    source: self.names.sources.get(source).cloned().unwrap_or_default(),
                    weight: stratum.map_or(0.0, |stratum| stratum.weight),
                    n_reference: reference.counts[source].n_labelled(),
                    n_current: current[source].n_labelled(),
                    left_out: window
                        .clone()
                        .filter(|at| self.volumes[*at][source] != Volume::Usual)
                        .map(|at| (self.weeks[at].from, self.volumes[at][source]))
                        .collect(),
                }
            })
            .collect();
        (compared, uses)
    }

    /// The distance without the week of the window that adds most to it.
    fn without_peak(&self, window: &Range<usize>, reference: &Reference, current: &[Counts]) -> Option<Peak> {
        let without = |left_out: usize| {
            let mut rest = current.to_vec();
            for (source, rest) in rest.iter_mut().enumerate() {
                if self.volumes[left_out][source] == Volume::Usual {
                    let counts = &self.weeks[left_out].sources[source];
                    rest.topics.iter_mut().zip(&counts.topics).for_each(|(sum, n)| *sum -= n);
                }
            }
            let strata: Vec<Stratum> =
                strata(&reference.counts, &rest).into_iter().map(|(_, stratum)| stratum).collect();
            comparison::corrected(&strata, reference.dispersion)
        };
        window
            .clone()
            .filter_map(|at| Some(Peak { week: self.weeks[at].from, corrected: without(at)? }))
            .min_by(|a, b| a.corrected.total_cmp(&b.corrected))
    }

    /// The same weeks a year ago. They bear on the reference only when they began before it ended: what changed after it is news.
    fn season(
        &mut self,
        window: &Range<usize>,
        reference: &Reference,
        compared: &[(usize, Stratum)],
    ) -> Option<Season> {
        let ago = window.start.checked_sub(YEAR)?..window.end - YEAR;
        if ago.start >= reference.weeks.end || self.config.window_weeks > YEAR {
            return None;
        }
        let then = usable(self.weeks, &self.volumes, ago.clone());
        let n: u64 = compared.iter().map(|(source, _)| then[*source].n_labelled()).sum();
        if n < self.config.minimum_documents {
            return None;
        }
        let pair = |reference: &[u64], current: &[u64], weight| Stratum {
            weight,
            reference: reference.to_vec(),
            current: current.to_vec(),
        };
        let now: Vec<Stratum> = compared.iter().map(|(at, s)| pair(&then[*at].topics, &s.current, s.weight)).collect();
        let old: Vec<Stratum> =
            compared.iter().map(|(at, s)| pair(&s.reference, &then[*at].topics, s.weight)).collect();
        let from_then = compare(&now, reference.dispersion, &mut self.bands)?;
        let from_reference = compare(&old, reference.dispersion, &mut self.bands)?;
        Some(Season {
            from: self.weeks[ago.start].from,
            to: self.weeks[ago.end - 1].to,
            n,
            distance: from_then.distance,
            upper: from_then.upper,
            from_reference: from_reference.corrected,
        })
    }

    /// Moves the machine by one measured window.
    fn step(&mut self, at: usize, decision: &Decision) -> Reason {
        let (config, machine) = (self.config, &mut self.machine);
        let Some(measured) = &decision.measured else { return Reason::TooFew };
        if machine.cooling > 0 {
            machine.cooling -= 1;
            return Reason::CoolDown;
        }
        let is_above = measured.score > config.enter;
        let excuse =
            if measured.without_peak.as_ref().is_some_and(|peak| peak.corrected < measured.corrected / 2.0) {
                Some(Reason::OneWeek)
            } else if measured.season.as_ref().is_some_and(|season| {
                season.distance <= season.upper && season.from_reference >= measured.corrected / 2.0
            }) {
                Some(Reason::Season)
            } else {
                None
            };
        let is_below = measured.score < measured.leave;
        if machine.state == DriftState::Drifted {
            machine.run = 0;
            machine.calm = if is_below { machine.calm + 1 } else { 0 };
            if machine.calm >= config.windows_in_row {
                *machine = Machine::NEW;
            }
            return if is_above { Reason::Outside } else { Reason::Inside };
        }
        if is_above && excuse.is_none() {
            if machine.run == 0 {
                machine.run_from = at;
            }
            machine.run += 1;
            machine.state = DriftState::Warning;
            if machine.run >= config.windows_in_row {
                machine.state = DriftState::Drifted;
                machine.cooling = config.cool_down;
                return Reason::Drifted;
            }
            return Reason::Outside;
        }
        machine.run = 0;
        if is_below || excuse.is_some() || machine.state == DriftState::Stable {
            machine.state = DriftState::Stable;
            return excuse.unwrap_or(Reason::Inside);
        }
        Reason::Lingers
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    /// Weeks of three sources; `counts` gives the rows per topic of a week and source.
    fn weeks(n: usize, counts: impl Fn(usize, usize) -> [u64; 3]) -> Vec<Window> {
        let monday: NaiveDate = "2020-01-06".parse().unwrap();
        let one = |week: usize| {
            let from = monday + TimeDelta::days(7 * week as i64);
            let of = |source| Counts { topics: counts(week, source).to_vec(), unlabelled: 0, unknown: 0 };
            Window { from, to: from + TimeDelta::days(6), sources: (0..3).map(of).collect() }
        };
        (0..n).map(one).collect()
    }

    fn run(weeks: &[Window], config: &Config) -> Vec<Decision> {
        let topics = ["a", "b", "c"].map(str::to_owned);
        // The order of a series is by name; nothing may depend on it.
        let sources = ["tiny", "first", "second"].map(str::to_owned);
        let names = Names { topics: &topics, sources: &sources };
        detect(weeks, names, &Config { draws: 200, ..config.clone() }, &[]).unwrap()
    }

    /// A shift is called, a model is trained on the new mix, and the next shift is one from that: back to the first mix.
    #[test]
    fn the_mix_of_the_current_model_is_the_reference() {
        let mixes = |week: usize| match week {
            0..40 => [50, 30, 20],
            40..80 => [20, 30, 50],
            _ => [50, 30, 20],
        };
        let weeks = weeks(110, |week, _| mixes(week));
        let topics = ["a", "b", "c"].map(str::to_owned);
        let sources = ["tiny", "first", "second"].map(str::to_owned);
        let names = Names { topics: &topics, sources: &sources };
        let config = Config { draws: 200, renew_reference: false, minimum_reference: 400, ..Config::default() };
        let refreshes = |trained: &[Trained]| -> Vec<NaiveDate> {
            let log = detect(&weeks, names, &config, trained).unwrap();
            log.iter().filter(|decision| decision.refresh).map(|decision| decision.to).collect()
        };
        let first = refreshes(&[]);
        assert_eq!(first.len(), 1, "the second shift leads back to the reference: {first:?}");
        let model = Trained { since: weeks[60].from, from: weeks[41].from, to: weeks[55].to };
        let both = refreshes(&[model]);
        assert_eq!((both.len(), both[0]), (2, first[0]), "{both:?}");
        assert!(both[1] > weeks[80].to, "{both:?}");
        // What it was trained on is too little to tell.
        let few = Trained { from: weeks[55].from, to: weeks[55].to, ..model };
        assert_eq!(refreshes(&[few]), first);
        let log = detect(&weeks, names, &config, &[model]).unwrap();
        let after = log.iter().find(|decision| decision.to >= model.since).unwrap();
        assert_eq!((after.reference_from, after.reference_to), (model.from, model.to));
    }

    /// Two sources whose rows are the same in number and, in winter, in their topics; the first source is too small to be compared.
    fn seasons(winter_of_the_second_year: [u64; 3]) -> Vec<Window> {
        weeks(70, |week, source| match (source, week) {
            (0, _) => [1, 0, 0],
            (1, 0..6) | (2, 0..6) => [20, 40, 40],
            (1 | 2, 52..58) => winter_of_the_second_year,
            (1, _) => [60, 30, 10],
            _ => [50, 40, 10],
        })
    }

    #[test]
    fn what_was_so_a_year_ago_is_no_drift() {
        let config = Config::default();
        let same = run(&seasons([20, 40, 40]), &config);
        assert!(same.iter().all(|decision| !decision.refresh));
        let excused: Vec<&Decision> = same.iter().filter(|decision| decision.reason == Reason::Season).collect();
        assert!(!excused.is_empty());
        let season = excused[0].measured.as_ref().unwrap().season.as_ref().unwrap();
        assert_eq!((season.n, (excused[0].from - season.from).num_days()), (800, 364));
        assert!(season.distance <= season.upper);
        assert!(excused[0].sources.iter().map(|used| used.weight > 0.0).eq([false, true, true]));
        // Another winter than a year ago is news.
        assert_eq!(run(&seasons([10, 10, 80]), &config).iter().filter(|decision| decision.refresh).count(), 1);
    }

    #[test]
    fn only_the_sources_that_are_compared_must_have_labels() {
        let config = Config { windows_in_row: 1, ..Config::default() };
        let mut quiet = weeks(40, |_, source| if source == 0 { [0, 0, 0] } else { [50, 30, 20] });
        // An archive without labels begins to post as much as the others together.
        quiet[30..].iter_mut().for_each(|week| week.sources[0].unlabelled = 200);
        assert!(run(&quiet, &config).iter().all(|decision| decision.reason == Reason::Inside));
        // The same rows missing from one that is compared.
        quiet[30..].iter_mut().for_each(|week| week.sources[1].unlabelled = 200);
        assert_eq!(run(&quiet, &config).last().unwrap().reason, Reason::LabelsMissing);
    }

    #[test]
    fn without_a_cool_down_the_reference_begins_anew_at_once() {
        let moved = |week: usize| match week {
            0..40 => [50, 30, 20],
            40..90 => [20, 30, 50],
            _ => [30, 60, 10],
        };
        for (cool_down, windows_in_row) in [(0, 3), (0, 1), (5, 3)] {
            let config = Config { cool_down, windows_in_row, ..Config::default() };
            let log = run(&weeks(130, |week, _| moved(week)), &config);
            let refreshes: Vec<&Decision> = log.iter().filter(|decision| decision.refresh).collect();
            assert_eq!(refreshes.len(), 2, "{cool_down} {windows_in_row}");
            assert!(refreshes[1].reference_from >= refreshes[0].from, "the second is judged by the new mix");
            assert_eq!(log.last().unwrap().state, DriftState::Stable);
            // A window is never compared with a reference that holds its own weeks.
            let own = |decision: &&Decision| decision.measured.is_some() && decision.reference_to >= decision.from;
            assert_eq!(log.iter().find(own), None, "{cool_down} {windows_in_row}");
        }
    }
}
