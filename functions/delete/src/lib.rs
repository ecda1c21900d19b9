//! `DELETE /api/v1/assets/{id}` and its bulk form: remove an asset's bytes and its record, for good.

use std::time::Duration;

use api::{
    ApiError, Caller, Data, Delete, Id, Ids, IfMatch, Item, Json, NoIfMatch, NoParams, Targets,
};
use assets::Assets;
use axum::Router;
use axum::extract::State;
use futures::stream::{self, StreamExt};
use http::{StatusCode, Uri};
use model::store::keys;
use model::{AssetId, Seen, WorkspaceId};
use objects::Objects;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most assets of a bulk request that are deleted at a time.
const AT_ONCE: usize = 10;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "delete",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant {
            actions: &["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant {
            actions: &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"],
            on: Resource::Objects(&[objects::ASSETS]),
        },
        Grant { actions: &["s3:ListBucketVersions"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(delete_asset)).routes(routes!(delete_many))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, Objects::of(environment)?)?;
    Ok(api::router(routes(), deps))
}

/// Deletes one asset of the caller's workspace.
#[utoipa::path(
    delete,
    path = "/api/v1/assets/{id}",
    params(
        ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "ETags of the asset, as reading it gives them, or *"),
        ("force" = Option<bool>, Query, description = "true also deletes an asset that has an approved version"),
    ),
    responses(
        (status = 204, description = "Gone, irreversibly"),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:delete; approved: it has an approved version, and force is not true"),
        (status = 404, description = "not_found"),
        (status = 409, description = "contended: others kept changing it"),
        (status = 412, description = "precondition_failed: it is not what If-Match names; with its ETag"),
    ),
)]
async fn delete_asset(
    State(deps): State<Deps>,
    caller: Caller<Delete>,
    Id(id): Id,
    uri: Uri,
    IfMatch(seen): IfMatch,
) -> api::Result<StatusCode> {
    let mut params = api::Params::parse(uri.query())?;
    let force = params.flag("force")?;
    params.finish()?;
    delete(&deps, &caller.workspace, id, &seen, force).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeleteMany)]
struct BulkRequest {
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Ids>,
    /// Instead of `ids`, with what was seen of each: what has changed since stays.
    items: Option<Vec<Item>>,
    /// Also deletes what has an approved version.
    #[serde(default)]
    force: bool,
}

/// The outcome for one id of a bulk request.
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
    operation_id = "delete_assets",
    path = "/api/v1/assets/delete",
    responses(
        (status = 200, description = "{data: [{id, deleted, error?}]}, in the order of the ids", body = ref("#/components/schemas/DeletedAssets")),
        (status = 400, description = "invalid_body, invalid_json, invalid_header, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:delete"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn delete_many(
    State(deps): State<Deps>,
    caller: Caller<Delete>,
    _: NoParams,
    _: NoIfMatch,
    Json { value: BulkRequest { ids, items, force }, .. }: Json<BulkRequest>,
) -> api::Result<axum::Json<Data<Vec<Outcome>>>> {
    let deletes = Targets::of(ids, items)?.into_iter().map(async |(id, seen)| {
        let deleted = delete(&deps, &caller.workspace, id, &seen, force).await;
        let error = deleted.err().map(|error| ApiError::from(error).to_error_object());
        Outcome { id, deleted: error.is_none(), error }
    });
    let outcomes = stream::iter(deletes).buffered(AT_ONCE).collect().await;
    Ok(axum::Json(Data { data: outcomes }))
}

async fn delete(
    deps: &Deps,
    workspace: &WorkspaceId,
    id: AssetId,
    seen: &Seen,
    force: bool,
) -> model::Result<()> {
    let assets = Assets { store: &deps.store, objects: &deps.objects, clock: &deps.clock };
    assets.delete(workspace, id, seen, force).await
}
