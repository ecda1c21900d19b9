//! `GET /api/v1/assets/{id}/history`: who changed what, when.

use api::{Caller, Id, Params, Read};
use axum::extract::State;
use http::Uri;
use model::{Creator, Event, Part, PartCursor, Record, Timestamp};
use serde::Serialize;

use crate::Deps;

/// A page of an asset's history.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Item {
    Changed(Event),
    Created(Created),
}

/// The event that every history begins with. It is told by the asset itself; no event is kept of it.
#[derive(Debug, Serialize)]
struct Created {
    revision: u64,
    at: Timestamp,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Creator>,
}

impl Created {
    fn of(record: &Record) -> Self {
        let actor = record.created_by.clone();
        Self { revision: 1, at: record.asset.created_at, action: "created", actor }
    }
}

/// Reads an asset's history, newest first.
#[utoipa::path(
    get,
    operation_id = "list_history",
    path = "/api/v1/assets/{id}/history",
    params(
        ("id" = String, Path),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before, of the same asset"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}; the last item of all is that it was created", body = ref("#/components/schemas/History")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found"),
    ),
)]
pub(crate) async fn history(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id,
    uri: Uri,
) -> api::Result<axum::Json<Page>> {
    let decode = |text: &str| PartCursor::decode(text, Part::Event, id);
    let (limit, cursor) = Params::page(uri.query(), decode)?;
    let before = cursor.map(|cursor| cursor.before);
    let (record, events, next) = deps.store.history(&caller.workspace, id, before, limit).await?;
    let mut items: Vec<_> = events.into_iter().map(Item::Changed).collect();
    if next.is_none() {
        items.push(Item::Created(Created::of(&record)));
    }
    let next_cursor = next.map(|before| PartCursor { before }.encode(Part::Event, id));
    Ok(axum::Json(Page { items, next_cursor }))
}
