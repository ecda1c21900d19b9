//! All that is HTTP: who calls, what they ask for, and how answers look.

mod access;
mod body;
mod caller;
mod error;
mod params;
mod request_id;
pub mod schema;
pub mod telemetry;
mod view;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

pub use access::Access;
pub use body::Json;
pub use caller::{Caller, Delete, Id, Read, Review, Write};
pub use error::ApiError;
pub use params::Params;
pub use view::{AssetView, Data};

/// A result of a handler.
pub type Result<T> = std::result::Result<T, ApiError>;

/// A function's routes as a service: with request ids, and errors in the contract's form.
pub fn router<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>, state: S) -> Router {
    Router::from(routes)
        .layer(axum::extract::DefaultBodyLimit::max(body::MAX_BODY))
        .layer(axum::middleware::from_fn(request_id::layer))
        .with_state(state)
}
