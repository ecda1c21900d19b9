//! How a list is read: what drives it, how much is read at a time, and when to stop. Pure: the
//! reading is in `store`.
//!
//! Every index and every tag's postings are sorted by id, so each value that a filter names is an
//! ordered stream. A list is driven by the streams of one field, merged; the rest of the filter is
//! checked on what they give. Where several fields could drive, a little of each is read side by
//! side, and the one whose assets lie furthest apart in time goes on.

use std::collections::VecDeque;

use crate::filter::{Facet, Filter, Order};
use crate::id::AssetId;
use crate::text::TagName;

/// Facets that are narrow by nature: one of these drives unasked, the first named here.
const NARROW: [Facet; 3] = [Facet::Execution, Facet::Run, Facet::Conversation];
/// The other facets.
const WIDE: [Facet; 7] = [
    Facet::Campaign,
    Facet::Agent,
    Facet::Model,
    Facet::Provider,
    Facet::Tool,
    Facet::Type,
    Facet::Status,
];
/// The most fields that are tried against each other.
const MAX_PROBED: usize = 6;
/// How many rows of a field are read to see how far apart its assets lie.
const PROBE: usize = 16;
/// The most rows of the first read, before anything is known of their size: 128 capacity units if
/// each were as large as a record can be, 13 if they have the usual kilobyte.
const FIRST: usize = 101;
/// The most rows of any one read: what its limit of 1 MB holds of the smallest records.
const MOST: usize = 2000;

/// What a list walks along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// Everything in the workspace.
    Workspace,
    /// What has one of the values asked for in an indexed facet.
    Facet(Facet),
    /// What has one of the values asked for of a tag.
    Tag(TagName),
}

impl Driver {
    /// What can drive the list of `filter`: where there are several, they are to be probed.
    #[must_use]
    pub fn candidates(filter: &Filter) -> Vec<Self> {
        let named = |facet: &Facet| !filter.values(*facet).is_empty();
        if let Some(narrow) = NARROW.into_iter().find(named) {
            return vec![Self::Facet(narrow)];
        }
        let tags = filter.tag_names().cloned().map(Self::Tag);
        let facets = WIDE.into_iter().filter(named).map(Self::Facet);
        let found: Vec<_> = tags.chain(facets).take(MAX_PROBED).collect();
        if found.is_empty() { vec![Self::Workspace] } else { found }
    }

    /// Whether what it gives matches `filter` without a further look.
    #[must_use]
    pub fn answers(&self, filter: &Filter) -> bool {
        match self {
            Self::Workspace => filter.is_answered_by(None),
            Self::Facet(facet) => filter.is_answered_by(Some(*facet)),
            Self::Tag(_) => false,
        }
    }

    /// Whether its rows only lead to records: they hold the wide facets alone.
    #[must_use]
    pub fn leads(&self) -> bool {
        match self {
            Self::Workspace => false,
            Self::Facet(facet) => facet.is_wide(),
            Self::Tag(_) => true,
        }
    }

    /// Whether its rows tell whether an asset matches `filter`.
    #[must_use]
    pub fn tells(&self, filter: &Filter) -> bool {
        match self {
            Self::Workspace => true,
            Self::Facet(facet) => !facet.is_wide() || filter.asks_for_wide_facets_alone(),
            // A posting stays a moment longer than its asset is listed.
            Self::Tag(_) => false,
        }
    }
}

/// How much a request may do.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Read capacity units.
    pub rcu: f64,
    /// Sequential round trips.
    pub trips: usize,
}

/// What a request has done so far.
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

impl Work {
    /// Whether another read of `trips` round trips is more than `budget` allows. A unit is kept back,
    /// since a read's size is only estimated.
    #[must_use]
    pub fn exceeds(&self, budget: Budget, trips: usize) -> bool {
        self.trips + trips > budget.trips || self.rcu + 1.0 > budget.rcu
    }

