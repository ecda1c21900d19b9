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

use crate::error::{Error, Result};

/// The roots that AWS endpoints chain to (<https://www.amazontrust.com/repository/>).
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// What a function needs of its deployment; a test compares it with `template.yaml`.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// The environment variables that it must be given.
    pub variables: &'static [&'static str],
    /// The IAM actions that its role must allow.
    pub actions: &'static [&'static str],
    /// The partitions of the table in which it reads: patterns of [`crate::store::keys`].
    pub reads: &'static [&'static str],
    /// Those in which it writes.
    pub writes: &'static [&'static str],
}

/// The environment variable `name`; an error that names it where it is not set.
pub fn variable(name: &str) -> Result<String> {
    optional(name)
        .ok_or_else(|| Error::internal(format!("the environment variable {name} is not set")))
}

/// The environment variable `name`, if it is set and not empty.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

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

/// The credentials that Lambda, or a shell, puts into the environment.
pub fn credentials_from_env() -> Result<Credentials> {
    Ok(Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

/// The region, from `AWS_REGION` or `AWS_DEFAULT_REGION`.
pub fn region_from_env() -> Result<Region> {
    let region = optional("AWS_REGION").or_else(|| optional("AWS_DEFAULT_REGION"));
    region
        .map(Region::new)
        .ok_or_else(|| Error::internal("the environment variable AWS_REGION is not set"))
}

/// A DynamoDB client by the environment: Lambda's own variables, and `AWS_ENDPOINT_URL_DYNAMODB` for
/// another endpoint.
pub fn dynamodb_from_env() -> Result<aws_sdk_dynamodb::Client> {
    let endpoint = optional("AWS_ENDPOINT_URL_DYNAMODB");
    let http = http_client(endpoint.as_deref())?;
    Ok(dynamodb(endpoint, region_from_env()?, credentials_from_env()?, http))
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
