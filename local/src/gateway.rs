//! API Gateway's part: each HTTP request becomes a version 2.0 event for the function that has the
//! route, and the function's answer becomes the response.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{ApiError, route_fits};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use model::{AssetId, Clock, Timestamp};
use percent_encoding::percent_decode_str;
use platform::Function;
use serde_json::{Map, Value, json};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::functions::{self, Functions, Route};
use crate::{Result, arrival};

/// The largest request body that API Gateway passes on, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// The function that gets what no route takes, as the template's `$default` route says.
pub const DEFAULT: &str = "list";
/// The headers of answers that scripts of other origins may read, as the template has them.
pub const EXPOSED: [&str; 5] = ["etag", "x-request-id", "retry-after", "allow", "location"];

#[derive(Clone)]
struct Gateway {
    routes: Arc<[Route]>,
    functions: Arc<Functions>,
}

/// Serves the routes of `functions`.
pub fn router(functions: Functions) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(Duration::from_hours(1));
    let gateway = Gateway { routes: functions::routes().into(), functions: functions.into() };
    Router::new()
        .fallback(pass_on)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(cors)
        .with_state(gateway)
}

async fn pass_on(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let route = gateway.routes.iter().find(|route| fits(route, &parts.method, path));
    let name = route.map_or(DEFAULT, |route| route.function);
    let Some(function) = gateway.functions.get(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = Request::from_parts(parts.clone(), body);
    let now = Clock::system().now();
    let request_id = AssetId::generate(now).to_string();
    let body = match arrival::body(body).await {
        Ok(body) => body,
        Err(StatusCode::PAYLOAD_TOO_LARGE) => {
            let detail = format!("a request body may have at most {MAX_BODY} bytes");
            return ([("x-request-id", request_id)], ApiError::too_large(detail)).into_response();
        }
        Err(status) => return status.into_response(),
    };
    let event = event(&parts, &body, route, &request_id, now);
    match answer(&**function, event, &parts.method, functions::declared(name).deadline()).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error, name, "a function failed");
            // As API Gateway answers for a function that failed.
            let message = json!({ "message": "Internal Server Error" });
            let id = [("x-request-id", request_id)];
            (StatusCode::INTERNAL_SERVER_ERROR, id, axum::Json(message)).into_response()
        }
    }
}

fn fits(route: &Route, method: &Method, path: &str) -> bool {
    route.method == method.as_str() && route_fits(&route.path, path)
}

/// The part of the path in the place of each `{name}` of its route.
fn parameters(route: &Route, path: &str) -> Map<String, Value> {
    let parts = route.path.split('/').zip(path.split('/'));
    let named = parts.filter_map(|(part, given)| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some((name.to_owned(), percent_decode_str(given).decode_utf8_lossy().into()))
    });
    named.collect()
}

/// The event of a request (payload format version 2.0).
fn event(
    parts: &Parts,
    body: &Bytes,
    route: Option<&Route>,
    request_id: &str,
    now: Timestamp,
) -> Value {
    let Parts { method, uri, headers, .. } = parts;
    // As API Gateway has it for HTTP APIs.
    let decoded = percent_decode_str(uri.path()).decode_utf8_lossy();
    let route_key = route.map_or("$default".to_owned(), |r| format!("{} {}", r.method, r.path));
    let header_map: Map<String, Value> = headers
        .keys()
        .map(|name| {
            let values =
                headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
            (name.to_string(), values.collect::<Vec<_>>().join(",").into())
        })
        .collect();
    let text =
        |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).unwrap_or_default();
    let (body, is_base64) = match std::str::from_utf8(body) {
        Ok("") => (Value::Null, false),
        Ok(text) => (text.into(), false),
        Err(_) => (STANDARD.encode(body).into(), true),
    };
    json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": decoded,
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": header_map,
        "pathParameters": route.map(|route| parameters(route, uri.path())).unwrap_or_default(),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": text("host"),
            "domainPrefix": "local",
            "http": {
                "method": method.as_str(),
                "path": decoded,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": text("user-agent"),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.to_string(),
            "timeEpoch": now.millis(),
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

async fn answer(
    function: &dyn Function,
    event: Value,
    method: &Method,
    deadline: Instant,
) -> Result<Response> {
    let answer = function.invoke(event, deadline).await?;
    let status = answer["statusCode"].as_u64().and_then(|s| u16::try_from(s).ok());
    let mut response = Response::builder().status(status.unwrap_or(200));
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap_or_default());
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            response = response.header(name, value.as_str().unwrap_or_default());
        }
    }
    let text = answer["body"].as_str().unwrap_or_default();
    let bytes = if answer["isBase64Encoded"] == true {
        STANDARD.decode(text)?
    } else {
        text.as_bytes().to_vec()
    };
    let mut response = response.body(Body::from(bytes))?;
    // The server says how long the body is, but for that of HEAD, which is not there.
    if method != Method::HEAD {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    Ok(response)
}
