//! The key that signs manifests, and where it comes from.

use archive::SigningKey;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::BehaviorVersion;
use aws_sdk_secretsmanager::error::SdkError;
use model::{Error, Result};
use platform::{Environment, aws};

/// The source of the signing key.
#[derive(Debug, Clone)]
pub(crate) enum Signing {
    /// It is known.
    Key(Box<SigningKey>),
    /// It is made from a secret in Secrets Manager, read anew for each export, so that another one is
    /// taken from the next on.
    Secret {
        /// Secrets Manager.
        client: Client,
        /// The secret's name or ARN.
        name: String,
    },
}

impl Signing {
    /// As the environment says: `EXPORT_SIGNING_KEY` holds the secret itself, or `EXPORT_SIGNING_SECRET`
    /// names it in Secrets Manager, which `AWS_ENDPOINT_URL_SECRETS_MANAGER` may say to be elsewhere.
    pub(crate) fn new(environment: &Environment) -> Result<Self> {
        if let Some(secret) = environment.optional("EXPORT_SIGNING_KEY") {
            let key = secret.parse().map_err(|why| {
                Error::internal(format!("the environment variable EXPORT_SIGNING_KEY: {why}"))
            })?;
            return Ok(Self::Key(Box::new(key)));
        }
        let name = environment.variable("EXPORT_SIGNING_SECRET")?;
        let endpoint = environment.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER");
        let mut config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(environment.region()?)
            .credentials_provider(environment.credentials()?)
            .http_client(aws::http_client(endpoint.as_deref())?);
        config.set_endpoint_url(endpoint);
        Ok(Self::Secret { client: Client::from_conf(config.build()), name })
    }

    /// The key.
    pub(crate) async fn key(&self) -> Result<SigningKey> {
        let (client, name) = match self {
            Self::Key(key) => return Ok((**key).clone()),
            Self::Secret { client, name } => (client, name),
        };
        let secret = client.get_secret_value().secret_id(name).send().await;
        let secret = secret.map_err(|error| match error {
            SdkError::ServiceError(_) | SdkError::ConstructionFailure(_) => Error::internal(error),
            error => Error::unavailable(error),
        })?;
        let text = secret.secret_string().unwrap_or_default();
        text.parse().map_err(|why| Error::internal(format!("the secret {name}: {why}")))
    }
}
