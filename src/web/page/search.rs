//! The search page: hits with their snippets, facets to narrow by, pages.

use axum::extract::{RawQuery, State as Extract};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::State;
use super::super::api::{Asked, asked};
use super::{frame, plain};
use crate::index::{Filter, Hit, Kind, Query, Results, Snippet, Sort};

/// Facets in the order of the page: field and heading.
const FACETS: [(&str, &str); 10] = [
    ("kind", "Kind"),
    ("topic", "Topic"),
    ("subject", "Subject"),
    ("answer_type", "Answer"),
    ("tier", "Tier"),
    ("year", "First public"),
    ("source", "Source"),
    ("licence", "Licence"),
    ("section", "Section"),
    ("journal", "Journal"),
];
const SHOWN_VALUES: usize = 8;

pub(in super::super) async fn page(Extract(state): Extract<State>, RawQuery(raw): RawQuery) -> Response {
    let Asked { query, notices } = asked(raw.as_deref());
    let search = query.clone();
    match state.read(move |_, index| Ok(index.search(&search)?)).await {
        Ok(mut results) => {
            results.notices.splice(0..0, notices);
            let title = if query.text.is_empty() { "Search" } else { &query.text };
            frame(title, &query.text, &content(&query, &results)).into_response()
        }
        Err(error) => error.page(),
    }
}

fn content(query: &Query, results: &Results) -> Markup {
    html! {
        h1.hidden { "Search results" }
        div.row {
            p.meta role="status" {
                (results.total) @if results.total == 1 { " hit" } @else { " hits" }
                " in " (format!("{:.1}", results.took_ms)) " ms"
            }
            p.meta {
                "Sorted by "
                @if query.sort == Sort::Date {
                    a href=(link(&Query { sort: Sort::Relevance, offset: 0, ..query.clone() })) { "relevance" } " | " strong { "date" }
                } @else {
                    strong { "relevance" } " | " a href=(link(&Query { sort: Sort::Date, offset: 0, ..query.clone() })) { "date" }
                }
            }
        }
        @for notice in &results.notices { p.notice { (notice) } }
        @if !query.filters.is_empty() {
            ul.filters aria-label="Filters in force" {
                @for filter in &query.filters {
                    li { a.tag href=(link(&without(query, filter))) aria-label={ "Remove the filter " (filter) } { (filter) " ✕" } }
                }
            }
        }
        div.columns {
            section aria-label="Hits" {
                @for hit in &results.hits { (card(hit)) }
                @if results.hits.is_empty() { p { "Nothing found. Fewer words or filters find more; OR joins alternatives." } }
                (pages(query, results))
            }
            aside.facets aria-label="Narrow the search" {
                @for (field, heading) in FACETS {
                    @if let Some(values) = results.facets.get(field).filter(|values| !values.is_empty()) {
                        h2 { (heading) }
                        ul {
                            @for value in values.iter().take(SHOWN_VALUES) {
                                li {
                                    @if let Ok(filter) = Filter::new(field, &value.value) {
                                        a href=(link(&with(query, filter))) { (plain(&value.value)) }
                                    } @else { (plain(&value.value)) }
                                    span.meta { (value.count) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn card(hit: &Hit) -> Markup {
    html! {
        article.hit {
            @if hit.kind == Kind::Question {
                h3 { a href={ "/question/" (hit.id) } { (hit.question.as_deref().unwrap_or_default()) } }
                p { (snippet(&hit.snippet)) }
                details {
                    summary { "Show the answer" }
                    p.answer { (hit.answer.as_deref().unwrap_or_default()) }
                    @for evidence in &hit.evidence { blockquote { mark { (evidence.quote) } } }
                }
            } @else {
                p { (snippet(&hit.snippet)) }
            }
            p.meta {
                a href={ "/work/work:" (hit.work) } { (hit.title) }
                @if let Some(journal) = &hit.journal { " · " (journal) }
                @if let Some(day) = hit.first_public { " · " time datetime=(day) { (day) } }
            }
            p {
                span.tag { @if hit.kind == Kind::Question { "question" } @else { "passage" } } " "
                @if let Some(tier) = hit.tier { span.tag { (tier) } " " }
                @if let Some(kind) = &hit.answer_type { span.tag { (plain(kind)) } " " }
                @for subject in hit.topic.iter().chain(&hit.subjects).take(3) { span.tag { (subject) } " " }
                span.tag { (plain(hit.licence)) }
            }
        }
    }
}

fn snippet(snippet: &Snippet) -> Markup {
    html! {
        @if snippet.cut.0 { "…" }
        @for (piece, is_hit) in snippet.pieces() {
            @if is_hit { mark { (piece) } } @else { (piece) }
        }
        @if snippet.cut.1 { "…" }
    }
}

fn pages(query: &Query, results: &Results) -> Markup {
    let limit = query.limit.max(1);
    let next = query.offset + limit;
    html! {
        nav.row aria-label="Pages" {
            @if query.offset > 0 {
                a rel="prev" href=(link(&Query { offset: query.offset.saturating_sub(limit), ..query.clone() })) { "← Previous" }
            } @else { span {} }
            @if (next as u64) < results.total && next <= 10_000 && !results.hits.is_empty() {
                a rel="next" href=(link(&Query { offset: next, ..query.clone() })) { "Next →" }
            }
        }
    }
}

fn with(query: &Query, filter: Filter) -> Query {
    let mut narrowed = Query { offset: 0, ..query.clone() };
    if !narrowed.filters.contains(&filter) {
        narrowed.filters.push(filter);
    }
    narrowed
}

fn without(query: &Query, filter: &Filter) -> Query {
    let mut widened = Query { offset: 0, ..query.clone() };
    widened.filters.retain(|other| other != filter);
    widened
}

/// The URL of a search.
fn link(query: &Query) -> String {
    let mut parameters = url::form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("q", &query.text);
    for filter in &query.filters {
        parameters.append_pair("where", &filter.to_string());
    }
    if query.sort == Sort::Date {
        parameters.append_pair("sort", "date");
    }
    if query.offset > 0 {
        parameters.append_pair("offset", &query.offset.to_string());
    }
    if query.limit != Query::default().limit {
        parameters.append_pair("limit", &query.limit.to_string());
    }
    format!("/?{}", parameters.finish())
}
