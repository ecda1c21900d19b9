//! Deleting an asset: first it leaves every list, then its objects go, then what is left of it.

use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, TransactWriteItem,
};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::create::claim_key;
use super::item::{self, Item, n, s};
use super::migrate::{self, First, of_this_version};
use super::{Attempts, Store, condition_failed, conflicted, failure, keys};
use crate::asset::{Deletion, Record};
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::index::Index;
use crate::seen::Seen;
use crate::version::VersionRecord;

/// The number of items of a deleted asset that are removed side by side.
const DELETES_AT_ONCE: usize = 25;

/// The number of items of a deleted asset that are removed at a time.
const REMAINS: i32 = 100;

/// The condition that keeps a tombstone from being written.
#[derive(Debug, Clone, Copy)]
enum Unless {
    /// That there is nothing, or one already.
    Deleted,
    /// Also that there is an approved version.
    Approved,
    /// Also that the revision is another.
    Changed(u64),
}

impl Unless {
    fn condition(self) -> String {
        const THIS: &str = of_this_version::<Record>();
        let more = match self {
            Self::Deleted => "",
            Self::Approved => " AND attribute_not_exists(approved_version)",
            Self::Changed(_) => " AND revision = :read",
        };
        format!("attribute_exists(pk) AND attribute_not_exists(deleted_at) AND {THIS}{more}")
    }
}

/// The remains of an asset that is being deleted, besides its record.
#[derive(Debug, Default)]
pub struct Remains {
    /// Its versions' objects, each with its `ETag` where known.
    pub objects: Vec<(String, Option<String>)>,
    /// True if there is more of it.
    pub more: bool,
    pub(super) items: Vec<Item>,
}

impl First for Deletion {
    const KIND: &'static str = "deletion";
}

