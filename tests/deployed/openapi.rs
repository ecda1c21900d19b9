//! `functions/list/openapi.json` describes every function's routes, and truly.

use std::collections::BTreeSet;
use std::path::Path;

use local::functions;
use serde_json::Value;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, Object, OpenApi, PathItem, Ref, RefOr,
    ResponseBuilder, Schema,
};

/// Where `list` keeps the document that it serves.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/list/openapi.json");

#[test]
fn the_document_is_the_handlers() {
    let json = document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(Path::new(FILE), &json).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    let differing = json.lines().zip(committed.lines()).position(|(new, old)| new != old);
    let line = differing.unwrap_or_else(|| json.lines().count().min(committed.lines().count())) + 1;
    assert!(
        json == committed,
        "functions/list/openapi.json differs from the handlers from line {line}: \
         run UPDATE=1 cargo test -p tests --test deployed openapi"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(document()).unwrap();
    let mut references = BTreeSet::new();
    collect(&document, "$ref", &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
}

/// The description of every route of every function.
pub(crate) fn document() -> OpenApi {
    let mut document = api::schema::Answers::openapi();
    document.info = InfoBuilder::new()
        .title("Agent Assets")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("An asset store for what AI agents make."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .build();
    for (_, description) in functions::descriptions() {
        document.merge(description);
    }
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(header));
    let either = ["bearer", "api_key"].map(|name| SecurityRequirement::new(name, [""; 0]));
    document.security = Some(either.into());
    document.paths.paths.values_mut().flat_map(operations).for_each(complete);
    document
}

/// The headers that a request may have, in lower case.
pub(crate) fn request_headers(document: &OpenApi) -> BTreeSet<String> {
    let mut paths = document.paths.clone();
    let operations = paths.paths.values_mut().flat_map(operations);
    let parameters = operations.flat_map(|operation| operation.parameters.take().into_iter());
    let headers = parameters.flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Header => {
            Some(parameter.name.to_lowercase())
        }
        _ => None,
    });
    let own = ["authorization", "content-type", "x-api-key"].map(str::to_owned);
    headers.chain(own).collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    all.into_iter().flatten()
}

/// Adds what is the same for every operation.
fn complete(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(schema))), .. }) =
            parameter
        {
            never_null(schema);
        }
    }
    // What names no requirement of its own needs a key.
    if operation.security.is_none() {
        let workspace = ParameterBuilder::new()
            .name("X-Workspace-ID")
            .parameter_in(ParameterIn::Header)
            .description(Some("The key's own workspace; with another, nothing is found"))
            .schema(Some(Object::with_type(Type::String)));
        operation.parameters.get_or_insert_default().push(RefOr::T(workspace.build()));
        let responses = &mut operation.responses.responses;
        for (status, description) in [
            ("404", "not_found: X-Workspace-ID is not the key's"),
            ("500", "internal, with the request id"),
            ("503", "unavailable: try again, as Retry-After says"),
        ] {
            let response = ResponseBuilder::new().description(description).build();
            responses.entry(status.to_owned()).or_insert(RefOr::T(response));
        }
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
        {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
            let problem = RefOr::T(problem.build());
            response.content.insert("application/problem+json".to_owned(), problem);
        }
    }
}

/// A parameter that may be left out is described as one that may be null, which none may.
fn never_null(schema: &mut Object) {
    if let SchemaType::Array(types) = &mut schema.schema_type {
        types.retain(|one| *one != Type::Null);
        if let [one] = &types[..] {
            schema.schema_type = one.clone().into();
        }
    }
}

/// Every text under `name`, anywhere.
fn collect(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get(name).and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, name, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, name, found)),
        _ => {}
    }
}
