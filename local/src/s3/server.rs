//! The HTTP side: signatures and CORS in front of the handlers.

use std::convert::Infallible;
use std::time::Duration;

use aws_credential_types::Credentials;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, Method, StatusCode, header};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

use super::handlers::Handlers;
use super::store::Store;
use super::strict;

/// The longest that a request may take, its bytes and all.
const LONGEST: Duration = Duration::from_hours(1);

/// The headers that a page's script may read of a response, beyond what browsers always show.
const EXPOSED: [HeaderName; 5] = [
    header::ACCEPT_RANGES,
    header::CONTENT_DISPOSITION,
    header::CONTENT_RANGE,
    header::ETAG,
    HeaderName::from_static("x-amz-request-id"),
];

/// The S3 protocol over `store`. Requests must be signed with these keys; pages of any origin may send them.
pub fn router(store: Store, credentials: &Credentials) -> Router {
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    let mut builder = S3ServiceBuilder::new(Handlers::new(store));
    builder.set_auth(SimpleAuth::from_single(id, secret));
    let s3 = builder.build();
    let service = tower::service_fn(move |request| {
        let s3 = s3.clone();
        async move { Ok::<_, Infallible>(answer(&s3, request).await) }
    });
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(Duration::from_hours(1));
    let longest = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST);
    Router::new().fallback_service(service).layer(longest).layer(cors)
}

async fn answer(s3: &S3Service, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = strict::refusal(&parts) {
        return refusal;
    }
    let request = Request::from_parts(parts, body);
    match s3.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "an S3 request could not be answered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
