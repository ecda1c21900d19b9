//! `GET /api/v1/assets/{id}/signed-url` and its bulk form: links that work for whoever has them,
//! for a while.

use std::collections::HashMap;
use std::time::Duration;

use api::{ApiError, Caller, Data, Id, Ids, Json, NoParams, Params, Read};
use assets::{Assets, Wanted};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use http::Uri;
use model::json::Whole;
use model::store::keys;
use model::text::Invalid;
use model::{AssetId, Error, Record, Timestamp};
use objects::{Disposition, Lifetime, Objects};
use platform::{Declaration, Environment, Grant, Resource, Trigger};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The function as it is deployed.
pub const FUNCTION: Declaration = Declaration {
    name: "sign",
    triggers: &[Trigger::Http(|| routes().into_openapi())],
    timeout: Duration::from_secs(20),
    memory: 256,
    variables: &["STORAGE_BUCKET", "TABLE_NAME"],
    grants: &[
        Grant {
            actions: &["dynamodb:BatchGetItem", "dynamodb:GetItem"],
            on: Resource::Table(&[keys::WORKSPACES, keys::API_KEYS]),
        },
        Grant { actions: &["s3:GetObject"], on: Resource::Objects(&[objects::ASSETS]) },
    ],
    start: |environment| Ok(Box::new(api::Http(router(environment)?))),
};

/// The function's dependencies.
pub type Deps = api::Deps<Objects>;

/// The function's routes.
pub fn routes() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(sign_one)).routes(routes!(sign_many))
}

/// The function as a service.
pub fn router(environment: &Environment) -> model::Result<Router> {
    let deps = Deps::new(environment, Objects::of(environment)?)?;
    Ok(api::router(routes(), deps))
}

#[derive(Debug, Serialize)]
struct Link {
    url: String,
    expires_at: Timestamp,
}

/// Signs a download link for one asset.
#[utoipa::path(
    get,
    operation_id = "get_signed_url",
    path = "/api/v1/assets/{id}/signed-url",
    params(
        ("id" = String, Path),
        ("expires_in" = Option<u64>, Query, description = "Seconds, default 3600; capped by the signing credentials' life"),
        ("disposition" = Option<String>, Query, description = "inline (default) or attachment; what could run in a browser is always an attachment"),
        ("version" = Option<String>, Query, pattern = "^([1-9][0-9]{0,8}|approved)$", description = "A version's number, or approved"),
    ),
    responses(
        (status = 200, description = "{data: {url, expires_at}}", body = ref("#/components/schemas/SignedUrl")),
        (status = 400, description = "invalid_parameter"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 404, description = "not_found; version_not_found"),
        (status = 409, description = "no_object: it is not uploaded yet, is gone, or never was; unfetchable_key: a producer's key with a segment of dots, of which no link works"),
    ),
)]
async fn sign_one(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    Id(id): Id,
    uri: Uri,
) -> api::Result<impl IntoResponse> {
    let mut params = Params::parse(uri.query())?;
    let lifetime = params.with("expires_in", lifetime)?.unwrap_or_default();
    let disposition = params.parsed("disposition")?.unwrap_or_default();
    let wanted = params.with("version", |text| api::whole(text).unwrap_or(text).parse())?;
    let wanted = wanted.unwrap_or_default();
    params.finish()?;
    let record = deps.store.get(&caller.workspace, id).await?;
    let link = sign(&deps, &record, wanted, disposition, lifetime).await?;
    Ok(axum::Json(Data { data: link }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignMany)]
struct BulkRequest {
    #[schema(value_type = Vec<String>)]
    ids: Ids,
    #[schema(value_type = Option<u64>)]
    expires_in: Option<Whole<1, { Lifetime::MAX }>>,
    disposition: Option<String>,
}

/// The outcome for one id of a bulk request.
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
    operation_id = "get_signed_urls",
    path = "/api/v1/assets/signed-urls",
    responses(
        (status = 200, description = "{data: [{id, url, expires_at} or {id, error}]}, in the order of the ids", body = ref("#/components/schemas/SignedUrls")),
        (status = 400, description = "invalid_body, invalid_json"),
        (status = 403, description = "forbidden_scope: assets:read"),
        (status = 413, description = "too_large"),
        (status = 415, description = "unsupported_media_type"),
    ),
)]
async fn sign_many(
    State(deps): State<Deps>,
    caller: Caller<Read>,
    _: NoParams,
    Json { value: request, .. }: Json<BulkRequest>,
) -> api::Result<impl IntoResponse> {
    let lifetime = request.expires_in.map(|seconds| Lifetime::try_from(seconds.get())).transpose();
    let lifetime = lifetime.map_err(|e| ApiError::invalid_field("expires_in", e))?;
    let lifetime = lifetime.unwrap_or_default();
    let disposition = request.disposition.as_deref().map(str::parse::<Disposition>).transpose();
    let disposition = disposition.map_err(|e| ApiError::invalid_field("disposition", e))?;
    let disposition = disposition.unwrap_or_default();
    let ids = request.ids.as_slice();
    let (found, unreadable) = deps.store.get_readable(&caller.workspace, ids).await?;
    let found: HashMap<_, _> = found.into_iter().map(|record| (record.asset.id, record)).collect();
    let mut outcomes = Vec::new();
    for id in request.ids {
        let signed = match found.get(&id) {
            Some(record) => sign(&deps, record, Wanted::Current, disposition, lifetime).await,
            None if unreadable.contains(&id) => {
                Err(Error::internal(format!("the record of {id} cannot be read")).into())
            }
            None => Err(ApiError::not_found()),
        };
        outcomes.push(match signed {
            Ok(link) => Outcome { id, link: Some(link), error: None },
            Err(error) => Outcome { id, link: None, error: Some(error.to_error_object()) },
        });
    }
    Ok(axum::Json(Data { data: outcomes }))
}

/// A lifetime as a query has it.
fn lifetime(text: &str) -> Result<Lifetime, Invalid> {
    let seconds = api::whole(text).and_then(|digits| digits.parse::<u64>().ok());
    seconds.ok_or(Lifetime::EXPECTED)?.try_into()
}

async fn sign(
    deps: &Deps,
    record: &Record,
    wanted: Wanted,
    disposition: Disposition,
    lifetime: Lifetime,
) -> api::Result<Link> {
    let assets = Assets { store: &deps.store, objects: &deps.objects, clock: &deps.clock };
    let link = assets.link(record, wanted, disposition, lifetime).await?;
    let signed = link.ok_or_else(ApiError::version_not_found)?.signed;
    Ok(Link { url: signed.url, expires_at: signed.expires_at })
}
