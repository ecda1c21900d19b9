//! The tools: what each is called, needs, takes, gives, and says of itself.

use model::Scope;
use rmcp::model::ToolAnnotations;

use crate::answers::{AssetAnswer, AssetsAnswer, DeletedAnswer, LinkAnswer, VersionsAnswer};
use crate::arguments::{
    DeleteArguments, GetArguments, LinkArguments, ListArguments, ReviewArguments, TagArguments,
    VersionsArguments,
};
use crate::{described, schema};

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    ListAssets,
    GetAsset,
    GetAssetUrl,
    ListVersions,
    SubmitAsset,
    ApproveAsset,
    RequestChanges,
    TagAsset,
    DeleteAsset,
}

impl Tool {
    /// Every tool, as lists show them.
    pub(crate) const ALL: [Self; 9] = [
        Self::ListAssets,
        Self::GetAsset,
        Self::GetAssetUrl,
        Self::ListVersions,
        Self::SubmitAsset,
        Self::ApproveAsset,
        Self::RequestChanges,
        Self::TagAsset,
        Self::DeleteAsset,
    ];

    /// By which it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ListAssets => "list_assets",
            Self::GetAsset => "get_asset",
            Self::GetAssetUrl => "get_asset_url",
            Self::ListVersions => "list_versions",
            Self::SubmitAsset => "submit_asset",
            Self::ApproveAsset => "approve_asset",
            Self::RequestChanges => "request_changes",
            Self::TagAsset => "tag_asset",
            Self::DeleteAsset => "delete_asset",
        }
    }

    /// What a key must have to call it, and to see it.
    pub(crate) const fn scope(self) -> Scope {
        match self {
            Self::ListAssets | Self::GetAsset | Self::GetAssetUrl | Self::ListVersions => {
                Scope::Read
            }
            Self::SubmitAsset | Self::TagAsset => Scope::Write,
            Self::ApproveAsset | Self::RequestChanges => Scope::Review,
            Self::DeleteAsset => Scope::Delete,
        }
    }

    /// What clients are told of it.
    pub(crate) fn describe(self) -> rmcp::model::Tool {
        let (title, description) = described::of(self);
        let (input, output) = match self {
            Self::ListAssets => (schema::of::<ListArguments>(), schema::of::<AssetsAnswer>()),
            Self::GetAsset => (schema::of::<GetArguments>(), schema::of::<AssetAnswer>()),
            Self::GetAssetUrl => (schema::of::<LinkArguments>(), schema::of::<LinkAnswer>()),
            Self::ListVersions => {
                (schema::of::<VersionsArguments>(), schema::of::<VersionsAnswer>())
            }
            Self::SubmitAsset | Self::ApproveAsset | Self::RequestChanges => {
                (schema::of::<ReviewArguments>(), schema::of::<AssetAnswer>())
            }
            Self::TagAsset => (schema::of::<TagArguments>(), schema::of::<AssetAnswer>()),
            Self::DeleteAsset => (schema::of::<DeleteArguments>(), schema::of::<DeletedAnswer>()),
        };
        rmcp::model::Tool::new(self.name(), description, input)
            .with_title(title)
            .with_raw_output_schema(output)
            .with_annotations(self.annotations(title))
    }

    fn annotations(self, title: &str) -> ToolAnnotations {
        let hints = ToolAnnotations::with_title(title).open_world(false);
        match self {
            Self::ListAssets | Self::GetAsset | Self::GetAssetUrl | Self::ListVersions => {
                hints.read_only(true).destructive(false).idempotent(true)
            }
            // Once done, it is not allowed: done again after other changes, it has another effect.
            Self::SubmitAsset | Self::ApproveAsset => {
                hints.read_only(false).destructive(false).idempotent(false)
            }
            // It can take an approval away.
            Self::RequestChanges => hints.read_only(false).destructive(true).idempotent(false),
            Self::TagAsset | Self::DeleteAsset => {
                hints.read_only(false).destructive(true).idempotent(true)
            }
        }
    }
}
