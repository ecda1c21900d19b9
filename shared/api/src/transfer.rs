//! The way that answers travel: kept by no cache that others share, compressed where the caller takes that, and with
//! their length, which `HEAD` tells too.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version};
use model::Error;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

use crate::error::ApiError;
use crate::revision;

/// The least answer that is worth compressing, in bytes.
const LEAST: u16 = 1024;

/// Marks an answer as the caller's alone, unless it says itself how it may be kept.
pub(crate) async fn keep_private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let private = HeaderValue::from_static("private, no-store");
    response.headers_mut().entry(CACHE_CONTROL).or_insert(private);
    response
}

type IsJson = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses JSON for those who take gzip. That a secret's length could be told by what is reflected beside
/// it does not matter here: no browser adds a key by itself to what a stranger has it ask for, and the
/// signature of a link is another each second.
pub(crate) fn compression() -> CompressionLayer<And<SizeAbove, IsJson>> {
    let is_json: IsJson = |_, _, headers, _| {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type
            .is_some_and(|value| value.starts_with("application/") && value.contains("json"))
    };
    CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(LEAST).and(is_json))
}

/// Gives an answer its length, and its `ETag` that of these bytes: what is compressed has another than what is
/// not.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let (mut parts, body) = next.run(request).await.into_parts();
    let etag = parts.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
    if let Some(gzipped) = etag.and_then(revision::gzipped) {
        let asked = known.as_ref().and_then(|known| known.to_str().ok()).unwrap_or_default();
        let unchanged = parts.status == StatusCode::NOT_MODIFIED && asked.contains(&gzipped);
        let compressed = parts.headers.contains_key(CONTENT_ENCODING) || unchanged;
        if parts.status == StatusCode::NOT_MODIFIED {
            // What it stands for varies, where it is long enough.
            parts.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if compressed && let Ok(gzipped) = HeaderValue::from_str(&gzipped) {
            parts.headers.insert(ETAG, gzipped);
        }
    }
    // All answers are whole already, so that nothing is waited for.
    let bytes: Result<Bytes, _> = axum::body::to_bytes(body, usize::MAX).await;
    match bytes {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => ApiError::from(Error::internal(error)).into_response(),
    }
}
