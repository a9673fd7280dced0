//! The refresh page: the refreshes, the curves of the newest, and how models did over time.

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::super::State;
use super::super::view::refresh::Overview;
use super::{frame, plain};
use crate::release::model::curves;
use crate::store::refresh::Refresh;

pub(in super::super) async fn page(Extract(state): Extract<State>) -> Response {
    match state.refreshes().await {
        Ok(overview) => frame("Refreshes", "", &content(&overview)).into_response(),
        Err(error) => error.page(),
    }
}

fn content(overview: &Overview) -> Markup {
    html! {
        h1 { "Refreshes" }
        p {
            "A model is trained anew when the field's topics have moved, and takes the champion's place only when it is better on questions "
            "from papers younger than both. " (format!("{:.2}", overview.seconds_used / 3600.0)) " hours of the machine were used this month."
        }
        @if overview.refreshes.is_empty() {
            p { "There has been none yet. " code { "aludel refresh plan" } " shows what one would be made of." }
        } @else {
            table {
                thead { tr { th { "No" } th { "Begun" } th { "State" } th { "Called for by" } th { "Version" } th { "Candidate − champion" } th { "Why" } } }
                tbody { @for refresh in &overview.refreshes { (row(refresh)) } }
            }
        }
        @if !overview.steps.is_empty() {
            h2 { "Training of refresh " (overview.refreshes.first().map_or(0, |refresh| refresh.id)) }
            // Proof: the program's own drawing, which escapes what it quotes.
            (PreEscaped(curves(overview)))
        }
        @if !overview.evaluations.is_empty() {
            h2 { "Evaluations" }
            table {
                thead { tr { th { "Date" } th { "Model" } th { "Role" } th { "Questions" } th { "Number" } th { "Right" } } }
                tbody {
                    @for evaluation in &overview.evaluations {
                        tr {
                            td { (evaluation.made_at.format("%Y-%m-%d")) } td { (evaluation.model) } td { (evaluation.role) }
                            td { (evaluation.set) } td { (evaluation.n_items) } td { (format!("{:.4}", evaluation.score)) }
                        }
                    }
                }
            }
        }
        @if !overview.refused.is_empty() {
            h2 { "Called for and not begun" }
            ul { @for (at, whom, why) in &overview.refused { li { (at.format("%Y-%m-%d")) " " (whom) ": " (why) } } }
        }
        p.meta { a href="/api/v1/refresh" { "As JSON" } }
    }
}

fn row(refresh: &Refresh) -> Markup {
    let number = |name: &str| refresh.decision.as_ref().and_then(|decision| decision["difference"][name].as_f64());
    html! {
        tr {
            td { (refresh.id) }
            td { time datetime=(refresh.created_at.to_rfc3339()) { (refresh.created_at.format("%Y-%m-%d %H:%M")) } }
            td { (refresh.status.as_str()) @if let Some(wish) = &refresh.wish { ", asked to " (wish) } }
            td { (plain(&refresh.cause)) }
            td { (refresh.version.as_deref().unwrap_or("–")) }
            td {
                @if let (Some(value), Some(low), Some(high)) = (number("value"), number("low"), number("high")) {
                    (format!("{value:+.3} ({low:+.3} to {high:+.3})"))
                } @else { "–" }
            }
            td { (refresh.reason.as_deref().unwrap_or_default()) }
        }
    }
}

fn curves(overview: &Overview) -> String {
    let line = |step: &crate::refresh::job::Step| {
        let mut line = serde_json::Map::from_iter([("step".to_owned(), Value::from(step.step))]);
        line.extend(step.curves().map(|(name, value)| (name.to_owned(), value.into())));
        Value::Object(line)
    };
    curves::draw(&overview.steps.iter().map(line).collect::<Vec<_>>())
}
