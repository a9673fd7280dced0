//! The pages: plain HTML that works without scripts, from one frame and one style sheet.

pub(super) mod drift;
pub(super) mod record;
pub(super) mod review;
pub(super) mod refresh;
pub(super) mod search;
pub(super) mod status;

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// A page in the common frame.
pub(super) fn frame(title: &str, query: &str, content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Aludel" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
                link rel="alternate" type="application/atom+xml" title="Releases" href="/releases/feed.atom";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    a.brand href="/" { "Aludel" }
                    form role="search" action="/" method="get" {
                        label.hidden for="q" { "Search questions and passages" }
                        input #q type="search" name="q" value=(query) placeholder="IL-6 AND \"heart failure\"" maxlength="1000";
                        button type="submit" { "Search" }
                    }
                    nav {
                        a href="/releases" { "Releases" } " " a href="/drift" { "Drift" } " " a href="/refresh" { "Refreshes" } " "
                        a href="/review" { "Review" } " " a href="/status" { "Status" }
                    }
                }
                main #main { (content) }
                footer {
                    "Questions drafted from the literature, each with the sentence it rests on. "
                    a href="/api/v1/openapi.json" { "API" }
                }
            }
        }
    };
    Html(page.into_string())
}

/// The page of an error.
pub(super) fn fault(status: StatusCode, sentence: &str) -> Html<String> {
    frame(
        status.canonical_reason().unwrap_or("Error"),
        "",
        &html! {
            h1 { (status.canonical_reason().unwrap_or("Error")) }
            p { (sentence) }
            p { a href="/" { "To the search" } }
        },
    )
}

pub(super) async fn missing() -> Response {
    (StatusCode::NOT_FOUND, fault(StatusCode::NOT_FOUND, "there is no such page")).into_response()
}

pub(super) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("style.css")).into_response()
}

/// A stored word such as `full_text` for reading.
fn plain(word: &str) -> String {
    word.replace('_', " ")
}
