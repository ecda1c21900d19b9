//! Errors as callers see them: `application/problem+json` (RFC 9457), with what each dialect reads.

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use model::budget::Exceeded;
use model::error::loggable;
use model::review::{Action, NotAllowed};
use model::text::Invalid;
use model::{Error, Rate, Scope};
use serde_json::{Value, json};

use crate::{request_id, revision};
use model::json::Problem as JsonProblem;

/// The reason for which a request failed.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Problem>);

#[derive(Debug, Clone)]
struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    details: Value,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem {
            status,
            code,
            detail: detail.into(),
            details: json!({}),
            header: None,
        }))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn about(mut self, details: Value) -> Self {
        self.0.details = details;
        self
    }

    /// 400: the query parameter `name` is not what it takes.
    #[must_use]
    pub fn invalid_parameter(name: &str, expected: Invalid) -> Self {
        let detail = format!("{name}: {expected}");
        let details = json!({ "parameter": name, "expected": expected.expected });
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail).about(details)
    }

    /// 400: there is no query parameter `name`.
    #[must_use]
    pub fn unknown_parameter(name: &str, known: &[&str]) -> Self {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let detail = format!("{name}: there is no such parameter; this takes {known}");
        let details = json!({ "parameter": name });
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail).about(details)
    }

    /// 400: the body's `field` is not what it takes.
    #[must_use]
    pub fn invalid_field(field: &str, problem: impl std::fmt::Display) -> Self {
        let detail = format!("{field}: {problem}");
        let details = json!({ "field": field });
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", detail).about(details)
    }

    /// 400: the header `name` is not what it takes.
    #[must_use]
    pub fn invalid_header(name: &str, expected: Invalid) -> Self {
        let detail = format!("{name}: {expected}");
        let details = json!({ "header": name, "expected": expected.expected });
        Self::new(StatusCode::BAD_REQUEST, "invalid_header", detail).about(details)
    }

    /// 400: the body is no JSON.
    #[must_use]
    pub fn invalid_json(problem: impl std::fmt::Display) -> Self {
        let detail = format!("the body is not valid JSON: {problem}");
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", detail)
    }

    /// 400: something else about the request.
    #[must_use]
    pub fn invalid_request(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// 400: a page deeper than pages are counted to.
    #[must_use]
    pub fn too_deep() -> Self {
        Self::use_cursor("too deep: pages are counted to some 10000 assets")
    }

    /// 400: a page behind what the work of one request finds.
    #[must_use]
    pub fn too_rare() -> Self {
        Self::use_cursor(
            "one request does not find as many matches as there are up to the end of this page",
        )
    }

    fn use_cursor(why: &str) -> Self {
        let detail = format!(
            "{why}; narrow the filter, or follow the next_cursor of /api/v1/assets without page"
        );
        Self::new(StatusCode::BAD_REQUEST, "use_cursor", detail)
    }

    /// 401, without saying which of its reasons it was.
    #[must_use]
    pub fn unauthorized() -> Self {
        let detail = "send a valid, unexpired API key as Authorization: Bearer or X-API-Key; whoever runs this \
                      store gives one out (admin keys create)";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 402: the workspace's budget does not allow it.
    #[must_use]
    pub fn budget_exceeded(exceeded: &Exceeded) -> Self {
        let details = match exceeded {
            Exceeded::Unset => json!({ "budget": null }),
            Exceeded::Over { period, limit, left, asked } => json!({
                "budget": period.as_str(),
                "limit_micro_usd": limit,
                "left_micro_usd": left,
                "asked_micro_usd": asked,
            }),
        };
        let (status, detail) = (StatusCode::PAYMENT_REQUIRED, exceeded.to_string());
        Self::new(status, "budget_exceeded", detail).about(details)
    }

    /// 403: the key lacks `scope`.
    #[must_use]
    pub fn forbidden(scope: Scope) -> Self {
        Self::forbidden_scope(scope, format!("this key lacks the scope {scope}"))
    }

    /// 403: the request comes from a web page of an origin that may not send it.
    #[must_use]
    pub fn forbidden_origin() -> Self {
        let detail = "web pages of this Origin may not use this endpoint; whoever runs this store can allow it";
        Self::new(StatusCode::FORBIDDEN, "forbidden_origin", detail)
    }

    fn forbidden_scope(scope: Scope, detail: String) -> Self {
        let details = json!({ "scope": scope });
        Self::new(StatusCode::FORBIDDEN, "forbidden_scope", detail).about(details)
    }

    /// 404, the same for what is not there, for what is another workspace's, and for what is no id.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", Error::NotFound.to_string())
    }

    /// 404: there is no such path, whatever the workspace has.
    #[must_use]
    pub fn no_route(path: &str) -> Self {
        let detail = match path.strip_suffix('/') {
            Some(_) => "there is no path that ends with a slash; send it without",
            None => {
                "there is no such path; GET /api/v1/openapi.json describes those that there are"
            }
        };
        Self::new(StatusCode::NOT_FOUND, "no_route", detail)
    }

    /// 404: the asset has no such version.
    #[must_use]
    pub fn version_not_found() -> Self {
        let detail = "the asset has no such version";
        Self::new(StatusCode::NOT_FOUND, "version_not_found", detail)
    }

    /// 405: the route takes only the methods `allow`, comma-separated.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("this route takes {allow}");
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        match HeaderValue::from_str(allow) {
            Ok(allow) => error.with(ALLOW, allow),
            Err(_) => error,
        }
    }

    /// 409: the state of things does not allow it.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 409: the review does not allow it in the state that the asset is in.
    #[must_use]
    pub fn not_allowed(refused: NotAllowed) -> Self {
        let allowed: Vec<_> = Action::allowed(refused.from).map(Action::as_str).collect();
        let details = json!({ "status": refused.from, "allowed": allowed });
        let detail = Error::NotAllowed(refused).to_string();
        Self::conflict("not_allowed", detail).about(details)
    }

    /// 412: the asset is not as the caller has seen it, but at this revision and version.
    #[must_use]
    pub fn precondition_failed(revision: u64, version: u32) -> Self {
        let etag = revision::etag(revision);
        let detail = format!(
            "the asset is not as you have seen it: its ETag is {etag}, and its current version {version}; \
             read it again, and send what you see then"
        );
        let details = json!({ "etag": etag, "version": version });
        let error = Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail);
        let error = error.about(details);
        match HeaderValue::from_str(&etag) {
            Ok(etag) => error.with(ETAG, etag),
            Err(_) => error,
        }
    }

    /// 406: the request takes no JSON.
    #[must_use]
    pub fn not_acceptable() -> Self {
        let detail = "answers are JSON: send Accept: application/json, text/event-stream";
        Self::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail)
    }

    /// 413: `what` is larger than it may be.
    #[must_use]
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 415: the body is not JSON by its content type.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        let detail = "send the body as Content-Type: application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// 415: the body is in a content coding, such as gzip.
    #[must_use]
    pub fn unsupported_encoding(coding: &str) -> Self {
        let detail = format!("send the body as it is, without Content-Encoding: {coding}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
            .with(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
    }

    /// 429: the key has asked more often than its rate; it may again in `wait` milliseconds.
    #[must_use]
    pub fn rate_limited(rate: Rate, wait: u64) -> Self {
        let Rate { per_second, burst } = rate;
        let seconds = wait.div_ceil(1000).max(1);
        let detail = format!(
            "too many requests: this key may send {per_second} a second, and {burst} at once after a \
             rest; try again in {seconds} s, as Retry-After says"
        );
        let details = json!({ "per_second": per_second, "burst": burst });
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            .about(details)
            .with(RETRY_AFTER, seconds.into())
    }

    /// Its stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The explanation: what was wrong, and what would be right.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The object that the dialects' clients read an error from.
    #[must_use]
    pub fn to_error_object(&self) -> Value {
        json!({ "code": self.0.code, "message": self.0.detail, "details": self.0.details })
    }
}

impl From<JsonProblem> for ApiError {
    /// 400: a body is no JSON, or not what it must be.
    fn from(problem: JsonProblem) -> Self {
        match problem {
            JsonProblem::Syntax(problem) => Self::invalid_json(problem),
            JsonProblem::Value { path, problem } => {
                Self::invalid_field(if path.is_empty() { "body" } else { &path }, problem)
            }
        }
    }
}

impl From<Error> for ApiError {
    /// The one place where the model's errors become HTTP, and where a failure is logged.
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Conflict { code, detail } => Self::conflict(code, detail),
            Error::NotAllowed(refused) => Self::not_allowed(refused),
            Error::Changed { revision, version } => Self::precondition_failed(revision, version),
            error @ Error::Contended => Self::conflict("contended", error.to_string()),
            // 403 and not 409, which published clients take for something to try again.
            error @ Error::Approved => {
                Self::new(StatusCode::FORBIDDEN, "approved", error.to_string())
            }
            ref error @ Error::NeedsScope { scope, .. } => {
                Self::forbidden_scope(scope, error.to_string())
            }
            Error::Budget(exceeded) => Self::budget_exceeded(&exceeded),
            Error::Field { field, problem } => Self::invalid_field(&field, problem),
            Error::TooLarge(detail) => Self::too_large(detail),
            Error::Unavailable(source) => {
                tracing::error!(source = loggable(&*source), "storage is unavailable");
                let detail = "storage is unavailable; try again";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
                    .with(RETRY_AFTER, HeaderValue::from_static("1"))
            }
            Error::Internal(source) => {
                tracing::error!(source = loggable(&*source), "a request failed");
                let id = request_id::current();
                let detail = format!("something went wrong on our side; the request id is {id}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:agent-assets:problem:{}", self.0.code),
            "title": self.0.status.canonical_reason().unwrap_or_default(),
            "status": self.0.status.as_u16(),
            "detail": self.0.detail,
            "code": self.0.code,
            "error": self.to_error_object(),
        });
        let mut response = (self.0.status, body.to_string()).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, problem);
        if let Some((name, value)) = self.0.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
