//! `X-Request-Id`: API Gateway's own id, so that a caller's report leads to the logs.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use lambda_http::request::RequestContext;
use tracing::{Instrument, Span};

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task answers; empty outside of one.
pub(crate) fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// The request that a task answers, for work on it in another task.
#[derive(Debug, Clone)]
pub struct RequestScope {
    id: String,
    span: Span,
}

impl RequestScope {
    /// That of this task.
    #[must_use]
    pub fn current() -> Self {
        Self { id: current(), span: Span::current() }
    }

    /// Does `work` as part of the request: with its id, and logged with it.
    pub async fn run<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self.id, work.instrument(self.span)).await
    }
}

pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let id = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let id = id.unwrap_or_default();
    let header = HeaderValue::from_str(&id);
    let span =
        tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let mut response = CURRENT.scope(id, next.run(request).instrument(span)).await;
    if let Ok(header) = header {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), header);
    }
    response
}
