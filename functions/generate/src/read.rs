//! Generations and providers, as they are, and what was made by a recipe; and the wish that a generation be cancelled.

use std::time::Duration;

use api::{
    ApiError, AssetView, Caller, Data, Generate, Id, Json, NoIfMatch, NoParams, PageSize, Params,
    Read,
};
use axum::extract::State;
use generations::{GenerationView, NewGeneration, Offer, offers};
use http::Uri;
use model::store::Attempts;
use model::{
    Checksum, Error, GenerationCursor, GenerationFilter, GenerationId, GenerationRecord,
    WorkspaceId,
};
use serde::Serialize;

use crate::Deps;
use crate::ask::shown;

type View = GenerationView<AssetView>;

/// A page of generations.
#[derive(Debug, Serialize)]
pub(crate) struct GenerationPage {
    items: Vec<View>,
    next_cursor: Option<String>,
}

/// Lists the workspace's generations, newest first; with `at_risk`, those whose outputs are at the provider alone,
/// soonest gone first.
#[utoipa::path(
    get,
    path = "/api/v1/generations",
    params(
        ("status" = Option<String>, Query, description = "queued, submitting, running, fetching, succeeded, failed, refused, canceled, unresolved or lost"),
        ("execution_id" = Option<String>, Query),
        ("agent_id" = Option<String>, Query),
        ("provider" = Option<String>, Query),
        ("at_risk" = Option<bool>, Query, description = "true: those whose outputs are at the provider alone, soonest gone first, in one page; with no other filter"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before, with the same filters"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}; a page may be short, or even empty, with a cursor", body = ref("#/components/schemas/Generations")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
pub(crate) async fn list_generations(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
) -> api::Result<axum::Json<GenerationPage>> {
    let mut params = Params::parse(uri.query())?;
    let at_risk = params.flag("at_risk")?;
    let limit = params.limit(PageSize::BY_CURSOR)?;
    let (workspace, store) = (&caller.workspace, &deps.api.store);
    let (found, next_cursor) = if at_risk {
        params.finish()?;
        (store.generations_at_risk(workspace, limit).await?, None)
    } else {
        let filter = GenerationFilter {
            status: params.parsed("status")?,
            execution_id: params.parsed("execution_id")?,
            agent_id: params.parsed("agent_id")?,
            provider: params.parsed("provider")?,
        };
        let cursor = params.with("cursor", |text| GenerationCursor::decode(text, &filter))?;
        params.finish()?;
        let before = cursor.map(|cursor| cursor.before);
        let (found, before) = store.list_generations(workspace, &filter, before, limit).await?;
        (found, before.map(|before| GenerationCursor { before }.encode(&filter)))
    };
    let items = found.into_iter().map(|record| View::new(record, None)).collect();
    Ok(axum::Json(GenerationPage { items, next_cursor }))
}

/// Reads a generation, with its assets.
#[utoipa::path(
    get,
    path = "/api/v1/generations/{id}",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "{data: generation}", body = ref("#/components/schemas/GenerationAnswer")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found"),
    ),
)]
pub(crate) async fn get_generation(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id<GenerationId>,
    _: NoParams,
) -> api::Result<axum::Json<Data<View>>> {
    let found = deps.api.store.find_generation(&caller.workspace, id).await?;
    view(&deps, &caller.workspace, found.ok_or(Error::NotFound)?).await
}

/// Wishes that a generation be cancelled. What its provider makes all the same is kept, and charged.
#[utoipa::path(
    post,
    path = "/api/v1/generations/{id}/cancel",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "{data: generation}: canceled where it was not sent yet, else as it is until the provider says", body = ref("#/components/schemas/GenerationAnswer")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: media:generate"),
        (status = 404, description = "not_found"),
        (status = 409, description = "has_ended: there is nothing to cancel; contended"),
    ),
)]
pub(crate) async fn cancel_generation(
    State(deps): State<Deps>,
    caller: Caller<Generate>,
    Id(id): Id<GenerationId>,
    _: NoParams,
    _: NoIfMatch,
) -> api::Result<axum::Json<Data<View>>> {
    let (workspace, store, now) = (&caller.workspace, &deps.api.store, deps.api.clock.now());
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        let read = store.find_generation(workspace, id).await?.ok_or(Error::NotFound)?;
        let Some(job) = read.job.cancel_wished(now) else {
            let is_wished = read.job.cancel.is_some() || read.job.status.is_canceled();
            if is_wished {
                return view(&deps, workspace, read).await;
            }
            let status = read.job.status.as_str();
            return Err(ApiError::conflict("has_ended", format!("it is {status} already")));
        };
        let next = read.with_job(job, now);
        if let Some(next) = store.replace_generation(workspace, &read, next).await? {
            if next.job.status.has_ended() {
                deps.generations().give_up(workspace, &next).await?;
                tell(&deps, &next).await;
            }
            if let Some(due) = next.job.due_at {
                deps.media.wake(workspace, id, due, now).await?;
            }
            return view(&deps, workspace, next).await;
        }
    }
}

/// The generations by a recipe.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    recipe: Checksum,
    generations: Vec<View>,
}

/// Finds what was already made by the recipe of a request: nothing is asked of a provider, and nothing spent.
#[utoipa::path(
    post,
    path = "/api/v1/recipes/lookup",
    responses(
        (status = 200, description = "{data: {recipe, generations}}: newest first, at most 20, each with its assets", body = ref("#/components/schemas/RecipeAnswer")),
        (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 409, description = "no_object: an input has no file"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn look_up_recipe(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    _: NoParams,
    _: NoIfMatch,
    Json { value: request, .. }: Json<NewGeneration>,
) -> api::Result<axum::Json<Data<Made>>> {
    let (recipe, made) = deps.generations().lookup(&caller.workspace, request).await?;
    let generations = made.into_iter().map(|(record, assets)| shown(record, assets));
    Ok(axum::Json(Data { data: Made { recipe, generations: generations.collect() } }))
}

/// Lists the models that can be called, with their limits and prices, and which the workspace has a key for.
#[utoipa::path(
    get,
    path = "/api/v1/providers",
    responses(
        (status = 200, description = "{data: [model]}; * stands for any other that the provider knows", body = ref("#/components/schemas/MediaModels")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
    ),
)]
pub(crate) async fn list_providers(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    _: NoParams,
) -> api::Result<axum::Json<Data<Vec<Offer>>>> {
    Ok(axum::Json(Data { data: offers(&deps.media, &caller.workspace).await? }))
}

/// Has the span of a generation sent to where traces are collected, if they are.
async fn tell(deps: &Deps, record: &GenerationRecord) {
    let sent = deps.media.tell(&record.workspace_id, record.id, 0, Duration::ZERO);
    if let Err(error) = sent.await {
        let error = model::error::loggable(&error);
        tracing::warn!(error, "the span of a cancelled generation is not sent");
    }
}

async fn view(
    deps: &Deps,
    workspace: &WorkspaceId,
    record: GenerationRecord,
) -> api::Result<axum::Json<Data<View>>> {
    let assets = deps.generations().assets_of(workspace, &record).await?;
    Ok(axum::Json(Data { data: shown(record, assets) }))
}
