//! Requests for a new asset, or for a new version of one, and where its bytes come from.

use model::text::Invalid;
use model::version::Provenance;
use model::{
    AssetId, AssetType, Checksum, ContentType, Error, FileName, Generation, JobStatus, Label,
    Metadata, Prompt, Reference, Result, Tags, Timestamp, Title,
};
use serde::Deserialize;

/// The most that a single PUT to S3 takes, in bytes.
pub const MAX_FILE: u64 = 5 * 1024 * 1024 * 1024;
/// The most inline content, in bytes of UTF-8.
pub const MAX_CONTENT: usize = 1024 * 1024;
/// The most assets that one can be made from.
pub const MAX_PARENTS: usize = 50;

/// A new asset: its fields, and where its bytes come from.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateAsset)]
pub struct NewAsset {
    #[schema(value_type = Option<String>)]
    pub(crate) execution_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    pub(crate) agent_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    pub(crate) conversation_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    pub(crate) run_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    pub(crate) campaign_id: Option<Reference>,
    /// By default told from the content type.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    pub(crate) asset_type: Option<AssetType>,
    #[schema(value_type = Option<String>)]
    pub(crate) provider: Option<Label>,
    #[schema(value_type = Option<String>)]
    pub(crate) model: Option<Label>,
    #[schema(value_type = Option<String>)]
    pub(crate) tool: Option<Label>,
    #[schema(value_type = Option<String>)]
    pub(crate) title: Option<Title>,
    #[schema(value_type = Option<String>)]
    pub(crate) prompt: Option<Prompt>,
    #[schema(value_type = Option<Object>)]
    pub(crate) generation: Option<Generation>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) parents: Vec<AssetId>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) tags: Tags,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) metadata: Metadata,
    #[schema(value_type = Option<String>)]
    pub(crate) expires_at: Option<Timestamp>,
    /// Asks for a signed upload.
    upload: Option<Upload>,
    /// Small text to be stored as it is.
    content: Option<String>,
    /// Of `content`; by default `text/markdown; charset=utf-8`.
    #[schema(value_type = Option<String>)]
    content_type: Option<ContentType>,
}

/// A new version of an asset: how it came about, and where its bytes come from.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateVersion)]
pub struct NewVersion {
    #[schema(value_type = Option<String>)]
    execution_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    agent_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    run_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    provider: Option<Label>,
    #[schema(value_type = Option<String>)]
    model: Option<Label>,
    #[schema(value_type = Option<String>)]
    tool: Option<Label>,
    #[schema(value_type = Option<String>)]
    prompt: Option<Prompt>,
    #[schema(value_type = Option<Object>)]
    generation: Option<Generation>,
    /// Asks for a signed upload.
    upload: Option<Upload>,
    /// Small text to be stored as it is.
    content: Option<String>,
    /// Of `content`; by default `text/markdown; charset=utf-8`.
    #[schema(value_type = Option<String>)]
    content_type: Option<ContentType>,
}

/// What will be uploaded.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    #[schema(value_type = String)]
    pub(crate) file_name: FileName,
    #[schema(value_type = String)]
    pub(crate) content_type: ContentType,
    pub(crate) file_size: Option<u64>,
    #[schema(value_type = Option<String>)]
    pub(crate) checksum_sha256: Option<Checksum>,
}

/// The source of the bytes of a new asset.
#[derive(Debug, Clone)]
pub(crate) enum Bytes {
    /// The caller uploads them.
    Upload(Upload),
    /// They came with the request.
    Inline { text: String, content_type: ContentType },
    /// There are none: the generation failed.
    None,
}

impl NewAsset {
    /// Checks what no single field can tell, and says where the bytes come from.
    pub(crate) fn bytes(&mut self, now: Timestamp) -> Result<Bytes> {
        if self.parents.len() > MAX_PARENTS {
            return Err(Error::field("parents", format!("expected at most {MAX_PARENTS} ids")));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::field("expires_at", Invalid::new("a time to come")));
        }
        check_generation(self.generation.as_ref())?;
        let failed = self.generation.as_ref().is_some_and(|g| g.status == JobStatus::Failed);
        match Bytes::of(self.upload.take(), self.content.take(), self.content_type.take())? {
            Some(bytes) => Ok(bytes),
            None if failed && self.asset_type.is_none() => {
                Err(Error::field("type", "a step without a file needs its type said"))
            }
            None if failed => Ok(Bytes::None),
            None => Err(Error::field(
                "upload",
                "send upload, or content, or a generation whose status is failed",
            )),
        }
    }
}

impl NewVersion {
    /// Checks what no single field can tell, and says where the bytes come from.
    pub(crate) fn bytes(&mut self) -> Result<Bytes> {
        check_generation(self.generation.as_ref())?;
        let bytes = Bytes::of(self.upload.take(), self.content.take(), self.content_type.take())?;
        bytes.ok_or_else(|| Error::field("upload", "send upload, or content"))
    }

    /// The way in which it came about.
    pub(crate) fn provenance(self) -> Provenance {
        Provenance {
            execution_id: self.execution_id,
            agent_id: self.agent_id,
            run_id: self.run_id,
            provider: self.provider,
            model: self.model,
            tool: self.tool,
            prompt: self.prompt,
            generation: self.generation,
        }
    }
}

impl Bytes {
    /// Reads a body's `upload`, `content` and `content_type`; none where they say nothing.
    fn of(
        upload: Option<Upload>,
        content: Option<String>,
        content_type: Option<ContentType>,
    ) -> Result<Option<Self>> {
        match (upload, content) {
            (Some(_), Some(_)) => Err(Error::field("content", "send either upload or content")),
            (upload, None) if content_type.is_some() => {
                let place =
                    if upload.is_some() { "put it into upload" } else { "it needs content" };
                Err(Error::field("content_type", place))
            }
            (Some(upload), None) => upload.checked().map(Self::Upload).map(Some),
            (None, Some(text)) if text.len() > MAX_CONTENT => Err(Error::TooLarge(format!(
                "content has {} bytes; inline content ends at {MAX_CONTENT} bytes, larger needs upload",
                text.len()
            ))),
            (None, Some(text)) => {
                let markdown = || "text/markdown; charset=utf-8".parse();
                let content_type = content_type.map_or_else(markdown, Ok);
                let content_type = content_type.map_err(|e| Error::field("content_type", e))?;
                Ok(Some(Self::Inline { text, content_type }))
            }
            (None, None) => Ok(None),
        }
    }
}

/// Refuses what the record of a generation step may not say from now on.
fn check_generation(generation: Option<&Generation>) -> Result<()> {
    generation
        .map_or(Ok(()), Generation::check)
        .map_err(|(field, expected)| Error::field(format!("generation.{field}"), expected))
}

impl Upload {
    fn checked(self) -> Result<Self> {
        match self.file_size {
            Some(size) if size > MAX_FILE => Err(Error::TooLarge(format!(
                "upload.file_size is {size} bytes; a single PUT ends at {MAX_FILE} bytes ({} GiB)",
                MAX_FILE >> 30
            ))),
            _ => Ok(self),
        }
    }
}
