//! Labelled rows, counted per day, source, content level and topic.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use super::window::{Counts, Window};
use crate::model::document::ContentLevel;

/// What is known of a row's topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label<'a> {
    Topic(&'a str),
    /// The row has no label. It is no topic of its own: it is left out of the mix and reported.
    Unlabelled,
    /// The row has a label that nobody knows; left out of the mix and reported, too.
    Unknown,
}

/// Counts of rows, from which windows are made. It is made anew from rows whenever rows or labels changed: it is never corrected.
#[derive(Debug, Clone, Default)]
pub struct Series {
    topics: Interned,
    sources: Interned,
    /// Per source, and of each source per level: see [`place`].
    days: BTreeMap<NaiveDate, Vec<Counts>>,
    /// The day to which the rows are complete, when that is known.
    complete_to: Option<NaiveDate>,
}

/// Content levels, the unknown one first.
const LEVELS: [Option<ContentLevel>; 4] =
    [None, Some(ContentLevel::Metadata), Some(ContentLevel::Abstract), Some(ContentLevel::FullText)];

/// Where a source's rows of a level stand in a day.
fn place(source: usize, level: Option<ContentLevel>) -> usize {
    source * LEVELS.len() + LEVELS.iter().position(|known| *known == level).unwrap_or(0)
}

/// The rows of one source and content level between two days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelCounts {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub source: String,
    /// `None` where the rows do not say.
    pub level: Option<&'static str>,
    pub n: u64,
    pub unlabelled: u64,
    pub unknown: u64,
    /// Topics with a row.
    pub topics: BTreeMap<String, u64>,
}

impl Series {
    /// Counts `n` rows of `source` that were published on `date`. `level`: what there is of them, when that is known.
    pub fn add(&mut self, date: NaiveDate, source: &str, level: Option<ContentLevel>, label: Label<'_>, n: u64) {
        let place = place(self.sources.id(source), level);
        let day = self.days.entry(date).or_default();
        if day.len() <= place {
            day.resize_with(place + 1, Counts::default);
        }
        // Proof: resized above.
        let counts = &mut day[place];
        match label {
            Label::Topic(topic) => {
                let topic = self.topics.id(topic);
                if counts.topics.len() <= topic {
                    counts.topics.resize(topic + 1, 0);
                }
                counts.topics[topic] += n;
            }
            Label::Unlabelled => counts.unlabelled += n,
            Label::Unknown => counts.unknown += n,
        }
    }

    /// Every topic that a row has, by name: the order of [`Counts::topics`] in windows.
    pub fn topics(&self) -> Vec<String> {
        self.topics.sorted().into_iter().map(|(name, _)| name).collect()
    }

    /// Every source, by name: the order of [`Window::sources`].
    pub fn sources(&self) -> Vec<String> {
        self.sources.sorted().into_iter().map(|(name, _)| name).collect()
    }

    /// Ends with `last`: rows after it, announcements or errors, are forgotten, and the days up to it are over, also those without a row.
    pub fn end_on(&mut self, last: NaiveDate) {
        self.complete_to = Some(last);
        if let Some(next) = last.succ_opt() {
            self.days.split_off(&next);
        }
    }

