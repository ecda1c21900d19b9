//! Counters: kept by `tally`, read by lists and by usage.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};
use futures::future::{try_join_all, try_join4};
use serde::{Deserialize, Serialize};

use super::item::{self, Item, n, s};
use super::migrate::{self, First};
use super::transaction::NEW;
use super::{RETRIES, Store, failure, keys};
use crate::budget::Books;
use crate::error::{Error, Result};
use crate::filter::Facet;
use crate::id::{AssetId, WorkspaceId};
use crate::status::Status;
use crate::tally::{self, Change, Counter, Delta, Deltas, Span};
use crate::time::{DAY, Timestamp};

/// The most items that a transaction may have.
const TRANSACTION: usize = 100;
/// The time for which it is remembered as of which revision an asset is counted, in milliseconds:
/// several times the day for which a stream keeps its records, since only that long can one come again.
const REMEMBERED: i64 = 7 * DAY;
/// The most values of a facet, and days, that usage tells.
const MOST: i32 = 1000;

/// The facets that usage is told by.
const SHARED: [Facet; 6] =
    [Facet::Type, Facet::Provider, Facet::Model, Facet::Agent, Facet::Campaign, Facet::Status];

/// A number of assets, their bytes and their cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amounts {
    /// Assets that lists show.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their cost, as their producers tell it, in millionths of a US dollar.
    pub cost_micro_usd: u64,
}

/// The amounts of one value, or of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The value, as it was first written, or the day.
    pub value: String,
    /// Its amounts.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// The amounts of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// In all.
    pub total: Amounts,
    /// By type, provider, model, agent, campaign and status, in the order of the values as they are compared; the
    /// first thousand of each.
    pub by_type: Vec<Share>,
    /// See [`Self::by_type`].
    pub by_provider: Vec<Share>,
    /// See [`Self::by_type`].
    pub by_model: Vec<Share>,
    /// See [`Self::by_type`].
    pub by_agent: Vec<Share>,
    /// See [`Self::by_type`].
    pub by_campaign: Vec<Share>,
    /// See [`Self::by_type`].
    pub by_status: Vec<Share>,
    /// By the day on which they were made (UTC), of the days asked for.
    pub by_day: Vec<Share>,
    /// What that cost.
    pub spend: Spend,
}

/// The spending of a workspace, in millionths of a US dollar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Spend {
    /// On all assets that there are or were.
    pub total_micro_usd: u64,
    /// The part of it that went into what was rejected: archived or deleted.
    pub rejected_micro_usd: u64,
    /// The total for each asset that is approved; none where none is.
    pub per_approved_asset_micro_usd: Option<u64>,
    /// The budget's books by day, of the days asked for, also of generations that made nothing.
    pub books: Vec<DayBooks>,
}

/// The books of a day, in millionths of a US dollar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayBooks {
    /// The day on which it was asked for (UTC).
    pub day: String,
    /// Spent.
    pub spent_micro_usd: u64,
    /// Held for what has not ended.
    pub reserved_micro_usd: u64,
}

/// A counter's item.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Tallied {
    sk: String,
    #[serde(default, rename = "n")]
    count: i64,
    #[serde(default, rename = "b")]
    bytes: i64,
    #[serde(default, rename = "c")]
    cost: i64,
    /// Of what was deleted.
    #[serde(default, rename = "d")]
    deleted_cost: i64,
    /// The value as it was first written, where that can be otherwise than it is compared.
    #[serde(default)]
    shown: Option<String>,
}

impl First for Tallied {
    const KIND: &'static str = "total, day or minute";
}

/// As of which revision an asset is counted.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Marker {
    revision: u64,
}

impl First for Marker {
    const KIND: &'static str = "tally";
}

/// Changes that are counted together.
#[derive(Debug, Default)]
struct Chunk {
    /// The assets, each with the revision as of which it was counted, and as of which it will be.
    assets: BTreeMap<(WorkspaceId, AssetId), (Option<u64>, u64)>,
    deltas: Deltas,
}

