//! `DELETE /api/v1/assets/{id}` and its bulk form: remove an asset's bytes and its record, for good.

use api::{ApiError, Caller, Data, Delete, Id, Ids, Json};
use axum::Router;
use axum::extract::State;
use futures::stream::{self, StreamExt};
use http::{StatusCode, Uri};
use model::aws::Needs;
use model::{AssetId, Deletion, DeletionReason, WorkspaceId};
use objects::Objects;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many assets of a bulk request are deleted at a time.
const AT_ONCE: usize = 10;

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    actions: &[
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "s3:DeleteObject",
        "s3:GetObject",
    ],
};

/// What the function works with.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(delete_asset)).routes(routes!(delete_many))
}

/// The function as a service.
pub fn router(deps: Deps) -> Router {
    api::router(routes(), deps)
}

/// Deletes one asset of the caller's workspace.
#[utoipa::path(
    delete,
    path = "/api/v1/assets/{id}",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "Gone, irreversibly"),
        (status = 400, description = "invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:delete"),
        (status = 404, description = "not_found"),
    ),
)]
async fn delete_asset(
    State(deps): State<Deps>,
    caller: Caller<Delete>,
    Id(id): Id,
    uri: Uri,
) -> api::Result<StatusCode> {
    api::Params::parse(uri.query())?.finish()?;
    delete(&deps, &caller.workspace, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeleteMany)]
struct BulkRequest {
    #[schema(value_type = Vec<String>)]
    ids: Ids,
}

/// What became of one id of a bulk request.
#[derive(Debug, Serialize)]
struct Outcome {
    id: AssetId,
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// Deletes up to 100 assets of the caller's workspace, each for itself.
#[utoipa::path(
    post,
    path = "/api/v1/assets/delete",
    responses(
        (status = 200, description = "{data: [{id, deleted, error?}]}, in the order of the ids", body = ref("#/components/schemas/DeletedAssets")),
        (status = 400, description = "invalid_body, invalid_json"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:delete"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn delete_many(
    State(deps): State<Deps>,
    caller: Caller<Delete>,
    uri: Uri,
    Json { value: request, .. }: Json<BulkRequest>,
) -> api::Result<axum::Json<Data<Vec<Outcome>>>> {
    api::Params::parse(uri.query())?.finish()?;
    let deletes = request.ids.into_iter().map(async |id| {
        let error = delete(&deps, &caller.workspace, id).await.err().map(ApiError::from);
        let error = error.map(|error| error.to_error_object());
        Outcome { id, deleted: error.is_none(), error }
    });
    let outcomes = stream::iter(deletes).buffered(AT_ONCE).collect().await;
    Ok(axum::Json(Data { data: outcomes }))
}

/// From the tombstone on, the asset is gone for every caller. If what follows fails, `cleanup`
/// goes on with it within the hour, so the caller need not know.
async fn delete(deps: &Deps, workspace: &WorkspaceId, id: AssetId) -> model::Result<()> {
    let deletion =
        Deletion { deleted_at: deps.clock.now(), deleted_because: DeletionReason::Deleted };
    let tombstone = deps.store.tombstone(workspace, id, deletion).await?;
    let rest = async {
        deps.objects.delete_of(&tombstone).await?;
        deps.store.purge(workspace, &tombstone).await
    };
    if let Err(error) = rest.await {
        tracing::warn!(%workspace, %id, ?error, "a delete is left to cleanup");
    }
    Ok(())
}
