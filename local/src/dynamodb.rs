//! The embedded DynamoDB's port. `dynoxide` knows what the operations do; who may ask for them is checked
//! here: requests signed with the store's keys, from programs and not from web pages.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use dynoxide::{Database, DynoxideError};
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::arrival::body;
use crate::sigv4::{Refused, verify};

/// The largest request, in bytes, as DynamoDB has it.
const MAX_BODY: usize = 16 * 1024 * 1024;

struct Engine {
    database: Database,
    credentials: Credentials,
}

/// DynamoDB over `database`, for requests signed with these keys.
pub(crate) fn router(database: Database, credentials: Credentials) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(Engine { database, credentials }))
}

async fn answer(State(engine): State<Arc<Engine>>, request: Request) -> Response {
    let (parts, content) = request.into_parts();
    if let Some(refusal) = not_for_pages(&parts) {
        return refusal;
    }
    let content = match body(Request::from_parts(parts.clone(), content)).await {
        Ok(content) => content,
        Err(status) => return status.into_response(),
    };
    if let Err(refused) = verify(&parts, &content, &engine.credentials, SystemTime::now()) {
        return unauthenticated(refused);
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("DynamoDB_20120810."));
    match dispatch(&engine.database, operation.unwrap_or_default(), &content) {
        Ok(answer) => json_answer(StatusCode::OK, answer),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code());
            json_answer(status.unwrap_or(StatusCode::BAD_REQUEST), error.to_json())
        }
    }
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
        "DynamoDB's operations are POST requests"
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
    json_answer(status, json!({ "__type": kind, "message": message }).to_string())
}

fn json_answer(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

/// One line per operation: what DynamoDB calls it, and the engine's method.
macro_rules! operations {
    ($($name:literal => $method:ident,)*) => {
        fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
            match operation {
                $($name => encode(&database.$method(decode(body)?)?),)*
                _ => {
                    let what = format!("there is no operation {operation:?} here");
                    Err(DynoxideError::ValidationException(what))
                }
            }
        }
    };
}

operations! {
    "BatchGetItem" => batch_get_item,
    "BatchWriteItem" => batch_write_item,
    "CreateTable" => create_table,
    "DeleteItem" => delete_item,
    "DeleteTable" => delete_table,
    "DescribeTable" => describe_table,
    "DescribeTimeToLive" => describe_time_to_live,
    "GetItem" => get_item,
    "ListTables" => list_tables,
    "PutItem" => put_item,
    "Query" => query,
    "Scan" => scan,
    "TransactGetItems" => transact_get_items,
    "TransactWriteItems" => transact_write_items,
    "UpdateItem" => update_item,
    "UpdateTimeToLive" => update_time_to_live,
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))
}

fn encode(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

#[cfg(test)]
mod tests;
