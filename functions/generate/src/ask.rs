//! `POST /api/v1/generations`.

use std::time::{Duration, Instant};

use api::{AssetView, Caller, Data, Generate, Json, NoIfMatch, Params};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use generations::{Answer, GenerationView, NewGeneration, Terms};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode, Uri};
use model::{Asset, GenerationRecord, Invalid, WorkspaceId};

use crate::Deps;
use crate::terms::{Domain, terms, wait};

/// The time between two looks at a generation that a caller waits for.
const LOOK: Duration = Duration::from_millis(250);

/// Has media made by a provider.
#[utoipa::path(
    post,
    path = "/api/v1/generations",
    params(
        ("dry_run" = Option<bool>, Query, description = "true answers what it would cost, and spends nothing"),
        ("reuse" = Option<String>, Query, description = "approved: a generation by the same recipe of which an asset is approved will do, and is not paid for again"),
        ("Prefer" = Option<String>, Header, description = "wait=N waits up to N seconds, at most 20, for its end"),
        ("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours"),
        ("traceparent" = Option<String>, Header, description = "W3C Trace Context: the trace that it belongs to"),
    ),
    responses(
        (status = 200, description = "{data: estimate} of a dry run, or {data: generation} that was made before, with reuse", body = ref("#/components/schemas/GenerationOrEstimate")),
        (status = 201, description = "{data: generation} that has ended while the caller waited; Location", body = ref("#/components/schemas/GenerationAnswer")),
        (status = 202, description = "{data: generation} that goes on, with assets that wait for their files; Location is where to ask after it", body = ref("#/components/schemas/GenerationAnswer")),
        (status = 400, description = "invalid_body, invalid_header, invalid_json, invalid_parameter"),
        (status = 402, description = "budget_exceeded: names the budget, what is left of it, and what this takes"),
        (status = 403, description = "forbidden_scope: media:generate"),
        (status = 404, description = "not_found: what this Idempotency-Key asked for is gone"),
        (status = 409, description = "idempotency_conflict; no_credentials: the workspace has no key for the provider; no_object: an input has no file; contended"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn create_generation(
    State(deps): State<Deps>,
    caller: Caller<Generate>,
    uri: Uri,
    headers: HeaderMap,
    Domain(domain): Domain,
    _: NoIfMatch,
    Json { value: request, bytes }: Json<NewGeneration>,
) -> api::Result<Response> {
    let mut params = Params::parse(uri.query())?;
    let dry_run = params.flag("dry_run")?;
    let reuse_approved = params.with("reuse", |text| match text {
        "approved" => Ok(()),
        _ => Err(Invalid::new("approved")),
    })?;
    params.finish()?;
    let patience = wait(&headers)?;
    let api_gateway = domain.filter(|_| !deps.is_laptop).map(|domain| format!("https://{domain}"));
    let terms = Terms {
        public_url: deps.public_url.clone().or(api_gateway),
        reuse_approved: reuse_approved.is_some(),
        dry_run,
        ..terms(&caller, &headers, &bytes)?
    };
    let workspace = &caller.workspace;
    Ok(match deps.generations().ask(workspace, request, terms).await? {
        Answer::Estimate(data) => axum::Json(Data { data }).into_response(),
        Answer::Reused(record, assets) => answer(StatusCode::OK, *record, assets),
        Answer::Asked(record, assets) => match patience {
            None => answer(StatusCode::ACCEPTED, *record, assets),
            Some(patience) => wait_for(&deps, workspace, *record, patience).await?,
        },
    })
}

/// The generation at its end, or as it is once the caller has waited enough.
async fn wait_for(
    deps: &Deps,
    workspace: &WorkspaceId,
    mut record: GenerationRecord,
    patience: Duration,
) -> api::Result<Response> {
    let until = Instant::now() + patience;
    while !record.job.status.has_ended() && Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        let found = deps.api.store.find_generation(workspace, record.id).await?;
        record = found.ok_or(model::Error::NotFound)?;
    }
    let has_ended = record.job.status.has_ended();
    let status = if has_ended { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let assets = deps.generations().assets_of(workspace, &record).await?;
    Ok(answer(status, record, assets))
}

pub(crate) fn answer(status: StatusCode, record: GenerationRecord, assets: Vec<Asset>) -> Response {
    let location = format!("/api/v1/generations/{}", record.id);
    let data = shown(record, assets);
    (status, [(LOCATION, location)], axum::Json(Data { data })).into_response()
}

/// The generation as callers see it, with its assets.
pub(crate) fn shown(record: GenerationRecord, assets: Vec<Asset>) -> GenerationView<AssetView> {
    GenerationView::new(record, Some(assets.into_iter().map(AssetView::from).collect()))
}
