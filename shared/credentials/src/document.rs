//! A workspace's keys, as they are stored.

use std::collections::BTreeMap;

use domain::{Error, WorkspaceId};
use providers::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Credential;

/// A workspace's keys, by the provider's name. A name that is not known may be one that newer code knows: it stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Document(BTreeMap<String, Credential>);

/// A key in its stored form. It cannot be shown.
#[derive(Serialize, Deserialize)]
struct Stored {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
}

impl Document {
    /// Reads the stored form.
    pub(crate) fn parse(value: Value) -> serde_json::Result<Self> {
        let stored: BTreeMap<String, Stored> = serde_json::from_value(value)?;
        let credential = |stored: Stored| Credential {
            key: stored.key.into(),
            webhook_secret: stored.webhook_secret.map(Into::into),
        };
        Ok(Self(stored.into_iter().map(|(name, stored)| (name, credential(stored))).collect()))
    }

    /// The stored form.
    pub(crate) fn value(&self) -> serde_json::Result<Value> {
        let stored = |credential: &Credential| Stored {
            key: credential.key.expose().to_owned(),
            webhook_secret: credential.webhook_secret.as_ref().map(|it| it.expose().to_owned()),
        };
        let stored: BTreeMap<_, _> = self.0.iter().map(|(name, it)| (name, stored(it))).collect();
        serde_json::to_value(stored)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, provider: Provider) -> Option<&Credential> {
        self.0.get(provider.as_str())
    }

    pub(crate) fn set(&mut self, provider: Provider, credential: Credential) {
        self.0.insert(provider.as_str().to_owned(), credential);
    }

    pub(crate) fn remove(&mut self, provider: Provider) -> bool {
        self.0.remove(provider.as_str()).is_some()
    }

    /// The providers that are known.
    pub(crate) fn providers(&self) -> impl Iterator<Item = Provider> {
        self.0.keys().filter_map(|name| Provider::named(name))
    }
}

/// Said where a document is not what it should be. Nothing of it is told, since all of it is secret.
pub(crate) fn unreadable(workspace: &WorkspaceId) -> Error {
    Error::internal(format!(
        "the stored credentials of the workspace {workspace} are not a JSON object of objects with a key"
    ))
}
