//! Asking for exports, and after them.

use api::{Caller, Data, ExportRequest, Id, Json, NoIfMatch, NoParams, PageSize, Params, Read};
use assets::Assets;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode, Uri};
use model::{Export, ExportCursor, ExportId, ExportRecord, ExportStatus, Timestamp, WorkspaceId};
use objects::Objects;
use serde::Serialize;

type Deps = api::Deps<Objects>;

/// An export, with a link to its archive once there is one.
#[derive(Debug, Serialize)]
pub(crate) struct ExportView {
    #[serde(flatten)]
    export: Export,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_expires_at: Option<Timestamp>,
}

/// A page of exports.
#[derive(Debug, Serialize)]
pub(crate) struct ExportPage {
    items: Vec<ExportView>,
    next_cursor: Option<String>,
}

/// Asks for an archive of the approved versions of many assets.
#[utoipa::path(
    post,
    path = "/api/v1/exports",
    params(("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours")),
    responses(
        (status = 202, description = "{data: export}, queued, or as it is by now where this Idempotency-Key asked for it before; Location is where to ask after it", body = ref("#/components/schemas/ExportAnswer")),
        (status = 400, description = "invalid_body, invalid_header, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found: what this Idempotency-Key asked for is gone"),
        (status = 409, description = "idempotency_conflict"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn create_export(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    _: NoParams,
    headers: HeaderMap,
    _: NoIfMatch,
    Json { value: request, bytes }: Json<ExportRequest>,
) -> api::Result<Response> {
    let idempotency = api::idempotency_key(&headers)?;
    // Refused now rather than when nobody waits for it any more.
    request.selection()?;
    let (workspace, actor) = (&caller.workspace, caller.actor.clone());
    let (assets, idempotency) = (assets(&deps), idempotency.as_ref());
    let record = assets.ask_for_export(workspace, actor, bytes.to_vec(), idempotency).await?;
    let location = format!("/api/v1/exports/{}", record.export.id);
    let data = view(&deps, workspace, record).await?;
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], axum::Json(Data { data })).into_response())
}

/// Lists the workspace's exports, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/exports",
    params(
        ("status" = Option<String>, Query, description = "queued, running, succeeded or failed"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before, with the same status"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}; a page may be short, or even empty, with a cursor", body = ref("#/components/schemas/Exports")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
pub(crate) async fn list_exports(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
) -> api::Result<axum::Json<ExportPage>> {
    let mut params = Params::parse(uri.query())?;
    let status: Option<ExportStatus> = params.parsed("status")?;
    let limit = params.limit(PageSize::BY_CURSOR)?;
    let cursor = params.with("cursor", |text| ExportCursor::decode(text, status))?;
    params.finish()?;
    let (workspace, now) = (&caller.workspace, deps.clock.now());
    let before = cursor.map(|cursor| cursor.before);
    let page = deps.store.list_exports(workspace, status, before, limit, now).await?;
    let mut items = Vec::with_capacity(page.0.len());
    for record in page.0 {
        items.push(view(&deps, workspace, record).await?);
    }
    let next_cursor = page.1.map(|before| ExportCursor { before }.encode(status));
    Ok(axum::Json(ExportPage { items, next_cursor }))
}

/// Reads an export: how far it is, and a link to its archive for an hour, once there is one.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{id}",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "{data: export}: queued, running with progress, succeeded with url, or failed with error", body = ref("#/components/schemas/ExportAnswer")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found: there is none, or it ended a week ago"),
    ),
)]
pub(crate) async fn get_export(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id<ExportId>,
    _: NoParams,
) -> api::Result<axum::Json<Data<ExportView>>> {
    let workspace = &caller.workspace;
    let record = assets(&deps).export(workspace, id).await?;
    Ok(axum::Json(Data { data: view(&deps, workspace, record).await? }))
}

/// The records and objects that exports are asked for over.
fn assets(deps: &Deps) -> Assets<'_> {
    Assets { store: &deps.store, objects: &deps.objects, clock: &deps.clock }
}

/// The export as callers see it.
async fn view(
    deps: &Deps,
    workspace: &WorkspaceId,
    record: ExportRecord,
) -> api::Result<ExportView> {
    let link = assets(deps).archive(workspace, &record).await?;
    let (url, url_expires_at) = link.map(|link| (link.url, link.expires_at)).unzip();
    Ok(ExportView { export: record.export, url, url_expires_at })
}
