//! What the tools that make something are given: as the HTTP API takes it, with the same limits, beside what HTTP
//! has in paths and headers.

use std::collections::BTreeMap;

use api::ExportRequest;
use api::revision::seen;
use assets::{NewAsset, NewVersion};
use model::{AssetId, Checksum, IdempotencyKey, Seen};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arguments::parse;
use crate::refusal::Refusal;
use crate::tool::Tool;

/// A request that is made once, under its key: the digest says of what.
pub(crate) type Once = Option<(IdempotencyKey, Checksum)>;

/// A request's key, and the digest of all else that it says.
fn once(tool: Tool, arguments: &mut JsonObject) -> Result<Once, Refusal> {
    let name = take(arguments, "idempotency_key");
    let text = json!({ "tool": tool.name(), "arguments": &*arguments }).to_string();
    let name = name.map(|name| name.as_str().and_then(|name| name.parse().ok()));
    let name = name.map(|name| {
        name.ok_or_else(|| Refusal::argument("idempotency_key", IdempotencyKey::EXPECTED))
    });
    Ok(name.transpose()?.map(|name| (name, Checksum::of(text.as_bytes()))))
}

/// The argument, which is one no longer; null stands for none.
fn take(arguments: &mut JsonObject, name: &str) -> Option<Value> {
    arguments.remove(name).filter(|value| !value.is_null())
}

/// Refuses what the tool's schema does not have, and the lack of what it asks for: what is given is read as a
/// request that could be made otherwise, too.
fn check(tool: Tool, arguments: &JsonObject) -> Result<(), Refusal> {
    let schema = tool.takes();
    let names = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| names.is_some_and(|names| names.contains_key(name));
    if let Some(unknown) = arguments.keys().find(|name| !known(name)) {
        let names: Vec<_> =
            names.into_iter().flat_map(JsonObject::keys).map(String::as_str).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let problem = format!("there is no such argument; this takes {names}");
        return Err(Refusal::argument(unknown, problem));
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if arguments.get(name).is_none_or(Value::is_null) {
            return Err(Refusal::argument(name, "it is missing"));
        }
    }
    Ok(())
}

/// What `create_text` and `create_upload` are asked for.
pub(crate) fn new_asset(
    tool: Tool,
    mut arguments: JsonObject,
) -> Result<(NewAsset, Once), Refusal> {
    check(tool, &arguments)?;
    let once = once(tool, &mut arguments)?;
    Ok((parse(arguments)?, once))
}

/// The asset that `add_version` is about.
#[derive(Deserialize)]
struct Which {
    id: AssetId,
    version: Option<u32>,
    etag: Option<String>,
}

/// What `add_version` is asked for: of which asset, as it was seen.
pub(crate) fn new_version(
    mut arguments: JsonObject,
) -> Result<(AssetId, Seen, NewVersion, Once), Refusal> {
    let tool = Tool::AddVersion;
    check(tool, &arguments)?;
    let once = once(tool, &mut arguments)?;
    let which = ["id", "version", "etag"];
    let which =
        which.iter().filter_map(|name| Some(((*name).to_owned(), take(&mut arguments, name)?)));
    let which: Which = parse(which.collect())?;
    let seen = seen(which.version, which.etag.as_deref());
    Ok((which.id, seen, parse(arguments)?, once))
}

/// What `export_assets` is asked for, as the HTTP API takes it.
pub(crate) fn export(
    mut arguments: JsonObject,
) -> Result<(Vec<u8>, Option<IdempotencyKey>), Refusal> {
    let tool = Tool::ExportAssets;
    check(tool, &arguments)?;
    let once = once(tool, &mut arguments)?;
    arguments.retain(|_, value| !value.is_null());
    parse::<ExportRequest>(arguments.clone())?.selection()?;
    Ok((Value::Object(arguments).to_string().into_bytes(), once.map(|(name, _)| name)))
}

