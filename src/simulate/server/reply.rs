//! A reply before and after a fault.

use std::io::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::simulate::Fault;
use crate::simulate::fault::Service;

/// Status, type and body, and what else the head says.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, content_type, headers: Vec::new(), body: body.into() }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Reply::new(status, "text/plain; charset=utf-8", body)
    }

    pub fn html(status: u16) -> Self {
        Reply::new(
            status,
            "text/html; charset=UTF-8",
            "<!DOCTYPE html>\n<html><head><title>Just a moment</title></head><body><h1>Please wait</h1></body></html>",
        )
    }

    pub fn json(value: &impl Serialize) -> Self {
        // Our own values have string keys, so serialising them can not fail; an empty body would show it.
        Reply::new(200, "application/json", serde_json::to_vec(value).unwrap_or_default())
    }

    pub fn lines(values: &[impl Serialize]) -> Self {
        let mut body = Vec::new();
        for value in values {
            body.extend(serde_json::to_vec(value).unwrap_or_default());
            body.push(b'\n');
        }
        Reply::new(200, "application/x-ndjson", body)
    }

    pub fn xml(body: impl Into<Vec<u8>>) -> Self {
        Reply::new(200, "text/xml; charset=UTF-8", body)
    }

    pub fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                head.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// What a server that is down answers.
pub fn outage(service: Service) -> Reply {
    match service {
        Service::PreprintApi => Reply::new(200, "text/html; charset=UTF-8", "Error : (2002) Connection refused"),
        _ => Reply::html(503),
    }
}

/// `reply` with `fault` done to it. Faults that change what an archive says are done by the archive.
pub async fn spoil(
    mut reply: Reply,
    fault: Option<Fault>,
    service: Service,
    uri: &str,
    origin: &str,
    slow_body_ms: u64,
    now: DateTime<Utc>,
) -> Response {
    let rate_json = r#"{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}"#;
    let mut date = now;
    match fault {
        Some(Fault::Empty200) => reply = Reply::new(200, reply.content_type, ""),
        Some(Fault::Text2002) => reply = outage(Service::PreprintApi),
        Some(Fault::Html200) => reply = Reply::html(200),
        Some(Fault::TooMany) => {
            reply = Reply::text(429, "Too Many Requests");
            reply.headers.push(("retry-after", "2".to_owned()));
        }
        Some(Fault::TooManyBare) if service == Service::Eutils => {
            reply = Reply::new(429, "application/json", rate_json)
        }
        Some(Fault::TooManyBare) => reply = Reply::text(429, "Too Many Requests"),
        Some(Fault::Blocked1015) => reply = Reply::text(429, "error code: 1015"),
        Some(Fault::RateJson) => reply = Reply::new(200, "application/json", rate_json),
        Some(Fault::PrologOnly) => reply = Reply::xml("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"),
        Some(Fault::TruncatedXml) => {
            let half = reply.body.len() / 2;
            reply.body.truncate(half);
        }
        Some(Fault::WrongContentType) => reply.content_type = "text/html; charset=iso-8859-1",
        Some(Fault::RedirectSame | Fault::RedirectOther) => {
            let origin = if fault == Some(Fault::RedirectOther) {
                origin.replace("127.0.0.1", "localhost")
            } else {
                origin.to_owned()
            };
            let joint = if uri.contains('?') { '&' } else { '?' };
            reply = Reply::text(307, "");
            reply.headers.push(("location", format!("{origin}{uri}{joint}redirected=1")));
        }
        Some(Fault::Gzip) => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            // Writing to a Vec does not fail.
            if encoder.write_all(&reply.body).is_ok()
                && let Ok(body) = encoder.finish()
            {
                reply.body = body;
                reply.headers.push(("content-encoding", "gzip".to_owned()));
            }
        }
        Some(Fault::ClockSkew) => date = now + TimeDelta::hours(3),
        Some(Fault::ServerError) => reply = Reply::html(500),
        Some(Fault::Unavailable) => reply = Reply::html(503),
        _ => {}
    }
    reply.headers.push(("date", date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    let cut = || std::io::Error::new(std::io::ErrorKind::ConnectionReset, "simulated");
    match fault {
        Some(Fault::TruncatedBody | Fault::ConnectionReset) => {
            let whole = std::mem::take(&mut reply.body);
            let kept = if fault == Some(Fault::ConnectionReset) { 0 } else { whole.len() / 2 };
            reply.headers.push(("content-length", (whole.len() + 1).to_string()));
            let first = Bytes::copy_from_slice(whole.get(..kept).unwrap_or_default());
            let chunks = [Ok(first), Err(cut())];
            with_body(reply, Body::from_stream(futures_util::stream::iter(chunks)))
        }
        Some(Fault::SlowBody) => {
            let whole = Bytes::from(std::mem::take(&mut reply.body));
            let piece = whole.len().div_ceil(8).max(1);
            let pause = Duration::from_millis(slow_body_ms / 8);
            let body = futures_util::stream::unfold(whole, move |mut rest| async move {
                if rest.is_empty() {
                    return None;
                }
                tokio::time::sleep(pause).await;
                let chunk = rest.split_to(piece.min(rest.len()));
                Some((Ok::<_, std::io::Error>(chunk), rest))
            });
            with_body(reply, Body::from_stream(body))
        }
        _ => reply.into_response(),
    }
}

fn with_body(reply: Reply, body: Body) -> Response {
    let mut response = reply.into_response();
    *response.body_mut() = body;
    response
}

/// A path segment without percent encoding; what is not UTF-8 or not encoded rightly stays.
pub fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = if *first == b'%' { tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()) } else { None };
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn segments_are_decoded_once() {
        assert_eq!(super::decode("a%20b%2Fc%252F"), "a b/c%2F");
        assert_eq!(super::decode("%zz%"), "%zz%");
    }
}
