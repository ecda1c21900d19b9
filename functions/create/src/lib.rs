//! `POST /api/v1/assets`, and `POST /api/v1/assets/{id}/versions`: register an asset, or a version of
//! one, and get a signed upload, or store small inline content.

mod versions;

use std::time::Duration;

use api::{AssetView, Caller, Json, NoIfMatch, NoParams, Write, idempotency_key};
use assets::{Assets, NewAsset, NewOrKnown, PendingUpload};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use model::Checksum;
use model::store::keys;
use objects::Objects;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "create",
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
            actions: &["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
        Grant {
            actions: &["s3:GetObject", "s3:PutObject"],
            on: Resource::Objects(&[objects::ASSETS]),
        },
        Grant { actions: &["s3:ListBucket"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create_asset)).routes(routes!(versions::create_version))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, Objects::of(environment)?)?;
    Ok(api::router(routes(), deps))
}

/// The answer to a request to create.
#[derive(Debug, Serialize)]
struct Answer {
    data: AssetView,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<PendingUpload>,
}

/// The records and objects that the function makes assets over.
pub(crate) fn assets(deps: &Deps) -> Assets<'_> {
    Assets { store: &deps.store, objects: &deps.objects, clock: &deps.clock }
}

/// Registers an asset.
#[utoipa::path(
    post,
    path = "/api/v1/assets",
    params(("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours")),
    responses(
        (status = 200, description = "{data: asset}: the workspace has these bytes from this provenance", body = ref("#/components/schemas/CreatedAsset")),
        (status = 201, description = "{data: asset, upload: {method, url, headers, expires_at}}; without upload where nothing is to be uploaded", body = ref("#/components/schemas/CreatedAsset")),
        (status = 400, description = "invalid_body, invalid_json, invalid_header, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:write"),
        (status = 404, description = "not_found: what this Idempotency-Key created is deleted"),
        (status = 409, description = "idempotency_conflict; contended: others kept changing it"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn create_asset(
    State(deps): State<Deps>,
    caller: Caller<Write>,
    _: NoParams,
    headers: HeaderMap,
    _: NoIfMatch,
    Json { value: request, bytes }: Json<NewAsset>,
) -> api::Result<Response> {
    let idempotency = idempotency_key(&headers)?.map(|name| (name, Checksum::of(&bytes)));
    let (workspace, actor) = (&caller.workspace, caller.actor.clone());
    let made = assets(&deps).create(workspace, actor, request, idempotency).await?;
    let (record, upload) = match made {
        NewOrKnown::New(record, upload) => (record, upload),
        NewOrKnown::Known(record) => {
            let answer = Answer { data: record.asset.into(), upload: None };
            return Ok(axum::Json(answer).into_response());
        }
    };
    let location = format!("/api/v1/assets/{}", record.asset.id);
    let answer = axum::Json(Answer { data: record.asset.into(), upload });
    Ok((StatusCode::CREATED, [(LOCATION, location)], answer).into_response())
}
