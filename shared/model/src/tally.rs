//! What is counted: how many assets lists show and how many bytes these have, for each workspace, for
//! each value of each facet, and for each day. Pure: the counters are in `store`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_dynamo::{AttributeValue, Item};

use crate::asset::Record;
use crate::error::{Error, Result};
use crate::filter::Facet;
use crate::id::{AssetId, WorkspaceId};
use crate::index::WORKSPACE;
use crate::time::Timestamp;

/// How many parts of a day are counted for themselves: quarters of an hour.
pub const SLOTS: u8 = 96;
/// How long such a part is, in milliseconds.
pub const SLOT: i64 = crate::time::DAY / SLOTS as i64;

/// What a listed asset counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its bytes.
    pub bytes: u64,
    /// Its facets.
    pub facets: BTreeMap<Facet, String>,
}

/// An asset as an image of its item shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which it is.
    pub id: AssetId,
    /// How often it was written.
    pub revision: u64,
    /// What it counts as; none where no list shows it.
    pub counted: Option<Counted>,
}

/// A change of what an asset counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which it is.
    pub id: AssetId,
    /// The revision that the change made; for a removal, the next after the last.
    pub revision: u64,
    /// What it counted as before.
    pub before: Option<Counted>,
    /// What it counts as now.
    pub after: Option<Counted>,
}

/// A counter's place: of one facet's value, or of the whole workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Whose assets.
    pub workspace: WorkspaceId,
    /// With which value; all of them without one.
    pub value: Option<(Facet, String)>,
    /// Made on which day (`2026-11-22`, UTC); ever without one.
    pub day: Option<String>,
}

/// What a counter changes by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Assets.
    pub count: i64,
    /// Bytes.
    pub bytes: i64,
    /// A day's assets by the part of the day.
    pub slots: BTreeMap<u8, i64>,
}

/// What counters change by.
pub type Deltas = BTreeMap<Counter, Delta>;

impl Image {
    /// Reads an image of an asset's item.
    pub fn read(item: Item) -> Result<Self> {
        #[derive(Deserialize)]
        struct Fields {
            workspace_id: WorkspaceId,
            id: AssetId,
            revision: u64,
            #[serde(default)]
            file_size: u64,
        }
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        // What has the key of the workspace's index is in every list.
        let listed = text(WORKSPACE.name).is_some();
        let facets = Facet::ALL.into_iter();
        let facets = facets.filter_map(|facet| Some((facet, text(facet.name())?))).collect();
        let fields: Fields = serde_dynamo::from_item(item).map_err(Error::internal)?;
        let Fields { workspace_id: workspace, id, revision, file_size: bytes } = fields;
        let counted = listed.then_some(Counted { bytes, facets });
        Ok(Self { workspace, id, revision, counted })
    }
}

impl Change {
    /// From one image to the next, of which one can be missing.
    #[must_use]
    pub fn between(before: Option<Image>, after: Option<Image>) -> Option<Self> {
        let (workspace, id, revision) = match (&before, &after) {
            (_, Some(after)) => (after.workspace.clone(), after.id, after.revision),
            (Some(before), None) => {
                (before.workspace.clone(), before.id, before.revision.saturating_add(1))
            }
            (None, None) => return None,
        };
        let counted = |image: Option<Image>| image.and_then(|image| image.counted);
        Some(Self { workspace, id, revision, before: counted(before), after: counted(after) })
    }

    /// What the change does to the counters.
    #[must_use]
    pub fn deltas(&self) -> Deltas {
        let mut deltas = Deltas::new();
        if self.before == self.after {
            return deltas;
        }
        for (counted, sign) in [(&self.before, -1), (&self.after, 1)] {
            if let Some(counted) = counted {
                add(&mut deltas, &self.workspace, self.id, counted, sign);
            }
        }
        drop_empty(&mut deltas);
        deltas
    }
}

