//! The manifest.

use domain::export::ExportId;
use domain::version::Provenance;
use domain::{
    Actor, AssetId, AssetType, Checksum, ContentType, Tags, Timestamp, Title, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format of an archive, as its manifest says. What it holds is the same in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Checksums and sizes follow their files, which not every reader takes of stored files. It is read
    /// and checked, and no longer written.
    #[serde(rename = "agent-assets-export/1")]
    First,
    /// Checksums and sizes come before their files, with time stamps in UTC.
    #[default]
    #[serde(rename = "agent-assets-export/2")]
    Second,
}

/// The contents of an archive. As JSON with two spaces to a level and fields in this order: these bytes are
/// what is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the archive.
    pub format: Format,
    /// The export.
    pub export_id: ExportId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The time at which the export was asked for. Every file of the archive bears this time, to the second.
    pub created_at: Timestamp,
    /// The one who asked for it.
    pub created_by: Actor,
    /// The request.
    pub request: Value,
    /// The public key that checks the signature (see [`crate::PublicKey::id`]).
    pub key_id: String,
    /// The files, in the archive's order.
    pub files: Vec<Entry>,
    /// The assets that were asked for and are not in the archive.
    pub left_out: Vec<Excluded>,
}

/// One file. Fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the archive.
    pub path: String,
    /// The asset.
    pub id: AssetId,
    /// Its approved version.
    pub version: u32,
    /// Of the file's bytes.
    pub sha256: Checksum,
    /// Bytes.
    pub size: u64,
    /// MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// The kind of thing that it is.
    #[serde(rename = "type")]
    pub asset_type: AssetType,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The asset's, when the export was made.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// The origin of the version.
    pub provenance: Provenance,
    /// The one who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Actor>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
}

/// An asset that is not in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// The asset.
    pub id: AssetId,
    /// Why.
    pub reason: Reason,
}

/// The reason for which an asset is not in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There is no such asset, or it was deleted while the archive was made.
    NotFound,
    /// It has no approved version.
    NotApproved,
    /// Its file is not there.
    NoObject,
    /// Its file is not what the record says.
    Altered,
    /// Its record, or its file, cannot be read.
    Unreadable,
}