    /// The first and the last day with a row.
    pub fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((*self.days.keys().next()?, *self.days.keys().next_back()?))
    }

    /// The rows from `from` to `to`, both included, of all content levels.
    pub fn window(&self, from: NaiveDate, to: NaiveDate) -> Window {
        self.window_of(from, to, &LEVELS)
    }

    /// The same by source and content level; those without a row are left out.
    pub fn by_level(&self, from: NaiveDate, to: NaiveDate) -> Vec<LevelCounts> {
        let (topics, sources) = (self.topics(), self.sources());
        let mut found = Vec::new();
        for level in LEVELS {
            let window = self.window_of(from, to, &[level]);
            for (source, counts) in sources.iter().zip(window.sources).filter(|(_, counts)| counts.n() > 0) {
                let topics = topics.iter().zip(&counts.topics).filter(|(_, n)| **n > 0);
                found.push(LevelCounts {
                    from,
                    to,
                    source: source.clone(),
                    level: level.map(ContentLevel::as_str),
                    n: counts.n(),
                    unlabelled: counts.unlabelled,
                    unknown: counts.unknown,
                    topics: topics.map(|(topic, n)| (topic.clone(), *n)).collect(),
                });
            }
        }
        found.sort_by(|a, b| a.source.cmp(&b.source));
        found
    }

    fn window_of(&self, from: NaiveDate, to: NaiveDate, levels: &[Option<ContentLevel>]) -> Window {
        let (topics, sources) = (self.topics.sorted(), self.sources.sorted());
        let mut window = Window { from, to, sources: vec![Counts::of(topics.len()); sources.len()] };
        if from > to {
            return window;
        }
        for day in self.days.range(from..=to).map(|(_, day)| day) {
            for (sum, (_, source)) in window.sources.iter_mut().zip(&sources) {
                for counts in levels.iter().filter_map(|level| day.get(place(*source, *level))) {
                    for (sum, (_, topic)) in sum.topics.iter_mut().zip(&topics) {
                        *sum += counts.topics.get(*topic).copied().unwrap_or(0);
                    }
                    sum.unlabelled += counts.unlabelled;
                    sum.unknown += counts.unknown;
                }
            }
        }
        window
    }

    /// The first day with a row, and the last one that is over; of a silence that does not end only the first four weeks.
    fn extent(&self) -> Option<(NaiveDate, NaiveDate)> {
        let (first, last) = self.span()?;
        Some((first, self.complete_to.map_or(last, |end| end.min(last + chrono::TimeDelta::days(28)))))
    }

    /// The full ISO weeks (Monday to Sunday) that lie between the first and the last day; also those without a row.
    pub fn weeks(&self) -> Vec<Window> {
        let Some((first, last)) = self.extent() else { return Vec::new() };
        super::window::weeks(first, last).into_iter().map(|(from, to)| self.window(from, to)).collect()
    }

    /// The calendar months from the first to the last day, the first and the last of them perhaps in part.
    pub fn months(&self) -> Vec<Window> {
        let Some((first, last)) = self.span() else { return Vec::new() };
        super::window::months(first, last).into_iter().map(|(from, to)| self.window(from, to)).collect()
    }

    /// For each full ISO week the 28 days that end with it, once 28 days have passed.
    pub fn trailing_28_days(&self) -> Vec<Window> {
        let Some((first, last)) = self.extent() else { return Vec::new() };
        let ends = super::window::weeks(first, last).into_iter().map(|(_, to)| to);
        let windows = ends.map(|to| (to - chrono::TimeDelta::days(27), to));
        windows.filter(|(from, _)| *from >= first).map(|(from, to)| self.window(from, to)).collect()
    }
}

/// Names as small numbers, in order of appearance.
#[derive(Debug, Clone, Default)]
struct Interned {
    ids: HashMap<String, usize>,
}

impl Interned {
    fn id(&mut self, name: &str) -> usize {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.ids.len();
        self.ids.insert(name.to_owned(), id);
        id
    }

