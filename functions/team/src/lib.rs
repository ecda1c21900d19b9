//! `GET /api/assets`: assets as team and session apps list them, each with its content.

mod content;
mod item;
mod query;

use std::time::Duration;

use api::{ApiError, Caller, Read};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use model::Order;
use model::store::keys;
use objects::Objects;
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::item::TeamAsset;
use crate::query::TeamQuery;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "team",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("*") },
        Grant { actions: &["s3:GetObject"], on: Resource::Objects(&[objects::ASSETS]) },
        Grant { actions: &["s3:ListBucket"], on: Resource::Bucket },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(list_team_assets))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, Objects::of(environment)?)?;
    Ok(api::router(routes(), deps))
}

/// Lists assets with their content, newest first.
///
/// `content` is the text itself of a text (`text/*`, `application/json`) of up to 1 MiB, while the
/// answer has room for it (some 3 MiB of texts, newest first); of any other file it is a link, good
/// for an hour.
#[utoipa::path(
    get,
    path = "/api/assets",
    params(
        ("conversationId" = Option<String>, Query, description = "Like runId and type: repeated or comma-separated values mean any of them, at most 10."),
        ("runId" = Option<String>, Query),
        ("type" = Option<String>, Query),
        ("from" = Option<String>, Query, description = "RFC 3339 time or date; inclusive"),
        ("to" = Option<String>, Query, description = "RFC 3339 time or date; exclusive. The same date as from: that day"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "1 to 100, default 60"),
        ("offset" = Option<u64>, Query, description = "How many of the newest to skip, default 0; past the end the answer is empty"),
    ),
    responses(
        (status = 200, description = "[asset, …]; never cached, as it holds links", body = ref("#/components/schemas/TeamAssets")),
        (status = 400, description = "invalid_parameter; use_cursor: the offset is too deep to count to, or what is asked for too rare to be found in one request"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
async fn list_team_assets(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
) -> api::Result<impl IntoResponse> {
    let TeamQuery { filter, offset, limit } = TeamQuery::parse(uri.query())?;
    let store = &deps.store;
    let found = store.list_slice(&caller.workspace, &filter, Order::Desc, offset, limit).await?;
    let assets = found.ok_or_else(ApiError::too_rare)?;
    let contents = content::of(&deps.objects, &assets, deps.clock.now()).await?;
    let answer = assets.into_iter().zip(contents);
    let answer: Vec<_> = answer.map(|(asset, content)| TeamAsset::new(asset, content)).collect();
    Ok(axum::Json(answer))
}
