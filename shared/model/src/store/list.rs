//! Lists.
//!
//! A list reads one index, the narrowest that the filter names, and checks the rest of the filter
//! on what it finds. Several values of the driving field are as many streams, merged by id.

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use futures::future::try_join_all;

use super::item::{self, s};
use super::{Store, failure, keys};
use crate::asset::{Asset, Record};
use crate::cursor::Cursor;
use crate::error::Result;
use crate::filter::{Facet, Filter, Order};
use crate::id::{AssetId, WorkspaceId};

/// The most sequential round trips of one page.
const MAX_TRIPS: usize = 4;
/// The read capacity units after which a page goes out as it is.
const MAX_RCU: f64 = 64.0;
/// How far beyond a numbered page matches are counted.
const COUNT_BEYOND: usize = 1000;
/// The most sequential round trips of a numbered page, each of at most 1 MB.
const MAX_NUMBERED_TRIPS: usize = 24;

/// One page of a list by cursor.
#[derive(Debug, Clone)]
pub struct Page {
    /// What was found.
    pub items: Vec<Asset>,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
}

/// One page of a list by number.
#[derive(Debug, Clone)]
pub struct NumberedPage {
    /// What is on the page.
    pub items: Vec<Asset>,
    /// How many match, or at least match.
    pub total: usize,
    /// Whether counting stopped before the end.
    pub at_least: bool,
    /// Whether the work allowed ended before the page was filled.
    pub too_deep: bool,
}

/// A walk over the assets that a filter's driving index holds, in order.
struct Walk<'a> {
    store: &'a Store,
    index: &'static str,
    partitions: Vec<String>,
    order: Order,
    /// The ids still to be seen, first and last included; none where none are.
    range: Option<(AssetId, AssetId)>,
    rcu: f64,
    trips: usize,
}

impl Store {
    /// A page of at most `limit` assets that match `filter`, after the cursor.
    ///
    /// At most four sequential round trips; a page may be short, or even empty, with a cursor.
    pub async fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page> {
        let mut walk = Walk::new(self, workspace, filter, order, after);
        let exact = filter.is_answered_by(driver(filter));
        let mut items = Vec::new();
        while items.len() <= limit && walk.trips < MAX_TRIPS && walk.rcu < MAX_RCU {
            let missing = limit + 1 - items.len();
            let reads = if exact { missing } else { walk.affordable(missing) };
            let Some(found) = walk.next(reads).await? else { break };
            items
                .extend(found.into_iter().map(|record| record.asset).filter(|a| filter.matches(a)));
        }
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|last| Cursor { after: last.id })
        } else {
            walk.seen().map(|after| Cursor { after })
        };
        Ok(Page { items, next })
    }

    /// The matching assets from the `skip`-th on, at most `limit`, and how many match in all,
    /// counted up to 1,000 beyond the page.
    pub async fn list_numbered(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<NumberedPage> {
        let mut walk = Walk::new(self, workspace, filter, order, None);
        let (mut items, mut total) = (Vec::new(), 0);
        let enough = skip + limit + COUNT_BEYOND;
        let mut ended = false;
        while total < enough && walk.trips < MAX_NUMBERED_TRIPS {
            let Some(found) = walk.next(enough - total).await? else {
                ended = true;
                break;
            };
            for asset in found.into_iter().map(|r| r.asset).filter(|a| filter.matches(a)) {
                if (skip..skip + limit).contains(&total) {
                    items.push(asset);
                }
                total += 1;
            }
        }
        let at_least = !ended && walk.range.is_some();
        Ok(NumberedPage { items, total, at_least, too_deep: at_least && total < skip + limit })
    }
}

impl<'a> Walk<'a> {
    fn new(
        store: &'a Store,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        after: Option<Cursor>,
    ) -> Self {
        let driver = driver(filter);
        let values = driver.map_or(&[][..], |facet| filter.values(facet));
        let mut partitions: Vec<_> =
            values.iter().map(|value| keys::index_partition(workspace, Some(value))).collect();
        if partitions.is_empty() {
            partitions.push(keys::index_partition(workspace, None));
        }
        Self {
            store,
            index: keys::index(driver).unwrap_or("by_workspace"),
            partitions,
            order,
            range: range(filter, order, after),
            rcu: 0.0,
            trips: 0,
        }
    }

