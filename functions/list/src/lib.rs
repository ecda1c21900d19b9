//! `GET /api/v1/assets` in both dialects, `GET /api/v1/assets/{id}`, its history and versions,
//! `GET /api/v1/usage`, and what answers where no other route does.

mod history;
mod query;
mod routes;
mod usage;
mod versions;

use std::time::Duration;

use api::{ApiError, AssetView, Caller, Data, Id, NoParams, Read, revision};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG};
use http::{HeaderMap, StatusCode, Uri};
use model::store::keys;
use model::{Asset, Cursor, Filter, Order, Status};
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::query::{ListQuery, Paging};

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "list",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant { actions: &["dynamodb:Query"], on: Resource::Index("*") },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(list_assets))
        .routes(routes!(get_asset))
        .routes(routes!(history::history))
        .routes(routes!(versions::list_versions))
        .routes(routes!(usage::usage))
        .routes(routes!(routes::openapi))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, ())?;
    Ok(api::router_or(routes(), deps, routes::fallback))
}

/// A page by cursor.
#[derive(Debug, Serialize)]
struct CursorPage {
    items: Vec<Asset>,
    next_cursor: Option<String>,
}

/// A page by number.
#[derive(Debug, Serialize)]
struct NumberedPage {
    data: Vec<AssetView>,
    meta: Meta,
}

#[derive(Debug, Serialize)]
struct Meta {
    total: usize,
    page: usize,
    limit: usize,
    pages: usize,
    total_pages: usize,
    /// Only where counting stopped before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_relation: Option<&'static str>,
    /// Only where there is more that no number leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Lists assets: with `page` by number, without it by cursor.
#[utoipa::path(
    get,
    path = "/api/v1/assets",
    params(
        ("type" = Option<String>, Query, description = "Alias media_type. Like every exact filter: repeated or comma-separated values mean any of them, at most 10."),
        ("provider" = Option<String>, Query),
        ("model" = Option<String>, Query),
        ("tool" = Option<String>, Query),
        ("execution_id" = Option<String>, Query),
        ("agent_id" = Option<String>, Query),
        ("conversation_id" = Option<String>, Query),
        ("run_id" = Option<String>, Query),
        ("campaign_id" = Option<String>, Query),
        ("status" = Option<String>, Query, description = Status::LISTED),
        ("approved" = Option<bool>, Query, description = "Only true is taken: assets that have an approved version"),
        ("created_from" = Option<String>, Query, description = "Alias from. RFC 3339 time or date; inclusive"),
        ("created_to" = Option<String>, Query, description = "Alias to. RFC 3339 time or date; exclusive. The same date as created_from: that day"),
        ("tag" = Option<String>, Query, description = "name:value, such as brand:acme, of a tag that it has. Of one name any of the values will do; of several names each must be there. tag.brand=acme says the same"),
        ("q" = Option<String>, Query, description = "Substring of title, prompt or file name, in any case and normal form of Unicode"),
        ("order" = Option<String>, Query, description = "By creation; default desc"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50; with page 1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before, with the same filters and order"),
        ("page" = Option<u64>, Query, minimum = 1, description = "Up to 10000 assets deep, as far as meta.pages says. Not with cursor"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}; with page {data, meta}", body = ref("#/components/schemas/AssetList")),
        (status = 400, description = "invalid_parameter, use_cursor"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
async fn list_assets(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
) -> api::Result<Response> {
    let ListQuery { filter, order, paging } = ListQuery::parse(uri.query())?;
    match paging {
        Paging::Cursor { after, limit } => {
            list_by_cursor(&deps, &caller, &filter, order, after, limit).await
        }
        Paging::Page { page, limit } => {
            list_by_number(&deps, &caller, &filter, order, page, limit).await
        }
    }
}

async fn list_by_cursor(
    deps: &Deps,
    caller: &Caller<Read>,
    filter: &Filter,
    order: Order,
    after: Option<Cursor>,
    limit: usize,
) -> api::Result<Response> {
    let page = deps.store.list(&caller.workspace, filter, order, after, limit).await?;
    let next_cursor = page.next.map(|cursor| cursor.encode(filter, order));
    Ok(axum::Json(CursorPage { items: page.items, next_cursor }).into_response())
}

async fn list_by_number(
    deps: &Deps,
    caller: &Caller<Read>,
    filter: &Filter,
    order: Order,
    page: usize,
    limit: usize,
) -> api::Result<Response> {
    let skip = (page - 1) * limit;
    let found = deps.store.list_numbered(&caller.workspace, filter, order, skip, limit).await?;
    if found.too_deep {
        return Err(ApiError::too_rare());
    }
    let next_cursor = found.next.map(|cursor| cursor.encode(filter, order));
    let meta = Meta {
        total: found.total,
        page,
        limit,
        pages: found.pages,
        total_pages: found.pages,
        total_relation: found.at_least.then_some("gte"),
        next_cursor,
    };
    let data = found.items.into_iter().map(AssetView::from).collect();
    Ok(axum::Json(NumberedPage { data, meta }).into_response())
}

/// Reads one asset.
#[utoipa::path(
    get,
    path = "/api/v1/assets/{id}",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "{data: asset}, with ETag", body = ref("#/components/schemas/AssetAnswer")),
        (status = 304, description = "Still as If-None-Match knows it"),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found"),
    ),
)]
async fn get_asset(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id,
    _: NoParams,
    headers: HeaderMap,
) -> api::Result<Response> {
    let record = deps.store.get(&caller.workspace, id).await?;
    let etag = revision::etag(record.revision);
    let response = if revision::is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        axum::Json(Data { data: AssetView::from(record.asset) }).into_response()
    };
    Ok(([(ETAG, etag.as_str()), (CACHE_CONTROL, "private, no-cache")], response).into_response())
}