/// What an asset is told to be, for the schemas of the tools that make one; [`NewAsset`] is what reads it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct AssetFields {
    /// image, audio, video, copy, slide, script, or your own word; by default told from the content type.
    #[schemars(rename = "type")]
    asset_type: Option<String>,
    /// What people call it.
    title: Option<String>,
    /// What it was made from.
    prompt: Option<String>,
    /// Who made it: elevenlabs, fal, …
    provider: Option<String>,
    /// The model that made it.
    model: Option<String>,
    /// The tool that made it: tts, `image_gen`, …
    tool: Option<String>,
    /// The agent that made it.
    agent_id: Option<String>,
    /// The execution that made it.
    execution_id: Option<String>,
    /// The conversation it was made in.
    conversation_id: Option<String>,
    /// The run that made it.
    run_id: Option<String>,
    /// The campaign it was made for.
    campaign_id: Option<String>,
    /// The ids of the assets that it was made from.
    #[schemars(length(max = 50))]
    parents: Option<Vec<String>>,
    /// Each a name with values: `{"brand": ["acme"]}`.
    tags: Option<BTreeMap<String, Vec<String>>>,
    /// How the step that made it went: status, `cost_usd`, usage, …
    generation: Option<BTreeMap<String, Value>>,
    /// Free data of yours.
    metadata: Option<BTreeMap<String, Value>>,
    /// When it is to be removed, an RFC 3339 time to come; by default never.
    expires_at: Option<String>,
    /// A name of yours for this request: sent again with the same name, it makes nothing a second time. For a
    /// day.
    idempotency_key: Option<String>,
}

/// What `create_text` takes besides.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct TextFields {
    /// The text, at most 1 MiB.
    content: String,
    /// Of the text, by default text/markdown; charset=utf-8. text/html, text/csv, application/json and
    /// image/svg+xml are texts as well.
    content_type: Option<String>,
}

/// What `create_upload` takes besides.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct UploadFields {
    /// The file that you are going to upload.
    upload: UploadTerms,
}

/// The file that you are going to upload.
#[derive(JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
struct UploadTerms {
    /// As people see it: hero.png.
    file_name: String,
    /// image/png, audio/mpeg, …
    content_type: String,
    /// Bytes, if you know; then no other number is taken.
    file_size: Option<u64>,
    /// Of the bytes, in hexadecimal digits, if you know: then no others are taken, and a file that is there
    /// already is not stored twice.
    checksum_sha256: Option<String>,
}

/// What `add_version` takes; [`NewVersion`] is what reads most of it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct VersionFields {
    /// The asset's id, 27 characters.
    id: String,
    /// The current version as you have seen it, from 1: the tool refuses if it is another by now.
    #[schemars(range(min = 1))]
    version: Option<u32>,
    /// The etag that came with the asset when you read it: the tool refuses if anything of it has changed
    /// since.
    etag: Option<String>,
    /// The text, at most 1 MiB; either it or upload.
    content: Option<String>,
    /// Of the text, by default text/markdown; charset=utf-8.
    content_type: Option<String>,
    /// The file that you are going to upload; either it or content.
    upload: Option<UploadTerms>,
    /// What this version was made from.
    prompt: Option<String>,
    /// Who made this version.
    provider: Option<String>,
    /// The model that made it.
    model: Option<String>,
    /// The tool that made it.
    tool: Option<String>,
    /// The agent that made it.
    agent_id: Option<String>,
    /// The execution that made it.
    execution_id: Option<String>,
    /// The run that made it.
    run_id: Option<String>,
    /// How the step that made it went: status, `cost_usd`, usage, …
    generation: Option<BTreeMap<String, Value>>,
    /// A name of yours for this request: sent again with the same name, it makes nothing a second time. For a
    /// day.
    idempotency_key: Option<String>,
}

/// What `export_assets` takes; [`ExportRequest`] is what reads most of it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct ExportFields {
    /// The approved versions of these assets; either it or filter.
    #[schemars(length(min = 1, max = 1000))]
    ids: Option<Vec<String>>,
    /// Every approved asset that these filters of `list_assets` find, each with its value or an array of
    /// values: `{"campaign_id": "spring", "type": ["image", "video"]}`. {} stands for all.
    filter: Option<BTreeMap<String, Value>>,
    /// A name of yours for this request: sent again with the same name, it makes nothing a second time. For a
    /// day.
    idempotency_key: Option<String>,
}
