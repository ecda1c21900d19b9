//! The filter and the order that a list is asked for with.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::asset::Asset;
use crate::fold::{fold_for_search, trim};
use crate::id::AssetId;
use crate::index::Index;
use crate::invalid::Invalid;
use crate::text::{FileName, Prompt, TagName, TagValue, Title};
use crate::time::{Bound, DAY, Timestamp};

pub use crate::facet::{Facet, Values};

crate::words! {
    /// By creation.
    #[derive(Default)]
    Order {
        /// Newest first.
        #[default]
        Desc = "desc",
        /// Oldest first.
        Asc = "asc",
    }
}

impl Order {
    /// The later of two ids.
    #[must_use]
    pub fn later(self, a: AssetId, b: AssetId) -> AssetId {
        match self {
            Self::Asc => a.max(b),
            Self::Desc => a.min(b),
        }
    }

    /// The rest of the ids from the first to the last from `id` on; none where nothing is.
    #[must_use]
    pub fn from(self, (low, high): (AssetId, AssetId), id: AssetId) -> Option<(AssetId, AssetId)> {
        let (low, high) = match self {
            Self::Asc => (low.max(id), high),
            Self::Desc => (low, high.min(id)),
        };
        (low <= high).then_some((low, high))
    }

    /// The rest of the ids from the first to the last after `id`; none where nothing is.
    #[must_use]
    pub fn after(self, (low, high): (AssetId, AssetId), id: AssetId) -> Option<(AssetId, AssetId)> {
        let (low, high) = match self {
            Self::Asc => (low.max(id.next()?), high),
            Self::Desc => (low, high.min(id.previous()?)),
        };
        (low <= high).then_some((low, high))
    }
}

/// The assets that a list shows: those that every part allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For each facet named, the values of which the asset must have one, as they are compared;
    /// sorted, without repeats.
    facets: BTreeMap<Facet, Vec<String>>,
    /// The same for each tag named.
    tags: BTreeMap<TagName, Vec<String>>,
    /// Only assets that have an approved version.
    pub approved: bool,
    /// Made at or after.
    pub created_from: Option<Timestamp>,
    /// Made before.
    pub created_to: Option<Timestamp>,
    /// A substring of title, prompt or file name, as it is compared.
    text: Option<String>,
}

impl Filter {
    /// The most values that one field may be asked for.
    pub const MAX_VALUES: usize = 10;

    /// That one field is asked for more values than [`Self::MAX_VALUES`].
    pub const TOO_MANY: Invalid = Invalid::new("at most 10 values");

    /// The most characters of the text that is searched for, without the blanks around it.
    pub const MAX_TEXT: usize = 200;

    /// Also allows `value` in `facet`; false if that would be one more than [`Self::MAX_VALUES`].
    pub fn allow(&mut self, facet: Facet, value: &str) -> bool {
        insert(self.facets.entry(facet).or_default(), facet.key(value).into_owned())
    }

    /// Also allows `value` of the tag `name`; false if that would be one more than
    /// [`Self::MAX_VALUES`].
    pub fn allow_tag(&mut self, name: TagName, value: &TagValue) -> bool {
        insert(self.tags.entry(name).or_default(), value.folded().into_owned())
    }

    /// Also allows the tag that `text` names: `brand:acme`.
    pub fn allow_tag_text(&mut self, text: &str) -> Result<(), Invalid> {
        const EXPECTED: Invalid = Invalid::new(
            "name:value, such as brand:acme: a name of 1 to 64 characters of a-z 0-9 _ -, and a value of 1 to \
             128 characters without control characters",
        );
        let (name, value) = text.split_once(':').ok_or(EXPECTED)?;
        let (name, value) = (name.parse().ok(), value.parse().ok());
        let (name, value) = name.zip(value).ok_or(EXPECTED)?;
        if self.allow_tag(name, &value) { Ok(()) } else { Err(Self::TOO_MANY) }
    }

    /// Asks for `text`, without the blanks around it, in title, prompt or file name, in any case and
    /// normal form.
    pub fn search(&mut self, text: &str) -> Result<(), Invalid> {
        let text = trim(text);
        let fits = (1..=Self::MAX_TEXT).contains(&text.chars().count())
            && !text.chars().any(char::is_control);
        if !fits {
            return Err(Invalid::new(
                "1 to 200 characters besides the blanks around them, none a control character",
            ));
        }
        self.text = Some(fold_for_search(text).into_owned());
        Ok(())
    }

