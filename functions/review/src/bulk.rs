//! `POST /api/v1/assets/review`: the same step for many assets.

use api::{
    ApiError, Caller, Data, Ids, Item, Json, NoIfMatch, NoParams, Review, Targets, revision,
};
use axum::extract::State;
use futures::stream::{self, StreamExt};
use model::{Action, AssetId, Comment, Record, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Deps;

/// The most assets of a bulk request that are changed at a time.
const AT_ONCE: usize = 10;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviewMany)]
pub(crate) struct BulkRequest {
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Ids>,
    /// Instead of `ids`, with what was seen of each: what has changed since stays as it is.
    items: Option<Vec<Item>>,
    #[schema(value_type = String)]
    action: Action,
    /// Goes on record with each.
    #[schema(value_type = Option<String>)]
    comment: Option<Comment>,
}

/// The outcome for one id of a bulk request.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    id: AssetId,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    now: Option<Now>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// The state that a step has led to.
#[derive(Debug, Serialize)]
struct Now {
    status: Status,
    version: u32,
    etag: String,
}

/// Takes up to 100 assets of the caller's workspace a step further, each for itself.
#[utoipa::path(
    post,
    operation_id = "review_assets",
    path = "/api/v1/assets/review",
    responses(
        (status = 200, description = "{data: [{id, status, version, etag} or {id, error}]}, in the order of the ids", body = ref("#/components/schemas/ReviewedAssets")),
        (status = 400, description = "invalid_body, invalid_json, invalid_header, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:review, and assets:write for submit"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn review_many(
    State(deps): State<Deps>,
    caller: Caller<Review>,
    _: NoParams,
    _: NoIfMatch,
    Json { value: BulkRequest { ids, items, action, comment }, .. }: Json<BulkRequest>,
) -> api::Result<axum::Json<Data<Vec<Outcome>>>> {
    if !caller.allows(action.scope()) {
        return Err(ApiError::forbidden(action.scope()));
    }
    let targets = Targets::of(ids, items)?;
    let note = caller.note(comment, deps.clock.now());
    let reviews = targets.into_iter().map(async |(id, seen)| {
        match deps.store.review(&caller.workspace, id, action, &seen, &note).await {
            Ok(record) => Outcome { id, now: Some(Now::of(&record)), error: None },
            Err(error) => {
                let error = Some(ApiError::from(error).to_error_object());
                Outcome { id, now: None, error }
            }
        }
    });
    let outcomes = stream::iter(reviews).buffered(AT_ONCE).collect().await;
    Ok(axum::Json(Data { data: outcomes }))
}

impl Now {
    fn of(record: &Record) -> Self {
        let (status, version) = (record.asset.status, record.asset.version);
        Self { status, version, etag: revision::etag(record.revision) }
    }
}