impl Store {
    /// Counts `changes`, those of one asset in their order, each once however often it comes: the
    /// counters and the revision as of which an asset is counted change in one transaction. How many
    /// of the first are counted; an error where none is.
    pub async fn tally(&self, changes: &[Change], now: Timestamp) -> Result<usize> {
        let mut done = 0;
        let mut races = 0;
        while done < changes.len() {
            match self.tally_some(&changes[done..], now).await {
                Ok(0) if races < RETRIES => races += 1,
                Ok(0) => return Err(Error::unavailable("the counters kept changing")),
                Ok(count) => (done, races) = (done + count, 0),
                Err(error) if done == 0 => return Err(error),
                // What is left comes again, and says so again if it still fails.
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Counts as many of the first changes as fit into one transaction; how many these are, none
    /// where another counted some of them meanwhile.
    async fn tally_some(&self, changes: &[Change], now: Timestamp) -> Result<usize> {
        let changes = &changes[..changes.len().min(TRANSACTION)];
        let matter = changes.iter().filter(|change| change.before != change.after);
        let known = self.counted_as_of(matter.map(|c| (&c.workspace, c.id))).await?;
        let mut chunk = Chunk::default();
        let mut count = 0;
        for change in changes {
            let asset = (change.workspace.clone(), change.id);
            let read = known.get(&keys::asset(&asset.0, asset.1).pk).copied();
            let counted = chunk.assets.get(&asset).map_or(read, |(_, last)| Some(*last));
            if change.before != change.after && counted.is_none_or(|last| last < change.revision) {
                if !chunk.take(change.deltas()) {
                    break;
                }
                let entry = chunk.assets.entry(asset).or_insert((read, change.revision));
                entry.1 = change.revision;
            }
            count += 1;
        }
        if chunk.assets.is_empty() {
            return Ok(count);
        }
        let written = self.transact(&self.chunk_writes(&chunk, now)?).await?;
        Ok(if written.is_ok() { count } else { 0 })
    }

    /// As of which revisions these assets are counted, by the partition keys of those that are.
    async fn counted_as_of(
        &self,
        assets: impl Iterator<Item = (&WorkspaceId, AssetId)>,
    ) -> Result<BTreeMap<String, u64>> {
        let keys = assets.map(|(workspace, id)| keys::tally(workspace, id));
        let (items, _) = self.get_items(keys, true).await?;
        let markers = items.into_iter().map(|item| {
            let pk = item::text(&item, "pk").unwrap_or_default().to_owned();
            migrate::read(item).map(|Marker { revision }| (pk, revision))
        });
        markers.collect()
    }

    fn chunk_writes(&self, chunk: &Chunk, now: Timestamp) -> Result<Vec<TransactWriteItem>> {
        let ttl = now.plus(REMEMBERED).seconds();
        let markers = chunk.assets.iter().map(|((workspace, id), (read, last))| {
            let key = keys::tally(workspace, *id);
            let mut marker = migrate::encode(key, &Marker { revision: *last })?;
            marker.insert(super::schema::TTL.to_owned(), n(ttl));
            match read {
                None => self.put(marker, NEW, None),
                Some(read) => self.put_over(*read, marker),
            }
        });
        let counters = chunk.deltas.iter().map(|(counter, delta)| self.add(counter, delta));
        markers.chain(counters).collect()
    }

    fn add(&self, counter: &Counter, delta: &Delta) -> Result<TransactWriteItem> {
        let mut adds = vec!["n :n".to_owned(), "b :b".to_owned()];
        let costs = [("c", delta.cost), ("d", delta.deleted_cost)];
        let costs = costs.into_iter().filter(|(_, cost)| *cost != 0);
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key_item(counter_key(counter))))
            .expression_attribute_values(":n", n(delta.count))
            .expression_attribute_values(":b", n(delta.bytes));
        for (name, cost) in costs {
            adds.push(format!("{name} :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), n(cost));
        }
        for (place, (part, count)) in delta.parts.iter().enumerate() {
            adds.push(format!("{part} :p{place}"));
            update = update.expression_attribute_values(format!(":p{place}"), n(*count));
        }
        let mut expression = format!("ADD {}", adds.join(", "));
        if let Some(shown) = &delta.shown {
            expression += " SET shown = if_not_exists(shown, :shown)";
            update = update.expression_attribute_values(":shown", s(shown));
        }
        let update = update.update_expression(expression);
        let update = update.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The number of assets that have one of the values; that of the whole workspace, without a facet.
    /// A read for each value.
    pub(super) async fn total(
        &self,
        workspace: &WorkspaceId,
        values: Option<(Facet, &[String])>,
    ) -> Result<usize> {
        let keys = match values {
            None => vec![keys::total(workspace, None)],
            Some((facet, values)) => {
                let values = values.iter();
                values.map(|value| keys::total(workspace, Some((facet, value)))).collect()
            }
        };
        let (items, _) = self.get_items(keys.into_iter(), false).await?;
        let mut sum = 0;
        for item in items {
            sum +=
                item::readable(item, migrate::read::<Tallied>).map_or(0, |tallied| tallied.count);
        }
        Ok(usize::try_from(sum).unwrap_or_default())
    }

    /// The amounts of the workspace; by day from the day `from` to the day `to`, both included.
    pub async fn usage(
        &self,
        workspace: &WorkspaceId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Usage> {
        let of_facet = |facet| self.shares(keys::totals(workspace, facet), None);
        let facets = try_join_all(SHARED.map(of_facet));
        let days = (tally::day_of(from), tally::day_of(to));
        let by_day = self.shares(keys::days(workspace, None), Some(days.clone()));
        let books = self.books_by_day(workspace, days);
        let total = self.get_item(keys::total(workspace, None), false);
        let (facets, by_day, books, total) = try_join4(facets, by_day, books, total).await?;
        let total = total.and_then(|item| item::readable(item, migrate::read::<Tallied>));
        let total = total.unwrap_or_default();
        let mut facets = facets.into_iter();
        let mut next = || facets.next().unwrap_or_default();
        let (by_type, by_provider, by_model) = (next(), next(), next());
        let (by_agent, by_campaign, by_status) = (next(), next(), next());
        let spend = total.spend(&by_status, books);
        let total = total.amounts();
        Ok(Usage {
            total,
            by_type,
            by_provider,
            by_model,
            by_agent,
            by_campaign,
            by_status,
            by_day,
            spend,
        })
    }

    async fn shares(
        &self,
        partition: String,
        between: Option<(String, String)>,
    ) -> Result<Vec<Share>> {
        let tallied = self.counted(partition, between).await?.into_iter();
        let tallied = tallied.filter_map(|item| item::readable(item, migrate::read::<Tallied>));
        let shares = tallied.map(|tallied| Share {
            amounts: tallied.amounts(),
            value: tallied.shown.unwrap_or(tallied.sk),
        });
        Ok(shares.filter(|share| share.amounts.count > 0).collect())
    }

    /// The items of a partition of counters, at most [`MOST`].
    async fn counted(
        &self,
        partition: String,
        between: Option<(String, String)>,
    ) -> Result<Vec<Item>> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .expression_attribute_values(":pk", s(partition))
            .limit(MOST)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        query = match between {
            None => query.key_condition_expression("pk = :pk"),
            Some((low, high)) => query
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":low", s(low))
                .expression_attribute_values(":high", s(high)),
        };
        Ok(query.send().await.map_err(failure)?.items.unwrap_or_default())
    }

    /// The books of the days from the first to the last, both included, on which there was anything.
    async fn books_by_day(
        &self,
        workspace: &WorkspaceId,
        days: (String, String),
    ) -> Result<Vec<DayBooks>> {
        let length = days.0.len();
        let items = self.counted(keys::all_books(workspace), Some(days)).await?;
        let days = items.into_iter().filter_map(|item| {
            // Months are among them.
            let day = item::text(&item, "sk").filter(|name| name.len() == length)?.to_owned();
            let books = item::readable(item, migrate::read::<Books>)?;
            (books != Books::default()).then(|| DayBooks {
                day,
                spent_micro_usd: books.spent,
                reserved_micro_usd: books.reserved(),
            })
        });
        Ok(days.collect())
    }
}

impl Tallied {
    fn amounts(&self) -> Amounts {
        Amounts {
            count: amount(self.count),
            bytes: amount(self.bytes),
            cost_micro_usd: amount(self.cost),
        }
    }

    /// What was spent, where this counts all.
    fn spend(&self, by_status: &[Share], books: Vec<DayBooks>) -> Spend {
        let of = |status: Status| {
            let share = by_status.iter().find(|share| share.value == status.as_str());
            share.map(|share| share.amounts).unwrap_or_default()
        };
        let deleted = amount(self.deleted_cost);
        let total_micro_usd = amount(self.cost).saturating_add(deleted);
        Spend {
            total_micro_usd,
            rejected_micro_usd: of(Status::Archived).cost_micro_usd.saturating_add(deleted),
            per_approved_asset_micro_usd: total_micro_usd.checked_div(of(Status::Approved).count),
            books,
        }
    }
}

fn amount(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

impl Chunk {
    /// Adds what a change does; false where it does not fit, with the asset's own note.
    fn take(&mut self, deltas: Deltas) -> bool {
        let new = deltas.keys().filter(|counter| !self.deltas.contains_key(counter)).count();
        let fits = self.assets.len() + 1 + self.deltas.len() + new <= TRANSACTION;
        if fits {
            tally::combine(&mut self.deltas, deltas);
        }
        fits
    }
}

/// The key of a counter's item.
pub(super) fn counter_key(counter: &Counter) -> keys::Key {
    let Counter { workspace, value, span } = counter;
    let value = value.as_ref().map(|(facet, value)| (*facet, value.as_str()));
    match span {
        Span::Ever => keys::total(workspace, value),
        Span::Day(day) => keys::day(workspace, value, day),
        Span::Minute(minute) => keys::minute(workspace, minute),
    }
}

/// A counter's item, as it is after `delta` alone.
pub(super) fn counter_item(counter: &Counter, delta: &Delta) -> Item {
    let mut item = item::key_item(counter_key(counter));
    migrate::mark::<Tallied>(&mut item);
    item.insert("n".to_owned(), n(delta.count));
    item.insert("b".to_owned(), n(delta.bytes));
    item.insert("c".to_owned(), n(delta.cost));
    item.extend(delta.parts.iter().map(|(part, count)| (part.to_string(), n(*count))));
    item.extend(delta.shown.iter().map(|shown| ("shown".to_owned(), s(shown))));
    item
}
