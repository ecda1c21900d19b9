//! The outputs of a job.

use serde::{Deserialize, Serialize};

use super::{Fetched, SECOND, UNKNOWN_LIFE, backoff};
use crate::export::Failure;
use crate::id::AssetId;
use crate::time::Timestamp;

/// An output of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its state.
    #[serde(flatten)]
    pub state: OutputState,
    /// The number of fetches that were begun.
    #[serde(default)]
    pub tries: u32,
    /// Its media type, as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// The state of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OutputState {
    /// At the provider alone.
    Pending {
        /// Its place there, as the caller writes it.
        source: String,
        /// The time at which it is gone.
        gone_at: Timestamp,
        /// The time of the next fetch.
        next_at: Timestamp,
        /// The reason for which the last fetch failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Failure>,
    },
    /// In the store.
    Stored {
        /// Its asset.
        asset: AssetId,
        /// Bytes.
        size: u64,
        /// Its place at the provider, where it was fetched from there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// Gone.
    Lost {
        /// The reason.
        why: Failure,
    },
}

impl Output {
    /// An output to be fetched from `source` before it is gone.
    #[must_use]
    pub fn pending(source: String, gone_at: Option<Timestamp>, now: Timestamp) -> Self {
        let gone_at = gone_at.unwrap_or(now.plus(UNKNOWN_LIFE));
        Self::new(OutputState::Pending { source, gone_at, next_at: now, why: None })
    }

    /// An output that came with the answer, and is in the store already.
    #[must_use]
    pub fn stored(asset: AssetId, size: u64) -> Self {
        Self::new(OutputState::Stored { asset, size, source: None })
    }

    /// An output that came with the answer, and could not be stored.
    #[must_use]
    pub fn lost(why: Failure) -> Self {
        Self::new(OutputState::Lost { why })
    }

    fn new(state: OutputState) -> Self {
        Self { state, tries: 0, media_type: None }
    }

    /// The output with its media type, as the provider says.
    #[must_use]
    pub fn of_type(self, media_type: Option<String>) -> Self {
        Self { media_type, ..self }
    }

    /// The time at which it is gone, where it is still to be fetched.
    #[must_use]
    pub fn gone_at(&self) -> Option<Timestamp> {
        match self.state {
            OutputState::Pending { gone_at, .. } => Some(gone_at),
            OutputState::Stored { .. } | OutputState::Lost { .. } => None,
        }
    }

    /// Its place at the provider, where it is or was there.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        match &self.state {
            OutputState::Pending { source, .. } => Some(source.clone()),
            OutputState::Stored { source, .. } => source.clone(),
            OutputState::Lost { .. } => None,
        }
    }

    /// True if it is in the store.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self.state, OutputState::Stored { .. })
    }

    /// The reason for which it is gone.
    #[must_use]
    pub fn loss(&self) -> Option<&Failure> {
        match &self.state {
            OutputState::Lost { why } => Some(why),
            OutputState::Pending { .. } | OutputState::Stored { .. } => None,
        }
    }

    /// The output, once its time is over: lost, for the reason that the last fetch failed for.
    pub(super) fn expired(&self) -> Self {
        let last = match &self.state {
            OutputState::Pending { why, .. } => why.clone(),
            OutputState::Stored { .. } | OutputState::Lost { .. } => None,
        };
        let none = || Failure::new("expired", "it could not be fetched before it was gone");
        Self { tries: self.tries, ..Self::lost(last.unwrap_or_else(none)) }
    }

    /// The time of the next fetch, where it is still to be fetched.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        match self.state {
            OutputState::Pending { next_at, .. } => Some(next_at),
            OutputState::Stored { .. } | OutputState::Lost { .. } => None,
        }
    }

    /// The output after a fetch. After one that failed, it is lost once its time is over.
    pub(super) fn fetched(&self, fetched: &Fetched, now: Timestamp) -> Self {
        let state = match (fetched, &self.state) {
            (_, OutputState::Stored { .. }) | (Fetched::Failed(_), OutputState::Lost { .. }) => {
                self.state.clone()
            }
            (Fetched::Stored { asset, size }, _) => {
                OutputState::Stored { asset: *asset, size: *size, source: self.source() }
            }
            (Fetched::Failed(why), OutputState::Pending { gone_at, .. }) if *gone_at <= now => {
                OutputState::Lost { why: why.clone() }
            }
            (Fetched::Failed(why), OutputState::Pending { source, gone_at, .. }) => {
                let left = gone_at.millis() - now.millis();
                let next_at = now.plus(backoff(self.tries).min(left / 2).max(SECOND));
                let (source, why) = (source.clone(), Some(why.clone()));
                OutputState::Pending { source, gone_at: *gone_at, next_at, why }
            }
        };
        Self { state, ..self.clone() }
    }
}
