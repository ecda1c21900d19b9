//! Lists: by cursor, and by number.

use futures::future::try_join;

use super::Store;
use super::walk::{Range, Walk};
use crate::asset::Asset;
use crate::cursor::Cursor;
use crate::error::Result;
use crate::filter::{Filter, Order};
use crate::id::{AssetId, WorkspaceId};
use crate::plan::Budget;

/// What one request may do.
const REQUEST: Budget = Budget { rcu: 64.0, trips: 4 };
/// What may be done to fill a numbered page, which may not be short: each trip reads 1 MB at most.
const NUMBERED: Budget = Budget { rcu: f64::INFINITY, trips: 24 };
/// What may be done to count on from there.
const COUNTING: Budget = Budget { rcu: 64.0, trips: 12 };
/// How far beyond a numbered page matches are counted that no counter knows.
const COUNT_BEYOND: usize = 1000;
/// How many assets are walked past to a numbered page, where the daily counts could lead there: these
/// lag a little behind, the walk does not.
const WALKED: usize = 400;

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
        let mut walk = Walk::start(self, workspace, filter, order, range).await?;
        let items = walk.next(limit, REQUEST).await?;
        let next = match items.last() {
            // What was read beyond the page is read again with the next.
            Some(last) if items.len() == limit => Some(last.id),
            _ => walk.seen(),
        };
        let next = next.filter(|_| !walk.holds_nothing_more());
        Ok(Page { items, next: next.map(|after| Cursor { after }) })
    }

    /// The matching assets from the `skip`-th on, at most `limit`, and how many match in all.
    ///
    /// The total of a whole workspace, and of the values of one facet, is counted beforehand (see
    /// [`crate::tally`]); others are counted here, up to 1,000 beyond the page and within the work of
    /// a request. The daily counts lead to a page that lies deep.
    pub async fn list_numbered(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<NumberedPage> {
        let Some(counted) = filter.counted() else {
            let found = self.walk_to(workspace, filter, order, skip, limit, COUNT_BEYOND).await?;
            let (total, at_least) = (found.seen, !found.ended);
            return Ok(found.page(total, at_least));
        };
        let total = self.total(workspace, counted);
        let walk = self.walk_to(workspace, filter, order, skip, limit, 0);
        let (found, total) = try_join(walk, total).await?;
        // What was walked to its end is exact; a counter may lag behind what was seen.
        let seen = found.seen;
        let total = if found.ended && !found.jumped { seen } else { total.max(seen) };
        Ok(found.page(total, false))
    }

    /// The matching assets from the `skip`-th on, at most `limit`; none where that is too deep.
    pub async fn list_slice(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<Option<Vec<Asset>>> {
        let found = self.walk_to(workspace, filter, order, skip, limit, 0).await?;
        let page = found.page(0, false);
        Ok((!page.too_deep).then_some(page.items))
    }

    /// Walks to the `skip`-th match and past the `limit` from there, and to as many as `beyond` them,
    /// as far as a request's work allows.
    async fn walk_to(
        &self,
        workspace: &WorkspaceId,
        filter: &Filter,
        order: Order,
        skip: usize,
        limit: usize,
        beyond: usize,
    ) -> Result<Reached> {
        let all = range(filter, order, None);
        let (range, jumped) = match (filter.counted(), all) {
            (Some(values), Some(all)) if skip > WALKED => {
                self.jump(workspace, values, order, all, skip).await?
            }
            (_, all) => (all, 0),
        };
        let mut walk = Walk::start(self, workspace, filter, order, range).await?;
        let passed = jumped + walk.pass(skip - jumped, NUMBERED).await?;
        let items = walk.next(limit, NUMBERED).await?;
        let too_deep = !walk.ended() && (passed < skip || items.len() < limit);
        let seen = passed + items.len() + walk.pass(beyond, COUNTING).await?;
        Ok(Reached { jumped: jumped > 0, seen, items, too_deep, ended: walk.ended() })
    }
}

/// Where a walk by number got to.
struct Reached {
    /// Whether matches were passed by their counts alone.
    jumped: bool,
    /// How many matches lie before its end.
    seen: usize,
    items: Vec<Asset>,
    too_deep: bool,
    ended: bool,
}

impl Reached {
    fn page(self, total: usize, at_least: bool) -> NumberedPage {
        NumberedPage { items: self.items, total, at_least, too_deep: self.too_deep }
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