/// Adds `more` to `deltas`.
pub fn combine(deltas: &mut Deltas, more: Deltas) {
    for (counter, more) in more {
        let delta = deltas.entry(counter).or_default();
        delta.count += more.count;
        delta.bytes += more.bytes;
        for (slot, count) in more.slots {
            *delta.slots.entry(slot).or_default() += count;
        }
    }
    drop_empty(deltas);
}

fn drop_empty(deltas: &mut Deltas) {
    deltas.retain(|_, delta| {
        delta.slots.retain(|_, count| *count != 0);
        *delta != Delta::default()
    });
}

/// The counters of exactly these records, from nothing.
pub fn recount<'a>(records: impl IntoIterator<Item = &'a Record>) -> Deltas {
    let mut deltas = Deltas::new();
    for record in records.into_iter().filter(|record| record.is_listed()) {
        let asset = &record.asset;
        let facets = Facet::ALL.into_iter();
        let facets = facets.filter_map(|facet| Some((facet, asset.facet(facet)?.to_owned())));
        let counted =
            Counted { bytes: asset.file_size.unwrap_or_default(), facets: facets.collect() };
        add(&mut deltas, &asset.workspace_id, asset.id, &counted, 1);
    }
    deltas
}

/// The day of `at` (UTC), as days are written.
#[must_use]
pub fn day_of(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.truncate("2026-11-22".len());
    text
}

/// The part of its day that `at` is in.
#[must_use]
pub fn slot_of(at: Timestamp) -> u8 {
    u8::try_from(at.millis().rem_euclid(crate::time::DAY) / SLOT).unwrap_or_default()
}

fn add(deltas: &mut Deltas, workspace: &WorkspaceId, id: AssetId, counted: &Counted, sign: i64) {
    let bytes = sign * i64::try_from(counted.bytes).unwrap_or(i64::MAX);
    let (day, slot) = (day_of(id.created_at()), slot_of(id.created_at()));
    let mut count = |value: Option<(Facet, String)>, day: Option<String>| {
        let by_day = day.is_some();
        let place = Counter { workspace: workspace.clone(), value, day };
        let delta = deltas.entry(place).or_default();
        delta.count += sign;
        delta.bytes += bytes;
        if by_day {
            *delta.slots.entry(slot).or_default() += sign;
        }
    };
    count(None, None);
    count(None, Some(day.clone()));
    for (facet, value) in &counted.facets {
        count(Some((*facet, value.clone())), None);
        // Of a narrow facet's value there is too little for a day's count to lead anywhere.
        if facet.is_wide() {
            count(Some((*facet, value.clone())), Some(day.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(status: &str) -> Counted {
        Counted { bytes: 7, facets: BTreeMap::from([(Facet::Status, status.to_owned())]) }
    }

    #[test]
    fn a_change_of_status_touches_the_status_alone() {
        let id = AssetId::first_at(Timestamp::from_millis(1_767_225_600_000 + 16 * 60_000));
        let workspace: WorkspaceId = "acme".parse().unwrap();
        let change = |revision, before, after| Change {
            workspace: workspace.clone(),
            id,
            revision,
            before,
            after,
        };
        let mut deltas = change(2, None, Some(counted("draft"))).deltas();
        let day = Some("2026-01-01".to_owned());
        let of_day = &deltas[&Counter { workspace: workspace.clone(), value: None, day }];
        assert_eq!((of_day.count, of_day.bytes), (1, 7));
        assert_eq!(of_day.slots, BTreeMap::from([(1, 1)]));
        let approved = change(3, Some(counted("draft")), Some(counted("approved"))).deltas();
        assert!(approved.keys().all(|counter| counter.value.is_some()));
        assert_eq!(approved.len(), 4);
        combine(&mut deltas, approved);
        combine(&mut deltas, change(4, Some(counted("approved")), None).deltas());
        assert_eq!(deltas, Deltas::new());
    }
}
