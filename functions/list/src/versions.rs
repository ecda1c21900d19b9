//! `GET /api/v1/assets/{id}/versions`: the files that an asset has had.

use api::{Caller, Id, Params, Read};
use axum::extract::State;
use http::Uri;
use model::version::Version;
use model::{Part, PartCursor};
use serde::Serialize;

use crate::Deps;

/// A version, and what it is to its asset.
#[derive(Debug, Serialize)]
struct VersionView {
    #[serde(flatten)]
    version: Version,
    /// True if the asset shows it.
    current: bool,
    /// True if it is the one that consumers read.
    approved: bool,
}

/// A page of versions.
#[derive(Debug, Serialize)]
pub(crate) struct VersionPage {
    items: Vec<VersionView>,
    next_cursor: Option<String>,
}

/// Lists the asset's versions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/assets/{id}/versions",
    params(
        ("id" = String, Path),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "1 to 200, default 50"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before, of the same asset"),
    ),
    responses(
        (status = 200, description = "{items, next_cursor}", body = ref("#/components/schemas/Versions")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found"),
    ),
)]
pub(crate) async fn list_versions(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id,
    uri: Uri,
) -> api::Result<axum::Json<VersionPage>> {
    let decode = |text: &str| PartCursor::decode(text, Part::Version, id);
    let (limit, cursor) = Params::page(uri.query(), decode)?;
    let before = cursor.map(|cursor| u32::try_from(cursor.before).unwrap_or(u32::MAX));
    let versions = deps.store.versions(&caller.workspace, id, before, limit);
    let (record, versions, next) = versions.await?;
    let next = next.map(|before| PartCursor { before: before.into() });
    let next_cursor = next.map(|next| next.encode(Part::Version, id));
    let items = versions.into_iter().map(|version| VersionView {
        current: version.version == record.asset.version,
        approved: Some(version.version) == record.asset.approved_version,
        version,
    });
    Ok(axum::Json(VersionPage { items: items.collect(), next_cursor }))
}