    /// How many rows to read next for `missing` more that match: as many as hold that many by the rate
    /// seen so far, and more with each trip, since fewer are left.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    pub fn rows_for(&self, missing: usize) -> usize {
        let rate = (self.matched as f64 + 1.0) / (self.looked as f64 + 1.0);
        (missing as f64 / rate * (1.0 + 0.5 * self.trips as f64)).ceil() as usize
    }

    /// How many rows the budget allows to read, at the weight seen so far, `row_rcu` each as long as
    /// none was read, so that enough is left for `records` to be read by their keys. A little is kept
    /// back for what is heavier than what came before it.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a count of rows, clamped"
    )]
    pub fn affordable(&self, row_rcu: f64, records: usize, budget: Budget) -> usize {
        let weight = if self.rows == 0 { row_rcu } else { self.rows_rcu / self.rows as f64 };
        let left = budget.rcu - self.rcu - 1.0;
        // Half of what is left at the most, where many are wanted.
        let reserved = (records as f64 * self.record_rcu()).min(left / 2.0);
        let rows = (left - reserved) / (weight.max(0.001) * 1.03);
        let most = if self.rows == 0 { FIRST } else { MOST };
        (rows.min(most as f64) as usize).max(1)
    }

    /// How many records to read for `missing` more matches, by the rate seen so far.
    #[must_use]
    pub fn records_for(&self, missing: usize) -> usize {
        (missing * (self.records + 1)).div_ceil(self.shown + 1)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    fn record_rcu(&self) -> f64 {
        if self.records == 0 { 0.5 } else { self.records_rcu / self.records as f64 }
    }

    /// How many records the budget allows to read by their keys, at the weight seen so far.
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
}

/// Something that stands at an asset's place in a stream.
pub trait Row {
    /// The asset.
    fn id(&self) -> AssetId;
}

/// One ordered stream, as far as it is read.
#[derive(Debug)]
struct Stream<T> {
    rows: VecDeque<T>,
    /// The last row read; none before the first.
    reached: Option<AssetId>,
    read: usize,
    taken: usize,
    ended: bool,
}

/// A stream that must be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dry {
    /// Which.
    pub stream: usize,
    /// The last row read of it.
    pub after: Option<AssetId>,
    /// How many rows to read.
    pub reads: usize,
}

/// Several ordered streams as one, in which no asset comes twice.
#[derive(Debug)]
pub struct Merge<T> {
    order: Order,
    streams: Vec<Stream<T>>,
    seen: Option<AssetId>,
}

impl<T: Row> Merge<T> {
    /// Of `count` streams of which nothing is read.
    #[must_use]
    pub fn new(count: usize, order: Order) -> Self {
        let stream =
            || Stream { rows: VecDeque::new(), reached: None, read: 0, taken: 0, ended: false };
        Self { order, streams: (0..count).map(|_| stream()).collect(), seen: None }
    }

    /// Appends what was read of a stream; `ended` says that there is no more.
    pub fn fill(&mut self, stream: usize, rows: Vec<T>, ended: bool) {
        let stream = &mut self.streams[stream];
        stream.read += rows.len();
        stream.ended = ended;
        stream.reached = rows.last().map(Row::id).or(stream.reached);
        stream.rows.extend(rows);
    }

    /// The next row in order; none where a stream must be read first, or all have ended.
    pub fn pop(&mut self) -> Option<T> {
        loop {
            if self.streams.iter().any(|stream| stream.rows.is_empty() && !stream.ended) {
                return None;
            }
            let heads = self.streams.iter().enumerate();
            let heads = heads.filter_map(|(at, stream)| Some((stream.rows.front()?.id(), at)));
            let (id, at) = match self.order {
                Order::Asc => heads.min()?,
                Order::Desc => heads.max()?,
            };
            let stream = &mut self.streams[at];
            stream.taken += 1;
            let row = stream.rows.pop_front();
            // An asset with two of the values asked for is in both their streams.
            if self.seen != Some(id) {
                self.seen = Some(id);
                return row;
            }
        }
    }

    /// The last asset that was taken.
    #[must_use]
    pub fn seen(&self) -> Option<AssetId> {
        self.seen
    }

