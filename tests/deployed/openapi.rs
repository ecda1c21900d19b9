//! `functions/list/openapi.json` describes every function's routes, and truly.

mod bodies;
mod vocabulary;

use std::collections::BTreeSet;
use std::path::Path;

use local::functions;
use model::{Action, ExportStatus, Filter, JobStatus};
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, Object, OpenApi, PathItem, Ref, RefOr,
    ResponseBuilder, ServerBuilder,
};

/// The file in which `list` keeps the document that it serves.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/list/openapi.json");

#[test]
fn the_document_is_the_handlers() {
    let json = serde_json::to_string_pretty(&document()).unwrap() + "\n";
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
    let document = document();
    let mut references = BTreeSet::new();
    collect(&document, "$ref", &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_text_is_one() {
    fn check(value: &Value, place: &str) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                let text = ["description", "summary"].contains(&&**name)
                    && !place.ends_with("/properties");
                assert!(!text || value.is_string(), "{place}/{name}: {value}");
                check(value, &format!("{place}/{name}"));
            }),
            Value::Array(values) => values.iter().for_each(|value| check(value, place)),
            _ => {}
        }
    }
    check(&document(), "");
}

/// The description of every route of every function.
pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(handlers()).unwrap();
    bodies::complete(&mut document);
    let paths = document["paths"].as_object_mut().unwrap();
    for (path, item) in paths {
        for operation in item.as_object_mut().unwrap().values_mut() {
            operation["tags"] = json!([tag(path)]);
            let id = camel_case(operation["operationId"].as_str().unwrap());
            operation["operationId"] = json!(id);
            // What is described by a reference is taken for optional; a message is not.
            if path == "/mcp" {
                operation["requestBody"]["required"] = json!(true);
            }
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            parameters.into_iter().flatten().for_each(|parameter| describe(parameter, tag(path)));
        }
    }
    document["tags"] =
        TAGS.map(|(name, description)| json!({ "name": name, "description": description })).into();
    document
}

/// The purposes of routes, as clients and pages group them.
const TAGS: [(&str, &str); 9] = [
    ("assets", "Find, read, create, change and delete assets"),
    ("versions", "Versions of an asset"),
    ("review", "Steps of an asset's review, and its history"),
    ("links", "Links to files"),
    ("exports", "Approved assets as one archive"),
    ("media", "Media that providers make"),
    ("usage", "What a workspace holds"),
    ("team", "Assets as team and session apps list them"),
    ("protocol", "The Model Context Protocol, and this description"),
];

/// The group that a path's routes are in.
fn tag(path: &str) -> &'static str {
    let last = path.rsplit('/').next().unwrap_or_default();
    match last {
        "versions" | "rollback" => "versions",
        "review" | "history" => "review",
        step if step.replace('-', "_").parse::<Action>().is_ok() => "review",
        "signed-url" | "signed-urls" => "links",
        "usage" => "usage",
        "mcp" | "openapi.json" => "protocol",
        _ if path.starts_with("/api/v1/exports") => "exports",
        "providers" => "media",
        _ if path.starts_with("/api/v1/generations") => "media",
        _ if path.starts_with("/api/v1/callbacks") => "media",
        _ if path == "/api/assets" => "team",
        _ => "assets",
    }
}

/// `list_assets` as `listAssets`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// Says of a parameter of these routes what its values may be, and of one that may be repeated that it is
/// a list.
fn describe(parameter: &mut Value, tag: &str) {
    let name = parameter["name"].as_str().unwrap().to_owned();
    if (tag, name.as_str()) == ("exports", "status") {
        let statuses = ExportStatus::ALL.map(ExportStatus::as_str);
        parameter["schema"] = json!({ "type": "string", "enum": statuses });
        return;
    }
    if (tag, name.as_str()) == ("media", "status") {
        let statuses = JobStatus::ALL.map(JobStatus::as_str);
        parameter["schema"] = json!({ "type": "string", "enum": statuses });
        return;
    }
    let schema = parameter["schema"].as_object_mut().unwrap();
    // A parameter that may be left out is described as one that may be null, which none may.
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    vocabulary::limit(&name, schema);
    if parameter["in"] == "query" && tag != "media" && vocabulary::is_repeated(&name) {
        let items = parameter["schema"].take();
        parameter["schema"] =
            json!({ "type": "array", "items": items, "maxItems": Filter::MAX_VALUES });
        (parameter["style"], parameter["explode"]) = (json!("form"), json!(true));
    }
}

/// The description that the handlers give of themselves.
fn handlers() -> OpenApi {
    let mut document = api::schema::Answers::openapi();
    let server = ServerBuilder::new().url("/").description(Some("Where this document is"));
    document.servers = Some(vec![server.build()]);
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
pub(crate) fn request_headers(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap().values());
    let parameters =
        operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let headers = parameters.filter(|parameter| parameter["in"] == "header");
    let headers = headers.map(|parameter| parameter["name"].as_str().unwrap().to_lowercase());
    let own = ["authorization", "content-type", "x-api-key"].map(str::to_owned);
    headers.chain(own).collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    all.into_iter().flatten()
}

/// Adds what is the same for every operation.
fn complete(operation: &mut Operation) {
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
            ("401", "unauthorized"),
            ("404", "not_found: X-Workspace-ID is not the key's"),
            ("429", "rate_limited: the key asks too often; try again as Retry-After says"),
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
