//! The steps of an asset's review, a route for each.

use api::{Caller, Id, IfMatch, Json, NoParams, Review, Write};
use axum::extract::State;
use axum::response::Response;
use model::{Action, Comment};
use serde::Deserialize;

use crate::{Deps, answer};

/// What may be said about a step.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    /// Goes on record.
    #[schema(value_type = Option<String>)]
    comment: Option<Comment>,
}

/// A route that takes a step.
macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $action:ident, $scope:ident, $path:tt, $forbidden:tt, $conflict:tt) => {
        $(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            params(
                ("id" = String, Path),
                ("If-Match" = Option<String>, Header, description = "ETags of the asset, as reading it gives them, or *"),
            ),
            request_body = Option<Remark>,
            responses(
                (status = 200, description = "{data: asset}, with ETag", body = ref("#/components/schemas/AssetAnswer")),
                (status = 400, description = "invalid_body, invalid_json, invalid_parameter"),
                (status = 403, description = $forbidden),
                (status = 404, description = "not_found"),
                (status = 409, description = $conflict),
                (status = 412, description = "precondition_failed: it is not what If-Match names; with its ETag"),
                (status = 413, description = "too_large"),
                (status = 415, description = "unsupported_media_type"),
            ),
        )]
        pub(crate) async fn $name(
            State(deps): State<Deps>,
            caller: Caller<$scope>,
            Id(id): Id,
            _: NoParams,
            IfMatch(seen): IfMatch,
            remark: Option<Json<Remark>>,
        ) -> api::Result<Response> {
            let comment = remark.and_then(|remark| remark.value.comment);
            let note = caller.note(comment, deps.clock.now());
            let (store, workspace) = (&deps.store, &caller.workspace);
            let record = store.review(workspace, id, Action::$action, &seen, &note).await?;
            Ok(answer(record))
        }
    };
}

step!(
    /// Asks for a review of the current version.
    submit_asset,
    Submit,
    Write,
    "/api/v1/assets/{id}/submit",
    "forbidden_scope: assets:write",
    "not_allowed: it is no draft; no_object: there is no file to review; contended: others kept changing it"
);
step!(
    /// Approves the current version.
    approve_asset,
    Approve,
    Review,
    "/api/v1/assets/{id}/approve",
    "forbidden_scope: assets:review",
    "not_allowed: it is not pending review; no_object: there is no file to approve; contended: others kept changing it"
);
step!(
    /// Sends the current version back to its author, and takes an approval of it away.
    request_changes,
    RequestChanges,
    Review,
    "/api/v1/assets/{id}/request-changes",
    "forbidden_scope: assets:review",
    "not_allowed: it is neither pending review nor approved; contended: others kept changing it"
);
step!(
    /// Takes the asset out of use: no version of it is approved any longer.
    archive_asset,
    Archive,
    Review,
    "/api/v1/assets/{id}/archive",
    "forbidden_scope: assets:review",
    "not_allowed: it is archived; contended: others kept changing it"
);
step!(
    /// Brings an archived asset back as a draft.
    restore_asset,
    Restore,
    Review,
    "/api/v1/assets/{id}/restore",
    "forbidden_scope: assets:review",
    "not_allowed: it is not archived; contended: others kept changing it"
);
