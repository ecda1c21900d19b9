//! Spans by the OpenTelemetry Protocol: one `ExportTraceServiceRequest`, as JSON or as protobuf.
//!
//! The few messages of it that are sent are declared here, by the numbers of
//! `opentelemetry/proto/trace/v1/trace.proto`. The published ones (`opentelemetry-proto`) bring along
//! the SDK, and their JSON has fields that are empty, which some receivers refuse.
//!
//! JSON is as all receivers take it: ids in hexadecimal digits, 64-bit integers as texts, enums as
//! numbers, and nothing that is empty.

use domain::Timestamp;
use prost::Message;
use serde::{Serialize, Serializer};

use crate::span::MediaSpan;

/// The one who tells of spans, as attributes. The name of the service is among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource(pub(crate) Vec<(String, String)>);

impl Default for Resource {
    fn default() -> Self {
        Self(vec![("service.name".to_owned(), "agent-assets".to_owned())])
    }
}

impl Resource {
    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The same with another value of an attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.retain(|(known, _)| known != key);
        self.0.push((key.to_owned(), value.into()));
        self
    }
}

/// The spans that are over, as JSON; none where none is, since a request without spans is refused.
#[must_use]
pub fn json(spans: &[MediaSpan], resource: &Resource) -> Option<Vec<u8>> {
    serde_json::to_vec(&request(spans, resource)?).ok()
}

/// The spans that are over, as protobuf; none where none is, since a request without spans is refused.
#[must_use]
pub fn protobuf(spans: &[MediaSpan], resource: &Resource) -> Option<Vec<u8>> {
    Some(request(spans, resource)?.encode_to_vec())
}

fn request(spans: &[MediaSpan], resource: &Resource) -> Option<Request> {
    let spans: Vec<_> = spans.iter().filter_map(span).collect();
    if spans.is_empty() {
        return None;
    }
    let attributes =
        resource.0.iter().map(|(key, value)| Attribute::new(key, value.clone().into()));
    let scope =
        Scope { name: "agent-assets".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
    let resource = Some(ResourceMessage { attributes: attributes.collect() });
    Some(Request { resource_spans: vec![ResourceSpans { resource, scope_spans }] })
}

fn span(span: &MediaSpan) -> Option<Span> {
    // A call of another's service, among the kinds of spans.
    const CLIENT: i32 = 3;
    let ended_at = span.ended_at?.max(span.started_at);
    Some(Span {
        trace_id: span.trace_id.bytes().to_vec(),
        span_id: span.span_id.bytes().to_vec(),
        parent_span_id: span.parent_span_id.map(|id| id.bytes().to_vec()).unwrap_or_default(),
        name: span.name(),
        kind: CLIENT,
        start_time_unix_nano: nanos(span.started_at),
        end_time_unix_nano: nanos(ended_at),
        attributes: crate::attributes::of(span),
        status: Some(status(span)),
    })
}

fn status(span: &MediaSpan) -> Status {
    const OK: i32 = 1;
    const ERROR: i32 = 2;
    if !span.is_failure() {
        return Status { message: String::new(), code: OK };
    }
    let message = span.error.as_ref().map(|error| error.message.clone());
    let message = message.unwrap_or_else(|| span.status.as_str().to_owned());
    Status { message, code: ERROR }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.millis()).unwrap_or(0).saturating_mul(1_000_000)
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<ResourceMessage>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct ResourceMessage {
    #[prost(message, repeated, tag = "1")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the protocol's names")]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(serialize_with = "as_hex")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    #[serde(serialize_with = "as_hex")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    #[serde(serialize_with = "as_hex", skip_serializing_if = "Vec::is_empty")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    #[serde(serialize_with = "as_text")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    #[serde(serialize_with = "as_text")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
    #[prost(message, optional, tag = "15")]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Status {
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[prost(int32, tag = "3")]
    code: i32,
}

/// A key with a value.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(crate) struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

impl Attribute {
    pub(crate) fn new(key: impl Into<String>, value: Scalar) -> Self {
        Self { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
    }
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct AnyValue {
    #[prost(oneof = "Scalar", tags = "1, 3, 4, 5")]
    #[serde(flatten)]
    value: Option<Scalar>,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, prost::Oneof, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "the protocol's names")]
pub(crate) enum Scalar {
    #[prost(string, tag = "1")]
    StringValue(String),
    #[prost(int64, tag = "3")]
    #[serde(serialize_with = "as_text")]
    IntValue(i64),
    #[prost(double, tag = "4")]
    DoubleValue(f64),
    #[prost(message, tag = "5")]
    ArrayValue(Values),
}

#[derive(Clone, PartialEq, Message, Serialize)]
pub(crate) struct Values {
    #[prost(message, repeated, tag = "1")]
    values: Vec<AnyValue>,
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::StringValue(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::StringValue(text)
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::IntValue(number)
    }
}

impl From<f64> for Scalar {
    fn from(number: f64) -> Self {
        Self::DoubleValue(number)
    }
}

impl From<Vec<String>> for Scalar {
    fn from(texts: Vec<String>) -> Self {
        let values = texts.into_iter().map(|text| AnyValue { value: Some(text.into()) }).collect();
        Self::ArrayValue(Values { values })
    }
}

/// An id, which JSON has in hexadecimal digits, unlike other bytes of protobuf.
fn as_hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(bytes))
}

/// A number of 64 bits, which JSON's readers do not all hold.
fn as_text<T: ToString, S: Serializer>(number: &T, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&number.to_string())
}
