//! What a list is asked for.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::asset::{Asset, Status};
use crate::id::{AssetId, Reference};
use crate::index::Index;
use crate::text::{AssetType, FileName, Invalid, Label, Prompt, TagName, TagValue, Title};
use crate::time::Timestamp;

/// A field that a list can be filtered by for exact values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// `execution_id`
    Execution,
    /// `run_id`
    Run,
    /// `conversation_id`
    Conversation,
    /// `campaign_id`
    Campaign,
    /// `agent_id`
    Agent,
    /// `provider`
    Provider,
    /// `type`
    Type,
    /// `status`
    Status,
    /// `model`
    Model,
    /// `tool`
    Tool,
}

impl Facet {
    /// Every facet, those that usually match fewest assets first.
    pub const ALL: [Self; 10] = [
        Self::Execution,
        Self::Run,
        Self::Conversation,
        Self::Campaign,
        Self::Agent,
        Self::Provider,
        Self::Type,
        Self::Status,
        Self::Model,
        Self::Tool,
    ];

    /// The field's name in records and queries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution_id",
            Self::Run => "run_id",
            Self::Conversation => "conversation_id",
            Self::Campaign => "campaign_id",
            Self::Agent => "agent_id",
            Self::Provider => "provider",
            Self::Type => "type",
            Self::Status => "status",
            Self::Model => "model",
            Self::Tool => "tool",
        }
    }

    /// Whether many assets usually share a value, so that its index is read along with others and
    /// holds no whole records, and its values are counted by day.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        match self {
            Self::Execution | Self::Run | Self::Conversation => false,
            Self::Campaign
            | Self::Agent
            | Self::Provider
            | Self::Type
            | Self::Status
            | Self::Model
            | Self::Tool => true,
        }
    }

    /// `value` as records hold it, if it is one that the field can have.
    pub fn parse(self, value: &str) -> Result<String, Invalid> {
        match self {
            Self::Type => value.parse().map(|t: AssetType| t.into()),
            Self::Status => Status::ALL
                .iter()
                .find(|status| status.as_str() == value)
                .map(|status| status.as_str().to_owned())
                .ok_or(Invalid::new("draft, pending_review, approved or archived")),
            Self::Provider | Self::Model | Self::Tool => value.parse().map(|l: Label| l.into()),
            Self::Execution | Self::Run | Self::Conversation | Self::Campaign | Self::Agent => {
                value.parse().map(|r: Reference| r.into())
            }
        }
    }
}

/// By creation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Newest first.
    #[default]
    Desc,
    /// Oldest first.
    Asc,
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

    /// What is left of the ids from the first to the last from `id` on; none where nothing is.
    #[must_use]
    pub fn from(self, (low, high): (AssetId, AssetId), id: AssetId) -> Option<(AssetId, AssetId)> {
        let (low, high) = match self {
            Self::Asc => (low.max(id), high),
            Self::Desc => (low, high.min(id)),
        };
        (low <= high).then_some((low, high))
    }

    /// What is left of the ids from the first to the last after `id`; none where nothing is.
    #[must_use]
    pub fn after(self, (low, high): (AssetId, AssetId), id: AssetId) -> Option<(AssetId, AssetId)> {
        let (low, high) = match self {
            Self::Asc => (low.max(id.next()?), high),
            Self::Desc => (low, high.min(id.previous()?)),
        };
        (low <= high).then_some((low, high))
    }
}

/// Which assets a list shows: those that every part allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For each facet named, the values of which the asset must have one; sorted, without repeats.
    facets: BTreeMap<Facet, Vec<String>>,
    /// The same for each tag named.
    tags: BTreeMap<TagName, Vec<TagValue>>,
    /// Only assets that have an approved version.
    pub approved: bool,
    /// Made at or after.
    pub created_from: Option<Timestamp>,
    /// Made before.
    pub created_to: Option<Timestamp>,
    /// Lower-case; a substring of title, prompt or file name.
    text: Option<String>,
}

