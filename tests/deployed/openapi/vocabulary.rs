//! The limits of the values of parameters and of fields of bodies, by their names: a name means the same wherever
//! it stands, so that it is said once, in the words of JSON Schema.

use model::filter::Values;
use model::making::{MOST_INPUTS, MOST_OUTPUTS};
use model::{
    Action, AssetType, Comment, ContentType, Facet, FileName, Filter, IdempotencyKey, Label, Order,
    Prompt, Reference, ShortText, Status, TagName, TagValue, Tags, Title,
};
use objects::{Disposition, Lifetime};
use serde_json::{Map, Value, json};

/// An id: no greater one than 160 bits hold begins with a small letter before the year 2148.
const ID: &str = "^[0-9A-Z][0-9A-Za-z]{26}$";
/// The characters that no label has: control characters and commas.
const NO_LABEL: &str = "^,\\u0000-\\u001f\\u007f-\\u009f";
/// No control characters.
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// No control characters but tab and line breaks.
const TEXT: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";
/// Of the years 1970 to 9998.
const YEARS: &str = "^(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-";

/// The limits of the value of a parameter or a field of this name, beside its type; nothing where any will do.
pub(super) fn limits(name: &str) -> Map<String, Value> {
    if let Some(facet) = facet(name) {
        return object(of_facet(facet));
    }
    let mut tag_value = label(TagValue::MAX);
    tag_value["type"] = json!("string");
    object(match name {
        "count" => json!({ "minimum": 1, "maximum": MOST_OUTPUTS }),
        "inputs" => json!({ "maxItems": MOST_INPUTS }),
        "role" => json!({ "enum": ["image", "mask", "last_frame", "audio"] }),
        "url" => json!({ "maxLength": Prompt::MAX, "pattern": "^https?://[A-Za-z0-9]" }),
        "id" | "asset_id" => json!({ "minLength": 27, "maxLength": 27, "pattern": ID }),
        "ids" | "parents" => {
            json!({ "items": { "type": "string", "minLength": 27, "maxLength": 27, "pattern": ID } })
        }
        "conversationId" => return limits(Facet::Conversation.as_str()),
        "runId" => return limits(Facet::Run.as_str()),
        "trace_id" | "span_id" | "unit" | "job" => label(ShortText::MAX),
        "title" => json!({ "maxLength": Title::MAX, "pattern": LINE }),
        "prompt" | "error" => json!({ "maxLength": Prompt::MAX, "pattern": TEXT }),
        "comment" => json!({ "minLength": 1, "maxLength": Comment::MAX, "pattern": TEXT }),
        "file_name" => {
            json!({ "minLength": 1, "maxLength": FileName::MAX, "pattern": "^[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]*$" })
        }
        "content_type" => json!({
            "minLength": 3, "maxLength": ContentType::MAX, "examples": ["image/png"],
            "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+ *(;[ -~]*)?$",
        }),
        "checksum_sha256" => {
            json!({ "minLength": 64, "maxLength": 64, "pattern": "^[0-9A-Fa-f]{64}$" })
        }
        "file_size" => json!({ "minimum": 0, "maximum": assets::MAX_FILE }),
        "expires_in" => json!({ "minimum": 1, "maximum": Lifetime::MAX }),
        "content" => json!({ "maxLength": assets::MAX_CONTENT }),
        "expires_at" | "started_at" => json!({ "format": "date-time", "pattern": YEARS }),
        "cost_usd" | "quantity" => json!({ "minimum": 0, "exclusiveMaximum": 1e126 }),
        "duration_ms" => json!({ "minimum": 0 }),
        "output_url" => {
            json!({ "format": "uri", "maxLength": Prompt::MAX, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9]" })
        }
        "tags" => json!({
            "maxProperties": Tags::MAX,
            "propertyNames": { "pattern": format!("^{}$", tag_name()) },
            "additionalProperties": { "type": "array", "maxItems": Tags::MAX_VALUES, "items": tag_value },
        }),
        "metadata" => json!({ "additionalProperties": true }),
        "action" => json!({ "enum": actions() }),
        "approved" => json!({ "enum": [true] }),
        "order" => json!({ "enum": Order::ALL.map(Order::as_str) }),
        "disposition" => json!({ "enum": Disposition::ALL.map(Disposition::as_str) }),
        "tag" => json!({
            "minLength": 3, "maxLength": TagName::MAX + 1 + TagValue::MAX, "examples": ["brand:acme"],
            "pattern": format!("^{}:[{NO_LABEL}]{{1,{}}}$", tag_name(), TagValue::MAX),
        }),
        "q" => json!({ "minLength": 1, "maxLength": Filter::MAX_TEXT, "pattern": LINE }),
        "created_from" | "created_to" | "from" | "to" => json!({
            "anyOf": [{ "type": "string", "format": "date-time", "pattern": YEARS }, { "type": "string", "format": "date", "pattern": YEARS }],
        }),
        "Idempotency-Key" => {
            json!({ "minLength": 1, "maxLength": IdempotencyKey::MAX, "pattern": "^[!-~]([ -~]*[!-~])?$" })
        }
        _ => json!({}),
    })
}

fn object(limits: Value) -> Map<String, Value> {
    match limits {
        Value::Object(limits) => limits,
        _ => Map::new(),
    }
}

fn facet(name: &str) -> Option<Facet> {
    Facet::ALL.into_iter().find(|facet| facet.as_str() == name)
}

fn of_facet(facet: Facet) -> Value {
    match facet.values() {
        Values::Ids => {
            let pattern = format!("^[A-Za-z0-9._:-]{{1,{}}}$", Reference::MAX);
            json!({ "minLength": 1, "maxLength": Reference::MAX, "pattern": pattern })
        }
        Values::Words => label(Label::MAX),
        Values::Types => {
            let pattern = format!("^[a-z][a-z0-9_]{{0,{}}}$", AssetType::MAX - 1);
            json!({ "minLength": 1, "maxLength": AssetType::MAX, "pattern": pattern })
        }
        Values::States => json!({ "enum": Status::ALL.map(Status::as_str) }),
    }
}

/// A text without control characters and commas.
fn label(most: usize) -> Value {
    json!({ "minLength": 1, "maxLength": most, "pattern": format!("^[{NO_LABEL}]{{1,{most}}}$") })
}

fn tag_name() -> String {
    format!("[a-z0-9_-]{{1,{}}}", TagName::MAX)
}

/// Each step of the review, also as its route is written.
fn actions() -> Vec<String> {
    let forms =
        Action::ALL.map(|action| [action.as_str().to_owned(), action.as_str().replace('_', "-")]);
    let mut forms = forms.concat();
    forms.dedup();
    forms
}

/// True if the parameter may be repeated, for any of its values.
pub(super) fn is_repeated(name: &str) -> bool {
    facet(name).is_some() || ["tag", "conversationId", "runId", "media_type"].contains(&name)
}

/// Says of a field or a parameter what its value may be.
pub(super) fn limit(name: &str, schema: &mut Map<String, Value>) {
    let nullable = schema
        .get("type")
        .and_then(Value::as_array)
        .is_some_and(|types| types.contains(&json!("null")));
    let mut limits = limits(name);
    if nullable && let Some(Value::Array(values)) = limits.get_mut("enum") {
        values.push(Value::Null);
        schema.remove("pattern");
    }
    if limits.contains_key("enum") {
        schema.remove("pattern");
    }
    if limits.contains_key("anyOf") {
        schema.remove("type");
    }
    schema.extend(limits);
}
