//! The plan by which a list is read: what drives it, how much is read at a time, and when to stop.
//! Pure: the reading is in `store`.
//!
//! Every index and every tag's postings are sorted by id, so each value that a filter names is an
//! ordered stream. A list is driven by the streams of one index or tag, merged; the rest of the
//! filter is checked on what they give. Where several could drive, a little of each is read side by
//! side, and the one whose assets lie furthest apart in time goes on.

use crate::facet::Facet;
use crate::filter::Filter;
use crate::index::{INDEXES, Index, WORKSPACE};
use crate::text::TagName;

/// The most streams that drive a list.
const MAX_STREAMS: usize = Filter::MAX_VALUES;
/// The most indexes and tags that are tried against each other.
const MAX_PROBED: usize = 6;
/// The rows of a stream that are read to see how far apart its assets lie: about what half a capacity
/// unit holds, which is the least that a read takes.
pub const PROBE: usize = 32;
/// The most rows of the first read, before anything is known of their size: 128 capacity units if
/// each were as large as a record can be, 13 if they have the usual kilobyte.
const FIRST: usize = 101;
/// The most rows of any one read: what a request's capacity holds of small ones.
const MOST: usize = 4500;

/// The streams that a list walks along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// Those of the partitions of an index that the filter names.
    Index(&'static Index),
    /// Those of the values asked for of a tag.
    Tag(TagName),
}

impl Driver {
    /// The drivers that the list of `filter` can have: where there are several, they are to be probed.
    #[must_use]
    pub fn candidates(filter: &Filter) -> Vec<Self> {
        // An execution, a run or a conversation is narrow by nature, and drives unasked.
        let named = |facet: &Facet| !facet.is_wide() && !filter.values(*facet).is_empty();
        if let Some(narrow) = Facet::ALL.into_iter().find(named) {
            return Index::of(narrow).into_iter().map(Self::Index).collect();
        }
        let fits =
            |index: &&Index| index.lists(filter) && index.partitions(filter).len() <= MAX_STREAMS;
        let indexes: Vec<_> = INDEXES.iter().filter(fits).collect();
        let divided = |index: &&&Index| !indexes.iter().any(|other| other.divides(index));
        let tags = filter.tag_names().cloned().map(Self::Tag);
        let indexes = indexes.iter().filter(divided).map(|index| Self::Index(index));
        let found: Vec<_> = tags.chain(indexes).take(MAX_PROBED).collect();
        if found.is_empty() { vec![Self::Index(&WORKSPACE)] } else { found }
    }

    /// True if what it gives matches `filter` without a further look.
    #[must_use]
    pub fn answers(&self, filter: &Filter) -> bool {
        match self {
            Self::Index(index) => filter.is_answered_by(index),
            Self::Tag(_) => false,
        }
    }

    /// True if its rows only lead to records.
    #[must_use]
    pub fn leads(&self) -> bool {
        match self {
            Self::Index(index) => !index.whole,
            Self::Tag(_) => true,
        }
    }

    /// True if its rows tell whether an asset matches `filter`.
    #[must_use]
    pub fn tells(&self, filter: &Filter) -> bool {
        match self {
            Self::Index(index) => index.whole || !filter.searches_text(),
            // A posting stays a moment longer than its asset is listed.
            Self::Tag(_) => false,
        }
    }
}

/// The work that a request may do.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Read capacity units.
    pub rcu: f64,
    /// Sequential round trips.
    pub trips: usize,
}

/// The work that a request has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Work {
    /// Read capacity units, of all that was read.
    pub rcu: f64,
    /// Sequential round trips.
    pub trips: usize,
    /// Rows of the driver.
    pub rows: usize,
    /// Read capacity units that those rows took.
    pub rows_rcu: f64,
    /// Records that were read behind rows.
    pub records: usize,
    /// Read capacity units that those records took.
    pub records_rcu: f64,
    /// Of those, how many matched.
    pub shown: usize,
    /// Rows that were looked at.
    pub looked: usize,
    /// Rows that matched, as far as they tell.
    pub matched: usize,
}

/// The purpose of a read of rows.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// The weight of a row in capacity units as long as none was read.
    pub row_rcu: f64,
    /// The number of streams that are read side by side: what each takes is rounded up.
    pub streams: usize,
    /// The number of records that are to be read by their keys, in the end.
    pub records: usize,
    /// For how many of these the rows were found already.
    pub gathered: usize,
}

impl Work {
    /// True if another read of `trips` round trips is more than `budget` allows. A unit is kept back,
    /// since a read's size is only estimated.
    #[must_use]
    pub fn exceeds(&self, budget: Budget, trips: usize) -> bool {
        self.trips + trips > budget.trips || self.rcu + 1.0 > budget.rcu
    }

