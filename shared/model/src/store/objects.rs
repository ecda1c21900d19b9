//! Objects that became assets by being uploaded, and events that nobody understood.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::create::LeadsTo;
use super::item::{self, n, s};
use super::migrate::{self, First, Stored};
use super::record;
use super::transaction::{NEW, Writes};
use super::{Store, condition_failed, failure, keys};
use crate::asset::{Deletion, DeletionReason, Record};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::text::Checksum;
use crate::time::{DAY, Timestamp};

/// The time that a parked event is kept, in milliseconds.
const PARKED: i64 = 14 * DAY;

/// The outcome for an object that no record knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// It has a record now.
    Yes,
    /// Its asset was deleted, and not for want of an object: it must not come back.
    Deleted,
    /// Something else wrote first: look again.
    Raced,
}

/// A write of an adoption.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// The item of an earlier deletion of the asset.
    Deletion,
    /// All else.
    Adoption,
}

/// The asset whose object a producer overwrote.
#[derive(Debug, Clone, Copy)]
pub struct Replaced<'a> {
    /// As it was read.
    pub record: &'a Record,
    /// True if it stays on record: it has other versions than that object, or was approved.
    pub is_kept: bool,
}

/// An event that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {
    /// The event, at most 8 KB of it.
    pub body: String,
    /// The fault.
    pub reason: String,
    /// When it was first seen.
    pub parked_at: Timestamp,
}

impl First for ParkedEvent {
    const KIND: &'static str = "parked";
}

impl Store {
    /// The asset that an object with this digest belongs to (see [`keys::object_digest`]).
    pub async fn pointer(
        &self,
        workspace: &WorkspaceId,
        digest: &Checksum,
    ) -> Result<Option<AssetId>> {
        let found = self.get_item(keys::object(workspace, digest), true).await?;
        found.map(migrate::read::<LeadsTo>).transpose().map(|found| found.map(|to| to.asset))
    }

    /// Makes a record of an object, in place of `replaced`, whose bytes it overwrote, and which goes,
    /// unless it is kept. All or nothing, and never for an asset that was deleted; one that went for want
    /// of an object comes back.
    pub async fn adopt(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        replaced: Option<Replaced<'_>>,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Adopted> {
        let id = record.asset.id;
        let adoption =
            |revision| self.adoption(workspace, record, revision, replaced, settings, now);
        let mut writes = Writes::new();
        writes.add(Part::Deletion, self.absent(keys::deletion(workspace, id))?);
        for write in adoption(1)? {
            writes.add(Part::Adoption, write);
        }
        let Err(reasons) = self.transact(writes.all()).await? else { return Ok(Adopted::Yes) };
        if !writes.failed(&reasons, Part::Deletion) {
            return Ok(Adopted::Raced);
        }
        let deletion = self.deletion(workspace, id).await?;
        let Some(deletion) = deletion else { return Ok(Adopted::Raced) };
        if !deletion.deleted_because.is_for_want_of_object() {
            return Ok(Adopted::Deleted);
        }
        // Above any revision of its former life, so that it is counted, and no old ETag is its own.
        let mut writes = adoption(u64::try_from(now.seconds()).map_err(Error::internal)?)?;
        writes.push(self.delete(keys::deletion(workspace, id), Some("attribute_exists(pk)"))?);
        Ok(if self.transact(&writes).await?.is_ok() { Adopted::Yes } else { Adopted::Raced })
    }

    /// The writes of [`Self::adopt`] but for that about an earlier deletion.
    fn adoption(
        &self,
        workspace: &WorkspaceId,
        record: &Record,
        revision: u64,
        replaced: Option<Replaced<'_>>,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>> {
        let id = record.asset.id;
        let item = record::encode(&Record { revision, ..record.clone() }, settings)?;
        let mut writes = vec![self.put(item, NEW, None)?];
        if let Some(digest) = &record.pointer {
            let pointer = migrate::encode(keys::object(workspace, digest), &LeadsTo { asset: id })?;
            writes.push(match replaced {
                None => self.put(pointer, NEW, None)?,
                Some(Replaced { record: old, .. }) => {
                    let compared = ("#asset", "asset", s(old.asset.id));
                    self.put(pointer, "#asset = :value", Some(compared))?
                }
            });
        }
        if let Some(Replaced { record: old, is_kept: false }) = replaced {
            writes.push(self.delete_replaced(workspace, old)?);
            writes.extend(self.change_postings(Some(old), None)?);
            let deletion = Deletion { deleted_at: now, deleted_because: DeletionReason::Replaced };
            writes.push(self.record_deletion(workspace, old.asset.id, &deletion)?);
        }
        writes.extend(self.change_postings(None, Some(record))?);
        Ok(writes)
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

    /// Puts an event aside that can never be understood, for two weeks. The same event twice is
    /// parked once.
    pub async fn park(&self, body: &str, reason: &str, now: Timestamp) -> Result<()> {
        let mut end = body.len().min(8192);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        let event =
            ParkedEvent { body: body[..end].to_owned(), reason: reason.to_owned(), parked_at: now };
        let mut item = migrate::encode(keys::parked(&Checksum::of(body.as_bytes())), &event)?;
        item.insert(super::schema::TTL.to_owned(), n(now.plus(PARKED).seconds()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression(NEW).send().await {
            Err(error) if !condition_failed(&error) => Err(failure(error)),
            _ => Ok(()),
        }
    }

    /// Every parked event, the oldest first.
    pub async fn parked(&self) -> Result<Vec<ParkedEvent>> {
        let mut events = Vec::new();
        for partition in keys::parked_partitions() {
            events.extend(self.partition::<ParkedEvent>(&partition).await?);
        }
        events.sort_by_key(|event| event.parked_at);
        Ok(events)
    }

    /// Every item of a partition.
    pub(super) async fn partition<T: Stored>(&self, partition: &str) -> Result<Vec<T>> {
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
            found.push(migrate::read(item.map_err(failure)?)?);
        }
        Ok(found)
    }
}
