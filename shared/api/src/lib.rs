//! All that is HTTP: who calls, what they ask for, and how answers look.

mod access;
mod body;
mod caller;
mod deps;
mod error;
mod filters;
mod idempotency;
mod ids;
mod if_match;
mod lambda;
mod params;
mod request_id;
pub mod revision;
mod route;
pub mod schema;
mod selection;
mod targets;
pub mod telemetry;
mod transfer;
mod view;

use axum::Router;
use axum::handler::Handler;
use utoipa_axum::router::OpenApiRouter;

pub use access::{Access, KEY_BURST_LIMIT, KEY_RATE_LIMIT};
pub use body::{Json, MAX_BODY, expect_json};
pub use caller::{Any, Caller, Delete, Generate, Id, Read, Review, Write};
pub use deps::Deps;
pub use error::ApiError;
pub use idempotency::idempotency_key;
pub use ids::{Ids, MOST_TARGETS};
pub use if_match::{IfMatch, NoIfMatch};
pub use lambda::{Http, answer, handle, serve};
pub use params::{NoParams, PageSize, Params, whole};
pub use request_id::RequestScope;
pub use route::route_fits;
pub use selection::{ExportRequest, MOST_IDS, Selection};
pub use targets::{Item, Targets};
pub use view::{AssetView, Data};

/// A result of a handler.
pub type Result<T> = std::result::Result<T, ApiError>;

/// A function's routes as a service: with request ids, errors in the contract's form, and answers that no cache
/// shares.
pub fn router<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>, state: S) -> Router {
    router_or(routes, state, async || ApiError::not_found())
}

/// [`router`], with `fallback` for what no route takes.
pub fn router_or<S, H, T>(routes: OpenApiRouter<S>, state: S, fallback: H) -> Router
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    Router::from(routes)
        .fallback(fallback.clone())
        .method_not_allowed_fallback(fallback)
        .layer(axum::extract::DefaultBodyLimit::max(body::MAX_BODY))
        .layer(axum::middleware::from_fn(route::beside_ids))
        .layer(axum::middleware::from_fn(request_id::layer))
        .layer(axum::middleware::from_fn(transfer::keep_private))
        .layer(transfer::compression())
        .layer(axum::middleware::from_fn(transfer::measure))
        .with_state(state)
}
