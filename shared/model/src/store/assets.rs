//! Reading and changing one asset.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity, TransactWriteItem,
};
use futures::future::try_join_all;

use super::attempts::pause;
use super::create::{LeadsTo, claim_key};
use super::item::{self, Item, n, s};
use super::keys;
use super::migrate::{self, First, of_this_version};
use super::record::{self, Records};
use super::transaction::{NEW, Transaction};
use super::{RETRIES, Store, condition_failed, conflicted, failure};
use crate::asset::Record;
use crate::due::Settings;
use crate::error::{Error, Result};
use crate::id::{AssetId, WorkspaceId};

/// The most items that one read by keys may ask for.
const BATCH: usize = 100;

impl First for Settings {
    const KIND: &'static str = "settings";
}

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
        found.map(migrate::read).transpose()
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
        found.map_or_else(|| Ok(Settings::default()), migrate::read)
    }

    /// Sets the workspace's settings.
    pub async fn set_settings(&self, workspace: &WorkspaceId, settings: &Settings) -> Result<()> {
        const THIS: &str = of_this_version::<Settings>();
        let item = migrate::encode(keys::settings(workspace), settings)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(THIS).send().await;
        match put {
            // Only a newer store understands what is there: reading it says so.
            Err(error) if condition_failed(&error) => {
                self.settings(workspace).await?;
                Err(Error::Contended)
            }
            put => put.map(|_| ()).map_err(failure),
        }
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
        let item = record::encode(&next, settings)?;
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

    /// The writes that make the tag postings of `before` those of `after`; none are those of no record.
    pub(super) fn change_postings(
        &self,
        before: Option<&Record>,
        after: Option<&Record>,
    ) -> Result<Vec<TransactWriteItem>> {
        let of = |record: Option<&Record>| record.map(record::postings).unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| self.unpost(key));
        let gone = gone.collect::<Vec<_>>();
        let put = new.into_iter().filter(|(key, item)| old.get(key) != Some(item));
        put.map(|(_, item)| self.put_anyway(item)).chain(gone).collect()
    }

    fn unpost(&self, (pk, sk): &(String, String)) -> Result<TransactWriteItem> {
        self.delete(keys::Key { pk: pk.clone(), sk: sk.clone() }, None)
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
            .set_item(Some(migrate::encode(to, &LeadsTo { asset: read.asset.id })?))
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
    pub(super) async fn release(&self, key: keys::Key, asset: AssetId) -> Result<()> {
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
