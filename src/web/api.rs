//! The JSON API and what machines ask: health, readiness, metrics.

use axum::Json;
use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::review::{Given, decide};
use super::{Error, State, view};
use crate::index::{Filter, Query, Sort};
use crate::model::id::QuestionId;
use crate::model::review::{Sampled, is_reviewer};

/// The document served at `/api/v1/openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Aludel",
        description = "Verified, evidence-grounded questions from the biology literature. Read-only but for reviews."
    ),
    paths(
        search,
        question,
        work,
        drift,
        drift_history,
        review_next,
        review,
        protocol,
        refresh,
        super::release::api::releases,
        status,
        openapi,
        health,
        ready,
        metrics
    )
)]
struct Document;

/// A search as given in a URL, and what of it was not understood.
pub(super) struct Asked {
    pub query: Query,
    pub notices: Vec<String>,
}

/// Reads `q`, `where` (several times), `sort`, `offset`, `limit` and `facets`; whatever is not understood is a notice.
pub(super) fn asked(raw: Option<&str>) -> Asked {
    let mut query = Query::default();
    let mut notices = Vec::new();
    for (name, value) in url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).take(64) {
        let number = |notices: &mut Vec<String>, otherwise: usize| {
            value.parse().unwrap_or_else(|_| {
                notices.push(format!("{name} is not a number"));
                otherwise
            })
        };
        match name.as_ref() {
            "q" => query.text = value.into_owned(),
            "where" if value.is_empty() => {}
            "where" => match value.parse::<Filter>() {
                Ok(filter) => query.filters.push(filter),
                Err(error) => notices.push(error.to_string()),
            },
            "since" | "until" if !value.is_empty() => match Filter::new(&name, &value) {
                Ok(filter) => query.filters.push(filter),
                Err(error) => notices.push(error.to_string()),
            },
            "sort" => query.sort = if value == "date" { Sort::Date } else { Sort::Relevance },
            "offset" => query.offset = number(&mut notices, 0),
            "limit" => query.limit = number(&mut notices, 10),
            "facets" => query.facets = value != "false" && value != "0",
            _ => {}
        }
    }
    Asked { query, notices }
}

#[utoipa::path(
    get, path = "/api/v1/search",
    params(
        ("q" = Option<String>, Query, description = "Words, \"phrases\", AND OR NOT, field:value, word*"),
        ("where" = Option<Vec<String>>, Query, description = "Filters such as tier:grounded, topic:neuroscience, first_public:[2024-01-01 TO 2024-12-31]; may be repeated"),
        ("sort" = Option<String>, Query, description = "relevance (default) or date"),
        ("offset" = Option<usize>, Query, description = "0 to 10000"),
        ("limit" = Option<usize>, Query, description = "0 to 100, default 10"),
        ("facets" = Option<bool>, Query, description = "Whether to count facets; default true"),
    ),
    responses((status = 200, description = "total, took_ms, facets, hits and notices", body = Value))
)]
pub(super) async fn search(Extract(state): Extract<State>, RawQuery(raw): RawQuery) -> Response {
    let Asked { query, notices } = asked(raw.as_deref());
    let found = state.read(move |_, index| Ok(index.search(&query)?)).await;
    match found {
        Ok(mut results) => {
            metrics::histogram!("aludel_search_seconds").record(results.took_ms / 1000.0);
            results.notices.splice(0..0, notices);
            Json(results).into_response()
        }
        Err(error) => error.json(),
    }
}

#[utoipa::path(
    get, path = "/api/v1/question/{id}", params(("id" = String, Path, description = "32 hex digits")),
    responses((status = 200, description = "The question's record", body = Value), (status = 404, description = "No such question"))
)]
pub(super) async fn question(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    match load_question(&state, id).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => error.json(),
    }
}

pub(super) async fn load_question(state: &State, text: String) -> Result<view::QuestionView, Error> {
    let id = QuestionId::parse(&text).map_err(|error| Error::BadRequest(error.to_string()))?;
    let found = state.read(move |rows, _| Ok(view::question(rows, &id)?)).await?;
    found.ok_or(Error::NotFound { what: "question", id: text })
}

#[utoipa::path(
    get, path = "/api/v1/work/{id}", params(("id" = String, Path, description = "DOI, pmid:N, PMCID or row number")),
    responses((status = 200, description = "The work with versions, ties and questions", body = Value), (status = 404, description = "No such work"))
)]
pub(super) async fn work(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    match load_work(&state, id).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => error.json(),
    }
}

pub(super) async fn load_work(state: &State, name: String) -> Result<view::WorkView, Error> {
    let text = name.clone();
    let found = state
        .read(move |rows, _| match view::find_work(rows, &text)? {
            Some(id) => Ok(view::work(rows, id)?),
            None => Ok(None),
        })
        .await?;
    found.ok_or_else(|| Error::NotFound { what: "work", id: name.chars().take(200).collect() })
}

#[utoipa::path(
    get, path = "/api/v1/drift",
    responses((status = 200, description = "made_at and report: state, reference, windows, refreshes, months, counts by source and content level, and the explanation with the test of texts inside the topics; both null before the first look", body = Value))
)]
pub(super) async fn drift(Extract(state): Extract<State>) -> Response {
    match state.read(|rows, _| Ok(rows.drift_report()?)).await {
        Ok(Some(report)) => Json(report).into_response(),
        Ok(None) => Json(json!({ "made_at": null, "report": null })).into_response(),
        Err(error) => error.json(),
    }
}