    /// Whether everything was taken.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.streams.iter().all(|stream| stream.ended && stream.rows.is_empty())
    }

    /// The streams to read before the next row can be told, so that about `rows` come out of the
    /// merge, but at most `most` are read, or one of each.
    #[must_use]
    pub fn dry(&self, rows: usize, most: usize) -> Vec<Dry> {
        let count = self.streams.len();
        let all: usize = self.streams.iter().map(|stream| stream.taken).sum();
        let dry = self.streams.iter().enumerate().filter(|(_, s)| s.rows.is_empty() && !s.ended);
        let mut dry: Vec<_> = dry
            .map(|(at, stream)| {
                // What a stream gave so far is its share of what is to come; half as much again, so
                // that none runs dry before the others by chance alone.
                let share = (rows * (stream.taken + 1)).div_ceil(all + count);
                let reads = if count == 1 { rows } else { share + share / 2 + 2 };
                Dry { stream: at, after: stream.reached, reads }
            })
            .collect();
        let wanted: usize = dry.iter().map(|dry| dry.reads).sum();
        if wanted > most {
            for dry in &mut dry {
                dry.reads = (dry.reads * most / wanted).max(1);
            }
        }
        dry
    }

    /// The first row of all.
    #[must_use]
    pub fn first(&self) -> Option<AssetId> {
        let heads = self.streams.iter().filter_map(|stream| stream.rows.front()).map(Row::id);
        match self.order {
            Order::Asc => heads.min(),
            Order::Desc => heads.max(),
        }
    }

    /// The rows that were read and not taken.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.streams.iter().flat_map(|stream| &stream.rows)
    }

    /// How many rows there are in a second from `start` on, going by what was read; nothing where all
    /// was read.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn density(&self, start: AssetId) -> f64 {
        let open = self.streams.iter().filter(|stream| !stream.ended);
        open.map(|stream| {
            let end = stream.reached.unwrap_or(start);
            let ms = end.created_at().millis() - start.created_at().millis();
            stream.read as f64 * 1000.0 / (ms.abs() as f64 + 1.0)
        })
        .sum()
    }
}

/// How many rows to read of each of `streams` to see how far apart a field's assets lie.
#[must_use]
pub fn probe(streams: usize) -> usize {
    PROBE.div_ceil(streams).max(3)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    impl Row for AssetId {
        fn id(&self) -> AssetId {
            *self
        }
    }

    fn id(n: u8) -> AssetId {
        AssetId::from_bytes([n; 20])
    }

    proptest! {
        /// However the streams are cut into reads, the merge gives the union, in order, each once.
        #[test]
        fn streams_merge_into_their_union(
            streams in prop::collection::vec(prop::collection::btree_set(0..60_u8, 0..20), 1..5),
            rows in 1..9_usize,
            desc in any::<bool>(),
        ) {
            let order = if desc { Order::Desc } else { Order::Asc };
            let in_order = |set: &BTreeSet<u8>| {
                let mut ids: Vec<_> = set.iter().copied().map(id).collect();
                if desc { ids.reverse(); }
                ids
            };
            let expected = in_order(&streams.iter().flatten().copied().collect());
            let mut left: BTreeMap<_, _> = streams.iter().map(in_order).enumerate().collect();
            let (mut merge, mut found) = (Merge::new(streams.len(), order), Vec::new());
            while !merge.ended() {
                for dry in merge.dry(rows, 12) {
                    let stream = left.get_mut(&dry.stream).unwrap();
                    let rest = stream.split_off(dry.reads.min(stream.len()));
                    let read = std::mem::replace(stream, rest);
                    merge.fill(dry.stream, read, stream.is_empty());
                }
                found.extend(std::iter::from_fn(|| merge.pop()));
                prop_assert_eq!(merge.seen(), found.last().copied());
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_narrow_facet_drives_unasked_and_others_are_probed() {
        let filter = |facets: &[Facet]| {
            let mut filter = Filter::default();
            for facet in facets {
                assert!(filter.allow(*facet, "draft".to_owned()));
            }
            filter
        };
        let of = |facets: &[Facet]| Driver::candidates(&filter(facets));
        assert_eq!(of(&[]), [Driver::Workspace]);
        assert_eq!(of(&[Facet::Model]), [Driver::Facet(Facet::Model)]);
        assert_eq!(of(&[Facet::Type, Facet::Run]), [Driver::Facet(Facet::Run)]);
        let probed = [Facet::Agent, Facet::Type, Facet::Status];
        assert_eq!(of(&probed), probed.map(Driver::Facet));
    }

    #[test]
    fn reads_grow_as_matches_are_rare_and_stay_within_the_budget() {
        let budget = Budget { rcu: 64.0, trips: 4 };
        let none = Work::default();
        assert_eq!((none.rows_for(51), none.affordable(0.13, 0, budget)), (51, FIRST));
        let rare =
            Work { rcu: 6.5, trips: 1, rows: 50, rows_rcu: 6.5, looked: 50, matched: 2, ..none };
        assert!(rare.rows_for(49) > 1000);
        assert!((400..443).contains(&rare.affordable(0.13, 0, budget)));
        assert!((200..250).contains(&rare.affordable(0.13, 60, budget)));
        let spent = Work { rcu: 63.5, ..rare };
        assert!(spent.exceeds(budget, 1) && !rare.exceeds(budget, 3) && rare.exceeds(budget, 4));
    }
}
