//! `PATCH /api/v1/assets/{id}`: what people say about an asset, and how long it is kept.

use api::{ApiError, Caller, Id, IfMatch, Json, NoParams, Write};
use axum::extract::State;
use axum::response::Response;
use model::text::Invalid;
use model::{Asset, Error, FileName, Metadata, Scope, Tags, Timestamp, Title};
use serde::{Deserialize, Deserializer};

use crate::{Deps, answer};

/// The body: a field that is left out stays as it is, null clears it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditAsset)]
pub(crate) struct Edit {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    title: Field<Title>,
    /// The name that the current version's file is saved under.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    file_name: Field<FileName>,
    /// In place of all that there are.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    tags: Field<Tags>,
    /// In place of all that there is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Field<Metadata>,
    /// An earlier one than there is takes the scope `assets:delete` too: it removes the asset.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Field<Timestamp>,
}

/// A field as a body has it.
#[derive(Debug, Default)]
enum Field<T> {
    /// Nothing: it was left out.
    #[default]
    Kept,
    Given(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Given)
    }
}

impl<T: Clone> Field<T> {
    fn change(&self, field: &mut Option<T>) {
        if let Self::Given(value) = self {
            field.clone_from(value);
        }
    }
}

impl<T: Clone + Default> Field<T> {
    fn change_or_empty(&self, field: &mut T) {
        if let Self::Given(value) = self {
            *field = value.clone().unwrap_or_default();
        }
    }
}

impl Edit {
    fn check(&self, now: Timestamp) -> api::Result<()> {
        match self.expires_at {
            Field::Given(Some(at)) if at <= now => {
                Err(ApiError::invalid_field("expires_at", Invalid::new("a time to come")))
            }
            Field::Given(_) | Field::Kept => Ok(()),
        }
    }

    fn apply(&self, asset: &mut Asset) {
        self.title.change(&mut asset.title);
        self.file_name.change(&mut asset.file_name);
        self.tags.change_or_empty(&mut asset.tags);
        self.metadata.change_or_empty(&mut asset.metadata);
        self.expires_at.change(&mut asset.expires_at);
    }
}

/// Changes title, file name, tags, metadata or retention of an asset.
#[utoipa::path(
    patch,
    path = "/api/v1/assets/{id}",
    params(
        ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "ETags of the asset, as reading it gives them, or *"),
    ),
    responses(
        (status = 200, description = "{data: asset}, with ETag", body = ref("#/components/schemas/AssetAnswer")),
        (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:write, and assets:delete for an earlier expires_at"),
        (status = 404, description = "not_found"),
        (status = 409, description = "contended: others kept changing it"),
        (status = 412, description = "precondition_failed: it is not what If-Match names; with its ETag"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
pub(crate) async fn edit_asset(
    State(deps): State<Deps>,
    caller: Caller<Write>,
    Id(id): Id,
    _: NoParams,
    IfMatch(seen): IfMatch,
    Json { value: edit, .. }: Json<Edit>,
) -> api::Result<Response> {
    let now = deps.clock.now();
    edit.check(now)?;
    let note = caller.note(None, now);
    let may_end = caller.allows(Scope::Delete);
    let apply = |asset: &mut Asset| {
        let end = asset.expires_at;
        edit.apply(asset);
        if !may_end && ends_sooner(end, asset.expires_at) {
            let why = "an earlier expires_at, by which the asset is removed sooner,";
            return Err(Error::NeedsScope { scope: Scope::Delete, why });
        }
        Ok(())
    };
    let (store, workspace) = (&deps.store, &caller.workspace);
    let record = store.edit(workspace, id, &seen, &note, apply).await?;
    Ok(answer(record))
}

/// True if an asset is removed sooner by `to` than by `from`; none is never.
fn ends_sooner(from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    to.is_some_and(|to| from.is_none_or(|from| to < from))
}
