//! The HTTP side: signatures and CORS in front of the handlers, until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use aws_credential_types::Credentials;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use http::{HeaderName, Method, StatusCode, header};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use super::error::Error;
use super::handlers::Handlers;
use super::store::Store;

/// How long requests under way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What a page's script may read of a response, beyond what browsers always show.
const EXPOSED: [HeaderName; 5] = [
    header::ACCEPT_RANGES,
    header::CONTENT_DISPOSITION,
    header::CONTENT_RANGE,
    header::ETAG,
    HeaderName::from_static("x-amz-request-id"),
];

/// Serves the S3 protocol until `shutdown` resolves and the requests under way are done. Requests must be signed with
/// these keys; pages of any origin may send them.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    credentials: Credentials,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let mut builder = S3ServiceBuilder::new(Handlers::new(store));
    builder.set_auth(SimpleAuth::from_single(
        credentials.access_key_id(),
        credentials.secret_access_key(),
    ));
    let (stopping, stopped) = oneshot::channel::<()>();
    let listener = listener.tap_io(|connection| {
        // Only a matter of speed.
        let _ = connection.set_nodelay(true);
    });
    let server =
        axum::serve(listener, router(builder.build())).with_graceful_shutdown(async move {
            shutdown.await;
            drop(stopping);
        });
    let too_late = async move {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server.into_future() => Ok(ended?),
        () = too_late => Ok(()),
    }
}

fn router(s3: S3Service) -> Router {
    let service = tower::service_fn(move |request| {
        let s3 = s3.clone();
        async move { Ok::<_, Infallible>(answer(&s3, request).await) }
    });
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(Duration::from_hours(1));
    Router::new().fallback_service(service).layer(cors)
}

async fn answer(s3: &S3Service, request: Request) -> Response {
    match s3.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "an S3 request could not be answered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