    /// Asks for what was made at or after `from` and before `to`; where both are the same plain date, for
    /// what was made on that day. A range the wrong way round is an error.
    pub fn made_between(&mut self, from: Option<Bound>, to: Option<Bound>) -> Result<(), Invalid> {
        if let (Some(from), Some(to)) = (from, to)
            && from.at > to.at
        {
            return Err(Invalid::new("a time not before the one that the range begins with"));
        }
        let one_day = from == to && from.is_some_and(|from| from.is_date);
        self.created_from = from.map(|from| from.at);
        self.created_to = to.map(|to| if one_day { to.at.plus(DAY) } else { to.at });
        Ok(())
    }

    /// The values asked for in `facet`, as they are compared; empty where any will do.
    #[must_use]
    pub fn values(&self, facet: Facet) -> &[String] {
        self.facets.get(&facet).map_or(&[], Vec::as_slice)
    }

    /// The tags asked for.
    pub fn tag_names(&self) -> impl Iterator<Item = &TagName> {
        self.tags.keys()
    }

    /// The values asked for of the tag `name`, as they are compared; empty where any will do.
    #[must_use]
    pub fn tag_values(&self, name: &TagName) -> &[String] {
        self.tags.get(name).map_or(&[], Vec::as_slice)
    }

    /// True if an asset with this value of `facet` can be shown.
    #[must_use]
    pub fn allows(&self, facet: Facet, value: Option<&str>) -> bool {
        let Some(values) = self.facets.get(&facet) else { return true };
        value.is_some_and(|has| {
            let has = facet.key(has);
            values.iter().any(|value| *value == has)
        })
    }

    /// True if the list shows `asset`.
    #[must_use]
    pub fn matches(&self, asset: &Asset) -> bool {
        let tagged = |(name, values): (&TagName, &Vec<String>)| {
            let mut tags = asset.tags.values(name).iter().map(TagValue::folded);
            tags.any(|has| values.iter().any(|value| *value == has))
        };
        self.facets.keys().all(|facet| self.allows(*facet, asset.facet(*facet)))
            && self.tags.iter().all(tagged)
            && (!self.approved || asset.approved_version.is_some())
            && self.created_from.is_none_or(|from| asset.created_at >= from)
            && self.created_to.is_none_or(|to| asset.created_at < to)
            && self.text.as_deref().is_none_or(|text| mentions(asset, text))
    }

    /// True if reading its partitions of `index` and the range of dates leaves nothing more to check.
    #[must_use]
    pub fn is_answered_by(&self, index: &Index) -> bool {
        let other = self.facets.keys().any(|facet| !index.facets.contains(facet));
        !other && self.tags.is_empty() && self.approved == index.approved && self.text.is_none()
    }

    /// True if text is asked for in title, prompt or file name.
    #[must_use]
    pub fn searches_text(&self) -> bool {
        self.text.is_some()
    }

    /// The values that are counted of exactly these assets: none where they are not counted, else the
    /// values of one facet, or of none for the whole workspace.
    #[must_use]
    pub fn counted(&self) -> Option<Option<(Facet, &[String])>> {
        let facet = self.facets.iter().next().map(|(facet, values)| (*facet, values.as_slice()));
        let all_time = self.created_from.is_none() && self.created_to.is_none();
        let other = self.facets.len() > 1 || !self.tags.is_empty() || self.approved;
        (all_time && !other && self.text.is_none()).then_some(facet)
    }

    /// A digest of the filter and `order`, by which a cursor knows its list.
    #[must_use]
    pub fn digest(&self, order: Order) -> [u8; 8] {
        let text = format!("{self:?}{order:?}");
        let mut digest = [0; 8];
        digest.copy_from_slice(&Sha256::digest(text)[..8]);
        digest
    }
}

