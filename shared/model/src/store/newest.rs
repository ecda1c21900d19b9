//! Lists of a workspace's own things, newest first, by their ids alone.

use super::item::{self, Item};
use super::keys::Key;
use super::{Store, failure};
use crate::error::Result;
use crate::id::AssetId;

/// The most times that a page of a list is read on for, where few things are asked for.
const TRIPS: usize = 4;

impl Store {
    /// Things of a list, newest first: at most `limit`, of those made before `before`; and where to go on, none at
    /// the end. A page may be short, or empty, with a place to go on.
    ///
    /// `listing` builds the key of an id in the list, `thing` that of the thing itself, and `read` reads it, or passes
    /// it over.
    pub(super) async fn newest<T>(
        &self,
        (listing, thing): (impl Fn(AssetId) -> Key, impl Fn(AssetId) -> Key),
        mut before: Option<AssetId>,
        limit: usize,
        read: impl Fn(Item) -> Option<(AssetId, T)>,
    ) -> Result<(Vec<T>, Option<AssetId>)> {
        let mut found = Vec::new();
        for _ in 0..TRIPS {
            let high = before.map_or(Some(AssetId::from_bytes([255; 20])), AssetId::previous);
            let Some(high) = high else { return Ok((found, None)) };
            let missing = limit - found.len();
            let query = self.latest([AssetId::from_bytes([0; 20]), high].map(&listing));
            let query = query.limit(i32::try_from(missing).unwrap_or(i32::MAX));
            let answer = query.send().await.map_err(failure)?;
            let ids = answer.items().iter().filter_map(|item| item::text(item, "sk")?.parse().ok());
            let ids: Vec<AssetId> = ids.collect();
            let (items, _) = self.get_items(ids.iter().copied().map(&thing), true).await?;
            let mut records: Vec<_> = items.into_iter().filter_map(&read).collect();
            records.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
            found.extend(records.into_iter().map(|(_, record)| record));
            before = ids.last().copied();
            if ids.len() < missing {
                return Ok((found, None));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok((found, before))
    }
}
