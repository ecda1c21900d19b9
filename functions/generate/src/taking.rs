//! What somebody else has made: jobs that are at a provider already, and files at URLs.

use api::{AssetView, Caller, Data, Generate, Json, NoIfMatch, NoParams, Write};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use generations::{Adoption, Import};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};

use crate::Deps;
use crate::ask::answer;
use crate::terms::terms;

/// Takes over a job that somebody else has submitted to a provider, with the workspace's own key.
#[utoipa::path(
    post,
    path = "/api/v1/generations/adopt",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours"),
        ("traceparent" = Option<String>, Header, description = "W3C Trace Context: the trace that it belongs to"),
    ),
    responses(
        (status = 202, description = "{data: generation}, the same for the same job; Location is where to ask after it", body = ref("#/components/schemas/GenerationAnswer")),
        (status = 400, description = "invalid_body: also where jobs of this provider cannot be adopted; invalid_header, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: media:generate"),
        (status = 404, description = "not_found: what this Idempotency-Key asked for is gone"),
        (status = 409, description = "idempotency_conflict; no_credentials: the workspace has no key for the provider; contended"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn adopt_generation(
    State(deps): State<Deps>,
    caller: Caller<Generate>,
    headers: HeaderMap,
    _: NoParams,
    _: NoIfMatch,
    Json { value: request, bytes }: Json<Adoption>,
) -> api::Result<Response> {
    let terms = terms(&caller, &headers, &bytes)?;
    let (record, assets) = deps.generations().adopt(&caller.workspace, request, &terms).await?;
    Ok(answer(StatusCode::ACCEPTED, record, assets))
}

/// Makes an asset of a file at a URL: it is fetched from there, by the store itself.
#[utoipa::path(
    post,
    path = "/api/v1/assets/import",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours"),
        ("traceparent" = Option<String>, Header, description = "W3C Trace Context: the trace that it belongs to"),
    ),
    responses(
        (status = 202, description = "{data: asset}, which waits for its file; Location. Its generation.id is where to ask how the fetch goes", body = ref("#/components/schemas/AssetAnswer")),
        (status = 400, description = "invalid_body, invalid_header, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:write"),
        (status = 404, description = "not_found: what this Idempotency-Key asked for is gone"),
        (status = 409, description = "idempotency_conflict; contended"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn import_asset(
    State(deps): State<Deps>,
    caller: Caller<Write>,
    headers: HeaderMap,
    _: NoParams,
    _: NoIfMatch,
    Json { value: request, bytes }: Json<Import>,
) -> api::Result<Response> {
    let terms = terms(&caller, &headers, &bytes)?;
    let generations = deps.generations();
    let asset = generations.import(&caller.workspace, request, &terms, deps.is_laptop).await?;
    let location = format!("/api/v1/assets/{}", asset.id);
    let data = AssetView::from(asset);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], axum::Json(Data { data })).into_response())
}
