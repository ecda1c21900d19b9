//! `POST /api/v1/assets/{id}/versions`: the same for a new version of an asset.

use api::{ApiError, Caller, Id, IfMatch, Json, Write, idempotency_key};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri};
use model::store::Attempts;
use model::version::{Provenance, Version, VersionRecord};
use model::{
    Checksum, ContentType, Error, Generation, Label, Prompt, Record, Reference, Timestamp,
    UploadStatus, WorkspaceId,
};
use objects::ObjectKey;
use serde::{Deserialize, Serialize};

use crate::request::{Bytes, Upload, check_generation};
use crate::{Deps, File, UploadView, is_worn, put_inline, sign_upload};

/// The body of a request for a new version: how it came about, and where its bytes come from.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreateVersion)]
pub(crate) struct VersionRequest {
    #[schema(value_type = Option<String>)]
    execution_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    agent_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    run_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    provider: Option<Label>,
    #[schema(value_type = Option<String>)]
    model: Option<Label>,
    #[schema(value_type = Option<String>)]
    tool: Option<Label>,
    #[schema(value_type = Option<String>)]
    prompt: Option<Prompt>,
    #[schema(value_type = Option<Object>)]
    generation: Option<Generation>,
    /// Asks for a signed upload.
    upload: Option<Upload>,
    /// Small text to be stored as it is.
    content: Option<String>,
    /// Of `content`; by default `text/markdown; charset=utf-8`.
    #[schema(value_type = Option<String>)]
    content_type: Option<ContentType>,
}

#[derive(Debug, Serialize)]
struct Answer {
    data: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadView>,
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
        (status = 401, description = "unauthorized"),
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
    uri: Uri,
    headers: HeaderMap,
    IfMatch(seen): IfMatch,
    Json { value: mut request, bytes: body }: Json<VersionRequest>,
) -> api::Result<Response> {
    api::Params::parse(uri.query())?.finish()?;
    let now = deps.clock.now();
    let idempotency = idempotency_key(&headers)?.map(|name| (name, Checksum::of(&body)));
    check_generation(request.generation.as_ref())?;
    let (upload, content) = (request.upload.take(), request.content.take());
    let bytes = Bytes::of(upload, content, request.content_type.take())?;
    let bytes =
        bytes.ok_or_else(|| ApiError::invalid_field("upload", "send upload, or content"))?;
    let workspace = &caller.workspace;
    let (file, provenance) = (File::of(&bytes)?, request.provenance());
    let make = |version: u32| {
        let file_name = file.name.clone().ok_or_else(|| Error::internal("no file name"))?;
        let key = ObjectKey::Asset { workspace: workspace.clone(), id, version, file_name };
        Ok(Version {
            version,
            upload_status: UploadStatus::Pending,
            file_name: file.name.clone(),
            file_size: file.size,
            content_type: file.content_type.clone(),
            storage_key: Some(key.to_string()),
            checksum_sha256: file.checksum.clone(),
            width: None,
            height: None,
            duration_ms: None,
            duration_estimated: false,
            provenance: provenance.clone(),
            created_by: Some(caller.actor.clone()),
            created_at: now,
            removed_at: None,
        })
    };
    let request = idempotency.as_ref();
    let (record, stored) = deps.store.add_version(workspace, id, &seen, request, now, make).await?;
    let pending = stored.version.upload_status == UploadStatus::Pending;
    let (data, upload) = match bytes {
        Bytes::Inline { text, .. } if pending => {
            (store_inline(&deps, workspace, record, stored, text).await?, None)
        }
        Bytes::Upload(_) if pending => link(&deps, workspace, &record, stored, now).await?,
        Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => (stored.version, None),
    };
    Ok((StatusCode::CREATED, axum::Json(Answer { data, upload })).into_response())
}

/// The pending version with a link to upload its file, as `create` gives one of an asset.
async fn link(
    deps: &Deps,
    workspace: &WorkspaceId,
    record: &Record,
    mut read: VersionRecord,
    now: Timestamp,
) -> api::Result<(Version, Option<UploadView>)> {
    let id = record.asset.id;
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        if read.version.upload_status != UploadStatus::Pending {
            return Ok((read.version, None));
        }
        let last = read.link_at.unwrap_or(read.version.created_at);
        let renews = is_worn(last, now);
        if !renews || deps.store.renew_version_link(workspace, id, &read, now).await? {
            let version = read.version;
            let size = version.file_size;
            let terms = (version.content_type.clone(), size, version.checksum_sha256.clone());
            let signed_at = if renews { now } else { last };
            let key = version.storage_key.as_deref();
            let upload = sign_upload(deps, key, terms, signed_at).await?;
            return Ok((version, Some(upload)));
        }
        let record = deps.store.get(workspace, id).await?;
        let found = deps.store.version(workspace, &record, read.version.version).await?;
        read = found.ok_or(Error::NotFound)?;
    }
}

impl VersionRequest {
    fn provenance(self) -> Provenance {
        Provenance {
            execution_id: self.execution_id,
            agent_id: self.agent_id,
            run_id: self.run_id,
            provider: self.provider,
            model: self.model,
            tool: self.tool,
            prompt: self.prompt,
            generation: self.generation,
        }
    }
}

/// Puts the content under the version's key and completes the version. An attempt that stopped in
/// between is gone on with by the next with its idempotency key, or by the object's own event.
async fn store_inline(
    deps: &Deps,
    workspace: &WorkspaceId,
    mut record: Record,
    mut read: VersionRecord,
    text: String,
) -> api::Result<Version> {
    let version = &read.version;
    let (key, content_type) = (version.storage_key.clone(), version.content_type.clone());
    let facts = put_inline(deps, key, content_type, text).await?;
    let settings = deps.store.settings(workspace).await?;
    let (id, number) = (record.asset.id, version.version);
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        let Some(next) = read.with_object(&facts) else { return Ok(read.version) };
        let now = deps.clock.now();
        if deps.store.replace_version(workspace, &record, &next, &settings, now).await? {
            return Ok(next.version);
        }
        record = deps.store.get(workspace, id).await?;
        let found = deps.store.version(workspace, &record, number).await?;
        read = found.ok_or(Error::NotFound)?;
    }
}
