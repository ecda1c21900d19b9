//! The check that a request was signed with our keys: it is signed again, and the signatures compared.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use subtle::ConstantTimeEq;

/// The most by which a request's time may differ from ours.
const SKEW: Duration = Duration::from_mins(15);

/// The reason for which a request is not taken for one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not signed, or not in a form that says how.
    Unsigned,
    /// By another key than ours.
    UnknownKey,
    /// Too long ago, or in times to come.
    Expired,
    /// It is not what was signed, or the secret is not ours.
    Mismatch,
}

/// An `Authorization` header.
struct Authorization<'a> {
    key_id: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

/// Checks the signature of a request with this body.
pub(crate) fn verify(
    parts: &Parts,
    body: &[u8],
    credentials: &Credentials,
    now: SystemTime,
) -> Result<(), Refused> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text(AUTHORIZATION.as_str()).and_then(parse).ok_or(Refused::Unsigned)?;
    if authorization.key_id != credentials.access_key_id() {
        return Err(Refused::UnknownKey);
    }
    let date = text("x-amz-date").ok_or(Refused::Unsigned)?;
    let at =
        time(date).filter(|_| date.starts_with(authorization.date)).ok_or(Refused::Unsigned)?;
    if now.duration_since(at).unwrap_or_else(|early| early.duration()) > SKEW {
        return Err(Refused::Expired);
    }
    // What says where a request goes and what it asks for is no part of it unless it is signed.
    let signs = |name: &str| authorization.signed.contains(&name);
    let binding = parts.headers.keys().filter(|name| name.as_str().starts_with("x-amz-"));
    if !binding.chain([&HOST]).all(|name| signs(name.as_str())) {
        return Err(Refused::Mismatch);
    }
    let signature = signature(parts, body, credentials, &authorization, at);
    let signature = signature.ok_or(Refused::Mismatch)?;
    let same: bool = signature.as_bytes().ct_eq(authorization.signature.as_bytes()).into();
    if same { Ok(()) } else { Err(Refused::Mismatch) }
}

/// `AWS4-HMAC-SHA256 Credential=…/date/region/service/aws4_request, SignedHeaders=a;b, Signature=…`
fn parse(header: &str) -> Option<Authorization<'_>> {
    let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let mut scope = field("Credential")?.split('/');
    let [key_id, date, region, service] = [(); 4].map(|()| scope.next().unwrap_or_default());
    if scope.next() != Some("aws4_request") || date.len() != 8 {
        return None;
    }
    let signed = field("SignedHeaders")?.split(';').collect();
    Some(Authorization { key_id, date, region, service, signed, signature: field("Signature")? })
}

fn time(date: &str) -> Option<SystemTime> {
    let utc = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(utc.timestamp().into())
}

/// The signature that such a request would have of ours.
fn signature(
    parts: &Parts,
    body: &[u8],
    credentials: &Credentials,
    authorization: &Authorization<'_>,
    at: SystemTime,
) -> Option<String> {
    let mut settings = SigningSettings::default();
    // Which headers are signed is the client's choice.
    settings.excluded_headers = None;
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(authorization.region)
        .name(authorization.service)
        .time(at)
        .settings(settings)
        .build()
        .ok()?;
    let host = parts.headers.get(HOST)?.to_str().ok()?;
    let uri = format!("http://{host}{}", parts.uri);
    let signed =
        parts.headers.iter().filter(|(name, _)| authorization.signed.contains(&name.as_str()));
    let headers: Option<Vec<_>> =
        signed.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let method = parts.method.as_str();
    let request =
        SignableRequest::new(method, uri, headers?.into_iter(), SignableBody::Bytes(body)).ok()?;
    Some(sign(request, &params.into()).ok()?.into_parts().1)
}
