//! `POST /api/v1/assets/{id}/versions`: the same for a new version of an asset.

use api::{Caller, Id, IfMatch, Json, NoParams, Write, idempotency_key};
use assets::{NewVersion, PendingUpload};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use model::Checksum;
use model::version::Version;
use serde::Serialize;

use crate::{Deps, assets};

#[derive(Debug, Serialize)]
struct Answer {
    data: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<PendingUpload>,
}

/// Registers a version of an asset. It becomes the current one, as a draft, once its file is there.
#[utoipa::path(
    post,
    path = "/api/v1/assets/{id}/versions",
    params(
        ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "ETags of the asset, as reading it gives them, or *"),
        ("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours"),
    ),
    responses(
        (status = 201, description = "{data: version, upload: {method, url, headers, expires_at}}; without upload where nothing is to be uploaded", body = ref("#/components/schemas/CreatedVersion")),
        (status = 400, description = "invalid_body, invalid_json, invalid_header, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:write"),
        (status = 404, description = "not_found"),
        (status = 409, description = "no_object: its first version is still to come; archived; too_many_versions; idempotency_conflict; contended: others kept changing it"),
        (status = 412, description = "precondition_failed: it is not what If-Match names; with its ETag"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn create_version(
    State(deps): State<Deps>,
    caller: Caller<Write>,
    Id(id): Id,
    _: NoParams,
    headers: HeaderMap,
    IfMatch(seen): IfMatch,
    Json { value: request, bytes }: Json<NewVersion>,
) -> api::Result<Response> {
    let idempotency = idempotency_key(&headers)?.map(|name| (name, Checksum::of(&bytes)));
    let (workspace, actor) = (&caller.workspace, &caller.actor);
    let (assets, idempotency) = (assets(&deps), idempotency.as_ref());
    let added = assets.add_version(workspace, id, &seen, actor, request, idempotency);
    let (data, upload) = added.await?;
    Ok((StatusCode::CREATED, axum::Json(Answer { data, upload })).into_response())
}
