//! The status page: every field of the status as a table.

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::super::{State, api};
use super::{frame, plain};

const MAX_DEPTH: usize = 6;

pub(in super::super) async fn page(Extract(state): Extract<State>) -> Response {
    match api::load_status(&state).await {
        Ok(status) => {
            let content = html! {
                h1 { "Status" }
                @for (name, value) in &status {
                    h2 { (plain(name)) }
                    div.scroll { (table(value, 0)) }
                }
            };
            frame("Status", "", &content).into_response()
        }
        Err(error) => error.page(),
    }
}

fn table(value: &Value, depth: usize) -> Markup {
    match value {
        Value::Object(fields) if depth < MAX_DEPTH && !fields.is_empty() => html! {
            table { tbody {
                @for (name, value) in fields {
                    tr { th scope="row" { (plain(name)) } td.number[value.is_number()] { (table(value, depth + 1)) } }
                }
            } }
        },
        Value::Array(items) if depth < MAX_DEPTH => html! { @for item in items { div { (table(item, depth + 1)) } } },
        Value::Null => html! { "–" },
        Value::String(text) => html! { (text) },
        Value::Object(fields) if fields.is_empty() => html! { "none" },
        other => html! { (other.to_string()) },
    }
}
