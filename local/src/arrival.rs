//! Requests on their way in: how many connections at a time, and how long a request may take to arrive.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request};
use axum::middleware;
use http::StatusCode;
use http_body::Body as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_http::timeout::TimeoutBody;

use crate::Result;

/// The time that a connection may say nothing where a request's next bytes are due.
pub const SILENCE: Duration = Duration::from_secs(20);
/// The time that a request which is held in memory may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(1);
/// The time that a new connection may take to begin its first request, whoever waits for its place.
const WELCOME: Duration = Duration::from_secs(2);
/// The time that a connection whose place others wait for may take to end its request.
const PATIENCE: Duration = Duration::from_mins(5);
/// The time that requests under way may take once the server is told to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// The pause after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `stop` resolves and the requests under way are done. Of the connections, `most`
/// are served at a time; where others wait for a place, those that are served end with their request, and
/// idle ones at once.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    most: usize,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(middleware::map_request(with_patience));
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(most));
    let leave = watch::Sender::new(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut stop => break,
            arrived = arrived(&listener, &places, &leave) => match arrived {
                Ok(arrived) => arrived,
                Err(error) => {
                    tracing::warn!(error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let connection = connection(stream, service.clone(), leave.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    leave.send_replace(());
    let all = places.acquire_many(u32::try_from(most).unwrap_or(u32::MAX));
    let _ = tokio::time::timeout(LAST_REQUESTS, all).await;
}

/// Serves a connection until its client is done, or until it is `told` to leave and has had its request.
async fn connection(
    stream: TcpStream,
    service: TowerToHyperService<Router>,
    mut told: watch::Receiver<()>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is its client's business.
    let asked_to_leave = async {
        tokio::time::sleep(WELCOME).await;
        // An error where the server is gone, which is as good a reason.
        let _ = told.changed().await;
    };
    tokio::select! {
        biased;
        _ = connection.as_mut() => {}
        () = asked_to_leave => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(PATIENCE, connection).await;
        }
    }
}

/// Gives a body up that stops coming. An empty one stays as it is: wrapped, it would not say that it is.
async fn with_patience(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(TimeoutBody::new(SILENCE, body)))
}

/// The next connection, once it has a place.
async fn arrived(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    leave: &watch::Sender<()>,
) -> Result<(TcpStream, OwnedSemaphorePermit)> {
    let (stream, _) = listener.accept().await?;
    // Only a matter of speed.
    let _ = stream.set_nodelay(true);
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Ok((stream, place));
    }
    leave.send_replace(());
    Ok((stream, Arc::clone(places).acquire_owned().await?))
}

/// A request's whole body; else the status that says why there is none: it is too large, or it did not
/// arrive in time.
pub(crate) async fn body(request: Request) -> std::result::Result<Bytes, StatusCode> {
    match tokio::time::timeout(ARRIVAL, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        }
        Ok(Err(_)) | Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}
