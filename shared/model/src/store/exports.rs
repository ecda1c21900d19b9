//! Exports.

use serde::{Deserialize, Serialize};

use super::create::{Answered, idempotency_conflict};
use super::item::{self, Item, s};
use super::migrate::{self, First};
use super::transaction::{NEW, Writes};
use super::{Store, keys};
use crate::error::{Error, Result};
use crate::export::{ExportId, ExportRecord, ExportStatus, LIFE, STALLED};
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Action, Event};
use crate::text::{Checksum, IdempotencyKey};
use crate::time::{DAY, Timestamp};

/// The number of events that are read at a time where one is looked for.
const EVENTS: usize = 25;

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
        let keys = (
            |id: AssetId| keys::listed_export(workspace, id.into()),
            |id: AssetId| keys::export(workspace, id.into()),
        );
        let taken = |item| {
            let record: ExportRecord = item::readable(item, migrate::read)?;
            let export = &record.export;
            let is_taken = status.is_none_or(|status| export.status == status)
                && export.expires_at.is_none_or(|at| at > now);
            is_taken.then_some((export.id.into(), record))
        };
        let (found, before) = self.newest(keys, before.map(AssetId::from), limit, taken).await?;
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
        let replaced = self.put_unchanged(encode(workspace, &next)?, read.revision).await?;
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
}

pub(super) fn encode(workspace: &WorkspaceId, record: &ExportRecord) -> Result<Item> {
    let id = record.export.id;
    let mut item = migrate::encode(keys::export(workspace, id), record)?;
    item.insert("by_due".to_owned(), s(keys::due_shard_of(id.bytes())));
    item.insert("due_at".to_owned(), s(record.due_at()));
    Ok(item)
}
