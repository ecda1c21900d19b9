//! Where spans are sent, by OpenTelemetry's variables:
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::fmt;

use providers::{Body, Request, Secret};

use crate::otlp::{self, Resource};
use crate::pairs;
use crate::span::MediaSpan;

/// Where spans are sent, and how they are written.
#[derive(Clone, PartialEq, Eq)]
pub struct Exporter {
    url: String,
    encoding: Encoding,
    headers: Vec<(String, Secret)>,
    resource: Resource,
}

domain::words! {
    /// How spans are written.
    Encoding {
        /// As JSON.
        Json = "http/json",
        /// As protobuf, which is what is sent unless a variable says otherwise.
        Protobuf = "http/protobuf",
    }
}

impl Encoding {
    /// Its media type, to the letter: receivers refuse it with a parameter or in capitals.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }
}

/// A variable that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct Misconfigured {
    /// Its name.
    pub variable: &'static str,
    /// What would be right. Its value is not quoted.
    pub problem: &'static str,
}

/// A setting, by its name for traces, which goes before that for all signals.
struct Setting {
    of_traces: &'static str,
    of_all: &'static str,
}

const ENDPOINT: Setting = Setting {
    of_traces: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    of_all: "OTEL_EXPORTER_OTLP_ENDPOINT",
};
const PROTOCOL: Setting = Setting {
    of_traces: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    of_all: "OTEL_EXPORTER_OTLP_PROTOCOL",
};
const HEADERS: Setting = Setting {
    of_traces: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    of_all: "OTEL_EXPORTER_OTLP_HEADERS",
};
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE: &str = "OTEL_SERVICE_NAME";

impl Exporter {
    /// The variables that it is read from.
    pub const VARIABLES: [&str; 8] = [
        ENDPOINT.of_traces,
        ENDPOINT.of_all,
        PROTOCOL.of_traces,
        PROTOCOL.of_all,
        HEADERS.of_traces,
        HEADERS.of_all,
        ATTRIBUTES,
        SERVICE,
    ];

    /// Reads the variables; none where no endpoint is set. One that is empty is not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Misconfigured> {
        let text = |name| {
            variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let either = |option: &Setting| {
            let found = text(option.of_traces).map(|text| (option.of_traces, text));
            found.or_else(|| text(option.of_all).map(|text| (option.of_all, text)))
        };
        let Some((name, endpoint)) = either(&ENDPOINT) else { return Ok(None) };
        let url = url(&endpoint, name == ENDPOINT.of_all);
        let url = url.map_err(|problem| Misconfigured { variable: name, problem })?;
        let encoding = match either(&PROTOCOL) {
            Some((name, text)) => encoding(name, &text)?,
            None => Encoding::Protobuf,
        };
        let headers = match either(&HEADERS) {
            Some((name, list)) => {
                headers(&list).map_err(|problem| Misconfigured { variable: name, problem })?
            }
            None => Vec::new(),
        };
        let resource = resource(&text(ATTRIBUTES).unwrap_or_default(), text(SERVICE))?;
        Ok(Some(Self { url, encoding, headers, resource }))
    }

    /// The request that tells of the spans that are over; none where none is.
    #[must_use]
    pub fn request(&self, spans: &[MediaSpan]) -> Option<Request> {
        let data = match self.encoding {
            Encoding::Json => otlp::json(spans, &self.resource),
            Encoding::Protobuf => otlp::protobuf(spans, &self.resource),
        };
        let body = Body::Bytes { media_type: self.encoding.media_type().to_owned(), data: data? };
        let request = Request::post(self.url.as_str(), body);
        Some(
            self.headers.iter().fold(request, |request, (name, value)| {
                request.header(name.clone(), value.clone())
            }),
        )
    }

    /// How spans are written.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Who tells of them.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}

impl fmt::Debug for Exporter {
    /// Shows neither the URL's query nor the values of headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Exporter")
            .field("url", &url)
            .field("encoding", &self.encoding)
            .field("headers", &self.headers)
            .field("resource", &self.resource)
            .finish()
    }
}

/// The URL that spans go to: of all signals' endpoint, below it; of the traces' own, that.
fn url(endpoint: &str, is_base: bool) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected a URL such as https://collector.example.com:4318";
    let (scheme, rest) = endpoint.split_once("://").ok_or(EXPECTED)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_host = host.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    if host.contains('@') {
        return Err("expected a URL without credentials; they go in OTEL_EXPORTER_OTLP_HEADERS");
    }
    if !is_web || !is_host || rest.contains(|c: char| c.is_control() || " \\#".contains(c)) {
        return Err(EXPECTED);
    }
    match is_base {
        true if rest.contains('?') => Err(
            "expected a URL without a query; a whole URL goes in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        ),
        true => Ok(format!("{}/v1/traces", endpoint.trim_end_matches('/'))),
        false => Ok(endpoint.to_owned()),
    }
}

fn encoding(variable: &'static str, text: &str) -> Result<Encoding, Misconfigured> {
    let problem = match text {
        "grpc" => "grpc is not spoken here; expected http/json or http/protobuf",
        _ => "expected http/json or http/protobuf",
    };
    text.parse().map_err(|_| Misconfigured { variable, problem })
}

/// Headers by a list; of one that is given twice, the last. Names are in lower case.
fn headers(list: &str) -> Result<Vec<(String, Secret)>, &'static str> {
    const OURS: [&str; 5] =
        ["content-type", "content-length", "transfer-encoding", "connection", "host"];
    let mut headers: Vec<(String, Secret)> = Vec::new();
    for (name, value) in pairs::read(list)? {
        let name = name.to_ascii_lowercase();
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)) {
            return Err("expected names that a header can have");
        }
        if !value.bytes().all(|b| (b' '..=b'~').contains(&b) || b == b'\t') {
            return Err("expected values of printable ASCII characters");
        }
        if OURS.contains(&name.as_str()) {
            return Err("expected headers other than those that the request itself decides");
        }
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value.into()));
    }
    Ok(headers)
}

fn resource(attributes: &str, service: Option<String>) -> Result<Resource, Misconfigured> {
    let list = pairs::read(attributes);
    let list = list.map_err(|problem| Misconfigured { variable: ATTRIBUTES, problem })?;
    let told =
        list.iter().fold(Resource::default(), |all, (key, value)| all.with(key, value.as_str()));
    Ok(match service {
        Some(name) => told.with("service.name", name),
        None => told,
    })
}
