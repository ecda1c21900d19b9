//! Asking for an export, and after it.

use api::{ApiError, Caller, Data, Id, Json, Params, Read};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{StatusCode, Uri};
use model::{Export, ExportId, ExportRecord, ExportStatus, Timestamp};
use objects::{ExportKey, Lifetime, Objects};
use serde::Serialize;

use crate::request::ExportRequest;

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

/// Asks for an archive of the approved versions of many assets.
#[utoipa::path(
    post,
    path = "/api/v1/exports",
    responses(
        (status = 202, description = "{data: export}, queued; Location is where to ask after it", body = ref("#/components/schemas/ExportAnswer")),
        (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn create_export(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
    Json { value: request, bytes }: Json<ExportRequest>,
) -> api::Result<Response> {
    Params::parse(uri.query())?.finish()?;
    // Refused now rather than when nobody waits for it any more.
    request.selection()?;
    let now = deps.clock.now();
    let record = ExportRecord::new(caller.workspace.clone(), caller.actor.clone(), now);
    deps.store.create_export(&caller.workspace, &record).await?;
    let key = ExportKey { workspace: caller.workspace.clone(), id: record.export.id };
    deps.objects.put(&key.job(), bytes.to_vec(), "application/json").await?;
    let location = format!("/api/v1/exports/{}", key.id);
    let data = ExportView { export: record.export, url: None, url_expires_at: None };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], axum::Json(Data { data })).into_response())
}

/// Reads an export: how far it is, and a link to its archive for an hour, once there is one.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{id}",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "{data: export}: queued, running with progress, succeeded with url, or failed with error", body = ref("#/components/schemas/ExportAnswer")),
        (status = 400, description = "invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found: there is none, or it ended a week ago"),
    ),
)]
pub(crate) async fn get_export(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id<ExportId>,
    uri: Uri,
) -> api::Result<axum::Json<Data<ExportView>>> {
    Params::parse(uri.query())?.finish()?;
    let now = deps.clock.now();
    let found = deps.store.find_export(&caller.workspace, id).await?;
    let record = found.filter(|record| record.export.expires_at.is_none_or(|at| at > now));
    let export = record.ok_or_else(ApiError::not_found)?.export;
    let mut data = ExportView { export, url: None, url_expires_at: None };
    if data.export.status == ExportStatus::Succeeded {
        let key = ExportKey { workspace: caller.workspace.clone(), id };
        let seconds = Lifetime::default().seconds();
        let signed = deps.objects.sign_archive(&key, seconds, now).await?;
        (data.url, data.url_expires_at) = (Some(signed.url), Some(signed.expires_at));
    }
    Ok(axum::Json(Data { data }))
}
