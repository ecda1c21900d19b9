//! `GET /api/v1/assets/{id}/signed-url` and its bulk form: links that work for whoever has them,
//! for a while.

use std::collections::HashMap;

use api::{ApiError, Caller, Data, Id, Ids, Json, Params, Read};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use http::header::CACHE_CONTROL;
use model::aws::Needs;
use model::text::Invalid;
use model::{Asset, AssetId, Timestamp, UploadStatus};
use objects::{Disposition, Objects};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest life of a link, in seconds: the longest that SigV4 has.
const MAX_SECONDS: u64 = 604_800;
const DEFAULT_SECONDS: u64 = 3600;
const SECONDS: &str = "a whole number of seconds from 1 to 604800";

/// What the function needs of its deployment.
pub const NEEDS: Needs = Needs {
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem", "s3:GetObject"],
};

/// What the function works with.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(sign_one)).routes(routes!(sign_many))
}

/// The function as a service.
pub fn router(deps: Deps) -> Router {
    api::router(routes(), deps)
}

#[derive(Debug, Serialize)]
struct Link {
    url: String,
    expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum Version {
    Current,
    Number(u32),
    Approved,
}

/// Signs a download link for one asset.
#[utoipa::path(
    get,
    path = "/api/v1/assets/{id}/signed-url",
    params(
        ("id" = String, Path),
        ("expires_in" = Option<u64>, Query, minimum = 1, maximum = 604_800, description = "Seconds, default 3600; capped by the signing credentials' life"),
        ("disposition" = Option<String>, Query, pattern = "^(inline|attachment)$", description = "inline (default) or attachment; what could run in a browser is always an attachment"),
        ("version" = Option<String>, Query, pattern = "^([1-9][0-9]*|approved)$", description = "A version's number, or approved"),
    ),
    responses(
        (status = 200, description = "{data: {url, expires_at}}", body = ref("#/components/schemas/SignedUrl")),
        (status = 400, description = "invalid_parameter"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found; version_not_found"),
        (status = 409, description = "no_object: it is not uploaded yet, is gone, or never was"),
    ),
)]
async fn sign_one(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id,
    uri: Uri,
) -> api::Result<impl IntoResponse> {
    let mut params = Params::parse(uri.query())?;
    let seconds = params.number("expires_in", 1..=MAX_SECONDS, SECONDS)?.unwrap_or(DEFAULT_SECONDS);
    let disposition = params.with("disposition", disposition)?.unwrap_or_default();
    let version = params.with("version", version)?.unwrap_or(Version::Current);
    params.finish()?;
    let asset = deps.store.get(&caller.workspace, id).await?.asset;
    let link = sign(&deps, &asset, version, disposition, seconds).await?;
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(Data { data: link })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignMany)]
struct BulkRequest {
    #[schema(value_type = Vec<String>)]
    ids: Ids,
    expires_in: Option<u64>,
    disposition: Option<String>,
}

/// What became of one id of a bulk request.
#[derive(Debug, Serialize)]
struct Outcome {
    id: AssetId,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// Signs download links for up to 100 assets.
#[utoipa::path(
    post,
    path = "/api/v1/assets/signed-urls",
    responses(
        (status = 200, description = "{data: [{id, url, expires_at} or {id, error}]}, in the order of the ids", body = ref("#/components/schemas/SignedUrls")),
        (status = 400, description = "invalid_body, invalid_json"),
        (status = 401, description = "unauthorized"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn sign_many(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    uri: Uri,
    Json { value: request, .. }: Json<BulkRequest>,
) -> api::Result<impl IntoResponse> {
    Params::parse(uri.query())?.finish()?;
    let seconds = request.expires_in.unwrap_or(DEFAULT_SECONDS);
    if !(1..=MAX_SECONDS).contains(&seconds) {
        return Err(ApiError::invalid_field("expires_in", Invalid::new(SECONDS)));
    }
    let disposition = request.disposition.as_deref().map(disposition).transpose();
    let disposition = disposition.map_err(|e| ApiError::invalid_field("disposition", e))?;
    let found = deps.store.get_many(&caller.workspace, request.ids.as_slice()).await?;
    let found: HashMap<_, _> = found.into_iter().map(|r| (r.asset.id, r.asset)).collect();
    let mut outcomes = Vec::new();
    for id in request.ids {
        let signed = match found.get(&id) {
            Some(asset) => {
                sign(&deps, asset, Version::Current, disposition.unwrap_or_default(), seconds).await
            }
            None => Err(ApiError::not_found()),
        };
        outcomes.push(match signed {
            Ok(link) => Outcome { id, link: Some(link), error: None },
            Err(error) => Outcome { id, link: None, error: Some(error.to_error_object()) },
        });
    }
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(Data { data: outcomes })))
}

fn disposition(text: &str) -> Result<Disposition, Invalid> {
    match text {
        "inline" => Ok(Disposition::Inline),
        "attachment" => Ok(Disposition::Attachment),
        _ => Err(Invalid::new("inline or attachment")),
    }
}

fn version(text: &str) -> Result<Version, Invalid> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        _ if text == "approved" => Ok(Version::Approved),
        Ok(number) if digits && number > 0 => Ok(Version::Number(number)),
        _ => Err(Invalid::new("a version's number, from 1, or approved")),
    }
}

async fn sign(
    deps: &Deps,
    asset: &Asset,
    version: Version,
    disposition: Disposition,
    seconds: u64,
) -> api::Result<Link> {
    let wanted = match version {
        Version::Current => Some(asset.version),
        Version::Number(number) => Some(number),
        Version::Approved => asset.approved_version,
    };
    if wanted != Some(asset.version) {
        return Err(ApiError::version_not_found());
    }
    let why = match (&asset.storage_key, asset.upload_status) {
        (Some(key), UploadStatus::Complete) => {
            let now = deps.clock.now();
            let signed = deps.objects.sign_download(asset, key, disposition, seconds, now).await?;
            return Ok(Link { url: signed.url, expires_at: signed.expires_at });
        }
        (_, UploadStatus::Pending) => "its file has not been uploaded yet",
        (_, UploadStatus::Missing) => "its file was removed from storage",
        (None, UploadStatus::Complete) => "it has no file: its generation failed",
    };
    Err(ApiError::conflict("no_object", why))
}
