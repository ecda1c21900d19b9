//! Reading, changing and removing one asset.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity, ReturnValue,
    TransactWriteItem,
};
use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::attempts::pause;
use super::create::{LeadsTo, claim_key};
use super::item::{self, Item, Records, n, s};
use super::keys;
use super::transaction::{NEW, Transaction};
use super::versions::Remains;
use super::{Attempts, RETRIES, Store, condition_failed, conflicted, failure};
use crate::asset::{Deletion, Record};
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};
use crate::index::Index;
use crate::seen::Seen;

/// What keeps a tombstone from being written.
#[derive(Debug, Clone, Copy)]
enum Unless {
    /// That there is nothing, or one already.
    Deleted,
    /// Also that there is an approved version.
    Approved,
    /// Also that the revision is another.
    Changed(u64),
}

/// How many items of a deleted asset are removed side by side.
const DELETES_AT_ONCE: usize = 25;

/// How many items one read by keys may ask for.
const BATCH: usize = 100;

impl Store {
    /// The asset; [`Error::NotFound`] where there is none or it is being deleted. One consistent
    /// read.
    pub async fn get(&self, workspace: &WorkspaceId, id: AssetId) -> Result<Record> {
        let found = self.find(workspace, id).await?;
        found.filter(|record| record.deletion.is_none()).ok_or(Error::NotFound)
    }

    /// The asset, also while it is being deleted. One consistent read.
    pub async fn find(&self, workspace: &WorkspaceId, id: AssetId) -> Result<Option<Record>> {
        let found = self.get_item(keys::asset(workspace, id), true).await?;
        found.map(item::decode_record).transpose()
    }

    /// The assets with these ids, at most 100, that are there and not being deleted, in no order; and the
    /// ids of those whose records cannot be read.
    pub async fn get_readable(
        &self,
        workspace: &WorkspaceId,
        ids: &[AssetId],
    ) -> Result<(Vec<Record>, Vec<AssetId>)> {
        let (mut found, _) = self.records(workspace, ids).await?;
        found.records.retain(|record| record.deletion.is_none());
        Ok((found.records, found.unreadable))
    }

    /// The records with these ids that can be read, in no order, and the read capacity units that all
    /// of them took.
    pub(super) async fn records(
        &self,
        workspace: &WorkspaceId,
        ids: &[AssetId],
    ) -> Result<(Records, f64)> {
        let keys = ids.iter().map(|id| keys::asset(workspace, *id));
        let (items, rcu) = self.get_items(keys, false).await?;
        Ok((Records::read(items), rcu))
    }

    /// The items under these keys, in no order, a hundred at a time side by side, and the read
    /// capacity units that they took.
    pub(super) async fn get_items(
        &self,
        keys: impl Iterator<Item = keys::Key>,
        consistent: bool,
    ) -> Result<(Vec<Item>, f64)> {
        let distinct: BTreeSet<_> = keys.map(|key| (key.pk, key.sk)).collect();
        let keys = distinct.into_iter().map(|(pk, sk)| item::key_item(keys::Key { pk, sk }));
        let keys: Vec<_> = keys.collect();
        let batches = keys.chunks(BATCH).map(|batch| self.get_batch(batch.to_vec(), consistent));
        let (mut found, mut rcu) = (Vec::new(), 0.0);
        for (items, units) in try_join_all(batches).await? {
            found.extend(items);
            rcu += units;
        }
        Ok((found, rcu))
    }

