//! Reading along what drives a list (see [`crate::plan`]).

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use futures::future::try_join_all;

use super::item::{self, Posting, s};
use super::{Store, failure, keys};
use crate::asset::{Asset, Record};
use crate::error::Result;
use crate::filter::{Filter, Order};
use crate::id::{AssetId, WorkspaceId};
use crate::plan::{self, Budget, Driver, Merge, Row, Work};

/// The ids that are still to be seen, first and last included.
pub(super) type Range = (AssetId, AssetId);

/// What a record weighs in capacity units until one was read: it has about a kilobyte.
const RECORD: f64 = 0.13;
/// What a record of at most 4 KB weighs that is read by its key.
const RECORD_BY_KEY: f64 = 0.5;
/// What a row weighs that only leads to a record.
const ROW: f64 = 0.03;

/// A walk over the assets that match a filter, in order.
pub(super) struct Walk<'a> {
    store: &'a Store,
    workspace: &'a WorkspaceId,
    filter: &'a Filter,
    order: Order,
    range: Option<Range>,
    driver: Driver,
    merge: Merge<Found>,
    /// Matches that were read before they were asked for.
    ready: VecDeque<Asset>,
    work: Work,
}

/// What stands at an asset's place in a stream.
#[derive(Debug)]
enum Found {
    /// The asset.
    Record(Box<Record>),
    /// What leads to it.
    Posting(Posting),
}

impl Row for Found {
    fn id(&self) -> AssetId {
        match self {
            Self::Record(record) => record.asset.id,
            Self::Posting(posting) => posting.id,
        }
    }
}

/// What one query gave.
struct Read {
    rows: Vec<Found>,
    ended: bool,
    rcu: f64,
}

impl<'a> Walk<'a> {
    /// Before the first asset of `range`, along the narrowest of what can drive: to find that out
    /// takes a round trip where there is more than one.
    pub(super) async fn start(
        store: &'a Store,
        workspace: &'a WorkspaceId,
        filter: &'a Filter,
        order: Order,
        range: Option<Range>,
    ) -> Result<Self> {
        let candidates = Driver::candidates(filter);
        let driver = candidates.first().cloned().unwrap_or(Driver::Workspace);
        let merge = Merge::new(partitions(&driver, workspace, filter).len(), order);
        let (work, ready) = (Work::default(), VecDeque::new());
        let mut walk = Self { store, workspace, filter, order, range, driver, merge, ready, work };
        if candidates.len() > 1 && range.is_some() {
            walk.probe(candidates).await?;
        }
        Ok(walk)
    }

    /// Matching assets further on, in order: `want` of them, or all that are left, or what the budget
    /// allows to find.
    pub(super) async fn next(&mut self, want: usize, budget: Budget) -> Result<Vec<Asset>> {
        let mut found = Vec::new();
        loop {
            while found.len() < want {
                let Some(asset) = self.ready.pop_front() else { break };
                found.push(asset);
            }
            let missing = want - found.len();
            if missing == 0 || self.ended() {
                return Ok(found);
            }
            let dry = self.is_dry();
            let trips = usize::from(dry) + usize::from(self.driver.leads());
            if self.work.exceeds(budget, trips) {
                return Ok(found);
            }
            if dry {
                // One more, to tell whether there is more.
                let rows = if self.driver.answers(self.filter) {
                    missing + 1
                } else {
                    self.work.rows_for(missing + 1)
                };
                self.fill(rows, self.work.affordable(self.usual_weight(), budget)).await?;
            }
            self.take(missing, budget).await?;
        }
    }

    /// Passes `count` matching assets, or as many as there are, or as the budget allows; how many.
    /// Where the rows tell what matches, the assets behind them are not read.
    pub(super) async fn pass(&mut self, count: usize, budget: Budget) -> Result<usize> {
        if !self.driver.tells(self.filter) {
            return Ok(self.next(count, budget).await?.len());
        }
        let mut passed = 0;
        while passed < count {
            if self.ready.pop_front().is_some() {
                passed += 1;
                continue;
            }
            if let Some(row) = self.merge.pop() {
                self.work.looked += 1;
                passed += usize::from(self.may_match(&row));
                continue;
            }
            if self.ended() || self.work.exceeds(budget, 1) {
                break;
            }
            let rows = self.work.rows_for(count - passed);
            self.fill(rows, self.work.affordable(ROW, budget)).await?;
        }
        Ok(passed)
    }

