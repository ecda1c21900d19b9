//! Of versions.

use serde::Serialize;
use utoipa::ToSchema;

use super::review::HistoryActor;
use super::{Generation, SignedUpload, UploadStatus};

/// A page of an asset's versions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Versions {
    pub items: Vec<ListedVersion>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ListedVersion {
    #[serde(flatten)]
    pub version: Version,
    /// Whether the asset shows it.
    pub current: bool,
    /// Whether it is the one that consumers read.
    pub approved: bool,
}

#[derive(Serialize, ToSchema)]
pub struct CreatedVersion {
    pub data: Version,
    #[schema(required = false)]
    pub upload: SignedUpload,
}

/// A version of an asset: its file, and how it came about. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
pub struct Version {
    /// From 1.
    #[schema(minimum = 1)]
    pub version: u32,
    pub upload_status: UploadStatus,
    #[schema(required = false)]
    pub file_name: String,
    /// Bytes.
    #[schema(required = false)]
    pub file_size: u64,
    #[schema(required = false)]
    pub content_type: String,
    #[schema(required = false)]
    pub storage_key: String,
    #[schema(required = false)]
    pub checksum_sha256: String,
    #[schema(required = false)]
    pub width: u32,
    #[schema(required = false)]
    pub height: u32,
    #[schema(required = false)]
    pub duration_ms: u64,
    #[schema(required = false)]
    pub duration_estimated: bool,
    #[schema(required = false)]
    pub execution_id: String,
    #[schema(required = false)]
    pub agent_id: String,
    #[schema(required = false)]
    pub run_id: String,
    #[schema(required = false)]
    pub provider: String,
    #[schema(required = false)]
    pub model: String,
    #[schema(required = false)]
    pub tool: String,
    #[schema(required = false)]
    pub prompt: String,
    #[schema(required = false)]
    pub generation: Generation,
    /// The API key that asked for it; not known of a producer's own upload.
    #[schema(required = false)]
    pub created_by: HistoryActor,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its file was removed, because it was newer than the approved version and its retention
    /// ended.
    #[schema(required = false, format = DateTime)]
    pub removed_at: String,
}
