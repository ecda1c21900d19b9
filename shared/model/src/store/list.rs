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
/// How near its end a list is counted on to it, although a counter knows how long it is.
const NEAR: usize = 100;
/// How many assets are walked past to a numbered page, where the daily counts could lead there: these
/// lag a little behind, the walk does not.
const WALKED: usize = 400;

/// One page of a list by cursor.
#[derive(Debug, Clone)]
pub struct Page {
    /// What was found.
    pub items: Vec<Asset>,
    /// Assets on the way whose records cannot be read, and which may match.
    pub unreadable: Vec<AssetId>,
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
        let next = next.map(|after| Cursor { after });
        Ok(Page { items, unreadable: walk.into_unreadable(), next })
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
        let walk = self.walk_to(workspace, filter, order, skip, limit);
        let counted = async {
            match filter.counted() {
                Some(values) => self.total(workspace, values).await.map(Some),
                None => Ok(None),
            }
        };
        let (mut found, counted) = try_join(walk, counted).await?;
        // Near the end of a list its rows are counted: a counter may lag behind by a moment.
        if counted.is_none_or(|total| total < found.seen + NEAR) {
            found.seen += found.walk.pass(COUNT_BEYOND, COUNTING).await?;
        }
        let (ended, seen) = (found.walk.ended(), found.seen);
        let total = match counted {
            Some(counted) if !ended || found.jumped => counted.max(seen),
            _ => seen,
        };
        let at_least = counted.is_none() && !ended;
        Ok(NumberedPage { items: found.items, total, at_least, too_deep: found.too_deep })
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
        let found = self.walk_to(workspace, filter, order, skip, limit).await?;
        Ok((!found.too_deep).then_some(found.items))
    }

    /// Walks to the `skip`-th match and past the `limit` from there.
    async fn walk_to<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        filter: &'a Filter,
        order: Order,
        skip: usize,
        limit: usize,
    ) -> Result<Reached<'a>> {
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
        let seen = passed + items.len();
        Ok(Reached { walk, jumped: jumped > 0, seen, items, too_deep })
    }
}

/// Where a walk by number got to.
struct Reached<'a> {
    walk: Walk<'a>,
    /// Whether matches were passed by their counts alone.
    jumped: bool,
    /// How many matches lie before its end.
    seen: usize,
    items: Vec<Asset>,
    too_deep: bool,
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
