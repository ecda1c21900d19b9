//! The caller of a request, and its right to it.

use std::marker::PhantomData;
use std::str::FromStr;

use axum::extract::{FromRef, FromRequestParts, Path};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use lambda_http::RequestExt;
use model::{Actor, ApiKey, AssetId, Comment, Note, Scope, ScopeSet, Timestamp, WorkspaceId};

use crate::access::Access;
use crate::error::ApiError;
use crate::request_id;

/// The workspace that a request is for, by a key that has the scope `S`. A handler that takes a
/// caller runs for no one else.
#[derive(Debug, Clone)]
pub struct Caller<S> {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Who, of the tenant's keys.
    pub actor: Actor,
    scopes: ScopeSet,
    scope: PhantomData<S>,
}

impl<S> Caller<S> {
    /// True if the key has `scope` too.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.allows(scope)
    }

    /// The note that goes on record with a change that this request makes at `at`.
    #[must_use]
    pub fn note(&self, comment: Option<Comment>, at: Timestamp) -> Note {
        let request_id = Some(request_id::current()).filter(|id| !id.is_empty());
        Note { actor: self.actor.clone(), comment, request_id, at }
    }
}

/// A scope as a type.
pub trait NeedsScope {
    /// The scope; none where any key will do.
    const SCOPE: Option<Scope>;
}

macro_rules! scope {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl NeedsScope for $name {
            const SCOPE: Option<Scope> = Some(Scope::$name);
        }
    };
}

scope!(
    /// `assets:read`
    Read
);
scope!(
    /// `assets:write`
    Write
);
scope!(
    /// `assets:review`
    Review
);
scope!(
    /// `assets:delete`
    Delete
);
scope!(
    /// `media:generate`
    Generate
);

/// No scope in particular: what asks for it checks scopes by [`Caller::allows`].
#[derive(Debug, Clone, Copy)]
pub struct Any;

impl NeedsScope for Any {
    const SCOPE: Option<Scope> = None;
}

impl<S, T> FromRequestParts<S> for Caller<T>
where
    S: Send + Sync,
    Access: FromRef<S>,
    T: NeedsScope,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let key = key(&parts.headers)?;
        let access = Access::from_ref(state);
        let record = access.admit(&key).await?.ok_or_else(ApiError::unauthorized)?;
        access.count(&record).map_err(|(rate, wait)| ApiError::rate_limited(rate, wait))?;
        let asked = parts.headers.get("x-workspace-id");
        if asked.is_some_and(|asked| asked.as_bytes() != record.workspace_id.as_str().as_bytes()) {
            return Err(ApiError::not_found());
        }
        if let Some(scope) = T::SCOPE.filter(|scope| !record.scopes.allows(*scope)) {
            return Err(ApiError::forbidden(scope));
        }
        let actor = Actor { key: record.prefix, name: record.name };
        let (workspace, scopes) = (record.workspace_id, record.scopes);
        Ok(Self { workspace, actor, scopes, scope: PhantomData })
    }
}

/// The key of a request. Malformed ones are refused here, without any I/O.
fn key(headers: &HeaderMap) -> Result<ApiKey, ApiError> {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.as_bytes());
    let bearer = text(AUTHORIZATION.as_str())
        .map(|value| strip_bearer(value).ok_or_else(ApiError::unauthorized))
        .transpose()?;
    let sent = match (bearer, text("x-api-key")) {
        (Some(bearer), Some(header)) if bearer != header => {
            return Err(ApiError::invalid_request(
                "Authorization and X-API-Key hold different keys; send one of them",
            ));
        }
        (bearer, header) => bearer.or(header).ok_or_else(ApiError::unauthorized)?,
    };
    let sent = std::str::from_utf8(sent).map_err(|_| ApiError::unauthorized())?;
    sent.parse().map_err(|_| ApiError::unauthorized())
}

fn strip_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| rest.trim_ascii())
}

/// The asset, or whatever else `T` is the id of, that a path names. What is no id names nothing, like an
/// id that never was.
#[derive(Debug, Clone, Copy)]
pub struct Id<T = AssetId>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        // As API Gateway read it, before the path became a URL again and lost what URLs cannot hold.
        let named = parts.path_parameters_ref().and_then(|named| named.first("id"));
        let text = match named {
            Some(id) => id.to_owned(),
            None => match Path::<String>::from_request_parts(parts, state).await {
                Ok(Path(id)) => id,
                Err(_) => return Err(ApiError::not_found()),
            },
        };
        text.parse().map(Self).map_err(|_| ApiError::not_found())
    }
}
