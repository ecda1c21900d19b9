//! `Idempotency-Key`.

use http::HeaderMap;
use model::IdempotencyKey;

use crate::error::ApiError;

/// The request's `Idempotency-Key`, where it has one.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some)
        .ok_or_else(|| ApiError::invalid_header("Idempotency-Key", IdempotencyKey::EXPECTED))
}