impl Filter {
    /// The most values that one field may be asked for.
    pub const MAX_VALUES: usize = 10;

    /// Also allows `value` in `facet`; false if that would be one more than [`Self::MAX_VALUES`].
    pub fn allow(&mut self, facet: Facet, value: String) -> bool {
        insert(self.facets.entry(facet).or_default(), value)
    }

    /// Also allows `value` of the tag `name`; false if that would be one more than
    /// [`Self::MAX_VALUES`].
    pub fn allow_tag(&mut self, name: TagName, value: TagValue) -> bool {
        insert(self.tags.entry(name).or_default(), value)
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
        if self.allow_tag(name, value) { Ok(()) } else { Err(Invalid::new("at most 10 values")) }
    }

    /// Asks for `text` in title, prompt or file name, in any case.
    pub fn search(&mut self, text: &str) -> Result<(), Invalid> {
        let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !fits {
            return Err(Invalid::new("1 to 200 characters without control characters"));
        }
        self.text = Some(text.to_lowercase());
        Ok(())
    }

    /// The values asked for in `facet`; empty where any will do.
    #[must_use]
    pub fn values(&self, facet: Facet) -> &[String] {
        self.facets.get(&facet).map_or(&[], Vec::as_slice)
    }

    /// The tags asked for.
    pub fn tag_names(&self) -> impl Iterator<Item = &TagName> {
        self.tags.keys()
    }

    /// The values asked for of the tag `name`; empty where any will do.
    #[must_use]
    pub fn tag_values(&self, name: &TagName) -> &[TagValue] {
        self.tags.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether an asset with this value of `facet` can be shown.
    #[must_use]
    pub fn allows(&self, facet: Facet, value: Option<&str>) -> bool {
        let Some(values) = self.facets.get(&facet) else { return true };
        value.is_some_and(|has| values.iter().any(|value| value == has))
    }

    /// Whether the list shows `asset`.
    #[must_use]
    pub fn matches(&self, asset: &Asset) -> bool {
        let tagged = |(name, values): (&TagName, &Vec<TagValue>)| {
            asset.tags.values(name).iter().any(|has| values.contains(has))
        };
        self.facets.keys().all(|facet| self.allows(*facet, asset.facet(*facet)))
            && self.tags.iter().all(tagged)
            && (!self.approved || asset.approved_version.is_some())
            && self.created_from.is_none_or(|from| asset.created_at >= from)
            && self.created_to.is_none_or(|to| asset.created_at < to)
            && self.text.as_deref().is_none_or(|text| mentions(asset, text))
    }

    /// Whether reading its partitions of `index` and the range of dates leaves nothing more to
    /// check.
    #[must_use]
    pub fn is_answered_by(&self, index: &Index) -> bool {
        let other = self.facets.keys().any(|facet| !index.facets.contains(facet));
        !other && self.tags.is_empty() && self.approved == index.approved && self.text.is_none()
    }

    /// Whether text is asked for in title, prompt or file name.
    #[must_use]
    pub fn searches_text(&self) -> bool {
        self.text.is_some()
    }

    /// What is counted of exactly these assets: none where they are not counted, else the values of
    /// one facet, or of none for the whole workspace.
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

/// Adds `value` to a sorted list without repeats; false if it is then too long.
fn insert<T: Ord>(values: &mut Vec<T>, value: T) -> bool {
    if let Err(at) = values.binary_search(&value) {
        values.insert(at, value);
    }
    values.len() <= Filter::MAX_VALUES
}

fn mentions(asset: &Asset, text: &str) -> bool {
    let has = |field: Option<&str>| field.is_some_and(|field| field.to_lowercase().contains(text));
    has(asset.title.as_ref().map(Title::as_str))
        || has(asset.prompt.as_ref().map(Prompt::as_str))
        || has(asset.file_name.as_ref().map(FileName::as_str))
}
