//! What workspaces may spend on media, what they have spent, and their defaults for media tools.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::item::{self, Item, n};
use super::migrate::{self, First, of_this_version};
use super::{Store, condition_failed, failure, keys};
use crate::budget::{Books, Budget, Entry, Exceeded, Period, Reservation};
use crate::error::{Error, Result};
use crate::id::WorkspaceId;
use crate::text::Label;
use crate::time::Timestamp;

impl First for Budget {
    const KIND: &'static str = "budget";
}

impl First for Books {
    const KIND: &'static str = "books";
}

/// A workspace's defaults for a media tool, for calls that do not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolDefaults {
    /// The provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Label>,
    /// The provider's model; only with the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Label>,
    /// Parameters by name, both those that providers have in common and others.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

/// [`ToolDefaults`] as text, since DynamoDB's numbers would not give every JSON number back as it came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Defaults {
    defaults: String,
}

impl First for Defaults {
    const KIND: &'static str = "tool";
}

impl Store {
    /// What the workspace may spend.
    pub async fn budget(&self, workspace: &WorkspaceId) -> Result<Budget> {
        let found = self.get_item(keys::budget(workspace), false).await?;
        found.map_or_else(|| Ok(Budget::default()), migrate::read)
    }

    /// Says what the workspace may spend from now on.
    pub async fn set_budget(&self, workspace: &WorkspaceId, budget: &Budget) -> Result<()> {
        self.set::<Budget>(migrate::encode(keys::budget(workspace), budget)?).await
    }

    /// What the workspace has spent, and reserved, in the periods that `at` is in.
    pub async fn books(
        &self,
        workspace: &WorkspaceId,
        at: Timestamp,
    ) -> Result<BTreeMap<Period, Books>> {
        let mut books = BTreeMap::new();
        for period in Period::ALL {
            let found = self.get_item(keys::books(workspace, &period.name(at)), true).await?;
            books.insert(period, found.map_or_else(|| Ok(Books::default()), migrate::read)?);
        }
        Ok(books)
    }

    /// The workspace's defaults for a tool.
    pub async fn tool_defaults(
        &self,
        workspace: &WorkspaceId,
        tool: &Label,
    ) -> Result<ToolDefaults> {
        let found = self.get_item(keys::tool(workspace, tool), false).await?;
        let Some(item) = found else { return Ok(ToolDefaults::default()) };
        let Defaults { defaults } = migrate::read(item)?;
        serde_json::from_str(&defaults).map_err(Error::internal)
    }

    /// Sets the workspace's defaults for a tool.
    pub async fn set_tool_defaults(
        &self,
        workspace: &WorkspaceId,
        tool: &Label,
        defaults: &ToolDefaults,
    ) -> Result<()> {
        let defaults = serde_json::to_string(defaults).map_err(Error::internal)?;
        let item = migrate::encode(keys::tool(workspace, tool), &Defaults { defaults })?;
        self.set::<Defaults>(item).await
    }

    /// Puts a setting, but not over one that only a newer store understands.
    async fn set<T: First>(&self, item: Item) -> Result<()> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(of_this_version::<T>()).send().await;
        match put {
            Err(error) if condition_failed(&error) => {
                Err(Error::internal(format!("{}: a newer store has set it", T::KIND)))
            }
            put => put.map(|_| ()).map_err(failure),
        }
    }

    /// Takes an amount of a period, where its limit allows it.
    pub(super) fn reserve(
        &self,
        workspace: &WorkspaceId,
        at: Timestamp,
        reservation: Reservation,
    ) -> std::result::Result<TransactWriteItem, Exceeded> {
        let most = reservation.most_before()?;
        let entry =
            Entry { taken: i64::try_from(reservation.amount).unwrap_or(i64::MAX), spent: 0 };
        let mut update = self.entry_of(workspace, at, reservation.period, entry);
        if let Some(most) = most {
            update = update
                .condition_expression("attribute_not_exists(taken) OR taken <= :most")
                .expression_attribute_values(":most", n(most));
        }
        Ok(written(update))
    }

    /// Changes the books of the periods that `at` is in.
    pub(super) fn enter(
        &self,
        workspace: &WorkspaceId,
        at: Timestamp,
        entry: Entry,
    ) -> [TransactWriteItem; 2] {
        Period::ALL.map(|period| written(self.entry_of(workspace, at, period, entry)))
    }

    fn entry_of(
        &self,
        workspace: &WorkspaceId,
        at: Timestamp,
        period: Period,
        entry: Entry,
    ) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(keys::books(workspace, &period.name(at)))))
            .update_expression("ADD taken :taken, spent :spent")
            .expression_attribute_values(":taken", n(entry.taken))
            .expression_attribute_values(":spent", n(entry.spent))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

fn written(update: UpdateBuilder) -> TransactWriteItem {
    // Table, key and expression are there.
    TransactWriteItem::builder().set_update(update.build().ok()).build()
}
