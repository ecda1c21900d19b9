//! Lists: by cursor, and by number.

use futures::future::try_join;

use super::Store;
use super::jump::Sought;
use super::walk::{Range, Slice, Walk};
use crate::asset::Asset;
use crate::cursor::Cursor;
use crate::error::Result;
use crate::filter::{Facet, Filter, Order};
use crate::id::{AssetId, WorkspaceId};
use crate::plan::{Budget, Work};

/// The work that one request may do.
const REQUEST: Budget = Budget { rcu: 64.0, trips: 4 };
/// The distance from its end within which a list is counted on to it, although a counter knows how long
/// it is; a page that counters led to, within its own length.
const NEAR: usize = 100;
/// The capacity units that reading one counter takes.
const COUNTER: f64 = 0.5;
/// The distance beyond a numbered page to which matches are counted that no counter knows.
const COUNT_BEYOND: usize = 1000;
/// The number of whole records that are walked past to a numbered page, where counters could lead
/// there: these lag a little behind, the walk does not.
const WALKED: usize = 60;
/// The same for rows that only lead to records.
const WALKED_ROWS: usize = 400;

/// The depth to which numbered pages go, in assets.
pub const DEEPEST: usize = 10_000;

/// One page of a list by cursor.
#[derive(Debug, Clone)]
pub struct Page {
    /// The assets that were found.
    pub items: Vec<Asset>,
    /// Assets on the way whose records cannot be read, and which may match.
    pub unreadable: Vec<AssetId>,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
}

/// One page of a list by number.
#[derive(Debug, Clone)]
pub struct NumberedPage {
    /// The assets on the page.
    pub items: Vec<Asset>,
    /// The number of assets that match, or at least match.
    pub total: usize,
    /// True if counting stopped before the end.
    pub at_least: bool,
    /// The number of pages that can be asked for by number; none behind one that could not be filled.
    pub pages: usize,
    /// Where to go on by cursor, where there is more and no further page can be asked for.
    pub next: Option<Cursor>,
    /// True if it ended before the page was even reached.
    pub too_deep: bool,
}

impl Store {
    /// A page of at most `limit` assets that match `filter`, after the cursor.
    ///
    /// At most four sequential round trips and 64 read capacity units, by what the records read so
    /// far weigh; a page may be short, or even empty, with a cursor.
    pub async fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page> {
        let range = range(filter, order, after);
        let mut walk = Walk::start(self, workspace, filter, order, range, Work::default()).await?;
        let items = walk.next(limit, REQUEST).await?;
        let next = match items.last() {
            // What was read beyond the page is read again with the next.
            Some(last) if items.len() == limit => Some(last.id),
            _ => walk.seen(),
        };
        let next = next.filter(|_| !walk.holds_nothing_more());
        let next = next.map(|after| Cursor { after });
        Ok(Page { items, unreadable: walk.into_unreadable(), next })
    }

