//! What the values of parameters and of fields of bodies may be, by their names: a name means the same wherever
//! it stands, so that it is said once, in the words of JSON Schema.

use serde_json::{Map, Value, json};

/// An id: no greater one than 160 bits hold begins with a small letter before the year 2148.
const ID: &str = "^[0-9A-Z][0-9A-Za-z]{26}$";
/// 1 to 128 characters, of which none is a control character or a comma.
const LABEL: &str = "^[^,\\u0000-\\u001f\\u007f-\\u009f]{1,128}$";
/// No control characters.
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
/// No control characters but tab and line breaks.
const TEXT: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$";
/// Of the years 1970 to 9998.
const YEARS: &str = "^(19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-";

/// What the value of a parameter or a field of this name may be, beside its type; nothing where any will do.
pub(super) fn limits(name: &str) -> Map<String, Value> {
    let limits = match name {
        "id" => json!({ "minLength": 27, "maxLength": 27, "pattern": ID }),
        "ids" | "parents" => {
            json!({ "items": { "type": "string", "minLength": 27, "maxLength": 27, "pattern": ID } })
        }
        "execution_id" | "agent_id" | "conversation_id" | "run_id" | "campaign_id"
        | "conversationId" | "runId" => {
            json!({ "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._:-]{1,128}$" })
        }
        "type" => json!({ "minLength": 1, "maxLength": 32, "pattern": "^[a-z][a-z0-9_]{0,31}$" }),
        "provider" | "model" | "tool" | "trace_id" | "span_id" | "unit" => {
            json!({ "minLength": 1, "maxLength": 128, "pattern": LABEL })
        }
        "title" => json!({ "maxLength": 100, "pattern": LINE }),
        "prompt" | "error" => json!({ "maxLength": 4000, "pattern": TEXT }),
        "comment" => json!({ "minLength": 1, "maxLength": 2000, "pattern": TEXT }),
        "file_name" => {
            json!({ "minLength": 1, "maxLength": 255, "pattern": "^[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]*$" })
        }
        "content_type" => json!({
            "minLength": 3, "maxLength": 255, "examples": ["image/png"],
            "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+ *(;[ -~]*)?$",
        }),
        "checksum_sha256" => {
            json!({ "minLength": 64, "maxLength": 64, "pattern": "^[0-9A-Fa-f]{64}$" })
        }
        "file_size" => json!({ "minimum": 0, "maximum": 5_368_709_120_u64 }),
        "expires_in" => json!({ "minimum": 1, "maximum": 604_800 }),
        "content" => json!({ "maxLength": 1_048_576 }),
        "expires_at" | "started_at" => json!({ "format": "date-time", "pattern": YEARS }),
        "cost_usd" | "quantity" => json!({ "minimum": 0, "exclusiveMaximum": 1e126 }),
        "duration_ms" => json!({ "minimum": 0 }),
        "output_url" => {
            json!({ "format": "uri", "maxLength": 4000, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9]" })
        }
        "tags" => json!({
            "maxProperties": 20,
            "propertyNames": { "pattern": "^[a-z0-9_-]{1,64}$" },
            "additionalProperties": { "type": "array", "maxItems": 10, "items": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": LABEL } },
        }),
        "metadata" => json!({ "additionalProperties": true }),
        "action" => {
            json!({ "enum": ["submit", "approve", "request_changes", "request-changes", "archive", "restore"] })
        }
        "status" => json!({ "enum": ["draft", "pending_review", "approved", "archived"] }),
        "approved" => json!({ "enum": [true] }),
        "order" => json!({ "enum": ["desc", "asc"] }),
        "disposition" => json!({ "enum": ["inline", "attachment"] }),
        "tag" => json!({
            "minLength": 3, "maxLength": 193, "examples": ["brand:acme"],
            "pattern": "^[a-z0-9_-]{1,64}:[^,\\u0000-\\u001f\\u007f-\\u009f]{1,128}$",
        }),
        "q" => json!({ "minLength": 1, "maxLength": 200, "pattern": LINE }),
        "created_from" | "created_to" | "from" | "to" => json!({
            "anyOf": [{ "type": "string", "format": "date-time", "pattern": YEARS }, { "type": "string", "format": "date", "pattern": YEARS }],
        }),
        "Idempotency-Key" => {
            json!({ "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" })
        }
        _ => json!({}),
    };
    match limits {
        Value::Object(limits) => limits,
        _ => Map::new(),
    }
}

/// Parameters that may be repeated, for any of their values.
pub(super) const REPEATED: [&str; 14] = [
    "type",
    "provider",
    "model",
    "tool",
    "execution_id",
    "agent_id",
    "conversation_id",
    "run_id",
    "campaign_id",
    "status",
    "tag",
    "conversationId",
    "runId",
    "media_type",
];

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