    /// The number of rows to read next for `missing` more that match: as many as hold that many by the
    /// rate seen so far, and a multiple of that where few trips are left: what belongs together comes
    /// together, so that a rate says little of what comes next.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    pub fn rows_for(&self, missing: usize, budget: Budget) -> usize {
        let factor = match budget.trips.saturating_sub(self.trips) {
            ..3 => 4,
            3 => 2,
            _ => 1,
        };
        (missing as f64 / self.rate()).ceil() as usize * factor
    }

    /// The number of rows that the budget allows to read, at the weight seen so far, and the records
    /// after them.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of rows, clamped"
    )]
    pub fn affordable(&self, need: Need, budget: Budget) -> usize {
        let known = self.rows > 0;
        let weight = if known { self.rows_rcu / self.rows as f64 } else { need.row_rcu };
        // A little is kept back for what is heavier than what came before it.
        let weight = weight.max(0.001) * 1.03;
        let left = budget.rcu - self.rcu - 0.75 - 0.25 * need.streams as f64;
        let after_all = (left - need.records as f64 * self.record_rcu()) / weight;
        // Where not all records can be read after it, as many as there will be rows for.
        let after_found = (left - need.gathered as f64 * self.record_rcu())
            / (weight + self.rate() * self.record_rcu());
        let is_last = self.trips + 2 >= budget.trips;
        let rows = if is_last || after_all < 1.0 { after_all.max(after_found) } else { after_all };
        let most = if known || need.records > 0 { MOST } else { FIRST };
        rows.clamp(0.0, most as f64) as usize
    }

    /// The number of further rows that the rest of `budget` is sure to pay, if they are not twice as
    /// heavy as those so far; `row_rcu` is what one weighs as long as none was read.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    pub fn reach(&self, row_rcu: f64, budget: Budget) -> usize {
        let seen = if self.rows > 0 { self.rows_rcu / self.rows as f64 } else { 0.0 };
        let left = (budget.rcu - self.rcu - 1.0).max(0.0);
        (left / (2.0 * seen.max(row_rcu))) as usize
    }

    /// The number of records to read for `missing` more matches, by the rate seen so far.
    #[must_use]
    pub fn records_for(&self, missing: usize) -> usize {
        (missing * (self.records + 1)).div_ceil(self.shown + 1)
    }

    /// The number of records that the budget allows to read by their keys, at the weight seen so far.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of records, clamped"
    )]
    pub fn affordable_records(&self, budget: Budget) -> usize {
        let records = (budget.rcu - self.rcu - 0.5) / self.record_rcu().max(0.5);
        (records.min(MOST as f64) as usize).max(1)
    }

    /// Which share of the rows matches, as far as they tell.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    fn rate(&self) -> f64 {
        (self.matched as f64 + 1.0) / (self.looked as f64 + 1.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    fn record_rcu(&self) -> f64 {
        if self.records == 0 { 0.5 } else { self.records_rcu / self.records as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(facets: &[Facet], approved: bool) -> Vec<&'static str> {
        let mut filter = Filter::default();
        filter.approved = approved;
        for facet in facets {
            assert!(filter.allow(*facet, "draft"));
        }
        let names = Driver::candidates(&filter).into_iter().map(|driver| match driver {
            Driver::Index(index) => index.name,
            Driver::Tag(_) => "tag",
        });
        names.collect()
    }

    #[test]
    fn a_narrow_facet_drives_unasked_and_others_are_probed() {
        assert_eq!(candidates(&[], false), ["by_workspace"]);
        assert_eq!(candidates(&[Facet::Model], false), ["by_model"]);
        assert_eq!(candidates(&[Facet::Type, Facet::Run], true), ["by_run"]);
        assert_eq!(candidates(&[Facet::Type, Facet::Tool], false), ["by_type", "by_tool"]);
        assert_eq!(candidates(&[Facet::Type], true), ["by_type", "by_approved"]);
    }

    #[test]
    fn an_index_of_a_pair_stands_for_those_of_both() {
        let (agent, kind, status) = (Facet::Agent, Facet::Type, Facet::Status);
        assert_eq!(candidates(&[agent, kind], false), ["by_agent_type"]);
        assert_eq!(candidates(&[agent, kind, status], false), ["by_status", "by_agent_type"]);
        let mut filter = Filter::default();
        for value in ["a", "b", "c", "d"] {
            assert!(filter.allow(agent, value) && filter.allow(kind, value));
        }
        let names = Driver::candidates(&filter);
        assert!(
            names.iter().all(|driver| matches!(driver, Driver::Index(i) if i.facets.len() == 1))
        );
    }

    #[test]
    fn reads_grow_as_matches_are_rare_and_stay_within_the_budget() {
        let budget = Budget { rcu: 64.0, trips: 4 };
        let none = Work::default();
        let need = Need { row_rcu: 0.13, streams: 1, records: 0, gathered: 0 };
        assert_eq!((none.rows_for(51, budget), none.affordable(need, budget)), (51, FIRST));
        let rare =
            Work { rcu: 6.5, trips: 1, rows: 50, rows_rcu: 6.5, looked: 50, matched: 2, ..none };
        assert!(rare.rows_for(49, budget) > 1000);
        assert!((400..443).contains(&rare.affordable(need, budget)));
        let records = Need { records: 60, ..need };
        assert!((180..220).contains(&rare.affordable(records, budget)));
        let spent = Work { rcu: 63.5, ..rare };
        assert!(spent.exceeds(budget, 1) && !rare.exceeds(budget, 3) && rare.exceeds(budget, 4));
    }

    #[test]
    fn the_last_rows_leave_enough_for_the_records_that_they_lead_to() {
        let budget = Budget { rcu: 64.0, trips: 4 };
        let work = Work {
            rcu: 10.0,
            trips: 2,
            rows: 700,
            rows_rcu: 10.0,
            looked: 700,
            matched: 20,
            ..Work::default()
        };
        let need = Need { row_rcu: 0.0, streams: 1, records: 200, gathered: 20 };
        let rows = work.affordable(need, budget);
        assert!((1200..1600).contains(&rows), "{rows}");
        let first = Work { trips: 1, ..work };
        assert_eq!(first.affordable(Need { records: 80, ..need }, budget), 883);
    }
}
