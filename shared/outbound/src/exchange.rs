//! One request on a connection of its own, and the answer's head.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use providers::Header;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::network::{Network, System};
use crate::target::Target;
use crate::tls::Tls;

/// The longest time that a connection and its TLS may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// The most addresses of a host that are tried, each for its share of that time.
const TRIED: usize = 4;
/// The name by which others know us.
const AGENT: &str = concat!("agent-assets/", env!("CARGO_PKG_VERSION"));

/// The way to others.
#[derive(Clone)]
pub struct Outbound {
    pub(crate) network: Arc<dyn Network>,
    tls: Arc<Tls>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}

impl Default for Outbound {
    /// The way over this machine's network, which trusts whom the system trusts.
    fn default() -> Self {
        Self { network: Arc::new(System), tls: Arc::default() }
    }
}

/// The bytes of a connection, with TLS or without.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection that nothing of HTTP went over yet.
pub(crate) struct Connection(Box<dyn Wire>);

/// An answer, of which the body is still to come.
pub(crate) struct Exchange {
    pub(crate) answer: Response<Incoming>,
    /// What moves the connection; it ends when it is dropped.
    pub(crate) driver: JoinSet<()>,
}

impl Outbound {
    /// The way over another network, which trusts these certificates alone, each in DER.
    #[must_use]
    pub fn over(network: impl Network + 'static, roots: Vec<Vec<u8>>) -> Self {
        Self { network: Arc::new(network), tls: Arc::new(Tls::trusting(roots)) }
    }

    /// All addresses of a target's host.
    pub(crate) async fn addresses(&self, target: &Target) -> io::Result<Vec<IpAddr>> {
        match target.name_or_address() {
            Ok(name) => self.network.resolve(name).await,
            Err(address) => Ok(vec![address]),
        }
    }

    /// A connection to the target, at these addresses and no others.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        addresses: &[IpAddr],
    ) -> io::Result<Connection> {
        let tried = &addresses[..addresses.len().min(TRIED)];
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in tried {
            let attempt = self.connect_to(target, *address);
            let share = CONNECT / u32::try_from(tried.len()).unwrap_or(1);
            match timeout(share, attempt).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => failure = error,
                Err(elapsed) => failure = elapsed.into(),
            }
        }
        Err(failure)
    }

    async fn connect_to(&self, target: &Target, address: IpAddr) -> io::Result<Connection> {
        let connection = self.network.connect(SocketAddr::new(address, target.port())).await?;
        connection.set_nodelay(true)?;
        if !target.is_https() {
            return Ok(Connection(Box::new(connection)));
        }
        Ok(Connection(Box::new(self.tls.wrap(connection, target.host()).await?)))
    }
}

impl Connection {
    /// Sends the request, once.
    pub(crate) async fn send(self, request: Request<Full<Bytes>>) -> hyper::Result<Exchange> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.0)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // How it ended is told to whoever reads the answer.
            let _ended = connection.await;
        });
        let answer = sender.send_request(request).await?;
        Ok(Exchange { answer, driver })
    }
}

/// A request as it goes out; none where a header cannot.
pub(crate) fn request(
    method: Method,
    target: &Target,
    headers: &[Header],
    body: Vec<u8>,
) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = target.path()?;
    let map: &mut HeaderMap = request.headers_mut();
    map.insert(HOST, target.authority()?);
    map.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value.expose()).ok()?;
        value.set_sensitive(true);
        map.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(request)
}
