//! The headers of a request for a generation.

use std::convert::Infallible;
use std::time::Duration;

use api::{Caller, idempotency_key};
use axum::extract::FromRequestParts;
use generations::Terms;
use http::HeaderMap;
use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use model::making::Trace;
use model::{Checksum, Invalid, SpanId, TraceId, Traceparent};

/// The longest that a caller may wait for a generation.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The time that the caller wants to wait: `Prefer: wait=10` (RFC 7240), cut to [`LONGEST_WAIT`].
pub(crate) fn wait(headers: &HeaderMap) -> api::Result<Option<Duration>> {
    const EXPECTED: Invalid = Invalid::new("wait with a whole number of seconds, as in wait=10");
    for value in headers.get_all("prefer") {
        let text = value.to_str().unwrap_or_default();
        for preference in text.split(',') {
            // Parameters of a preference are not ours.
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            if !name.trim().eq_ignore_ascii_case("wait") {
                continue;
            }
            let seconds = value.trim().trim_matches('"').parse::<u32>();
            let seconds = seconds.map_err(|_| api::ApiError::invalid_header("Prefer", EXPECTED))?;
            return Ok(Some(Duration::from_secs(seconds.into()).min(LONGEST_WAIT)));
        }
    }
    Ok(None)
}

/// The terms of a request that says no more than its headers: nothing is reused, and nobody is told where we are.
pub(crate) fn terms<S>(caller: &Caller<S>, headers: &HeaderMap, body: &[u8]) -> api::Result<Terms> {
    Ok(Terms {
        actor: caller.actor.clone(),
        idempotency: idempotency_key(headers)?.map(|name| (name, Checksum::of(body))),
        trace: trace(headers),
        public_url: None,
        reuse_approved: false,
        dry_run: false,
    })
}

/// The span that a generation is: in the trace that the request belongs to, else in a new one. A `traceparent` that
/// cannot be read is as none, as its standard says.
fn trace(headers: &HeaderMap) -> Trace {
    let parent = headers.get(Traceparent::NAME).and_then(|value| value.to_str().ok());
    let parent = parent.and_then(|text| text.parse::<Traceparent>().ok());
    let trace_id = parent.map_or_else(|| TraceId::new(rand::random()), |parent| parent.trace_id);
    Trace {
        trace_id,
        span_id: SpanId::new(rand::random()),
        parent_span_id: parent.map(|parent| parent.parent_id),
    }
}

/// The host that API Gateway was asked by: its own name, or one that it was given, never what a header says.
pub(crate) struct Domain(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Domain {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(match parts.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.clone(),
            _ => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds that this preference waits, or that it cannot be read.
    fn prefer(value: &'static str) -> Result<Option<u64>, ()> {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("prefer"),
            http::HeaderValue::from_static(value),
        )]);
        wait(&headers).map(|wait| wait.map(|wait| wait.as_secs())).map_err(drop)
    }

    #[test]
    fn a_wait_is_read_among_other_preferences() {
        assert_eq!(prefer("wait=5"), Ok(Some(5)));
        assert_eq!(prefer("respond-async, WAIT = \"7\"; x=y"), Ok(Some(7)));
        assert_eq!(prefer("wait=3600"), Ok(Some(20)));
        assert_eq!(prefer("return=minimal"), Ok(None));
        assert_eq!(prefer("wait=soon"), Err(()));
    }

    #[test]
    fn a_trace_goes_on_and_one_that_cannot_be_read_begins_anew() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let with = |text: &str| {
            let value = http::HeaderValue::from_str(text).unwrap();
            trace(&HeaderMap::from_iter([(http::HeaderName::from_static("traceparent"), value)]))
        };
        let gone_on = with(header);
        assert_eq!(gone_on.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(gone_on.parent_span_id.unwrap().to_string(), "b7ad6b7169203331");
        assert_eq!(with("00-nonsense").parent_span_id, None);
    }
}
