//! What `GET /api/assets` answers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Newest first.
#[derive(Serialize, ToSchema)]
pub struct TeamAssets(pub Vec<TeamAsset>);

/// One asset, as team and session apps read it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamAsset {
    /// Stable; JavaScript holds it exactly.
    #[schema(maximum = 9_007_199_254_740_991_u64)]
    pub id: u64,
    /// The tenant.
    pub team_id: String,
    /// The conversation it was made in.
    #[schema(required = true)]
    pub conversation_id: Option<String>,
    /// The run that made it.
    #[schema(required = true)]
    pub run_id: Option<TeamRunId>,
    #[serde(rename = "type")]
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$")]
    pub asset_type: String,
    /// The title, else the file's name, else empty.
    #[schema(max_length = 100)]
    pub title: String,
    /// The text itself, or a link to the file that is good for an hour; empty where there never was a
    /// file.
    pub content: String,
    pub metadata: BTreeMap<String, Value>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A number where the run's id is one, without leading zeros and at most 2^53 - 1.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum TeamRunId {
    Number(u64),
    Name(String),
}
