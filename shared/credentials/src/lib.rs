//! The keys of a workspace for the providers of media, and the hosts that they are for.
//!
//! On AWS a workspace's keys are one secret of Secrets Manager, on a laptop they are in a private file. No key is ever in a
//! log, an error, or the form in which a value is shown.

mod document;
mod file;
mod hosts;
mod vault;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::Client;
use domain::{Clock, Error, Result, Timestamp, WorkspaceId};
use platform::Environment;
use providers::{Access, Catalogue, Provider, Secret};

use crate::document::Document;
use crate::file::File;
use crate::hosts::Hosts;
use crate::vault::Vault;

pub use crate::hosts::variables;

/// The variable that begins the names of the workspaces' secrets, such as `my-stack/providers/`.
pub const PREFIX: &str = "PROVIDER_CREDENTIALS";
/// The variable that names the private file, where there is no Secrets Manager.
pub const FILE: &str = "PROVIDER_CREDENTIALS_FILE";
/// The variable that holds the rows which are added to the catalogue that comes along: TOML.
pub const CATALOGUE: &str = "PROVIDER_CATALOGUE";

/// The time for which what Secrets Manager told is believed, in milliseconds.
const KEPT: i64 = 60_000;

/// The most characters of a key: what Secrets Manager takes holds one of each provider.
const LONGEST: usize = 4096;

/// A key for a provider, and the secret that the provider signs its webhooks with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The key.
    pub key: Secret,
    /// The secret of the account's webhooks, of providers that have one.
    pub webhook_secret: Option<Secret>,
}

/// The keys of all workspaces.
#[derive(Debug, Clone)]
pub struct Credentials {
    place: Place,
    hosts: Hosts,
    clock: Clock,
    read: Arc<Mutex<BTreeMap<WorkspaceId, (Timestamp, Document)>>>,
}

/// The place of the keys.
#[derive(Debug, Clone)]
enum Place {
    Vault(Vault),
    File(File),
}

