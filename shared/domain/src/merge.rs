//! Several streams of assets, each sorted by creation, as one.

use std::collections::VecDeque;

use crate::filter::Order;
use crate::id::AssetId;

/// Something that stands at an asset's place in a stream.
pub trait Row {
    /// The asset.
    fn id(&self) -> AssetId;
}

/// One ordered stream, as far as it is read.
#[derive(Debug)]
struct Stream<T> {
    rows: VecDeque<T>,
    /// The first row read.
    first: Option<AssetId>,
    /// The last row read.
    reached: Option<AssetId>,
    read: usize,
    taken: usize,
    ended: bool,
}

/// A stream that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dry {
    /// Which.
    pub stream: usize,
    /// The last row read of it.
    pub after: Option<AssetId>,
    /// The number of rows to read.
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
        let stream = || Stream {
            rows: VecDeque::new(),
            first: None,
            reached: None,
            read: 0,
            taken: 0,
            ended: false,
        };
        Self { order, streams: (0..count).map(|_| stream()).collect(), seen: None }
    }

    /// Appends what was read of a stream; `ended` says that there is no more.
    pub fn fill(&mut self, stream: usize, rows: Vec<T>, ended: bool) {
        let stream = &mut self.streams[stream];
        stream.read += rows.len();
        stream.ended = ended;
        stream.first = stream.first.or(rows.first().map(Row::id));
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

    /// Drops the rows that were read and stand before `start`.
    pub fn skip_to(&mut self, start: AssetId) {
        for stream in &mut self.streams {
            let rest = stream.rows.partition_point(|row| {
                row.id() != start && self.order.later(row.id(), start) == start
            });
            stream.rows.drain(..rest);
        }
    }

    /// The last asset that was taken.
    #[must_use]
    pub fn seen(&self) -> Option<AssetId> {
        self.seen
    }

    /// True if everything was taken.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.streams.iter().all(|stream| stream.ended && stream.rows.is_empty())
    }

    /// The number of streams that can still be read.
    #[must_use]
    pub fn open(&self) -> usize {
        self.streams.iter().filter(|stream| !stream.ended).count()
    }

    /// The streams to read so that about `rows` more come out of the merge, but at most `most` are
    /// read, or one of each that must be read before the next row can be told.
    #[must_use]
    pub fn dry(&self, rows: usize, most: usize) -> Vec<Dry> {
        let count = self.streams.len();
        let all: usize = self.streams.iter().map(|stream| stream.taken).sum();
        let open = self.streams.iter().enumerate().filter(|(_, stream)| !stream.ended);
        let mut dry: Vec<_> = open
            .map(|(at, stream)| {
                // What a stream gave so far is its share of what is to come; half as much again, so
                // that none runs dry before the others by chance alone.
                let share = (rows * (stream.taken + 1)).div_ceil(all + count);
                let reads = if count == 1 { rows } else { share + share / 2 + 2 };
                let reads = reads.saturating_sub(stream.rows.len());
                Dry { stream: at, after: stream.reached, reads }
            })
            .collect();
        let wanted: usize = dry.iter().map(|dry| dry.reads).sum();
        for dry in &mut dry {
            if wanted > most {
                dry.reads = dry.reads * most / wanted;
            }
            if self.streams[dry.stream].rows.is_empty() {
                dry.reads = dry.reads.max(1);
            }
        }
        dry.retain(|dry| dry.reads > 0);
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

    /// The number of rows in a second, going by what was read; nothing where all was read.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn density(&self) -> f64 {
        let open = self.streams.iter().filter(|stream| !stream.ended);
        open.map(|stream| {
            let millis = |id: Option<AssetId>| id.map_or(0, |id| id.created_at().millis());
            let span = millis(stream.reached).abs_diff(millis(stream.first));
            stream.read as f64 * 1000.0 / (span as f64 + 1.0)
        })
        .sum()
    }
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
}
