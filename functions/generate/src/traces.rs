//! `GET /api/v1/executions/{id}/spans`: the media calls of a run.

use api::{Caller, Id, PageSize, Params, Read};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use generations::span_of;
use http::Uri;
use model::{GenerationCursor, GenerationFilter, GenerationRecord, Reference};
use serde::Serialize;
use spans::{MediaSpan, Told};

use crate::Deps;

/// A page of spans.
#[derive(Debug, Serialize)]
struct SpanPage<'a> {
    items: Vec<Told<'a>>,
    next_cursor: Option<String>,
}

/// Lists the media calls of an execution as spans of its trace, newest first: also those that made nothing, and those
/// whose files were deleted.
#[utoipa::path(
    get,
    path = "/api/v1/executions/{id}/spans",
    params(
        ("id" = String, Path, description = "The execution, as it was named when the generation was asked for"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}; of an execution that made nothing, no items", body = ref("#/components/schemas/MediaSpans")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found: nothing can have this name"),
    ),
)]
pub(crate) async fn list_spans(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(execution): Id<Reference>,
    uri: Uri,
) -> api::Result<Response> {
    let filter = GenerationFilter { execution_id: Some(execution), ..GenerationFilter::default() };
    let mut params = Params::parse(uri.query())?;
    let limit = params.limit(PageSize::BY_CURSOR)?;
    let cursor = params.with("cursor", |text| GenerationCursor::decode(text, &filter))?;
    params.finish()?;
    let (workspace, store) = (&caller.workspace, &deps.api.store);
    let before = cursor.map(|cursor| cursor.before);
    let (found, before) = store.list_generations(workspace, &filter, before, limit).await?;
    let ids: Vec<_> = found.iter().flat_map(GenerationRecord::assets).collect();
    let (assets, _) = store.get_readable(workspace, &ids).await?;
    let assets: Vec<_> = assets.into_iter().map(|record| record.asset).collect();
    let spans = found.iter().map(|record| span_of(record, &assets));
    let spans = spans.collect::<model::Result<Vec<_>>>()?;
    let items = spans.iter().map(MediaSpan::told).collect();
    let next_cursor = before.map(|before| GenerationCursor { before }.encode(&filter));
    Ok(axum::Json(SpanPage { items, next_cursor }).into_response())
}
