//! Exports.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use serde::{Deserialize, Serialize};

use super::create::{Answered, idempotency_conflict};
use super::item::{self, Item, n, s};
use super::migrate::{self, First};
use super::transaction::{NEW, Writes};
use super::{Store, condition_failed, failure, keys};
use crate::error::{Error, Result};
use crate::export::{ExportId, ExportRecord, ExportStatus, LIFE, STALLED};
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Action, Event};
use crate::text::{Checksum, IdempotencyKey};
use crate::time::{DAY, Timestamp};

/// The number of events that are read at a time where one is looked for.
const EVENTS: usize = 25;
/// The most times that a page of a list is read on for, where few exports have the status asked for.
const TRIPS: usize = 4;

/// That a workspace has an export. It goes by itself, some time after the export.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    ttl: i64,
}

impl First for Listing {
    const KIND: &'static str = "listed_export";
}

impl First for ExportRecord {
    const KIND: &'static str = "export";
}

/// A write of the creation of an export.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Export,
    Listing,
    Answer,
}

impl Store {
    /// Keeps a new export; of a `request` that was made before, the export of that time, as it is now.
    ///
    /// One transaction of two items, or three: five write units, or seven. [`Error::Conflict`]
    /// `idempotency_conflict` where the idempotency key came with another request.
    pub async fn create_export(
        &self,
        workspace: &WorkspaceId,
        record: ExportRecord,
        request: Option<(&IdempotencyKey, &Checksum)>,
        now: Timestamp,
    ) -> Result<ExportRecord> {
        let id = record.export.id;
        let listing = Listing { ttl: now.plus(STALLED + LIFE + DAY).seconds() };
        let listing = migrate::encode(keys::listed_export(workspace, id), &listing)?;
        let mut writes = Writes::new();
        writes.add(Part::Export, self.put(encode(workspace, &record)?, NEW, None)?);
        writes.add(Part::Listing, self.put(listing, NEW, None)?);
        if let Some((name, digest)) = request {
            // What is answered is an id, of an asset or an export: no body asks for both.
            let answer = self.answer(workspace, name, digest, id.into(), None, now)?;
            writes.add(Part::Answer, answer);
        }
        let Err(reasons) = self.transact(writes.all()).await? else { return Ok(record) };
        let answered = writes.holder::<Answered>(&reasons, Part::Answer)?;
        let (Some(answered), Some((_, digest))) = (answered, request) else {
            // The SDK tries again when an answer is lost: then what is there is this.
            return self.find_export(workspace, id).await?.ok_or(Error::NotFound);
        };
        if answered.request != *digest {
            return Err(idempotency_conflict());
        }
        let before = self.find_export(workspace, answered.asset.into()).await?;
        before.ok_or(Error::NotFound)
    }

    /// Exports, newest first: at most `limit`, of those made before `before`, with this status where one
    /// is asked for; and where to go on, none at the end. A page may be short, or empty, with a place to
    /// go on. What cannot be read is passed over.
    pub async fn list_exports(
        &self,
        workspace: &WorkspaceId,
        status: Option<ExportStatus>,
        before: Option<ExportId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<(Vec<ExportRecord>, Option<ExportId>)> {
        let (mut found, mut before) = (Vec::new(), before.map(AssetId::from));
        for _ in 0..TRIPS {
            let high = before.map_or(Some(AssetId::from_bytes([255; 20])), AssetId::previous);
            let Some(high) = high else { return Ok((found, None)) };
            let missing = limit - found.len();
            let range = [AssetId::from_bytes([0; 20]), high];
            let query = self.latest(range.map(|id| keys::listed_export(workspace, id.into())));
            let query = query.limit(i32::try_from(missing).unwrap_or(i32::MAX));
            let answer = query.send().await.map_err(failure)?;
            let ids = answer.items().iter().filter_map(|item| item::text(item, "sk")?.parse().ok());
            let ids: Vec<AssetId> = ids.collect();
            let read = ids.iter().map(|id| keys::export(workspace, (*id).into()));
            let (items, _) = self.get_items(read, true).await?;
            let records = items.into_iter().filter_map(|item| item::readable(item, migrate::read));
            let mut records: Vec<ExportRecord> = records.collect();
            records.retain(|ExportRecord { export, .. }| {
                status.is_none_or(|status| export.status == status)
                    && export.expires_at.is_none_or(|at| at > now)
            });
            records.sort_unstable_by_key(|record| std::cmp::Reverse(record.export.id));
            found.extend(records);
            before = ids.last().copied();
            if ids.len() < missing {
                return Ok((found, None));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok((found, before.map(ExportId::from)))
    }

    /// The export, as it is now.
    pub async fn find_export(
        &self,
        workspace: &WorkspaceId,
        id: ExportId,
    ) -> Result<Option<ExportRecord>> {
        self.get_item(keys::export(workspace, id), true).await?.map(migrate::read).transpose()
    }

    /// Writes `next`, which was made from `read`; what is stored now, or none where the export has
    /// changed since.
    pub async fn replace_export(
        &self,
        workspace: &WorkspaceId,
        read: &ExportRecord,
        next: ExportRecord,
    ) -> Result<Option<ExportRecord>> {
        let next = ExportRecord { revision: read.revision + 1, ..next };
        let replaced = self.put_export(workspace, &next, Some(read.revision)).await?;
        Ok(replaced.then_some(next))
    }

    /// Forgets an export that is as it was read.
    pub async fn remove_export(&self, workspace: &WorkspaceId, read: &ExportRecord) -> Result<()> {
        let key = keys::export(workspace, read.export.id);
        self.delete_unchanged(key, read.revision).await.map(|_| ())
    }

    /// The event by which `version` of the asset became its approved one.
    pub async fn approval(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        version: u32,
    ) -> Result<Option<Event>> {
        let mut before = None;
        loop {
            let (events, next) = self.events(workspace, id, before, EVENTS).await?;
            let found = events.into_iter().find(|event| {
                event.action == Action::Approve.as_str() && event.to["approved_version"] == version
            });
            if found.is_some() || next.is_none() {
                return Ok(found);
            }
            before = next;
        }
    }

    async fn put_export(
        &self,
        workspace: &WorkspaceId,
        record: &ExportRecord,
        read: Option<u64>,
    ) -> Result<bool> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(encode(workspace, record)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let put = match read {
            None => put.condition_expression(NEW),
            Some(revision) => put
                .condition_expression("#revision = :read")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":read", n(revision)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }
}

pub(super) fn encode(workspace: &WorkspaceId, record: &ExportRecord) -> Result<Item> {
    let id = record.export.id;
    let mut item = migrate::encode(keys::export(workspace, id), record)?;
    item.insert("by_due".to_owned(), s(keys::due_shard_of(id.bytes())));
    item.insert("due_at".to_owned(), s(record.due_at()));
    Ok(item)
}
