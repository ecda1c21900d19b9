//! `If-Match`: taken where the path names an asset, refused where it would be ignored.

use axum::extract::FromRequestParts;
use http::header::IF_MATCH;
use http::request::Parts;
use model::Seen;
use model::text::Invalid;

use crate::error::ApiError;
use crate::revision;

/// The state in which the caller has seen the asset that the path names.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(pub Seen);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(revision::if_match(&parts.headers)))
    }
}

/// That a request is about no one asset that is there, so that `If-Match` would be ignored: it is
/// refused instead.
#[derive(Debug, Clone, Copy)]
pub struct NoIfMatch;

impl<S: Send + Sync> FromRequestParts<S> for NoIfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        const EXPECTED: Invalid = Invalid::new(
            "it only where the path names an asset; requests about many take version or etag with \
             each of items",
        );
        if parts.headers.contains_key(IF_MATCH) {
            return Err(ApiError::invalid_header("If-Match", EXPECTED));
        }
        Ok(Self)
    }
}
