//! Bodies that take one of several things: each is a schema of its own, so that what may not stand together does
//! not, and a generated client has a type for each.

use api::{MOST_IDS, MOST_TARGETS};
use assets::MAX_PARENTS;
use model::{Facet, Filter, Wording};
use serde_json::{Map, Value, json};

use super::vocabulary::limit;

/// A form of a body: its name, the body's, the fields that it has not, those that it must have, and what it is for.
type Form =
    (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static str);

const FORMS: [Form; 11] = [
    (
        "CreateAssetByUpload",
        "CreateAsset",
        &["content", "content_type"],
        &["upload"],
        "An asset whose file is to be uploaded.",
    ),
    ("CreateAssetFromText", "CreateAsset", &["upload"], &["content"], "An asset of small text."),
    (
        "RecordFailedStep",
        "CreateAsset",
        &["content", "content_type", "upload"],
        &["generation", "type"],
        "A generation step that failed, and so has no file.",
    ),
    (
        "CreateVersionByUpload",
        "CreateVersion",
        &["content", "content_type"],
        &["upload"],
        "A version whose file is to be uploaded.",
    ),
    (
        "CreateVersionFromText",
        "CreateVersion",
        &["upload"],
        &["content"],
        "A version of small text.",
    ),
    (
        "ExportByFilter",
        "ExportAssets",
        &["ids"],
        &["filter"],
        "What is approved of what a list's filters find.",
    ),
    ("ExportByIds", "ExportAssets", &["filter"], &["ids"], "Assets by their ids."),
    (
        "ReviewByIds",
        "ReviewMany",
        &["items"],
        &["ids", "action"],
        "Assets by their ids, whatever they are by now.",
    ),
    ("ReviewAsSeen", "ReviewMany", &["ids"], &["items", "action"], "Assets as they were seen."),
    (
        "DeleteByIds",
        "DeleteMany",
        &["items"],
        &["ids"],
        "Assets by their ids, whatever they are by now.",
    ),
    ("DeleteAsSeen", "DeleteMany", &["ids"], &["items"], "Assets as they were seen."),
];

/// The bodies whose prompt is what a tool is given, and not what an asset shows of it.
const WORDED: [&str; 3] = ["AdoptGeneration", "CreateGeneration", "ImportAsset"];

/// The bodies whose fields have the limits of their names.
const BODIES: [&str; 16] = [
    "AdoptGeneration",
    "CreateAsset",
    "CreateGeneration",
    "CreateVersion",
    "EditAsset",
    "ExportAssets",
    "Remark",
    "ReviewMany",
    "Rollback",
    "SignMany",
    "DeleteMany",
    "Upload",
    "GenerationStep",
    "ImportAsset",
    "NewInput",
    "SeenAsset",
];

/// Says of each body what its fields may be, and puts the forms in the place of bodies that have several.
pub(super) fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.insert("JsonRpcMessage".to_owned(), message());
    let step = generation_step(schemas);
    schemas.insert("GenerationStep".to_owned(), step);
    for name in BODIES.iter().filter(|name| schemas.contains_key(**name)).collect::<Vec<_>>() {
        let properties = schemas[*name]["properties"].as_object_mut().unwrap();
        for (field, schema) in properties {
            limit(field, schema.as_object_mut().unwrap());
            if field == "prompt" && WORDED.contains(name) {
                schema["maxLength"] = json!(Wording::MAX);
            }
            if field == "generation" {
                *schema = json!({ "oneOf": [{ "$ref": "#/components/schemas/GenerationStep" }, { "type": "null" }] });
            }
        }
    }
    for (name, most) in [
        ("ReviewMany", MOST_TARGETS),
        ("SignMany", MOST_TARGETS),
        ("DeleteMany", MOST_TARGETS),
        ("ExportAssets", MOST_IDS),
    ] {
        let properties = schemas[name]["properties"].as_object_mut().unwrap();
        for (_, listed) in
            properties.iter_mut().filter(|(field, _)| ["ids", "items"].contains(&&***field))
        {
            (listed["minItems"], listed["maxItems"]) = (json!(1), json!(most));
        }
    }
    schemas["CreateAsset"]["properties"]["parents"]["maxItems"] = json!(MAX_PARENTS);
    schemas["ExportAssets"]["properties"]["filter"] = json!({
        "type": "object", "description": schemas["ExportAssets"]["properties"]["filter"]["description"],
        "properties": filters(), "additionalProperties": false,
    });
    for (form, body, without, with, description) in FORMS {
        let schema = form_of(&schemas[body], without, with, description);
        schemas.insert(form.to_owned(), schema);
    }
    let failed = json!({ "allOf": [
        { "$ref": "#/components/schemas/GenerationStep" },
        { "type": "object", "properties": { "status": { "type": "string", "enum": ["failed"] } } },
    ] });
    schemas["RecordFailedStep"]["properties"]["generation"] = failed;
    for body in ["CreateAsset", "CreateVersion", "ExportAssets", "ReviewMany", "DeleteMany"] {
        let forms = FORMS.iter().filter(|form| form.1 == body);
        let forms: Vec<_> = forms
            .map(|form| json!({ "$ref": format!("#/components/schemas/{}", form.0) }))
            .collect();
        let schema = schemas[body].as_object_mut().unwrap();
        schema.retain(|name, _| name == "description");
        schema.insert("oneOf".to_owned(), forms.into());
    }
}

