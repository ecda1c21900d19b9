//! `POST /api/v1/callbacks/{provider}/{token}`: a provider's word that a job is over.

use api::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use http::{HeaderMap, StatusCode};
use model::making::GenerationRecord;
use model::store::Attempts;
use model::{Error, GenerationId, WorkspaceId};
use providers::{BadWebhook, Notice, Provider, Secret};
use subtle::ConstantTimeEq;

use crate::look::PATIENCE;
use crate::{Callbacks, settle};

/// Takes a provider's word that a job is over. All that is believed is which job it is: the provider is then asked.
#[utoipa::path(
    post,
    path = "/api/v1/callbacks/{provider}/{token}",
    params(("provider" = String, Path), ("token" = String, Path)),
    responses(
        (status = 204, description = "It was heard, now or before"),
        (status = 400, description = "invalid_request: it is not as the provider's are, or not signed by it"),
        (status = 404, description = "not_found: nobody was given this address"),
    ),
    security(()),
)]
pub(crate) async fn receive_callback(
    State(callbacks): State<Callbacks>,
    Path((provider, token)): Path<(String, String)>,
    request: Request,
) -> api::Result<StatusCode> {
    let headers = request.headers().clone();
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|_| ApiError::too_large("it is larger than any of theirs"))?;
    let provider = Provider::named(&provider).ok_or_else(ApiError::not_found)?;
    let (workspace, id) = named(&token).ok_or_else(ApiError::not_found)?;
    let found = callbacks.api.store.find_generation(&workspace, id).await?;
    let record = found.filter(|record| is_given(record, provider, &token));
    let record = record.ok_or_else(ApiError::not_found)?;
    let job = verified(&callbacks, &record, provider, &headers, &body).await?;
    wake(&callbacks, record, provider, job).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The generation that a token names: its workspace's name may hold dots, what follows does not.
fn named(token: &str) -> Option<(WorkspaceId, GenerationId)> {
    let (rest, _) = token.rsplit_once('.')?;
    let (workspace, id) = rest.rsplit_once('.')?;
    Some((workspace.parse().ok()?, id.parse().ok()?))
}

/// True if the provider was given the address with this token.
fn is_given(record: &GenerationRecord, provider: Provider, token: &str) -> bool {
    let given = record.callback.as_deref().and_then(|url| url.rsplit_once('/'));
    record.asked.provider.as_str() == provider.as_str()
        && given.is_some_and(|(_, given)| bool::from(given.as_bytes().ct_eq(token.as_bytes())))
}

/// The provider's name of the job, where the webhook is the provider's own.
async fn verified(
    callbacks: &Callbacks,
    record: &GenerationRecord,
    provider: Provider,
    headers: &HeaderMap,
    body: &Bytes,
) -> api::Result<Option<String>> {
    let headers: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let key = signing_key(callbacks, &record.workspace_id, provider).await?;
    let now = callbacks.api.clock.now();
    let notice = Notice { key: key.as_ref(), headers: &headers, body, now };
    provider.webhook(&notice).map_err(|why| {
        let why = match why {
            BadWebhook::Forged => "its signature does not match",
            BadWebhook::Untimely => "its time is too far from ours",
            BadWebhook::NoKey => "there is no key to check it by",
            BadWebhook::Unknown | BadWebhook::Unreadable => "it is not as this provider's are",
        };
        tracing::warn!(provider = provider.as_str(), why, "a webhook was refused");
        ApiError::invalid_request(why)
    })
}

/// The key that the provider's webhooks are checked by: the one that it shares, or what it says when asked.
async fn signing_key(
    callbacks: &Callbacks,
    workspace: &WorkspaceId,
    provider: Provider,
) -> model::Result<Option<Secret>> {
    let credentials = &callbacks.media.credentials;
    let shared = credentials.get(workspace, provider).await?.and_then(|known| known.webhook_secret);
    if shared.is_some() {
        return Ok(shared);
    }
    let Some(access) = credentials.access(workspace, provider).await? else { return Ok(None) };
    let Some(request) = provider.signing_key(&access) else { return Ok(None) };
    let answer = callbacks.outbound.call(request, PATIENCE).await;
    let answer =
        answer.map_err(|_| Error::unavailable("the provider's key cannot be asked for"))?;
    Ok(String::from_utf8(answer.body).ok().map(Secret::from))
}

/// Has the job looked at.
async fn wake(
    callbacks: &Callbacks,
    mut read: GenerationRecord,
    provider: Provider,
    job: Option<String>,
) -> api::Result<()> {
    let (store, clock) = (&callbacks.api.store, &callbacks.api.clock);
    let workspace = read.workspace_id.clone();
    let access = callbacks.media.credentials.access(&workspace, provider).await?;
    let model = read.asked.model.to_string();
    let named = job.clone().filter(|_| read.job.handle.is_none());
    let handle = job.zip(access).and_then(|(job, access)| provider.handle(&access, &model, &job));
    let handle = handle.map(|handle| serde_json::to_string(&handle)).transpose();
    let handle = handle.map_err(Error::internal)?;
    let mut attempts = Attempts::default();
    loop {
        attempts.next().await?;
        let now = clock.now();
        let Some(job) = read.job.woken(handle.clone(), now) else { return Ok(()) };
        let next = read.with_job(job, now);
        if let Some(next) = store.replace_generation(&workspace, &read, next).await? {
            if let Some(job) = &named {
                settle::name_job(store, &next, job).await;
            }
            let due = next.job.due_at.unwrap_or(now);
            callbacks.media.wake(&workspace, next.id, due, now).await?;
            return Ok(());
        }
        let found = store.find_generation(&workspace, read.id).await?;
        read = found.ok_or(Error::NotFound)?;
    }
}
