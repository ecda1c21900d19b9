//! The reads of a walk: along its driver, along what could be it, and the records that rows lead to.

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use futures::future::try_join_all;

use super::Walk;
use crate::asset::Record;
use crate::error::Result;
use crate::filter::Order;
use crate::id::AssetId;
use crate::merge::Merge;
use crate::plan::{Budget, Driver, PROBE};
use crate::store::item::s;
use crate::store::record::Records;
use crate::store::rows::{Found, found, partitions};
use crate::store::{failure, keys};

/// The result of one query.
struct Read {
    rows: Vec<Found>,
    ended: bool,
    rcu: f64,
}

/// A candidate, as far as it was tried out.
struct Probe {
    driver: Driver,
    merge: Merge<Found>,
    /// The number of rows of streams that go on, and what they took.
    rows: usize,
    rows_rcu: f64,
    /// The capacity units that all of it took.
    rcu: f64,
}

impl Walk<'_> {
    /// Reads a little along each candidate, side by side, and keeps to the one whose assets lie
    /// furthest apart.
    pub(super) async fn probe(&mut self, candidates: Vec<Driver>) -> Result<()> {
        let probes = candidates.into_iter().map(|driver| self.try_out(driver));
        let probes = try_join_all(probes).await?;
        self.work.trips += 1;
        self.work.rcu += probes.iter().map(|probe| probe.rcu).sum::<f64>();
        // What matches is in all of them, so nothing does before the last one begins.
        let firsts = probes.iter().filter_map(|probe| probe.merge.first());
        let start = firsts.reduce(|a, b| self.order.later(a, b));
        let best =
            probes.into_iter().min_by(|a, b| a.merge.density().total_cmp(&b.merge.density()));
        if let Some(best) = best {
            self.work.rows = best.rows;
            self.work.rows_rcu = best.rows_rcu;
            (self.driver, self.merge) = (best.driver, best.merge);
        }
        if let (Some(start), Some(range)) = (start, self.range) {
            self.range = self.order.from(range, start);
            self.merge.skip_to(start);
        }
        Ok(())
    }

    async fn try_out(&self, driver: Driver) -> Result<Probe> {
        let partitions = partitions(&driver, self.workspace, self.filter);
        let mut merge = Merge::new(partitions.len(), self.order);
        let reads = partitions.iter().map(|partition| self.read(&driver, partition, None, PROBE));
        let (mut rows, mut rows_rcu, mut rcu) = (0, 0.0, 0.0);
        for (at, stream) in try_join_all(reads).await?.into_iter().enumerate() {
            rcu += stream.rcu;
            // What few rows took is rounded up too far to tell what more of them weigh.
            if !stream.ended {
                rows += stream.rows.len();
                rows_rcu += stream.rcu;
            }
            merge.fill(at, stream.rows, stream.ended);
        }
        Ok(Probe { driver, merge, rows, rows_rcu, rcu })
    }

    /// Reads on where it is needed for about `rows` more, at most `most` in all.
    pub(super) async fn fill(&mut self, rows: usize, most: usize) -> Result<()> {
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

    /// Reads the records that the gathered rows lead to, as many as the budget allows, and makes those
    /// that match ready.
    pub(super) async fn read_gathered(&mut self, budget: Budget) -> Result<()> {
        let count = self.work.affordable_records(budget).min(self.gathered.len());
        let ids: Vec<_> = self.gathered.drain(..count).collect();
        let (Records { records, unreadable }, rcu) =
            self.store.records(self.workspace, &ids).await?;
        self.unreadable.extend(unreadable);
        self.work.trips += 1;
        self.work.records += ids.len();
        self.work.records_rcu += rcu;
        self.work.rcu += rcu;
        self.done_up_to = ids.last().copied();
        let listed = records.into_iter().filter(Record::is_listed).map(|record| record.asset);
        let mut found: Vec<_> = listed.filter(|asset| self.filter.matches(asset)).collect();
        found.sort_unstable_by_key(|asset| asset.id);
        if self.order == Order::Desc {
            found.reverse();
        }
        self.work.shown += found.len();
        self.ready.extend(found);
        Ok(())
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
        let (index, hash, sort) = match driver {
            Driver::Index(index) => (Some(index.name), index.name, keys::range(index)),
            Driver::Tag(_) => (None, "pk", "sk"),
        };
        let place = |id: AssetId| match sort {
            "pk" => keys::asset(self.workspace, id).pk,
            _ => id.to_string(),
        };
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
            .expression_attribute_values(":low", s(place(low)))
            .expression_attribute_values(":high", s(place(high)))
            .scan_index_forward(self.order == Order::Asc)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(failure)?;
        let rcu = answer.consumed_capacity().and_then(ConsumedCapacity::capacity_units);
        let ended = answer.last_evaluated_key.is_none();
        let items = answer.items.unwrap_or_default().into_iter();
        let rows = items.filter_map(|item| found(driver, item)).collect();
        Ok(Read { rows, ended, rcu: rcu.unwrap_or_default() })
    }
}
