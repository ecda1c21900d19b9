//! The fields that assets are found and counted by.

use std::borrow::Cow;

use crate::fold::fold;
use crate::id::Reference;
use crate::invalid::Invalid;
use crate::status::Status;
use crate::text::{AssetType, Label};

crate::words! {
    /// A field that a list can be filtered by for exact values; those that usually match fewest assets
    /// come first.
    Facet {
        /// The execution that made it.
        Execution = "execution_id",
        /// The run that made it.
        Run = "run_id",
        /// The conversation it was made in.
        Conversation = "conversation_id",
        /// The campaign it was made for.
        Campaign = "campaign_id",
        /// The agent that made it.
        Agent = "agent_id",
        /// Who made it.
        Provider = "provider",
        /// The kind of thing that it is.
        Type = "type",
        /// Its state of review.
        Status = "status",
        /// The model that made it.
        Model = "model",
        /// The tool that made it.
        Tool = "tool",
    }
}

/// The kind of a facet's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Callers' ids, each a [`Reference`].
    Ids,
    /// Words, each a [`Label`], compared as [`fold`] says.
    Words,
    /// Types, each an [`AssetType`].
    Types,
    /// States of review, each a [`Status`].
    States,
}

impl Facet {
    /// The kind of its values, and whether many assets usually share one.
    const fn traits(self) -> (Values, bool) {
        match self {
            Self::Execution | Self::Run | Self::Conversation => (Values::Ids, false),
            Self::Campaign | Self::Agent => (Values::Ids, true),
            Self::Provider | Self::Model | Self::Tool => (Values::Words, true),
            Self::Type => (Values::Types, true),
            Self::Status => (Values::States, true),
        }
    }

    /// The kind of its values.
    #[must_use]
    pub const fn values(self) -> Values {
        self.traits().0
    }

    /// True if many assets usually share a value, so that its index is read along with others and holds
    /// no whole records, and its values are counted by day.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        self.traits().1
    }

    /// The facets whose values are words.
    pub fn words() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|facet| facet.values() == Values::Words)
    }

    /// `value` as it is compared; an id is as it is.
    #[must_use]
    pub fn key(self, value: &str) -> Cow<'_, str> {
        if self.values() == Values::Words { fold(value) } else { Cow::Borrowed(value) }
    }

    /// `value` as records hold it, if it is one that the field can have.
    pub fn parse(self, value: &str) -> Result<String, Invalid> {
        match self.values() {
            Values::Ids => value.parse().map(Reference::into),
            Values::Words => value.parse().map(Label::into),
            Values::Types => value.parse().map(AssetType::into),
            Values::States => value.parse().map(|status: Status| status.as_str().to_owned()),
        }
    }
}