    /// How many items to read for `missing` matches: more with each trip, as what was read so far
    /// held too few, within what is left of the capacity at 1 KB an item.
    fn affordable(&self, missing: usize) -> usize {
        let left = (MAX_RCU - self.rcu).max(1.0) * 8.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 512")]
        let left = (left as usize / self.partitions.len()).max(1);
        (missing.max(25) << (2 * self.trips)).min(left)
    }

    /// The next records in order, having read up to `reads` of each stream; none at the end.
    async fn next(&mut self, reads: usize) -> Result<Option<Vec<Record>>> {
        let Some(range) = self.range else { return Ok(None) };
        self.trips += 1;
        let streams = self.partitions.iter().map(|partition| self.read(partition, range, reads));
        let streams = try_join_all(streams).await?;
        let mut horizon: Option<AssetId> = None;
        let mut found = Vec::new();
        for stream in streams {
            self.rcu += stream.rcu;
            // Where a stream has more, nothing past its last record is in order yet.
            if let Some(end) = stream.reached {
                horizon = Some(horizon.map_or(end, |horizon| self.earlier(horizon, end)));
            }
            found.extend(stream.records);
        }
        if let Some(horizon) = horizon {
            found.retain(|record| self.earlier(record.asset.id, horizon) == record.asset.id);
        }
        found.sort_unstable_by_key(|record| record.asset.id);
        if self.order == Order::Desc {
            found.reverse();
        }
        self.range = horizon.and_then(|horizon| after(range, self.order, horizon));
        Ok(Some(found))
    }

    /// The last id seen, where there may be more after it.
    fn seen(&self) -> Option<AssetId> {
        let (low, high) = self.range?;
        match self.order {
            Order::Asc => low.previous().or(Some(low)),
            Order::Desc => high.next().or(Some(high)),
        }
    }

    fn earlier(&self, a: AssetId, b: AssetId) -> AssetId {
        match self.order {
            Order::Asc => a.min(b),
            Order::Desc => a.max(b),
        }
    }

    async fn read(
        &self,
        partition: &str,
        (low, high): (AssetId, AssetId),
        limit: usize,
    ) -> Result<Stream> {
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .index_name(self.index)
            .key_condition_expression("#index = :partition AND id BETWEEN :low AND :high")
            .expression_attribute_names("#index", self.index)
            .expression_attribute_values(":partition", s(partition))
            .expression_attribute_values(":low", s(low))
            .expression_attribute_values(":high", s(high))
            .scan_index_forward(self.order == Order::Asc)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let rcu = answer
            .consumed_capacity()
            .and_then(ConsumedCapacity::capacity_units)
            .unwrap_or_default();
        let reached = answer
            .last_evaluated_key()
            .and_then(|key| item::text(key, "id"))
            .and_then(|id| id.parse().ok());
        let records = answer.items.unwrap_or_default().into_iter().map(item::decode_record);
        Ok(Stream { records: records.collect::<Result<_>>()?, reached, rcu })
    }
}

struct Stream {
    records: Vec<Record>,
    /// The last id read, where the stream has more.
    reached: Option<AssetId>,
    rcu: f64,
}

/// The facet whose index the list reads; none for the whole workspace.
fn driver(filter: &Filter) -> Option<Facet> {
    let indexed = |facet: &Facet| keys::index(Some(*facet)).is_some();
    Facet::ALL.into_iter().filter(indexed).find(|facet| !filter.values(*facet).is_empty())
}

/// The ids that dates and cursor leave.
fn range(filter: &Filter, order: Order, cursor: Option<Cursor>) -> Option<(AssetId, AssetId)> {
    let low = filter.created_from.map_or(AssetId::from_bytes([0; 20]), AssetId::first_at);
    let high = match filter.created_to {
        Some(end) => AssetId::first_at(end).previous()?,
        None => AssetId::from_bytes([255; 20]),
    };
    let range = (low <= high).then_some((low, high))?;
    match cursor {
        Some(cursor) => after(range, order, cursor.after),
        None => Some(range),
    }
}

/// What is left of `range` after `id`.
fn after((low, high): (AssetId, AssetId), order: Order, id: AssetId) -> Option<(AssetId, AssetId)> {
    let (low, high) = match order {
        Order::Asc => (low.max(id.next()?), high),
        Order::Desc => (low, high.min(id.previous()?)),
    };
    (low <= high).then_some((low, high))
}
