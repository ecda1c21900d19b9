//! Reading along what drives a list (see [`crate::plan`]).

mod reading;

use std::collections::VecDeque;

use super::Store;
use super::rows::{Found, partitions};
use crate::asset::Asset;
use crate::error::Result;
use crate::filter::{Filter, Order};
use crate::id::{AssetId, WorkspaceId};
use crate::index::WORKSPACE;
use crate::merge::Merge;
use crate::plan::{Budget, Driver, Need, Work};
use crate::told::Asked;

/// The ids that are still to be seen, first and last included.
pub(super) type Range = (AssetId, AssetId);

/// The weight of a record in capacity units until one was read: it has about a kilobyte.
const RECORD: f64 = 0.13;
/// The weight of a row that only leads to a record.
const ROW: f64 = 0.016;

/// A walk over the assets that match a filter, in order.
pub(super) struct Walk<'a> {
    store: &'a Store,
    workspace: &'a WorkspaceId,
    filter: &'a Filter,
    asked: Asked,
    order: Order,
    range: Option<Range>,
    driver: Driver,
    merge: Merge<Found>,
    /// The ids of the next matches, as far as their rows tell.
    gathered: VecDeque<AssetId>,
    /// Matches that were read before they were asked for; they come before what is gathered.
    ready: VecDeque<Asset>,
    /// The last asset that was gathered and then read, or passed unread.
    done_up_to: Option<AssetId>,
    /// True if nothing was done before it: then it must come further than where it began.
    fresh: bool,
    /// Assets on the way whose records cannot be read: they are passed over.
    unreadable: Vec<AssetId>,
    work: Work,
}

/// The part of a numbered page that was found.
pub(super) struct Slice {
    /// The number of matches before the page that were passed.
    pub(super) passed: usize,
    /// The assets on it; nothing where not all before it were passed.
    pub(super) items: Vec<Asset>,
    /// The number of matches behind it that were read along with it.
    pub(super) beyond: usize,
}

impl<'a> Walk<'a> {
    /// Before the first asset of `range`, after `work` that led there, along the narrowest of what can
    /// drive: to find that out takes a round trip where there is more than one.
    pub(super) async fn start(
        store: &'a Store,
        workspace: &'a WorkspaceId,
        filter: &'a Filter,
        order: Order,
        range: Option<Range>,
        work: Work,
    ) -> Result<Self> {
        let candidates = Driver::candidates(filter);
        let driver = candidates.first().cloned().unwrap_or(Driver::Index(&WORKSPACE));
        let merge = Merge::new(partitions(&driver, workspace, filter).len(), order);
        let mut walk = Self {
            store,
            workspace,
            filter,
            asked: Asked::by(filter),
            order,
            range,
            driver,
            merge,
            gathered: VecDeque::new(),
            ready: VecDeque::new(),
            done_up_to: None,
            fresh: work.trips == 0,
            unreadable: Vec::new(),
            work,
        };
        if candidates.len() > 1 && range.is_some() {
            walk.probe(candidates).await?;
        }
        Ok(walk)
    }

