//! TLS, with the one crypto library that AWS's clients have as well.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Those that certificates must come from. Nothing is read before the first connection: to parse a system's roots
/// takes longer than all else that a function does at its start.
#[derive(Default)]
pub(crate) struct Tls {
    /// None for those of the system.
    roots: Option<Vec<CertificateDer<'static>>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts these certificates alone.
    pub(crate) fn trusting(roots: Vec<Vec<u8>>) -> Self {
        let roots = roots.into_iter().map(CertificateDer::from).collect();
        Self { roots: Some(roots), config: OnceLock::new() }
    }

    /// Makes the connection one to the host of this name.
    pub(crate) async fn wrap(
        &self,
        connection: TcpStream,
        host: &str,
    ) -> io::Result<TlsStream<TcpStream>> {
        let host = host.trim_start_matches('[').trim_end_matches([']', '.']);
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(self.config()?).connect(name, connection).await
    }

    fn config(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(match &self.roots {
            Some(roots) => roots.clone(),
            None => rustls_native_certs::load_native_certs().certs,
        });
        if store.is_empty() {
            return Err(io::Error::other("this system has no root certificates"));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}
