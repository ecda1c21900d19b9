//! The driver of a list, row by row.

use super::item::{self, Item};
use super::record::{self, Posting};
use super::{keys, migrate};
use crate::asset::Record;
use crate::filter::Filter;
use crate::id::{AssetId, WorkspaceId};
use crate::merge::Row;
use crate::plan::Driver;

/// The thing that stands at an asset's place in a stream.
#[derive(Debug)]
pub(super) enum Found {
    /// The asset.
    Record(Box<Record>),
    /// A lead to it.
    Posting(Posting),
    /// An item of it that cannot be read, and is left out.
    Unreadable(AssetId),
}

impl Row for Found {
    fn id(&self) -> AssetId {
        match self {
            Self::Record(record) => record.asset.id,
            Self::Posting(posting) => posting.id,
            Self::Unreadable(id) => *id,
        }
    }
}

impl Found {
    /// The asset, where its item cannot be read.
    pub(super) fn unreadable(&self) -> Option<AssetId> {
        match self {
            Self::Unreadable(id) => Some(*id),
            Self::Record(_) | Self::Posting(_) => None,
        }
    }
}

/// The content of a driver's row; none where it does not even say of which asset.
pub(super) fn found(driver: &Driver, item: Item) -> Option<Found> {
    let id = record::asset_id(&item);
    let readable = if driver.leads() {
        item::readable(item, migrate::read).map(Found::Posting)
    } else {
        let record = item::readable(item, migrate::read::<Record>);
        record.map(|record| Found::Record(Box::new(record)))
    };
    readable.or(id.map(Found::Unreadable))
}

/// The partitions that `driver` reads of what the filter names.
pub(super) fn partitions(driver: &Driver, workspace: &WorkspaceId, filter: &Filter) -> Vec<String> {
    match driver {
        Driver::Index(index) => {
            let named = index.partitions(filter).into_iter();
            named.map(|values| keys::index_partition(workspace, &values)).collect()
        }
        Driver::Tag(name) => {
            let values = filter.tag_values(name).iter();
            values.map(|value| keys::postings(workspace, name, value)).collect()
        }
    }
}
