//! JSON schemas of what tools take and give.

use std::any::Any;
use std::sync::Arc;

use rmcp::handler::server::tool::schema_for_type;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde_json::Value;

/// The schema of what a tool takes or gives, as short as it can be: agents read it.
pub(crate) fn of<T: JsonSchema + Any>() -> Arc<JsonObject> {
    let mut schema = (*schema_for_type::<T>()).clone();
    for noise in ["$schema", "title", "description"] {
        schema.remove(noise);
    }
    plain(&mut schema);
    Arc::new(schema)
}

/// [`of`] two types at once: what their fields are together.
pub(crate) fn of_both<T: JsonSchema + Any, U: JsonSchema + Any>() -> Arc<JsonObject> {
    let (first, second) = (of::<T>(), of::<U>());
    let mut both = (*first).clone();
    for keyword in ["properties", "$defs"] {
        let more = second.get(keyword).and_then(Value::as_object).cloned().unwrap_or_default();
        if more.is_empty() {
            continue;
        }
        let all = both.entry(keyword).or_insert_with(|| JsonObject::new().into());
        all.as_object_mut().into_iter().for_each(|all| all.extend(more.clone()));
    }
    Arc::new(both)
}

/// Has properties that may be left out described as just that, and not as ones that may be null, which
/// no answer has and which not every client understands; and leaves out what says nothing to clients:
/// the size of a number in memory.
fn plain(schema: &mut JsonObject) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        let Some(property) = property.as_object_mut() else { continue };
        property.remove("format");
        if required.iter().any(|required| required == name) {
            continue;
        }
        property.retain(|keyword, value| keyword != "default" || !value.is_null());
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [one] = &types[..] {
                let one = one.clone();
                property.insert("type".to_owned(), one);
            }
        }
    }
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    let definitions = definitions.into_iter().flat_map(|all| all.values_mut());
    definitions.filter_map(Value::as_object_mut).for_each(plain);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_left_out_is_not_described_as_null() {
        let mut schema = json!({
            "required": ["next"],
            "properties": {
                "next": { "type": ["string", "null"] },
                "name": { "type": ["string", "null"], "default": null, "format": "x" },
            },
            "$defs": { "T": { "properties": { "n": { "type": ["integer", "null"] } } } },
        });
        plain(schema.as_object_mut().unwrap());
        let properties = json!({
            "next": { "type": ["string", "null"] },
            "name": { "type": "string" },
        });
        assert_eq!(schema["properties"], properties);
        assert_eq!(
            schema["$defs"],
            json!({ "T": { "properties": { "n": { "type": "integer" } } } })
        );
    }
}
