//! The keys on AWS: a secret of Secrets Manager for each workspace.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::BehaviorVersion;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use domain::{Error, Result, WorkspaceId};
use platform::{Environment, aws};

use crate::document::{Document, unreadable};

/// The secrets whose names begin alike.
#[derive(Clone)]
pub(crate) struct Vault {
    prefix: String,
    make: Arc<dyn Fn() -> Result<Client> + Send + Sync>,
    client: Arc<OnceLock<Client>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({}…)", self.prefix)
    }
}

impl Vault {
    /// Those that a function's environment leads to. The client is made once it is needed.
    pub(crate) fn of(environment: &Environment, prefix: String) -> Result<Self> {
        let endpoint = environment.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER");
        let (region, credentials) = (environment.region()?, environment.credentials()?);
        Ok(Self::new(prefix, move || {
            let mut config = aws_sdk_secretsmanager::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region.clone())
                .credentials_provider(credentials.clone())
                .http_client(aws::http_client(endpoint.as_deref())?);
            config.set_endpoint_url(endpoint.clone());
            Ok(Client::from_conf(config.build()))
        }))
    }

    pub(crate) fn new(
        prefix: String,
        make: impl Fn() -> Result<Client> + Send + Sync + 'static,
    ) -> Self {
        Self { prefix, make: Arc::new(make), client: Arc::default() }
    }

    pub(crate) async fn read(&self, workspace: &WorkspaceId) -> Result<Document> {
        let found = self.client()?.get_secret_value().secret_id(self.name(workspace)).send().await;
        let found = match found {
            Ok(found) => found,
            Err(error) if is_missing(&error) => return Ok(Document::default()),
            Err(error) => return Err(fault(error)),
        };
        let value = serde_json::from_str(found.secret_string().unwrap_or_default());
        value.and_then(Document::parse).map_err(|_| unreadable(workspace))
    }

    /// Writes a workspace's secret. One that is empty is deleted, at once: what was in it was taken out on purpose.
    pub(crate) async fn write(&self, workspace: &WorkspaceId, document: &Document) -> Result<()> {
        let (client, name) = (self.client()?, self.name(workspace));
        if document.is_empty() {
            let delete = client.delete_secret().secret_id(name).force_delete_without_recovery(true);
            return match delete.send().await {
                Err(error) if !is_missing(&error) => Err(fault(error)),
                _ => Ok(()),
            };
        }
        let text = document.value().map_err(|_| unreadable(workspace))?.to_string();
        match client.put_secret_value().secret_id(&name).secret_string(&text).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => {
                let about = format!("Keys of the workspace {workspace} for providers of media");
                let create = client.create_secret().name(name).secret_string(text);
                create.description(about).send().await.map(drop).map_err(fault)
            }
            Err(error) => Err(fault(error)),
        }
    }

    fn name(&self, workspace: &WorkspaceId) -> String {
        format!("{}{workspace}", self.prefix)
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = (self.make)()?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(|error| error.code()) == Some("ResourceNotFoundException")
}

/// Said of an answer that is none.
const UNREAD: &str = "what Secrets Manager answers cannot be read";

/// A failure of Secrets Manager, without its words and without what it sent: both may quote a secret.
fn fault<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> Error {
    match error {
        SdkError::ServiceError(failure) => {
            // What is no answer comes as an error without a code.
            let Some(code) = failure.err().code() else { return Error::unavailable(UNREAD) };
            let text = format!("Secrets Manager answers with an error: {code}");
            match code {
                "InternalServiceError" | "ThrottlingException" => Error::unavailable(text),
                _ => Error::internal(text),
            }
        }
        SdkError::ResponseError(_) => Error::unavailable(UNREAD),
        SdkError::ConstructionFailure(_) => {
            Error::internal("the request to Secrets Manager could not be made")
        }
        SdkError::DispatchFailure(failure) => {
            let why = failure.as_connector_error().map(ToString::to_string).unwrap_or_default();
            Error::unavailable(format!("Secrets Manager could not be reached: {why}"))
        }
        _ => Error::unavailable("Secrets Manager did not answer in time"),
    }
}