/// A request or a notification of JSON-RPC, as it is sent.
fn message() -> Value {
    json!({
        "type": "object",
        "description": "A message of the Model Context Protocol: <https://modelcontextprotocol.io>.",
        "required": ["jsonrpc", "method"],
        "properties": {
            "jsonrpc": { "type": "string", "enum": ["2.0"] },
            "id": { "type": ["string", "integer"], "minimum": 0, "maximum": 9_007_199_254_740_991_u64,
                "description": "Of a request; a notification has none." },
            "method": { "type": "string", "examples": ["tools/list"] },
            "params": { "type": "object" },
        },
    })
}

fn form_of(body: &Value, without: &[&str], with: &[&str], description: &str) -> Value {
    let mut form = body.clone();
    form["description"] = json!(description);
    form["required"] = json!(with);
    let properties = form["properties"].as_object_mut().unwrap();
    properties.retain(|name, _| !without.contains(&name.as_str()));
    for name in with {
        let schema = &mut properties[*name];
        // What must be there is not null.
        if let Some(types) = schema["type"].as_array() {
            schema["type"] = types.iter().find(|one| **one != "null").cloned().unwrap();
        }
        if let Some(reference) = schema["oneOf"][0]["$ref"].as_str() {
            *schema = json!({ "$ref": reference });
        }
    }
    form
}

/// A step's outcome, as it is sent: as it is answered, but that null stands for nothing and nothing else may be said.
fn generation_step(schemas: &Map<String, Value>) -> Value {
    let mut step = schemas["Generation"].clone();
    step["additionalProperties"] = json!(false);
    for (name, schema) in step["properties"].as_object_mut().unwrap() {
        if name == "status" {
            continue;
        }
        match schema["type"].as_str() {
            Some(kind) => schema["type"] = json!([kind, "null"]),
            None => *schema = json!({ "oneOf": [schema, { "type": "null" }] }),
        }
    }
    let mut usage = schemas["Usage"].clone();
    usage["additionalProperties"] = json!(false);
    for (name, schema) in usage["properties"].as_object_mut().unwrap() {
        limit(name, schema.as_object_mut().unwrap());
    }
    usage["type"] = json!(["object", "null"]);
    step["properties"]["usage"] = usage;
    step
}

/// The filters of a list, each with a value or several.
fn filters() -> Value {
    let several = |name: &str| {
        let mut one = Map::from_iter([("type".to_owned(), json!("string"))]);
        limit(name, &mut one);
        json!({ "oneOf": [one, { "type": "array", "items": one, "maxItems": Filter::MAX_VALUES }] })
    };
    let single = |name: &str| {
        let mut one = Map::from_iter([("type".to_owned(), json!("string"))]);
        limit(name, &mut one);
        Value::Object(one)
    };
    let repeated = Facet::ALL.into_iter().map(Facet::as_str).chain(["tag"]);
    let mut filters: Map<_, _> = repeated.map(|name| (name.to_owned(), several(name))).collect();
    for name in ["created_from", "created_to", "q"] {
        filters.insert(name.to_owned(), single(name));
    }
    filters.insert("approved".to_owned(), json!({ "type": "string", "enum": ["true"] }));
    filters.into()
}