impl Index {
    /// The values that name each partition in which there is what `filter` asks for.
    #[must_use]
    pub fn partitions<'a>(&self, filter: &'a Filter) -> Vec<Vec<&'a str>> {
        self.facets.iter().fold(vec![Vec::new()], |found, facet| {
            let values = filter.values(*facet).iter();
            let longer = values.flat_map(|value| {
                found.iter().map(move |named| [named.as_slice(), &[value.as_str()]].concat())
            });
            longer.collect()
        })
    }

    /// True if all that `filter` asks for is in partitions that it names.
    #[must_use]
    pub fn lists(&self, filter: &Filter) -> bool {
        self.facets.iter().all(|facet| !filter.values(*facet).is_empty())
            && (!self.approved || filter.approved)
    }
}

/// Adds `value` to a sorted list without repeats; false if it is then too long.
fn insert<T: Ord>(values: &mut Vec<T>, value: T) -> bool {
    if let Err(at) = values.binary_search(&value) {
        values.insert(at, value);
    }
    values.len() <= Filter::MAX_VALUES
}

fn mentions(asset: &Asset, text: &str) -> bool {
    let has =
        |field: Option<&str>| field.is_some_and(|field| fold_for_search(field).contains(text));
    has(asset.title.as_ref().map(Title::as_str))
        || has(asset.prompt.as_ref().map(Prompt::as_str))
        || has(asset.file_name.as_ref().map(FileName::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{INDEXES, WORKSPACE};

    fn between(from: &str, to: &str) -> Result<Filter, Invalid> {
        let mut filter = Filter::default();
        let bound = |text| Bound::parse_query(text).ok();
        filter.made_between(bound(from), bound(to)).map(|()| filter)
    }

    #[test]
    fn the_same_date_twice_is_that_day_and_the_same_instant_twice_is_nothing() {
        let day = between("2026-11-27", "2026-11-27").unwrap();
        let next = Timestamp::parse_query("2026-11-28").unwrap();
        assert_eq!(
            (day.created_to, day),
            (Some(next), between("2026-11-27", "2026-11-28").unwrap())
        );
        let midnight = between("2026-11-27", "2026-11-27T00:00:00Z").unwrap();
        assert_eq!(midnight.created_from, midnight.created_to);
        assert!(between("2026-11-28", "2026-11-27").is_err() && between("", "2026-11-27").is_ok());
    }

    #[test]
    fn what_is_too_much_is_told_with_the_limit() {
        assert_eq!(Filter::TOO_MANY.expected, format!("at most {} values", Filter::MAX_VALUES));
        let refused = Filter::default().search(&"a".repeat(Filter::MAX_TEXT + 1)).unwrap_err();
        assert!(refused.expected.starts_with(&format!("1 to {} characters", Filter::MAX_TEXT)));
        let refused = Filter::default().allow_tag_text("a").unwrap_err();
        for most in [TagName::MAX, TagValue::MAX] {
            assert!(refused.expected.contains(&format!("1 to {most} characters")), "{refused}");
        }
    }

    #[test]
    fn words_are_asked_for_in_any_spelling_and_ids_in_their_own() {
        let mut filter = Filter::default();
        assert!(filter.allow(Facet::Provider, "OpenAI") && filter.allow(Facet::Provider, "OPENAI"));
        assert!(filter.allow(Facet::Agent, "Painter"));
        assert_eq!(
            (filter.values(Facet::Provider), filter.values(Facet::Agent)),
            (&["openai".to_owned()][..], &["Painter".to_owned()][..])
        );
        assert!(filter.allows(Facet::Provider, Some("OpenAi")));
        assert!(!filter.allows(Facet::Agent, Some("painter")));
        assert!(filter.search(" ").is_err() && filter.search(" Straße ").is_ok());
    }

    #[test]
    fn a_pair_names_a_partition_for_each_two_values() {
        let pair = INDEXES.iter().find(|index| index.name == "by_agent_type").unwrap();
        let mut filter = Filter::default();
        assert!(filter.allow(Facet::Agent, "painter"));
        assert!(!pair.lists(&filter) && WORKSPACE.lists(&filter));
        for kind in ["copy", "image"] {
            assert!(filter.allow(Facet::Type, kind));
        }
        assert!(pair.lists(&filter));
        let mut partitions = pair.partitions(&filter);
        partitions.sort_unstable();
        assert_eq!(partitions, [["painter", "copy"], ["painter", "image"]]);
    }
}
