//! Request bodies.

use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The largest body, in bytes: what a function can be sent.
pub(crate) const MAX_BODY: usize = 6 * 1024 * 1024;

/// A JSON body as `T`, with what it was read from.
#[derive(Debug, Clone)]
pub struct Json<T> {
    /// The value.
    pub value: T,
    /// The body as it came.
    pub bytes: axum::body::Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let essence = content_type.and_then(|v| v.split(';').next()).unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::unsupported_media_type());
        }
        let bytes =
            axum::body::Bytes::from_request(request, state).await.map_err(|error| match error {
                BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                    ApiError::too_large(format!("a body may have at most {MAX_BODY} bytes"))
                }
                _ => ApiError::invalid_request("the body ended before its end"),
            })?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// Reads `bytes` as `T`: an error names the field, or the place in the text.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ApiError::invalid_json(format!("not UTF-8 from byte {}", error.valid_up_to()))
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            ApiError::invalid_field(if path == "." { "body" } else { &path }, inner)
        } else {
            ApiError::invalid_json(inner)
        }
    })?;
    json.end().map_err(ApiError::invalid_json)?;
    Ok(value)
}
