//! The arguments of the tools that make something: as the HTTP API takes them, with the same limits, beside what HTTP
//! has in paths and headers.

use std::collections::BTreeMap;

use api::revision::seen;
use api::{ExportRequest, MOST_IDS};
use assets::{MAX_CONTENT, MAX_PARENTS, NewAsset, NewVersion};
use model::{AssetId, Checksum, IdempotencyKey, Seen};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arguments::parse;
use crate::meaning;
use crate::refusal::Refusal;
use crate::tool::Tool;

/// A request that is made once, under its key: the digest says of what.
type Once = Option<(IdempotencyKey, Checksum)>;

/// The arguments of a tool that makes something.
pub(crate) struct Given {
    arguments: JsonObject,
    once: Once,
}

impl Given {
    /// Refuses what the tool does not take, and the lack of what it asks for: what is given is read as a request
    /// that could be made otherwise, too.
    pub(crate) fn read(
        tool: Tool,
        takes: &JsonObject,
        mut arguments: JsonObject,
    ) -> Result<Self, Refusal> {
        check(takes, &arguments)?;
        let name = take(&mut arguments, "idempotency_key");
        let text = json!({ "tool": tool.name(), "arguments": &arguments }).to_string();
        let name = name.map(|name| name.as_str().and_then(|name| name.parse().ok()));
        let name = name.map(|name| {
            name.ok_or_else(|| Refusal::argument("idempotency_key", IdempotencyKey::EXPECTED))
        });
        let once = name.transpose()?.map(|name| (name, Checksum::of(text.as_bytes())));
        Ok(Self { arguments, once })
    }

    /// The asset that `create_text` and `create_upload` are asked for.
    pub(crate) fn asset(self) -> Result<(NewAsset, Once), Refusal> {
        Ok((parse(self.arguments)?, self.once))
    }

    /// The version that `add_version` is asked for: of which asset, as it was seen.
    pub(crate) fn version(mut self) -> Result<(AssetId, Seen, NewVersion, Once), Refusal> {
        let which = ["id", "version", "etag"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), take(&mut self.arguments, name)?)));
        let which: Which = parse(which.collect())?;
        let seen = seen(which.version, which.etag.as_deref());
        Ok((which.id, seen, parse(self.arguments)?, self.once))
    }

    /// The export that `export_assets` is asked for, as the HTTP API takes it.
    pub(crate) fn export(mut self) -> Result<(Vec<u8>, Option<IdempotencyKey>), Refusal> {
        self.arguments.retain(|_, value| !value.is_null());
        parse::<ExportRequest>(self.arguments.clone())?.selection()?;
        let name = self.once.map(|(name, _)| name);
        Ok((Value::Object(self.arguments).to_string().into_bytes(), name))
    }
}

/// The asset that `add_version` is about.
#[derive(Deserialize)]
struct Which {
    id: AssetId,
    version: Option<u32>,
    etag: Option<String>,
}

/// The argument, which is one no longer; null stands for none.
fn take(arguments: &mut JsonObject, name: &str) -> Option<Value> {
    arguments.remove(name).filter(|value| !value.is_null())
}

fn check(takes: &JsonObject, arguments: &JsonObject) -> Result<(), Refusal> {
    let names = takes.get("properties").and_then(Value::as_object);
    let known = |name: &str| names.is_some_and(|names| names.contains_key(name));
    if let Some(unknown) = arguments.keys().find(|name| !known(name)) {
        let names: Vec<_> =
            names.into_iter().flat_map(JsonObject::keys).map(String::as_str).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let problem = format!("there is no such argument; this takes {names}");
        return Err(Refusal::argument(unknown, problem));
    }
    let required = takes.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if arguments.get(name).is_none_or(Value::is_null) {
            return Err(Refusal::argument(name, "it is missing"));
        }
    }
    Ok(())
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
    #[schemars(description = meaning::PROVIDER)]
    provider: Option<String>,
    #[schemars(description = meaning::MODEL)]
    model: Option<String>,
    #[schemars(description = meaning::TOOL)]
    tool: Option<String>,
    #[schemars(description = meaning::AGENT)]
    agent_id: Option<String>,
    #[schemars(description = meaning::EXECUTION)]
    execution_id: Option<String>,
    #[schemars(description = meaning::CONVERSATION)]
    conversation_id: Option<String>,
    #[schemars(description = meaning::RUN)]
    run_id: Option<String>,
    #[schemars(description = meaning::CAMPAIGN)]
    campaign_id: Option<String>,
    #[schemars(description = meaning::PARENTS)]
    #[schemars(length(max = MAX_PARENTS))]
    parents: Option<Vec<String>>,
    /// Each a name with values: `{"brand": ["acme"]}`.
    tags: Option<BTreeMap<String, Vec<String>>>,
    #[schemars(description = meaning::GENERATION)]
    generation: Option<BTreeMap<String, Value>>,
    /// Free data of yours.
    metadata: Option<BTreeMap<String, Value>>,
    /// When it is to be removed, an RFC 3339 time to come; by default never.
    expires_at: Option<String>,
    #[schemars(description = meaning::KEY)]
    idempotency_key: Option<String>,
}

/// What `create_text` takes besides.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct TextFields {
    #[schemars(description = format!("The text, at most {} MiB.", MAX_CONTENT >> 20))]
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
    #[schemars(description = meaning::ID)]
    id: String,
    #[schemars(description = meaning::VERSION)]
    #[schemars(range(min = 1))]
    version: Option<u32>,
    #[schemars(description = meaning::ETAG)]
    etag: Option<String>,
    #[schemars(description = format!("The text, at most {} MiB; either it or upload.", MAX_CONTENT >> 20))]
    content: Option<String>,
    /// Of the text, by default text/markdown; charset=utf-8.
    content_type: Option<String>,
    /// The file that you are going to upload; either it or content.
    upload: Option<UploadTerms>,
    /// What this version was made from.
    prompt: Option<String>,
    /// Who made this version.
    provider: Option<String>,
    #[schemars(description = meaning::MODEL)]
    model: Option<String>,
    /// The tool that made it.
    tool: Option<String>,
    #[schemars(description = meaning::AGENT)]
    agent_id: Option<String>,
    #[schemars(description = meaning::EXECUTION)]
    execution_id: Option<String>,
    #[schemars(description = meaning::RUN)]
    run_id: Option<String>,
    #[schemars(description = meaning::GENERATION)]
    generation: Option<BTreeMap<String, Value>>,
    #[schemars(description = meaning::KEY)]
    idempotency_key: Option<String>,
}

/// What `export_assets` takes; [`ExportRequest`] is what reads most of it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
pub(crate) struct ExportFields {
    /// The approved versions of these assets; either it or filter.
    #[schemars(length(min = 1, max = MOST_IDS))]
    ids: Option<Vec<String>>,
    /// Every approved asset that these filters of `list_assets` find, each with its value or an array of
    /// values: `{"campaign_id": "spring", "type": ["image", "video"]}`. {} stands for all.
    filter: Option<BTreeMap<String, Value>>,
    #[schemars(description = meaning::KEY)]
    idempotency_key: Option<String>,
}
