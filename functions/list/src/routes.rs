//! The description of every route of every function, and answers where there is none.

use api::{ApiError, route_fits};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode, Uri};
use serde_json::Value;

/// OpenAPI 3.1, derived from the handlers of every function; a test keeps it so.
const OPENAPI: &str = include_str!("../openapi.json");

/// The OpenAPI description of the whole API.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
    security(()),
)]
pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// Answers what no route took: 405 where the path has other methods, else 404. API Gateway sends
/// preflight requests here too and adds the CORS headers itself; it wants a 2xx.
pub(crate) async fn fallback(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    match allowed(uri.path()) {
        Some(allow) => ApiError::method_not_allowed(&allow).into_response(),
        None => ApiError::not_found().into_response(),
    }
}

/// The methods that the path takes, comma-separated; none where it takes none.
fn allowed(path: &str) -> Option<String> {
    let document: Value = serde_json::from_str(OPENAPI).ok()?;
    let paths = document.get("paths")?.as_object()?;
    let (_, operations) = paths.iter().find(|(template, _)| route_fits(template, path))?;
    let methods = operations.as_object()?.keys().map(|method| method.to_ascii_uppercase());
    Some(methods.collect::<Vec<_>>().join(", "))
}
