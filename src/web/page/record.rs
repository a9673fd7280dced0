//! The pages of one question and of one work.

use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::view::{EvidenceView, KinView, QuestionView, WorkSummary, WorkView};
use super::super::{State, api};
use super::{frame, plain};
use crate::model::document::CellRange;
use crate::model::status::QuestionStatus;
use crate::store::alike::Kinship;

pub(in super::super) async fn question(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    match api::load_question(&state, id).await {
        Ok(view) => frame(&view.question, "", &question_content(&view)).into_response(),
        Err(error) => error.page(),
    }
}

pub(in super::super) async fn work(Extract(state): Extract<State>, Path(id): Path<String>) -> Response {
    match api::load_work(&state, id).await {
        Ok(view) => frame(&view.work.title, "", &work_content(&view)).into_response(),
        Err(error) => error.page(),
    }
}

fn question_content(view: &QuestionView) -> Markup {
    html! {
        @if let Some(banner) = &view.banner { p.banner role="alert" { (banner) } }
        h1 { (view.question) }
        @if !view.options.is_empty() {
            ol type="A" { @for option in &view.options { li { (option) } } }
        }
        details {
            summary { "Show the answer and its evidence" }
            p.answer { (view.answer) }
            @for evidence in &view.evidence { (in_context(evidence)) }
        }
        p {
            span.tag { (view.status.as_str()) } " "
            @if let Some(tier) = view.tier { span.tag { (tier) } " " }
            span.tag { (plain(view.answer_spec.kind())) }
            @if let Some(kind) = view.kind { " " span.tag { (kind.as_str()) } }
        }
        (alike(&view.alike))
        h2 { "Source" }
        (summary(&view.work))
        h2 { "How it was checked" }
        div.scroll { table {
            thead { tr { th { "Stage" } th { "Verdict" } th { "Reason" } } }
            tbody {
                @for stage in &view.verification {
                    tr { td { (plain(stage.stage.as_str())) } td { (stage.verdict.as_str()) } td { (stage.reason) } }
                }
            }
        } }
        @if !view.reviews.is_empty() {
            h2 { "What people said" }
            ul {
                @for review in &view.reviews {
                    li {
                        (review.reviewer) ": " (review.decision.as_str()) ", " time datetime=(review.at.to_rfc3339()) { (review.at.format("%Y-%m-%d")) }
                        @if !review.reason.is_empty() { ": " (review.reason) }
                        @if let Some(into) = &review.edited_into { " (" a href={ "/question/" (into) } { "its edit" } ")" }
                    }
                }
            }
        }
        p.meta {
            "Written by " (view.generator.kind) " (" (view.generator.model) "). "
            "Id " code { (view.id) } ". " a href={ "/api/v1/question/" (view.id) } { "As JSON" }
        }
    }
}

/// What else asks the same.
pub(super) fn alike(kin: &[KinView]) -> Markup {
    let list = |heading: &str, relation: Kinship| {
        let some: Vec<&KinView> = kin.iter().filter(|one| one.kin.relation == relation).collect();
        html! {
            @if !some.is_empty() {
                h2 { (heading) }
                ul {
                    @for KinView { kin, answer_text } in some {
                        li {
                            a href={ "/question/" (kin.id) } { (kin.question) }
                            " " span.tag { (kin.status.as_str()) }
                            details { summary { "Show its answer" } p.answer { (answer_text) } }
                            p.meta { a href={ "/work/work:" (kin.work) } { (kin.title) } }
                        }
                    }
                }
            }
        }
    };
    html! {
        (list("Asked the same, answered otherwise", Kinship::Conflict))
        (list("Found elsewhere, too", Kinship::Corroboration))
    }
}

pub(super) fn in_context(evidence: &EvidenceView) -> Markup {
    let (before, quote, after) = evidence.pieces();
    html! {
        blockquote {
            @if !evidence.section.is_empty() { p.meta { (evidence.section) } }
            p { (before) mark { (quote) } (after) }
            @if let Some(cells) = &evidence.cells { p.meta { (place(cells)) } }
            @for image in &evidence.images { p.meta { "Image, as the paper names it: " code { (image) } } }
        }
    }
}

/// Which cells of its table a quote covers.
fn place(cells: &CellRange) -> String {
    let CellRange { first_row, last_row, first_column, last_column } = cells;
    let range = |name: &str, first: &usize, last: &usize| {
        if first == last { format!("{name} {first}") } else { format!("{name}s {first} to {last}") }
    };
    format!("{}, {} of the table", range("row", first_row, last_row), range("column", first_column, last_column))
}

fn summary(work: &WorkSummary) -> Markup {
    html! {
        p { a href={ "/work/work:" (work.id) } { (work.title) } }
        p.meta {
            @if let Some(venue) = &work.venue { (venue) " · " }
            @if let Some(day) = work.first_public { "first public " time datetime=(day) { (day) } " · " }
            @if let Some(version) = work.version { "version " (version) " · " }
            @if let Some(licence) = &work.licence { "licence " (plain(licence)) " · " }
            @for name in &work.names {
                @if name.starts_with("10.") { a rel="noreferrer" href={ "https://doi.org/" (name) } { (name) } } @else { (name) } " "
            }
        }
        @if let Some(attribution) = &work.attribution { p.meta { (attribution) } }
        p { @for subject in &work.subjects { span.tag { (subject) } " " } }
    }
}

fn work_content(view: &WorkView) -> Markup {
    html! {
        @if let Some(banner) = &view.banner { p.banner role="alert" { (banner) } }
        h1 { (view.work.title) }
        (summary(&view.work))
        @if !view.relations.is_empty() {
            h2 { "Ties to other works" }
            ul {
                @for tie in &view.relations {
                    li {
                        @if tie.stated_by_other { "stated by the other: " }
                        (plain(tie.relation.as_str())) " "
                        @if let Some(work) = tie.work { a href={ "/work/work:" (work) } { (tie.name) } } @else { (tie.name) }
                    }
                }
            }
        }
        h2 { "Versions" }
        div.scroll { table {
            thead { tr { th { "Version" } th { "Source" } th { "State" } th { "Content" } th { "Licence" } } }
            tbody {
                @for version in &view.versions {
                    tr {
                        td { (version.number) @if version.in_use { " (in use)" } }
                        td { (version.source) }
                        td { (version.status) }
                        td { (plain(version.content_level)) }
                        td { (plain(&version.licence)) }
                    }
                }
            }
        } }
        h2 { "Questions" }
        @if view.questions.is_empty() { p { "None yet." } }
        @for question in &view.questions {
            article.hit {
                h3 { a href={ "/question/" (question.id) } { (question.question) } }
                @if question.status == QuestionStatus::Accepted && view.banner.is_none() {
                    details { summary { "Show the answer" } p.answer { (question.answer) } }
                }
                p {
                    span.tag { (question.status.as_str()) } " "
                    @if let Some(tier) = question.tier { span.tag { (tier) } " " }
                    span.tag { (plain(question.answer_type)) }
                }
            }
        }
    }
}