    /// Whether there is nothing further on.
    pub(super) fn ended(&self) -> bool {
        self.range.is_none() || self.ready.is_empty() && self.merge.ended()
    }

    /// Whether there is nothing further on that may match, as far as can be told without reading on.
    pub(super) fn holds_nothing_more(&mut self) -> bool {
        if !self.ready.is_empty() {
            return false;
        }
        while let Some(row) = self.merge.pop() {
            if self.may_match(&row) {
                return false;
            }
        }
        self.ended()
    }

    /// The last asset that was looked at, whether it matched or not.
    pub(super) fn seen(&self) -> Option<AssetId> {
        self.merge.seen()
    }

    /// Whether a stream must be read before the next row can be told.
    fn is_dry(&self) -> bool {
        !self.merge.dry(1, 1).is_empty()
    }

    fn usual_weight(&self) -> f64 {
        if self.driver.leads() { ROW + RECORD_BY_KEY } else { RECORD }
    }

    /// Reads a little along each candidate, side by side, and keeps to the one with the least to read
    /// in the time ahead.
    async fn probe(&mut self, candidates: Vec<Driver>) -> Result<()> {
        let probes = candidates.into_iter().map(|driver| self.try_out(driver));
        let probes = try_join_all(probes).await?;
        self.work.trips += 1;
        self.work.rcu += probes.iter().map(|probe| probe.rcu).sum::<f64>();
        // What matches is in all of them, so nothing does before the last one begins.
        let firsts = probes.iter().filter_map(|probe| probe.merge.first());
        let start = firsts.reduce(|a, b| self.order.later(a, b));
        let cost = |probe: &Probe| {
            start.map_or(0.0, |start| probe.merge.density(start) * self.weight(probe))
        };
        let best = probes.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
        if let Some(best) = best {
            self.work.rows = best.rows;
            self.work.rows_rcu = self.weight(&best) * units(best.rows);
            (self.driver, self.merge) = (best.driver, best.merge);
        }
        Ok(())
    }

    async fn try_out(&self, driver: Driver) -> Result<Probe> {
        let partitions = partitions(&driver, self.workspace, self.filter);
        let mut merge = Merge::new(partitions.len(), self.order);
        let limit = plan::probe(partitions.len());
        let reads = partitions.iter().map(|partition| self.read(&driver, partition, None, limit));
        let (mut rows, mut rcu) = (0, 0.0);
        for (at, stream) in try_join_all(reads).await?.into_iter().enumerate() {
            rows += stream.rows.len();
            rcu += stream.rcu;
            merge.fill(at, stream.rows, stream.ended);
        }
        Ok(Probe { driver, merge, rows, rcu })
    }

    /// The capacity that a row of the probed driver takes; of one that leads to a record, with that
    /// of the record, where that must be read.
    fn weight(&self, probe: &Probe) -> f64 {
        let row = probe.rcu / units(probe.rows.max(1));
        if !probe.driver.leads() {
            return row;
        }
        let read = probe.merge.rows().filter(|row| self.may_match(row)).count();
        row + RECORD_BY_KEY * units(read) / units(probe.rows.max(1))
    }

    /// Reads on where it is needed for about `rows` more, at most `most` in all.
    async fn fill(&mut self, rows: usize, most: usize) -> Result<()> {
        let partitions = partitions(&self.driver, self.workspace, self.filter);
        let dry = self.merge.dry(rows, most);
        let reads = dry
            .iter()
            .map(|dry| self.read(&self.driver, &partitions[dry.stream], dry.after, dry.reads));
        let streams = try_join_all(reads).await?;
        self.work.trips += 1;
        for (dry, stream) in dry.into_iter().zip(streams) {
            self.work.rows += stream.rows.len();
            self.work.rows_rcu += stream.rcu;
            self.work.rcu += stream.rcu;
            self.merge.fill(dry.stream, stream.rows, stream.ended);
        }
        Ok(())
    }

