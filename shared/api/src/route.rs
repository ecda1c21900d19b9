//! Paths of routes.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;

use crate::error::ApiError;

/// Paths that take POST alone, where otherwise the id of an asset or a generation stands.
const BESIDE_IDS: [&str; 5] = [
    "/api/v1/assets/delete",
    "/api/v1/assets/import",
    "/api/v1/assets/review",
    "/api/v1/assets/signed-urls",
    "/api/v1/generations/adopt",
];

/// Answers other methods of paths beside ids, which API Gateway takes for those of a thing of that id. OPTIONS is
/// for browsers, and never for a thing.
pub(crate) async fn beside_ids(request: Request, next: Next) -> Response {
    let other = ![Method::POST, Method::OPTIONS].contains(request.method());
    if other && BESIDE_IDS.contains(&request.uri().path()) {
        return ApiError::method_not_allowed("POST").into_response();
    }
    next.run(request).await
}

/// True if `path` is one that the route's `template` takes, in which `{name}` stands for any part
/// that is not empty.
#[must_use]
pub fn route_fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given => {}
            (Some(part), Some(given)) if part.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
