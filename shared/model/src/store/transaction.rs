//! Writes that take effect together or not at all.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use super::item::{self, Item, n};
use super::keys::{self, Key};
use super::migrate::{self, Stored};
use super::{Attempts, Store, failure};
use crate::asset::Record;
use crate::error::{Error, Result};
use crate::id::WorkspaceId;

/// The condition that nothing is under the key.
pub(super) const NEW: &str = "attribute_not_exists(pk)";

/// The code of a condition that failed.
const FAILED: &str = "ConditionalCheckFailed";

/// A transaction's writes, each under the name by which its failure is found.
#[derive(Debug)]
pub(super) struct Writes<N> {
    names: Vec<N>,
    all: Vec<TransactWriteItem>,
}

impl<N: Copy + PartialEq> Writes<N> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { names: Vec::new(), all: Vec::new() }
    }

    /// Adds a write, called `name`.
    pub(super) fn add(&mut self, name: N, write: TransactWriteItem) {
        self.names.push(name);
        self.all.push(write);
    }

    /// The names, in the order of the writes.
    pub(super) fn names(&self) -> impl Iterator<Item = N> {
        self.names.iter().copied()
    }

    /// As they are sent.
    pub(super) fn all(&self) -> &[TransactWriteItem] {
        &self.all
    }

    /// True if the condition of a write called `name` failed.
    pub(super) fn failed(&self, reasons: &[CancellationReason], name: N) -> bool {
        self.refusal(reasons, name).is_some()
    }

    /// The holder of the item that the write called `name` would have written.
    pub(super) fn holder<T: Stored>(
        &self,
        reasons: &[CancellationReason],
        name: N,
    ) -> Result<Option<T>> {
        let held = self.refusal(reasons, name).and_then(CancellationReason::item);
        held.cloned().map(migrate::read).transpose()
    }

    /// DynamoDB gives a reason for each write, in their order.
    fn refusal<'a>(
        &self,
        reasons: &'a [CancellationReason],
        name: N,
    ) -> Option<&'a CancellationReason> {
        let named = self.names.iter().zip(reasons).filter(|(of, _)| **of == name);
        named.map(|(_, reason)| reason).find(|reason| reason.code() == Some(FAILED))
    }
}

/// The outcome of a transaction: all of its writes took effect, or none.
pub(super) enum Transaction {
    /// All did.
    Done,
    /// A condition failed; why, for each write.
    Refused(Vec<CancellationReason>),
    /// One of its items was in another's hands: what was read of it is old, or about to be.
    Met,
}

impl Store {
    /// Runs the transaction. `Ok(Err(reasons))` says which of its conditions failed; one that met
    /// another is tried again.
    pub(super) async fn transact(
        &self,
        writes: &[TransactWriteItem],
    ) -> Result<std::result::Result<(), Vec<CancellationReason>>> {
        let mut attempts = Attempts::default();
        loop {
            attempts.next().await?;
            match self.try_transact(writes).await? {
                Transaction::Done => return Ok(Ok(())),
                Transaction::Refused(reasons) => return Ok(Err(reasons)),
                Transaction::Met => {}
            }
        }
    }

    /// Runs the transaction once.
    pub(super) async fn try_transact(&self, writes: &[TransactWriteItem]) -> Result<Transaction> {
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes.to_vec()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let Err(error) = sent else { return Ok(Transaction::Done) };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                canceled.cancellation_reasons()
            }
            _ => return Err(failure(error)),
        };
        let any = |code| reasons.iter().any(|reason| reason.code() == Some(code));
        if any(FAILED) {
            Ok(Transaction::Refused(reasons.to_vec()))
        } else if any("TransactionConflict") {
            Ok(Transaction::Met)
        } else {
            Err(failure(error))
        }
    }

    /// A conditional put whose failure tells what was there instead.
    pub(super) fn put(
        &self,
        item: Item,
        condition: &str,
        compared: Option<(&str, &str, AttributeValue)>,
    ) -> Result<TransactWriteItem> {
        let mut put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some((alias, name, value)) = compared {
            put = put
                .expression_attribute_names(alias, name)
                .expression_attribute_values(":value", value);
        }
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A put over what was read at `revision`.
    pub(super) fn put_over(&self, revision: u64, item: Item) -> Result<TransactWriteItem> {
        self.put(item, "#revision = :value", Some(("#revision", "revision", n(revision))))
    }

    /// A put, whatever is there.
    pub(super) fn put_anyway(&self, item: Item) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        Ok(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build())
    }

    /// A delete, on this condition if there is one.
    pub(super) fn delete(&self, key: Key, condition: Option<&str>) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(key)))
            .set_condition_expression(condition.map(str::to_owned))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Holds that nothing is under the key.
    pub(super) fn absent(&self, key: Key) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(key)))
            .condition_expression(NEW)
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Holds that the record is as it was read.
    pub(super) fn unchanged(
        &self,
        workspace: &WorkspaceId,
        read: &Record,
    ) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::asset(workspace, read.asset.id))))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":read", n(read.revision))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
