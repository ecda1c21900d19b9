//! The counters: the number of assets that lists show, their bytes and their cost, for each workspace, for
//! each value of each facet, and for each day and minute.

use std::collections::BTreeMap;
use std::fmt;

use crate::asset::Record;
use crate::facet::{Facet, Values};
use crate::generation::Generation;
use crate::id::{AssetId, WorkspaceId};
use crate::time::{DAY, Timestamp};
use crate::told;

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// A part of the time that a counter is of, counted for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Of all time: a month, by its number from the year 0 on.
    Month(u32),
    /// Of a day: a quarter of an hour.
    Quarter(u8),
    /// Of a minute: a quarter of a second.
    Moment(u8),
    /// Of a minute: fifteen seconds, of the assets with the value that the digest is of.
    OfValue([u8; 4], u8),
}

impl Part {
    /// The quarters of an hour in a day.
    pub const QUARTERS: u8 = 96;
    /// A quarter of an hour, in milliseconds.
    pub const QUARTER: i64 = DAY / Self::QUARTERS as i64;
    /// The quarters of a second in a minute.
    pub const MOMENTS: u8 = 240;
    /// The number of parts of a minute that are counted for each value: as many values may have assets
    /// in a minute, and all of them share an item with it.
    pub const OF_VALUE: u8 = 4;

    /// The month that `at` is in.
    #[must_use]
    pub fn month(at: Timestamp) -> Self {
        let text = at.to_string();
        let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<u32>().ok());
        Self::Month(number(0..4).unwrap_or_default() * 12 + number(5..7).unwrap_or(1) - 1)
    }

    /// The first instant of a month, by its number.
    #[must_use]
    pub fn month_start(month: u32) -> Option<Timestamp> {
        Timestamp::parse_query(&format!("{:04}-{:02}-01", month / 12, month % 12 + 1)).ok()
    }

    fn quarter(at: Timestamp) -> Self {
        Self::Quarter(place(at, DAY, Self::QUARTERS))
    }

    fn moment(at: Timestamp) -> Self {
        Self::Moment(place(at, MINUTE, Self::MOMENTS))
    }

    fn of_value(at: Timestamp, facet: Facet, key: &str) -> Self {
        Self::OfValue(told::of_facet(facet, key), place(at, MINUTE, Self::OF_VALUE))
    }
}

/// Which of the `parts` of a time of this length `at` is in.
fn place(at: Timestamp, length: i64, parts: u8) -> u8 {
    let part = length / i64::from(parts);
    u8::try_from(at.millis().rem_euclid(length) / part).unwrap_or_default()
}

impl fmt::Display for Part {
    /// As it is named beside others of its counter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(number) => write!(f, "m{number}"),
            Self::Quarter(place) => write!(f, "q{place}"),
            Self::Moment(place) => write!(f, "s{place}"),
            Self::OfValue(digest, place) => write!(f, "v{}x{place}", hex::encode(digest)),
        }
    }
}

/// A listed asset as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its bytes.
    pub bytes: u64,
    /// Its cost, in millionths of a US dollar.
    pub cost: u64,
    /// Its facets.
    pub facets: BTreeMap<Facet, Value>,
}

/// An asset's value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// By which it is counted: as it is compared.
    pub key: String,
    /// As it is written.
    pub shown: String,
}

/// An asset as an image of what is stored of it shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which it is.
    pub id: AssetId,
    /// The number of times that it was written.
    pub revision: u64,
    /// The asset as it is counted; none where no list shows it.
    pub counted: Option<Counted>,
    /// True if it was deleted.
    pub is_deleted: bool,
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
    /// The asset as it was counted before.
    pub before: Option<Counted>,
    /// The asset as it is counted now.
    pub after: Option<Counted>,
    /// True if it is deleted now.
    pub is_deletion: bool,
}

/// A counter's place: of one facet's value, or of the whole workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Whose assets.
    pub workspace: WorkspaceId,
    /// With which value, as it is compared; all of them without one.
    pub value: Option<(Facet, String)>,
    /// Made when.
    pub span: Span,
}

/// The time of which a counter counts what was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// All of it.
    Ever,
    /// A day: `2026-11-22`, UTC.
    Day(String),
    /// A minute: `2026-11-22T10:30`.
    Minute(String),
}

/// The change of a counter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Assets.
    pub count: i64,
    /// Bytes.
    pub bytes: i64,
    /// Cost.
    pub cost: i64,
    /// Cost of what was deleted; of the whole workspace alone.
    pub deleted_cost: i64,
    /// Assets by the part of the time.
    pub parts: BTreeMap<Part, i64>,
    /// The spelling of a value, where that can be otherwise than it is compared: it is shown as it was
    /// first written.
    pub shown: Option<String>,
}

/// The changes of counters.
pub type Deltas = BTreeMap<Counter, Delta>;

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
        let is_deletion = after.as_ref().is_none_or(|after| after.is_deleted);
        let counted = |image: Option<Image>| image.and_then(|image| image.counted);
        let (before, after) = (counted(before), counted(after));
        Some(Self { workspace, id, revision, before, after, is_deletion })
    }

    /// The changes of the counters that follow from it.
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
        if let (true, Some(before)) = (self.is_deletion, &self.before) {
            let all = Counter { workspace: self.workspace.clone(), value: None, span: Span::Ever };
            deltas.entry(all).or_default().deleted_cost += signed(before.cost);
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
        delta.cost += more.cost;
        delta.deleted_cost += more.deleted_cost;
        for (part, count) in more.parts {
            *delta.parts.entry(part).or_default() += count;
        }
        delta.shown = delta.shown.take().or(more.shown);
    }
    drop_empty(deltas);
}

