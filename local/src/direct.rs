//! The engines as functions of this process reach them: by a call, and not by a connection.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Body;
use http::header::HOST;
use http::{HeaderValue, Method, Request};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

/// The engines, each by its port.
#[derive(Debug, Clone)]
struct Direct {
    engines: Arc<[(u16, Router)]>,
    places: Arc<Semaphore>,
}

/// A client whose requests go to the engine that has the URL's port; `most` of them at a time, others
/// wait for their turn.
pub(crate) fn client(engines: [(u16, Router); 2], most: usize) -> SharedHttpClient {
    let engines = Arc::new(engines);
    Direct { engines, places: Arc::new(Semaphore::new(most)) }.into_shared()
}

impl HttpClient for Direct {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let direct = self.clone();
        HttpConnectorFuture::new(async move {
            let place = direct.places.acquire_owned().await.map_err(other)?;
            let mut request = request.try_into_http1x().map_err(other)?;
            let port = request.uri().port_u16();
            let engine = direct.engines.iter().find(|(known, _)| Some(*known) == port);
            let (_, engine) = engine.ok_or_else(|| other("no engine has this port"))?;
            if let Some(host) = request.uri().authority() {
                let host = HeaderValue::from_str(host.as_str()).map_err(other)?;
                request.headers_mut().insert(HOST, host);
            }
            let head = request.method() == Method::HEAD;
            let response = engine.clone().oneshot(in_origin_form(request).map(Body::new)).await;
            let response = response.map_err(other)?;
            // Until the answer is read, the engine has a file open for it.
            // And as a server sends it: a HEAD's answer has no body, whatever it says of one.
            let response = response.map(|body| {
                let body = if head { Body::empty() } else { body };
                SdkBody::from_body_1_x(Held::new(body, place))
            });
            HttpResponse::try_from(response).map_err(other)
        })
    }
}

/// As a server gets a request: the URL without what the Host says.
fn in_origin_form(request: Request<SdkBody>) -> Request<SdkBody> {
    let (mut parts, body) = request.into_parts();
    if let Some(path) = parts.uri.path_and_query() {
        parts.uri = path.clone().into();
    }
    Request::from_parts(parts, body)
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}

/// An answer's body, with the place that it takes.
struct Held {
    /// Never locked: in a mutex it can be shared, as the SDK asks of a body.
    body: Mutex<Body>,
    _place: OwnedSemaphorePermit,
}

impl Held {
    fn new(body: Body, place: OwnedSemaphorePermit) -> Self {
        Self { body: Mutex::new(body), _place: place }
    }
}

impl http_body::Body for Held {
    type Data = axum::body::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        let body = self.get_mut().body.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(context)
    }
}
