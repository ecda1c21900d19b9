//! Objects that became assets by being uploaded, and events that nobody understood.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::create::LeadsTo;
use super::item::{self, n, s};
use super::{Store, condition_failed, failure, keys};
use crate::asset::{Deletion, DeletionReason, Record};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::text::Checksum;
use crate::time::{DAY, Timestamp};

/// How long a parked event is kept, in milliseconds.
const PARKED: i64 = 14 * DAY;

/// What became of an object that no record knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// It has a record now.
    Yes,
    /// Its asset was deleted: it must not come back.
    Deleted,
    /// Something else wrote first: look again.
    Raced,
}

/// The asset whose object a producer overwrote.
#[derive(Debug, Clone, Copy)]
pub struct Replaced<'a> {
    /// As it was read.
    pub record: &'a Record,
    /// Whether it has other versions than that object.
    pub has_versions: bool,
}

/// An event that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    /// The event, at most 8 KB of it.
    pub body: String,
    /// What was wrong.
    pub reason: String,
    /// When it was first seen.
    pub parked_at: Timestamp,
}

impl Store {
    /// The asset that an object with this digest belongs to (see [`keys::object_digest`]).
    pub async fn pointer(
        &self,
        workspace: &WorkspaceId,
        digest: &Checksum,
    ) -> Result<Option<AssetId>> {
        let found = self.get_item(keys::object(workspace, digest), true).await?;
        found.map(item::decode::<LeadsTo>).transpose().map(|found| found.map(|to| to.asset))
    }

    /// Makes a record of an object, in place of `replaced`, whose bytes it overwrote, and which goes,
    /// unless it has other versions. All or nothing, and never for an asset that was deleted.
    pub async fn adopt(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        replaced: Option<Replaced<'_>>,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Adopted> {
        let id = record.asset.id;
        let item = item::encode_record(&Record { revision: 1, ..record.clone() }, settings)?;
        let mut writes = vec![
            self.absent(keys::deletion(workspace, id))?,
            self.put(item, "attribute_not_exists(pk)", None)?,
        ];
        if let Some(digest) = &record.pointer {
            let pointer = item::encode(keys::object(workspace, digest), &LeadsTo { asset: id })?;
            writes.push(match replaced {
                None => self.put(pointer, "attribute_not_exists(pk)", None)?,
                Some(Replaced { record: old, .. }) => {
                    let compared = ("#asset", "asset", s(old.asset.id));
                    self.put(pointer, "#asset = :value", Some(compared))?
                }
            });
        }
        if let Some(Replaced { record: old, has_versions: false }) = replaced {
            writes.push(self.delete_replaced(workspace, old)?);
            writes.extend(self.change_postings(Some(old), None)?);
            let deletion = Deletion { deleted_at: now, deleted_because: DeletionReason::Replaced };
            writes.push(self.record_deletion(workspace, old.asset.id, &deletion)?);
        }
        writes.extend(self.change_postings(None, Some(record))?);
        match self.transact(&writes).await? {
            Ok(()) => Ok(Adopted::Yes),
            Err(reasons) if reasons[0].code() == Some("ConditionalCheckFailed") => {
                Ok(Adopted::Deleted)
            }
            Err(_) => Ok(Adopted::Raced),
        }
    }

    /// The event that stays of an asset that is gone.
    pub(super) fn record_deletion(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        deletion: &Deletion,
    ) -> Result<TransactWriteItem> {
        let item = item::encode(keys::deletion(workspace, id), deletion)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_replaced(&self, workspace: &WorkspaceId, read: &Record) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::asset(workspace, read.asset.id))))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":read", n(read.revision))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Whether the asset was deleted for good.
    pub async fn was_deleted(&self, workspace: &WorkspaceId, id: AssetId) -> Result<bool> {
        self.get_item(keys::deletion(workspace, id), true).await.map(|found| found.is_some())
    }

    /// Puts an event aside that can never be understood, for two weeks. The same event twice is
    /// parked once.
    pub async fn park(&self, body: &str, reason: &str, now: Timestamp) -> Result<()> {
        let mut end = body.len().min(8192);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        let event =
            ParkedEvent { body: body[..end].to_owned(), reason: reason.to_owned(), parked_at: now };
        let mut item = item::encode(keys::parked(&Checksum::of(body.as_bytes())), &event)?;
        item.insert(super::schema::TTL.to_owned(), n(now.plus(PARKED).seconds()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Err(error) if !condition_failed(&error) => Err(failure(error)),
            _ => Ok(()),
        }
    }

    /// Every parked event, in no order.
    pub async fn parked(&self) -> Result<Vec<ParkedEvent>> {
        let mut events = Vec::new();
        for partition in keys::parked_partitions() {
            events.extend(self.partition(&partition).await?);
        }
        Ok(events)
    }

    /// Every item of a partition.
    pub(super) async fn partition<T: serde::de::DeserializeOwned>(
        &self,
        partition: &str,
    ) -> Result<Vec<T>> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push(item::decode(item.map_err(failure)?)?);
        }
        Ok(found)
    }
}
