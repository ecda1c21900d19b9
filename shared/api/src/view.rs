//! The parts that answers share.

use model::Asset;
use serde::Serialize;

/// The envelope of a single thing.
#[derive(Debug, Clone, Serialize)]
pub struct Data<T> {
    /// The thing.
    pub data: T,
}

/// An asset with the aliases that the published SDKs read.
#[derive(Debug, Clone, Serialize)]
pub struct AssetView {
    #[serde(flatten)]
    asset: Asset,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl From<Asset> for AssetView {
    fn from(asset: Asset) -> Self {
        Self {
            media_type: asset.asset_type.to_string(),
            mime_type: asset.content_type.as_ref().map(ToString::to_string),
            storage_path: asset.storage_key.clone(),
            size: asset.file_size,
            asset,
        }
    }
}