impl Store {
    /// Takes the asset from callers: it leaves every list at once, and its objects may be removed.
    /// [`Error::NotFound`] where there is none, or another delete came first; [`Error::Changed`] where
    /// it is not as it was `seen`; [`Error::Approved`] where it has an approved version, unless by
    /// `force`.
    pub async fn tombstone(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        force: bool,
        deletion: Deletion,
    ) -> Result<Record> {
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let unless = match (seen.is_anything(), force) {
                (true, true) => Unless::Deleted,
                (true, false) => Unless::Approved,
                (false, _) => {
                    Unless::Changed(self.deletable(workspace, id, seen, force).await?.revision)
                }
            };
            if let Some(tombstone) = self.tombstone_if(workspace, id, unless, deletion).await? {
                return Ok(tombstone);
            }
            // What was in the way, unless it is gone again.
            self.deletable(workspace, id, seen, force).await?;
        }
    }

    /// The asset, where [`Self::tombstone`] may take it; its errors, where not.
    async fn deletable(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        seen: &Seen,
        force: bool,
    ) -> Result<Record> {
        let read = self.get(workspace, id).await?;
        seen.check(&read)?;
        if read.asset.approved_version.is_some() && !force {
            return Err(Error::Approved);
        }
        Ok(read)
    }

    /// [`Self::tombstone`], if the asset still is as it was read at `revision`; none where not.
    pub async fn tombstone_unchanged(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        deletion: Deletion,
    ) -> Result<Option<Record>> {
        let unless = Unless::Changed(read.revision);
        self.tombstone_if(workspace, read.asset.id, unless, deletion).await
    }

    async fn tombstone_if(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        unless: Unless,
        deletion: Deletion,
    ) -> Result<Option<Record>> {
        let listed: Vec<_> = Index::all().map(|index| index.name).collect();
        let update = format!(
            "SET deleted_at = :now, due_at = :now, deleted_because = :because, by_due = :shard, \
             revision = revision + :one REMOVE {}",
            listed.join(", ")
        );
        let because =
            serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(deletion.deleted_because);
        let because: AttributeValue = because.map_err(Error::internal)?;
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let mut request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(item::key_item(keys::asset(workspace, id))))
                .update_expression(&update)
                .condition_expression(unless.condition())
                .expression_attribute_values(":now", s(deletion.deleted_at))
                .expression_attribute_values(":because", because.clone())
                .expression_attribute_values(":shard", s(keys::due_shard_of(id.bytes())))
                .expression_attribute_values(":one", n(1))
                .return_values(ReturnValue::AllNew)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            if let Unless::Changed(revision) = unless {
                request = request.expression_attribute_values(":read", n(revision));
            }
            match request.send().await {
                Ok(answer) => return answer.attributes.map(migrate::read).transpose(),
                Err(error) if condition_failed(&error) => return Ok(None),
                Err(error) if conflicted(&error) => {}
                Err(error) => return Err(failure(error)),
            }
        }
    }

    /// Removes what is left of a tombstoned asset whose objects are gone, but for one event that
    /// says so and keeps late events from bringing it back. Doing it again changes nothing.
    pub async fn purge(
        &self,
        workspace: &WorkspaceId,
        tombstone: &Record,
        remains: Remains,
    ) -> Result<()> {
        let id = tombstone.asset.id;
        let Some(deletion) = &tombstone.deletion else {
            return Err(Error::internal("only a tombstoned asset is purged"));
        };
        if let Some(bytes) = &tombstone.claim {
            self.release(claim_key(tombstone, bytes), id).await?;
        }
        // Where a producer has overwritten the object, it leads to another asset.
        if let Some(pointer) = &tombstone.pointer {
            self.release(keys::object(workspace, pointer), id).await?;
        }
        let gone = "attribute_not_exists(pk) OR attribute_exists(deleted_at)";
        let mut writes = vec![
            self.delete(keys::asset(workspace, id), Some(gone))?,
            self.record_deletion(workspace, id, deletion)?,
        ];
        writes.extend(self.change_postings(Some(tombstone), None)?);
        self.discard(remains).await?;
        match self.transact(&writes).await? {
            Ok(()) => Ok(()),
            // Someone else finished it.
            Err(_) if self.find(workspace, id).await?.is_none() => Ok(()),
            Err(_) => Err(Error::unavailable("the tombstone changed while it was purged")),
        }
    }

    /// Removes items of a tombstoned asset whose objects are gone, some side by side.
    pub async fn discard(&self, remains: Remains) -> Result<()> {
        let deletes = remains.items.into_iter().map(|key| async move {
            let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
            delete.send().await.map(|_| ()).map_err(failure)
        });
        stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE).try_collect().await
    }

    /// The remains of a tombstoned asset, as much as is worth a batch: its versions' objects, and its
    /// items but for the record, what says that it was deleted, and as of when it is counted. Once these
    /// are gone ([`Self::discard`]), this tells the next.
    pub async fn remains(&self, workspace: &WorkspaceId, id: AssetId) -> Result<Remains> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::asset(workspace, id).pk))
            .projection_expression("pk, sk, storage_key, etag, v")
            .consistent_read(true)
            .limit(REMAINS)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let mut remains =
            Remains { more: answer.last_evaluated_key.is_some(), ..Remains::default() };
        let kept = [keys::asset, keys::deletion, keys::tally].map(|key| key(workspace, id).sk);
        for mut item in answer.items.unwrap_or_default() {
            if item::text(&item, "sk").is_some_and(|sk| kept.iter().any(|kept| kept == sk)) {
                continue;
            }
            if item::text(&item, "sk").and_then(keys::parse_version).is_some() {
                migrate::version_of::<VersionRecord>(&item)?;
            }
            if let Some(key) = item::text(&item, "storage_key") {
                let etag = item::text(&item, "etag").map(str::to_owned);
                remains.objects.push((key.to_owned(), etag));
            }
            item.retain(|name, _| name == "pk" || name == "sk");
            remains.items.push(item);
        }
        Ok(remains)
    }

    /// The record that stays of an asset that is gone.
    pub async fn deletion(&self, workspace: &WorkspaceId, id: AssetId) -> Result<Option<Deletion>> {
        let found = self.get_item(keys::deletion(workspace, id), true).await?;
        found.map(migrate::read).transpose()
    }

    /// The event that stays of an asset that is gone.
    pub(super) fn record_deletion(
        &self,
        workspace: &WorkspaceId,
        id: AssetId,
        deletion: &Deletion,
    ) -> Result<TransactWriteItem> {
        let item = migrate::encode(keys::deletion(workspace, id), deletion)?;
        self.put_anyway(item)
    }
}
