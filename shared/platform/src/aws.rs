//! The one place where AWS clients are configured.
//!
//! Built for a fast cold start: no credential or region provider chain, and on AWS a trust store
//! of Amazon's own roots, since parsing a system's store is most of a function's start-up work.
//! A custom endpoint gets the system's roots, and may be plain HTTP.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::{Error, Result};

/// The roots that AWS endpoints chain to (<https://www.amazontrust.com/repository/>).
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// An HTTP client for AWS, or for the custom `endpoint`.
pub fn http_client(endpoint: Option<&str>) -> Result<SharedHttpClient> {
    let builder = aws_smithy_http_client::Builder::new();
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Ok(builder.build_http());
    }
    let roots = match endpoint {
        Some(_) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let context = TlsContext::builder().with_trust_store(roots).build().map_err(Error::internal)?;
    Ok(builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https())
}

/// A DynamoDB client.
#[must_use]
pub fn dynamodb(
    endpoint: Option<String>,
    region: Region,
    credentials: Credentials,
    http: SharedHttpClient,
) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(credentials)
        .http_client(http);
    config.set_endpoint_url(endpoint);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}
