//! The answers of tools: structured content, and the same as text, for the many clients that show a model nothing
//! else. Answers are bounded, and hold links at most, never files.

use std::collections::BTreeMap;

use assets::PendingUpload;
use model::version::Version;
use model::{Asset, AssetId, Export, ExportId, ExportStatus, Record, Timestamp};
use objects::Signed;
use rmcp::model::{CallToolResult, ContentBlock, Resource};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::meaning;
use crate::shown::{EXCERPT, Shown, ShownVersion};

/// A tool's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    content: Value,
    links: Vec<Resource>,
}

impl Answer {
    /// `content`, as structured content and as text.
    pub(crate) fn new(content: &impl Serialize) -> model::Result<Self> {
        let content = serde_json::to_value(content).map_err(model::Error::internal)?;
        Ok(Self { content, links: Vec::new() })
    }

    /// With where the files of assets can be read.
    pub(crate) fn with(mut self, links: impl IntoIterator<Item = Resource>) -> Self {
        self.links.extend(links);
        self
    }
}

impl From<Answer> for CallToolResult {
    fn from(answer: Answer) -> Self {
        let mut content = vec![ContentBlock::text(answer.content.to_string())];
        content.extend(answer.links.into_iter().map(ContentBlock::resource_link));
        let mut result = Self::success(content);
        result.structured_content = Some(answer.content);
        result
    }
}

/// One asset.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AssetAnswer {
    pub(crate) asset: Shown,
    /// What tells this state of it from others: hand it to the tool that changes the asset, so that it
    /// does not change what you have not seen.
    pub(crate) etag: String,
}

impl AssetAnswer {
    /// A tool's answer about an asset.
    pub(crate) fn answer(asset: Shown, revision: u64) -> model::Result<Answer> {
        let link = asset.link();
        Ok(Answer::new(&Self { asset, etag: api::revision::etag(revision) })?.with(link))
    }
}

/// An asset that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeAnswer {
    asset: Shown,
    /// What tells this state of it from others.
    etag: String,
    /// True where the workspace had a file with this checksum, from the same provenance: this is the asset
    /// that has it, and nothing is to be uploaded.
    existed: bool,
    #[schemars(description = meaning::UPLOAD)]
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadAnswer>,
}

impl MadeAnswer {
    /// A tool's answer about an asset that it made, or found.
    pub(crate) fn answer(
        record: Record,
        existed: bool,
        upload: Option<PendingUpload>,
    ) -> model::Result<Answer> {
        let etag = api::revision::etag(record.revision);
        let asset = Shown::brief(record.asset);
        let link = asset.link();
        let upload = upload.map(UploadAnswer::from);
        Ok(Answer::new(&Self { asset, etag, existed, upload })?.with(link))
    }
}

/// How a file is uploaded.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct UploadAnswer {
    /// Always PUT.
    method: &'static str,
    #[schemars(description = meaning::BEARER)]
    url: String,
    /// To be sent with it, each as it is.
    headers: BTreeMap<String, String>,
    #[schemars(description = meaning::LIVES)]
    #[schemars(with = "String")]
    expires_at: Timestamp,
}

impl From<PendingUpload> for UploadAnswer {
    fn from(upload: PendingUpload) -> Self {
        let PendingUpload { method, url, headers, expires_at } = upload;
        Self { method, url, headers, expires_at }
    }
}

/// A page of assets.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AssetsAnswer {
    #[schemars(description = format!(
        "Prompts are cut after {EXCERPT} characters; `get_asset` has all of an asset."
    ))]
    pub(crate) items: Vec<Shown>,
    /// Where to go on; null at the end. A page may be short, or empty, with more to come.
    #[schemars(required, extend("type" = ["string", "null"]))]
    pub(crate) next_cursor: Option<String>,
}

/// A link to a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LinkAnswer {
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    /// The version that the link is to.
    pub(crate) version: u32,
    #[schemars(description = meaning::BEARER)]
    pub(crate) url: String,
    #[schemars(description = meaning::LIVES)]
    #[schemars(with = "String")]
    pub(crate) expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_name: Option<String>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
}

/// A page of versions.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VersionsAnswer {
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = format!("Prompts are cut after {EXCERPT} characters."))]
    pub(crate) versions: Vec<ShownVersion>,
    /// Where to go on; null at the end.
    #[schemars(required, extend("type" = ["string", "null"]))]
    pub(crate) next_cursor: Option<String>,
}

/// An asset that is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeletedAnswer {
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    /// Always true.
    pub(crate) deleted: bool,
}

/// A version that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VersionAnswer {
    #[schemars(with = "String")]
    id: AssetId,
    version: ShownVersion,
    #[schemars(description = meaning::UPLOAD)]
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadAnswer>,
}

impl VersionAnswer {
    /// A tool's answer about a version of `asset` that it made.
    pub(crate) fn answer(
        version: Version,
        asset: &Asset,
        upload: Option<PendingUpload>,
    ) -> model::Result<Answer> {
        let version = ShownVersion::new(version, asset);
        Answer::new(&Self { id: asset.id, version, upload: upload.map(UploadAnswer::from) })
    }
}

/// An export.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExportAnswer {
    #[schemars(with = "String")]
    id: ExportId,
    /// How far it is.
    #[schemars(extend("enum" = ExportStatus::ALL.map(ExportStatus::as_str)))]
    status: &'static str,
    /// Files written, of those to be written; since it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    files_done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_total: Option<u64>,
    /// The archive's bytes, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Assets that were asked for and are not in it; its manifest says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    /// Why there is none: a stable code, and what would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// A link to the archive; works for whoever has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Until when the link works (RFC 3339).
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    url_expires_at: Option<Timestamp>,
    /// When the archive is removed (RFC 3339).
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl ExportAnswer {
    /// A tool's answer about an export, with a link to its archive where there is one.
    pub(crate) fn answer(export: Export, link: Option<Signed>) -> model::Result<Answer> {
        let name = format!("export-{}.zip", export.id);
        let archive = link.as_ref().map(|link| {
            Resource::new(&link.url, name)
                .with_mime_type("application/zip")
                .with_description("The archive, for whoever has this link.")
        });
        let (url, url_expires_at) = link.map(|link| (link.url, link.expires_at)).unzip();
        let answer = Self {
            id: export.id,
            status: export.status.as_str(),
            files_done: export.progress.map(|progress| progress.files_done),
            files_total: export.progress.map(|progress| progress.files_total),
            size: export.archived.as_ref().map(|archived| archived.size),
            left_out: export.archived.as_ref().map(|archived| archived.left_out),
            error: export.error.map(|error| format!("{}: {}", error.code, error.message)),
            url,
            url_expires_at,
            expires_at: export.expires_at,
        };
        Ok(Answer::new(&answer)?.with(archive))
    }
}
