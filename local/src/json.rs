//! The port of those who speak AWS's JSON protocol: DynamoDB, and SQS. What the operations do they know; who may ask for
//! them is checked here: requests signed with the store's keys, from programs and not from web pages.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use dynoxide::Database;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::arrival::body;
use crate::sigv4::{Refused, verify};
use crate::sqs::Queues;
use crate::{dynamodb, sqs};

/// The largest request, in bytes, as DynamoDB has it; SQS's are smaller.
const MAX_BODY: usize = 16 * 1024 * 1024;

struct Engines {
    database: Database,
    queues: Queues,
    credentials: Credentials,
}

/// An answer: a status and a JSON document.
pub(crate) struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    /// This one.
    pub(crate) fn new(status: StatusCode, body: String) -> Self {
        Self { status, body }
    }

    /// An error of this kind.
    pub(crate) fn error(status: StatusCode, kind: &str, message: &str) -> Self {
        Self::new(status, json!({ "__type": kind, "message": message }).to_string())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], self.body).into_response()
    }
}

/// DynamoDB over `database`, and SQS over `queues`, for requests signed with these keys.
pub(crate) fn router(database: Database, queues: Queues, credentials: Credentials) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(Engines { database, queues, credentials }))
}

async fn answer(State(engines): State<Arc<Engines>>, request: Request) -> Response {
    let (parts, content) = request.into_parts();
    if let Some(refusal) = not_for_pages(&parts) {
        return refusal;
    }
    let content = match body(Request::from_parts(parts.clone(), content)).await {
        Ok(content) => content,
        Err(status) => return status.into_response(),
    };
    if let Err(refused) = verify(&parts, &content, &engines.credentials, SystemTime::now()) {
        return unauthenticated(refused);
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    match target.and_then(|target| target.split_once('.')) {
        Some(("AmazonSQS", operation)) => sqs::answer(&engines.queues, operation, &content),
        Some(("DynamoDB_20120810", operation)) => {
            dynamodb::answer(&engines.database, operation, &content)
        }
        _ => {
            let kind = "com.amazon.coral.service#UnknownOperationException";
            let message = "X-Amz-Target names no service that is here";
            Answer::error(StatusCode::BAD_REQUEST, kind, message)
        }
    }
    .into_response()
}

/// A web page says where it comes from, also where it has a name of its own lead to this machine.
fn not_for_pages(parts: &Parts) -> Option<Response> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let refused = if parts.headers.contains_key(ORIGIN) {
        "web pages may not use this port: the request has an Origin"
    } else if !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        "this port is known as 127.0.0.1 or localhost, and not by the Host of the request"
    } else if parts.method != Method::POST {
        "operations are POST requests"
    } else {
        return None;
    };
    Some(refusal(StatusCode::FORBIDDEN, "AccessDeniedException", refused))
}

fn unauthenticated(refused: Refused) -> Response {
    let (kind, message) = match refused {
        Refused::Unsigned => (
            "MissingAuthenticationTokenException",
            "sign the request (SigV4) with the keys that .local/env has",
        ),
        Refused::UnknownKey => (
            "UnrecognizedClientException",
            "the access key is not this store's: .local/env has the one that is",
        ),
        Refused::Expired => (
            "InvalidSignatureException",
            "Signature expired: the request's time is more than 15 minutes from this machine's",
        ),
        Refused::Mismatch => (
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided",
        ),
    };
    refusal(StatusCode::BAD_REQUEST, kind, message)
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    let kind = format!("com.amazon.coral.service#{kind}");
    Answer::error(status, &kind, message).into_response()
}

#[cfg(test)]
mod tests;
