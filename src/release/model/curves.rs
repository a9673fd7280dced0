//! A training log as curves: one panel a number, in SVG.

use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 120.0;
const COLUMNS: usize = 2;
/// Points of a curve; a longer log is thinned.
const MOST_POINTS: usize = 400;
const MOST_PANELS: usize = 24;

/// Every number of the log but `step`, over the steps.
pub fn draw(log: &[Value]) -> String {
    let mut names: Vec<&String> = Vec::new();
    for line in log.iter().filter_map(Value::as_object) {
        for (name, value) in line {
            if name != "step" && value.is_number() && !names.contains(&name) && names.len() < MOST_PANELS {
                names.push(name);
            }
        }
    }
    let rows = names.len().div_ceil(COLUMNS);
    let (width, height) = (WIDTH * COLUMNS as f64, (HEIGHT + 40.0) * rows as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n"
    );
    for (at, name) in names.iter().enumerate() {
        let (x, y) = ((at % COLUMNS) as f64 * WIDTH, (at / COLUMNS) as f64 * (HEIGHT + 40.0));
        let points: Vec<(f64, f64)> = log
            .iter()
            .enumerate()
            .filter_map(|(at, line)| Some((line["step"].as_f64().unwrap_or(at as f64), line[name.as_str()].as_f64()?)))
            .collect();
        // Writing to a String does not fail.
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{}</g>", panel(name, &points));
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(name: &str, points: &[(f64, f64)]) -> String {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        (low, if high > low { high } else { low + 1.0 })
    };
    let (first, last) = range(&mut points.iter().map(|point| point.0));
    let (low, high) = range(&mut points.iter().map(|point| point.1));
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let path: Vec<String> = points
        .iter()
        .step_by(step)
        .map(|(x, y)| {
            let x = 10.0 + (x - first) / (last - first) * (WIDTH - 20.0);
            let y = 20.0 + (high - y) / (high - low) * HEIGHT;
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x=\"10\" y=\"14\">{name}: {low:.4} to {high:.4}</text>\n\
         <rect x=\"10\" y=\"20\" width=\"{}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#ccc\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#26c\"/>\n",
        WIDTH - 20.0,
        path.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_panel() {
        let log: Vec<Value> =
            (0..1000).map(|step| serde_json::json!({ "step": step, "a<b": step * step, "note": "x" })).collect();
        let svg = draw(&log);
        assert_eq!(svg.matches("<polyline").count(), 1);
        assert!(svg.contains("a&lt;b: 0.0000 to 998001.0000") && svg.matches(',').count() <= MOST_POINTS, "{svg}");
        assert!(draw(&[]).ends_with("</svg>\n"));
    }
}
