//! `POST /api/v1/assets/{id}/rollback`: an earlier version becomes the current one again.

use api::{ApiError, Caller, Id, IfMatch, Json, NoParams, Review};
use axum::extract::State;
use axum::response::Response;
use model::Comment;
use model::json::Whole;
use serde::Deserialize;

use crate::{Deps, answer};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rollback)]
pub(crate) struct RollbackRequest {
    /// From 1.
    #[schema(value_type = u32, minimum = 1)]
    version: Whole<1, { u32::MAX as u64 }>,
    #[schema(value_type = Option<String>)]
    comment: Option<Comment>,
}

/// Makes a version the asset's current one: approved if it is the approved one, else a draft.
#[utoipa::path(
    post,
    operation_id = "rollback_asset",
    path = "/api/v1/assets/{id}/rollback",
    params(
        ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "ETags of the asset, as reading it gives them, or *"),
    ),
    responses(
        (status = 200, description = "{data: asset}, with ETag", body = ref("#/components/schemas/AssetAnswer")),
        (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:review"),
        (status = 404, description = "not_found; version_not_found"),
        (status = 409, description = "archived: restore it first; no_object: the version's file is not there; contended: others kept changing it"),
        (status = 412, description = "precondition_failed: it is not what If-Match names; with its ETag"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn rollback(
    State(deps): State<Deps>,
    caller: Caller<Review>,
    Id(id): Id,
    _: NoParams,
    IfMatch(seen): IfMatch,
    Json { value: request, .. }: Json<RollbackRequest>,
) -> api::Result<Response> {
    let note = caller.note(request.comment, deps.clock.now());
    let version = u32::try_from(request.version.get()).map_err(model::Error::internal)?;
    let (store, workspace) = (&deps.store, &caller.workspace);
    let record = store.rollback(workspace, id, version, &seen, &note).await?;
    Ok(answer(record.ok_or_else(ApiError::version_not_found)?))
}
