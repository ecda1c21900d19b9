//! A request to a provider, and its whole answer.

use std::fmt;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use http_body_util::{BodyExt, Full, Limited};
use providers::{Answer, Body, Broken, Request};
use tokio::time::{Instant, timeout_at};

use crate::exchange::{Connection, Exchange, Outbound, request};
use crate::target::Target;

/// The most bytes of an answer: some hold images, in base 64.
pub(crate) const MOST: usize = 64 << 20;

/// An answer, as it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Received {
    /// The answer, to be read.
    #[must_use]
    pub fn as_answer(&self) -> Answer<'_> {
        Answer { status: self.status, headers: &self.headers, body: &self.body }
    }
}

impl fmt::Debug for Received {
    /// Shows nothing of what was said, which may be somebody's, or a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}

impl Outbound {
    /// Sends a request to a provider, once, and waits for its whole answer for as long as `within`. A
    /// redirect is an answer.
    ///
    /// [`Broken::NotSent`] is certain: there was no connection, or no TLS, so that nothing of the request
    /// went out. Whatever happens later counts as sent, be it that it was not.
    pub async fn call(&self, request: Request, within: Duration) -> Result<Received, Broken> {
        let deadline = Instant::now() + within;
        let target = Target::parse(&request.url).map_err(|_| {
            tracing::warn!("a request to a provider has a URL that cannot be used");
            Broken::NotSent
        })?;
        let connection = timeout_at(deadline, self.reach(&target)).await;
        let connection = connection.unwrap_or(Err(Broken::NotSent))?;
        let request = encoded(request, &target).ok_or(Broken::NotSent)?;
        let answer = timeout_at(deadline, answer(connection, request)).await;
        let host = target.host();
        match answer {
            Ok(Ok(received)) => Ok(received),
            Ok(Err(error)) => {
                tracing::warn!(host, error, "a request to a provider was sent and not answered");
                Err(Broken::Sent)
            }
            Err(_) => {
                tracing::warn!(host, "a request to a provider was not answered in time");
                Err(Broken::TimedOut)
            }
        }
    }

    /// A connection to where the configuration says, whatever its address.
    async fn reach(&self, target: &Target) -> Result<Connection, Broken> {
        let connection = async { self.connect(target, &self.addresses(target).await?).await };
        connection.await.map_err(|error| {
            tracing::warn!(host = target.host(), %error, "a provider cannot be reached");
            Broken::NotSent
        })
    }
}

/// The whole answer, or what broke.
async fn answer(
    connection: Connection,
    request: http::Request<Full<bytes::Bytes>>,
) -> Result<Received, String> {
    let Exchange { answer, driver: _driver } =
        connection.send(request).await.map_err(|error| error.to_string())?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(|error| error.to_string())?;
    let header = |(name, value): (&http::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(Received {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(header).collect(),
        body: body.to_bytes().into(),
    })
}

fn encoded(of: Request, target: &Target) -> Option<http::Request<Full<bytes::Bytes>>> {
    let method = Method::from_bytes(of.method.as_str().as_bytes()).ok()?;
    let has_body = of.body != Body::None;
    let boundary = format!("{:032x}", rand::random::<u128>());
    let (media_type, bytes) = of.body.encode(&boundary).unwrap_or_default();
    // Some servers ask for a length, be it that there is nothing.
    let says_length = has_body || matches!(method, Method::POST | Method::PUT);
    let length = bytes.len();
    let mut request = request(method, target, &of.headers, bytes)?;
    if has_body {
        request.headers_mut().insert(CONTENT_TYPE, media_type.parse().ok()?);
    }
    if says_length {
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Some(request)
}
