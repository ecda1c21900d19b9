//! The reads and writes of `cleanup`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::item::{self, Item, s};
use super::migrate::{self, First};
use super::{Store, failure, keys};
use crate::asset::Record;
use crate::brake::Confirmation;
use crate::error::{Error, Result};
use crate::export::ExportId;
use crate::id::{AssetId, WorkspaceId};
use crate::time::Timestamp;

/// A thing that the schedule must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// An asset.
    Asset(WorkspaceId, AssetId),
    /// A version of an asset.
    Version(WorkspaceId, AssetId, u32),
    /// An export.
    Export(WorkspaceId, ExportId),
}

impl Due {
    fn read(pk: &str, sk: &str) -> Option<Self> {
        if let Some((workspace, id)) = keys::parse_export(pk) {
            return Some(Self::Export(workspace, id));
        }
        let (workspace, id) = keys::parse_asset(pk)?;
        Some(match keys::parse_version(sk) {
            Some(number) => Self::Version(workspace, id, number),
            None => Self::Asset(workspace, id),
        })
    }
}

/// A record that cannot be read, whatever wrote it.
#[derive(Debug)]
pub struct Unreadable {
    /// Its asset, as its key has it.
    pub key: String,
    /// Why.
    pub error: Error,
}

/// The place where a walk over an index goes on: opaque, to be handed back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Position(HashMap<String, String>);

impl Position {
    fn into_key(self) -> Item {
        self.0.into_iter().map(|(name, text)| (name, s(text))).collect()
    }

    /// Every key of the table and its indexes is a string.
    fn from_key(key: Item) -> Self {
        let texts = key.into_iter().filter_map(|(name, value)| match value {
            AttributeValue::S(text) => Some((name, text)),
            _ => None,
        });
        Self(texts.collect())
    }
}

/// The place where a job stopped, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    state: String,
}

impl First for Checkpoint {
    const KIND: &'static str = "checkpoint";
}

impl First for Confirmation {
    const KIND: &'static str = "confirmation";
}

impl Store {
    /// At most `limit` things of `shard` that are due at `now`, the longest due first, after
    /// `position`; and where to go on, none at the end.
    pub async fn due(
        &self,
        shard: u8,
        now: Timestamp,
        position: Option<Position>,
        limit: i32,
    ) -> Result<(Vec<Due>, Option<Position>)> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_due")
            .key_condition_expression("by_due = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", s(keys::due_shard(shard)))
            .expression_attribute_values(":now", s(now))
            .set_exclusive_start_key(position.map(Position::into_key))
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let keys = |item| Some((item::text(item, "pk")?, item::text(item, "sk")?));
        let due = answer.items().iter().filter_map(keys);
        let due = due.filter_map(|(pk, sk)| Due::read(pk, sk));
        Ok((due.collect(), answer.last_evaluated_key.clone().map(Position::from_key)))
    }

    /// Walks all listed assets of all workspaces, at most `limit` at a time: those after `position`,
    /// each by itself, so that one that cannot be read does not keep the others from being seen; and
    /// where to go on, none at the end. The only scan there is, for the schedule alone.
    pub async fn walk(
        &self,
        position: Option<Position>,
        limit: i32,
    ) -> Result<(Vec<std::result::Result<Record, Unreadable>>, Option<Position>)> {
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name("by_workspace")
            .set_exclusive_start_key(position.map(Position::into_key))
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let next = answer.last_evaluated_key.map(Position::from_key);
        let records = answer.items.unwrap_or_default().into_iter().map(|item| {
            let key = item::text(&item, "pk").unwrap_or_default().to_owned();
            migrate::read(item).map_err(|error| Unreadable { key, error })
        });
        Ok((records.collect(), next))
    }

    /// Writes anew those of the next `limit` listed assets whose words were stored before words were
    /// folded, so that indexes, postings, claims and (by the table's stream) counters have them as they
    /// are compared. How many these were, and where to go on, none at the end. Doing it again changes
    /// nothing; a record that changes meanwhile is written anew by who changes it.
    pub async fn refold(
        &self,
        position: Option<Position>,
        limit: i32,
    ) -> Result<(usize, Option<Position>)> {
        let (records, next) = self.walk(position, limit).await?;
        let mut written = 0;
        let readable = records.iter().filter_map(|record| record.as_ref().ok());
        for record in readable.filter(|record| record.unfolded.is_some()) {
            let workspace = &record.asset.workspace_id;
            let settings = self.settings(workspace).await?;
            written += usize::from(self.replace(workspace, record, record, &settings).await?);
        }
        Ok((written, next))
    }

    /// The place where `job` stopped, if it did.
    pub async fn checkpoint<T: DeserializeOwned>(&self, job: &str) -> Result<Option<T>> {
        let found = self.get_item(keys::checkpoint(job), true).await?;
        let Some(item) = found else { return Ok(None) };
        let Checkpoint { state } = migrate::read(item)?;
        serde_json::from_str(&state).map(Some).map_err(Error::internal)
    }

    /// Puts a confirmation of an operator's on record, where it stays.
    pub async fn confirm(&self, confirmation: &Confirmation) -> Result<()> {
        let item = migrate::encode(keys::confirmation(confirmation.at), confirmation)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(failure)
    }

    /// The confirmations of operators, the last first: at most `limit`.
    pub async fn confirmations(&self, limit: i32) -> Result<Vec<Confirmation>> {
        let answer = self.latest(keys::confirmations()).limit(limit).send().await;
        let items = answer.map_err(failure)?.items.unwrap_or_default();
        items.into_iter().map(migrate::read).collect()
    }

    /// Notes where `job` stopped.
    pub async fn set_checkpoint<T: Serialize>(&self, job: &str, state: &T) -> Result<()> {
        let state = serde_json::to_string(state).map_err(Error::internal)?;
        let item = migrate::encode(keys::checkpoint(job), &Checkpoint { state })?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(failure)
    }
}
