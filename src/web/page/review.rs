//! The page on which people look at questions, and the standing protocol.

use axum::extract::{Form, Path, Query, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::review::{Given, decide};
use super::super::view::review::{ReviewView, figures, next_review};
use super::super::{Error, State};
use super::frame;
use super::record::{alike, in_context};
use crate::model::review::is_reviewer;
use crate::review::protocol::{Block, TITLE, blocks};

#[derive(Debug, Deserialize)]
pub(in super::super) struct Who {
    #[serde(default)]
    reviewer: String,
}

pub(in super::super) async fn page(Extract(state): Extract<State>, Query(who): Query<Who>) -> Response {
    let reviewer = who.reviewer.trim().to_owned();
    if reviewer.is_empty() {
        let content = html! {
            h1 { "Review questions" }
            p { "You are shown a question, its key and the passage it rests on, and say whether it may be kept. " a href="/protocol" { (TITLE) } }
            form action="/review" method="get" {
                label for="reviewer" { "Your name" } " "
                input #reviewer name="reviewer" required maxlength="80"; " "
                button type="submit" { "Begin" }
            }
        };
        return frame("Review", "", &content).into_response();
    }
    if !is_reviewer(&reviewer) {
        return Error::BadRequest("reviewer: give a name of at most 80 characters".to_owned()).page();
    }
    let asked = reviewer.clone();
    match state.read(move |rows, _| Ok((next_review(rows, &asked, None)?, rows.reviews_by(&asked)?))).await {
        Ok((Some(view), done)) => {
            let wants_word = state.config.review_token_file.is_some();
            frame("Review", "", &question(&view, &reviewer, done, wants_word)).into_response()
        }
        Ok((None, done)) => {
            let content = html! {
                h1 { "Nothing left to review" }
                p { (done) " looked at, " (reviewer) ". Come back when there are more questions. " a href="/protocol" { (TITLE) } }
            };
            frame("Review", "", &content).into_response()
        }
        Err(error) => error.page(),
    }
}

fn question(view: &ReviewView, reviewer: &str, done: u64, wants_word: bool) -> Markup {
    let action = format!("/review/{}", view.id);
    let common = |what: &str| {
        html! {
            input type="hidden" name="reviewer" value=(reviewer);
            input type="hidden" name="decision" value=(what);
            @if wants_word {
                p { label { "The reviewers' word " input type="password" name="token" autocomplete="current-password" required; } }
            }
        }
    };
    html! {
        p.meta { (reviewer) ": " (done) " looked at. " a href="/protocol" { (TITLE) } }
        h1 { (view.question) }
        @if !view.options.is_empty() { ol type="A" { @for option in &view.options { li { (option) } } } }
        p { "Key: " span.answer { (view.answer) } }
        @for evidence in &view.evidence { (in_context(evidence)) }
        p.meta { (view.title) " (" (view.work) ")" }
        (alike(&view.conflicts))
        h2 { "May it be kept?" }
        form action=(action) method="post" {
            (common("accept"))
            button type="submit" { "Accept" }
        }
        form action=(action) method="post" {
            (common("reject"))
            p { label { "Why not " input name="reason" required maxlength="2000" size="50"; } " " button type="submit" { "Reject" } }
        }
        details {
            summary { "Edit" }
            form action=(action) method="post" {
                (common("edit"))
                p { label { "Question " textarea name="question" rows="3" cols="70" { (view.question) } } }
                p { label { "Key, as an answer spec " textarea name="answer" rows="3" cols="70" { (view.answer_spec.to_json()) } } }
                p { label { "Another sentence of the paper, copied exactly " textarea name="evidence" rows="2" cols="70" {} } }
                p { label { "Why " input name="reason" required maxlength="2000" size="50"; } " " button type="submit" { "Propose" } }
            }
        }
    }
}

pub(in super::super) async fn submit(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    let who = url::form_urlencoded::byte_serialize(given.reviewer.trim().as_bytes()).collect::<String>();
    match decide(&state, &headers, id, given).await {
        Ok(_) => (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/review?reviewer={who}"))]).into_response(),
        Err(error) => error.page(),
    }
}

pub(in super::super) async fn protocol(Extract(state): Extract<State>) -> Response {
    match state.read(|rows, _| Ok(figures(rows)?)).await {
        Ok(figures) => {
            let content = html! {
                h1 { (TITLE) }
                @for block in blocks(&figures) { (part(&block)) }
                p.meta { a href="/api/v1/protocol" { "As JSON" } " · " a href="/review" { "Review questions" } }
            };
            frame(TITLE, "", &content).into_response()
        }
        Err(error) => error.page(),
    }
}

fn part(block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h2 { (text) } },
        Block::Text(text) => html! { p { (text) } },
        Block::Table { head, rows } => html! {
            div.scroll { table {
                thead { tr { @for name in head { th { (name) } } } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            } }
        },
    }
}