    /// The matching assets from the `skip`-th on, at most `limit`, and how many match in all; with the
    /// work of a page by cursor, and by what that allows.
    ///
    /// The total of a whole workspace, and of the values of one facet, is counted beforehand (see
    /// [`crate::tally`]), and so is where a page of it lies that lies deep; of other filters as many as
    /// the work allows are counted here, at most 1,000 beyond the page.
    pub async fn list_numbered(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<NumberedPage> {
        let jumps = jumps(filter, skip);
        let counted = filter.counted().filter(|_| !jumps);
        let counters = counted.map_or(0, |values| values.map_or(1, |(_, values)| values.len()));
        #[expect(clippy::cast_precision_loss, reason = "ten at most")]
        let budget = Budget { rcu: REQUEST.rcu - COUNTER * counters as f64, ..REQUEST };
        let total = async {
            match counted {
                Some(values) => self.total(workspace, values).await.map(Some),
                None => Ok(None),
            }
        };
        let beyond = if filter.counted().is_none() { COUNT_BEYOND } else { 0 };
        let walk = self.walk_to(workspace, filter, order, (skip, limit, beyond), budget);
        let (mut found, total) = try_join(walk, total).await?;
        let counted = found.total.or(total);
        let short = found.items.len() < limit && !found.walk.ended();
        let leads = jumps || counted.is_some() && Single::of(filter).is_some();
        let known = match counted {
            // Near its end a list is counted on to it, although a counter knows how long it is: that
            // may lag behind by a moment.
            Some(total) if total >= found.seen + if jumps { limit } else { NEAR } => Some(total),
            _ => None,
        };
        if known.is_none() && !short {
            found.seen += found.walk.pass(COUNT_BEYOND, budget).await?;
        }
        let ended = found.walk.ended();
        let total = match counted {
            Some(counted) if !ended || found.total.is_some() => counted.max(found.seen),
            _ => found.seen,
        };
        let reach = match counted {
            Some(_) if leads => total,
            Some(_) => total.min(found.seen + found.walk.reach(budget)),
            None => found.seen,
        };
        let at_least = short || counted.is_none() && !ended;
        Ok(found.into_page((skip, limit), short, total, at_least, reach))
    }

    /// The matching assets from the `skip`-th on, at most `limit`, with the work of a page by cursor; none
    /// where that does not suffice to find them.
    pub async fn list_slice(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<Option<Vec<Asset>>> {
        let found = self.walk_to(workspace, filter, order, (skip, limit, 0), REQUEST).await?;
        let short = found.items.len() < limit && !found.walk.ended();
        Ok((!found.too_deep && !short).then_some(found.items))
    }

    /// Walks to the `skip`-th match and past the `limit` from there.
    async fn walk_to<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        filter: &'a Filter,
        order: Order,
        (skip, limit, beyond): (usize, usize, usize),
        budget: Budget,
    ) -> Result<Reached<'a>> {
        let all = range(filter, order, None);
        let place = match (Single::of(filter), all) {
            (Some(single), Some(all)) if jumps(filter, skip) => {
                let value = single.value();
                let sought = Sought { workspace, value, order, all, skip };
                Some(self.jump(&sought).await?)
            }
            _ => None,
        };
        let total = place.as_ref().map(|place| place.total);
        let (range, left, work) = match place {
            Some(place) => (place.range, place.left, place.work),
            None => (all, skip, Work::default()),
        };
        let mut walk = Walk::start(self, workspace, filter, order, range, work).await?;
        let Slice { passed, items, beyond } = walk.slice(left, limit, beyond, budget).await?;
        let too_deep = passed < left && !walk.ended();
        let seen = skip - left + passed + items.len() + beyond;
        let place = walk.place();
        Ok(Reached { walk, total, seen, place, items, too_deep })
    }
}

/// The place that a walk by number got to.
struct Reached<'a> {
    walk: Walk<'a>,
    /// The number in all, where counters led to it.
    total: Option<usize>,
    /// The number of matches before its end, and of those seen behind it.
    seen: usize,
    /// After which asset to go on.
    place: Option<AssetId>,
    items: Vec<Asset>,
    too_deep: bool,
}

impl Reached<'_> {
    /// The page of `limit` assets after `skip`, which is `short` where it could not be filled, of a list
    /// that can be reached by number up to `reach`.
    fn into_page(
        self,
        (skip, limit): (usize, usize),
        short: bool,
        total: usize,
        at_least: bool,
        reach: usize,
    ) -> NumberedPage {
        let page = skip / limit + 1;
        let pages = if short { page } else { reach.div_ceil(limit).min(DEEPEST / limit) };
        let goes_on = (at_least || total > skip + limit) && pages <= page;
        let last = self.items.last().map(|asset| asset.id).filter(|_| goes_on);
        let place = if short { self.place } else { last };
        let next = place.map(|after| Cursor { after });
        let (items, too_deep) = (self.items, self.too_deep);
        NumberedPage { items, total, at_least, pages, next, too_deep }
    }
}

/// The one thing that a list is of, where counters lead to any place of it.
#[derive(Debug, Clone, Copy)]
enum Single<'a> {
    /// The whole workspace.
    All,
    /// One value of a wide facet.
    Value(Facet, &'a str),
}

impl<'a> Single<'a> {
    /// None where the list is of something else.
    fn of(filter: &'a Filter) -> Option<Self> {
        match filter.counted()? {
            None => Some(Self::All),
            Some((facet, [value])) if facet.is_wide() => Some(Self::Value(facet, value.as_str())),
            Some(_) => None,
        }
    }

    /// As counters are asked for it.
    fn value(self) -> Option<(Facet, &'a str)> {
        match self {
            Self::All => None,
            Self::Value(facet, value) => Some((facet, value)),
        }
    }
}

/// True if counters lead to the `skip`-th match.
fn jumps(filter: &Filter, skip: usize) -> bool {
    match Single::of(filter) {
        None => false,
        Some(Single::All) => skip > WALKED,
        Some(Single::Value(..)) => skip > WALKED_ROWS,
    }
}

/// The ids that dates and cursor leave.
fn range(filter: &Filter, order: Order, cursor: Option<Cursor>) -> Option<Range> {
    let low = filter.created_from.map_or(AssetId::from_bytes([0; 20]), AssetId::first_at);
    let high = match filter.created_to {
        Some(end) => AssetId::first_at(end).previous()?,
        None => AssetId::from_bytes([255; 20]),
    };
    let range = (low <= high).then_some((low, high))?;
    match cursor {
        Some(cursor) => order.after(range, cursor.after),
        None => Some(range),
    }
}