    /// Makes ready the matches among the rows that are in order already, as far as they are needed
    /// for `missing` of them.
    async fn take(&mut self, missing: usize, budget: Budget) -> Result<()> {
        let most = self.work.rows_for(missing).min(self.work.affordable_records(budget));
        let (mut found, mut ids) = (Vec::new(), Vec::new());
        while found.len() < missing && ids.len() < most {
            let Some(row) = self.merge.pop() else { break };
            self.work.looked += 1;
            if !self.may_match(&row) {
                continue;
            }
            match row {
                Found::Record(record) => found.push(record.asset),
                Found::Posting(posting) => ids.push(posting.id),
            }
        }
        if !ids.is_empty() {
            let (records, rcu) = self.store.records(self.workspace, &ids).await?;
            self.work.trips += 1;
            self.work.records += ids.len();
            self.work.records_rcu += rcu;
            self.work.rcu += rcu;
            found.extend(records.into_iter().filter(Record::is_listed).map(|record| record.asset));
            found.retain(|asset| self.filter.matches(asset));
            found.sort_unstable_by_key(|asset| asset.id);
            if self.order == Order::Desc {
                found.reverse();
            }
        }
        self.work.matched += found.len();
        self.ready.extend(found);
        Ok(())
    }

    fn may_match(&self, row: &Found) -> bool {
        match row {
            Found::Record(record) => self.filter.matches(&record.asset),
            Found::Posting(posting) => posting.may_match(self.filter),
        }
    }

    /// Reads up to `limit` rows of one partition, after `after`.
    async fn read(
        &self,
        driver: &Driver,
        partition: &str,
        after: Option<AssetId>,
        limit: usize,
    ) -> Result<Read> {
        let range = match (self.range, after) {
            (Some(range), Some(id)) => self.order.after(range, id),
            (range, _) => range,
        };
        let Some((low, high)) = range else {
            return Ok(Read { rows: Vec::new(), ended: true, rcu: 0.0 });
        };
        let index = match driver {
            Driver::Workspace => Some(keys::index(None)),
            Driver::Facet(facet) => Some(keys::index(Some(*facet))),
            Driver::Tag(_) => None,
        };
        let (hash, sort) = index.map_or(("pk", "sk"), |index| (index, "id"));
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression("#hash = :partition AND #sort BETWEEN :low AND :high")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":partition", s(partition))
            .expression_attribute_values(":low", s(low))
            .expression_attribute_values(":high", s(high))
            .scan_index_forward(self.order == Order::Asc)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let rcu = answer.consumed_capacity().and_then(ConsumedCapacity::capacity_units);
        let ended = answer.last_evaluated_key.is_none();
        let items = answer.items.unwrap_or_default().into_iter();
        let rows = items.map(|item| match driver {
            Driver::Tag(_) => item::decode_posting(item, "sk", &item::POSTED).map(Found::Posting),
            Driver::Facet(facet) if facet.is_wide() => {
                item::decode_posting(item, "id", &item::PROJECTED).map(Found::Posting)
            }
            Driver::Facet(_) | Driver::Workspace => {
                item::decode_record(item).map(|record| Found::Record(Box::new(record)))
            }
        });
        Ok(Read { rows: rows.collect::<Result<_>>()?, ended, rcu: rcu.unwrap_or_default() })
    }
}

/// A candidate, as far as it was tried out.
struct Probe {
    driver: Driver,
    merge: Merge<Found>,
    rows: usize,
    rcu: f64,
}

/// The partitions that `driver` reads, one for each value that the filter names.
fn partitions(driver: &Driver, workspace: &WorkspaceId, filter: &Filter) -> Vec<String> {
    match driver {
        Driver::Workspace => vec![keys::index_partition(workspace, None)],
        Driver::Facet(facet) => {
            let values = filter.values(*facet).iter();
            values.map(|value| keys::index_partition(workspace, Some(value))).collect()
        }
        Driver::Tag(name) => {
            let values = filter.tag_values(name).iter();
            values.map(|value| keys::postings(workspace, name, value)).collect()
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn units(count: usize) -> f64 {
    count as f64
}