#[utoipa::path(
    get, path = "/api/v1/drift/history",
    params(("as_of" = Option<String>, Query, description = "A day: what was held of each window at its end, UTC")),
    responses((status = 200, description = "decisions: one a window, by window, with every number it used", body = Value), (status = 400, description = "as_of is no day"))
)]
pub(super) async fn drift_history(Extract(state): Extract<State>, RawQuery(raw): RawQuery) -> Response {
    let as_of = match as_of(raw.as_deref()) {
        Ok(as_of) => as_of,
        Err(error) => return error.json(),
    };
    match state.read(move |rows, _| Ok(rows.drift_decisions(as_of)?)).await {
        Ok(decisions) => Json(json!({ "decisions": decisions })).into_response(),
        Err(error) => error.json(),
    }
}

/// The last moment of the day that `as_of` names.
fn as_of(raw: Option<&str>) -> Result<Option<DateTime<Utc>>, Error> {
    let mut parameters = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes());
    let Some((_, text)) = parameters.find(|(name, value)| name == "as_of" && !value.is_empty()) else {
        return Ok(None);
    };
    let day: NaiveDate =
        text.parse().map_err(|_| Error::BadRequest("as_of: expected a day such as 2026-03-01".to_owned()))?;
    Ok(day.and_hms_milli_opt(23, 59, 59, 999).map(|end| end.and_utc()))
}

#[utoipa::path(
    get, path = "/api/v1/review/next",
    params(
        ("reviewer" = String, Query, description = "The person's name"),
        ("source" = Option<String>, Query, description = "conflict, audit, uncertain, topic, second or rejected; default: in turn"),
    ),
    responses((status = 200, description = "question: what to look at, or null", body = Value), (status = 400, description = "No such name or source"))
)]
pub(super) async fn review_next(Extract(state): Extract<State>, RawQuery(raw): RawQuery) -> Response {
    let mut reviewer = String::new();
    let mut source = None;
    for (name, value) in url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).take(64) {
        match name.as_ref() {
            "reviewer" => reviewer = value.trim().to_owned(),
            "source" => source = Some(value.into_owned()),
            _ => {}
        }
    }
    let only = source.as_deref().map(|name| {
        Sampled::from_name(name).ok_or_else(|| Error::BadRequest("source: there is no such way of sampling".to_owned()))
    });
    let only = match only.transpose() {
        Ok(only) if is_reviewer(&reviewer) => only,
        Ok(_) => return Error::BadRequest("reviewer: give a name of at most 80 characters".to_owned()).json(),
        Err(error) => return error.json(),
    };
    match state.read(move |rows, _| Ok(view::review::next_review(rows, &reviewer, only)?)).await {
        Ok(question) => Json(json!({ "question": question })).into_response(),
        Err(error) => error.json(),
    }
}

#[utoipa::path(
    post, path = "/api/v1/review/{id}", params(("id" = String, Path, description = "32 hex digits")), request_body = Given,
    responses(
        (status = 200, description = "status and tier of the question now", body = Value),
        (status = 400, description = "What is missing"), (status = 403, description = "Who may review is in web.review_token_file"),
        (status = 404, description = "No such question"), (status = 409, description = "It is withdrawn")
    )
)]
pub(super) async fn review(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(given): Json<Given>,
) -> Response {
    match decide(&state, &headers, id, given).await {
        Ok(recorded) => {
            Json(json!({ "status": recorded.status, "tier": recorded.tier, "review": recorded.row })).into_response()
        }
        Err(error) => error.json(),
    }
}

#[utoipa::path(
    get, path = "/api/v1/protocol",
    responses((status = 200, description = "subject, balance of the accepted questions, and standing: audits, agreement", body = Value))
)]
pub(super) async fn protocol(Extract(state): Extract<State>) -> Response {
    match state.read(|rows, _| Ok(view::review::figures(rows)?)).await {
        Ok(figures) => Json(figures).into_response(),
        Err(error) => error.json(),
    }
}

#[utoipa::path(
    get, path = "/api/v1/refresh",
    responses((status = 200, description = "refreshes (the newest first, each with its plan, outcome and decision), steps of the newest one's training, evaluations, seconds_used of this month, refused", body = Value))
)]
pub(super) async fn refresh(Extract(state): Extract<State>) -> Response {
    match state.refreshes().await {
        Ok(overview) => Json(overview).into_response(),
        Err(error) => error.json(),
    }
}

#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, description = "Counts and lags", body = Value)))]
pub(super) async fn status(Extract(state): Extract<State>) -> Response {
    match load_status(&state).await {
        Ok(status) => Json(status).into_response(),
        Err(error) => error.json(),
    }
}

pub(super) async fn load_status(state: &State) -> Result<Map<String, Value>, Error> {
    let now = state.clock.now();
    let mut status = state.read(move |rows, index| view::status(rows, Some(index), now.timestamp_millis())).await?;
    status.insert("time".into(), json!(now.to_rfc3339()));
    status.extend((state.status)());
    Ok(status)
}

#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "This document", body = Value)))]
pub(super) async fn openapi() -> Response {
    Json(Document::openapi()).into_response()
}

#[utoipa::path(get, path = "/health", responses((status = 200, description = "The process answers")))]
pub(super) async fn health() -> &'static str {
    "ok\n"
}

#[utoipa::path(
    get, path = "/ready",
    responses((status = 200, description = "Store and index answer"), (status = 503, description = "One of them does not"))
)]
pub(super) async fn ready(Extract(state): Extract<State>) -> Response {
    let checked = state
        .read(|rows, index| {
            rows.last_change()?;
            index.sequence()?;
            Ok(())
        })
        .await;
    match checked {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the log says why\n").into_response()
        }
    }
}

#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Prometheus text")))]
pub(super) async fn metrics(Extract(state): Extract<State>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (state.metrics)()).into_response()
}
