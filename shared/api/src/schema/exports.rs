//! Of exports.

use serde::Serialize;
use utoipa::ToSchema;

use super::ExportStatus;
use super::review::HistoryActor;

#[derive(Serialize, ToSchema)]
pub struct ExportAnswer {
    pub data: Export,
}

/// A page of exports, newest first.
#[derive(Serialize, ToSchema)]
pub struct Exports {
    pub items: Vec<Export>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// An export: the approved versions of many assets as one archive.
#[derive(Serialize, ToSchema)]
pub struct Export {
    #[schema(min_length = 27, max_length = 27)]
    pub id: String,
    pub workspace_id: String,
    pub status: ExportStatus,
    /// Who asked for it.
    pub created_by: HistoryActor,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Of the last sign of life.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Since it runs.
    #[schema(required = false)]
    pub progress: ExportProgress,
    /// Bytes of the archive, where it succeeded.
    #[schema(required = false)]
    pub size: u64,
    /// How many of the assets asked for are not in the archive; its manifest says which, and why.
    #[schema(required = false)]
    pub left_out: u64,
    /// The Ed25519 public key that checks the manifest's signature: PEM.
    #[schema(required = false)]
    pub public_key: String,
    /// A link to the archive that works for an hour.
    #[schema(required = false)]
    pub url: String,
    #[schema(required = false, format = DateTime)]
    pub url_expires_at: String,
    /// Where it failed.
    #[schema(required = false)]
    pub error: ExportFailure,
    /// When an export that has ended is removed.
    #[schema(required = false, format = DateTime)]
    pub expires_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct ExportProgress {
    pub files_done: u64,
    pub files_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
}

/// Why there is no archive.
#[derive(Serialize, ToSchema)]
pub struct ExportFailure {
    /// `nothing_to_export`, `too_many`, `too_large`, `too_long`, `unavailable`, `stalled`.
    pub code: String,
    pub message: String,
}