    /// Matching assets further on, in order: `want` of them, or all that are left, or what the budget
    /// allows to find.
    ///
    /// Rows that only lead to records are gathered first, so that one trip reads all the records.
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
            self.gather(self.work.records_for(missing));
            if self.ready.len() >= missing || !self.ready.is_empty() && self.merge.ended() {
                continue;
            }
            let records = self.work.records_for(missing);
            let most = self.affordable(if self.driver.leads() { records } else { 0 }, budget);
            if self.gathered.len() < records && most > 0 {
                let lacking = records - self.gathered.len();
                // One more, to tell whether there is more.
                let rows = if self.driver.answers(self.filter) {
                    lacking + 1
                } else {
                    self.work.rows_for(lacking + 1, budget)
                };
                self.fill(rows, most).await?;
            } else if !self.gathered.is_empty() && self.may_read_records(budget) {
                self.read_gathered(budget).await?;
            } else if self.ready.is_empty() {
                return Ok(found);
            }
        }
    }

    /// The `limit` matches after the next `skip`, as far as the budget allows to find them, reading so
    /// that the next `beyond` are counted in as few trips as can be.
    pub(super) async fn slice(
        &mut self,
        skip: usize,
        limit: usize,
        beyond: usize,
        budget: Budget,
    ) -> Result<Slice> {
        let all = skip + limit + beyond;
        if !self.driver.tells(self.filter) {
            let mut items = self.next(all, budget).await?;
            let passed = skip.min(items.len());
            items.drain(..passed);
            let beyond = items.len().saturating_sub(limit);
            items.truncate(limit);
            return Ok(Slice { passed, items, beyond });
        }
        let records = if self.driver.leads() { limit } else { 0 };
        let most = self.affordable(records, budget);
        if beyond > 0 && most > 0 {
            self.fill(self.work.rows_for(all, budget), most).await?;
        }
        let passed = self.pass_rows(skip, limit, budget).await?;
        let items = if passed == skip { self.next(limit, budget).await? } else { Vec::new() };
        Ok(Slice { passed, items, beyond: 0 })
    }

    /// Passes `count` matching assets, or as many as there are, or as the budget allows; how many.
    /// Where the rows tell what matches, the assets behind them are not read.
    pub(super) async fn pass(&mut self, count: usize, budget: Budget) -> Result<usize> {
        if self.driver.tells(self.filter) {
            self.pass_rows(count, 0, budget).await
        } else {
            Ok(self.next(count, budget).await?.len())
        }
    }

    /// Passes `count` matching assets by their rows, reading on for the `ahead` after them.
    async fn pass_rows(&mut self, count: usize, ahead: usize, budget: Budget) -> Result<usize> {
        let mut passed = 0;
        while passed < count {
            if self.ready.pop_front().is_some() {
                passed += 1;
                continue;
            }
            if let Some(id) = self.gathered.pop_front() {
                self.done_up_to = Some(id);
                passed += 1;
                continue;
            }
            if let Some(row) = self.merge.pop() {
                self.work.looked += 1;
                passed += usize::from(self.may_match(&row));
                continue;
            }
            let records = if self.driver.leads() { ahead } else { 0 };
            let most = match self.affordable(records, budget) {
                // Where counters led here, and left no trip for the records, the place is found at least.
                0 if !self.fresh => self.affordable(0, budget),
                most => most,
            };
            if most == 0 {
                break;
            }
            let wanted = count - passed + ahead;
            let is_last = self.work.trips + 1 + usize::from(records > 0) >= budget.trips;
            let rows = if self.driver.answers(self.filter) {
                wanted + usize::from(ahead > 0)
            } else if is_last {
                most
            } else {
                self.work.rows_for(wanted, budget)
            };
            self.fill(rows, most).await?;
        }
        Ok(passed)
    }

    /// The number of further rows that the rest of the budget is sure to reach, if none is twice as
    /// heavy as those seen so far.
    pub(super) fn reach(&self, budget: Budget) -> usize {
        let weight = if self.driver.leads() { ROW } else { RECORD };
        self.work.reach(weight, budget)
    }

    /// True if there is nothing further on.
    pub(super) fn ended(&self) -> bool {
        let taken = self.ready.is_empty() && self.gathered.is_empty();
        self.range.is_none() || taken && self.merge.ended()
    }

    /// True if there is nothing further on that may match, as far as can be told without reading on.
    pub(super) fn holds_nothing_more(&mut self) -> bool {
        if !self.ready.is_empty() || !self.gathered.is_empty() {
            return false;
        }
        while let Some(row) = self.merge.pop() {
            if self.may_match(&row) {
                return false;
            }
        }
        self.ended()
    }

    /// The last asset that was looked at, whether it matched or not, and whose record was read where
    /// that was needed.
    pub(super) fn seen(&self) -> Option<AssetId> {
        if self.gathered.is_empty() { self.merge.seen() } else { self.done_up_to }
    }

    /// After which asset to go on: the last that was looked at, or the one before the first.
    pub(super) fn place(&self) -> Option<AssetId> {
        let before = self.range.and_then(|(low, high)| match self.order {
            Order::Asc => low.previous(),
            Order::Desc => high.next(),
        });
        self.seen().or(before)
    }

    /// The assets whose records could not be read so far, which were passed over.
    pub(super) fn into_unreadable(self) -> Vec<AssetId> {
        self.unreadable
    }

    /// True if records may be read: some always, since a page must come further than the one before.
    fn may_read_records(&self, budget: Budget) -> bool {
        self.fresh && self.done_up_to.is_none() || !self.work.exceeds(budget, 1)
    }

    /// The number of rows that may be read next, where `records` are to be read by their keys in the
    /// end; none where there are no more.
    fn affordable(&self, records: usize, budget: Budget) -> usize {
        // A read of rows is no use without one of the records behind them.
        let then = usize::from(records > 0);
        if self.range.is_none() || self.merge.ended() || self.work.exceeds(budget, 1 + then) {
            return 0;
        }
        let row_rcu = if self.driver.leads() { ROW } else { RECORD };
        let (streams, gathered) = (self.merge.open(), self.gathered.len());
        self.work.affordable(Need { row_rcu, streams, records, gathered }, budget)
    }

    /// Takes the rows that are in order already: makes records that match ready, and gathers what
    /// leads to others, up to `most`.
    fn gather(&mut self, most: usize) {
        while self.gathered.len() < most && self.ready.len() < most {
            let Some(row) = self.merge.pop() else { break };
            self.work.looked += 1;
            if !self.may_match(&row) {
                self.unreadable.extend(row.unreadable());
                continue;
            }
            self.work.matched += 1;
            match row {
                Found::Record(record) => self.ready.push_back(record.asset),
                Found::Posting(posting) => self.gathered.push_back(posting.id),
                Found::Unreadable(_) => {}
            }
        }
    }

    fn may_match(&self, row: &Found) -> bool {
        match row {
            Found::Record(record) => self.filter.matches(&record.asset),
            Found::Posting(posting) => posting.may_match(&self.asked),
            Found::Unreadable(_) => false,
        }
    }
}
