//! What a list's first page takes.

use std::time::{Duration, Instant};

use model::store::Page;
use model::{Facet, Filter, Order};

use crate::queries::Query;
use crate::table::Table;
use crate::workspace::{Traits, Workspace};

/// Up to how many assets a workspace has whose pages are compared with what they must show.
const COMPARED: usize = 10_000;

/// One first page.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    rcu: f64,
    trips: usize,
    read: usize,
    returned: usize,
    time: Duration,
    /// Whether nobody need ask again to see a full page, or all there is.
    complete: bool,
}

/// What a class of queries takes.
pub(crate) struct Samples(Vec<Sample>);

impl Samples {
    /// Asks one after the other.
    pub(crate) async fn take(table: &Table, workspace: &Workspace, queries: &[Query]) -> Self {
        let mut samples = Vec::new();
        for query in queries {
            samples.push(ask(table, workspace, query).await);
        }
        Self(samples)
    }

    /// Those of several classes.
    pub(crate) fn join<'a>(classes: impl Iterator<Item = &'a Self>) -> Self {
        Self(classes.flat_map(|samples| samples.0.iter().copied()).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn mean_rcu(&self) -> f64 {
        self.0.iter().map(|sample| sample.rcu).sum::<f64>() / self.0.len() as f64
    }

    pub(crate) fn max_rcu(&self) -> f64 {
        self.0.iter().map(|sample| sample.rcu).fold(0.0, f64::max)
    }

    pub(crate) fn mean_trips(&self) -> f64 {
        self.sum(|sample| sample.trips) / self.0.len() as f64
    }

    pub(crate) fn max_trips(&self) -> usize {
        self.0.iter().map(|sample| sample.trips).max().unwrap_or_default()
    }

    /// How many items were read for each that was returned.
    pub(crate) fn read_per_returned(&self) -> f64 {
        self.sum(|sample| sample.read) / self.sum(|sample| sample.returned).max(1.0)
    }

    /// How many pages were full, or all that there is.
    pub(crate) fn share_complete(&self) -> f64 {
        self.sum(|sample| usize::from(sample.complete)) / self.0.len() as f64
    }

    /// How many pages were empty, though there was more to come.
    pub(crate) fn share_empty(&self) -> f64 {
        self.sum(|sample| usize::from(!sample.complete && sample.returned == 0))
            / self.0.len() as f64
    }

    /// The time within which this share of the pages was there.
    pub(crate) fn time(&self, share: f64) -> Duration {
        let mut times: Vec<_> = self.0.iter().map(|sample| sample.time).collect();
        times.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
        let place = ((times.len() - 1) as f64 * share).round() as usize;
        times[place]
    }

    fn sum(&self, of: impl Fn(&Sample) -> usize) -> f64 {
        self.0.iter().map(of).sum::<usize>() as f64
    }
}

async fn ask(table: &Table, workspace: &Workspace, query: &Query) -> Sample {
    let Query { filter, order, limit } = query;
    table.wire.take_usage();
    let start = Instant::now();
    let page = table.store.list(&workspace.id, filter, *order, None, *limit).await.unwrap();
    let time = start.elapsed();
    let usage = table.wire.take_usage();
    check(workspace, query, &page);
    Sample {
        rcu: usage.rcu,
        trips: usage.trips,
        read: usage.items,
        returned: page.items.len(),
        time,
        complete: page.items.len() == *limit || page.next.is_none(),
    }
}

fn check(workspace: &Workspace, query: &Query, page: &Page) {
    let Query { filter, order, limit } = query;
    assert!(page.items.iter().all(|asset| filter.matches(asset)), "only matches: {filter:?}");
    let in_order = match order {
        Order::Asc => page.items.is_sorted_by(|a, b| a.id < b.id),
        Order::Desc => page.items.is_sorted_by(|a, b| a.id > b.id),
    };
    assert!(in_order && page.items.len() <= *limit, "in order, and no more: {filter:?}");
    if workspace.assets.len() <= COMPARED {
        let shown: Vec<_> = page.items.iter().map(|asset| asset.created_at.millis()).collect();
        let count = if page.next.is_some() { shown.len() } else { usize::MAX };
        let matching = workspace.assets.iter().filter(|asset| matches(filter, asset));
        let expected: Vec<_> = match order {
            Order::Asc => matching.map(|asset| asset.at).take(count).collect(),
            Order::Desc => matching.rev().map(|asset| asset.at).take(count).collect(),
        };
        assert_eq!(shown, expected, "each match, until the page ends: {filter:?}");
    }
}

fn matches(filter: &Filter, asset: &Traits) -> bool {
    let asked = |facet: &Facet| !filter.values(*facet).is_empty();
    let mut facets = Facet::ALL.into_iter().filter(asked);
    let tagged = |name| {
        let values = filter.tag_values(name);
        asset
            .tags()
            .iter()
            .any(|(has, value)| has == name && values.iter().any(|asked| *asked == value.folded()))
    };
    (!filter.approved || asset.is_approved())
        && filter.created_from.is_none_or(|from| asset.at >= from.millis())
        && filter.created_to.is_none_or(|to| asset.at < to.millis())
        && facets.all(|facet| filter.allows(facet, asset.value(facet).as_deref()))
        && filter.tag_names().all(tagged)
}
