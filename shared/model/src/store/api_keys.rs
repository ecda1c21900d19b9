//! API keys.

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::item::{self, s};
use super::migrate::{self, First, of_this_version};
use super::transaction::NEW;
use super::{Store, condition_failed, failure, keys};
use crate::api_key::{KeyPrefix, KeyRecord};
use crate::error::{Error, Result};
use crate::id::WorkspaceId;
use crate::time::Timestamp;

/// That a workspace has a key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    sk: KeyPrefix,
}

impl First for Entry {
    const KIND: &'static str = "workspace_api_key";
}

impl First for KeyRecord {
    const KIND: &'static str = "api_key";
}

impl Store {
    /// The key with this prefix. The one look-up without a workspace, since it is what tells the
    /// workspace.
    pub async fn find_key(&self, prefix: &KeyPrefix) -> Result<Option<KeyRecord>> {
        let found = self.get_item(keys::api_key(prefix), true).await?;
        found.map(migrate::read).transpose()
    }

    /// Stores a new key. [`Error::Conflict`] `prefix_taken` where another has its prefix.
    pub async fn create_key(&self, workspace: &WorkspaceId, record: &KeyRecord) -> Result<()> {
        let key = keys::workspace_api_key(workspace, &record.prefix);
        let entry = Entry { sk: record.prefix.clone() };
        let writes = [
            self.put(migrate::encode(keys::api_key(&record.prefix), record)?, NEW, None)?,
            self.put(migrate::encode(key, &entry)?, NEW, None)?,
        ];
        self.transact(&writes).await?.map_err(|_| Error::Conflict {
            code: "prefix_taken",
            detail: "another key has this prefix; create it again".to_owned(),
        })
    }

    /// The workspace's keys.
    pub async fn list_keys(&self, workspace: &WorkspaceId) -> Result<Vec<KeyRecord>> {
        let entries: Vec<Entry> = self.partition(&keys::workspace_api_keys(workspace)).await?;
        let found = try_join_all(entries.iter().map(|entry| self.find_key(&entry.sk))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Ends the key with this prefix, for good. [`Error::NotFound`] where there is none.
    pub async fn revoke_key(&self, prefix: &KeyPrefix, now: Timestamp) -> Result<()> {
        const THIS: &str = of_this_version::<KeyRecord>();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::api_key(prefix))))
            .update_expression("SET revoked_at = if_not_exists(revoked_at, :now)")
            .condition_expression(format!("attribute_exists(pk) AND {THIS}"))
            .expression_attribute_values(":now", s(now))
            .send()
            .await;
        match update {
            // There is none, or one that only a newer store understands: reading it says so.
            Err(error) if condition_failed(&error) => {
                self.find_key(prefix).await?;
                Err(Error::NotFound)
            }
            update => update.map(|_| ()).map_err(failure),
        }
    }
}
