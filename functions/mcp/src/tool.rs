//! The tools: what each is called, and what it takes to call it.

use model::{Action, Scope};

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    ListAssets,
    GetAsset,
    GetAssetUrl,
    ListVersions,
    CreateText,
    CreateUpload,
    AddVersion,
    TagAsset,
    /// A step of the review.
    Review(Action),
    ExportAssets,
    GetExport,
    DeleteAsset,
}

impl Tool {
    /// Every tool, as lists show them.
    pub(crate) const ALL: [Self; 16] = [
        Self::ListAssets,
        Self::GetAsset,
        Self::GetAssetUrl,
        Self::ListVersions,
        Self::CreateText,
        Self::CreateUpload,
        Self::AddVersion,
        Self::TagAsset,
        Self::Review(Action::Submit),
        Self::Review(Action::Approve),
        Self::Review(Action::RequestChanges),
        Self::Review(Action::Archive),
        Self::Review(Action::Restore),
        Self::ExportAssets,
        Self::GetExport,
        Self::DeleteAsset,
    ];

    /// By which it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ListAssets => "list_assets",
            Self::GetAsset => "get_asset",
            Self::GetAssetUrl => "get_asset_url",
            Self::ListVersions => "list_versions",
            Self::CreateText => "create_text",
            Self::CreateUpload => "create_upload",
            Self::AddVersion => "add_version",
            Self::TagAsset => "tag_asset",
            Self::Review(Action::Submit) => "submit_asset",
            Self::Review(Action::Approve) => "approve_asset",
            Self::Review(Action::RequestChanges) => "request_changes",
            Self::Review(Action::Archive) => "archive_asset",
            Self::Review(Action::Restore) => "restore_asset",
            Self::ExportAssets => "export_assets",
            Self::GetExport => "get_export",
            Self::DeleteAsset => "delete_asset",
        }
    }

    /// The scope that a key must have to call it, and to see it: the one that the same takes over HTTP.
    pub(crate) const fn scope(self) -> Scope {
        match self {
            Self::ListAssets
            | Self::GetAsset
            | Self::GetAssetUrl
            | Self::ListVersions
            | Self::ExportAssets
            | Self::GetExport => Scope::Read,
            Self::CreateText
            | Self::CreateUpload
            | Self::AddVersion
            | Self::TagAsset
            | Self::Review(Action::Submit) => Scope::Write,
            Self::Review(
                Action::Approve | Action::RequestChanges | Action::Archive | Action::Restore,
            ) => Scope::Review,
            Self::DeleteAsset => Scope::Delete,
        }
    }
}
