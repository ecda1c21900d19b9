//! What a list is asked for.

use sha2::{Digest, Sha256};

use crate::asset::{Asset, Status};
use crate::id::Reference;
use crate::text::{AssetType, FileName, Invalid, Label, Prompt, Title};
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

/// Which assets a list shows: those that every part allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For each facet named, the values of which the asset must have one; sorted, without repeats.
    facets: std::collections::BTreeMap<Facet, Vec<String>>,
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
        let values = self.facets.entry(facet).or_default();
        if let Err(at) = values.binary_search(&value) {
            values.insert(at, value);
        }
        values.len() <= Self::MAX_VALUES
    }

    /// Asks for `text` in title, prompt or file name, in any case.
    pub fn search(&mut self, text: &str) {
        self.text = Some(text.to_lowercase());
    }

    /// The values asked for in `facet`; empty where any will do.
    #[must_use]
    pub fn values(&self, facet: Facet) -> &[String] {
        self.facets.get(&facet).map_or(&[], Vec::as_slice)
    }

    /// Whether the list shows `asset`.
    #[must_use]
    pub fn matches(&self, asset: &Asset) -> bool {
        let facets = self.facets.iter().all(|(facet, values)| {
            asset.facet(*facet).is_some_and(|has| values.iter().any(|value| value == has))
        });
        facets
            && (!self.approved || asset.approved_version.is_some())
            && self.created_from.is_none_or(|from| asset.created_at >= from)
            && self.created_to.is_none_or(|to| asset.created_at < to)
            && self.text.as_deref().is_none_or(|text| mentions(asset, text))
    }

    /// Whether reading the index of `driver` (none: of the whole workspace) and the range of
    /// dates leaves nothing more to check.
    #[must_use]
    pub fn is_answered_by(&self, driver: Option<Facet>) -> bool {
        let other = self.facets.keys().any(|facet| Some(*facet) != driver);
        !other && !self.approved && self.text.is_none()
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

fn mentions(asset: &Asset, text: &str) -> bool {
    let has = |field: Option<&str>| field.is_some_and(|field| field.to_lowercase().contains(text));
    has(asset.title.as_ref().map(Title::as_str))
        || has(asset.prompt.as_ref().map(Prompt::as_str))
        || has(asset.file_name.as_ref().map(FileName::as_str))
}
