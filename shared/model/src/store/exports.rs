//! Exports.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use super::item::{self, Item, n, s};
use super::{Store, condition_failed, failure, keys};
use crate::error::Result;
use crate::export::{ExportId, ExportRecord};
use crate::id::{AssetId, WorkspaceId};
use crate::review::{Action, Event};

/// How many events are read at a time where one is looked for.
const EVENTS: usize = 25;

impl Store {
    /// Keeps a new export. One write unit, and one of `by_due`.
    pub async fn create_export(
        &self,
        workspace: &WorkspaceId,
        record: &ExportRecord,
    ) -> Result<()> {
        self.put_export(workspace, record, None).await.map(|_| ())
    }

    /// The export, as it is now.
    pub async fn find_export(
        &self,
        workspace: &WorkspaceId,
        id: ExportId,
    ) -> Result<Option<ExportRecord>> {
        self.get_item(keys::export(workspace, id), true).await?.map(item::decode).transpose()
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
            None => put.condition_expression("attribute_not_exists(pk)"),
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

fn encode(workspace: &WorkspaceId, record: &ExportRecord) -> Result<Item> {
    let id = record.export.id;
    let mut item = item::encode(keys::export(workspace, id), record)?;
    item.insert("by_due".to_owned(), s(keys::due_shard_of(id.bytes())));
    item.insert("due_at".to_owned(), s(record.due_at()));
    Ok(item)
}
