//! The description of every route of every function, and answers where there is none.

use api::{ApiError, route_fits};
use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode, Uri};
use lambda_http::request::RequestContext;
use serde_json::Value;

/// OpenAPI 3.1, derived from the handlers of every function; a test keeps it so.
const OPENAPI: &str = include_str!("../openapi.json");

/// The OpenAPI description of the whole API.
#[utoipa::path(
    get,
    operation_id = "get_openapi",
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
    security(()),
)]
pub(crate) async fn openapi() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, OPENAPI).into_response()
}

/// Answers what no route took: 405 where the path has other methods, else 404. API Gateway sends
/// preflight requests here too and adds the CORS headers itself; it wants a 2xx.
pub(crate) async fn fallback(
    method: Method,
    uri: Uri,
    context: Option<Extension<RequestContext>>,
) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    // A malformed id is handed over decoded, as whatever path that makes: then there was a route.
    let routed = matches!(
        context,
        Some(Extension(RequestContext::ApiGatewayV2(context)))
            if context.route_key.as_deref().is_some_and(|key| key != "$default")
    );
    match allowed(uri.path()) {
        _ if routed => ApiError::not_found().into_response(),
        Some(allow) => ApiError::method_not_allowed(&allow).into_response(),
        None => ApiError::no_route(uri.path()).into_response(),
    }
}

/// The methods that the path takes, comma-separated; none where it takes none.
fn allowed(path: &str) -> Option<String> {
    let document: Value = serde_json::from_str(OPENAPI).ok()?;
    let paths = document.get("paths")?.as_object()?;
    let (_, operations) = paths.iter().find(|(template, _)| route_fits(template, path))?;
    let methods = operations.as_object()?.keys().map(|method| match method.as_str() {
        "get" => "GET, HEAD".to_owned(),
        method => method.to_ascii_uppercase(),
    });
    Some(methods.collect::<Vec<_>>().join(", "))
}
