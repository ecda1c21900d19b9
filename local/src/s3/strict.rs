//! The requests that S3 refuses before its signature counts: `s3s` checks what is signed, and S3 also what
//! is not.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderName, StatusCode};

/// The refusal of a request that carries what its signer has not signed, or is signed twice.
pub(super) fn refusal(parts: &Parts) -> Option<Response> {
    let query = parts.uri.query().unwrap_or_default();
    let parameter = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let presigned = parameter("X-Amz-Signature").is_some();
    let header = parts.headers.get(AUTHORIZATION).map(|header| header.to_str().unwrap_or_default());
    let signed = match header {
        Some(_) if presigned => {
            let why = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                       Signature query string parameter or the Authorization header should be \
                       specified";
            return Some(error(StatusCode::BAD_REQUEST, "InvalidArgument", why, ""));
        }
        Some(header) => signed_by(header)?.to_owned(),
        // A form, or nobody's request: who signed it, and that it is allowed, is looked at elsewhere.
        None if !presigned => return None,
        None => parameter("X-Amz-SignedHeaders")?,
    };
    let is_signed = |name: &HeaderName| signed.split(';').any(|signed| signed == name.as_str());
    let bound = |name: &&HeaderName| name.as_str().starts_with("x-amz-") || **name == HOST;
    let mut unsigned: Vec<_> =
        parts.headers.keys().filter(bound).filter(|name| !is_signed(name)).collect();
    unsigned.sort_by_key(|name| name.as_str());
    if unsigned.is_empty() {
        return None;
    }
    let names: Vec<_> = unsigned.into_iter().map(HeaderName::as_str).collect();
    let why = "There were headers present in the request which were not signed";
    let names = format!("<HeadersNotSigned>{}</HeadersNotSigned>", names.join(", "));
    Some(error(StatusCode::FORBIDDEN, "AccessDenied", why, &names))
}

/// The names that an `Authorization` header says are signed; none in another form than `SigV4`'s.
fn signed_by(header: &str) -> Option<&str> {
    let mut fields = header.strip_prefix("AWS4-HMAC-SHA256")?.split(',').map(str::trim);
    fields.find_map(|field| field.strip_prefix("SignedHeaders="))
}

fn error(status: StatusCode, code: &str, message: &str, more: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
    );
    (status, [(CONTENT_TYPE, "application/xml")], body).into_response()
}
