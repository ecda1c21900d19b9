//! `POST /api/v1/assets/review`: the same step for many assets.

use api::{ApiError, Caller, Data, Ids, Json, Params, Review};
use axum::extract::State;
use futures::stream::{self, StreamExt};
use http::Uri;
use model::{Action, AssetId, Comment, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Deps;

/// How many assets of a bulk request are changed at a time.
const AT_ONCE: usize = 10;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviewMany)]
pub(crate) struct BulkRequest {
    #[schema(value_type = Vec<String>)]
    ids: Ids,
    #[schema(value_type = String, pattern = "^(submit|approve|request[_-]changes|archive|restore)$")]
    action: Action,
    /// Goes on record with each.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    comment: Option<Comment>,
}

/// What became of one id of a bulk request.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    id: AssetId,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// Takes up to 100 assets of the caller's workspace a step further, each for itself.
#[utoipa::path(
    post,
    path = "/api/v1/assets/review",
    responses(
        (status = 200, description = "{data: [{id, status} or {id, error}]}, in the order of the ids", body = ref("#/components/schemas/ReviewedAssets")),
        (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:review"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn review_many(
    State(deps): State<Deps>,
    caller: Caller<Review>,
    uri: Uri,
    Json { value: BulkRequest { ids, action, comment }, .. }: Json<BulkRequest>,
) -> api::Result<axum::Json<Data<Vec<Outcome>>>> {
    Params::parse(uri.query())?.finish()?;
    let note = caller.note(comment, deps.clock.now());
    let reviews = ids.into_iter().map(async |id| {
        match deps.store.review(&caller.workspace, id, action, &note).await {
            Ok(record) => Outcome { id, status: Some(record.asset.status), error: None },
            Err(error) => {
                let error = Some(ApiError::from(error).to_error_object());
                Outcome { id, status: None, error }
            }
        }
    });
    let outcomes = stream::iter(reviews).buffered(AT_ONCE).collect().await;
    Ok(axum::Json(Data { data: outcomes }))
}
