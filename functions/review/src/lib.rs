//! `PATCH /api/v1/assets/{id}`, the steps of its review, and their bulk form: what becomes of an asset
//! once it is there. Each change goes on record with who made it.

mod bulk;
mod edit;
mod rollback;
mod steps;

use api::{AssetView, Data, revision};
use axum::Router;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use model::Record;
use model::aws::Needs;
use model::store::keys;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["TABLE_NAME"],
    actions: &["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
    reads: &[keys::WORKSPACES, keys::API_KEYS],
    writes: &[keys::WORKSPACES],
};

/// What the function works with.
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
pub fn router(deps: Deps) -> Router {
    api::router(routes(), deps)
}

/// The asset as it is now, with its `ETag`.
fn answer(record: Record) -> Response {
    let data = AssetView::from(record.asset);
    ([(ETAG, revision::etag(record.revision))], axum::Json(Data { data })).into_response()
}