    fn sorted(&self) -> Vec<(String, usize)> {
        let mut all: Vec<(String, usize)> = self.ids.iter().map(|(name, id)| (name.clone(), *id)).collect();
        all.sort();
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_begin_on_mondays_and_are_full() {
        let mut series = Series::default();
        // A Thursday to a Tuesday three weeks later: 2013-11-07 to 2013-11-26.
        for (date, topic) in [("2013-11-07", "b"), ("2013-11-11", "a"), ("2013-11-17", "b"), ("2013-11-26", "a")] {
            series.add(day(date), "x", None, Label::Topic(topic), 1);
        }
        series.add(day("2013-11-12"), "w", None, Label::Unlabelled, 3);
        series.add(day("2013-11-12"), "w", None, Label::Unknown, 2);
        let weeks = series.weeks();
        let spans: Vec<_> = weeks.iter().map(|week| (week.from.to_string(), week.to.to_string())).collect();
        assert_eq!(
            spans,
            [("2013-11-11".into(), "2013-11-17".into()), ("2013-11-18".into(), "2013-11-24".to_string())]
        );
        assert_eq!(series.sources(), ["w", "x"]);
        assert_eq!(weeks[0].sources[0], Counts { topics: vec![0, 0], unlabelled: 3, unknown: 2 });
        assert_eq!(weeks[0].sources[1].topics, [1, 1]);
        assert_eq!((weeks[1].n_labelled(), weeks[0].n_unlabelled(), weeks[0].n_unknown()), (0, 3, 2));
        // A week is over when its Sunday is, whether or not it brought anything.
        series.end_on(day("2013-12-01"));
        assert_eq!(series.weeks().len(), 3);
        series.end_on(day("2013-11-16"));
        assert_eq!((series.weeks().len(), series.window(day("2013-11-01"), day("2013-12-31")).n_labelled()), (0, 2));
    }

    #[test]
    fn levels_are_parts_of_the_whole() {
        let mut series = Series::default();
        let levels = [None, Some(ContentLevel::Metadata), Some(ContentLevel::FullText), Some(ContentLevel::FullText)];
        for (level, topic) in levels.into_iter().zip(["a", "b", "b", "a"]) {
            series.add(day("2020-03-02"), "x", level, Label::Topic(topic), 2);
        }
        series.add(day("2020-03-03"), "w", Some(ContentLevel::Abstract), Label::Unlabelled, 1);
        let parts = series.by_level(day("2020-03-02"), day("2020-03-08"));
        let lines: Vec<_> = parts.iter().map(|part| (part.source.as_str(), part.level, part.n)).collect();
        assert_eq!(
            lines,
            [("w", Some("abstract"), 1), ("x", None, 2), ("x", Some("metadata"), 2), ("x", Some("full_text"), 4)]
        );
        assert_eq!(parts[3].topics, BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 2)]));
        let whole = series.window(day("2020-03-02"), day("2020-03-08"));
        assert_eq!(whole.sources[1].topics, [4, 4]);
        assert_eq!(whole.n_labelled() + whole.n_unlabelled(), parts.iter().map(|part| part.n).sum::<u64>());
    }

    #[test]
    fn months_and_trailing_windows() {
        let mut series = Series::default();
        for date in ["2015-12-30", "2016-01-31", "2016-02-29", "2016-03-01"] {
            series.add(day(date), "x", None, Label::Topic("a"), 1);
        }
        let months: Vec<_> = series.months().iter().map(|w| (w.from.to_string(), w.n_labelled())).collect();
        let expected = [("2015-12-01", 1), ("2016-01-01", 1), ("2016-02-01", 1), ("2016-03-01", 1)];
        assert_eq!(months, expected.map(|(date, n)| (date.to_owned(), n)));
        let trailing = series.trailing_28_days();
        assert!(trailing.iter().all(|window| (window.to - window.from).num_days() == 27));
        // The first 28 days that begin on or after the first row end on Sunday 2016-01-31.
        assert_eq!(trailing[0].to, day("2016-01-31"));
        assert!(Series::default().weeks().is_empty() && Series::default().months().is_empty());
    }

    proptest! {
        /// Weeks lose nothing but the incomplete ends.
        #[test]
        fn every_row_of_a_full_week_is_counted_once(offsets in prop::collection::vec((0_i64..400, 0_usize..5), 1..200)) {
            let start = day("2019-03-06");
            let mut series = Series::default();
            for (offset, topic) in &offsets {
                let name = ["a", "b", "c", "d", "e"][*topic];
                series.add(start + chrono::TimeDelta::days(*offset), "x", None, Label::Topic(name), 1);
            }
            let weeks = series.weeks();
            let inside = offsets.iter().filter(|(offset, _)| {
                let date = start + chrono::TimeDelta::days(*offset);
                weeks.iter().any(|week| week.from <= date && date <= week.to)
            });
            prop_assert_eq!(inside.count() as u64, weeks.iter().map(Window::n_labelled).sum::<u64>());
            let everything: u64 = series.months().iter().map(Window::n_labelled).sum();
            prop_assert_eq!(everything, offsets.len() as u64);
        }
    }
}
