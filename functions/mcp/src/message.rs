//! The checks of a request before the SDK sees it.

use api::ApiError;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::json::Problem;
use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcError};
use serde::Deserialize;

/// The largest message, in bytes: several times that of the longest arguments.
pub const MAX_BYTES: usize = 256 * 1024;

/// An error of the protocol about what is no message, and so has no id.
pub(crate) struct NoMessage(ErrorData);

impl IntoResponse for NoMessage {
    fn into_response(self) -> Response {
        let body = axum::Json(JsonRpcError::new(None, self.0));
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// The request, if it is one JSON-RPC message and takes an answer in JSON.
pub(crate) async fn checked(mut request: Request) -> Result<Result<Request, NoMessage>, ApiError> {
    if !takes_json(request.headers()) {
        return Err(ApiError::not_acceptable());
    }
    api::expect_json(request.headers())?;
    // The SDK insists on both, as the protocol has clients say; no answer of ours is a stream.
    let both = HeaderValue::from_static("application/json, text/event-stream");
    request.headers_mut().insert(ACCEPT, both);
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_BYTES).await.map_err(|_| {
        ApiError::too_large(format!("a message may have at most {MAX_BYTES} bytes"))
    })?;
    Ok(parse(&bytes).map(|()| Request::from_parts(parts, Body::from(bytes))))
}

fn parse(bytes: &[u8]) -> Result<(), NoMessage> {
    let value = model::json::value(bytes).map_err(|problem| {
        NoMessage(match problem {
            Problem::Syntax(_) => ErrorData::parse_error(format!("the body is {problem}"), None),
            Problem::Value { .. } => ErrorData::invalid_request(problem.to_string(), None),
        })
    })?;
    let problem = if value.is_array() {
        "batches are not taken: send each message as a request of its own"
    } else if ClientJsonRpcMessage::deserialize(value).is_err() {
        "the body is no JSON-RPC 2.0 message: send {\"jsonrpc\": \"2.0\", \"id\": …, \"method\": …, \
         \"params\": {…}}"
    } else {
        return Ok(());
    };
    Err(NoMessage(ErrorData::invalid_request(problem, None)))
}

/// True if the request takes JSON; one that does not say takes anything.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return true;
    }
    let mut ranges = accepted.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    ranges.any(|range| {
        let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        ["application/json", "application/*", "*/*"].contains(&range.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_by_name_or_by_range() {
        let takes = |accept: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            takes_json(&headers)
        };
        assert!(takes(&[]) && takes(&["*/*"]) && takes(&["text/html", "Application/JSON;q=0.5"]));
        assert!(takes(&["application/json, text/event-stream"]) && takes(&["application/*"]));
        assert!(!takes(&["text/event-stream"]) && !takes(&["text/html, image/*"]) && !takes(&[""]));
    }
}