    async fn get_batch(
        &self,
        mut missing: Vec<Item>,
        consistent: bool,
    ) -> Result<(Vec<Item>, f64)> {
        let (mut found, mut rcu) = (Vec::new(), 0.0);
        for attempt in 0.. {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(missing))
                .consistent_read(consistent)
                .build()
                .map_err(Error::internal)?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(failure)?;
            let consumed = answer.consumed_capacity().iter();
            rcu += consumed.filter_map(ConsumedCapacity::capacity_units).sum::<f64>();
            let mut items = answer.responses.unwrap_or_default();
            found.extend(items.remove(&self.table).unwrap_or_default());
            let mut left = answer.unprocessed_keys.unwrap_or_default();
            missing = left.remove(&self.table).map(|left| left.keys).unwrap_or_default();
            if missing.is_empty() {
                break;
            }
            if attempt == RETRIES {
                return Err(Error::unavailable("the table did not answer for every key"));
            }
            pause(attempt).await;
        }
        Ok((found, rcu))
    }

    /// The workspace's settings.
    pub async fn settings(&self, workspace: &WorkspaceId) -> Result<Settings> {
        let found = self.get_item(keys::settings(workspace), false).await?;
        found.map_or_else(|| Ok(Settings::default()), item::decode)
    }

    /// Sets the workspace's settings.
    pub async fn set_settings(&self, workspace: &WorkspaceId, settings: &Settings) -> Result<()> {
        let item = item::encode(keys::settings(workspace), settings)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(failure)
    }

    /// Writes `next` in place of `read`, which it was made from, and with it what its tags change;
    /// false where the record has changed since, or is about to, and must be read again.
    pub async fn replace(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        next: &Record,
        settings: &Settings,
    ) -> Result<bool> {
        self.replace_with(workspace, read, next, settings, Vec::new()).await
    }

    /// [`Self::replace`], and `more` in the same transaction.
    pub(super) async fn replace_with(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
        next: &Record,
        settings: &Settings,
        mut more: Vec<TransactWriteItem>,
    ) -> Result<bool> {
        let mut next = next.clone();
        next.asset.workspace_id = workspace.clone();
        next.revision = read.revision + 1;
        next.unfolded = None;
        if let Some(bytes) = &read.claim {
            self.move_claim(read, &next, bytes).await?;
        }
        let item = item::encode_record(&next, settings)?;
        more.extend(self.change_postings(Some(read), Some(&next))?);
        if !more.is_empty() {
            more.insert(0, self.put_over(read.revision, item)?);
            return Ok(matches!(self.try_transact(&more).await?, Transaction::Done));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":read", n(read.revision))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            Err(error) if condition_failed(&error) || conflicted(&error) => Ok(false),
            put => put.map(|_| true).map_err(failure),
        }
    }

    /// What makes the tag postings of `before` those of `after`; none are those of no record.
    pub(super) fn change_postings(
        &self,
        before: Option<&Record>,
        after: Option<&Record>,
    ) -> Result<Vec<TransactWriteItem>> {
        let of = |record: Option<&Record>| record.map(item::postings).unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| self.unpost(key));
        let gone = gone.collect::<Vec<_>>();
        let put = new.into_iter().filter(|(key, item)| old.get(key) != Some(item));
        put.map(|(_, item)| self.put_anyway(item)).chain(gone).collect()
    }

    fn unpost(&self, (pk, sk): &(String, String)) -> Result<TransactWriteItem> {
        self.delete(keys::Key { pk: pk.clone(), sk: sk.clone() }, None)
    }

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
        let mut condition = "attribute_exists(pk) AND attribute_not_exists(deleted_at)".to_owned();
        condition += match unless {
            Unless::Deleted => "",
            Unless::Approved => " AND attribute_not_exists(approved_version)",
            Unless::Changed(_) => " AND revision = :read",
        };
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            let mut request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(item::key_item(keys::asset(workspace, id))))
                .update_expression(&update)
                .condition_expression(&condition)
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
                Ok(answer) => return answer.attributes.map(item::decode_record).transpose(),
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

    /// Gives `next` the claim on its bytes that `read` has under its words as they were, before they
    /// were folded. Doing it again changes nothing, and a claim that leads to nothing is taken over.
    async fn move_claim(
        &self,
        read: &Record,
        next: &Record,
        bytes: &crate::Checksum,
    ) -> Result<()> {
        let to = claim_key(next, bytes);
        if read.unfolded.is_none() || claim_key(read, bytes) == to {
            return Ok(());
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::encode(to, &LeadsTo { asset: read.asset.id })?))
            .condition_expression(NEW)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match put {
            // An asset that was saved since has the claim.
            Err(error) if !condition_failed(&error) => Err(failure(error)),
            _ => self.release(claim_key(read, bytes), read.asset.id).await,
        }
    }

    /// Deletes what leads to the asset, unless it leads to another by now.
    async fn release(&self, key: keys::Key, asset: AssetId) -> Result<()> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::key_item(key)))
            .condition_expression("#asset = :asset")
            .expression_attribute_names("#asset", "asset")
            .expression_attribute_values(":asset", s(asset))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match delete {
            Err(error) if !condition_failed(&error) => Err(failure(error)),
            _ => Ok(()),
        }
    }
}
