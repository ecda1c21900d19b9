//! An Internet in this process: names, addresses, and the servers that are behind them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use outbound::{Download, FetchError, Network, Outbound, Reach, Rules};
use providers::Header;
use rcgen::CertifiedKey;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The address of `media.example`.
pub(crate) const MEDIA: &str = "93.184.215.14";
/// The address of `other.example`.
pub(crate) const OTHER: &str = "2606:2800:21f:cb07:6820:80da:af6b:8b2c";

/// What a server does once it has read a request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, for as long as somebody takes them.
    Repeat(Vec<u8>),
    /// Sends nothing more, and waits for the other side to go.
    Stall,
}

/// The whole answer with this head, its body, and the body's length.
pub(crate) fn answer(head: &str, body: &[u8]) -> Vec<Step> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// The beginning of an answer with this head.
pub(crate) fn begin(head: &str) -> Step {
    Step::Send(format!("HTTP/1.1 {head}\r\n\r\n").into_bytes())
}

pub(crate) fn redirect(to: &str) -> Vec<Step> {
    answer(&format!("302 Found\r\nLocation: {to}"), b"")
}

/// The network of the test.
#[derive(Clone)]
pub(crate) struct Internet(Arc<Inner>);

struct Inner {
    certificate: Vec<u8>,
    acceptor: TlsAcceptor,
    names: Mutex<HashMap<String, Vec<IpAddr>>>,
    hosts: Mutex<HashMap<IpAddr, SocketAddr>>,
    lookups: Mutex<Vec<String>>,
    connections: Mutex<Vec<SocketAddr>>,
}

impl Internet {
    /// One without hosts, in which `media.example`, `other.example` and their addresses are trusted.
    pub(crate) fn new() -> Self {
        let names = ["media.example", "other.example", MEDIA].map(str::to_owned);
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key);
        Self(Arc::new(Inner {
            certificate: cert.der().to_vec(),
            acceptor: TlsAcceptor::from(Arc::new(config.unwrap())),
            names: Mutex::default(),
            hosts: Mutex::default(),
            lookups: Mutex::default(),
            connections: Mutex::default(),
        }))
    }

    /// One in which `media.example` answers by `script`.
    pub(crate) async fn with_media<F>(script: F) -> (Self, Server)
    where
        F: Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    {
        let internet = Self::new();
        let server = internet.host("media.example", MEDIA, script).await;
        (internet, server)
    }

    /// Starts a host with this name and address, over TLS.
    pub(crate) async fn host<F>(&self, name: &str, address: &str, script: F) -> Server
    where
        F: Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    {
        let server = Server::start(Some(self.0.acceptor.clone()), script).await;
        self.name(name, &[address]);
        self.0.hosts.lock().unwrap().insert(address.parse().unwrap(), server.address);
        server
    }

    /// Gives a name its addresses.
    pub(crate) fn name(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.0.names.lock().unwrap().insert(name.to_owned(), addresses);
    }

    pub(crate) fn outbound(&self) -> Outbound {
        Outbound::over(self.clone(), vec![self.0.certificate.clone()])
    }

    /// What was looked up.
    pub(crate) fn lookups(&self) -> Vec<String> {
        self.0.lookups.lock().unwrap().clone()
    }

    /// Where connections went.
    pub(crate) fn connections(&self) -> Vec<String> {
        self.0.connections.lock().unwrap().iter().map(ToString::to_string).collect()
    }

    /// Fetches as from URLs that anybody names.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.fetch_by(url, &rules()).await
    }

    pub(crate) async fn fetch_by(&self, url: &str, rules: &Rules) -> Result<Vec<u8>, FetchError> {
        all(self.outbound().open(url, &[], rules).await?).await
    }

    pub(crate) async fn fetch_with(
        &self,
        url: &str,
        headers: &[Header],
    ) -> Result<Vec<u8>, FetchError> {
        all(self.outbound().open(url, headers, &rules()).await?).await
    }
}

/// What anybody's URL is fetched by; no test is to reach its times.
pub(crate) fn rules() -> Rules {
    let long = Duration::from_mins(1);
    Rules { within: long, silence: long, ..Rules::new(Reach::Public, 1 << 20) }
}

pub(crate) async fn all(mut download: Download) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = download.next().await? {
        bytes.extend_from_slice(&chunk);
    }
    assert_eq!(download.next().await, Ok::<Option<Bytes>, _>(None), "the end stays the end");
    Ok(bytes)
}

#[async_trait]
impl Network for Internet {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lookups.lock().unwrap().push(name.to_owned());
        let found = self.0.names.lock().unwrap().get(name).cloned();
        found.ok_or_else(|| io::Error::other("no such name"))
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.0.connections.lock().unwrap().push(address);
        let host = self.0.hosts.lock().unwrap().get(&address.ip()).copied();
        TcpStream::connect(host.ok_or(io::ErrorKind::ConnectionRefused)?).await
    }
}

/// A server, and what it was asked.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server without TLS.
    pub(crate) async fn plain<F>(script: F) -> Self
    where
        F: Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    {
        Self::start(None, script).await
    }

    async fn start<F>(tls: Option<TlsAcceptor>, script: F) -> Self
    where
        F: Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (asked, script) = (Arc::clone(&requests), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, asked, script) = (tls.clone(), Arc::clone(&asked), Arc::clone(&script));
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            serve(stream, &asked, &*script).await;
                        }
                        None => serve(stream, &asked, &*script).await,
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// The requests that came in whole, as they were sent.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Reads one request and does as the script says; the connection ends with it.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: &Mutex<Vec<String>>,
    script: &(impl Fn(&str) -> Vec<Step> + ?Sized),
) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return,
            // Somebody begins with TLS, where there is none.
            Ok(_) if request[0] == 0x16 => return,
            Ok(_) => {}
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    asked.lock().unwrap().push(request.clone());
    for step in script(&request) {
        match step {
            Step::Send(bytes) => drop(stream.write_all(&bytes).await),
            Step::Repeat(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Step::Stall => drop(stream.read_buf(&mut Vec::new()).await),
        }
        drop(stream.flush().await);
    }
    drop(stream.shutdown().await);
}

/// True if a request has as many bytes as its head says.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
