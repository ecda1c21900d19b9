//! Assets and versions as tools show them: the record, without what only the store's own machinery needs.

use std::collections::BTreeMap;

use model::version::Version;
use model::{Asset, Metadata, Prompt, Status, Timestamp, UploadStatus};
use rmcp::model::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{link, meaning};

/// The most characters of a prompt that a list shows.
pub(crate) const EXCERPT: usize = 300;

/// An asset as tools show it: the record, without what only the store's own machinery needs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Shown(#[schemars(with = "AssetFields")] Asset);

impl Shown {
    /// All of it.
    pub(crate) fn whole(asset: Asset) -> Self {
        Self(Asset { storage_key: None, ..asset })
    }

    /// The part that a list has room for: an excerpt of the prompt, and nothing that can be long.
    pub(crate) fn brief(asset: Asset) -> Self {
        Self(Asset {
            storage_key: None,
            checksum_sha256: None,
            generation: None,
            parents: Vec::new(),
            metadata: Metadata::default(),
            prompt: excerpt(asset.prompt.as_ref()),
            ..asset
        })
    }

    /// The resource that its file can be read as, if it is there.
    pub(crate) fn link(&self) -> Option<Resource> {
        link::to(&self.0)
    }
}

fn excerpt(prompt: Option<&Prompt>) -> Option<Prompt> {
    let text = prompt?.as_str();
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]).try_into().ok(),
        None => prompt.cloned(),
    }
}

/// A version as tools show it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(description = "A version; fields without a value are left out.")]
pub(crate) struct ShownVersion {
    /// From 1.
    pub(crate) version: u32,
    /// Whether it is the one that the asset shows.
    pub(crate) current: bool,
    /// Whether it is the one that was approved.
    pub(crate) approved: bool,
    /// Whether its file is there.
    #[schemars(with = "String", extend("enum" = UploadStatus::ALL.map(UploadStatus::as_str)))]
    upload_status: UploadStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// Whether the duration is only about right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    duration_estimated: bool,
    #[schemars(description = meaning::AGENT)]
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    /// The name of the API key that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[schemars(with = "String")]
    created_at: Timestamp,
}

impl ShownVersion {
    /// `version` of `asset`.
    pub(crate) fn new(version: Version, asset: &Asset) -> Self {
        let made = version.provenance;
        Self {
            version: version.version,
            current: version.version == asset.version,
            approved: Some(version.version) == asset.approved_version,
            upload_status: version.upload_status,
            file_name: version.file_name.map(String::from),
            file_size: version.file_size,
            content_type: version.content_type.map(String::from),
            width: version.width,
            height: version.height,
            duration_ms: version.duration_ms,
            duration_estimated: version.duration_estimated,
            agent_id: made.agent_id.map(String::from),
            provider: made.provider.map(String::from),
            model: made.model.map(String::from),
            tool: made.tool.map(String::from),
            prompt: excerpt(made.prompt.as_ref()).map(String::from),
            created_by: version.created_by.map(|actor| actor.name.into()),
            created_at: version.created_at,
        }
    }
}

/// The fields of [`Shown`], for its schema alone.
#[derive(JsonSchema)]
#[schemars(rename = "Asset", description = "An asset; fields without a value are left out.")]
#[expect(dead_code, reason = "a schema is derived from it; nothing has this type")]
struct AssetFields {
    id: String,
    workspace_id: String,
    #[schemars(description = meaning::EXECUTION)]
    execution_id: Option<String>,
    #[schemars(description = meaning::AGENT)]
    agent_id: Option<String>,
    #[schemars(description = meaning::CONVERSATION)]
    conversation_id: Option<String>,
    #[schemars(description = meaning::RUN)]
    run_id: Option<String>,
    #[schemars(description = meaning::CAMPAIGN)]
    campaign_id: Option<String>,
    /// image, audio, video, copy, slide, script, or the makers' own.
    #[schemars(rename = "type")]
    asset_type: String,
    provider: Option<String>,
    model: Option<String>,
    #[schemars(description = meaning::TOOL)]
    tool: Option<String>,
    title: Option<String>,
    #[schemars(description = format!("What it was made from; in lists at most {EXCERPT} characters of it."))]
    prompt: Option<String>,
    file_name: Option<String>,
    /// Bytes.
    file_size: Option<u64>,
    content_type: Option<String>,
    checksum_sha256: Option<String>,
    /// Pixels.
    width: Option<u32>,
    /// Pixels.
    height: Option<u32>,
    duration_ms: Option<u64>,
    /// True where the duration is only about right.
    duration_estimated: Option<bool>,
    /// How the step that made it went: status, error, `cost_usd`, usage, …
    generation: Option<BTreeMap<String, Value>>,
    #[schemars(description = meaning::PARENTS)]
    parents: Option<Vec<String>>,
    /// Each a name with values.
    tags: Option<BTreeMap<String, Vec<String>>>,
    /// State of review of the current version.
    #[schemars(extend("enum" = Status::ALL.map(Status::as_str)))]
    status: String,
    /// Whether its file is there: pending until it is uploaded, missing once it was removed.
    #[schemars(extend("enum" = UploadStatus::ALL.map(UploadStatus::as_str)))]
    upload_status: String,
    /// The current version, from 1.
    version: u32,
    /// The version that was approved.
    approved_version: Option<u32>,
    /// Free data of its maker.
    metadata: Option<BTreeMap<String, Value>>,
    /// When it is to be removed.
    expires_at: Option<String>,
    created_at: String,
    updated_at: String,
}
