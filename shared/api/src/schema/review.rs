//! Of reviews, and of the history that they leave.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{ProblemDetails, Status};

/// For each id, in order: its new status, or why it is as it was.
#[derive(Serialize, ToSchema)]
pub struct ReviewedAssets {
    pub data: Vec<ReviewOutcome>,
}

#[derive(Serialize, ToSchema)]
pub struct ReviewOutcome {
    pub id: String,
    #[schema(required = false)]
    pub status: Status,
    /// The current version.
    #[schema(required = false, minimum = 1)]
    pub version: u32,
    /// As reading the asset gives it.
    #[schema(required = false)]
    pub etag: String,
    #[schema(required = false)]
    pub error: ProblemDetails,
}

/// A page of what changed of an asset, newest first.
#[derive(Serialize, ToSchema)]
pub struct History {
    pub items: Vec<HistoryEvent>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A change of an asset.
#[derive(Serialize, ToSchema)]
pub struct HistoryEvent {
    /// Counts the asset's writes, of which not each is an event.
    #[schema(minimum = 1)]
    pub revision: u64,
    #[schema(format = DateTime)]
    pub at: String,
    /// `created`, `update`, `submit`, `approve`, `request_changes`, `archive`, `restore`, `version`,
    /// `rollback`, `fall_back`.
    pub action: String,
    /// Who; of `created` it is not always known.
    #[schema(required = false)]
    pub actor: HistoryCreator,
    /// The fields that changed, as they were.
    #[schema(required = false)]
    pub from: BTreeMap<String, Value>,
    /// The fields that changed, as they are since; null where there is no value.
    #[schema(required = false)]
    pub to: BTreeMap<String, Value>,
    #[schema(required = false, max_length = 2000)]
    pub comment: String,
    /// `X-Request-Id` of the request that made the change.
    #[schema(required = false)]
    pub request_id: String,
}

/// An API key, or of a producer's file whoever uploaded it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum HistoryCreator {
    Key(HistoryActor),
    Producer(HistoryProducer),
}

/// Whoever uploaded a producer's file.
#[derive(Serialize, ToSchema)]
pub struct HistoryProducer {
    /// As S3 names them.
    pub principal: String,
}

/// An API key.
#[derive(Serialize, ToSchema)]
pub struct HistoryActor {
    /// Its public part; `00000000` is the store itself, where a retention or a lost file led to it.
    pub key: String,
    /// Its name when it acted.
    pub name: String,
}
