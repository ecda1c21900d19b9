//! `PATCH /api/v1/assets/{id}`, the steps of its review, and their bulk form: what becomes of an asset
//! once it is there. Each change goes on record with who made it.

mod bulk;
mod edit;
mod rollback;
mod steps;

use std::time::Duration;

use api::{AssetView, Data, revision};
use axum::Router;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use model::Record;
use model::store::keys;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "review",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant {
            actions: &["dynamodb:DeleteItem", "dynamodb:PutItem"],
            on: Resource::Table(&[keys::WORKSPACES]),
        },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(edit::edit_asset))
        .routes(routes!(steps::submit_asset))
        .routes(routes!(steps::approve_asset))
        .routes(routes!(steps::request_changes))
        .routes(routes!(steps::archive_asset))
        .routes(routes!(steps::restore_asset))
        .routes(routes!(rollback::rollback))
        .routes(routes!(bulk::review_many))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, ())?;
    Ok(api::router(routes(), deps))
}

/// The asset as it is now, with its `ETag`.
fn answer(record: Record) -> Response {
    let data = AssetView::from(record.asset);
    ([(ETAG, revision::etag(record.revision))], axum::Json(Data { data })).into_response()
}
