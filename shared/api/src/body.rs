//! Request bodies.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use model::json;

/// The largest body, in bytes: what a function can be sent.
pub const MAX_BODY: usize = 6 * 1024 * 1024;

/// A JSON body as `T`, with what it was read from.
#[derive(Debug, Clone)]
pub struct Json<T> {
    /// The value.
    pub value: T,
    /// The body as it came.
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        expect_json(request.headers())?;
        let bytes = read(request, state).await?;
        Ok(Self { value: json::read(&bytes)?, bytes })
    }
}

/// None where there is no body, whatever its type is said to be, and where it is null.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        let typed = expect_json(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        typed?;
        Ok(json::read::<Option<T>>(&bytes)?.map(|value| Self { value, bytes }))
    }
}

/// Refuses a body that is not JSON by its content type, or is compressed.
pub fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    for coding in headers.get_all(CONTENT_ENCODING) {
        let coding = coding.to_str().unwrap_or("another").trim();
        if !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
            return Err(ApiError::unsupported_encoding(coding));
        }
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = content_type.and_then(|v| v.split(';').next()).unwrap_or_default().trim();
    let is_json = essence.eq_ignore_ascii_case("application/json");
    if is_json { Ok(()) } else { Err(ApiError::unsupported_media_type()) }
}

async fn read(request: Request, state: &(impl Send + Sync)) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|error| match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            ApiError::too_large(format!("a body may have at most {MAX_BODY} bytes"))
        }
        _ => ApiError::invalid_request("the body ended before its end"),
    })
}
