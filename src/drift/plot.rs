//! Line charts as SVG text, drawn by hand: no script, no font, nothing fetched.

use std::fmt::Write as _;

use chrono::NaiveDate;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 28.0;
/// Distinguishable with the common colour blindnesses (Okabe & Ito 2008).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7440", "#888888"];

/// One line; where it has no value it is broken.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub values: Vec<Option<f64>>,
    /// Drawn as an area from 0 up: a band.
    pub is_band: bool,
}

/// A point in time with a word.
#[derive(Debug, Clone)]
pub struct Mark {
    pub date: NaiveDate,
    pub name: String,
}

/// A chart of `lines` over `dates` (same length, ascending), from 0 up.
pub fn chart(title: &str, dates: &[NaiveDate], lines: &[Line], marks: &[Mark]) -> String {
    let top =
        lines.iter().flat_map(|line| &line.values).flatten().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let top = if top > 0.0 { top * 1.08 } else { 1.0 };
    let (first, last) = match (dates.first(), dates.last()) {
        (Some(first), Some(last)) => (*first, *last),
        _ => return String::new(),
    };
    let days = ((last - first).num_days() as f64).max(1.0);
    let x = |date: NaiveDate| LEFT + (date - first).num_days() as f64 / days * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\" \
         fill=\"currentColor\" font-family=\"sans-serif\" font-size=\"11\">\n<text x=\"{LEFT}\" y=\"16\" font-size=\"13\">{title}</text>\n",
        title = escape(title)
    );
    // Writing to a String can not fail, here and below.
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        let at = y(value);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\" fill=\"#555\">{value:.3}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0
        );
    }
    let ticks = 6.min(dates.len());
    for tick in 0..ticks {
        let date = dates[tick * (dates.len() - 1) / (ticks - 1).max(1)];
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{date}</text>",
            x(date),
            HEIGHT - 8.0
        );
    }
    for (at, line) in lines.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        for run in runs(dates, &line.values) {
            let points: Vec<String> =
                run.iter().map(|(date, value)| format!("{:.1},{:.1}", x(*date), y(*value))).collect();
            let (start, end) = (x(run[0].0), x(run[run.len() - 1].0));
            let _ = if line.is_band {
                let base = y(0.0);
                writeln!(
                    svg,
                    "<polygon points=\"{start:.1},{base:.1} {} {end:.1},{base:.1}\" fill=\"{colour}\" fill-opacity=\"0.15\"/>",
                    points.join(" ")
                )
            } else {
                writeln!(
                    svg,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>",
                    points.join(" ")
                )
            };
        }
        let legend = TOP + 14.0 * at as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\" fill-opacity=\"{}\"/><text x=\"{:.1}\" \
             y=\"{:.1}\">{}</text>",
            WIDTH - RIGHT + 12.0,
            legend,
            if line.is_band { "0.15" } else { "1" },
            WIDTH - RIGHT + 27.0,
            legend + 9.0,
            escape(&line.name)
        );
    }
    for mark in marks.iter().filter(|mark| (first..=last).contains(&mark.date)) {
        let at = x(mark.date);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/><text \
             x=\"{:.1}\" y=\"{:.1}\" fill=\"#b00\">{}</text>",
            HEIGHT - BOTTOM,
            at + 3.0,
            TOP + 9.0,
            escape(&mark.name)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// The stretches of values without a gap.
fn runs(dates: &[NaiveDate], values: &[Option<f64>]) -> Vec<Vec<(NaiveDate, f64)>> {
    let mut runs = vec![Vec::new()];
    for (date, value) in dates.iter().zip(values) {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                if let Some(run) = runs.last_mut() {
                    run.push((*date, value));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Text as it may stand in HTML and SVG.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_break_lines_and_names_are_escaped() {
        let dates: Vec<NaiveDate> = (1..=5).map(|day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap()).collect();
        let values = vec![Some(0.1), Some(0.2), None, Some(0.4), Some(f64::NAN)];
        let line = Line { name: "<a & b>".into(), values, is_band: false };
        let band = Line { name: "band".into(), values: vec![Some(0.3); 5], is_band: true };
        let mark = Mark { date: dates[3], name: "drift".into() };
        let svg = chart("t", &dates, &[line, band], &[mark]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<polygon").count(), 1);
        assert!(svg.contains("&lt;a &amp; b&gt;") && !svg.contains("NaN") && svg.ends_with("</svg>\n"));
        assert_eq!(chart("t", &[], &[], &[]), "");
    }
}
