//! The drift page: what the last look at the topic mix found.

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use maud::{PreEscaped, html};

use super::super::State;
use super::frame;

pub(in super::super) async fn page(Extract(state): Extract<State>) -> Response {
    match state.read(|rows, _| Ok(rows.drift_report()?)).await {
        Ok(report) => {
            let content = html! {
                @if let Some(report) = &report {
                    // Proof: the program's own page, which escapes what it quotes.
                    (PreEscaped(&report.page))
                    p.meta {
                        "Looked at on " time datetime=(report.made_at.to_rfc3339()) { (report.made_at.format("%Y-%m-%d %H:%M")) } " UTC. "
                        a href="/api/v1/drift" { "As JSON" } " · " a href="/api/v1/drift/history" { "every decision" }
                    }
                } @else {
                    h1 { "Topic drift" }
                    p { "The topic mix has not been looked at yet. The service does so at its start and every Tuesday." }
                }
            };
            frame("Topic drift", "", &content).into_response()
        }
        Err(error) => error.page(),
    }
}
