//! `POST /api/v1/assets`, and `POST /api/v1/assets/{id}/versions`: register an asset, or a version of
//! one, and get a signed upload, or store small inline content.

mod request;
mod versions;

use std::collections::BTreeMap;

use api::{ApiError, AssetView, Caller, Json, NoIfMatch, Write, idempotency_key};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode, Uri};
use model::asset::Record;
use model::aws::Needs;
use model::store::keys;
use model::store::{Attempts, Claims, Created};
use model::text::Invalid;
use model::{
    Asset, AssetId, AssetType, Checksum, ContentType, Creator, Error, FileName, ObjectFacts,
    Status, Timestamp, UploadStatus, WorkspaceId,
};
use objects::{ObjectKey, Objects, UploadTerms, media};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::request::{Bytes, CreateRequest};

/// How long an upload link lives, in seconds.
const UPLOAD_SECONDS: u64 = 3600;

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    actions: &[
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    ],
    reads: &[keys::WORKSPACES, keys::API_KEYS],
    writes: &[keys::WORKSPACES],
};

/// What the function works with.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(create_asset)).routes(routes!(versions::create_version))
}

/// The function as a service.
pub fn router(deps: Deps) -> Router {
    api::router(routes(), deps)
}

/// The answer to a request to create.
#[derive(Debug, Serialize)]
struct Answer {
    data: AssetView,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct UploadView {
    method: &'static str,
    url: String,
    headers: BTreeMap<String, String>,
    expires_at: Timestamp,
}

/// Registers an asset.
#[utoipa::path(
    post,
    path = "/api/v1/assets",
    params(("Idempotency-Key" = Option<String>, Header, description = "Honoured for 24 hours")),
    responses(
        (status = 200, description = "{data: asset}: the workspace has these bytes from this provenance", body = ref("#/components/schemas/CreatedAsset")),
        (status = 201, description = "{data: asset, upload: {method, url, headers, expires_at}}; without upload where nothing is to be uploaded", body = ref("#/components/schemas/CreatedAsset")),
        (status = 400, description = "invalid_body, invalid_json, invalid_header, invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:write"),
        (status = 404, description = "not_found: what this Idempotency-Key created is deleted"),
        (status = 409, description = "idempotency_conflict; contended: others kept changing it"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn create_asset(
    State(deps): State<Deps>,
    caller: Caller<Write>,
    uri: Uri,
    headers: HeaderMap,
    _: NoIfMatch,
    Json { value: mut request, bytes: body }: Json<CreateRequest>,
) -> api::Result<Response> {
    api::Params::parse(uri.query())?.finish()?;
    let now = deps.clock.now();
    let idempotency = idempotency_key(&headers)?;
    let bytes = request.bytes(now)?;
    let record = record(&caller.workspace, request, &bytes, now)?;
    let record = Record { created_by: Some(Creator::Key(caller.actor.clone())), ..record };
    let mut claims = Claims {
        request: idempotency.map(|name| (name, Checksum::of(&body))),
        bytes: match &bytes {
            Bytes::Upload(upload) => upload.checksum_sha256.clone(),
            Bytes::Inline { .. } | Bytes::None => None,
        },
        lost: None,
    };
    let mut created = deps.store.create(&caller.workspace, record.clone(), &claims, now).await?;
    if let Created::Duplicate(found) = &created
        && !is_there(&deps, found).await?
    {
        claims.lost = Some(found.asset.id);
        created = deps.store.create(&caller.workspace, record, &claims, now).await?;
    }
    let record = match created {
        Created::Duplicate(record) => {
            return Ok(
                axum::Json(Answer { data: record.asset.into(), upload: None }).into_response()
            );
        }
        Created::Registered(record) => record,
    };
    let pending = record.asset.upload_status == UploadStatus::Pending;
    let (asset, upload) = match bytes {
        Bytes::Upload(_) if pending => link(&deps, &caller.workspace, record, now).await?,
        Bytes::Inline { text, .. } if pending => {
            (store_inline(&deps, &caller.workspace, record, text).await?, None)
        }
        Bytes::Upload(_) | Bytes::Inline { .. } | Bytes::None => (record.asset, None),
    };
    let location = format!("/api/v1/assets/{}", asset.id);
    let answer = axum::Json(Answer { data: asset.into(), upload });
    Ok((StatusCode::CREATED, [(LOCATION, location)], answer).into_response())
}

/// Whether the object of a listed record is there, with the bytes that the record tells of.
async fn is_there(deps: &Deps, record: &Record) -> api::Result<bool> {
    let Some(key) = record.asset.storage_key.as_deref() else { return Ok(false) };
    let head = deps.objects.head(key).await?;
    Ok(head.is_some_and(|head| record.etag.as_ref().is_none_or(|etag| *etag == head.etag)))
}

/// The pending asset with a link to upload its file: the last one while that has half its life, so that
/// a repeated request gives the same answer; later a new one, from which on the file is waited for. None
/// where the file has come meanwhile.
async fn link(
    deps: &Deps,
    workspace: &WorkspaceId,
    mut record: Record,
    now: Timestamp,
) -> api::Result<(Asset, Option<UploadView>)> {
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        if record.asset.upload_status != UploadStatus::Pending {
            return Ok((record.asset, None));
        }
        let last = record.link_at.unwrap_or(record.asset.created_at);
        let renews = is_worn(last, now);
        if !renews || deps.store.renew_link(workspace, &record, now).await? {
            let asset = record.asset;
            let size = asset.file_size;
            let terms = (asset.content_type.clone(), size, asset.checksum_sha256.clone());
            let signed_at = if renews { now } else { last };
            let upload = sign_upload(deps, asset.storage_key.as_deref(), terms, signed_at).await?;
            return Ok((asset, Some(upload)));
        }
        record = deps.store.get(workspace, record.asset.id).await?;
    }
}

/// Whether a link that was signed at `last` has less than half its life left.
pub(crate) fn is_worn(last: Timestamp, now: Timestamp) -> bool {
    now >= last.plus(i64::try_from(UPLOAD_SECONDS * 500).unwrap_or_default())
}

/// What is known of a file before it is there.
pub(crate) struct File {
    pub(crate) name: Option<FileName>,
    pub(crate) content_type: Option<ContentType>,
    pub(crate) size: Option<u64>,
    pub(crate) checksum: Option<Checksum>,
}

impl File {
    pub(crate) fn of(bytes: &Bytes) -> api::Result<Self> {
        Ok(match bytes {
            Bytes::Upload(upload) => Self {
                name: Some(upload.file_name.visible()),
                content_type: Some(upload.content_type.clone()),
                size: upload.file_size,
                checksum: upload.checksum_sha256.clone(),
            },
            Bytes::Inline { text, content_type } => {
                let content_type = sniffed(text, content_type);
                Self {
                    name: Some(inline_name(&content_type)?),
                    content_type: Some(content_type),
                    size: Some(u64::try_from(text.len()).map_err(Error::internal)?),
                    checksum: Some(Checksum::of(text.as_bytes())),
                }
            }
            Bytes::None => Self { name: None, content_type: None, size: None, checksum: None },
        })
    }
}

/// The record of a new asset, whose object is still to come if it has one.
fn record(
    workspace: &WorkspaceId,
    request: CreateRequest,
    bytes: &Bytes,
    now: Timestamp,
) -> api::Result<Record> {
    let id = AssetId::generate(now);
    let File { name: file_name, content_type, size: file_size, checksum } = File::of(bytes)?;
    let type_is_derived = request.asset_type.is_none();
    let asset_type = request.asset_type.or_else(|| content_type.as_ref().map(AssetType::of));
    let asset_type =
        asset_type.ok_or_else(|| ApiError::invalid_field("type", AssetType::EXPECTED))?;
    let storage_key = file_name.clone().map(|file_name| {
        ObjectKey::Asset { workspace: workspace.clone(), id, version: 1, file_name }.to_string()
    });
    let asset = Asset {
        id,
        workspace_id: workspace.clone(),
        execution_id: request.execution_id,
        agent_id: request.agent_id,
        conversation_id: request.conversation_id,
        run_id: request.run_id,
        campaign_id: request.campaign_id,
        asset_type,
        provider: request.provider,
        model: request.model,
        tool: request.tool,
        title: request.title,
        prompt: request.prompt,
        file_name,
        file_size,
        content_type,
        upload_status: match storage_key {
            Some(_) => UploadStatus::Pending,
            None => UploadStatus::Complete,
        },
        storage_key,
        checksum_sha256: checksum,
        width: None,
        height: None,
        duration_ms: None,
        duration_estimated: false,
        generation: request.generation,
        parents: request.parents,
        tags: request.tags,
        status: Status::Draft,
        version: 1,
        approved_version: None,
        metadata: request.metadata,
        expires_at: request.expires_at,
        created_at: id.created_at(),
        updated_at: now,
    };
    asset.check_size()?;
    Ok(Record { type_is_derived, ..Record::new(asset) })
}

fn sniffed(text: &str, declared: &ContentType) -> ContentType {
    let media = media::probe_bytes(text.as_bytes(), Some(declared.as_str()));
    media.content_type.parse().unwrap_or_else(|_| declared.clone())
}

fn inline_name(content_type: &ContentType) -> api::Result<FileName> {
    let extension = match content_type.essence() {
        "text/markdown" => "md",
        "text/html" => "html",
        "text/csv" => "csv",
        "application/json" => "json",
        "image/svg+xml" => "svg",
        _ => "txt",
    };
    Ok(format!("content.{extension}").parse().map_err(|e: Invalid| Error::internal(e))?)
}

/// Signs an upload as of `signed_at`.
pub(crate) async fn sign_upload(
    deps: &Deps,
    key: Option<&str>,
    terms: (Option<ContentType>, Option<u64>, Option<Checksum>),
    signed_at: Timestamp,
) -> api::Result<UploadView> {
    let missing = || Error::internal("a pending file without a key or content type");
    let (content_type, file_size, checksum_sha256) = terms;
    let content_type = content_type.ok_or_else(missing)?;
    let terms = UploadTerms { content_type, file_size, checksum_sha256 };
    let key = key.ok_or_else(missing)?;
    let upload = deps.objects.sign_upload(key, &terms, UPLOAD_SECONDS, signed_at).await?;
    Ok(UploadView {
        method: "PUT",
        url: upload.signed.url,
        headers: upload.headers,
        expires_at: upload.signed.expires_at,
    })
}

/// Puts the content under its key, unless an earlier attempt did; what is known of it then.
pub(crate) async fn put_inline(
    deps: &Deps,
    key: Option<String>,
    content_type: Option<ContentType>,
    text: String,
) -> api::Result<ObjectFacts> {
    let missing = || Error::internal("a pending file without a key or content type");
    let (storage_key, content_type) = (key.ok_or_else(missing)?, content_type.ok_or_else(missing)?);
    let file_size = u64::try_from(text.len()).map_err(Error::internal)?;
    let checksum = Checksum::of(text.as_bytes());
    let etag = match deps.objects.put_new(&storage_key, text.into_bytes(), &content_type).await? {
        Some(etag) => etag,
        None => match deps.objects.head(&storage_key).await? {
            Some(head) => head.etag,
            None => return Err(Error::NotFound.into()),
        },
    };
    Ok(ObjectFacts {
        storage_key,
        etag,
        file_size,
        content_type,
        checksum_sha256: Some(checksum),
        width: None,
        height: None,
        duration_ms: None,
        duration_estimated: false,
        sequencer: None,
    })
}

/// Puts the content under the record's key and completes the record. An attempt that stopped in
/// between is gone on with by the next with its idempotency key, or by the object's own event.
async fn store_inline(
    deps: &Deps,
    workspace: &WorkspaceId,
    record: Record,
    text: String,
) -> api::Result<Asset> {
    let asset = &record.asset;
    let (key, content_type) = (asset.storage_key.clone(), asset.content_type.clone());
    let facts = put_inline(deps, key, content_type, text).await?;
    let settings = deps.store.settings(workspace).await?;
    let mut read = record;
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        let Some(next) = read.with_object(&facts, deps.clock.now()) else { return Ok(read.asset) };
        if deps.store.replace(workspace, &read, &next, &settings).await? {
            return Ok(next.asset);
        }
        read = deps.store.get(workspace, read.asset.id).await?;
    }
}