fn drop_empty(deltas: &mut Deltas) {
    deltas.retain(|_, delta| {
        delta.parts.retain(|_, count| *count != 0);
        let amounts = [delta.count, delta.bytes, delta.cost, delta.deleted_cost];
        amounts.iter().any(|amount| *amount != 0) || !delta.parts.is_empty()
    });
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// The counters of exactly these records, from nothing.
pub fn recount<'a>(records: impl IntoIterator<Item = &'a Record>) -> Deltas {
    let mut deltas = Deltas::new();
    for record in records.into_iter().filter(|record| record.is_listed()) {
        let asset = &record.asset;
        let facets = Facet::ALL.into_iter();
        let facets = facets.filter_map(|facet| {
            let shown = asset.facet(facet)?.to_owned();
            Some((facet, Value { key: facet.key(&shown).into_owned(), shown }))
        });
        let counted = Counted {
            bytes: asset.file_size.unwrap_or_default(),
            cost: asset.generation.as_ref().map_or(0, Generation::cost),
            facets: facets.collect(),
        };
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

/// The minute of `at`, as minutes are written.
#[must_use]
pub fn minute_of(at: Timestamp) -> String {
    let mut text = at.to_string();
    text.truncate("2026-11-22T10:30".len());
    text
}

fn add(deltas: &mut Deltas, workspace: &WorkspaceId, id: AssetId, counted: &Counted, sign: i64) {
    let (bytes, cost) = (sign * signed(counted.bytes), sign * signed(counted.cost));
    let at = id.created_at();
    let mut count = |value: Option<(Facet, &Value)>, span: Span, parts: Vec<Part>| {
        let shown =
            value.filter(|(facet, _)| facet.values() == Values::Words && span == Span::Ever);
        let shown = shown.map(|(_, value)| value.shown.clone());
        let value = value.map(|(facet, value)| (facet, value.key.clone()));
        let delta =
            deltas.entry(Counter { workspace: workspace.clone(), value, span }).or_default();
        delta.count += sign;
        delta.bytes += bytes;
        delta.cost += cost;
        for part in parts {
            *delta.parts.entry(part).or_default() += sign;
        }
        delta.shown = delta.shown.take().or(shown);
    };
    let (month, quarter) = (Part::month(at), Part::quarter(at));
    // Of a narrow facet's value there is too little for its parts to lead anywhere.
    let wide = || counted.facets.iter().filter(|(facet, _)| facet.is_wide());
    let narrow = counted.facets.iter().filter(|(facet, _)| !facet.is_wide());
    count(None, Span::Ever, vec![month]);
    count(None, Span::Day(day_of(at)), vec![quarter]);
    let of_values = wide().map(|(facet, value)| Part::of_value(at, *facet, &value.key));
    let of_minute = std::iter::once(Part::moment(at)).chain(of_values).collect();
    count(None, Span::Minute(minute_of(at)), of_minute);
    for (facet, value) in wide() {
        count(Some((*facet, value)), Span::Ever, vec![month]);
        count(Some((*facet, value)), Span::Day(day_of(at)), vec![quarter]);
    }
    for (facet, value) in narrow {
        count(Some((*facet, value)), Span::Ever, Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(status: &str) -> Counted {
        let value = Value { key: status.to_owned(), shown: status.to_owned() };
        Counted { bytes: 7, cost: 5, facets: BTreeMap::from([(Facet::Status, value)]) }
    }

    #[test]
    fn a_change_of_status_touches_the_status_alone() {
        let id = AssetId::first_at(Timestamp::from_millis(1_767_225_600_000 + 16 * 60_000));
        let workspace: WorkspaceId = "acme".parse().unwrap();
        let change = |revision, before, after: Option<Counted>| Change {
            workspace: workspace.clone(),
            id,
            revision,
            is_deletion: after.is_none(),
            before,
            after,
        };
        let mut deltas = change(2, None, Some(counted("draft"))).deltas();
        let of = |span| Counter { workspace: workspace.clone(), value: None, span };
        let of_day = &deltas[&of(Span::Day("2026-01-01".to_owned()))];
        assert_eq!((of_day.count, of_day.bytes, of_day.cost), (1, 7, 5));
        assert_eq!(of_day.parts, BTreeMap::from([(Part::Quarter(1), 1)]));
        assert_eq!(deltas[&of(Span::Ever)].parts, BTreeMap::from([(Part::Month(2026 * 12), 1)]));
        let minute = of(Span::Minute("2026-01-01T00:16".to_owned()));
        let draft = Part::OfValue(told::of_facet(Facet::Status, "draft"), 0);
        assert_eq!(deltas[&minute].parts, BTreeMap::from([(Part::Moment(0), 1), (draft, 1)]));
        let approved = change(3, Some(counted("draft")), Some(counted("approved"))).deltas();
        assert_eq!(approved.keys().filter(|counter| counter.value.is_some()).count(), 4);
        assert_eq!((approved.len(), approved[&minute].count), (5, 0));
        combine(&mut deltas, approved);
        combine(&mut deltas, change(4, Some(counted("approved")), None).deltas());
        let deleted = Delta { deleted_cost: 5, ..Delta::default() };
        assert_eq!(deltas, Deltas::from([(of(Span::Ever), deleted)]));
    }
}
