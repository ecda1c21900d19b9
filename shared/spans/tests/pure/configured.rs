//! Exporters by their variables.

use proptest::prelude::*;
use providers::{Body, Method};
use serde_json::json;
use spans::{Exporter, Misconfigured};

use crate::span;

fn read(variables: &[(&str, &str)]) -> Result<Option<Exporter>, Misconfigured> {
    Exporter::read(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn exporter(variables: &[(&str, &str)]) -> Exporter {
    let at = [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4318")];
    read(&[variables, &at].concat()).unwrap().unwrap()
}

/// The URL, the content type and the headers of a request.
fn sent(exporter: &Exporter) -> (String, String, Vec<(String, String)>) {
    let request = exporter.request(&[span(&json!({}))]).unwrap();
    assert_eq!(request.method, Method::Post);
    let Body::Bytes { media_type, .. } = request.body else { panic!("no bytes") };
    let headers = request.headers.into_iter();
    let headers = headers.map(|(name, value)| (name.into_owned(), value.expose().to_owned()));
    (request.url, media_type, headers.collect())
}

#[test]
fn nothing_is_sent_unless_it_is_said_where() {
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(
        read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " "), ("OTEL_EXPORTER_OTLP_PROTOCOL", "x")]),
        Ok(None)
    );
    assert_eq!(exporter(&[]).request(&[]), None);
}

#[test]
fn a_base_is_completed_and_the_endpoint_of_traces_is_not() {
    let url = |name: &str, url: &str| sent(&exporter(&[(name, url)])).0;
    for (base, expected) in [
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
        ("https://a.example/api/otel", "https://a.example/api/otel/v1/traces"),
        ("http://[::1]:4318//", "http://[::1]:4318/v1/traces"),
    ] {
        assert_eq!(url("OTEL_EXPORTER_OTLP_ENDPOINT", base), expected);
    }
    let own = "https://a.example/traces?tenant=1";
    assert_eq!(url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own), own);
}

#[test]
fn protobuf_is_sent_unless_json_is_asked_for() {
    assert_eq!(sent(&exporter(&[])).1, "application/x-protobuf");
    let json = [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
    assert_eq!(sent(&exporter(&json)).1, "application/json");
    let both = [json[0], ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")];
    assert_eq!(sent(&exporter(&both)).1, "application/x-protobuf");
}

#[test]
fn headers_go_along_and_are_shown_to_nobody() {
    let list =
        "Authorization=Basic%20cGs6c2s%3D, x-mlflow-experiment-id=0,x-mlflow-experiment-id=1";
    let exporter = exporter(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://a.example/t?key=hidden"),
        ("OTEL_EXPORTER_OTLP_HEADERS", list),
    ]);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected =
        [header("authorization", "Basic cGs6c2s="), header("x-mlflow-experiment-id", "1")];
    assert_eq!(sent(&exporter).2, expected);
    let shown = format!("{exporter:?}");
    assert!(
        shown.contains("authorization") && !shown.contains("cGs6") && !shown.contains("hidden")
    );
    let traces =
        [("OTEL_EXPORTER_OTLP_HEADERS", list), ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b")];
    assert_eq!(sent(&self::exporter(&traces)).2, [header("a", "b")]);
}

#[test]
fn a_service_has_a_name() {
    let name = |variables: &[(&str, &str)]| {
        exporter(variables).resource().get("service.name").map(str::to_owned).unwrap()
    };
    assert_eq!(name(&[]), "agent-assets");
    let attributes =
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=media,deployment.environment.name=test%20bed");
    assert_eq!(name(&[attributes]), "media");
    assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "studio")]), "studio");
    let exporter = exporter(&[attributes]);
    assert_eq!(exporter.resource().get("deployment.environment.name"), Some("test bed"));
}

#[test]
fn a_bad_variable_is_named_and_not_quoted() {
    let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "secret:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://secret"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318?key=secret"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost/a secret"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "secret"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/JSON"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0d%0ab: c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Content-Type=secret"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=secret,b"),
        ("OTEL_RESOURCE_ATTRIBUTES", "secret"),
    ] {
        let error = read(&[(variable, value), at]).unwrap_err();
        assert_eq!(error.variable, variable, "{value}");
        assert!(error.problem.contains("expected") && !error.problem.contains("secret"), "{error}");
        assert!(Exporter::VARIABLES.contains(&variable));
    }
    let grpc = read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), at]).unwrap_err();
    assert!(grpc.to_string().contains("grpc"));
}

proptest! {
    #[test]
    fn any_variable_is_read_or_not(
        endpoint in "\\PC{0,30}|https?://[a-z@:/?\\[]{0,12}",
        list in "\\PC{0,40}|[a-zA-Z=,%0-9 -]{0,40}",
    ) {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", list.as_str()),
        ];
        if let Ok(Some(exporter)) = read(&variables) {
            let (url, _, headers) = sent(&exporter);
            prop_assert!(url.ends_with("/v1/traces"));
            for (name, value) in headers {
                prop_assert!(name.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
                prop_assert!(value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)));
            }
        }
    }
}