impl Credentials {
    /// As the environment says: in the file that [`FILE`] names, else in the secrets whose names [`PREFIX`] begins;
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` may say that Secrets Manager is elsewhere, and [`variables`] that providers are.
    pub fn of(environment: &Environment) -> Result<Self> {
        let place = match environment.optional(FILE) {
            Some(file) => Place::File(File(file.into())),
            None => Place::Vault(Vault::of(environment, environment.variable(PREFIX)?)?),
        };
        let hosts = Hosts::of(environment)?;
        Ok(Self { hosts, ..Self::new(place, environment.clock()) })
    }

    /// Those in Secrets Manager as `client` reaches it, in secrets whose names begin with `prefix`.
    #[must_use]
    pub fn in_secrets(client: Client, prefix: String) -> Self {
        Self::new(Place::Vault(Vault::new(prefix, move || Ok(client.clone()))), Clock::system())
    }

    /// Those in a private file.
    #[must_use]
    pub fn in_file(file: PathBuf) -> Self {
        Self::new(Place::File(File(file)), Clock::system())
    }

    fn new(place: Place, clock: Clock) -> Self {
        Self { place, hosts: Hosts::default(), clock, read: Arc::default() }
    }

    /// The beginning of the secrets' names that a stack's functions know.
    #[must_use]
    pub fn prefix_of(stack: &str) -> String {
        format!("{stack}/providers/")
    }

    /// A workspace's key for a provider, if it has one. What the demo takes is known, where there is a demo.
    pub async fn get(
        &self,
        workspace: &WorkspaceId,
        provider: Provider,
    ) -> Result<Option<Credential>> {
        if provider == Provider::Demo {
            return Ok(self
                .hosts
                .has(provider)
                .then(|| Credential { key: provider.as_str().into(), webhook_secret: None }));
        }
        Ok(self.document(workspace).await?.get(provider).cloned())
    }

    /// A workspace's access to a provider, at the provider's own hosts or where the environment says.
    pub async fn access(
        &self,
        workspace: &WorkspaceId,
        provider: Provider,
    ) -> Result<Option<Access>> {
        let credential = self.get(workspace, provider).await?;
        credential.map(|credential| self.hosts.access(provider, credential.key)).transpose()
    }

    /// The providers that a workspace has a key for.
    pub async fn providers(&self, workspace: &WorkspaceId) -> Result<Vec<Provider>> {
        let mut known: Vec<_> = self.document(workspace).await?.providers().collect();
        known.extend(self.hosts.has(Provider::Demo).then_some(Provider::Demo));
        Ok(known)
    }

    /// Sets a workspace's key for a provider, in place of what was set before. One change at a time: of two at once,
    /// one may be lost.
    pub async fn set(
        &self,
        workspace: &WorkspaceId,
        provider: Provider,
        credential: Credential,
    ) -> Result<()> {
        if provider == Provider::Demo {
            return Err(Error::field("provider", "demo takes no key"));
        }
        checked("key", &credential.key)?;
        if let Some(secret) = &credential.webhook_secret {
            checked("webhook_secret", secret)?;
        }
        let mut document = self.read(workspace).await?;
        document.set(provider, credential);
        self.write(workspace, &document).await
    }

    /// Removes a workspace's key for a provider; false if there is none. The key itself works until its provider ends it.
    pub async fn remove(&self, workspace: &WorkspaceId, provider: Provider) -> Result<bool> {
        let mut document = self.read(workspace).await?;
        let removed = document.remove(provider);
        if removed {
            self.write(workspace, &document).await?;
        }
        Ok(removed)
    }

    /// A workspace's keys, as they were within the last minute.
    async fn document(&self, workspace: &WorkspaceId) -> Result<Document> {
        // A file costs nothing to read, and what is set there is to be had at once.
        if matches!(self.place, Place::File(_)) {
            return self.read(workspace).await;
        }
        let now = self.clock.now();
        let is_new = |at: Timestamp| (at..at.plus(KEPT)).contains(&now);
        if let Some((at, document)) = self.kept().get(workspace)
            && is_new(*at)
        {
            return Ok(document.clone());
        }
        let document = self.read(workspace).await?;
        let mut kept = self.kept();
        kept.retain(|_, (at, _)| is_new(*at));
        kept.insert(workspace.clone(), (now, document.clone()));
        Ok(document)
    }

    async fn read(&self, workspace: &WorkspaceId) -> Result<Document> {
        match &self.place {
            Place::Vault(vault) => vault.read(workspace).await,
            Place::File(file) => file.read(workspace),
        }
    }

    async fn write(&self, workspace: &WorkspaceId, document: &Document) -> Result<()> {
        match &self.place {
            Place::Vault(vault) => vault.write(workspace, document).await?,
            Place::File(file) => file.write(workspace, document)?,
        }
        self.kept().remove(workspace);
        Ok(())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<WorkspaceId, (Timestamp, Document)>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses what no header can carry.
fn checked(field: &str, secret: &Secret) -> Result<()> {
    let text = secret.expose();
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let problem = format!("expected 1 to {LONGEST} letters, digits and signs, without a space");
    Err(Error::field(field, problem))
}

/// The catalogue that comes along, with the rows of [`CATALOGUE`] in place of ours.
pub fn catalogue(environment: &Environment) -> Result<Catalogue> {
    let parsed = |text: &str, whose: &str| {
        let about = |why: toml::de::Error| Error::internal(format!("{whose}: {}", why.message()));
        Catalogue::parse(text).map_err(about)
    };
    let ours = parsed(Catalogue::TEXT, "the catalogue")?;
    let Some(text) = environment.optional(CATALOGUE) else { return Ok(ours) };
    Ok(ours.with(parsed(&text, &format!("the environment variable {CATALOGUE}"))?))
}
