//! The tools: what each is called, needs, takes, gives, and says of itself.

use std::sync::Arc;

use model::{Action, Scope};
use rmcp::model::{JsonObject, ToolAnnotations};

use crate::answers::{
    AssetAnswer, AssetsAnswer, DeletedAnswer, ExportAnswer, LinkAnswer, MadeAnswer, VersionAnswer,
    VersionsAnswer,
};
use crate::arguments::{
    DeleteArguments, GetArguments, GetExportArguments, LinkArguments, ListArguments,
    ReviewArguments, TagArguments, VersionsArguments,
};
use crate::given::{AssetFields, ExportFields, TextFields, UploadFields, VersionFields};
use crate::{described, schema};

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

    /// What a key must have to call it, and to see it: what the same takes over HTTP.
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

    /// The schema of its arguments.
    pub(crate) fn takes(self) -> Arc<JsonObject> {
        match self {
            Self::ListAssets => schema::of::<ListArguments>(),
            Self::GetAsset => schema::of::<GetArguments>(),
            Self::GetAssetUrl => schema::of::<LinkArguments>(),
            Self::ListVersions => schema::of::<VersionsArguments>(),
            Self::CreateText => schema::of_both::<TextFields, AssetFields>(),
            Self::CreateUpload => schema::of_both::<UploadFields, AssetFields>(),
            Self::AddVersion => schema::of::<VersionFields>(),
            Self::TagAsset => schema::of::<TagArguments>(),
            Self::Review(_) => schema::of::<ReviewArguments>(),
            Self::ExportAssets => schema::of::<ExportFields>(),
            Self::GetExport => schema::of::<GetExportArguments>(),
            Self::DeleteAsset => schema::of::<DeleteArguments>(),
        }
    }

    /// The schema of its structured content.
    fn gives(self) -> Arc<JsonObject> {
        match self {
            Self::ListAssets => schema::of::<AssetsAnswer>(),
            Self::GetAsset | Self::TagAsset | Self::Review(_) => schema::of::<AssetAnswer>(),
            Self::GetAssetUrl => schema::of::<LinkAnswer>(),
            Self::ListVersions => schema::of::<VersionsAnswer>(),
            Self::CreateText | Self::CreateUpload => schema::of::<MadeAnswer>(),
            Self::AddVersion => schema::of::<VersionAnswer>(),
            Self::ExportAssets | Self::GetExport => schema::of::<ExportAnswer>(),
            Self::DeleteAsset => schema::of::<DeletedAnswer>(),
        }
    }

    /// What clients are told of it.
    pub(crate) fn describe(self) -> rmcp::model::Tool {
        let (title, description) = described::of(self);
        rmcp::model::Tool::new(self.name(), description, self.takes())
            .with_title(title)
            .with_raw_output_schema(self.gives())
            .with_annotations(self.annotations(title))
    }

    fn annotations(self, title: &str) -> ToolAnnotations {
        let hints = ToolAnnotations::with_title(title).open_world(false);
        match self {
            Self::ListAssets
            | Self::GetAsset
            | Self::GetAssetUrl
            | Self::ListVersions
            | Self::GetExport => hints.read_only(true).destructive(false).idempotent(true),
            // Once done, a step is not allowed: done again after other changes, it has another effect.
            Self::CreateText
            | Self::CreateUpload
            | Self::AddVersion
            | Self::ExportAssets
            | Self::Review(Action::Submit | Action::Approve | Action::Restore) => {
                hints.read_only(false).destructive(false).idempotent(false)
            }
            // They can take an approval away.
            Self::Review(Action::RequestChanges | Action::Archive) => {
                hints.read_only(false).destructive(true).idempotent(false)
            }
            Self::TagAsset | Self::DeleteAsset => {
                hints.read_only(false).destructive(true).idempotent(true)
            }
        }
    }
}
