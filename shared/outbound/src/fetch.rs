//! A file that others say where it is.

use std::net::IpAddr;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use providers::Header;
use tokio::time::{Instant, timeout, timeout_at};

use crate::download::Download;
use crate::error::FetchError;
use crate::exchange::{Exchange, Outbound, request};
use crate::public::is_public;
use crate::target::{NoTarget, Target};

/// How far a fetch may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over https, to its own port, of hosts that have public addresses alone.
    Public,
    /// Wherever a laptop gets to: over http, to any port, to itself. The configuration alone may say so.
    Laptop,
}

/// The bounds of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How far it may reach.
    pub reach: Reach,
    /// The most bytes that the file may have.
    pub most_bytes: u64,
    /// The longest time that all of it may take, redirects and the last byte included.
    pub within: Duration,
    /// The longest time without a byte.
    pub silence: Duration,
    /// The most redirects.
    pub redirects: u8,
}

impl Rules {
    /// The bounds of a file of so many bytes at most: ten minutes, half a minute without a byte, five redirects.
    #[must_use]
    pub fn new(reach: Reach, most_bytes: u64) -> Self {
        Self {
            reach,
            most_bytes,
            within: Duration::from_mins(10),
            silence: Duration::from_secs(30),
            redirects: 5,
        }
    }
}

impl Outbound {
    /// Opens the file at a URL that somebody else names. `headers` go to the URL's own origin alone.
    ///
    /// Each host is looked up once; all of its addresses must be within reach, and it is they that are
    /// connected to. So it is with each redirect, and none leads from https to http.
    pub async fn open(
        &self,
        url: &str,
        headers: &[Header],
        rules: &Rules,
    ) -> Result<Download, FetchError> {
        let deadline = Instant::now() + rules.within;
        let opened = timeout_at(deadline, self.follow(Target::parse(url)?, headers, rules)).await;
        let (target, exchange) = opened.unwrap_or(Err(FetchError::Late(rules.within)))?;
        Download::new(target.host(), exchange, rules, deadline)
    }

    /// The answer at the end of the redirects, and whose it is.
    async fn follow(
        &self,
        mut target: Target,
        mut headers: &[Header],
        rules: &Rules,
    ) -> Result<(Target, Exchange), FetchError> {
        for _ in 0..=rules.redirects {
            let exchange = self.get(&target, headers, rules).await?;
            let Some(next) = redirect(&target, &exchange)? else {
                check_head(&target, exchange.answer.status(), exchange.answer.headers())?;
                return Ok((target, exchange));
            };
            if target.is_https() && !next.is_https() {
                return Err(FetchError::Scheme);
            }
            if !next.is_same_origin(&target) {
                headers = &[];
            }
            target = next;
        }
        Err(FetchError::Redirects(rules.redirects))
    }

    async fn get(
        &self,
        target: &Target,
        headers: &[Header],
        rules: &Rules,
    ) -> Result<Exchange, FetchError> {
        let addresses = self.allowed(target, rules.reach).await?;
        let host = || target.host().to_owned();
        let mut request =
            request(Method::GET, target, headers, Vec::new()).ok_or(FetchError::NoUrl)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let connection = self.connect(target, &addresses).await;
        let connection = connection.map_err(|error| {
            tracing::info!(host = target.host(), %error, "a file's host cannot be reached");
            FetchError::Unreachable { host: host() }
        })?;
        let sent = timeout(rules.silence, connection.send(request)).await;
        sent.map_err(|_| FetchError::Silent(rules.silence))?
            .map_err(|_| FetchError::Cut { host: host() })
    }

    /// The addresses of the target, if they are all within reach.
    async fn allowed(&self, target: &Target, reach: Reach) -> Result<Vec<IpAddr>, FetchError> {
        if reach == Reach::Public {
            if !target.is_https() {
                return Err(FetchError::Scheme);
            }
            if let Some(port) = target.other_port() {
                return Err(FetchError::Port(port));
            }
        }
        let host = || target.host().to_owned();
        let addresses = self.addresses(target).await.unwrap_or_default();
        if addresses.is_empty() {
            return Err(FetchError::NoAddress { host: host() });
        }
        let all_public = addresses.iter().all(|address| is_public(*address));
        match reach {
            Reach::Public if !all_public => Err(FetchError::NotPublic { host: host() }),
            Reach::Public | Reach::Laptop => Ok(addresses),
        }
    }
}

/// Where an answer leads on to, if it does.
fn redirect(from: &Target, exchange: &Exchange) -> Result<Option<Target>, FetchError> {
    if !matches!(exchange.answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = exchange.answer.headers().get(LOCATION);
    let location = location.and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    Ok(Some(from.join(location.ok_or(FetchError::NoUrl)?)?))
}

/// Refuses an answer that is not the file as it is.
fn check_head(target: &Target, status: StatusCode, headers: &HeaderMap) -> Result<(), FetchError> {
    let host = target.host().to_owned();
    match status.as_u16() {
        200 => {}
        status @ (403 | 404 | 410) => return Err(FetchError::Gone { host, status }),
        status => return Err(FetchError::Status { host, status }),
    }
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    // The second is how a file was once uploaded to S3, and not how it is sent.
    let is_plain = |value: &HeaderValue| value == "identity" || value == "aws-chunked";
    if encodings.all(is_plain) { Ok(()) } else { Err(FetchError::Encoded { host }) }
}

impl From<NoTarget> for FetchError {
    fn from(why: NoTarget) -> Self {
        match why {
            NoTarget::NoUrl => Self::NoUrl,
            NoTarget::Scheme => Self::Scheme,
            NoTarget::Credentials => Self::Credentials,
        }
    }
}
